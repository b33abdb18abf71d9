"""Sums over each picture of a batch."""

from __future__ import annotations

import tensorflow as tf


def grams(activations: tf.Tensor) -> tf.Tensor:
    """Return each picture's Gram matrix divided by the number of positions, [B, C, C], float32."""
    shape = tf.shape(activations)
    flat = tf.reshape(activations, [shape[0], -1, activations.shape[-1]])
    gram = tf.cast(tf.matmul(flat, flat, transpose_a=True), tf.float32)
    return gram / tf.cast(shape[1] * shape[2], tf.float32)


def mean_square(x: tf.Tensor) -> tf.Tensor:
    """Return the mean of squares of each of a batch, [B]."""
    return tf.reduce_mean(tf.square(x), list(range(1, len(x.shape))))


def relative_error(found: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    """Return each picture's squared error over its square, [B].

    A floor keeps pictures with next to nothing in a layer from ruling the batch.
    """
    size = mean_square(wanted)
    return mean_square(found - wanted) / (size + 0.01 * tf.reduce_mean(size))


def column(x: tf.Tensor) -> tf.Tensor:
    """Return [B] as [B, 1, 1, 1]."""
    return tf.reshape(x, [-1, 1, 1, 1])
