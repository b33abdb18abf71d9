"""Masks: where in the picture a style goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from neural_style.errors import StyleError
from neural_style.images import luminance, read_picture, resize

# A mask whose aspect differs by more than this was made for another picture.
ASPECT_TOLERANCE = 0.01


def load_mask(source: Any, sizes: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Read a mask: the brightness of any picture, white where the style goes.

    Args:
        source: a path, or an array as `images.read_picture` takes it.
        sizes: (height, width) of the photograph, as it is and as it is reduced; the mask must
            have the aspect of one of them.

    Returns:
        [H, W], float32, [0, 255], of the mask's own size.

    Raises:
        StyleError: not readable, all black, or of another aspect.
    """
    name = "the array given" if hasattr(source, "__array__") else source
    mask = luminance(read_picture(source, "style_mask_imgs"))
    if mask.max() <= 0:
        raise StyleError(
            f"style_mask_imgs: {name} is all black, so its style would go nowhere: paint the "
            "area white"
        )
    aspect = mask.shape[1] / mask.shape[0]
    if all(abs(aspect * h / w - 1) > ASPECT_TOLERANCE for h, w in sizes):
        height, width = sizes[0]
        raise StyleError(
            f"style_mask_imgs: {name} is {mask.shape[1]} x {mask.shape[0]} pixels, the photograph "
            f"{width} x {height}: make a mask of the same proportions"
        )
    return mask


def mask_at(mask: np.ndarray) -> Callable[[int, int], tf.Tensor]:
    """Return a function from a layer's height and width to the mask there.

    As in the report, the mask is resized by area from its own size and divided by its maximum
    there, so that a small one still reaches 1. (The report rounds to whole grey levels between
    the two, which changes losses by 1e-4 or so.)

    Args:
        mask: [H, W], float32, not all 0.

    Returns:
        A function (h, w) to [h, w], float32, [0, 1].
    """

    def at(height: int, width: int) -> tf.Tensor:
        resized = resize(mask, (height, width))
        return tf.constant(resized / resized.max())

    return at
