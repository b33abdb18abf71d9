"""Masks: where in the picture a style goes."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import cv2
import numpy as np
import tensorflow as tf

from neural_style.guidance.labels import hex_color
from neural_style.guidance.regions import flat_colors
from neural_style.images.picture import Picture, luminance, resize, same_aspect
from neural_style.images.read import read_picture
from neural_style.networks.layers import Blocks, stride
from neural_style.runtime.errors import StyleError

logger = logging.getLogger("neural_style")

MIN_LEVEL = 1 - 1e-3  # a mask that is nowhere as bright, of 255, is black but for rounding
OPAQUE = 0.9  # alpha above which a pixel is opaque; below 1 - OPAQUE it is clear
# A cut-out has at least this share of opaque and of clear pixels, and of its opaque ones less than
# that share is black or white, or of its few most frequent colors, in steps of some levels.
MIN_CUT_OUT, MAX_DRAWN = 0.01, 0.6
FEW_COLORS, COLOR_STEP = 8, 8
NEAR_BLACK = 26  # levels; so near to white as well
LABEL_MAP_SIZE = 512  # pixels on the longer side at which a mask is searched for flat colors
# The share of a position's receptive field that lies in its region, if it is inside.
INSIDE = 0.9


def load_mask(
    source: Any,
    sizes: tuple[tuple[int, int], ...],
    read: Callable[[Any, str], Picture] = read_picture,
) -> np.ndarray:
    """Read a mask: the brightness of any picture, white where the style goes.

    Of a photograph's cut-out, see `is_cut_out`, it is the alpha, and a line says so. Another line
    says if it looks like a label map.

    Args:
        source: a path, or an array as `picture.read_picture` takes it.
        sizes: (height, width) of the photograph, as it is and as it is reduced; the mask must
            have the aspect of one of them.
        read: reads a picture, given with its setting.

    Returns:
        [H, W], float32, [0, 255], of the mask's own size.

    Raises:
        StyleError: not readable, all black, or of another aspect.
    """
    name = "the array given" if hasattr(source, "__array__") else source
    picture = read(source, "style_mask_imgs")
    alpha = picture.alpha if is_cut_out(picture) else None
    mask = luminance(picture) if alpha is None else 255 * alpha
    if is_black(mask):
        raise StyleError(
            f"style_mask_imgs: {name} is all black, so its style would go nowhere: paint the "
            "area white"
        )
    if not same_aspect(picture.size, sizes):
        height, width = sizes[0]
        raise StyleError(
            f"style_mask_imgs: {name} is {picture.size[1]} x {picture.size[0]} pixels, the "
            f"photograph {width} x {height}: make a mask of the same proportions"
        )
    if alpha is not None:
        logger.info("style_mask_imgs: %s is a cut-out: its alpha is the mask", name)
    elif colors := _label_colors(picture):
        logger.warning(
            "style_mask_imgs: %s has areas of %s, as label maps have; a mask counts by its "
            "brightness alone: give it as -content_regions if its colours are meant as regions",
            *(name, colors),
        )
    return mask


def is_black(mask: np.ndarray) -> bool:
    """Tell whether a mask, [0, 255], has nothing but what rounding has left of black."""
    return bool(mask.max() < MIN_LEVEL)


def is_cut_out(picture: Picture) -> bool:
    """Tell whether a picture is a subject cut out of a photograph, on a clear ground.

    A mask that is drawn on a clear layer is none: most of it is black and white, or of few colors.
    """
    if picture.alpha is None:
        return False
    opaque = picture.alpha > OPAQUE
    clear = picture.alpha < 1 - OPAQUE
    if min(opaque.mean(), clear.mean()) < MIN_CUT_OUT:
        return False
    colors = picture.rgb[opaque]
    white_or_black = (colors.min(-1) > 255 - NEAR_BLACK) | (colors.max(-1) < NEAR_BLACK)
    steps = (np.minimum(colors, 255) / COLOR_STEP).astype(np.int32)
    _, counts = np.unique(steps @ np.array([4096, 64, 1], np.int32), return_counts=True)
    few_colors_share = np.sort(counts)[-FEW_COLORS:].sum() / len(steps)
    return bool(max(white_or_black.mean(), few_colors_share) < MAX_DRAWN)


def _label_colors(picture: Picture) -> str:
    """Name the colors of a mask that looks like a label map, or return an empty string."""
    rgb = picture.rgb
    if picture.alpha is not None:  # over black, as a mask counts
        rgb = np.maximum(rgb - 255 * (1 - picture.alpha[..., None]), 0)
    step = 1 + max(picture.size) // LABEL_MAP_SIZE
    colors = flat_colors(np.rint(rgb[::step, ::step]).astype(np.uint8))
    levels = colors.astype(int)
    not_black_or_white = (levels.min(-1) < 255 - NEAR_BLACK) & (levels.max(-1) > NEAR_BLACK)
    if len(colors) < 2 or not not_black_or_white.any():
        return ""
    return " ".join(map(hex_color, colors))


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
    soft: np.ndarray = cv2.GaussianBlur(
        resize(mask, size), (0, 0), width / 4, borderType=cv2.BORDER_REPLICATE
    )
    return soft


def covered(masks: Sequence[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """Return how much of each pixel masks cover together.

    Args:
        masks: [h, w] each, float32, not all 0, of any sizes; what is brightest in each is 1.
        size: height and width to bring them to.

    Returns:
        [H, W], float32, from 0 for nothing; above 1 where they overlap.
    """
    total: np.ndarray = sum(
        (resize(mask, size) / mask.max() for mask in masks), np.zeros(size, np.float32)
    )
    return total


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
    positions, this one keeps the positions with at least INSIDE of their receptive field in the
    region). A region too narrow for a layer is there as `region_at` has it.

    Args:
        region: [H, W], float32, [0, 1], not all 0.
        size: height and width of the picture that the layers see.
        layers: what each of them depends on. Of several of one size the deepest counts.
    """
    root = region_at(region)
    deepest_of_height: dict[int, Blocks] = {}
    for blocks in layers:
        layer_height = math.ceil(size[0] / stride(blocks))
        deepest = deepest_of_height.get(layer_height, blocks)
        deepest_of_height[layer_height] = max(deepest, blocks)

    def at(height: int, width: int) -> tf.Tensor:
        share = resize(region, size)  # of each position's receptive field
        for block, (convolutions, _) in enumerate(deepest_of_height[height]):
            if block:
                pooled = math.ceil(share.shape[0] / 2), math.ceil(share.shape[1] / 2)
                share = resize(share, pooled)
            for _ in range(convolutions):
                share = cv2.blur(share, (3, 3), borderType=cv2.BORDER_REPLICATE)
        is_inside = share >= INSIDE
        if not is_inside.any():
            return root(height, width)
        return root(height, width) * tf.cast(is_inside, tf.float32)

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
