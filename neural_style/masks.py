"""Masks: where in the picture a style goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import cv2
import numpy as np
import tensorflow as tf

from neural_style.errors import StyleError
from neural_style.images import luminance, resize, same_aspect
from neural_style.layers import Blocks, stride
from neural_style.reading import read_picture

# So much of what a position sees lies in its region, if it is inside.
INSIDE = 0.9


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
    if not same_aspect(mask.shape, sizes):
        height, width = sizes[0]
        raise StyleError(
            f"style_mask_imgs: {name} is {mask.shape[1]} x {mask.shape[0]} pixels, the photograph "
            f"{width} x {height}: make a mask of the same proportions"
        )
    return mask


def feathered(mask: np.ndarray, size: tuple[int, int], width: float) -> np.ndarray:
    """Return a mask with soft edges, at a size.

    A Gaussian of standard deviation `width` / 4: 95 % of a straight edge's step lie within `width`
    pixels, half of them on either side, so masks that complement each other still do. Beyond the
    picture's border the mask goes on as it ends.

    Args:
        mask: [h, w], float32.
        size: (height, width) to bring it to before.
        width: of the soft edge, in pixels of that size, above 0.

    Returns:
        [H, W], float32.
    """
    deviation = (width / 4, width / 4)
    return cv2.GaussianBlur(resize(mask, size), (0, 0), *deviation, borderType=cv2.BORDER_REPLICATE)


def covered(masks: Sequence[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """Return how much of each pixel masks cover together.

    Args:
        masks: [h, w] each, float32, not all 0, of any sizes; what is brightest in each is 1.
        size: height and width to bring them to.

    Returns:
        [H, W], float32, from 0 for nothing; above 1 where they overlap.
    """
    return sum(resize(mask, size) / mask.max() for mask in masks)


def coverage(masks: Sequence[np.ndarray], size: tuple[int, int]) -> str:
    """Say in percent of the picture where masks overlap and what none covers.

    Grey counts in proportion: of masks that sum to 1 everywhere, neither is any.

    Args:
        masks: see `covered`.
        size: (height, width) at which they are compared.
    """
    total = covered(masks, size)
    overlap = 100 * np.clip(total - 1, 0, 1).mean()
    uncovered = 100 * np.clip(1 - total, 0, 1).mean()
    return f"overlap on {overlap:.1f} % of the picture, {uncovered:.1f} % are covered by none"


def region_at(region: np.ndarray) -> Callable[[int, int], tf.Tensor]:
    """Return a function from a layer's height and width to the mask of a region there.

    It is the root of the share that the region has of each position, so that squares count areas:
    the Gram matrices under the masks of regions that divide a picture add up to the picture's own,
    at every layer.

    Args:
        region: [H, W], float32, [0, 1], not all 0.

    Returns:
        A function (h, w) to [h, w], float32, [0, 1].
    """

    def at(height: int, width: int) -> tf.Tensor:
        return tf.constant(np.sqrt(resize(region, (height, width))))

    return at


def inside_at(
    region: np.ndarray, size: tuple[int, int], layers: Iterable[Blocks]
) -> Callable[[int, int], tf.Tensor]:
    """Return the same as `region_at`, without positions that see much of other regions.

    The region goes through the layers as the picture does: each convolution averages 3 x 3
    positions, each pooling 2 x 2. Where it is left with less than INSIDE, the mask is 0 (Gatys et
    al. 2017, section 4, have guidance "inside" of a region; their program widens it again by three
    positions, this one takes most for all). A region too narrow for a layer is there as
    `region_at` has it.

    Args:
        region: [H, W], float32, [0, 1], not all 0.
        size: height and width of the picture that the layers see.
        layers: what each of them depends on. Of several of one size the deepest counts.
    """
    root = region_at(region)
    deepest = {-(-size[0] // stride(blocks)): blocks for blocks in sorted(layers)}

    def at(height: int, width: int) -> tf.Tensor:
        seen = resize(region, size)
        for block, (convolutions, _) in enumerate(deepest[height]):
            if block:
                seen = resize(seen, (-(-seen.shape[0] // 2), -(-seen.shape[1] // 2)))
            for _ in range(convolutions):
                seen = cv2.blur(seen, (3, 3), borderType=cv2.BORDER_REPLICATE)
        inside = tf.cast(seen >= INSIDE, tf.float32)
        return root(height, width) * (inside if tf.reduce_any(inside > 0) else 1.0)

    return at


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
