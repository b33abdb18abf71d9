"""The content loss, and what of a photograph's activations it compares.

Source: Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks", CVPR
2016. Shapes: H, W, C are height, width and channels of one layer's activations; M = H W is the
number of positions and N = C the number of channels, as in the paper.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from neural_style.losses.gram import unchanged
from neural_style.networks.activations import (
    Activations,
    Projection,
    dense,
    features_of,
    with_features,
)


def squared_distance(activations: Activations, target: tf.Tensor) -> tf.Tensor:
    """Return sum((F - P)^2) of one layer.

    Args:
        activations: F, [1, H, W, C], or a projection F = f Q + b.
        target: P, or for a projection P = p Q + b its p (see `features_of`).

    Returns:
        A scalar, float32.
    """
    difference = tf.cast(features_of(activations), tf.float32) - tf.cast(target, tf.float32)
    if isinstance(activations, Projection):
        difference = tf.tensordot(difference, activations.kernel, 1)
    return tf.reduce_sum(tf.square(difference))


def content_loss(distance: tf.Tensor, count: float, function: int = 1) -> tf.Tensor:
    """Return K * sum((F - P)^2) for one layer (equation 1).

    Args:
        distance: sum((F - P)^2), a scalar.
        count: N M, how many activations there are.
        function: which K: 1 is 1 / (2 sqrt(N M)) (the report's default), 2 is 1 / (N M), 3 is 1/2
            (the paper's).

    Returns:
        A scalar.
    """
    return {1: 0.5 / count**0.5, 2: 1.0 / count, 3: 0.5}[function] * distance


@dataclass(frozen=True)
class ContentDistance:
    """How the content of a layer is compared.

    Attributes:
        statistic: of activations and of the photograph's features (see
            `activations.features_of`), sums over positions.
        distance: of these sums and the number of positions, what stands for sum((F - P)^2).
    """

    statistic: Callable[[Activations, tf.Tensor], tf.Tensor]
    distance: Callable[[tf.Tensor, int], tf.Tensor]


def _difference_sums(activations: Activations, target: tf.Tensor) -> tf.Tensor:
    """Return for each channel the sums of D = F - P and of D^2, [2, C]."""
    difference = dense(activations) - dense(with_features(activations, target))
    return _over_positions([difference, difference**2])


def _centred(sums: tf.Tensor, positions: int) -> tf.Tensor:
    """Return sum((F - mean F - P + mean P)^2), the means each channel's own."""
    difference, square = tf.unstack(sums)
    return tf.cast(tf.reduce_sum(square - difference**2 / positions), tf.float32)


def _product_sums(activations: Activations, target: tf.Tensor) -> tf.Tensor:
    """Return for each channel the sums of F, P, F^2, P^2 and F P, [5, C]."""
    found, wanted = dense(activations), dense(with_features(activations, target))
    return _over_positions([found, wanted, found**2, wanted**2, found * wanted])


def _normalised(sums: tf.Tensor, positions: int) -> tf.Tensor:
    """Return the distance of activations that have mean 0 and variance 1 in each channel.

    Times the mean variance of the photograph's channels, so that a weight means what it does for
    activations as they are. With r a channel's correlation it is 2 M (1 - r) for each.
    """
    found, wanted, found_square, wanted_square, product = tf.unstack(sums / positions)
    variance = tf.nn.relu(wanted_square - wanted**2)
    mean_variance = tf.reduce_mean(variance)
    floor = 1e-3 * mean_variance + 1e-12  # a channel that is all but still has nothing to say
    spread = tf.sqrt((tf.nn.relu(found_square - found**2) + floor) * (variance + floor))
    correlation = (product - found * wanted + floor) / spread
    distance = 2 * positions * mean_variance * tf.reduce_sum(1 - correlation)
    return tf.cast(distance, tf.float32)


def _over_positions(values: list[tf.Tensor]) -> tf.Tensor:
    """Return each channel's sums, in float64: what is left of their differences may be small."""
    return tf.stack([tf.reduce_sum(tf.cast(value, tf.float64), [0, 1, 2]) for value in values])


CONTENT_DISTANCES = {
    "raw": ContentDistance(squared_distance, unchanged),
    "centred": ContentDistance(_difference_sums, _centred),
    "normalised": ContentDistance(_product_sums, _normalised),
}
