"""Gradients through a network that computes in float16, under losses of any weight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

# What gradients at the layers are scaled to. Within VGG19 they grew to 30 times that, at the image
# to 190 times; float16 ends at 65504.
MAX_GRADIENT = 16.0


def with_loss_scaling(
    network: Callable[[tf.Tensor], Any], unit: float = 1.0
) -> Callable[[tf.Tensor], Any]:
    """Return a network that computes in float16 as a function in float32, its gradient included.

    The losses may have any weights, so gradients at the layers may be too large or too small for
    float16. Their way back through the network is linear: they are divided by the largest of them
    on their way in, and the image's is multiplied by it. This is the loss scaling of Micikevicius
    et al., "Mixed Precision Training", ICLR 2018, with a factor computed anew at each step.

    Args:
        network: maps an image, float32, to tensors in float16, in any structure.
        unit: what they are multiplied by.

    Returns:
        A function from an image to the same structure of tensors in float32.
    """

    @tf.custom_gradient
    def compute(image: tf.Tensor) -> tuple[Any, Callable[..., Any]]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(image)
            outputs = network(image)

        def gradient(
            *upstream: tf.Tensor, variables: Sequence[tf.Variable]
        ) -> tuple[tf.Tensor, list[None]]:
            largest = tf.reduce_max([tf.reduce_max(tf.abs(each)) for each in upstream])
            scale = tf.maximum(largest / MAX_GRADIENT, np.finfo(np.float32).tiny)
            scaled = [tf.cast(each / scale, tf.float16) for each in upstream]
            scaled = tf.nest.pack_sequence_as(outputs, scaled)
            of_image = tape.gradient(outputs, image, output_gradients=scaled)
            return unit * scale * of_image, [None] * len(variables)  # weights are not trained

        wide = tf.nest.map_structure(lambda each: unit * tf.cast(each, tf.float32), outputs)
        return wide, gradient

    return compute  # type: ignore[no-any-return]  # tf.custom_gradient has no types
