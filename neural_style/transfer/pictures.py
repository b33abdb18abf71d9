"""The pictures of one transfer: read once, reducible to any size."""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neural_style.guidance.masks import feathered, is_black, load_mask
from neural_style.guidance.regions import Regions, load_regions
from neural_style.images.color import luminance_only
from neural_style.images.color_transfer import match_colors
from neural_style.images.picture import Picture, reduced_size, resize
from neural_style.images.read import find_picture, read_picture
from neural_style.networks.vgg import MEAN
from neural_style.runtime.errors import StyleError
from neural_style.runtime.memory import left
from neural_style.settings.config import Config
from neural_style.transfer.sources import read_source, say_if_not_enlarged

logger = logging.getLogger("neural_style")

Sizes = tuple[tuple[int, int], ...]
# The noise that a picture starts from is within so many grey levels of the mean colour.
NOISE = 20.0
# The deepest layers see one position for each 16 pixels.
MIN_SIDE = 16


@dataclass(frozen=True)
class Pictures:
    """The pictures of one transfer, all of one size.

    Attributes:
        content: the photograph, [H, W, 3], float32, [0, 255]; with `original_colors` it still has
            them.
        alpha: the photograph's, [H, W], or None.
        styles: [h, w, 3] each, of sizes of their own.
        masks: one for each style, [h, w] of any size, float32; None without masks.
        init: where the optimization starts.
        regions: the label maps, of any sizes; None without.
    """

    content: np.ndarray
    alpha: np.ndarray | None
    styles: tuple[np.ndarray, ...]
    masks: tuple[np.ndarray, ...] | None
    init: np.ndarray
    regions: Regions | None = None

    def reduced(self, size: tuple[int, int]) -> Pictures:
        """Return them at a smaller size; masks go from any size to the layers' by themselves."""
        alpha = None if self.alpha is None else resize(self.alpha, size)
        growth = np.divide(size, self.content.shape[:2])
        styles = tuple(_resized(style, growth * style.shape[:2]) for style in self.styles)
        content, init = resize(self.content, size), resize(self.init, size)
        return Pictures(content, alpha, styles, self.masks, init, self.regions)

    def by_name(self) -> dict[str, Picture]:
        """Return them by the names under which they are kept beside the result."""
        named = {"content": Picture(self.content, self.alpha), "init": Picture(self.init)}
        for k, style in enumerate(self.styles, 1):
            named[f"style_{k}"] = Picture(style)
        for k, mask in enumerate(self.masks or (), 1):
            named[f"mask_{k}"] = Picture(np.repeat(mask[..., None], 3, -1))
        if self.regions:
            sheet = self.regions.draw(self.content, self.styles)
            named["regions"] = Picture(sheet.astype(np.float32))
        return named


def load_pictures(config: Config) -> Pictures:
    """Read the pictures that a Config names, at the size of the transfer.

    Raises:
        StyleError: one is missing, unreadable or too small.
    """
    styles = [
        _read(config, source, config.style_imgs_dir, f"style_imgs[{k}]")
        for k, source in enumerate(config.style_imgs, 1)
    ]
    if config.content_img is not None:
        photograph = _read(config, config.content_img, config.content_img_dir, "content_img")
        say_if_not_enlarged(config, photograph.size)
    else:
        photograph = Picture(styles[0].rgb)  # for its size alone
    size = reduced_size(photograph.size, config.max_size)
    if min(size) < MIN_SIDE:
        raise StyleError(
            f"content_img: {photograph.size[1]} x {photograph.size[0]} pixels become "
            f"{size[1]} x {size[0]} at max_size {config.max_size}; each side must keep at least "
            f"{MIN_SIDE}: raise max_size, or cut the picture"
        )
    content = resize(photograph.rgb, size)
    alpha = None if photograph.alpha is None else resize(photograph.alpha, size)
    resized = _styles_at_size(config, [style.rgb for style in styles], size)
    if config.keeps_colors and matches_colors(config, "before"):
        resized = tuple(match_colors(style, [content], config.color_match) for style in resized)
    sizes = (photograph.size, size)
    masks = _load_masks(config, sizes) if config.style_mask else None
    regions = None
    if config.content_regions is not None:
        regions = _load_regions(config, sizes, [style.size for style in styles])
    init = _initial_image(config, content, resized)
    return Pictures(content, alpha, resized, masks, init, regions)


def _load_masks(config: Config, sizes: Sizes) -> tuple[np.ndarray, ...]:
    """Read one mask for each style; sizes are the photograph's, as it is and as it is reduced."""
    masks = tuple(
        load_mask(
            find_picture(source, config.content_img_dir, "style_mask_imgs"),
            sizes,
            functools.partial(_read_map, config),
        )
        for source in config.style_mask_imgs
    )
    if not config.mask_feather:
        return masks
    masks = tuple(feathered(mask, sizes[-1], config.mask_feather) for mask in masks)
    for number, mask in enumerate(masks, 1):
        if is_black(mask):
            raise StyleError(
                f"mask_feather: {config.mask_feather:g} pixels leave nothing of mask {number}: use "
                "fewer pixels, or paint a larger area"
            )
    return masks


def _load_regions(
    config: Config, sizes: Sizes, sizes_of_styles: Sequence[tuple[int, int]]
) -> Regions:
    """Read the label maps of the photograph and of each style."""
    maps = [
        find_picture(source, config.style_imgs_dir, "style_regions")
        for source in config.style_regions
    ]
    own = find_picture(config.content_regions, config.content_img_dir, "content_regions")
    return load_regions(
        (own, sizes),
        [(map_, (size,)) for map_, size in zip(maps, sizes_of_styles, strict=True)],
        functools.partial(_read_map, config),
    )


def _read_map(config: Config, source: Any, setting: str) -> Picture:
    """Read a mask or a label map within the memory that there is."""
    return read_picture(source, setting, left(config.max_memory_bytes), config.max_size)


def _read(config: Config, source: Any, folder: str, setting: str) -> Picture:
    picture = read_source(config, source, folder, setting)
    if min(picture.size) < MIN_SIDE:
        name = "the array" if hasattr(source, "__array__") else source
        raise StyleError(
            f"{setting}: {name} is {picture.size[1]} x {picture.size[0]} pixels; each side must "
            f"have at least {MIN_SIDE}: give a larger picture"
        )
    return picture


def _styles_at_size(
    config: Config, styles: list[np.ndarray], size: tuple[int, int]
) -> tuple[np.ndarray, ...]:
    """Return the styles at the sizes at which they are compared with a picture of a size."""
    scales = np.broadcast_to(config.style_scale or 1.0, len(styles))
    resized = []
    for style, scale in zip(styles, scales, strict=True):
        keeps = config.style_fit == "keep"
        fitted = np.multiply(style.shape[:2], max(size) / max(style.shape)) if keeps else size
        resized.append(_resized(style, np.multiply(fitted, scale)))
    return tuple(resized)


def _resized(picture: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return a picture at a size that is rounded, and no smaller than the network can see."""
    return resize(picture, tuple(max(MIN_SIDE, round(length)) for length in size))


def _initial_image(
    config: Config, content: np.ndarray, styles: tuple[np.ndarray, ...]
) -> np.ndarray:
    """Return where the optimization starts, [H, W, 3], float32."""
    source = config.init_img_type
    name = source if isinstance(source, str) else None
    if name == "content":
        init = content
    elif name == "style":
        if not styles:
            raise StyleError("init_img_type: style needs style_imgs; give one, or use content")
        init = resize(styles[0], content.shape[:2])
    elif name == "random":
        noise = np.random.default_rng(config.seed).uniform(-NOISE, NOISE, content.shape)
        noise = (noise + MEAN).astype(np.float32)
        init = config.noise_ratio * noise + (1 - config.noise_ratio) * content
    else:
        picture = _read(config, source, config.content_img_dir, "init_img_type")
        init = resize(picture.rgb, content.shape[:2])
    if luminance_alone(config):
        init = luminance_only(init, config.color_convert_type)
    return init.astype(np.float32, copy=False)


def luminance_alone(config: Config) -> bool:
    """Tell whether luminance alone is painted, and the photograph's chroma added to it then."""
    chroma_is_kept = config.keeps_colors and config.color_match == "auto"
    return chroma_is_kept and config.color_convert_time == "before"


def matches_colors(config: Config, time: str) -> bool:
    """Tell whether colours are matched then."""
    return config.color_match != "auto" and config.color_convert_time == time
