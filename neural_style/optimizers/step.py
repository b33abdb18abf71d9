"""What an optimizer yields, and the problem that it works on.

An optimizer here is a generator of Steps. It knows nothing of style: it takes a callable that maps
a tensor to a dict of scalars with the key `total`, and a tensor to start from. Evaluations, search
directions and updates are `tf.function`s on the device; the image stays there, only scalars come
to the host. A callable that knows its gradient better than a tape says so: by a method
`value_and_gradient(image, scale)` that returns the scalars, and the gradient of scale * total.

The first Step, iteration 0, is the start; each further one is an iteration, and its total is that
of its own image. An optimizer that has reached a minimum ends before its last iteration.

A Step is also where an optimizer can go on from: `lbfgs` and `adam`, given one of their own Steps
as `after`, yield those behind it as if they had never stopped, to the last bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import tensorflow as tf

from neural_style.runtime.errors import StyleError

Loss = Callable[[tf.Tensor], dict[str, tf.Tensor]]
UNBOUNDED = (-math.inf, math.inf)
# Nothing here needs AutoGraph, whose translation of the loss and the network took seconds.
graph = tf.function(autograph=False)


@dataclass(frozen=True)
class Step:
    """One iteration of an optimiser.

    Attributes:
        iteration: counted from 1; 0 is the start.
        total: the weighted loss of this step's image.
        terms: all scalars of the loss by name, `total` among them.
        seconds: since the optimiser began.
        evaluations: of the loss and its gradient, so far.
        note: what happened out of the ordinary, or empty.
        tensor: the image on the device, or an array if it is from a checkpoint.
        state: whatever else the optimiser needs to go on from here, by name: tensors on the
            device, shared with it, none of which changes any more; None if it cannot.
        scale: of the run that the optimiser is part of, counted from 1, the coarsest.
    """

    iteration: int
    total: float
    terms: dict[str, float]
    seconds: float
    evaluations: int
    note: str = ""
    tensor: tf.Tensor | None = field(default=None, repr=False, compare=False)
    state: Mapping[str, tf.Tensor] | None = field(default=None, repr=False, compare=False)
    scale: int = 1

    @property
    def image(self) -> np.ndarray:
        """The image, copied from the device when asked for: [H, W, 3], RGB, float32."""
        if self.tensor is None:
            raise ValueError("this step no longer holds its image")
        array = np.asarray(self.tensor)
        return array[0] if array.ndim == 4 else array

    def without_image(self) -> Step:
        """Return the same step without its hold on the memory of the image and the state."""
        return replace(self, tensor=None, state=None)

    def without_state(self) -> Step:
        """Return the same step without its hold on the state's memory."""
        return replace(self, state=None)


@dataclass(frozen=True)
class Point:
    """The loss at one image. `total`, `slope` and `gradient` are scaled, `terms` are not."""

    image: tf.Tensor
    gradient: tf.Tensor | None  # None where its optimiser needs it no more
    terms: dict[str, float]
    total: float
    slope: float  # along the direction that led here

    @property
    def finite(self) -> bool:
        """Whether loss and slope are numbers to go by."""
        return math.isfinite(self.total) and math.isfinite(self.slope)


class Problem:
    """The loss with its gradient on the device: scaled, counted and timed.

    The scale makes the gradient's root mean square 1 at the start. So whatever the weights are,
    sums of squares stay within float32, and lengths of steps are in grey levels.
    """

    def __init__(
        self,
        loss: Loss,
        start: tf.Tensor,
        after: Step | None = None,
        bounds: tuple[float, float] = UNBOUNDED,
    ):
        self._loss = loss
        self._bounds = tf.constant(bounds, tf.float32)
        self._value_and_gradient = getattr(loss, "value_and_gradient", self._taped)
        self._began = time.perf_counter()
        self._scale = tf.Variable(1.0, trainable=False)
        self.evaluations = 0
        if after is None:
            self._begin(start)
        else:
            self._go_on(after)

    def _begin(self, start: tf.Tensor) -> None:
        self.start = self.at(bounded(tf.identity(start), self._bounds))
        # Divided by the largest first, since the squares of the raw gradient may overflow.
        largest = float(tf.reduce_max(tf.abs(self.start.gradient)))
        if not (math.isfinite(self.start.total) and math.isfinite(largest)):
            raise StyleError(
                f"the loss at the start is {self.start.total:g} and its largest derivative "
                f"{largest:g}, which float32 cannot hold: use smaller weights"
            )
        if largest > 0:
            scale = 1.0 / (largest * root_mean_square(self.start.gradient / largest))
            self._scale.assign(scale)
            self.start = replace(
                self.start,
                gradient=self.start.gradient * scale,
                total=self.start.total * scale,
                slope=self.start.slope * scale**2,
            )

    def _go_on(self, after: Step) -> None:
        self._began -= after.seconds
        self._scale.assign(after.state["scale"])
        self.evaluations = after.evaluations
        gradient = after.state.get("gradient")
        gradient = None if gradient is None else tf.constant(gradient)
        total = after.total * float(self._scale)
        self.start = Point(tf.constant(after.tensor), gradient, after.terms, total, math.nan)

    def at(self, image: tf.Tensor) -> Point:
        """Evaluate at an image; the slope is that along its own gradient."""
        terms, gradient = self._value_and_gradient(image, self._scale.value())
        return self._point(image, terms, gradient, dot(gradient, gradient))

    def along(self, point: Point, direction: tf.Tensor, length: float) -> Point:
        """Evaluate at a point moved by `length` times a direction, and no further than the bounds.

        The slope there is that of the path, on which pixels stand still that have met a bound.
        """
        moved, free = _moved(point.image, direction, tf.constant(length, tf.float32), self._bounds)
        terms, gradient = self._value_and_gradient(moved, self._scale.value())
        return self._point(moved, terms, gradient, dot(gradient, free * direction))

    def step(
        self,
        iteration: int,
        point: Point,
        note: str = "",
        state: Mapping[str, tf.Tensor] | None = None,
    ) -> Step:
        """Return the Step that tells of a point, with the optimiser's own state, if it has any."""
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
