"""Draw what is not a painting: the curve of the loss, and sheets of captioned pictures."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from neural_style.images import resize

INK = (40, 40, 40)
CAPTION_HEIGHT = 28
GAP = 8


def draw_sheet(rows: Sequence[Sequence[tuple[str, np.ndarray]]], height: int) -> np.ndarray:
    """Draw rows of pictures, each with its caption below.

    Args:
        rows: captions and pictures ([H, W, 3], uint8, RGB) from left to right.
        height: that every picture is resized to, in pixels.

    Returns:
        [H, W, 3], uint8, RGB, on white.
    """
    strips = [
        np.hstack([_captioned(caption, picture, height) for caption, picture in row])
        for row in rows
    ]
    width = max(strip.shape[1] for strip in strips)
    padded = [
        np.pad(strip, ((0, 0), (0, width - strip.shape[1]), (0, 0)), constant_values=255)
        for strip in strips
    ]
    return np.pad(np.vstack(padded), ((GAP, 0), (GAP, 0), (0, 0)), constant_values=255)


def _captioned(caption: str, picture: np.ndarray, height: int) -> np.ndarray:
    width = max(1, round(picture.shape[1] * height / picture.shape[0]))
    cell = np.full((height + CAPTION_HEIGHT, width + GAP, 3), 255, np.uint8)
    cell[:height, :width] = resize(picture, (height, width))
    _write(cell, caption, (2, height + 18))
    return cell


def draw_curve(values: Sequence[float], labels: tuple[str, str]) -> np.ndarray:
    """Draw values over 1, 2, ... as a line, on a logarithmic axis where all are positive.

    Returns:
        [400, 640, 3], uint8, RGB.
    """
    height, width, margin = 400, 640, 56
    canvas = np.full((height, width, 3), 255, np.uint8)
    array = np.asarray(values, np.float64)
    heights = np.log10(array) if (array > 0).all() else array
    span = float(np.ptp(heights)) or 1.0
    x = margin + np.linspace(0, width - 2 * margin, len(array))
    y = height - margin - (heights - heights.min()) / span * (height - 2 * margin)
    corner = (margin, height - margin)
    cv2.line(canvas, corner, (width - margin, corner[1]), (90, 90, 90), 1)
    cv2.line(canvas, corner, (margin, margin), (90, 90, 90), 1)
    points = np.stack([x, y], 1).round().astype(np.int32)
    cv2.polylines(canvas, [points], False, (30, 90, 170), 2, cv2.LINE_AA)

    _write(canvas, f"{labels[1]}, {array[-1]:.4g} at the end", (margin, margin - 20))
    _write(canvas, f"{array.max():.3g}", (4, margin + 4))
    _write(canvas, f"{array.min():.3g}", (4, height - margin))
    _write(canvas, labels[0], (width // 2 - 30, height - 16))
    _write(canvas, "1", (margin, height - margin + 18))
    _write(canvas, str(len(array)), (width - margin - 12, height - margin + 18))
    return canvas


def _write(canvas: np.ndarray, text: str, at: tuple[int, int]) -> None:
    cv2.putText(canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, INK, 1, cv2.LINE_AA)
