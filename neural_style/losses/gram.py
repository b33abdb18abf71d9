"""Gram matrices and moments: what is compared of a layer's activations as style.

Source: Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks", CVPR
2016. Shapes: H, W, C are height, width and channels of one layer's activations; M = H W is the
number of positions and N = C the number of channels, as in the paper.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import tensorflow as tf

from neural_style.networks.activations import Activations, Projection, features_of

# Positions whose products are summed at once in bfloat16.
PIECE = 512


def gram(activations: Activations, mask: tf.Tensor | None = None) -> tf.Tensor:
    """Return the Gram matrix G = F^T F of one layer (equation 3), not normalized.

    For a projection F = f Q + b it follows from the smaller one of f with a channel of ones,

        G = [Q; b]^T ([f, 1]^T [f, 1]) [Q; b],

    so the C channels are never computed at the M positions. With a mask m, f and 1 are multiplied
    by it first.

    Args:
        activations: [B, H, W, C], float32 or bfloat16, or a projection to C channels.
        mask: [1, H, W, 1], what F is multiplied by; None for nothing.

    Returns:
        [B, C, C], float32.
    """
    if isinstance(activations, Projection):
        return moments(activations, mask)[:, :-1, :-1]
    return _products(_positions(_masked(activations, mask)))


def moments(activations: Activations, mask: tf.Tensor | None = None) -> tf.Tensor:
    """Return the Gram matrix of F with a channel of ones: sums of products, of F, and of 1.

    Args:
        activations: [B, H, W, C], float32 or bfloat16, or a projection to C channels.
        mask: [1, H, W, 1], what F and the ones are multiplied by; None for nothing.

    Returns:
        [B, C + 1, C + 1], float32; the last row and column are the sums of F, and the last number
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
    return each(lambda one: tf.matmul(map_, tf.matmul(one, map_), transpose_a=True), products)


def _masked(features: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    return features if mask is None else features * tf.cast(mask, features.dtype)


def each(function: Callable[[tf.Tensor], tf.Tensor], batch: tf.Tensor) -> tf.Tensor:
    """Return a function's value of each of a batch [B, ...], stacked; B is known.

    Matrices of a batch are multiplied one by one: each product fills the device by itself.
    """
    if batch.shape[0] == 1:  # reshaped, which copies nothing
        return function(tf.squeeze(batch, 0))[None]
    return tf.stack([function(one) for one in tf.unstack(batch)])


def _products(features: tf.Tensor) -> tf.Tensor:
    """Return F^T F, [B, C, C], float32, of F, [B, M, C].

    With a gradient of its own, F (U + U^T) for U that of the product: one product where
    `tf.matmul` takes two, and in F's dtype.
    """
    return each(_products_of(features.shape[-1], features.dtype), features)


@functools.cache
def _products_of(channels: int, dtype: tf.DType) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return `_products` for so many channels.

    It is traced once for all pictures: TensorFlow never forgets a custom gradient that was traced,
    and with it the whole graph around it, 20 MB for each transfer at 256 px.
    """

    @tf.function(input_signature=[tf.TensorSpec([None, channels], dtype)], autograph=False)
    @tf.custom_gradient
    def products(features: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            return tf.matmul(features, tf.cast(upstream + tf.transpose(upstream), dtype))

        if dtype == tf.float32:
            return tf.matmul(features, features, transpose_a=True), gradient
        # Sums over positions are rounded to bfloat16 at their end: so they are taken in pieces, the
        # last one filled up with zeros, and these summed in float32.
        padded = tf.pad(features, [[0, -tf.shape(features)[0] % PIECE], [0, 0]])
        pieces = tf.reshape(padded, [-1, PIECE, channels])
        summed = tf.matmul(pieces, pieces, transpose_a=True)
        return tf.reduce_sum(tf.cast(summed, tf.float32), 0), gradient

    return products  # type: ignore[no-any-return]  # tf.function has no types


def _positions(activations: tf.Tensor) -> tf.Tensor:
    """Return [B, H, W, C] as [B, M, C]."""
    return tf.reshape(activations, [activations.shape[0], -1, activations.shape[-1]])


def unchanged(statistic: tf.Tensor, positions: int) -> tf.Tensor:
    """Return a statistic as it is, where a distance compares it so."""
    return statistic
