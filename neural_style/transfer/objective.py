"""Targets, losses and weights together: one callable of the image.

E(x) = alpha * L_content(x) + beta * L_style(x) + gamma * L_tv(x), equation 7 of the paper with the
report's normalisation and total variation term. Layer weights sum to 1 and their sum is divided
once more by the number of layers, style weights likewise by the number of styles: so the report's
weights (5, 1e4, 1e-3) mean the same here.

All that the losses want to know (but for one, see `distances`) are sums over positions: Gram
matrices, squared distances from the content, differences between pixels. So they can be summed over
the tiles of a picture, and the gradient follows by the chain rule, tile by tile (see
`Objective.value_and_gradient`).
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import tensorflow as tf

from neural_style.losses.content import CONTENT_DISTANCES, content_loss
from neural_style.losses.style import STYLE_DISTANCES
from neural_style.losses.variation import smoothness, total_variation
from neural_style.networks.activations import Activations, channels, features_of, part
from neural_style.networks.activations import size as layer_size
from neural_style.runtime.errors import StyleError
from neural_style.runtime.interrupts import check
from neural_style.transfer.tiling import Span, Tile, Tiling

Features = Callable[[tf.Tensor], Mapping[str, Activations]]
Sums = dict[str, tf.Tensor]
Masks = Mapping[str, Sequence[tf.Tensor]]
# Height, width and channels by layer.
Shapes = Mapping[str, tuple[int, int, int]]
# From the height and width of a layer to the mask there, [h, w].
MaskAt = Callable[[int, int], tf.Tensor]
T = TypeVar("T")

# Nothing here needs AutoGraph, whose translation of the network takes seconds.
_graph = tf.function(autograph=False)

# Of `Objective.set_strength`: how many times the style counts at strength 50, and how fast that
# changes with it.
EVEN = 4.0
STEEPNESS = 1.5

OUT_OF_MEMORY = (tf.errors.ResourceExhaustedError, MemoryError)


@dataclass(frozen=True)
class Guide:
    """A part of the image, and the styles that go there.

    Attributes:
        mask: of the part, on the image; None for all of it.
        styles: their indices, each with the mask of what is taken of that style, or None for all.
        among: indices of the styles to the sum of whose weights theirs are relative.
    """

    mask: MaskAt | None
    styles: Sequence[tuple[int, MaskAt | None]]
    among: Sequence[int]


def one_mask_each(masks: Sequence[MaskAt]) -> list[Guide]:
    """Return the guides for styles that have one mask each, as in the report.

    A mask lies on the image and on its style; weights are relative to those of all styles.
    """
    everyone = range(len(masks))
    return [Guide(mask, [(index, mask)], everyone) for index, mask in enumerate(masks)]


class Objective:
    """The loss of an image against one content picture and k style pictures.

    Calling it with an image [1, H, W, 3] (RGB, float32, in [0, 255]) returns the scalars
    `content`, `style`, `tv` (unweighted) and `total` (weighted).

    Every weight is a `tf.Variable` (`content_weight`, `style_weight`, `tv_weight`: scalars;
    `content_layer_weights`, `style_layer_weights`, `style_weights`: vectors, used relative to
    their sum), so assigning to one takes effect at the next step and costs no new trace. Of the
    first three `set_strength` does it.

    Attributes:
        tiling: how the picture is cut; where memory runs out, its tiles become smaller. None for
            the picture as a whole, come what may.
    """

    def __init__(
        self,
        features: Features,
        content: tf.Tensor | np.ndarray,
        styles: Sequence[tf.Tensor | np.ndarray],
        guides: Sequence[Guide] | None,
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
        content_distance: str = "raw",
        style_distance: str = "gram",
        tv_norm: str = "l1",
        by_area: bool = False,
        layers_of_styles: Sequence[Collection[str]] | None = None,
        tiling: Tiling | None = None,
    ):
        """Compute the targets of the pictures.

        Args:
            features: maps an image to activations by layer, all of both lists.
            content: [1, H, W, 3]. Without content layers only its size counts.
            styles: k of [1, h, w, 3], of any sizes.
            guides: which styles go where; None for all of them everywhere.
            content_layers: names; empty for no content term.
            style_layers: names; ignored where there are no styles.
            content_weight: alpha.
            style_weight: beta.
            tv_weight: gamma.
            content_layer_weights: one for each content layer.
            style_layer_weights: one for each style layer.
            style_weights: one for each style.
            content_loss_function: see `content.content_loss`.
            content_distance: one of `distances.CONTENT_DISTANCES`.
            style_distance: one of `distances.STYLE_DISTANCES`.
            tv_norm: see `variation.total_variation`.
            by_area: what the Gram matrices under masks are divided by before they are compared. If
                not, by nothing, as in the report: a part is compared with as many positions of the
                style, so its mask should be as large there. If so, by the share of the positions
                that the mask has (the mean of its square), each by its own (Gatys et al. 2017,
                equation 3); and the guide counts by that share of the image, so that each pixel is
                drawn to its style as strongly as it would be without guides. A mask of ones changes
                nothing either way.
            layers_of_styles: for each style the layers of style_layers in which it is compared;
                None for all of them.
            tiling: how to cut the pictures; None for not at all.

        Raises:
            StyleError: memory runs out even with the smallest tiles.
        """
        self._features = features
        self._content_layers = tuple(content_layers)
        self._style_layers = tuple(style_layers) if styles else ()
        self._content_loss_function = content_loss_function
        self._content_distance = CONTENT_DISTANCES[content_distance]
        self._style_distance = STYLE_DISTANCES[style_distance]
        self._tv_norm = tv_norm
        self._layers_of_styles = layers_of_styles or [self._style_layers] * len(styles)
        self.content_weight = _variable(content_weight)
        self.style_weight = _variable(style_weight)
        self.tv_weight = _variable(tv_weight)
        self.content_layer_weights = _variable(content_layer_weights)
        self.style_layer_weights = _variable(style_layer_weights)
        self.style_weights = _variable(style_weights)

        self._size = tuple(content.shape[1:3])
        self._shapes = _layer_shapes(features, self._size)
        self.tiling = tiling
        if not self._can_be_cut() and tiling and len(tiling.cut(self._size)) > 1:
            raise StyleError(
                f"style_distance: {style_distance} needs the whole picture at once, which takes "
                "more than max_memory: use a smaller max_size, or another style_distance"
            )
        everyone = range(len(styles))
        whole = Guide(None, [(index, None) for index in everyone], everyone)
        self._guides = tuple([whole] if guides is None else guides)
        self._masks = self._at_layers([guide.mask for guide in self._guides], self._shapes)
        self._shares = _shares(self._masks) if by_area else {}
        self._content_targets = self._with_room(lambda: self._features_of_content(content))
        self._style_targets = self._targets_of_guides(styles, by_area)
        self._mean_colour = tf.reduce_mean(tf.cast(content, tf.float32), [1, 2], keepdims=True)

    def set_strength(self, strength: float, style_weight: float, tv_weight: float) -> None:
        """Assign the weights of the terms, so that the same number looks alike for any objective.

        What content and style losses come to depends on size, network, layers and distance. So
        both are taken relative to those of a flat picture of the photograph's mean colour, which
        has as good as nothing of either. With s = strength / 100 it is minimised, up to a factor,

            (1 - s)^a L_content / L_content(flat) + b s^a L_style / L_style(flat)

        with a = STEEPNESS and b = EVEN, chosen so that what is lost of the photograph, painted from
        itself, grows evenly with the number. At 0 the photograph is the least of it, at 100 the
        content has no weight. Masks let the style work on a part of the picture alone, so the
        content of as large a part counts.

        It takes one evaluation and no trace that the optimiser does not need anyway.

        Args:
            strength: in [0, 100].
            style_weight: with tv_weight, how much smoothness counts relative to the style.
            tv_weight: see style_weight.
        """
        flat, _ = self.value_and_gradient(
            tf.zeros([1, *self._size, 3]) + self._mean_colour, tf.constant(1.0)
        )
        content, style = flat["content"] * self._covered(), flat["style"]
        # A flat photograph has no content that could be lost.
        ratio = tf.math.divide_no_nan(style, EVEN * content)
        painted, kept = ((part / 100) ** STEEPNESS for part in (strength, 100 - strength))
        self.content_weight.assign(style_weight * kept * ratio)
        self.style_weight.assign(style_weight * painted)
        self.tv_weight.assign(tv_weight * painted)

    def _covered(self) -> tf.Tensor | float:
        """Return the share of the picture in which there is a style."""
        if not self._masks:
            return 1.0
        masks = self._masks[self._style_layers[0]]
        return tf.reduce_mean(tf.minimum(tf.add_n([tf.square(mask) for mask in masks]), 1.0))

    def __call__(self, image: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the terms for the image."""
        return self._terms(_total(self._sums(*self._seen(image, t)) for t in self._tiles()))

    def value_and_gradient(
        self, image: tf.Tensor, scale: tf.Tensor
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """Return the terms for the image, and the gradient of their total times `scale`.

        With L = f(sum_t s(x_t)) over the crops x_t of the tiles t, a first pass sums s, and a
        second one pulls the derivative of f back through each s. Only one tile's activations are
        in memory at a time.

        Args:
            image: [1, H, W, 3], float32.
            scale: a scalar.

        Raises:
            StyleError: memory runs out even with the smallest tiles.
            KeyboardInterrupt: Ctrl-C was pressed, and has waited until now or the next tile.
        """
        check()
        return self._with_room(lambda: self._value_and_gradient(image, scale))

    def _value_and_gradient(self, image: tf.Tensor, scale: tf.Tensor):
        if len(self._tiles()) == 1:
            return self._of_whole(image, scale)
        sums = _total(self._sums_of_tile(*self._seen(image, tile)) for tile in self._tiles())
        terms, derivatives = self._of_sums(sums, scale)
        gradient = tf.Variable(tf.zeros_like(image), trainable=False)
        for tile in self._tiles():
            pulled = self._pull_back(*self._seen(image, tile), derivatives)
            rows, columns = slice(*tile.rows.crop()), slice(*tile.columns.crop())
            gradient[:, rows, columns].assign(gradient[:, rows, columns] + pulled)
        return terms, gradient.value()

    @_graph
    def _of_whole(self, image: tf.Tensor, scale: tf.Tensor):
        with tf.GradientTape() as tape:
            tape.watch(image)
            terms = self(image)
            scaled = terms["total"] * scale
        return terms, tape.gradient(scaled, image)

    @_graph
    def _of_sums(self, sums: Sums, scale: tf.Tensor) -> tuple[dict[str, tf.Tensor], Sums]:
        """Return the terms, and the derivatives of the scaled total by the sums."""
        with tf.GradientTape() as tape:
            tape.watch(sums)
            terms = self._terms(sums)
            scaled = terms["total"] * scale
        return terms, tape.gradient(scaled, sums)

    @_graph
    def _sums_of_tile(
        self, image: tf.Tensor, window: tf.Tensor | None, targets: Sums, masks: Masks
    ) -> Sums:
        return self._sums(image, window, targets, masks)

    @_graph
    def _pull_back(
        self,
        image: tf.Tensor,
        window: tf.Tensor | None,
        targets: Sums,
        masks: Masks,
        derivatives: Sums,
    ) -> tf.Tensor:
        """Return the derivative by a tile's crop, given those by its sums."""
        with tf.GradientTape() as tape:
            tape.watch(image)
            sums = self._sums(image, window, targets, masks)
        return tape.gradient(sums, image, output_gradients=derivatives)

    def _sums(
        self, image: tf.Tensor, window: tf.Tensor | None, targets: Sums, masks: Masks
    ) -> Sums:
        """Return what the losses want to know of a tile; over all tiles it is to be summed.

        Args:
            image: the tile's crop, [1, h, w, 3].
            window: see `_own`.
            targets: the content's features at the crop, by layer.
            masks: the guides' masks at the crop, [1, h, w, 1] each, by layer; empty without masks.

        Returns:
            The total variation, a scalar; for each layer the statistics of its distance (see
            `distances`), for each style layer k of them for k masks, or one for none.
        """
        activations = self._features(image)
        sums = self._statistics(activations, window, masks)
        begin, end = (None, None) if window is None else tf.unstack(window)
        sums["tv"] = total_variation(image, begin, end, self._tv_norm)
        for name, target in targets.items():
            own, target = (self._own(name, seen, window) for seen in (activations[name], target))
            sums[_content(name)] = self._content_distance.statistic(own, target)
        return sums

    def _statistics(
        self, activations: Mapping[str, Activations], window: tf.Tensor | None, masks: Masks
    ) -> Sums:
        sums = {}
        for name in self._style_layers:
            own = self._own(name, activations[name], window)
            own_masks = [self._own(name, mask, window) for mask in masks.get(name, ())]
            statistic = self._style_distance.statistic
            sums[_style(name)] = tf.stack([statistic(own, mask) for mask in own_masks or [None]])
        return sums

    def _terms(self, sums: Sums) -> dict[str, tf.Tensor]:
        """Return the terms, given the sums over all tiles."""
        contents = [self._content_layer_loss(name, sums) for name in self._content_layers]
        styles = [self._style_layer_loss(name, sums[_style(name)]) for name in self._style_layers]
        content = _weighted_mean(contents, self.content_layer_weights)
        style = _weighted_mean(styles, self.style_layer_weights)
        tv = smoothness(sums["tv"], math.prod(self._size), self._tv_norm)
        total = self.content_weight * content + self.style_weight * style + self.tv_weight * tv
        return {"content": content, "style": style, "tv": tv, "total": total}

    def _features_of_content(self, content: tf.Tensor | np.ndarray) -> Sums:
        """Return the features of the content layers, each whole: [1, h, w, c]."""
        if not self._content_layers:
            return {}
        rows = [
            _joined([self._content_of_tile(*self._view(content, tile)) for tile in row], 2)
            for _, row in itertools.groupby(self._tiles(), lambda tile: tile.rows)
        ]
        return _joined(rows, 1)

    @_graph
    def _content_of_tile(self, image: tf.Tensor, window: tf.Tensor | None) -> Sums:
        activations = self._features(image)
        return {
            name: features_of(self._own(name, activations[name], window))
            for name in self._content_layers
        }

    def _targets_of_guides(
        self, styles: Sequence[tf.Tensor | np.ndarray], by_area: bool
    ) -> list[Sums]:
        """Return for each guide the targets, k for its k styles, by layer.

        The features of a style are computed once for all guides.
        """
        found: dict[tuple[int, int], Sums] = {}
        for index, style in enumerate(styles):
            asked = [
                (place, mask)
                for place, guide in enumerate(self._guides)
                for other, mask in guide.styles
                if other == index
            ]
            size = tuple(style.shape[1:3])
            shapes = self._shapes if size == self._size else _layer_shapes(self._features, size)
            masks = self._at_layers([mask for _, mask in asked], shapes)
            statistics = self._with_room(functools.partial(self._statistics_of_style, style, masks))
            targets = {
                name: self._targets(name, statistics[_style(name)], shapes, masks, by_area)
                for name in self._style_layers
            }
            for row, (place, _) in enumerate(asked):
                found[place, index] = {name: several[row] for name, several in targets.items()}
        return [
            {
                name: tf.stack([found[place, index][name] for index, _ in guide.styles])
                for name in self._style_layers
            }
            for place, guide in enumerate(self._guides)
        ]

    def _statistics_of_style(self, style: tf.Tensor | np.ndarray, masks: Masks) -> Sums:
        """Return what the losses know of a style, n of it for n masks."""
        size = tuple(style.shape[1:3])
        return _total(
            self._statistics_of_tile(*self._view(style, tile), self._crops(masks, tile, size))
            for tile in self._tiles(size)
        )

    def _targets(
        self, name: str, statistics: tf.Tensor, shapes: Shapes, masks: Masks, by_area: bool
    ) -> list[tf.Tensor]:
        """Return a layer's targets, given a style's statistics under n masks.

        The style may have other positions than the image, and more or fewer of them.
        """
        positions = math.prod(self._shapes[name][:2])
        share = math.prod(shapes[name][:2]) / positions
        shares = _shares(masks).get(name, 1.0) if by_area else 1.0
        statistics = self._of_all_positions(statistics, share * shares * tf.ones(len(statistics)))
        return [self._style_distance.target(one, positions) for one in tf.unstack(statistics)]

    def _at_layers(self, masks: Sequence[MaskAt | None], shapes: Shapes) -> Masks:
        """Return masks at each layer of style, [1, h, w, 1]; none if there is but None."""
        if not any(masks):
            return {}
        return {
            name: [mask(*shapes[name][:2])[None, :, :, None] for mask in masks]
            for name in self._style_layers
        }

    @_graph
    def _statistics_of_tile(self, image: tf.Tensor, window: tf.Tensor | None, masks: Masks) -> Sums:
        return self._statistics(self._features(image), window, masks)

    def _can_be_cut(self) -> bool:
        """Tell whether the losses can be had from the tiles of a picture."""
        return self._style_distance.additive or not self._style_layers

    def _tiles(self, size: tuple[int, int] | None = None) -> Sequence[Tile]:
        """Return the tiles of a picture of a size; of the image's if None."""
        size = size or self._size
        if self.tiling is None or not self._can_be_cut():
            return [Tile(*(Span(0, length, 0, length) for length in size))]
        return self.tiling.cut(size)

    def _seen(
        self, image: tf.Tensor, tile: Tile
    ) -> tuple[tf.Tensor, tf.Tensor | None, Sums, Masks]:
        """Return the arguments of `_sums` for a tile."""
        targets = {
            name: self._crop(name, target, tile, self._size)
            for name, target in self._content_targets.items()
        }
        return *self._view(image, tile), targets, self._crops(self._masks, tile, self._size)

    def _view(
        self, image: tf.Tensor | np.ndarray, tile: Tile
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Return a tile's crop of an image, and its window (see `_own`)."""
        if tile.is_whole(tuple(image.shape[1:3])):
            return tf.convert_to_tensor(image), None
        check()
        rows, columns = tile.rows, tile.columns
        crop = image[:, slice(*rows.crop()), slice(*columns.crop())]
        return tf.convert_to_tensor(crop), tf.transpose([rows.own(), columns.own()])

    def _crops(self, masks: Masks, tile: Tile, size: tuple[int, int]) -> Masks:
        return {
            name: [self._crop(name, mask, tile, size) for mask in found]
            for name, found in masks.items()
        }

    def _crop(self, name: str, whole: tf.Tensor, tile: Tile, size: tuple[int, int]) -> tf.Tensor:
        """Return a tile's crop of what is known of a whole layer, [1, h, w, c].

        Args:
            name: of the layer.
            whole: its values.
            tile: of the picture.
            size: the picture's height and width.
        """
        if tile.is_whole(size):
            return whole
        stride = self.tiling.strides[name]
        return whole[:, slice(*tile.rows.crop(stride)), slice(*tile.columns.crop(stride))]

    def _own(self, name: str, activations: Activations, window: tf.Tensor | None) -> Activations:
        """Return the part of a layer's activations that is a tile's own.

        Args:
            name: of the layer.
            activations: of the tile's crop.
            window: the pixels of the crop that are the tile's own: the first row and column, and
                those behind the last, [2, 2]; None for all.
        """
        if window is None:
            return activations
        stride = self.tiling.strides[name]
        return part(activations, window[0] // stride, -(-window[1] // stride))

    def _with_room(self, work: Callable[[], T]) -> T:
        """Return what `work` returns; where memory runs out, let it begin again on smaller tiles.

        Raises:
            StyleError: there are no smaller ones.
        """
        while True:
            try:
                return work()
            except OUT_OF_MEMORY as error:
                if self.tiling is None:
                    raise
                smaller = self.tiling.smaller(self._size) if self._can_be_cut() else None
                if smaller is None:
                    raise StyleError(
                        f"memory ran out, even for tiles of {self.tiling.side} pixels: use a "
                        "smaller max_size, or the optimizer adam, which needs the least"
                    ) from error
            # Behind the handler, where what the failed work still held is let go of.
            self.tiling = smaller

    def _content_layer_loss(self, name: str, sums: Sums) -> tf.Tensor:
        """Return one layer's content loss."""
        positions = math.prod(self._shapes[name][:2])
        distance = self._content_distance.distance(sums[_content(name)], positions)
        return content_loss(distance, math.prod(self._shapes[name]), self._content_loss_function)

    def _style_layer_loss(self, name: str, statistics: tf.Tensor) -> tf.Tensor:
        """Return the sum over the guides of one layer's style loss, given their statistics."""
        positions = math.prod(self._shapes[name][:2])
        shares = self._shares.get(name)
        statistics = self._of_all_positions(statistics, shares)
        # A style that is not compared in this layer has no weight here, and is none of those to
        # which others are relative.
        here = tf.constant([float(name in layers) for layers in self._layers_of_styles])
        all_weights = self.style_weights * here
        losses = []
        for place, guide in enumerate(self._guides):
            among = tf.gather(tf.stack([all_weights, here]), list(guide.among), axis=1)
            total, count = tf.unstack(tf.reduce_sum(among, 1))
            weights = tf.gather(all_weights, [index for index, _ in guide.styles])
            weights = tf.math.divide_no_nan(weights, total * count)
            targets = self._style_targets[place][name]
            loss = self._style_distance.distance(statistics[place], targets, weights, positions)
            losses.append(loss if shares is None else loss * shares[place])
        return tf.add_n(losses)

    def _of_all_positions(self, statistics: tf.Tensor, shares: tf.Tensor | None) -> tf.Tensor:
        """Return n statistics as if each were of all positions, given what share it has, [n].

        Those that know their number of positions stay as they are.
        """
        if shares is None or not self._style_distance.counts_positions:
            return statistics
        return tf.math.divide_no_nan(statistics, shares[:, None, None])


def _shares(masks: Masks) -> Sums:
    """Return what share of the positions each mask has, [n], by layer."""
    return {
        name: tf.stack([tf.reduce_mean(tf.square(mask)) for mask in found])
        for name, found in masks.items()
    }


def _layer_shapes(features: Features, size: tuple[int, int]) -> Shapes:
    """Return height, width and channels of each layer for a picture, which is not computed."""
    shapes = {}

    @tf.function(input_signature=[tf.TensorSpec([1, *size, 3])], autograph=False)
    def look(image: tf.Tensor) -> None:
        for name, activations in features(image).items():
            shapes[name] = (*layer_size(activations), channels(activations))

    look.get_concrete_function()
    return shapes


def _content(layer: str) -> str:
    return f"content {layer}"


def _style(layer: str) -> str:
    return f"style {layer}"


def _total(sums: Iterable[Sums]) -> Sums:
    """Return the sums of several tiles, added one by one."""
    return functools.reduce(
        lambda total, more: {name: total[name] + more[name] for name in total}, sums
    )


def _joined(parts: Sequence[Sums], axis: int) -> Sums:
    """Return tensors by name, joined by an axis."""
    return {name: tf.concat([part[name] for part in parts], axis) for name in parts[0]}


def _variable(value: float | Sequence[float]) -> tf.Variable:
    return tf.Variable(value, trainable=False, dtype=tf.float32)


def _weighted_mean(losses: Sequence[tf.Tensor], weights: tf.Variable) -> tf.Tensor:
    """Return the sum of losses, weights normalised to sum to 1, divided by their number."""
    if not losses:
        return tf.zeros([])
    normalised = weights / tf.reduce_sum(weights)
    return tf.tensordot(normalised, tf.stack(losses), 1) / len(losses)
