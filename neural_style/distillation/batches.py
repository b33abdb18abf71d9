"""Sums over each picture of a batch."""

from __future__ import annotations

import tensorflow as tf


def mean_square(x: tf.Tensor) -> tf.Tensor:
    """Return the mean of squares of each of a batch, [B]."""
    return tf.reduce_mean(tf.square(x), list(range(1, len(x.shape))))


def relative_error(values: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Return each picture's squared error over the square of its target, [B].

    A floor keeps pictures with next to nothing in a layer from ruling the batch.
    """
    size = mean_square(targets)
    return mean_square(values - targets) / (size + 0.01 * tf.reduce_mean(size))


def column(x: tf.Tensor) -> tf.Tensor:
    """Return [B] as [B, 1, 1, 1]."""
    return tf.reshape(x, [-1, 1, 1, 1])
