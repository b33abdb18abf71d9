"""The colours alone: the photograph in those of the styles, without strokes or a network."""

from __future__ import annotations

import numpy as np

from neural_style.images.color_transfer import match_colors
from neural_style.images.picture import Picture, reduced_size, resize, shows
from neural_style.runtime.errors import StyleError
from neural_style.settings.config import Config
from neural_style.transfer.result import Result
from neural_style.transfer.sources import read_source, say_if_not_enlarged


def recolor(config: Config) -> Result:
    """Give the photograph the colours of the styles, as `transfer` color means it.

    Args:
        config: names the pictures, the styles' weights, max_size and color_match.

    Returns:
        The Result, with an empty history: nothing is optimised.

    Raises:
        StyleError: a picture is missing or unreadable, or the styles are black.
    """
    photograph = _read(config, config.content_img, config.content_img_dir, "content_img")
    styles = [
        _read(config, source, config.style_imgs_dir, f"style_imgs[{k}]")
        for k, source in enumerate(config.style_imgs, 1)
    ]
    method = "linear" if config.color_match == "auto" else config.color_match
    references = [style.rgb for style in styles]
    image = match_colors(photograph.rgb, references, method, config.style_imgs_weights)
    check_colors_taken(image, photograph.rgb)
    inputs = {"content": photograph}
    inputs |= {f"style_{k}": Picture(style.rgb) for k, style in enumerate(styles, 1)}
    return Result(Picture(image, photograph.alpha), config, (), inputs)


def check_colors_taken(image: np.ndarray, photograph: np.ndarray) -> None:
    """Raise a StyleError if a picture has become black by the styles' colours, as they have none.

    Args:
        image: [H, W, 3], float32, [0, 255], with the styles' colours.
        photograph: what it was before.
    """
    if not shows(image, photograph):
        raise StyleError(
            "style_imgs: with their colours nothing but black is left of the picture: give a style "
            "that is not black"
        )


def _read(config: Config, source: object, folder: str, setting: str) -> Picture:
    picture = read_source(config, source, folder, setting)
    if setting == "content_img":
        say_if_not_enlarged(config, picture.size)
    size = reduced_size(picture.size, config.max_size)
    alpha = None if picture.alpha is None else resize(picture.alpha, size)
    return Picture(resize(picture.rgb, size), alpha)
