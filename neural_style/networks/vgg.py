"""From an image to the activations of named layers: VGG as a Keras functional model."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# Keras reads its backend once, at its first import; ours is TensorFlow whatever its file says.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf

from neural_style.networks.layers import convolutions, deepest, resolve_layer
from neural_style.runtime.errors import StyleError

# Mean colour (RGB, in [0, 255]) of the pictures that VGG was trained on.
MEAN = (123.68, 116.779, 103.939)
# float16 ends at 65504, and below 6e-5 it loses digits. In units of this, VGG's activations, 7300
# at most, are about as far from the one as from the other.
UNIT = 64.0
# What gradients at the layers are scaled to. Within VGG19 they grew to 30 times that, at the image
# to 190 times.
STEEPEST = 16.0


class Normalise(keras.layers.Layer):
    """RGB in [0, 255] to what VGG was trained on: BGR with the mean colour subtracted.

    Attributes:
        unit: what the result is divided by.
    """

    def __init__(self, unit: float = 1.0, **settings: Any):
        super().__init__(**settings)
        self.unit = unit

    def call(self, image: tf.Tensor) -> tf.Tensor:
        """Take and return [B, H, W, 3]."""
        return tf.reverse(image - tf.constant(MEAN, image.dtype), [-1]) / self.unit


class Edge(keras.layers.Layer):
    """One more pixel on every side, like that beside it."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Take [B, H, W, C] and return [B, H + 2, W + 2, C]."""
        return tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")


def first_padding(border_type: str, x: tf.Tensor) -> tuple[tf.Tensor, str]:
    """Return what the first convolution takes, and Keras's name of how it pads that.

    Args:
        border_type: `zeros`, the mean colour around the picture, or `edge`, its last pixels again.
        x: the picture, [B, H, W, C].
    """
    if border_type == "zeros":
        return x, "same"
    return Edge(name="edge", dtype="float32")(x), "valid"


def build_features(
    weights: Mapping[str, tuple[np.ndarray, np.ndarray]],
    layers: Sequence[str],
    network: str = "vgg19",
    pooling_type: str = "avg",
    batch_size: int | None = 1,
    dtype: str = "float32",
    border_type: str = "zeros",
) -> Callable[[tf.Tensor], dict[str, tf.Tensor]]:
    """Build the model that maps an image to the activations of the named layers.

    It is cut behind the deepest layer asked for. Pooling is 2 x 2 with stride 2 and padding
    `same`, as in the report: odd sizes round up, where keras.applications rounds down.

    Args:
        weights: kernel [3, 3, C_in, C_out] and bias [C_out] by the convolution's name, float32,
            for all convolutions up to the deepest layer.
        layers: names of layers (see `networks.layers`).
        network: `vgg19` or `vgg16`.
        pooling_type: `avg` or `max`.
        batch_size: B, the number of images; None for any.
        dtype: Keras's policy for its weights and activations: `float32`, `bfloat16` or `float16`.
        border_type: see `first_padding`; deeper convolutions pad with zeros.

    Returns:
        A model from RGB [B, H, W, 3], float32 in [0, 255], to a dict of [B, h, w, C] by the names
        as they were given, in `dtype`. Nothing in it is trainable. For float16 it is not the model
        but a function around it, and what it returns is float32 (see `widened`).

    Raises:
        StyleError: an unknown layer, or Keras runs on another backend than TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        raise StyleError(
            f"Keras runs on the backend {keras.backend.backend()!r}; neural_style needs "
            "'tensorflow': set KERAS_BACKEND=tensorflow before keras is imported"
        )
    names = {name: resolve_layer(name, network) for name in layers}
    # A convolution with a ReLU is homogeneous: the picture and all biases divided by the unit, so
    # is every activation.
    unit = UNIT if dtype == "float16" else 1.0
    image = keras.Input((None, None, 3), batch_size=batch_size, name="image")
    x = Normalise(unit, name="normalise", dtype="float32")(image)
    last = deepest(names.values(), network)
    outputs = _layers_behind(x, last, network, pooling_type, dtype, border_type)
    model = keras.Model(image, {name: outputs[layer] for name, layer in names.items()})
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            kernel, bias = weights[layer.name]
            layer.set_weights([kernel, bias / unit])
    model.trainable = False
    return widened(model, unit) if dtype == "float16" else model


def _layers_behind(
    x: keras.KerasTensor,
    last: str,
    network: str,
    pooling_type: str,
    dtype: str,
    border_type: str,
) -> dict[str, keras.KerasTensor]:
    """Return what each layer makes of a normalized image, by their names, up to the last one."""
    pooling = {"avg": keras.layers.AveragePooling2D, "max": keras.layers.MaxPooling2D}[pooling_type]
    x, padding = first_padding(border_type, x)
    outputs: dict[str, keras.KerasTensor] = {}
    for block, convolutions_of_block in itertools.groupby(convolutions(network), lambda c: c[0][4]):
        for name, _, channels in convolutions_of_block:
            # Zeros, since the kernel is set later, and random numbers would take their time.
            convolution = keras.layers.Conv2D(
                channels, 3, padding=padding, kernel_initializer="zeros", name=name, dtype=dtype
            )
            padding = "same"
            x = outputs[name] = convolution(x)
            relu = name.replace("conv", "relu")
            if last == name:
                return outputs
            x = outputs[relu] = keras.layers.ReLU(name=relu, dtype=dtype)(x)
            if last == relu:
                return outputs
        pool = f"pool{block}"
        x = outputs[pool] = pooling(2, 2, "same", name=pool, dtype=dtype)(x)
        if last == pool:
            break
    return outputs


def widened(network: Callable[[tf.Tensor], Any], unit: float = 1.0) -> Callable[[tf.Tensor], Any]:
    """Return a network that computes in float16 as a function in float32, its gradient included.

    The losses may have any weights, so gradients at the layers may be too large or too small for
    float16. Their way back through the network is linear: they are divided by the largest of them
    on their way in, and the image's is multiplied by it. This is the loss scaling of Micikevicius
    et al., "Mixed Precision Training", ICLR 2018, but by what is found at each step.

    Args:
        network: maps an image, float32, to tensors in float16, in any structure.
        unit: what they are multiplied by.

    Returns:
        A function from an image to the same structure of tensors in float32.
    """

    @tf.custom_gradient
    def compute(image: tf.Tensor):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(image)
            outputs = network(image)

        def gradient(*upstream: tf.Tensor, variables: Sequence[tf.Variable]):
            largest = tf.reduce_max([tf.reduce_max(tf.abs(each)) for each in upstream])
            scale = tf.maximum(largest / STEEPEST, np.finfo(np.float32).tiny)
            scaled = [tf.cast(each / scale, tf.float16) for each in upstream]
            scaled = tf.nest.pack_sequence_as(outputs, scaled)
            pulled = tape.gradient(outputs, image, output_gradients=scaled)
            return unit * scale * pulled, [None] * len(variables)  # weights are not learnt

        wide = tf.nest.map_structure(lambda each: unit * tf.cast(each, tf.float32), outputs)
        return wide, gradient

    return compute
