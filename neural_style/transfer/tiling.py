"""Where to cut a picture so that its tiles, one after the other, give exactly what the whole gives.

Each tile owns a rectangle of pixels; together they are the picture. What the network sees of a tile
is its crop: that rectangle with a halo as wide as the network's deepest layer looks. So each
activation at an owned position is that of the whole picture, and each of the others is thrown away.
Crops and owned rectangles begin on multiples of the deepest layer's stride, where the pooling
squares of the whole picture begin; they end there too, or where the picture ends. Zero padding is
seen only at the picture's own border.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from neural_style.networks.layers import Blocks, receptive_field_radius, stride

# A tile's crop is at least so many halos wide, so that the halos take no more than three quarters
# of it, and at least so many pixels.
LEAST_HALOS = 4
LEAST_SIDE = 128


@dataclass(frozen=True)
class Span:
    """A tile along one axis: pixels `start` to `stop` are its own, `first` to `last` its crop's."""

    start: int
    stop: int
    first: int
    last: int

    def own(self, stride: int = 1) -> tuple[int, int]:
        """Return the range that is its own of the crop's positions at a layer of this stride."""
        return (self.start - self.first) // stride, -(-(self.stop - self.first) // stride)

    def crop(self, stride: int = 1) -> tuple[int, int]:
        """Return the range that is its crop of the picture's positions at such a layer."""
        return self.first // stride, -(-self.last // stride)


@dataclass(frozen=True)
class Tile:
    """A tile of a picture.

    Attributes:
        rows: where it is from top to bottom.
        columns: where it is from left to right.
    """

    rows: Span
    columns: Span

    def is_whole(self, size: tuple[int, int]) -> bool:
        """Tell whether it is all of a picture of this height and width."""
        return self.rows.own() == (0, size[0]) and self.columns.own() == (0, size[1])


@dataclass(frozen=True)
class Tiling:
    """How pictures are cut.

    Attributes:
        side: the longest side of a crop, in pixels.
        halo: how far a crop reaches beyond the tile's own pixels, a multiple of the grid.
        strides: pixels between the positions of each layer; the largest is the grid.
    """

    side: int
    halo: int
    strides: Mapping[str, int]

    @classmethod
    def of(cls, layers: Mapping[str, Blocks], side: int) -> Tiling:
        """Return the tiling for layers with what they depend on; `side` is cut to the grid."""
        grid = max(map(stride, layers.values()))
        halo = _up(max(map(receptive_field_radius, layers.values())), grid)
        strides = {name: stride(blocks) for name, blocks in layers.items()}
        return cls(max(side // grid * grid, _least(halo, grid)), halo, strides)

    @property
    def grid(self) -> int:
        """What the corners of tiles are multiples of, but for the picture's far border."""
        return max(self.strides.values())

    def cut(self, size: tuple[int, int]) -> tuple[Tile, ...]:
        """Return the tiles of a picture of this height and width, row by row.

        A picture that is no larger than `side` is one tile.
        """
        rows, columns = self._axes(size)
        return tuple(Tile(row, column) for row in rows for column in columns)

    def largest(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return height and width of the largest crop of such a picture."""
        return tuple(max(span.last - span.first for span in axis) for axis in self._axes(size))

    def _axes(self, size: tuple[int, int]) -> list[list[Span]]:
        return [spans(length, self.side, self.halo, self.grid) for length in size]

    def smaller(self, size: tuple[int, int]) -> Tiling | None:
        """Return a tiling of a picture into crops of about half as many pixels, or None."""
        longest = max(self.largest(size))
        least = _least(self.halo, self.grid)
        if longest <= least:
            return None
        return replace(self, side=max(int(longest * 0.7) // self.grid * self.grid, least))


def sides(size: tuple[int, int], layers: Mapping[str, Blocks]) -> Iterable[int]:
    """Yield the sides that crops of a picture may have, from the whole picture's down."""
    tiling = Tiling.of(layers, max(size))
    least = _least(tiling.halo, tiling.grid)
    yield from range(max(_up(max(size), tiling.grid), least), least - 1, -tiling.grid)


def spans(length: int, side: int, halo: int, grid: int) -> list[Span]:
    """Cut one axis of a picture.

    Args:
        length: of the axis, in pixels.
        side: the longest crop allowed, a multiple of the grid.
        halo: a multiple of the grid, less than half of `side`.
        grid: what all starts and all stops but the last are multiples of.

    Returns:
        As few spans as can be, with crops of one length, but for the last.
    """
    if length <= side:
        return [Span(0, length, 0, length)]
    count = -(-(length - 2 * halo) // (side - 2 * halo))
    # The least that is enough for so many.
    step = _up(-(-(length - 2 * halo) // count), grid)
    borders = [0, *(halo + index * step for index in range(1, count)), length]
    return [
        Span(start, stop, max(start - halo, 0), min(stop + halo, length))
        for start, stop in itertools.pairwise(borders)
    ]


def _least(halo: int, grid: int) -> int:
    return _up(max(LEAST_SIDE, LEAST_HALOS * halo), grid)


def _up(length: int, multiple: int) -> int:
    """Return the length rounded up to a multiple."""
    return -(-length // multiple) * multiple
