"""Make masks of a photograph: of a subject, or of its regions."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neural_style.commands.command import Command
from neural_style.commands.flags import add_fields
from neural_style.commands.messages import loading, messages
from neural_style.commands.parser import Parser
from neural_style.commands.writing import code_of, written
from neural_style.settings.config import FIELDS, Config

if TYPE_CHECKING:  # loads the picture libraries
    from neural_style.guidance.requests import Request
    from neural_style.guidance.segmentation import MaskPicture

DESCRIPTION = """\
Make masks of a photograph, and an overlay to look at: of a subject (by -box, by -foreground and
-background, or by a box and strokes), or of its regions (by -clusters, or by -match, which makes
those of another picture as well; it alone uses the network). They have the photograph's size and
name: lake_mask.png, lake_labels.png.

  neural_style mask still_life.jpg -box 30,110,660,490
  neural_style mask lake.jpg -foreground lake_sky_strokes.png -background lake_ground_strokes.png
  neural_style mask lake.jpg -clusters 5
  neural_style mask lake.jpg -match wave.jpg"""
# Its own flags, and the settings that it takes as a transfer does.
OWN = {
    "box": ("X,Y,W,H", "box around the subject: left, top, width, height in its pixels"),
    "foreground": ("PICTURE", "strokes on the subject: opaque on transparent, or white on black"),
    "background": ("PICTURE", "strokes on what is not the subject"),
    "clusters": ("N", "how many regions of like colour, texture and place, 2 to 16"),
    "match": (
        "PICTURE",
        "label maps of the photograph and this picture, of regions that both have: of clusters "
        "regions, or as many as they share; a path, or a name in style_imgs_dir",
    ),
    "img_name": (
        "NAME",
        "name of the result and its folder; .png or .tif may be added (default: the photograph's, "
        "and _mask or _labels)",
    ),
}
SETTINGS = (
    "content_img_dir",
    "style_imgs_dir",
    "max_size",
    "img_output_dir",
    "overwrite",
    "network",
    "model_weights",
    "pooling_type",
    "device",
    "precision",
    "quiet",
    "verbose",
)


def add_flags(parser: Parser) -> None:
    """Add OWN, the photograph, and SETTINGS."""
    for name, (metavar, text) in OWN.items():
        parser.add(name, metavar=metavar, help=text)
    parser.add_operand("picture", "a path, or a name in content_img_dir")
    add_fields(parser, [FIELDS[name] for name in SETTINGS])


def read(values: dict[str, Any]) -> tuple[Request, Config]:
    """Return what to make masks from, and the settings of the photograph and the result."""
    from neural_style.guidance.requests import Request

    names = [field.name for field in dataclasses.fields(Request)]
    request = Request(**{name: values.pop(name) for name in names if name in values})
    picture = values.pop("picture")
    kind = "labels" if request.divides else "mask"
    named = {"img_name": f"{Path(picture).stem}_{kind}"} | values
    return request, Config(content_img=picture, style_weight=0, **named)


def run(order: tuple[Request, Config]) -> int:
    """Make the masks, write them and print where they are and what is on them."""
    request, config = order
    with messages(config.quiet, config.verbose):
        with loading(config.verbose):
            from neural_style.transfer.result import ResultFolder
        masks = _make_masks(request, config)
        folder = ResultFolder(config)
        parts = [(ending, picture) for ending, _, picture in masks]
        paths = written(folder, lambda: folder.write_parts(parts))
    width = max(len(str(path)) for path in paths)
    for path, (_, remark, _) in zip(paths, masks, strict=True):
        print(f"{path!s:{width}}  {remark}")
    return code_of(folder)


def _make_masks(request: Request, config: Config) -> list[MaskPicture]:
    """Return the masks: the ending of each one's name, a remark and its pixels."""
    with loading(config.verbose):
        from neural_style.guidance.segmentation import check_mask_name, make_masks
        from neural_style.images.read import find_picture

        if request.match is not None:  # loads TensorFlow
            from neural_style.guidance.matching import match_masks
    check_mask_name(config.img_name)
    photograph = find_picture(config.content_img, config.content_img_dir, "picture")
    request = request.with_paths(config.content_img_dir, config.style_imgs_dir)
    if request.match is None:
        return make_masks(photograph, request, config.max_size)
    network = config.network_spec()
    return match_masks(photograph, request, config.max_size, network, config.device)


COMMAND = Command(
    name="mask",
    usage="neural_style mask PICTURE [flags]",
    description=DESCRIPTION,
    title="What to make masks from",
    add_flags=add_flags,
    read=read,
    run=run,
    overview="neural_style mask lake.jpg -clusters 5    masks of its regions; -box x,y,w,h for a "
    "subject's",
)
