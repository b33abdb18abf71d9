"""L-BFGS on the pixels: a direction, a search along it, an update."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, count

import tensorflow as tf

from neural_style.optimizers.line_search import search
from neural_style.optimizers.step import (
    UNBOUNDED,
    Loss,
    Problem,
    Step,
    dot,
    graph,
    root_mean_square,
)

Map = Callable[[tf.Tensor], tf.Tensor]
# L-BFGS: how many steps it remembers, and how far its first one moves the pixels (root mean
# square, in grey levels) before the line search has a say.
MEMORY = 10
FIRST_STEP = 2.0
# An iteration of L-BFGS is idle if it moves no pixel by more than this for each of its evaluations,
# in grey levels. When idle iterations in a row have taken so many evaluations, the run ends.
IDLE_MOVE = 0.001
PATIENCE = 6
# The names in a Step's state of what L-BFGS remembers of each step.
PAIR = ("moved", "change", "inverse")


def lbfgs(
    loss: Loss,
    start: tf.Tensor,
    iterations: int,
    memory: int = MEMORY,
    precondition: Map = tf.identity,
    bounds: tuple[float, float] = UNBOUNDED,
    after: Step | None = None,
) -> Iterator[Step]:
    """Minimise with L-BFGS (Nocedal and Wright, 2006, algorithms 7.4 and 7.5).

    Two-loop recursion over the last `memory` steps, and a line search for the strong Wolfe
    conditions. A search that stalls forgets the steps and starts again from steepest descent; one
    that stalls there, or behind an idle iteration, has reached the minimum, as far as the loss's
    rounding can tell, and ends the run. So do idle iterations in a row.

    With bounds the steps are projected (Nocedal and Wright, section 16.7; Schmidt, Kim and Sra,
    "Projected Newton-type methods in machine learning", 2011): pixels that a bound stops take no
    part in a step, and the search follows the path that ends at the bounds.

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
    problem = Problem(loss, start, after, bounds)
    point, problem.start = problem.start, None  # a large image's memory is not held for nothing
    del start
    past = deque(maxlen=memory)
    idle = 0  # evaluations
    if after is None:
        yield problem.step(0, point, state={"gradient": point.gradient, "idle": tf.constant(0)})
    else:
        past.extend(_pairs(after.state))
        idle = int(after.state["idle"])
    for iteration in range(after.iteration + 1 if after else 1, iterations + 1):
        if idle >= PATIENCE:
            return
        note = ""
        evaluations = problem.evaluations
        while True:
            free = _free(point.image, point.gradient, tf.constant(bounds, tf.float32))
            direction, slope = _direction(point.gradient, free, past, memory, precondition)
            if past and not slope < 0:  # also if it is not a number
                past.clear()
                continue
            reached = None
            if slope < 0:
                # Before anything is known of the curvature, a short step.
                length = 1.0 if past else FIRST_STEP / root_mean_square(direction)
                reached = search(
                    lambda length, point=point, direction=direction: problem.along(
                        point, direction, length
                    ),
                    replace(point, slope=slope),
                    length,
                )
            if reached is not None:
                break
            if not past or idle:
                return
            past.clear()
            note = "the line search stalled: started again from steepest descent"
        moved, change, curvature, distance = _difference(
            point.image, point.gradient, reached.image, reached.gradient
        )
        spent = problem.evaluations - evaluations
        idle = 0 if float(distance) > IDLE_MOVE * spent else idle + spent
        if curvature > 0:
            past.append((moved, change, 1.0 / curvature))
        point = reached
        names = (f"{name}_{i}" for i in range(len(past)) for name in PAIR)
        state = dict(zip(names, chain(*past), strict=True)) | {"gradient": point.gradient}
        state["idle"] = tf.constant(idle)
        yield problem.step(iteration, point, note, state)


def _pairs(state: Mapping[str, tf.Tensor]) -> Iterator[tuple[tf.Tensor, ...]]:
    """Yield what a state of L-BFGS remembers of each step, the oldest first."""
    for i in count():
        if f"{PAIR[0]}_{i}" not in state:
            return
        yield tuple(tf.constant(state[f"{name}_{i}"]) for name in PAIR)


@graph
def _free(image: tf.Tensor, gradient: tf.Tensor, bounds: tf.Tensor) -> tf.Tensor:
    """Return 1 for pixels that can follow minus the gradient, 0 for those that a bound stops."""
    stopped = (image <= bounds[0]) & (gradient > 0) | (image >= bounds[1]) & (gradient < 0)
    return tf.cast(~stopped, tf.float32)


@graph
def _difference(image: tf.Tensor, gradient: tf.Tensor, image_: tf.Tensor, gradient_: tf.Tensor):
    """Return the step, the gradient's change, the product of both, and how far the step goes."""
    moved, change = image_ - image, gradient_ - gradient
    # The largest move, without an array of absolute values as large as the picture.
    distance = tf.maximum(tf.reduce_max(moved), -tf.reduce_min(moved))
    return moved, change, dot(moved, change), distance


def _direction(
    gradient: tf.Tensor,
    free: tf.Tensor,
    past: deque[tuple[tf.Tensor, tf.Tensor, tf.Tensor]],
    memory: int,
    precondition: Map,
) -> tuple[tf.Tensor, float]:
    """Return the search direction, and the slope along it.

    Where there are fewer steps than `memory`, empty ones take their place, which change nothing:
    so there is one graph for every number of steps.
    """
    empty = memory - len(past)
    nothing = tf.zeros_like(gradient)
    moves = [nothing] * empty + [moved for moved, _, _ in past]
    changes = [nothing] * empty + [change for _, change, _ in past]
    inverses = tf.stack([0.0] * empty + [inverse for _, _, inverse in past])
    direction, slope = _two_loops(gradient, free, moves, changes, inverses, precondition)
    return direction, float(slope)


@graph
def _two_loops(
    gradient: tf.Tensor,
    free: tf.Tensor,
    moves: list[tf.Tensor],
    changes: list[tf.Tensor],
    inverses: tf.Tensor,
    precondition: Map,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return minus the inverse Hessian's estimate times the gradient (algorithm 7.4).

    Pixels that are not free take no part: their gradient counts as 0, and they stand still.
    """
    gradient *= free
    direction = -gradient
    weights = {}
    for i in reversed(range(len(moves))):
        weights[i] = inverses[i] * dot(moves[i], direction)
        direction -= weights[i] * changes[i]
    # The last step's curvature sets the scale (equation 7.20); 1 where there is none.
    curvature = inverses[-1] * dot(changes[-1], precondition(changes[-1]))
    direction = precondition(direction)
    direction *= tf.where(curvature > 0, tf.math.reciprocal_no_nan(curvature), 1.0)
    for i in range(len(moves)):
        direction += (weights[i] - inverses[i] * dot(changes[i], direction)) * moves[i]
    direction *= free
    return direction, dot(direction, gradient)
