"""Adam and L-BFGS over any callable of an image.

An optimiser here is a generator of Steps. It knows nothing of style: it takes a callable that maps
a tensor to a dict of scalars with the key `total`, and a tensor to start from. Evaluations, search
directions and updates are `tf.function`s on the device; the image stays there, only scalars come
to the host. A callable that knows its gradient better than a tape says so: by a method
`value_and_gradient(image, scale)` that returns the scalars, and the gradient of scale * total.

The first Step, iteration 0, is the start; each further one is an iteration, and its total is that
of its own image. An optimiser that has reached a minimum ends before its last iteration.

A Step is also where an optimiser can go on from: `lbfgs` and `adam`, given one of their own Steps
as `after`, yield those behind it as if they had never stopped, to the last bit.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, count

import numpy as np
import tensorflow as tf

from neural_style.errors import StyleError

Loss = Callable[[tf.Tensor], dict[str, tf.Tensor]]
Map = Callable[[tf.Tensor], tf.Tensor]

# L-BFGS: how many steps it remembers, and how far its first one moves the pixels (root mean
# square, in grey levels) before the line search has a say.
MEMORY = 10
FIRST_STEP = 2.0
# The strong Wolfe conditions' constants (Nocedal and Wright, equation 3.7).
SUFFICIENT_DECREASE = 1e-4
CURVATURE = 0.9
# Evaluations after which a line search gives up.
SEARCH_LIMIT = 10
# Differences of the loss below this part of it are rounding errors of float32.
ROUNDING = 1e-6
# An iteration of L-BFGS is idle if it moves no pixel by more than this for each of its evaluations,
# in grey levels. When idle iterations in a row have taken so many evaluations, the run ends.
IDLE_MOVE = 0.001
PATIENCE = 6
UNBOUNDED = (-math.inf, math.inf)
# How often one iteration of Adam may be taken back and halved.
HALVINGS = 30

# Adam: how fast its moments forget, as in the paper, and what keeps it from dividing by zero.
DECAY = (0.9, 0.999)
EPSILON = 1e-7
# The names in a Step's state of what L-BFGS remembers of each step.
PAIR = ("moved", "change", "inverse")
# Nothing here needs AutoGraph, whose translation of the loss and the network took seconds.
_graph = tf.function(autograph=False)


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
class _Point:
    """The loss at one image. `total`, `slope` and `gradient` are scaled, `terms` are not."""

    image: tf.Tensor
    gradient: tf.Tensor | None  # None where its optimiser needs it no more
    terms: dict[str, float]
    total: float
    slope: float  # along the direction that led here

    @property
    def finite(self) -> bool:
        return math.isfinite(self.total) and math.isfinite(self.slope)


class _Problem:
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
        self.start = self.at(_bounded(tf.identity(start), self._bounds))
        # Divided by the largest first, since the squares of the raw gradient may overflow.
        largest = float(tf.reduce_max(tf.abs(self.start.gradient)))
        if not (math.isfinite(self.start.total) and math.isfinite(largest)):
            raise StyleError(
                f"the loss at the start is {self.start.total:g} and its largest derivative "
                f"{largest:g}, which float32 cannot hold: use smaller weights"
            )
        if largest > 0:
            scale = 1.0 / (largest * _root_mean_square(self.start.gradient / largest))
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
        self.start = _Point(tf.constant(after.tensor), gradient, after.terms, total, math.nan)

    def at(self, image: tf.Tensor) -> _Point:
        """Evaluate at an image; the slope is that along its own gradient."""
        terms, gradient = self._value_and_gradient(image, self._scale.value())
        return self._point(image, terms, gradient, _dot(gradient, gradient))

    def along(self, point: _Point, direction: tf.Tensor, length: float) -> _Point:
        """Evaluate at a point moved by `length` times a direction, and no further than the bounds.

        The slope there is that of the path, on which pixels stand still that have met a bound.
        """
        moved, free = _moved(point.image, direction, tf.constant(length, tf.float32), self._bounds)
        terms, gradient = self._value_and_gradient(moved, self._scale.value())
        return self._point(moved, terms, gradient, _dot(gradient, free * direction))

    def step(
        self,
        iteration: int,
        point: _Point,
        note: str = "",
        state: Mapping[str, tf.Tensor] | None = None,
    ) -> Step:
        """Return the Step that tells of a point, with the optimiser's own state, if it has any."""
        seconds = time.perf_counter() - self._began
        total, image = point.terms["total"], point.image
        if state is not None:
            state = {**state, "scale": self._scale.read_value()}
        return Step(iteration, total, point.terms, seconds, self.evaluations, note, image, state)

    @_graph
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
    ) -> _Point:
        self.evaluations += 1
        floats = {name: float(value) for name, value in terms.items()}
        total = floats["total"] * float(self._scale)
        return _Point(image, gradient, floats, total, float(slope))


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
    problem = _Problem(loss, start, after, bounds)
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
            reached = problem.at(_bounded(moved, tf.constant(bounds, tf.float32)))
            if reached.finite:
                break
            rate /= 2
            note = f"the loss was not finite: step taken back, learning rate now {rate:g}"
        else:
            return
        moments = _moments(*moments, reached.gradient)
        point = reached = replace(reached, gradient=None)
        yield step(iteration, note)


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
    problem = _Problem(loss, start, after, bounds)
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
                length = 1.0 if past else FIRST_STEP / _root_mean_square(direction)
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
        moved, change, curvature = _difference(
            point.image, point.gradient, reached.image, reached.gradient
        )
        spent = problem.evaluations - evaluations
        idle = 0 if float(tf.reduce_max(tf.abs(moved))) > IDLE_MOVE * spent else idle + spent
        if curvature > 0:
            past.append((moved, change, 1.0 / curvature))
        point = reached
        names = (f"{name}_{i}" for i in range(len(past)) for name in PAIR)
        state = dict(zip(names, chain(*past), strict=True)) | {"gradient": point.gradient}
        state["idle"] = tf.constant(idle)
        yield problem.step(iteration, point, note, state)


def tfp_lbfgs(loss: Loss, start: tf.Tensor, iterations: int) -> Iterator[Step]:
    """Minimise with TensorFlow Probability's L-BFGS (Hager and Zhang's line search).

    Arguments, yields and raises as `lbfgs`; TensorFlow Probability is the extra `tfp`. It cannot
    go on from a Step: its Steps have no state.
    """
    try:
        import tensorflow_probability as tfp
    except ImportError:
        raise StyleError(
            "optimizer tfp_lbfgs needs TensorFlow Probability: install it with "
            "pip install 'neural_style[tfp]', or use lbfgs"
        ) from None
    problem = _Problem(loss, start)
    yield problem.step(0, problem.start)
    points = []

    def value_and_gradient(flat: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        points.append(problem.at(tf.reshape(flat, start.shape)))
        return tf.constant(points[-1].total), tf.reshape(points[-1].gradient, [-1])

    results = None
    for iteration in range(1, iterations + 1):
        results = tfp.optimizer.lbfgs_minimize(
            value_and_gradient,
            initial_position=tf.reshape(start, [-1]) if results is None else None,
            previous_optimizer_results=results,
            num_correction_pairs=MEMORY,
            max_iterations=iteration,
            tolerance=0,
        )
        # Of the points that it has evaluated, the one that it accepted.
        reached = results.objective_value.numpy()
        points[:] = [point for point in points if np.float32(point.total) == reached][-1:]
        if not points or results.failed:
            return
        yield problem.step(iteration, points[0])
        if results.converged:
            return


OPTIMISERS = {"lbfgs": lbfgs, "adam": adam, "tfp_lbfgs": tfp_lbfgs}


def search(evaluate: Callable[[float], _Point], start: _Point, length: float) -> _Point | None:
    """Find a point along a direction that meets the strong Wolfe conditions.

    Bracketing, then interpolation by cubics (Nocedal and Wright, algorithms 3.5 and 3.6). Where
    the loss changes by no more than float32's rounding, its slope decides instead (Hager and
    Zhang's approximate Wolfe condition).

    Args:
        evaluate: gives the point at a length along the direction.
        start: the point at length 0, with the slope along the direction, which is negative.
        length: the first to try.

    Returns:
        The point; or, if the search ran out of evaluations, the best one that went down enough;
        or None.
    """

    def too_high(length: float, point: _Point) -> bool:
        if abs(point.total - start.total) <= ROUNDING * abs(start.total):
            return point.slope > (2 * SUFFICIENT_DECREASE - 1) * start.slope
        return point.total > start.total + SUFFICIENT_DECREASE * length * start.slope

    low, low_length = start, 0.0  # the best so far, where the loss falls towards `high`
    high: _Point | None = None
    high_length = math.inf
    cuts = 0  # in a row, to the margin: the guess was nearer to `low`
    for _ in range(SEARCH_LIMIT):
        point = evaluate(length)
        if not point.finite:
            high, high_length = None, length
            length = low_length + (length - low_length) / 10
            continue
        if too_high(length, point) or (
            low is not start and point.total > low.total + ROUNDING * abs(low.total)
        ):
            high, high_length = point, length
        elif abs(point.slope) <= -CURVATURE * start.slope:
            return point
        else:
            previous, previous_length = low, low_length
            if point.slope * (length - low_length) > 0:
                high, high_length = low, low_length
            low, low_length, cuts = point, length, 0
            if math.isinf(high_length):
                step = low_length - previous_length
                guess = _cubic_minimum(previous_length, previous, low_length, low)
                # 10 times: the first step may be far too short.
                length = _clip(guess, low_length + step, low_length + 10 * step)
                continue
        width = high_length - low_length
        # Of what is left to gain between them, about this much, is any more than rounding? If no
        # point was good so far, a step far below it is tried too: a loss may stand on a step.
        left = -0.5 * start.slope * abs(width)
        if left <= ROUNDING * abs(start.total) * (1e-3 if low is start else 1):
            return None if low is start else low
        guess = math.nan if high is None else _cubic_minimum(low_length, low, high_length, high)
        cuts = cuts + 1 if abs(guess - low_length) < 0.1 * abs(width) else 0
        # Two cuts to a tenth were not enough: the first length was far from any guess.
        margin = (0.1 if cuts <= 2 else 1e-3) * width
        length = _clip(guess, low_length + margin, high_length - margin)
    return low if low.total < start.total else None


def _cubic_minimum(a: float, at_a: _Point, b: float, at_b: _Point) -> float:
    """Return where the cubic through two points and their slopes is least, or nan."""
    mean = at_a.slope + at_b.slope - 3 * (at_a.total - at_b.total) / (a - b)
    square = mean * mean - at_a.slope * at_b.slope
    if not square >= 0:
        return math.nan
    root = math.copysign(math.sqrt(square), b - a)
    denominator = at_b.slope - at_a.slope + 2 * root
    if denominator == 0:
        return math.nan
    return b - (b - a) * (at_b.slope + root - mean) / denominator


def _clip(value: float, one: float, other: float) -> float:
    """Return the value moved into the range between two ends; for nan, the middle."""
    if math.isnan(value):
        return (one + other) / 2
    return min(max(value, min(one, other)), max(one, other))


def _pairs(state: Mapping[str, tf.Tensor]) -> Iterator[tuple[tf.Tensor, ...]]:
    """Yield what a state of L-BFGS remembers of each step, the oldest first."""
    for i in count():
        if f"{PAIR[0]}_{i}" not in state:
            return
        yield tuple(tf.constant(state[f"{name}_{i}"]) for name in PAIR)


def _root_mean_square(tensor: tf.Tensor) -> float:
    return math.sqrt(float(tf.reduce_mean(tf.square(tensor))))


def _dot(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(a * b)


@_graph
def _moments(
    first: tf.Tensor, second: tf.Tensor, gradient: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return Adam's running means of the gradient and of its square, one gradient further."""
    first += (1 - DECAY[0]) * (gradient - first)
    second += (1 - DECAY[1]) * (tf.square(gradient) - second)
    return first, second


@_graph
def _adam(image: tf.Tensor, first: tf.Tensor, second: tf.Tensor, length: tf.Tensor) -> tf.Tensor:
    return image - length * first / (tf.sqrt(second) + EPSILON)


@_graph
def _bounded(image: tf.Tensor, bounds: tf.Tensor) -> tf.Tensor:
    return tf.clip_by_value(image, bounds[0], bounds[1])


@_graph
def _moved(
    image: tf.Tensor, direction: tf.Tensor, length: tf.Tensor, bounds: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the image moved as far as the bounds, and 1 where it is within them, else 0."""
    moved = image + length * direction
    bounded = _bounded(moved, bounds)
    return bounded, tf.cast(bounded == moved, tf.float32)


@_graph
def _free(image: tf.Tensor, gradient: tf.Tensor, bounds: tf.Tensor) -> tf.Tensor:
    """Return 1 for pixels that can follow minus the gradient, 0 for those that a bound stops."""
    stopped = (image <= bounds[0]) & (gradient > 0) | (image >= bounds[1]) & (gradient < 0)
    return tf.cast(~stopped, tf.float32)


@_graph
def _difference(image: tf.Tensor, gradient: tf.Tensor, image_: tf.Tensor, gradient_: tf.Tensor):
    """Return the step, the gradient's change, and the product of both."""
    moved, change = image_ - image, gradient_ - gradient
    return moved, change, _dot(moved, change)


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


@_graph
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
        weights[i] = inverses[i] * _dot(moves[i], direction)
        direction -= weights[i] * changes[i]
    # The last step's curvature sets the scale (equation 7.20); 1 where there is none.
    curvature = inverses[-1] * _dot(changes[-1], precondition(changes[-1]))
    direction = precondition(direction)
    direction *= tf.where(curvature > 0, tf.math.reciprocal_no_nan(curvature), 1.0)
    for i in range(len(moves)):
        direction += (weights[i] - inverses[i] * _dot(changes[i], direction)) * moves[i]
    direction *= free
    return direction, _dot(direction, gradient)
