"""Adam (Kingma and Ba, 2015) on the pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from neural_style.optimizers.problem import UNBOUNDED, Loss, Problem, bounded, graph
from neural_style.optimizers.step import Step

Moments = tuple[tf.Tensor, tf.Tensor]
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
    """Minimize with Adam (Kingma and Ba, 2015, the form at the end of section 2).

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
    problem = Problem(loss, bounds)
    if after is None:
        point = problem.begin(start)
        moments = _moments(tf.zeros_like(point.image), tf.zeros_like(point.image), point.gradient)
        rate = np.float32(learning_rate)
    else:
        point, state = problem.resume(after), after.resume_state
        moments = tf.constant(state["first"]), tf.constant(state["second"])
        rate = np.float32(state["learning_rate"])
    # A large image's memory is not held for nothing; the moments have the gradient.
    del start
    point = point.without_gradient()
    if after is None:
        yield problem.step(0, point, state=_state(moments, rate))
    for iteration in range(after.iteration + 1 if after else 1, iterations + 1):
        note = ""
        for _ in range(HALVINGS):
            length = rate * math.sqrt(1 - DECAY[1] ** iteration) / (1 - DECAY[0] ** iteration)
            image = _adam(point.image, *moments, tf.constant(length, tf.float32))
            next_point = problem.at(bounded(image, problem.bounds))
            if next_point.is_finite:
                break
            rate /= 2
            note = f"the loss was not finite: step taken back, learning rate now {rate:g}"
        else:
            return
        moments = _moments(*moments, next_point.gradient)
        point = next_point = next_point.without_gradient()
        yield problem.step(iteration, point, note, _state(moments, rate))


def _state(moments: Moments, rate: np.float32) -> dict[str, tf.Tensor]:
    """Return what is needed to go on, by the names in a Step's state."""
    return {"first": moments[0], "second": moments[1], "learning_rate": tf.constant(rate)}


@graph
def _moments(first: tf.Tensor, second: tf.Tensor, gradient: tf.Tensor) -> Moments:
    """Return Adam's running means of the gradient and of its square, one gradient further."""
    first += (1 - DECAY[0]) * (gradient - first)
    second += (1 - DECAY[1]) * (tf.square(gradient) - second)
    return first, second


@graph
def _adam(image: tf.Tensor, first: tf.Tensor, second: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
    return image - length * first / (tf.sqrt(second) + EPSILON)
