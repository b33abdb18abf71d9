"""Draw what each layer keeps of a picture: the paper's figure 1.

From noise, pictures are found whose activations in one layer equal the picture's (content), or
whose Gram matrices in one or more layers do (style).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from neural_style.commands.command import Command
from neural_style.commands.flags import SOURCES_TITLE, add_settings, pop_sources
from neural_style.commands.messages import messages
from neural_style.commands.painting import Cell, check_resume, paint_sheet
from neural_style.commands.parser import Parser
from neural_style.runtime.errors import StyleError
from neural_style.settings.config import FIELDS, Config
from neural_style.settings.files import load_settings

DESCRIPTION = """\
Draw the sheet of what each layer keeps of one picture, as style and as content (the paper's
figure 1). The settings are those of the presets reconstruct_style and reconstruct_content, and
the flags given here."""
# The figure's layers: a to e.
CONTENT_LAYERS = ("conv1_2", "conv2_2", "conv3_2", "conv4_2", "conv5_2")
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
# What each reconstruction sets by itself.
OWN = (
    *("content_img", "style_imgs", "style_imgs_dir"),
    *("content_layers", "style_layers"),
)
PRESETS = ("reconstruct_content", "reconstruct_style")


def add_flags(parser: Parser) -> None:
    """Add the flags of a transfer, and the picture."""
    add_settings(parser)
    parser.add_operand("picture", "a path, or a name in content_img_dir")


def read(values: dict[str, Any]) -> list[list[Cell]]:
    """Return the cells of the figure: style above, content below."""
    settings: dict[str, Any] = {"img_name": "reconstruction"}
    for source in pop_sources(values):
        settings |= load_settings(source, FIELDS)
    cells = list(reconstructions(**(settings | values)))
    check_resume("reconstruct", cells[0][1])
    return [[cell for cell in cells if cell[0].startswith(kind)] for kind in ("style", "content")]


def run(rows: list[list[Cell]]) -> int:
    """Paint the figure and write it; return the exit code."""
    config = rows[0][0][1]
    with messages(config.quiet, config.verbose):
        return paint_sheet(rows)


def reconstructions(picture: str, **settings: object) -> Iterator[Cell]:
    """Yield a caption and the Config of each of the figure's ten reconstructions.

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
        own: dict[str, Any] = {"content_img": picture, "content_layers": [layer]}
        yield f"content {layer}", Config.load(PRESETS[0], **settings, **own)
    # A style is looked up in its own folder; here it is the same picture.
    folder = settings.get("content_img_dir", Config.content_img_dir)
    for count in range(1, len(STYLE_LAYERS) + 1):
        own = {"style_imgs": [picture], "style_imgs_dir": folder}
        own["style_layers"] = STYLE_LAYERS[:count]
        name = f"style to {STYLE_LAYERS[count - 1]}"
        yield name, Config.load(PRESETS[1], **settings, **own)


COMMAND = Command(
    name="reconstruct",
    usage="neural_style reconstruct PICTURE [flags]",
    description=DESCRIPTION,
    title=SOURCES_TITLE,
    add_flags=add_flags,
    read=read,
    run=run,
    overview="neural_style reconstruct lake.jpg    what each layer of the network keeps of one "
    "picture",
)
