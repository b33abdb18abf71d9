"""The style term: how a picture's layers compare with those of styles, each in its place."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import tensorflow as tf

from neural_style.losses.style_distances import STYLE_DISTANCES, StyleDistance
from neural_style.losses.term import (
    Guide,
    MaskAt,
    Observer,
    References,
    Shapes,
    Target,
    Tensors,
    Term,
    View,
    equal_if_none,
    weighted_mean,
)

Masks = dict[str, list[tf.Tensor]]


def one_mask_each(masks: Sequence[MaskAt]) -> list[Guide]:
    """Return the guides for styles that have one mask each, as in the report.

    A mask lies on the image and on its style; weights are relative to those of all styles.
    """
    everyone = range(len(masks))
    return [Guide(mask, [(index, mask)], everyone) for index, mask in enumerate(masks)]


@dataclass(frozen=True)
class Style(Term):
    """The style of pictures, L_style (equation 5), for k styles under guides.

    Attributes:
        layers: names; none for no style.
        distance: one of `style_distances.STYLE_DISTANCES`.
        by_area: what the Gram matrices under masks are divided by before they are compared. If not,
            by nothing, as in the report: a part is compared with as many positions of the style, so
            its mask should be as large there. If so, by the share of the positions that the mask
            has (the mean of its square), each by its own (Gatys et al. 2017, equation 3); and the
            guide counts by that share of the image, so that each pixel is drawn to its style as
            strongly as it would be without guides. A mask of ones changes nothing either way.
        weight: beta.
        layer_weights: one for each layer, relative to their sum; which is divided once more by the
            number of layers, as in the report.
        style_weights: one for each style, likewise.
        layers_by_style: for each style the layers in which it is compared; None for all of them.
    """

    name: ClassVar[str] = "style"

    layers: tuple[str, ...]
    distance: str = "gram"
    by_area: bool = False
    weight: float = field(default=1.0, compare=False)
    layer_weights: Sequence[float] = field(default=(), compare=False)
    style_weights: Sequence[float] = field(default=(1.0,), compare=False)
    layers_by_style: Sequence[Collection[str]] | None = field(default=None, compare=False)

    @property
    def additive(self) -> bool:  # type: ignore[override]
        """Whether the distance's statistics are."""
        return self._distance.additive or not self.layers

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"style_distance: {self.distance}"

    @property
    def _distance(self) -> StyleDistance:
        return STYLE_DISTANCES[self.distance]

    def parameters(self) -> Mapping[str, Any]:
        """Return the weights of layers and styles."""
        count = len(self.style_weights)
        layers_by_style = self.layers_by_style or [self.layers] * count
        return {
            "layer_weights": equal_if_none(self.layer_weights, self.layers),
            "style_weights": tf.constant(self.style_weights, tf.float32),
            # 1 for the styles that are compared in a layer.
            "compared": {
                layer: tf.constant([float(layer in layers) for layers in layers_by_style])
                for layer in self.layers
            },
        }

    def target(self, references: References, observer: Observer) -> Target:
        """Return the guides' masks on the picture, and for each guide what its styles come to."""
        if not self.layers:
            return Target()
        everyone = range(len(references.styles))
        whole = Guide(None, [(index, None) for index in everyone], everyone)
        guides = [whole] if references.guides is None else references.guides
        shapes = observer.shapes(tuple(references.content.shape[1:3]))
        masks = self._at_layers([guide.mask for guide in guides], shapes)
        targets = self._targets_of_guides(guides, references.styles, observer, shapes)
        values = {
            "guides": [
                {
                    "styles": tf.constant([index for index, _ in guide.styles]),
                    "among": tf.constant(list(guide.among)),
                    "targets": of_guide,
                }
                for guide, of_guide in zip(guides, targets, strict=True)
            ],
            "shares": _shares(masks) if self.by_area else {},
        }
        return Target(masks, values)

    def statistics(self, view: View) -> Tensors:
        """Return for each layer what the distance knows, [n, B, ...], under each of n masks."""
        return {
            layer: tf.stack(
                [
                    self._distance.statistic(view.activations[layer], mask)
                    for mask in view.maps.get(layer, [None])
                ]
            )
            for layer in self.layers
        }

    def value(self, sums: Tensors, values: Mapping[str, Any], shapes: Shapes) -> tf.Tensor:
        """Return the weighted mean over the layers, [B]."""
        losses = [self._of_layer(layer, sums[layer], values, shapes) for layer in self.layers]
        return weighted_mean(losses, values["layer_weights"])

    def _of_layer(
        self, layer: str, statistics: tf.Tensor, values: Mapping[str, Any], shapes: Shapes
    ) -> tf.Tensor:
        """Return the sum over the guides of one layer's loss, [B], given their statistics."""
        positions = math.prod(shapes[layer][:2])
        shares = values["shares"].get(layer)
        statistics = self._of_all_positions(statistics, shares)
        # A style that is not compared in this layer has no weight here, and is none of those to
        # which others are relative.
        compared = values["compared"][layer]
        all_weights = values["style_weights"] * compared
        losses = []
        for place, guide in enumerate(values["guides"]):
            among = tf.gather(tf.stack([all_weights, compared]), guide["among"], axis=1)
            total, count = tf.unstack(tf.reduce_sum(among, 1))
            weights = tf.gather(all_weights, guide["styles"])
            weights = tf.math.divide_no_nan(weights, total * count)
            targets = guide["targets"][layer]
            loss = self._distance.distance(statistics[place], targets, weights, positions)
            losses.append(loss if shares is None else loss * shares[place])
        return tf.add_n(losses)

    def _targets_of_guides(
        self,
        guides: Sequence[Guide],
        styles: Sequence[tf.Tensor],
        observer: Observer,
        shapes: Shapes,
    ) -> list[Tensors]:
        """Return for each guide the targets, k for its k styles, by layer.

        The features of a style are computed once for all guides.
        """
        targets: dict[tuple[int, int], Tensors] = {}
        for index, style in enumerate(styles):
            uses = [
                (place, mask)
                for place, guide in enumerate(guides)
                for other, mask in guide.styles
                if other == index
            ]
            shapes_of_style = observer.shapes(tuple(style.shape[1:3]))
            masks = self._at_layers([mask for _, mask in uses], shapes_of_style)
            sums = observer.sums(self, style, masks)
            by_layer = {
                layer: self._targets(layer, sums[layer], shapes, shapes_of_style, masks)
                for layer in self.layers
            }
            for row, (place, _) in enumerate(uses):
                targets[place, index] = {layer: by_layer[layer][row] for layer in self.layers}
        return [
            {
                layer: tf.stack([targets[place, index][layer] for index, _ in guide.styles])
                for layer in self.layers
            }
            for place, guide in enumerate(guides)
        ]

    def _targets(
        self,
        layer: str,
        statistics: tf.Tensor,
        shapes: Shapes,
        shapes_of_style: Shapes,
        masks: Masks,
    ) -> list[tf.Tensor]:
        """Return a layer's targets, given a style's statistics under n masks.

        The style may have other positions than the image, and more or fewer of them.
        """
        positions = math.prod(shapes[layer][:2])
        share = math.prod(shapes_of_style[layer][:2]) / positions
        shares = _shares(masks).get(layer, 1.0) if self.by_area else 1.0
        statistics = self._of_all_positions(statistics, share * shares * tf.ones(len(statistics)))
        return [self._distance.target(one[0], positions) for one in tf.unstack(statistics)]

    def _at_layers(self, masks: Sequence[MaskAt | None], shapes: Shapes) -> Masks:
        """Return masks at each layer, [1, h, w, 1]; none if there is but None."""
        if not any(masks):
            return {}
        return {
            layer: [(mask or _everywhere)(*shapes[layer][:2])[None, :, :, None] for mask in masks]
            for layer in self.layers
        }

    def _of_all_positions(self, statistics: tf.Tensor, shares: tf.Tensor | None) -> tf.Tensor:
        """Return n statistics as if each were of all positions, given what share it has, [n].

        Those that know their number of positions stay as they are.
        """
        if shares is None or not self._distance.counts_positions:
            return statistics
        return tf.math.divide_no_nan(statistics, shares[:, None, None, None])


def _everywhere(height: int, width: int) -> tf.Tensor:
    return tf.ones([height, width])


def _shares(masks: Masks) -> Tensors:
    """Return what share of the positions each mask has, [n], by layer."""
    return {
        layer: tf.stack([tf.reduce_mean(tf.square(mask)) for mask in of_layer])
        for layer, of_layer in masks.items()
    }
