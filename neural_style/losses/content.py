"""The content loss, and what of a photograph's activations it compares.

Source: Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks", CVPR
2016. Shapes: H, W, C are height, width and channels of one layer's activations; M = H W is the
number of positions and N = C the number of channels, as in the paper.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import tensorflow as tf

from neural_style.losses.gram import unchanged
from neural_style.losses.term import (
    Observer,
    References,
    Shapes,
    Target,
    Tensors,
    Term,
    View,
    equal_if_none,
    weighted_mean,
)
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
        activations: F, [B, H, W, C], or a projection F = f Q + b.
        target: P, or for a projection P = p Q + b its p (see `features_of`).

    Returns:
        [B], float32.
    """
    difference = tf.cast(features_of(activations), tf.float32) - tf.cast(target, tf.float32)
    if isinstance(activations, Projection):
        difference = tf.tensordot(difference, activations.kernel, 1)
    return tf.reduce_sum(tf.square(difference), [1, 2, 3])


def content_loss(distance: tf.Tensor, count: float, function: int = 1) -> tf.Tensor:
    """Return K * sum((F - P)^2) for one layer (equation 1).

    Args:
        distance: sum((F - P)^2), [B].
        count: N M, how many activations there are.
        function: which K: 1 is 1 / (2 sqrt(N M)) (the report's default), 2 is 1 / (N M), 3 is 1/2
            (the paper's).

    Returns:
        [B].
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
    """Return for each channel the sums of D = F - P and of D^2, [2, B, C]."""
    difference = dense(activations) - dense(with_features(activations, target))
    return _over_positions([difference, difference**2])


def _centred(sums: tf.Tensor, positions: int) -> tf.Tensor:
    """Return sum((F - mean F - P + mean P)^2), the means each channel's own."""
    difference, square = tf.unstack(sums)
    return tf.cast(tf.reduce_sum(square - difference**2 / positions, -1), tf.float32)


def _product_sums(activations: Activations, target: tf.Tensor) -> tf.Tensor:
    """Return for each channel the sums of F, P, F^2, P^2 and F P, [5, B, C]."""
    f, p = dense(activations), dense(with_features(activations, target))
    return _over_positions([f, p, f**2, p**2, f * p])


def _normalised(sums: tf.Tensor, positions: int) -> tf.Tensor:
    """Return the distance of activations normalized to mean 0 and variance 1 in each channel.

    Times the mean variance of the photograph's channels, so that a weight means what it does for
    activations as they are. With r a channel's correlation it is 2 M (1 - r) for each.
    """
    f, p, f_square, p_square, product = tf.unstack(sums / positions)
    variance = tf.nn.relu(p_square - p**2)
    mean_variance = tf.reduce_mean(variance, -1, keepdims=True)
    floor = 1e-3 * mean_variance + 1e-12  # a channel that is all but still has nothing to say
    spread = tf.sqrt((tf.nn.relu(f_square - f**2) + floor) * (variance + floor))
    correlation = (product - f * p + floor) / spread
    distance = 2 * positions * mean_variance[..., 0] * tf.reduce_sum(1 - correlation, -1)
    return tf.cast(distance, tf.float32)


def _over_positions(values: list[tf.Tensor]) -> tf.Tensor:
    """Return each channel's sums, in float64: what is left of their differences may be small."""
    sums = [tf.reduce_sum(tf.cast(value, tf.float64), [1, 2]) for value in values]
    batch = max(sum_.shape[0] for sum_ in sums)  # the photograph may be one for all
    return tf.stack([tf.broadcast_to(sum_, [batch, sum_.shape[-1]]) for sum_ in sums])


CONTENT_DISTANCES = {
    "raw": ContentDistance(squared_distance, unchanged),
    "centred": ContentDistance(_difference_sums, _centred),
    "normalised": ContentDistance(_product_sums, _normalised),
}


@dataclass(frozen=True)
class Content(Term):
    """The content of a photograph, L_content (equation 1).

    Attributes:
        layers: names; none for no content.
        distance: one of CONTENT_DISTANCES.
        function: see `content_loss`.
        weight: alpha.
        layer_weights: one for each layer, relative to their sum; which is divided once more by the
            number of layers, as in the report.
    """

    name: ClassVar[str] = "content"

    layers: tuple[str, ...]
    distance: str = "raw"
    function: int = 1
    weight: float = field(default=1.0, compare=False)
    layer_weights: Sequence[float] = field(default=(), compare=False)

    def parameters(self) -> Mapping[str, Any]:
        """Return the weights of the layers."""
        return {"layer_weights": equal_if_none(self.layer_weights, self.layers)}

    def target(self, references: References, observer: Observer) -> Target:
        """Return the photograph's features, on the picture."""
        if not self.layers:
            return Target()
        features = observer.features(references.content, self.layers)
        return Target({layer: [whole] for layer, whole in features.items()})

    def statistics(self, view: View) -> Tensors:
        """Return for each layer what the distance knows."""
        statistic = CONTENT_DISTANCES[self.distance].statistic
        return {
            layer: statistic(view.activations[layer], view.maps[layer][0]) for layer in self.layers
        }

    def value(self, sums: Tensors, values: Mapping[str, Any], shapes: Shapes) -> tf.Tensor:
        """Return the weighted mean over the layers, [B]."""
        losses = []
        for layer in self.layers:
            positions = math.prod(shapes[layer][:2])
            distance = CONTENT_DISTANCES[self.distance].distance(sums[layer], positions)
            losses.append(content_loss(distance, math.prod(shapes[layer]), self.function))
        return weighted_mean(losses, values["layer_weights"])
