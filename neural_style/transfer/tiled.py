"""Going over the tiles of a picture, so that it gives what the whole would give.

All that terms want to know are sums over positions. So they are summed over the tiles, and the
gradient follows by the chain rule, tile by tile: with L = f(sum_t s(x_t)) over the crops x_t of the
tiles t, a first pass sums s, and a second one pulls the derivative of f back through each s. Only
one tile's activations are in memory at a time. Nothing here knows a term by its name.
"""

from __future__ import annotations

import functools
import itertools
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np
import tensorflow as tf

from neural_style.losses.term import Maps, Shapes, Tensors, Term
from neural_style.runtime.errors import StyleError
from neural_style.runtime.hashing import digest
from neural_style.transfer.graphs import Aim, Graphs, MapsOfTerms, Sums
from neural_style.transfer.tiling import Span, Tile, Tiling

logger = logging.getLogger("neural_style")

T = TypeVar("T")
Nested = TypeVar("Nested", Sums, Tensors)
# Whole pictures, such as styles, whose sums are remembered for the next picture.
PICTURES = 16
OUT_OF_MEMORY = (tf.errors.ResourceExhaustedError, MemoryError)


class Tiled:
    """Evaluates graphs on pictures, tile after tile.

    Where memory runs out, what failed begins again on smaller tiles, a line says so, and they stay
    as small.

    Attributes:
        graphs: what is evaluated.
        tiling: how pictures are cut now; None for not at all, come what may.
    """

    def __init__(
        self,
        graphs: Graphs,
        tiling: Tiling | None = None,
        pause: Callable[[], object] = lambda: None,
    ):
        """Evaluate nothing yet.

        Args:
            graphs: of a network and terms.
            tiling: see above. Ignored where a term needs the whole picture.
            pause: called before each tile; it may raise an exception to end the run.
        """
        self.graphs = graphs
        self.tiling = tiling
        self._pause = pause
        self._is_whole = not all(term.additive for term in graphs.terms.values())

    def shapes(self, size: tuple[int, int]) -> Shapes:
        """Return what each layer's shape is for a picture of this height and width."""
        return self.graphs.shapes(size)

    def features(self, picture: tf.Tensor | np.ndarray, layers: Sequence[str]) -> Tensors:
        """Return the features of whole layers of a picture, [1, h, w, c] each."""
        return self._with_room(picture, lambda: self._features(picture, tuple(layers)))

    def sums(self, term: Term, picture: tf.Tensor | np.ndarray, maps: Maps) -> Tensors:
        """Return a term's statistics of a whole picture, with maps that lie on it."""
        if maps or not term.additive:  # whose statistics may be as large as the picture
            return self._with_room(picture, lambda: self._sums(term.name, picture, maps))
        sums = self.graphs.sums_of_pictures
        key = (term.name, None if self.tiling is None else self.tiling.side, digest({"": picture}))
        if key not in sums:
            while len(sums) >= PICTURES:
                sums.pop(next(iter(sums)))
            sums[key] = self._with_room(picture, lambda: self._sums(term.name, picture, maps))
        return sums[key]

    def value_and_gradient(
        self, image: tf.Tensor, aim: Aim, scale: tf.Tensor
    ) -> tuple[Tensors, tf.Tensor]:
        """Return the terms for an image, and the gradient of their total times `scale`.

        Raises:
            StyleError: memory runs out even with the smallest tiles.
        """
        self._pause()
        return self._with_room(image, lambda: self._value_and_gradient(image, aim, scale))

    def _value_and_gradient(
        self, image: tf.Tensor, aim: Aim, scale: tf.Tensor
    ) -> tuple[Tensors, tf.Tensor]:
        size = _size(image)
        tiles = self._tiles(size)
        if len(tiles) == 1:
            return self.graphs.whole(image, aim, scale)
        sums = _total(
            self.graphs.sums(*self._view(image, tile), self._crops_of_terms(aim.maps, tile, size))
            for tile in tiles
        )
        terms, derivatives = self.graphs.derivatives(sums, aim, scale, size)
        gradient = tf.Variable(tf.zeros_like(image), trainable=False)
        for tile in tiles:
            crops = self._crops_of_terms(aim.maps, tile, size)
            pulled = self.graphs.pull_back(*self._view(image, tile), crops, derivatives)
            rows, columns = slice(*tile.rows.crop()), slice(*tile.columns.crop())
            gradient[:, rows, columns].assign(gradient[:, rows, columns] + pulled)
        return terms, gradient.value()

    def _features(self, picture: tf.Tensor | np.ndarray, layers: tuple[str, ...]) -> Tensors:
        tiles = self._tiles(_size(picture))
        rows = [
            _joined(
                [self.graphs.features(*self._view(picture, tile), layers) for tile in row], axis=2
            )
            for _, row in itertools.groupby(tiles, lambda tile: tile.rows)
        ]
        return _joined(rows, axis=1)

    def _sums(self, name: str, picture: tf.Tensor | np.ndarray, maps: Maps) -> Tensors:
        size = _size(picture)
        return _total(
            self.graphs.statistics(name, *self._view(picture, tile), self._crops(maps, tile, size))
            for tile in self._tiles(size)
        )

    def _tiles(self, size: tuple[int, int]) -> Sequence[Tile]:
        """Return the tiles of a picture of a size."""
        if self.tiling is None or self._is_whole:
            return [Tile(*(Span(0, length, 0, length) for length in size))]
        return self.tiling.cut(size)

    def _view(
        self, image: tf.Tensor | np.ndarray, tile: Tile
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Return a tile's crop of an image, and its window (see `Graphs`)."""
        if tile.is_whole(_size(image)):
            return tf.convert_to_tensor(image), None
        self._pause()
        rows, columns = tile.rows, tile.columns
        crop = image[:, slice(*rows.crop()), slice(*columns.crop())]
        return tf.convert_to_tensor(crop), tf.transpose([rows.own(), columns.own()])

    def _crops_of_terms(self, maps: MapsOfTerms, tile: Tile, size: tuple[int, int]) -> MapsOfTerms:
        return {name: self._crops(several, tile, size) for name, several in maps.items()}

    def _crops(self, maps: Maps, tile: Tile, size: tuple[int, int]) -> Maps:
        """Return a tile's crop of each map of a picture of a size."""
        if tile.is_whole(size):
            return maps
        crops = {}
        for layer, several in maps.items():
            stride = self.graphs.strides[layer]
            rows, columns = slice(*tile.rows.crop(stride)), slice(*tile.columns.crop(stride))
            crops[layer] = [one[:, rows, columns] for one in several]
        return crops

    def _with_room(self, picture: tf.Tensor | np.ndarray, work: Callable[[], T]) -> T:
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
                smaller = None if self._is_whole else self.tiling.smaller(_size(picture))
                if smaller is None:
                    raise StyleError(
                        f"memory ran out, even for tiles of {self.tiling.side} pixels: use a "
                        "smaller max_size, or the optimizer adam, which needs the least"
                    ) from error
            # Behind the handler, where what the failed work still held is let go of.
            self.tiling = smaller
            logger.warning("memory ran out; going on in tiles of at most %d px", smaller.side)


def _size(image: tf.Tensor | np.ndarray) -> tuple[int, int]:
    return tuple(image.shape[1:3])


def _total(sums: Iterable[Nested]) -> Nested:
    """Return the sums of several tiles, added one by one."""
    return functools.reduce(lambda total, more: tf.nest.map_structure(tf.add, total, more), sums)


def _joined(parts: Sequence[Tensors], axis: int) -> Tensors:
    """Return tensors by name, joined by an axis."""
    return {name: tf.concat([part[name] for part in parts], axis) for name in parts[0]}
