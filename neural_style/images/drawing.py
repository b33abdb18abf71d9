"""Draw what is not a painting: the curve of the loss, sheets of captioned pictures, overlays."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from neural_style.images.picture import resize

INK = (40, 40, 40)
FONT, FONT_SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.42
CAPTION_HEIGHT, LINE_HEIGHT = 28, 18
GAP = 8


def draw_sheet(rows: Sequence[Sequence[tuple[str, np.ndarray]]], height: int) -> np.ndarray:
    """Draw rows of pictures, each with its caption below.

    A caption that is wider than its picture is written smaller.

    Args:
        rows: captions, of one line or more, and pictures ([H, W, 3], uint8, RGB) from left to
            right.
        height: that every picture is resized to, in pixels.

    Returns:
        [H, W, 3], uint8, RGB, on white.
    """
    strips = []
    for row in rows:
        lines = max(caption.count("\n") for caption, _ in row)
        below = CAPTION_HEIGHT + LINE_HEIGHT * lines
        strips.append(np.hstack([_captioned(*cell, height, below) for cell in row]))
    width = max(strip.shape[1] for strip in strips)
    padded = [
        np.pad(strip, ((0, 0), (0, width - strip.shape[1]), (0, 0)), constant_values=255)
        for strip in strips
    ]
    return np.pad(np.vstack(padded), ((GAP, 0), (GAP, 0), (0, 0)), constant_values=255)


def _captioned(caption: str, picture: np.ndarray, height: int, below: int) -> np.ndarray:
    width = max(1, round(picture.shape[1] * height / picture.shape[0]))
    cell = np.full((height + below, width + GAP, 3), 255, np.uint8)
    cell[:height, :width] = resize(picture, (height, width))
    for k, line in enumerate(caption.split("\n")):
        scale = FONT_SCALE * min(1, width / max(1, _width(line)))
        _write(cell, line, (2, height + 18 + LINE_HEIGHT * k), scale)
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


def draw_cut(photograph: np.ndarray, subject: np.ndarray) -> np.ndarray:
    """Draw a photograph with all but the subject dark and gray.

    Args:
        photograph: [H, W, 3], uint8, RGB.
        subject: [H, W], bool.
    """
    gray = cv2.cvtColor(photograph, cv2.COLOR_RGB2GRAY) // 3
    return np.where(subject[..., None], photograph, gray[..., None])


def draw_regions(
    photograph: np.ndarray,
    labels: np.ndarray,
    colors: np.ndarray,
    numbers: Sequence[int | None] | None = None,
) -> np.ndarray:
    """Draw the regions of a photograph in their colors over it, each with its number.

    Args:
        photograph: [H, W, 3], uint8, RGB.
        labels: [H, W], uint8; region `k` is drawn in `colors[k]`.
        colors: [K, 3], uint8, RGB.
        numbers: of each region, counted from 0, None for one without; 0, 1, ... if not given.
    """
    canvas = cv2.addWeighted(photograph, 0.5, colors[labels], 0.5, 0)
    scale = max(labels.shape) / 640
    for label in range(labels.max() + 1):
        number = label if numbers is None else numbers[label]
        if number is None or not (labels == label).any():
            continue
        # The number goes where the region is widest; the picture's border ends it as well.
        inside = np.pad((labels == label).astype(np.uint8), 1)
        depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
        _, _, _, (x, y) = cv2.minMaxLoc(depth)
        text = str(number + 1)
        (width, height), _ = cv2.getTextSize(text, FONT, scale, 1)
        at = (x - width // 2, y + height // 2)
        for color, thickness in ((INK, 4), ((255, 255, 255), 1.5)):
            line = max(1, round(thickness * scale))
            cv2.putText(canvas, text, at, FONT, scale, color, line, cv2.LINE_AA)
    return canvas


def draw_legend(sheet: np.ndarray, lines: Sequence[tuple[np.ndarray, str]]) -> np.ndarray:
    """Draw lines of text below a picture, each behind a patch of its color.

    Args:
        sheet: [H, W, 3], uint8, RGB; made wider with white if the lines need it.
        lines: a color, [3], uint8, RGB, and its text, for each.
    """
    step = 22
    width = max(sheet.shape[1], *(40 + _width(text) + GAP for _, text in lines))
    canvas = np.full((sheet.shape[0] + step * len(lines) + GAP, width, 3), 255, np.uint8)
    canvas[: sheet.shape[0], : sheet.shape[1]] = sheet
    for row, (color, text) in enumerate(lines):
        y = sheet.shape[0] + row * step
        cv2.rectangle(canvas, (GAP, y), (GAP + 20, y + 14), color.tolist(), cv2.FILLED)
        cv2.rectangle(canvas, (GAP, y), (GAP + 20, y + 14), INK, 1)
        _write(canvas, text, (40, y + 12))
    return canvas


def _width(text: str) -> int:
    return cv2.getTextSize(text, FONT, FONT_SCALE, 1)[0][0]


def _write(canvas: np.ndarray, text: str, at: tuple[int, int], scale: float = FONT_SCALE) -> None:
    cv2.putText(canvas, text, at, FONT, scale, INK, 1, cv2.LINE_AA)
