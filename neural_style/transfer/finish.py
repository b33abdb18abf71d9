"""From the image of an optimizer to the picture that is shown."""

from __future__ import annotations

import numpy as np

from neural_style.guidance.masks import covered
from neural_style.images.color import keep_colors
from neural_style.images.color_transfer import match_colors
from neural_style.images.picture import Picture, enlarge, shows
from neural_style.runtime.errors import StyleError
from neural_style.settings.config import Config
from neural_style.transfer.pictures import Pictures, matches_colors
from neural_style.transfer.recolor import check_colors_taken


def finish(config: Config, pictures: Pictures, image: np.ndarray) -> Picture:
    """Return an image of the optimizer as a picture: full size, in range, recoloured, with alpha.

    With `keep_background` it comes to lie on the photograph at the very end.

    Raises:
        StyleError: nothing of it can be shown: values that are not finite, or black alone.
    """
    if not shows(image, pictures.content):
        raise StyleError(
            "the optimization left no picture, only black or values that are not finite: use "
            "smaller weights or a smaller learning_rate"
        )
    image = np.clip(enlarge(image, pictures.content.shape[:2]), 0, 255)
    if config.keeps_colors and config.color_match == "auto" and config.content_img is not None:
        image = keep_colors(image, pictures.content, config.color_convert_type)
    elif matches_colors(config, "after"):
        references = [pictures.content] if config.keeps_colors else pictures.styles
        weights = () if config.keeps_colors else config.style_imgs_weights
        image = match_colors(image, references, config.color_match, weights)
        check_colors_taken(image, pictures.content)
    if config.keep_background:
        content = pictures.content
        painted = np.minimum(covered(pictures.masks, content.shape[:2]), 1)[..., None]
        image = content + painted * (image - content)  # where painted is 0, exactly
    return Picture(image, pictures.alpha)
