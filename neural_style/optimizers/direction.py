"""The direction of L-BFGS: from the gradient and what the last steps tell of the curvature.

In the words of Nocedal and Wright ("Numerical Optimization", 2006, section 7.2): s is what a step
has moved the image by, y what the gradient has changed by meanwhile, rho is 1 / s.y.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from itertools import count
from typing import NamedTuple

import tensorflow as tf

from neural_style.optimizers.problem import Point, dot, graph

Map = Callable[[tf.Tensor], tf.Tensor]


class Pair(NamedTuple):
    """What is remembered of one step: s and y of the image's shape, rho a scalar."""

    s: tf.Tensor
    y: tf.Tensor
    rho: tf.Tensor


class History:
    """The pairs of the last steps, the oldest first.

    Attributes:
        memory: how many there are at most.
    """

    def __init__(self, memory: int):
        self.memory = memory
        self._pairs: deque[Pair] = deque(maxlen=memory)

    def __len__(self) -> int:
        return len(self._pairs)

    def update(self, before: Point, after: Point) -> float:
        """Remember the step between two points, unless the loss curves down along it.

        Returns:
            How far the step moves the pixel that it moves most, in grey levels.
        """
        s, y, curvature, distance = _difference(
            before.image, before.gradient, after.image, after.gradient
        )
        if curvature > 0:
            self._pairs.append(Pair(s, y, 1.0 / curvature))
        return float(distance)

    def clear(self) -> None:
        """Forget the steps: the next direction is that of steepest descent."""
        self._pairs.clear()

    def columns(self, like: tf.Tensor) -> tuple[list[tf.Tensor], list[tf.Tensor], tf.Tensor]:
        """Return every s, every y and every rho, `memory` of each.

        Where there are fewer steps, empty ones take their place, which change nothing: so there is
        one graph for every number of steps.

        Args:
            like: a tensor of the image's shape.
        """
        empty = self.memory - len(self)
        nothing = tf.zeros_like(like)
        s = [nothing] * empty + [pair.s for pair in self._pairs]
        y = [nothing] * empty + [pair.y for pair in self._pairs]
        return s, y, tf.stack([0.0] * empty + [pair.rho for pair in self._pairs])

    def state(self) -> dict[str, tf.Tensor]:
        """Return the pairs by their names in a Step's state: s_0, y_0, rho_0, s_1, ..."""
        return {
            f"{name}_{i}": value
            for i, pair in enumerate(self._pairs)
            for name, value in pair._asdict().items()
        }

    def restore(self, state: Mapping[str, tf.Tensor]) -> None:
        """Take the pairs from a Step's state."""
        for i in count():
            if f"s_{i}" not in state:
                return
            self._pairs.append(Pair(*(tf.constant(state[f"{name}_{i}"]) for name in Pair._fields)))


def find_direction(
    point: Point, history: History, bounds: tf.Tensor, precondition: Map = tf.identity
) -> tuple[tf.Tensor, float]:
    """Return the direction to search along, and the loss's slope along it.

    A history that does not lead downwards is cleared. Then the slope is that of steepest descent:
    below 0, or there is nowhere to go.

    Args:
        point: where to start, with its gradient.
        history: of the steps that led there.
        bounds: the least and the greatest value of a pixel: [2], float32. Those that a bound stops
            stand still.
        precondition: the first guess of the inverse Hessian, but for a factor.
    """
    free = _free(point.image, point.gradient, bounds)
    while True:
        columns = history.columns(point.gradient)
        direction, slope = _two_loops(point.gradient, free, *columns, precondition)
        slope = float(slope)
        if slope < 0 or not history:
            return direction, slope
        history.clear()  # also if the slope is not a number


@graph
def _two_loops(
    gradient: tf.Tensor,
    free: tf.Tensor,
    s: list[tf.Tensor],
    y: list[tf.Tensor],
    rho: tf.Tensor,
    precondition: Map,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return minus the inverse Hessian's estimate times the gradient, and the slope along it.

    Algorithm 7.4. Pixels that are not free take no part: their gradient counts as 0, and they stand
    still.
    """
    gradient *= free
    direction = -gradient
    alpha = {}
    for i in reversed(range(len(s))):
        alpha[i] = rho[i] * dot(s[i], direction)
        direction -= alpha[i] * y[i]
    # The last step's curvature sets the scale (equation 7.20); 1 where there is none.
    curvature = rho[-1] * dot(y[-1], precondition(y[-1]))
    direction = precondition(direction)
    direction *= tf.where(curvature > 0, tf.math.reciprocal_no_nan(curvature), 1.0)
    for i in range(len(s)):
        beta = rho[i] * dot(y[i], direction)
        direction += (alpha[i] - beta) * s[i]
    direction *= free
    return direction, dot(direction, gradient)


@graph
def _free(image: tf.Tensor, gradient: tf.Tensor, bounds: tf.Tensor) -> tf.Tensor:
    """Return 1 for pixels that can follow minus the gradient, 0 for those that a bound stops."""
    stopped = (image <= bounds[0]) & (gradient > 0) | (image >= bounds[1]) & (gradient < 0)
    return tf.cast(~stopped, tf.float32)


@graph
def _difference(
    image: tf.Tensor, gradient: tf.Tensor, next_image: tf.Tensor, next_gradient: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return s, y, the product of both, and how far the step goes."""
    s, y = next_image - image, next_gradient - gradient
    # The largest move, without an array of absolute values as large as the picture.
    distance = tf.maximum(tf.reduce_max(s), -tf.reduce_min(s))
    return s, y, dot(s, y), distance
