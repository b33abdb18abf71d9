"""A line search for the strong Wolfe conditions."""

from __future__ import annotations

import math
from collections.abc import Callable

from neural_style.optimizers.problem import Point

# The strong Wolfe conditions' constants (Nocedal and Wright, equation 3.7).
SUFFICIENT_DECREASE = 1e-4
CURVATURE = 0.9
# Evaluations after which a line search gives up.
SEARCH_LIMIT = 10
# Differences of the loss below this part of it are rounding errors of float32.
ROUNDING = 1e-6


def line_search(evaluate: Callable[[float], Point], start: Point, length: float) -> Point | None:
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
    low, low_length = start, 0.0  # the best so far, where the loss falls towards `high`
    high: Point | None = None
    high_length = math.inf
    cuts = 0  # in a row, to the margin: the guess was nearer to `low`
    for _ in range(SEARCH_LIMIT):
        point = evaluate(length)
        if not point.is_finite:
            high, high_length = None, length
            length = low_length + (length - low_length) / 10
            continue
        if _is_too_high(start, length, point) or (
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


def _is_too_high(start: Point, length: float, point: Point) -> bool:
    """Return whether the loss has not decreased enough at a length along the direction."""
    if abs(point.total - start.total) <= ROUNDING * abs(start.total):
        return point.slope > (2 * SUFFICIENT_DECREASE - 1) * start.slope
    return point.total > start.total + SUFFICIENT_DECREASE * length * start.slope


def _cubic_minimum(a: float, at_a: Point, b: float, at_b: Point) -> float:
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
