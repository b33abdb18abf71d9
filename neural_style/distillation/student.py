"""The network that is trained: `compact` with its heads computed at every position."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf

from neural_style.networks.compact import HEADS, build_trunk
from neural_style.networks.weights import Weights

# Both networks compute in it; variables are float32.
DTYPE = "mixed_bfloat16"


class Student(keras.Model):
    """`compact` with its heads computed at every position, as training needs them.

    Predictions are divided by `scales`, the RMS of the teacher's activations at each layer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trunk = build_trunk(dtype=DTYPE)
        self.heads = {
            name: keras.layers.Dense(channels, name=f"head_{name}", dtype=DTYPE)
            for name, (_, channels) in HEADS.items()
        }
        self(tf.zeros([1, 32, 32, 3]))
        self.scales = {name: tf.Variable(1.0, trainable=False) for name in HEADS}

    def call(self, image: tf.Tensor) -> dict[str, tf.Tensor]:
        """Take RGB [B, H, W, 3] and return activations [B, h, w, C] in bfloat16."""
        outputs = self.trunk(image)
        return {name: self.heads[name](outputs[HEADS[name][0] - 1]) for name in HEADS}

    def weights_for_compact(self, values: Mapping[str, np.ndarray]) -> Weights:
        """Return kernels and biases as `compact` wants them.

        Args:
            values: of the trainable variables, by their paths.
        """
        weights: Weights = {}
        for layer in [*self.trunk.layers, *self.heads.values()]:
            if layer.weights:
                name = layer.name.removeprefix("head_")
                scale = self.scales[name].numpy() if layer.name != name else 1.0
                kernel, bias = (values[variable.path] * scale for variable in layer.weights)
                weights[name] = kernel, bias
        return weights
