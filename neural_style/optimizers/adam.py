"""Adam (Kingma and Ba, 2015) on the pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import tensorflow as tf

from neural_style.optimizers.step import UNBOUNDED, Loss, Problem, Step, bounded, graph

# How often one iteration of Adam may be taken back and halved.
HALVINGS = 30
# Adam: how fast its moments forget, as in the paper, and what keeps it from dividing by zero.
DECAY = (0.9, 0.999)
EPSILON = 1e-7


def adam(
    loss: Loss,
    start: tf.Tensor,
    iterations: int,
    learning_rate: float = 1.0,
    bounds: tuple[float, float] = UNBOUNDED,
    after: Step | None = None,
) -> Iterator[Step]:
    """Minimise with Adam (Kingma and Ba, 2015, the form at the end of section 2).

    It is here, and not Keras's, so that Steps share its moments and need not copy them, which
    counts in large pictures. A step whose loss is not finite is taken back, and the learning rate
    halved from there on.

    Args:
        loss: maps a tensor of the start's shape to scalars, `total` among them.
        start: float32, for images [1, H, W, 3].
        iterations: how many steps.
        learning_rate: in grey levels; the first step moves every pixel by this much.
        bounds: the least and the greatest value that a pixel may take.
        after: one of its own Steps with the same arguments, to go on from; `start` is not used.

    Yields:
        A Step for the start and each iteration; with `after`, for each iteration behind it.

    Raises:
        StyleError: the loss is not finite at the start.
    """
    problem = Problem(loss, start, after, bounds)
    point, problem.start = problem.start, None  # a large image's memory is not held for nothing
    del start
    if after is None:
        moments = _moments(*[tf.zeros_like(point.image)] * 2, point.gradient)
        rate = np.float32(learning_rate)
    else:
        moments = tuple(tf.constant(after.state[name]) for name in ("first", "second"))
        rate = np.float32(after.state["learning_rate"])

    def step(iteration: int, note: str = "") -> Step:
        first, second = moments
        state = {"first": first, "second": second, "learning_rate": tf.constant(rate)}
        return problem.step(iteration, point, note, state)

    point = replace(point, gradient=None)  # the moments have it
    if after is None:
        yield step(0)
    for iteration in range(after.iteration + 1 if after else 1, iterations + 1):
        note = ""
        for _ in range(HALVINGS):
            length = rate * math.sqrt(1 - DECAY[1] ** iteration) / (1 - DECAY[0] ** iteration)
            moved = _adam(point.image, *moments, tf.constant(length, tf.float32))
            reached = problem.at(bounded(moved, tf.constant(bounds, tf.float32)))
            if reached.finite:
                break
            rate /= 2
            note = f"the loss was not finite: step taken back, learning rate now {rate:g}"
        else:
            return
        moments = _moments(*moments, reached.gradient)
        point = reached = replace(reached, gradient=None)
        yield step(iteration, note)


@graph
def _moments(
    first: tf.Tensor, second: tf.Tensor, gradient: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return Adam's running means of the gradient and of its square, one gradient further."""
    first += (1 - DECAY[0]) * (gradient - first)
    second += (1 - DECAY[1]) * (tf.square(gradient) - second)
    return first, second


@graph
def _adam(image: tf.Tensor, first: tf.Tensor, second: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
    return image - length * first / (tf.sqrt(second) + EPSILON)
