"""The network `compact`: VGG's shape with far fewer channels, trained to stand in for VGG19.

Behind each of its five blocks, linear heads predict VGG19's own activations, with VGG19's channels
and size. So it is a drop-in: the same names of layers, the same weights of the losses. Its weights
come with the package; `neural_style distill` has made them (see docs/compact.md).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from neural_style.networks.activations import Activations, Projection
from neural_style.networks.layers import Blocks, resolve_layer
from neural_style.networks.loss_scaling import with_loss_scaling
from neural_style.networks.vgg import MEAN, first_padding
from neural_style.networks.weights import Weights
from neural_style.runtime.errors import StyleError

# Channels of the five blocks, half of VGG19's or less, and convolutions in each.
WIDTHS = (32, 64, 128, 256, 256)
CONVOLUTIONS = (2, 2, 3, 3, 2)
# The layers of VGG19 that are predicted: behind which block, and VGG19's channels.
HEADS = {
    "relu1_1": (1, 64),
    "relu2_1": (2, 128),
    "relu3_1": (3, 256),
    "relu4_1": (4, 512),
    "conv4_2": (4, 512),
    "relu5_1": (5, 512),
}
CONTENT_LAYER = "conv4_2"
# Behind a ReLU of a head's, computed at all positions.
RECTIFIED = {"relu4_2": CONTENT_LAYER}
STYLE_LAYERS = tuple(name for name in HEADS if name != CONTENT_LAYER)
# A power of two, so that bfloat16 rounds the input just as it rounds VGG19's.
SCALE = 64.0

PACKAGED = Path(__file__).with_name("compact.npz")
SHA256 = "0428de6086e0d135755fa260c432eb8c573672e7fd31db20f659ac0bd44aeb7b"


class Scale(keras.layers.Layer):
    """RGB in [0, 255] to values around 0 of the order of 1."""

    def call(self, image: tf.Tensor) -> tf.Tensor:
        """Take and return [B, H, W, 3]."""
        return (image - tf.constant(MEAN, image.dtype)) / SCALE


def build_trunk(
    blocks: int = len(WIDTHS), dtype: str = "float32", border_type: str = "zeros"
) -> keras.Model:
    """Build the network without its heads.

    Pooling is by average, 2 x 2 with stride 2 and padding `same`, as in our VGG19, so each block
    has the size of VGG19's.

    Args:
        blocks: how many of its blocks.
        dtype: Keras's policy for its convolutions: `float32`, `bfloat16`, `float16`, ...
        border_type: see `vgg.first_padding`.

    Returns:
        A model from RGB [B, H, W, 3], float32 in [0, 255], to a list of the blocks' outputs.
    """
    image = keras.Input((None, None, 3), name="image")
    x, padding = first_padding(border_type, Scale(name="scale", dtype="float32")(image))
    outputs = []
    for block in range(1, blocks + 1):
        if block > 1:
            x = keras.layers.AveragePooling2D(2, 2, "same", name=f"pool{block - 1}", dtype=dtype)(x)
        for index in range(1, CONVOLUTIONS[block - 1] + 1):
            x = keras.layers.Conv2D(
                WIDTHS[block - 1],
                3,
                padding=padding,
                activation="relu",
                name=f"block{block}_conv{index}",
                dtype=dtype,
            )(x)
            padding = "same"
        outputs.append(x)
    return keras.Model(image, outputs, name="compact")


def build_compact(
    weights: Weights, layers: Sequence[str], dtype: str = "float32", border_type: str = "zeros"
) -> Callable[[tf.Tensor], dict[str, Activations]]:
    """Build the function from an image to its predictions of VGG19's activations.

    Args:
        weights: of `load_compact`.
        layers: names of layers of VGG19, all of them in HEADS or RECTIFIED.
        dtype: Keras's policy for the convolutions, `float32`, `bfloat16` or `float16`; the heads
            are float32.
        border_type: see `vgg.first_padding`.

    Returns:
        A function from RGB [1, H, W, 3], float32 in [0, 255], to projections by the names in
        `layers`; for a layer of RECTIFIED to activations.

    Raises:
        StyleError: a layer that is not predicted.
    """
    resolved = {name: resolve_layer(name, "vgg19") for name in layers}
    heads = {name: _head(name) for name in layers}
    blocks = {name: HEADS[head][0] for name, head in heads.items()}
    trunk = build_trunk(max(blocks.values(), default=1), dtype, border_type)
    for layer in trunk.layers:
        if isinstance(layer, keras.layers.Conv2D):
            layer.set_weights(weights[layer.name])
    trunk.trainable = False
    run = with_loss_scaling(trunk) if dtype == "float16" else trunk
    maps = {name: [tf.constant(array) for array in weights[head]] for name, head in heads.items()}

    def features(image: tf.Tensor) -> dict[str, Activations]:
        outputs = tf.nest.flatten(run(image))  # of one block alone it is no list
        activations: dict[str, Activations] = {}
        for name, layer in resolved.items():
            projection = Projection(outputs[blocks[name] - 1], *maps[name])
            is_rectified = layer in RECTIFIED
            activations[name] = tf.nn.relu(projection.dense()) if is_rectified else projection
        return activations

    return features


def _head(name: str) -> str:
    """Return the head that predicts a layer.

    Raises:
        StyleError: there is none.
    """
    layer = resolve_layer(name, "vgg19")
    head = RECTIFIED.get(layer, layer)
    if head not in HEADS:
        raise StyleError(
            f"layer {name!r}: the network compact does not predict it; it predicts "
            f"{', '.join((*HEADS, *RECTIFIED))}. For others use VGG19, with -model_weights "
            "imagenet or a file"
        )
    return head


def blocks_before(layer: str) -> Blocks:
    """Return what a layer depends on (see `layers.Blocks`).

    Raises:
        StyleError: a layer that is not predicted.
    """
    block, _ = HEADS[_head(layer)]
    return tuple(zip(CONVOLUTIONS[:block], WIDTHS[:block], strict=True))


def load_compact() -> Weights:
    """Read the weights that come with the package.

    Returns:
        Kernel and bias, float32, by name: of the convolutions (`block1_conv1`, [3, 3, C_in,
        C_out] and [C_out]) and of the heads (`relu1_1`, [c, C] and [C]).

    Raises:
        StyleError: the file is missing or damaged.
    """
    remedy = "install neural_style again"
    if not PACKAGED.is_file():
        raise StyleError(f"model_weights: compact should be at {PACKAGED}, but is not; {remedy}")
    data = PACKAGED.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256:
        raise StyleError(
            f"model_weights: {PACKAGED} is damaged or not of this version (SHA-256 "
            f"{digest[:12]}..., expected {SHA256[:12]}...); {remedy}"
        )
    return unpack(data)


def pack(weights: Weights) -> bytes:
    """Return the weights as a file: NumPy's .npz of float16 arrays."""
    file = io.BytesIO()
    arrays = {}
    for name, (kernel, bias) in weights.items():
        arrays[f"{name}/kernel"] = np.asarray(kernel, np.float16)
        arrays[f"{name}/bias"] = np.asarray(bias, np.float16)
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def unpack(data: bytes) -> Weights:
    """Return the weights of a file as float32."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        names = [key.removesuffix("/kernel") for key in arrays if key.endswith("/kernel")]
        return {
            name: tuple(arrays[f"{name}/{part}"].astype(np.float32) for part in ("kernel", "bias"))
            for name in names
        }
