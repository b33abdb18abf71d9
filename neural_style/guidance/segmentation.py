"""Masks made from a photograph: a subject cut out by a box or strokes, or regions by clustering.

Everything is worked out on the photograph at the size of a transfer and brought to its own size at
the end, so a mask lies over the photograph pixel for pixel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from neural_style.guidance.clusters import cluster
from neural_style.guidance.labels import COLORS, hex_color, number_by_area, resize_labels
from neural_style.guidance.marks import read_marks
from neural_style.guidance.requests import Request
from neural_style.guidance.subject import cut_out
from neural_style.images.drawing import draw_cut, draw_regions
from neural_style.images.picture import reduced_size, resize
from neural_style.images.read import read_picture
from neural_style.images.suffixes import WRITTEN
from neural_style.images.write import SIXTEEN_BITS
from neural_style.runtime.errors import StyleError
from neural_style.runtime.memory import left

MIN_SIDE = 16
FLAT = 2.0  # gray levels between the darkest and the brightest of a picture with nothing in it


class MaskPicture(NamedTuple):
    """A mask, a label map, or an overlay to look at.

    Attributes:
        ending: what to add to the name of the result's file.
        remark: what it is, in a few words.
        pixels: [H, W, 3], uint8, of the photograph's size.
    """

    ending: str
    remark: str
    pixels: np.ndarray


def make_masks(photograph: Any, request: Request, max_size: int) -> list[MaskPicture]:
    """Make the masks of a photograph, and an overlay to look at.

    Args:
        photograph: a path, or an array as `read.read_picture` takes it.
        request: what to make them from, with paths or arrays for its pictures; not `match`, which
            is for `matching`.
        max_size: of the longer side, in pixels, at which they are worked out.

    Returns:
        Of a subject: its mask, the inverse, the overlay. Of regions: the label map in COLORS, a
        mask of each region, the largest first, the overlay.

    Raises:
        StyleError: a picture that is unreadable, too small or of one color alone; a box or strokes
            that do not fit it; or nothing was found.
    """
    pixels = read_photograph(photograph, "picture", max_size)
    height, width = pixels.shape[:2]
    reduced = resize(pixels, reduced_size((height, width), max_size))
    if request.clusters is not None:
        labels = cluster(reduced, request.clusters)
        labels = number_by_area(resize_labels(labels, request.clusters, (height, width)))
        return _region_pictures(pixels, labels, request.clusters)
    subject = cut_out(reduced, *read_marks(request, (height, width), max_size))
    if not subject.any():
        raise StyleError(
            "box: no subject was found in it; draw it closer around the subject, or add -foreground"
        )
    subject = resize_labels(subject.astype(np.uint8), 2, (height, width)) == 1
    return _subject_pictures(pixels, subject)


def check_mask_name(name: str) -> None:
    """Raise a StyleError if a result of this name could not keep a mask as it is."""
    suffix = Path(name).suffix.lower()
    if suffix in WRITTEN and suffix not in SIXTEEN_BITS:
        raise StyleError(
            f"img_name: received {name!r}, but {suffix} would change the colours at the edges of "
            "a mask: use .png or .tif"
        )


def read_photograph(source: Any, setting: str, max_size: int) -> np.ndarray:
    """Return a photograph, [H, W, 3], uint8, of its own size.

    Args:
        source: a path, or an array as `read.read_picture` takes it.
        setting: that names it, for messages.
        max_size: that it will be reduced to.

    Raises:
        StyleError: unreadable, of one color alone, or too small.
    """
    # Masks lie on it as it is, so it is not reduced while it is read.
    picture = read_picture(source, setting, left())
    height, width = picture.size
    if min(reduced_size(picture.size, max_size)) < MIN_SIDE:
        raise StyleError(
            f"{setting}: {width} x {height} pixels are too few at max_size {max_size}; each side "
            f"must keep at least {MIN_SIDE}: give a larger picture, or raise max_size"
        )
    if np.ptp(picture.rgb, (0, 1)).max() < FLAT:
        raise StyleError(
            f"{setting}: it is of one colour all over, so there is nothing to tell apart; give a "
            "photograph"
        )
    pixels: np.ndarray = np.rint(picture.rgb).astype(np.uint8)
    return pixels


def _subject_pictures(photograph: np.ndarray, subject: np.ndarray) -> list[MaskPicture]:
    return [
        MaskPicture("", f"the subject, {_percent(subject)}", _mask_pixels(subject)),
        MaskPicture("_inv", f"the rest, {_percent(~subject)}", _mask_pixels(~subject)),
        MaskPicture("_overlay", "to look at", draw_cut(photograph, subject)),
    ]


def _region_pictures(photograph: np.ndarray, labels: np.ndarray, count: int) -> list[MaskPicture]:
    """Return the label map, masks and overlay of regions, of which `count` were asked for."""
    colors = np.array(COLORS, np.uint8)
    region_count = int(labels.max()) + 1
    remark = f"{region_count} regions"
    if region_count < count:
        remark += f", the other {count - region_count} too small"
    pictures = [MaskPicture("", remark, colors[labels])]
    for label in range(region_count):
        region = labels == label
        remark = f"{hex_color(COLORS[label])}, {_percent(region)}"
        pictures.append(MaskPicture(f"_{label + 1}", remark, _mask_pixels(region)))
    overlay = draw_regions(photograph, labels, colors)
    return [*pictures, MaskPicture("_overlay", "to look at", overlay)]


def _mask_pixels(is_inside: np.ndarray) -> np.ndarray:
    return np.repeat(is_inside[..., None], 3, -1).astype(np.uint8) * 255


def _percent(is_inside: np.ndarray) -> str:
    return f"{100 * is_inside.mean():.1f} %"
