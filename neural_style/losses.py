"""The losses of neural style transfer: pure functions of tensors.

Source: Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks", CVPR
2016. Shapes: H, W, C are height, width and channels of one layer's activations; M = H W is the
number of positions and N = C the number of channels, as in the paper.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace

import tensorflow as tf

# What a relative distance of 1 counts. Gram losses of photographs are of this order, so that the
# weights which suit them suit the others.
UNIT = 1e7
# Positions whose products are summed at once in bfloat16.
PIECE = 512


@dataclass(frozen=True)
class Projection:
    """Activations F = f Q + b of a layer that are a linear map of fewer channels.

    What style needs of them is computed on the fewer channels (see `gram`).

    Attributes:
        features: f, [1, H, W, c].
        kernel: Q, [c, C].
        bias: b, [C].
    """

    features: tf.Tensor
    kernel: tf.Tensor
    bias: tf.Tensor

    def dense(self) -> tf.Tensor:
        """Return F, [1, H, W, C], float32."""
        return tf.tensordot(tf.cast(self.features, tf.float32), self.kernel, 1) + self.bias


Activations = tf.Tensor | Projection


def dense(activations: Activations) -> tf.Tensor:
    """Return activations [1, H, W, C], a projection's computed, in float32."""
    if isinstance(activations, Projection):
        return activations.dense()
    return tf.cast(activations, tf.float32)


def with_features(activations: Activations, features: tf.Tensor) -> Activations:
    """Return activations of the same kind with other features (see `features_of`)."""
    if isinstance(activations, Projection):
        return replace(activations, features=features)
    return features


def size(activations: Activations) -> tuple[int, int]:
    """Return a layer's height and width."""
    return tuple(features_of(activations).shape[1:3])


def channels(activations: Activations) -> int:
    """Return C, how many channels a layer has."""
    projected = isinstance(activations, Projection)
    return (activations.kernel if projected else activations).shape[-1]


def gram(activations: Activations, mask: tf.Tensor | None = None) -> tf.Tensor:
    """Return the Gram matrix G = F^T F of one layer (equation 3), not normalised.

    For a projection F = f Q + b it follows from the smaller one of f with a channel of ones,

        G = [Q; b]^T ([f, 1]^T [f, 1]) [Q; b],

    so the C channels are never computed at the M positions. With a mask m, f and 1 are multiplied
    by it first.

    Args:
        activations: [1, H, W, C], float32 or bfloat16, or a projection to C channels.
        mask: [1, H, W, 1], what F is multiplied by; None for nothing.

    Returns:
        [C, C], float32.
    """
    if isinstance(activations, Projection):
        return moments(activations, mask)[:-1, :-1]
    return _products(_positions(_masked(activations, mask)))


def moments(activations: Activations, mask: tf.Tensor | None = None) -> tf.Tensor:
    """Return the Gram matrix of F with a channel of ones: sums of products, of F, and of 1.

    Args:
        activations: [1, H, W, C], float32 or bfloat16, or a projection to C channels.
        mask: [1, H, W, 1], what F and the ones are multiplied by; None for nothing.

    Returns:
        [C + 1, C + 1], float32; the last row and column are the sums of F, and the last number
        that of ones: with a mask m, of m^2.
    """
    features = features_of(activations)
    features = tf.concat([features, tf.ones_like(features[..., :1])], -1)
    products = _products(_positions(_masked(features, mask)))
    if not isinstance(activations, Projection):
        return products
    kernel = tf.pad(activations.kernel, [[0, 0], [0, 1]])
    bias = tf.concat([activations.bias, [1.0]], 0)
    map_ = tf.concat([kernel, bias[None]], 0)
    return tf.matmul(map_, tf.matmul(products, map_), transpose_a=True)


def _masked(features: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    return features if mask is None else features * tf.cast(mask, features.dtype)


def _products(features: tf.Tensor) -> tf.Tensor:
    """Return F^T F, [C, C], float32, of F, [M, C].

    With a gradient of its own, F (U + U^T) for U that of the product: one product where
    `tf.matmul` takes two, and in F's dtype.
    """
    return _products_of(features.shape[1], features.dtype)(features)


@functools.cache
def _products_of(channels: int, dtype: tf.DType) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return `_products` for so many channels.

    It is traced once for all pictures: TensorFlow never forgets a custom gradient that was traced,
    and with it the whole graph around it, 20 MB for each transfer at 256 px.
    """

    @tf.function(input_signature=[tf.TensorSpec([None, channels], dtype)], autograph=False)
    @tf.custom_gradient
    def products(features: tf.Tensor):
        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            return tf.matmul(features, tf.cast(upstream + tf.transpose(upstream), dtype))

        if dtype == tf.float32:
            return tf.matmul(features, features, transpose_a=True), gradient
        # Sums over positions are rounded to bfloat16 at their end: so they are taken in pieces, and
        # these summed in float32.
        count = tf.shape(features)[0] // PIECE
        pieces = tf.reshape(features[: count * PIECE], [count, PIECE, channels])
        summed = tf.matmul(pieces, pieces, transpose_a=True)
        rest = features[count * PIECE :]
        rest = tf.matmul(rest, rest, transpose_a=True)
        return tf.reduce_sum(tf.cast(summed, tf.float32), 0) + tf.cast(rest, tf.float32), gradient

    return products


def _positions(activations: tf.Tensor) -> tf.Tensor:
    """Return [1, H, W, C] as [M, C]."""
    return tf.reshape(activations, [-1, activations.shape[-1]])


def features_of(activations: Activations) -> tf.Tensor:
    """Return what the picture makes of a layer, [1, H, W, c]: of a projection, its features."""
    return activations.features if isinstance(activations, Projection) else activations


def part(activations: Activations, begin: tf.Tensor, end: tf.Tensor) -> Activations:
    """Return the activations at a rectangle of positions.

    Args:
        activations: [1, H, W, C], or a projection of them.
        begin: its first row and column, [2], int32.
        end: the row and the column behind its last, [2], int32.
    """
    features = features_of(activations)
    extent = tf.concat([[1], end - begin, [features.shape[-1]]], 0)
    cut = tf.slice(features, tf.concat([[0], begin, [0]], 0), extent)
    return with_features(activations, cut)


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


def style_loss(
    gram_matrix: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor, positions: tf.Tensor
) -> tf.Tensor:
    """Return sum_i w_i * sum((G - A_i)^2) / (4 N^2 M^2) for one layer (equation 4).

    The paper has one style. For several, with B = sum(w_i A_i) / W and W = sum(w_i),

        sum_i w_i ||G - A_i||^2 = W ||G - B||^2 + sum_i w_i ||A_i - B||^2,

    of which the second part does not depend on the image. So the gradient is that of the one
    blended target B, while the value is the whole sum. It is computed this way, which costs the
    same for any number of styles.

    Args:
        gram_matrix: G, [C, C], of the image.
        targets: A, [k, C, C], of the k styles.
        weights: w, [k], not negative.
        positions: M, a scalar.

    Returns:
        A scalar.
    """
    channels = tf.cast(tf.shape(targets)[-1], tf.float32)
    # Divided before they are squared: the squares of raw Gram entries near float32's limit.
    divisor = 2.0 * channels * tf.cast(positions, tf.float32)
    total = tf.reduce_sum(weights)
    blend = tf.math.divide_no_nan(tf.tensordot(weights, targets, 1), total)
    distance = tf.reduce_sum(tf.square((gram_matrix - blend) / divisor))
    spreads = tf.reduce_sum(tf.square((targets - blend) / divisor), [1, 2])
    return total * distance + tf.tensordot(weights, spreads, 1)


def smoothness(variation: tf.Tensor, pixels: int, norm: str = "l1") -> tf.Tensor:
    """Return what the total variation counts.

    Args:
        variation: see `total_variation`.
        pixels: how many the picture has.
        norm: `l1`: the sum, as in the report, which grows with the picture. `l2`: the mean over
            its pixels, relative to black beside white, in UNIT, as relative distances are.
    """
    return variation if norm == "l1" else variation * (UNIT / 255**2 / pixels)


def total_variation(
    image: tf.Tensor,
    begin: tf.Tensor | None = None,
    end: tf.Tensor | None = None,
    norm: str = "l1",
) -> tf.Tensor:
    """Return the sum of absolute or squared differences between neighbouring pixels.

    Anisotropic total variation, as `tf.image.total_variation` and the report have it; the paper has
    no such term. Squares cost edges the most, absolute values cost them as much as the same rise in
    many small steps. By `tf.slice`, whose gradient was measured at a tenth of the time of that of
    indexing.

    Args:
        image: [1, H, W, 3], RGB, in [0, 255].
        begin: with `end` a rectangle of pixels, as for `part`: only their differences from the next
            pixel below and to the right count. None for all.
        end: see `begin`.
        norm: `l1` for absolute values, `l2` for squares.

    Returns:
        A scalar.
    """
    size_of = {"l1": tf.abs, "l2": tf.square}[norm]
    size = tf.constant(image.shape[1:3].as_list())
    begin, end = (tf.zeros_like(size), size) if begin is None else (begin, end)
    total = 0.0
    for step in ([1, 0], [0, 1]):
        last = tf.minimum(end, size - step)  # the picture's last pixels have none to differ from
        neighbours = part(image, begin + step, last + step)
        total += tf.reduce_sum(size_of(neighbours - part(image, begin, last)))
    return total
