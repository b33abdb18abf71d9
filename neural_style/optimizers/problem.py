"""The loss as an optimizer sees it: a Problem, evaluated at Points.

An optimizer here is a generator of Steps. It knows nothing of style: it takes a callable that maps
a tensor to a dict of scalars with the key `total`, and a tensor to start from. Evaluations, search
directions and updates are `tf.function`s on the device; the image stays there, only scalars come
to the host. A callable that knows its gradient better than a tape says so: by a method
`value_and_gradient(image, scale)` that returns the scalars, and the gradient of scale * total.

An optimizer that has reached a minimum ends before its last iteration.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import tensorflow as tf

from neural_style.optimizers.step import Step
from neural_style.runtime.errors import StyleError

Loss = Callable[[tf.Tensor], dict[str, tf.Tensor]]
Function = TypeVar("Function", bound=Callable[..., Any])
UNBOUNDED = (-math.inf, math.inf)


def graph(function: Function) -> Function:
    """Make a `tf.function` of a function, one that keeps its type.

    Nothing here needs AutoGraph, whose translation of the loss and the network took seconds.
    """
    traced: Function = tf.function(function, autograph=False)
    return traced


@dataclass(frozen=True)
class Point:
    """The loss at one image. `total`, `slope` and `gradient` are scaled, `terms` are not."""

    image: tf.Tensor
    gradient: tf.Tensor | None  # None where its optimizer needs it no more
    terms: dict[str, float]
    total: float
    slope: float  # along the direction that led here

    @property
    def is_finite(self) -> bool:
        """Whether loss and slope are numbers to go by."""
        return math.isfinite(self.total) and math.isfinite(self.slope)

    def without_gradient(self) -> Point:
        """Return the same point without its hold on the gradient's memory."""
        return replace(self, gradient=None)


class Problem:
    """The loss with its gradient on the device: scaled, counted and timed.

    The scale makes the gradient's root mean square 1 at the start. So whatever the weights are,
    sums of squares stay within float32, and lengths of steps are in grey levels.

    Attributes:
        bounds: the least and the greatest value that a pixel may take: [2], float32.
        evaluations: of the loss and its gradient, so far.
    """

    def __init__(self, loss: Loss, bounds: tuple[float, float] = UNBOUNDED):
        self.bounds = tf.constant(bounds, tf.float32)
        self.evaluations = 0
        self._loss = loss
        self._value_and_gradient = getattr(loss, "value_and_gradient", self._taped)
        self._began = time.perf_counter()
        self._scale = tf.Variable(1.0, trainable=False)

    def begin(self, image: tf.Tensor) -> Point:
        """Evaluate at the start, moved to within the bounds, and set the scale by its gradient.

        Raises:
            StyleError: the loss or its gradient is not finite.
        """
        image = bounded(tf.identity(image), self.bounds)
        terms, gradient = self._value_and_gradient(image, self._scale.value())
        point = self._point(image, terms, gradient, dot(gradient, gradient))
        # Divided by the largest first, since the squares of the raw gradient may overflow.
        largest = float(tf.reduce_max(tf.abs(gradient)))
        if not (math.isfinite(point.total) and math.isfinite(largest)):
            raise StyleError(
                f"the loss at the start is {point.total:g} and its largest derivative "
                f"{largest:g}, which float32 cannot hold: use smaller weights"
            )
        if largest == 0:
            return point
        scale = 1.0 / (largest * root_mean_square(gradient / largest))
        self._scale.assign(scale)
        total, slope = point.total * scale, point.slope * scale**2
        return replace(point, gradient=gradient * scale, total=total, slope=slope)

    def resume(self, after: Step) -> Point:
        """Return the point that a Step tells of, to go on from there."""
        state = after.resume_state
        self._began -= after.seconds
        self._scale.assign(state["scale"])
        self.evaluations = after.evaluations
        gradient = tf.constant(state["gradient"]) if "gradient" in state else None
        total = after.total * float(self._scale)
        return Point(tf.constant(after.tensor), gradient, after.terms, total, math.nan)

    def at(self, image: tf.Tensor) -> Point:
        """Evaluate at an image; the slope is that along its own gradient."""
        terms, gradient = self._value_and_gradient(image, self._scale.value())
        return self._point(image, terms, gradient, dot(gradient, gradient))

    def along(self, point: Point, direction: tf.Tensor, length: float) -> Point:
        """Evaluate at a point moved by `length` times a direction, and no further than the bounds.

        The slope there is that of the path, on which pixels stand still that have met a bound.
        """
        moved, free = _moved(point.image, direction, tf.constant(length, tf.float32), self.bounds)
        terms, gradient = self._value_and_gradient(moved, self._scale.value())
        return self._point(moved, terms, gradient, dot(gradient, free * direction))

    def step(
        self,
        iteration: int,
        point: Point,
        note: str = "",
        state: Mapping[str, tf.Tensor] | None = None,
    ) -> Step:
        """Return the Step that tells of a point, with the optimizer's own state, if it has any."""
        seconds = time.perf_counter() - self._began
        total, image = point.terms["total"], point.image
        if state is not None:
            state = {**state, "scale": self._scale.read_value()}
        return Step(iteration, total, point.terms, seconds, self.evaluations, note, image, state)

    @graph
    def _taped(self, image: tf.Tensor, scale: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """Return the loss's terms and the scaled gradient of their total."""
        with tf.GradientTape() as tape:
            tape.watch(image)
            terms = self._loss(image)
            scaled = terms["total"] * scale
        return terms, tape.gradient(scaled, image)

    def _point(
        self,
        image: tf.Tensor,
        terms: dict[str, tf.Tensor],
        gradient: tf.Tensor,
        slope: tf.Tensor,
    ) -> Point:
        self.evaluations += 1
        floats = {name: float(value) for name, value in terms.items()}
        total = floats["total"] * float(self._scale)
        return Point(image, gradient, floats, total, float(slope))


def root_mean_square(tensor: tf.Tensor) -> float:
    """Return the root of the mean of the squares."""
    return math.sqrt(float(tf.reduce_mean(tf.square(tensor))))


def dot(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """Return the sum of the products, whatever the shape."""
    return tf.reduce_sum(a * b)


@graph
def bounded(image: tf.Tensor, bounds: tf.Tensor) -> tf.Tensor:
    """Return the image with each pixel at least the first and at most the second bound."""
    return tf.clip_by_value(image, bounds[0], bounds[1])


@graph
def _moved(
    image: tf.Tensor, direction: tf.Tensor, length: tf.Tensor, bounds: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the image moved as far as the bounds, and 1 where it is within them, else 0."""
    moved = image + length * direction
    within = bounded(moved, bounds)
    return within, tf.cast(within == moved, tf.float32)
