"""L-BFGS on the pixels: a direction, a search along it, an update (Nocedal and Wright, 2006).

Two-loop recursion over the last steps (algorithms 7.4 and 7.5), and a line search for the strong
Wolfe conditions. A search that stalls forgets the steps and starts again from steepest descent; one
that stalls there, or behind an idle iteration, has reached the minimum, as far as the loss's
rounding can tell, and ends the run. So do idle iterations in a row.

With bounds the steps are projected (section 16.7; Schmidt, Kim and Sra, "Projected Newton-type
methods in machine learning", 2011): pixels that a bound stops take no part in a step, and the
search follows the path that ends at the bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import tensorflow as tf

from neural_style.optimizers.direction import History, Map, find_direction
from neural_style.optimizers.line_search import line_search
from neural_style.optimizers.problem import UNBOUNDED, Loss, Point, Problem, root_mean_square
from neural_style.optimizers.step import Step

# How many steps are remembered, and how far the first one moves the pixels (root mean square, in
# grey levels) before the line search has a say.
MEMORY = 10
FIRST_STEP = 2.0
# An iteration is idle if it moves no pixel by more than this for each of its evaluations, in grey
# levels. When idle iterations in a row have taken so many evaluations, the run ends.
IDLE_MOVE = 0.001
PATIENCE = 6


def lbfgs(
    loss: Loss,
    start: tf.Tensor,
    iterations: int,
    memory: int = MEMORY,
    precondition: Map = tf.identity,
    bounds: tuple[float, float] = UNBOUNDED,
    after: Step | None = None,
) -> Iterator[Step]:
    """Minimize with L-BFGS.

    Args:
        loss: maps a tensor of the start's shape to scalars, `total` among them.
        start: float32, for images [1, H, W, 3].
        iterations: how many steps at most.
        memory: how many steps to remember; each takes twice the image's memory.
        precondition: the first guess of the inverse Hessian, but for a factor: a symmetric positive
            definite map of tensors of the start's shape.
        bounds: the least and the greatest value that a pixel may take.
        after: one of its own Steps with the same arguments, to go on from; `start` is not used.

    Yields:
        A Step for the start and each iteration; with `after`, for each iteration behind it. Their
        totals never rise by more than rounding.

    Raises:
        StyleError: the loss is not finite at the start.
    """
    problem, history = Problem(loss, bounds), History(memory)
    point = problem.begin(start) if after is None else problem.resume(after)
    del start  # a large image's memory is not held for nothing
    idle = Idle(problem.evaluations)
    if after is None:
        yield problem.step(0, point, state=_state(point, history, idle))
    else:
        history.restore(after.resume_state)
        idle.in_a_row = int(after.resume_state["idle"])
    iteration, note = after.iteration if after else 0, ""
    while iteration < iterations and idle.in_a_row < PATIENCE:
        direction, slope = find_direction(point, history, problem.bounds, precondition)
        next_point = None
        if slope < 0:
            # Before anything is known of the curvature, a short step.
            length = 1.0 if history else FIRST_STEP / root_mean_square(direction)
            next_point = line_search(
                partial(problem.along, point, direction), replace(point, slope=slope), length
            )
        if next_point is None:
            if not history or idle.in_a_row:
                return
            history.clear()
            note = "the line search stalled: started again from steepest descent"
            continue
        distance = history.update(point, next_point)
        idle.update(distance, problem.evaluations)
        point, iteration = next_point, iteration + 1
        yield problem.step(iteration, point, note, _state(point, history, idle))
        note = ""


@dataclass
class Idle:
    """Counts what idle iterations cost.

    Attributes:
        evaluations: of the loss, up to the last iteration.
        in_a_row: those of them that idle iterations without a break have taken.
    """

    evaluations: int
    in_a_row: int = 0

    def update(self, distance: float, evaluations: int) -> None:
        """Take an iteration into account: how far it moved, and the evaluations at its end."""
        spent = evaluations - self.evaluations
        self.in_a_row = 0 if distance > IDLE_MOVE * spent else self.in_a_row + spent
        self.evaluations = evaluations


def _state(point: Point, history: History, idle: Idle) -> dict[str, tf.Tensor]:
    """Return what is needed to go on from a point, by the names in a Step's state."""
    return history.state() | {"gradient": point.gradient, "idle": tf.constant(idle.in_a_row)}
