"""Pictures in memory: their sizes, their brightness, their way to whole numbers.

A picture is RGB, float32, in [0, 255], [H, W, 3], in sRGB. `read` makes one of a file or an
array, `write` a file of one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from neural_style.runtime.errors import StyleError

# A mask whose aspect differs by more than this was made for another picture.
ASPECT_TOLERANCE = 0.01

BLACK = 0.5  # levels that are rounded to black

# So many are converted at once: what is between takes little memory.
ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class Picture:
    """A picture in memory.

    Attributes:
        rgb: [H, W, 3], float32, [0, 255], over white where it was transparent.
        alpha: [H, W], float32, [0, 1], or None if it has no transparency.
    """

    rgb: np.ndarray
    alpha: np.ndarray | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.rgb.shape[0], self.rgb.shape[1]


def resize(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize [H, W] or [H, W, C] to (height, width) by area interpolation, as the report does."""
    if pixels.shape[:2] == tuple(size):
        return pixels
    return cv2.resize(pixels, (size[1], size[0]), interpolation=cv2.INTER_AREA)


def enlarge(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize [H, W, C] to a larger (height, width) by cubic interpolation; values may overshoot."""
    if pixels.shape[:2] == tuple(size):
        return pixels
    return cv2.resize(pixels, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)


def reduced_size(size: tuple[int, int], max_size: int) -> tuple[int, int]:
    """Return (height, width) reduced so that neither exceeds max_size; never enlarged.

    The shorter side is cut to whole pixels, as in the report.
    """
    height, width = size
    longest = max(height, width)
    if longest <= max_size:
        return size
    return max(1, int(height * max_size / longest)), max(1, int(width * max_size / longest))


def same_aspect(size: tuple[int, int], sizes: Iterable[tuple[int, int]]) -> bool:
    """Tell whether a mask or label map has the aspect of one of some (height, width)."""
    aspect = size[1] / size[0]
    return any(abs(aspect * h / w - 1) <= ASPECT_TOLERANCE for h, w in sizes)


def luminance(picture: Picture) -> np.ndarray:
    """Return the brightness [H, W] in [0, 255] (ITU-R BT.601), over black where transparent."""
    gray: np.ndarray = picture.rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    if picture.alpha is None:
        return gray
    over_black: np.ndarray = np.maximum(gray - 255 * (1 - picture.alpha), 0)  # rgb is over white
    return over_black


def is_finite(array: np.ndarray) -> bool:
    """Tell whether all values are finite, without an array of answers as large as a picture."""
    return bool(np.isfinite(array.min()) and np.isfinite(array.max()))


def shows(image: np.ndarray, photograph: np.ndarray) -> bool:
    """Tell whether an image can be shown: finite, and not black where the photograph is not."""
    return is_finite(image) and not image.max() < BLACK <= photograph.max()


def to_unit(rgb: np.ndarray) -> np.ndarray:
    """Return levels in [0, 255] as float32 in [0, 1], which OpenCV's conversions take.

    What lies outside is cut off.
    """
    unit: np.ndarray = np.clip(rgb, 0, 255).astype(np.float32) / np.float32(255)
    return unit


def to_pixels(picture: Picture, bits: int = 8) -> np.ndarray:
    """Return the picture rounded to uint8 or uint16, [H, W, 3], or [H, W, 4] with its alpha.

    With alpha, the white that a Picture lies over is taken out of the colors again, so that over
    white a viewer shows the Picture as it is.

    Raises:
        StyleError: it holds values that are not finite.
    """
    if not is_finite(picture.rgb):
        raise StyleError(
            "the picture holds values that are not finite and was not saved: use smaller weights"
        )
    white, dtype = {8: (255, np.uint8), 16: (65535, np.uint16)}[bits]
    channels = 3 if picture.alpha is None else 4
    pixels = np.empty((*picture.size, channels), dtype)
    for first in range(0, len(pixels), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        values = picture.rgb[rows] / np.float32(255)
        if picture.alpha is not None:
            alpha = picture.alpha[rows, :, None]
            # What is all but clear has no color to speak of; the floor keeps its division in
            # range.
            values = 1 - (1 - values) / np.maximum(alpha, np.float32(1 / 255))
            values = np.concatenate([values, alpha], -1)
        pixels[rows] = np.rint(np.clip(values, 0, 1) * white)
    return pixels
