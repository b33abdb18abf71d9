"""What the layers of a network give: activations, or a projection that stands for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import tensorflow as tf


@dataclass(frozen=True)
class Projection:
    """Activations F = f Q + b of a layer that are a linear map of fewer channels.

    What style needs of them is computed on the fewer channels (see `gram`).

    Attributes:
        features: f, [B, H, W, c].
        kernel: Q, [c, C].
        bias: b, [C].
    """

    features: tf.Tensor
    kernel: tf.Tensor
    bias: tf.Tensor

    def dense(self) -> tf.Tensor:
        """Return F, [B, H, W, C], float32."""
        return tf.tensordot(tf.cast(self.features, tf.float32), self.kernel, 1) + self.bias


Activations: TypeAlias = tf.Tensor | Projection


def dense(activations: Activations) -> tf.Tensor:
    """Return activations [B, H, W, C], a projection's computed, in float32."""
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
    tensor = activations.kernel if isinstance(activations, Projection) else activations
    return int(tensor.shape[-1])


def features_of(activations: Activations) -> tf.Tensor:
    """Return what the picture makes of a layer, [B, H, W, c]: of a projection, its features."""
    return activations.features if isinstance(activations, Projection) else activations


def part(activations: Activations, begin: tf.Tensor, end: tf.Tensor) -> Activations:
    """Return the activations at a rectangle of positions.

    Args:
        activations: [B, H, W, C], or a projection of them.
        begin: its first row and column, [2], int32.
        end: the row and the column behind its last, [2], int32.
    """
    features = features_of(activations)
    extent = tf.concat([[features.shape[0]], end - begin, [features.shape[-1]]], 0)
    cut = tf.slice(features, tf.concat([[0], begin, [0]], 0), extent)
    return with_features(activations, cut)
