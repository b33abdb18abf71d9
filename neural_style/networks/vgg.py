"""From an image to the activations of named layers: VGG as a Keras functional model."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# Keras reads its backend once, at its first import; ours is TensorFlow whatever its file says.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf

from neural_style.networks.layers import CHANNELS, block_of, deepest, layer_names, resolve_layer
from neural_style.networks.loss_scaling import with_loss_scaling
from neural_style.runtime.errors import StyleError

# Mean color (RGB, in [0, 255]) of the pictures that VGG was trained on.
MEAN = (123.68, 116.779, 103.939)
# float16 ends at 65504, and below 6e-5 it loses digits. In units of this, VGG's activations, 7300
# at most, are about as far from the one as from the other.
UNIT = 64.0
POOLING = {"avg": keras.layers.AveragePooling2D, "max": keras.layers.MaxPooling2D}


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
        in `layers`, in `dtype`. Nothing in it is trainable. For float16 it is not the model but a
        function around it, and what it returns is float32 (see `with_loss_scaling`).

    Raises:
        StyleError: an unknown layer, or Keras runs on another backend than TensorFlow.
    """
    _check_backend()
    names = {name: resolve_layer(name, network) for name in layers}
    # A convolution with a ReLU is homogeneous: the picture and all biases divided by the unit, so
    # is every activation.
    unit = UNIT if dtype == "float16" else 1.0

    image = keras.Input((None, None, 3), batch_size=batch_size, name="image")
    x = Preprocess(unit, name="preprocess", dtype="float32")(image)
    x, padding = first_padding(border_type, x)
    outputs = {}
    for name in _layers_through(deepest(names.values(), network), network):
        x = outputs[name] = _layer(name, pooling_type, padding, dtype)(x)
        padding = "same"
    model = keras.Model(image, {name: outputs[layer] for name, layer in names.items()})

    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            kernel, bias = weights[layer.name]
            layer.set_weights([kernel, bias / unit])
    model.trainable = False
    return with_loss_scaling(model, unit) if dtype == "float16" else model


def _check_backend() -> None:
    if keras.backend.backend() != "tensorflow":
        raise StyleError(
            f"Keras runs on the backend {keras.backend.backend()!r}; neural_style needs "
            "'tensorflow': set KERAS_BACKEND=tensorflow before keras is imported"
        )


def _layers_through(last: str, network: str) -> list[str]:
    """Return the names of all layers from the picture to the last one."""
    names = layer_names(network)
    return names[: names.index(last) + 1]


def _layer(name: str, pooling_type: str, padding: str, dtype: str) -> keras.layers.Layer:
    """Return the layer of a name; a convolution with this padding, its weights zero."""
    if name.startswith("conv"):
        channels = CHANNELS[block_of(name) - 1]
        # Zeros, since the kernel is set later, and random numbers would take their time.
        return keras.layers.Conv2D(
            channels, 3, padding=padding, kernel_initializer="zeros", name=name, dtype=dtype
        )
    if name.startswith("relu"):
        return keras.layers.ReLU(name=name, dtype=dtype)
    return POOLING[pooling_type](2, 2, "same", name=name, dtype=dtype)


class Preprocess(keras.layers.Layer):
    """RGB in [0, 255] to what VGG was trained on: BGR with the mean color subtracted.

    Attributes:
        unit: what the result is divided by.
    """

    def __init__(self, unit: float = 1.0, **settings: Any):
        super().__init__(**settings)
        self.unit = unit

    def call(self, image: tf.Tensor) -> tf.Tensor:
        """Take and return [B, H, W, 3]."""
        return tf.reverse(image - tf.constant(MEAN, image.dtype), [-1]) / self.unit


def first_padding(border_type: str, x: tf.Tensor) -> tuple[tf.Tensor, str]:
    """Return what the first convolution takes, and Keras's name of how it pads that.

    Args:
        border_type: `zeros`, the mean color around the picture, or `edge`, its last pixels again.
        x: the preprocessed picture, [B, H, W, C].
    """
    if border_type == "zeros":
        return x, "same"
    return Edge(name="edge", dtype="float32")(x), "valid"


class Edge(keras.layers.Layer):
    """One more pixel on every side, like that beside it."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Take [B, H, W, C] and return [B, H + 2, W + 2, C]."""
        return tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
