"""Targets, losses and weights together: one callable of the image.

E(x) = alpha * L_content(x) + beta * L_style(x) + gamma * L_tv(x), equation 7 of the paper with the
report's normalisation and total variation term. Layer weights sum to 1 and their sum is divided
once more by the number of layers, style weights likewise by the number of styles: so the report's
weights (5, 1e4, 1e-3) mean the same here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from neural_style.losses import (
    Activations,
    content_loss,
    dense,
    gram,
    size,
    style_loss,
    total_variation,
)

Features = Callable[[tf.Tensor], Mapping[str, Activations]]


class Objective:
    """The loss of an image against one content picture and k style pictures.

    Calling it with an image [1, H, W, 3] (RGB, float32, in [0, 255]) returns the scalars
    `content`, `style`, `tv` (unweighted) and `total` (weighted).

    Every weight is a `tf.Variable` (`content_weight`, `style_weight`, `tv_weight`: scalars;
    `content_layer_weights`, `style_layer_weights`, `style_weights`: vectors, used relative to
    their sum), so assigning to one takes effect at the next step and costs no new trace.
    """

    def __init__(
        self,
        features: Features,
        content: tf.Tensor,
        styles: Sequence[tf.Tensor],
        masks: Sequence[Callable[[int, int], tf.Tensor]] | None,
        *,
        content_layers: Sequence[str],
        style_layers: Sequence[str],
        content_weight: float,
        style_weight: float,
        tv_weight: float,
        content_layer_weights: Sequence[float],
        style_layer_weights: Sequence[float],
        style_weights: Sequence[float],
        content_loss_function: int = 1,
    ):
        """Compute the targets of the pictures.

        Args:
            features: maps an image to activations by layer, all of both lists.
            content: [1, H, W, 3]. Without content layers only its size counts.
            styles: k of [1, H, W, 3], of the content's size.
            masks: None, or for each style a function of (h, w) that returns its mask [h, w] at a
                layer of that size, with a maximum of 1.
            content_layers: names; empty for no content term.
            style_layers: names; ignored where there are no styles.
            content_weight: alpha.
            style_weight: beta.
            tv_weight: gamma.
            content_layer_weights: one for each content layer.
            style_layer_weights: one for each style layer.
            style_weights: one for each style.
            content_loss_function: see `losses.content_loss`.
        """
        self._features = features
        self._content_layers = tuple(content_layers)
        self._style_layers = tuple(style_layers) if styles else ()
        self._content_loss_function = content_loss_function
        self.content_weight = _variable(content_weight)
        self.style_weight = _variable(style_weight)
        self.tv_weight = _variable(tv_weight)
        self.content_layer_weights = _variable(content_layer_weights)
        self.style_layer_weights = _variable(style_layer_weights)
        self.style_weights = _variable(style_weights)

        activations = features(content)
        self._content_targets = [dense(activations[name]) for name in self._content_layers]
        sizes = {name: size(activations[name]) for name in self._style_layers}
        self._masks = masks and {
            name: [mask(*size)[None, :, :, None] for mask in masks] for name, size in sizes.items()
        }
        self._style_targets = {name: [] for name in self._style_layers}
        for index, style in enumerate(styles):
            activations = features(style)
            for name in self._style_layers:
                mask = self._masks[name][index] if self._masks else None
                self._style_targets[name].append(gram(activations[name], mask))
        self._style_targets = {name: tf.stack(a) for name, a in self._style_targets.items()}

    def __call__(self, image: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the terms for the image."""
        activations = self._features(image)
        content = self._content_term(activations)
        style = self._style_term(activations)
        variation = total_variation(image)
        total = (
            self.content_weight * content + self.style_weight * style + self.tv_weight * variation
        )
        return {"content": content, "style": style, "tv": variation, "total": total}

    def _content_term(self, activations: Mapping[str, Activations]) -> tf.Tensor:
        losses = [
            content_loss(dense(activations[name]), target, self._content_loss_function)
            for name, target in zip(self._content_layers, self._content_targets, strict=True)
        ]
        return _weighted_mean(losses, self.content_layer_weights)

    def _style_term(self, activations: Mapping[str, Activations]) -> tf.Tensor:
        losses = [self._style_layer_loss(name, activations[name]) for name in self._style_layers]
        return _weighted_mean(losses, self.style_layer_weights)

    def _style_layer_loss(self, name: str, activations: Activations) -> tf.Tensor:
        """Return the mean over the styles of one layer's style loss."""
        targets = self._style_targets[name]
        positions = math.prod(size(activations))
        if not self._masks:
            weights = self.style_weights / tf.reduce_sum(self.style_weights)
            return style_loss(gram(activations), targets, weights, positions) / len(targets)
        losses = [
            style_loss(gram(activations, mask), targets[i : i + 1], tf.ones(1), positions)
            for i, mask in enumerate(self._masks[name])
        ]
        return _weighted_mean(losses, self.style_weights)


def _variable(value: float | Sequence[float]) -> tf.Variable:
    return tf.Variable(value, trainable=False, dtype=tf.float32)


def _weighted_mean(losses: Sequence[tf.Tensor], weights: tf.Variable) -> tf.Tensor:
    """Return the sum of losses, weights normalised to sum to 1, divided by their number."""
    if not losses:
        return tf.zeros([])
    normalised = weights / tf.reduce_sum(weights)
    return tf.tensordot(normalised, tf.stack(losses), 1) / len(losses)
