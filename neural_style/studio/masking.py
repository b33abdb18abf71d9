"""Masks for the page: what a brush has painted on the photograph, in four ways.

Green is what is meant, red what is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from neural_style.guidance.requests import Request
from neural_style.guidance.segmentation import MaskPicture, make_masks
from neural_style.images.drawing import draw_cut
from neural_style.images.formats import open_image
from neural_style.images.read import read_picture
from neural_style.runtime.errors import StyleError, shown
from neural_style.settings.config import FIELDS

MASK_SIZE: int = FIELDS["max_size"].default  # pixels on the longer side at which masks are made
GREEN, RED = "#00c853", "#e53935"
TOOLS = {
    "brush": "the brush alone: what is green is the mask",
    "box": "a box around what is green, in which the subject is found",
    "strokes": "strokes: green on the subject, red on the rest",
    "clusters": "clusters: regions of like colour and place",
}


def mask_of(
    photograph: Path, tool: str, layers: Sequence[Path], clusters: int
) -> list[MaskPicture]:
    """Make masks by one of TOOLS.

    Args:
        photograph: its path.
        tool: of TOOLS.
        layers: pictures of what was painted, clear where nothing was.
        clusters: how many regions, for that tool.

    Returns:
        As `segmentation.make_masks`.

    Raises:
        StyleError: nothing was painted, or it leads to no mask.
    """
    if tool == "clusters":
        return make_masks(photograph, Request(clusters=clusters), MASK_SIZE)
    pixels = read_picture(photograph, "Photograph").rgb
    green, red = _painted(layers, pixels.shape[:2])
    if not green.any():
        raise StyleError("nothing is painted green: paint on the photograph what is meant")
    if tool == "brush":
        overlay = draw_cut(pixels.astype(np.uint8), green)
        mask = np.repeat(np.uint8(255) * green[..., None], 3, -1)
        return [
            MaskPicture("", "as painted", mask),
            MaskPicture("_overlay", "to look at", overlay),
        ]
    if tool == "box":
        rows, columns = np.flatnonzero(green.any(1)), np.flatnonzero(green.any(0))
        x, y = int(columns[0]), int(rows[0])
        width, height = int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1
        return make_masks(photograph, Request(box=(x, y, width, height)), MASK_SIZE)
    if tool != "strokes":
        raise StyleError(f"tool: received {shown(tool)}, allowed are {', '.join(TOOLS)}")
    if not red.any():
        raise StyleError("nothing is painted red: paint on what is not meant as well")
    return make_masks(photograph, Request(foreground=green, background=red), MASK_SIZE)


def _painted(layers: Sequence[Path], size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return what is green and what is red, [H, W], bool each, of the photograph's size."""
    green, red = np.zeros(size, bool), np.zeros(size, bool)
    for path in layers:
        with open_image(path) as image:
            pixels = np.asarray(image.convert("RGBA").resize(size[::-1], Image.Resampling.NEAREST))
        painted = pixels[..., 3] > 127
        greener = painted & (pixels[..., 1] > pixels[..., 0])
        redder = painted & ~greener
        # What lies on top is what counts.
        green, red = (green & ~redder) | greener, (red & ~greener) | redder
    return green, red


def union(masks: Sequence[str]) -> np.ndarray:
    """Return the mask, [H, W, 3], uint8, of all that one of some masks of one size has."""
    pixels = [read_picture(path, "region").rgb for path in masks]
    return np.maximum.reduce(pixels).astype(np.uint8)
