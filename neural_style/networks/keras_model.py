"""A network of the user's own: any Keras model whose layers have names."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf

from neural_style.networks.registry import Network
from neural_style.runtime.errors import StyleError, did_you_mean, shown


def network_of(model: keras.Model, layers: Sequence[str]) -> Network:
    """Return a Keras model as a network that gives the activations of layers.

    Args:
        model: takes RGB [B, H, W, 3], float32 in [0, 255], of any height and width: whatever it
            does to the levels first is a layer of it. It is not trained.
        layers: names of its layers, each with one output [B, h, w, C].

    Raises:
        StyleError: no Keras model with layers, no such layer, or one that is no map of positions.
    """
    # Keras raises where the input of a model is not known yet.
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise StyleError(
            f"network: received {type(model).__name__}, must be a keras.Model whose input is "
            "known: make it of keras.Input, or call it on a picture first"
        )
    names = [layer.name for layer in model.layers]
    outputs = {}
    for name in layers:
        if name not in names:
            raise StyleError(
                f"network: {model.name} has no layer {shown(name)}{did_you_mean(name, names)}; "
                f"its layers are {', '.join(names[:20])}{', ...' if len(names) > 20 else ''}"
            )
        outputs[name] = model.get_layer(name).output
        if not isinstance(outputs[name], keras.KerasTensor) or len(outputs[name].shape) != 4:
            raise StyleError(
                f"network: the layer {name} of {model.name} has no output [B, h, w, C]: take one "
                "of convolutions, activations or pooling"
            )
    part = keras.Model(model.inputs, outputs)

    def features(image: tf.Tensor) -> dict[str, tf.Tensor]:
        activations = part([image] if len(model.inputs) > 1 else image, training=False)
        return {name: tf.cast(activations[name], tf.float32) for name in layers}

    description = f"the Keras model {model.name}"
    return Network(features, description, "float32", description)
