"""What each layer keeps of a picture: the paper's figure 1.

From noise, pictures are found whose activations in one layer equal the picture's (content), or
whose Gram matrices in one or more layers do (style).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neural_style.runtime.errors import StyleError
from neural_style.settings.config import Config

if TYPE_CHECKING:  # the command line reads its flags without TensorFlow
    from neural_style.transfer.result import Result

# The figure's layers: a to e.
CONTENT_LAYERS = ("conv1_2", "conv2_2", "conv3_2", "conv4_2", "conv5_2")
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
# What each reconstruction sets by itself.
OWN = (
    *("content_img", "style_imgs", "style_imgs_dir"),
    *("content_layers", "style_layers"),
)
PRESETS = ("reconstruct_content", "reconstruct_style")


def reconstructions(picture: str, **settings: object) -> Iterator[tuple[str, Config]]:
    """Yield a name and the Config of each of the figure's ten reconstructions.

    Args:
        picture: a path, or a name in content_img_dir.
        **settings: override those of the presets `reconstruct_content` and `reconstruct_style`; not
            OWN, which each of the ten sets by itself.

    Raises:
        StyleError: one of OWN is among the settings, or a value is not allowed.
    """
    for name in OWN:
        if name in settings:
            raise StyleError(
                f"{name}: reconstruct paints one picture by layers of its own and sets {name} "
                "itself: drop it, or paint with the preset reconstruct_content or reconstruct_style"
            )
    for layer in CONTENT_LAYERS:
        own = {"content_img": picture, "content_layers": [layer]}
        yield f"content {layer}", Config.load(PRESETS[0], **settings, **own)
    # A style is looked up in its own folder; here it is the same picture.
    folder = settings.get("content_img_dir", Config.content_img_dir)
    for count in range(1, len(STYLE_LAYERS) + 1):
        own = {"style_imgs": [picture], "style_imgs_dir": folder}
        own["style_layers"] = STYLE_LAYERS[:count]
        name = f"style to {STYLE_LAYERS[count - 1]}"
        yield name, Config.load(PRESETS[1], **settings, **own)


def sheet_rows(
    results: Sequence[tuple[str, Result]],
) -> list[list[tuple[str, np.ndarray]]]:
    """Return the figure's rows for `drawing.draw_sheet`: style above, content below."""
    return [
        [(name, result.image) for name, result in results if name.startswith(kind)]
        for kind in ("style", "content")
    ]
