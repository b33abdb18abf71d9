"""Regions: label maps on the photograph and on the styles, whose equal colours belong together.

What is painted where: of the pixels of one colour in the photograph's map, the style comes from the
pixels of that colour in a style's map (Gatys et al., "Controlling Perceptual Factors in Neural
Style Transfer", CVPR 2017, section 4; Champandard, "Semantic Style Transfer", 2016).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from neural_style.guidance.labels import fill_gaps, hex_color
from neural_style.images.drawing import draw_legend, draw_regions, draw_sheet
from neural_style.images.picture import Picture, same_aspect
from neural_style.images.read import read_picture
from neural_style.runtime.errors import StyleError

# Colours nearer than this in RGB (Euclidean) are one label: the noise of a JPEG, a careless fill.
NEAR = 45.0
# A map is one if so much of it lies within TIGHT of its labels' colours: a photograph's colours,
# divided at NEAR, do not.
TIGHT, MIN_TIGHT = 10.0, 0.6
MAX_LABELS = 32
MIN_FLAT = 0.01  # of a map, what has less of it is no area of `flat_colors`
MIN_AREA = 1 / 4000  # of the map, away from edges: what is smaller are mixtures along edges


@dataclass(frozen=True)
class LabelMap:
    """Which label each pixel has.

    Attributes:
        labels: [H, W], uint8, in [0, K), the largest label first.
        colors: [K, 3], uint8, RGB, of each label.
    """

    labels: np.ndarray
    colors: np.ndarray

    def mask(self, label: int) -> np.ndarray:
        """Return where a label is, [H, W], float32, 0 or 1."""
        mask: np.ndarray = (self.labels == label).astype(np.float32)
        return mask

    def area(self, label: int) -> float:
        """Return the label's share of the map, [0, 1]."""
        return float((self.labels == label).mean())

    def find(self, color: np.ndarray) -> int | None:
        """Return the label of the nearest color, or None if none is nearer than NEAR."""
        distances = np.linalg.norm(self.colors.astype(np.float32) - color, axis=1)
        label = int(distances.argmin())
        return label if distances[label] < NEAR else None


@dataclass(frozen=True)
class Regions:
    """The label maps of a photograph and of its styles, which share at least one label.

    Attributes:
        content: the photograph's map.
        styles: one for each style.
    """

    content: LabelMap
    styles: tuple[LabelMap, ...]

    def counterparts(self) -> list[list[tuple[int, int]]]:
        """Return for each label of the photograph the styles that have it, each with its label.

        A label that no style has gets an empty list.
        """
        counterparts = []
        for color in self.content.colors:
            labels = [style.find(color) for style in self.styles]
            counterparts.append([(k, label) for k, label in enumerate(labels) if label is not None])
        return counterparts

    def masks(self) -> list[tuple[np.ndarray, list[tuple[int, np.ndarray]]]]:
        """Return for each label its mask, and the styles that go there, each with the mask on it.

        A label without a counterpart is painted from all styles as wholes: that is what it would be
        without maps. (The label nearest by area would be something else of the same size: an area
        tells nothing of what a thing is.)

        Returns:
            Masks as of `LabelMap.mask`, each of its own map's size.
        """
        masks = []
        for label, sources in enumerate(self.counterparts()):
            parts = [(k, self.styles[k].mask(source)) for k, source in sources]
            wholes = [(k, np.ones(m.labels.shape, np.float32)) for k, m in enumerate(self.styles)]
            masks.append((self.content.mask(label), parts or wholes))
        return masks

    def legend(self) -> list[tuple[np.ndarray, str]]:
        """Return a line with its colour for each label of the photograph, then for those unused."""
        lines = []
        for label, sources in enumerate(self.counterparts()):
            color = self.content.colors[label]
            area = f"{hex_color(color)}  {100 * self.content.area(label):.1f} % of the photograph"
            shares = [
                f"{100 * self.styles[k].area(source):.1f} % of style {k + 1}"
                for k, source in sources
            ]
            if shares:
                text = f"{area} from {' and '.join(shares)}"
            else:
                text = f"{area}: no counterpart, so the whole of each style"
            lines.append((color, text))
        used = {pair for sources in self.counterparts() for pair in sources}
        for k, style in enumerate(self.styles):
            for label, color in enumerate(style.colors):
                if (k, label) not in used:
                    area = f"{100 * style.area(label):.1f} % of style {k + 1}"
                    lines.append((color, f"{hex_color(color)}  {area}: not in the photograph"))
        return lines

    def draw(self, content: np.ndarray, styles: Sequence[np.ndarray]) -> np.ndarray:
        """Draw the regions over their pictures, numbered alike, above the legend.

        Args:
            content: [H, W, 3], float32, [0, 255].
            styles: [h, w, 3] each.

        Returns:
            [h, w, 3], uint8, RGB.
        """
        overlay = _overlay(content, self.content, list(range(len(self.content.colors))))
        row = [("content", overlay)]
        for k, (style, labels) in enumerate(zip(styles, self.styles, strict=True)):
            numbers: list[int | None] = [None] * len(labels.colors)
            for number, sources in enumerate(self.counterparts()):
                for source in (label for index, label in sources if index == k):
                    numbers[source] = number
            row.append((f"style {k + 1}", _overlay(style, labels, numbers)))
        sheet = draw_sheet([row], min(content.shape[0], 400))
        return draw_legend(sheet, self.legend())


def load_regions(
    content: tuple[Any, Sequence[tuple[int, int]]],
    styles: Sequence[tuple[Any, Sequence[tuple[int, int]]]],
    read: Callable[[Any, str], Picture] = read_picture,
) -> Regions:
    """Read the label maps of a photograph and of its styles.

    Args:
        content: a path, or an array as `picture.read_picture` takes it; and the sizes of the
            photograph, (height, width), of one of which the map must have the aspect.
        styles: the same for each style.
        read: reads a picture, given with its setting.

    Raises:
        StyleError: a map that is not readable, no map, or of another aspect; or no common label.
    """
    content_map = read_label_map(content[0], "content_regions", content[1], read)
    style_maps = tuple(
        read_label_map(source, "style_regions", sizes, read) for source, sizes in styles
    )
    regions = Regions(content_map, style_maps)
    if not any(regions.counterparts()):
        content_colors = " ".join(map(hex_color, content_map.colors))
        style_colors = " ".join(hex_color(color) for m in style_maps for color in m.colors)
        raise StyleError(
            f"content_regions has the colours {content_colors}, style_regions {style_colors}, "
            "none in common: "
            "paint what belongs together in one colour"
        )
    return regions


def read_label_map(
    source: Any,
    setting: str,
    sizes: Sequence[tuple[int, int]],
    read: Callable[[Any, str], Picture] = read_picture,
) -> LabelMap:
    """Read a label map: a picture of few flat colours.

    Args:
        source: a path, or an array as `picture.read_picture` takes it.
        setting: its name in messages.
        sizes: (height, width) of the picture that it is for, as it is and as it is reduced.
        read: reads a picture, given with its setting.

    Raises:
        StyleError: not readable, of another aspect, or not of few flat colours.
    """
    name = "the array given" if hasattr(source, "__array__") else source
    picture = read(source, setting)
    if not same_aspect(picture.size, sizes):
        raise StyleError(
            f"{setting}: {name} is {picture.size[1]} x {picture.size[0]} pixels, its picture "
            f"{sizes[0][1]} x {sizes[0][0]}: make a label map of the same proportions"
        )
    pixels = np.rint(picture.rgb).astype(np.uint8)
    labels = label_map(pixels)
    if labels is None:
        count = len(np.unique(_packed(pixels)))
        raise StyleError(
            f"{setting}: {name} has {count} colours and no few that most of it is of; paint each "
            f"region in one flat colour, at most {MAX_LABELS} of them, and save it as PNG"
        )
    return labels


def label_map(pixels: np.ndarray) -> LabelMap | None:
    """Find the labels of a picture of few flat colours.

    The most frequent colour is a label, and with it every colour nearer than NEAR; then the most
    frequent of the others, and so on. Only pixels whose neighbours are near count, so mixtures
    along soft edges make no label. They get that of the nearest pixel that has one.

    Args:
        pixels: [H, W, 3], uint8, RGB.

    Returns:
        The map, or None if most of the picture is not of few colours.
    """
    neighborhood = np.ones((3, 3), np.uint8)
    spread = cv2.dilate(pixels, neighborhood) - cv2.erode(pixels, neighborhood)
    flat = spread.max(-1) < NEAR
    packed, place, counts = np.unique(_packed(pixels), return_inverse=True, return_counts=True)
    place = place.reshape(flat.shape)
    # At least one bin for each colour of the map, also for those along edges alone.
    flat_counts = np.bincount(place[flat], minlength=len(packed))
    colors = _unpacked(packed).astype(np.float32)
    label_of = np.full(len(packed), -1)
    tight = 0
    centers: list[int] = []
    while (left := np.where(label_of < 0, flat_counts, 0)).any():
        distance = np.linalg.norm(colors - colors[left.argmax()], axis=1)
        near = (label_of < 0) & (distance < NEAR)
        if flat_counts[near].sum() < MIN_AREA * flat.size:
            flat_counts[near] = 0  # and on to the next
            continue
        label_of[near] = len(centers)
        tight += counts[near & (distance < TIGHT)].sum()
        centers.append(packed[left.argmax()])
    if len(centers) > MAX_LABELS or tight < MIN_TIGHT * flat.size:
        return None
    labels = label_of[place]
    labels = fill_gaps(labels, labels >= 0)
    order = np.argsort(-np.bincount(labels.ravel(), minlength=len(centers)), kind="stable")
    return LabelMap(np.argsort(order)[labels].astype(np.uint8), _unpacked(np.array(centers)[order]))


def flat_colors(pixels: np.ndarray) -> np.ndarray:
    """Return the colours of which a picture has whole areas, if it is one of few flat colours.

    Unlike the labels of `label_map`, they are none of a soft edge: an area is of one colour but for
    noise, not of all that lie between two.

    Args:
        pixels: [H, W, 3], uint8, RGB.

    Returns:
        [K, 3], uint8; none if it is no label map.
    """
    found = label_map(pixels)
    if found is None:
        return np.zeros((0, 3), np.uint8)
    labels, colors = found.labels, found.colors
    deviation = pixels.astype(np.float32) - colors[labels]
    is_tight = np.linalg.norm(deviation, axis=-1) < TIGHT
    is_flat = [
        (labels == label).mean() >= MIN_FLAT and is_tight[labels == label].mean() >= MIN_TIGHT
        for label in range(len(colors))
    ]
    return colors[is_flat]


def _overlay(picture: np.ndarray, label_map: LabelMap, numbers: Sequence[int | None]) -> np.ndarray:
    pixels = np.rint(np.clip(picture, 0, 255)).astype(np.uint8)
    size = picture.shape[1], picture.shape[0]
    labels = cv2.resize(label_map.labels, size, interpolation=cv2.INTER_NEAREST)
    return draw_regions(pixels, labels, label_map.colors, numbers)


def _packed(pixels: np.ndarray) -> np.ndarray:
    """Return [..., 3], uint8, as one number each, [...], int32."""
    return pixels.astype(np.int32) @ np.array([65536, 256, 1], np.int32)


def _unpacked(packed: np.ndarray) -> np.ndarray:
    return np.stack([packed >> 16, packed >> 8 & 255, packed & 255], -1).astype(np.uint8)
