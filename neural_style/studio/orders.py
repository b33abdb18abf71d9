"""What a visitor orders: pictures, what goes where, settings; and the Config that comes of it.

The page and the API both make an Order; `config_of` keeps its pictures among the visitor's and
checks the rest. `order_of` is the way back, from the settings in an earlier result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from neural_style.runtime.errors import StyleError, shown
from neural_style.settings.config import FIELDS, Config
from neural_style.settings.fields import convert
from neural_style.settings.files import load_settings
from neural_style.studio import controls

# Where styles go.
EVERYWHERE, MASKS, REGIONS = "everywhere", "masks", "regions"


@dataclass(frozen=True)
class StyleOrder:
    """A style, and what is said of it.

    Attributes:
        picture: a path.
        weight: relative to the other styles'.
        scale: of its strokes.
        layers: names with commas between them; empty for all.
        mask: a path, where it goes; None if nothing was said.
        regions: a path, its label map.
    """

    picture: str
    weight: float = 1.0
    scale: float = 1.0
    layers: str = ""
    mask: str | None = None
    regions: str | None = None


@dataclass(frozen=True)
class Order:
    """All that a picture is to be painted from.

    Attributes:
        photograph: a path.
        styles: at least one, to be painted.
        where: EVERYWHERE, MASKS or REGIONS.
        regions: a path, the photograph's label map.
        settings: others of Config, by name, as Config takes them.
    """

    photograph: str | None = None
    styles: tuple[StyleOrder, ...] = ()
    where: str = EVERYWHERE
    regions: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def config_of(order: Order, keep: Callable[[str], str]) -> Config:
    """Return the Config to paint an order by.

    Args:
        order: what is wanted.
        keep: keeps a picture among the visitor's own, and returns its path there.

    Raises:
        StyleError: something is missing, is not allowed, or is no picture.
    """
    if not order.photograph:
        raise StyleError("Photograph: there is none yet; upload one, or take a sample")
    if not order.styles:
        raise StyleError("Style 1: there is none yet; upload a picture, or take a sample")

    settings = dict(order.settings)
    settings["content_img"] = keep(order.photograph)
    settings["style_imgs"] = [keep(style.picture) for style in order.styles]
    settings |= _style_settings(order)
    if order.where == MASKS:
        settings |= _mask_settings(order, keep)
    elif order.where == REGIONS:
        settings |= _region_settings(order, keep)
    elif order.where != EVERYWHERE:
        raise StyleError(
            f"where: received {shown(order.where)}, allowed are {EVERYWHERE}, {MASKS} and {REGIONS}"
        )
    return Config(**settings)


def _style_settings(order: Order) -> dict[str, Any]:
    """Return what the styles' own places say, where it is not the default."""
    settings: dict[str, Any] = {}
    for name, values in {
        "style_imgs_weights": [style.weight for style in order.styles],
        "style_scale": [style.scale for style in order.styles],
    }.items():
        if any(value != 1 for value in values):
            settings[name] = values
    if any(style.layers for style in order.styles):
        field = FIELDS["style_layers"]
        all_layers = ",".join(convert(field, order.settings.get(field.name, field.default)))
        settings["style_imgs_layers"] = [style.layers or all_layers for style in order.styles]
    return settings


def _mask_settings(order: Order, keep: Callable[[str], str]) -> dict[str, Any]:
    masks = []
    for number, style in enumerate(order.styles, 1):
        if not style.mask:
            raise StyleError(f"Style {number} has no mask: make one, or let styles go everywhere")
        masks.append(style.mask)
    return {"style_mask": True, "style_mask_imgs": [keep(mask) for mask in masks]}


def _region_settings(order: Order, keep: Callable[[str], str]) -> dict[str, Any]:
    regions = []
    for number, style in enumerate(order.styles, 1):
        if not (order.regions and style.regions):
            raise StyleError(
                f"Style {number} or the photograph has no regions: find them, or let styles go "
                "everywhere"
            )
        regions.append(style.regions)
    return {
        "content_regions": keep(order.regions),
        "style_regions": [keep(path) for path in regions],
    }


def order_of(picture: Path, find: Callable[[str], str | None]) -> tuple[Order, list[str]]:
    """Return what an earlier result was ordered as.

    Args:
        picture: the result; its settings are in it.
        find: maps the name of a picture in the settings to a path of this visitor's, or None.

    Returns:
        The order, and the names of pictures that are not to be found any more.

    Raises:
        StyleError: it holds no settings, or some that are not allowed.
    """
    settings = load_settings(picture, FIELDS)
    # What the names of pictures are is not asked here, and they lead nowhere.
    config = replace(Config(**settings), content_img_dir="", style_imgs_dir="")
    missing: list[str] = []

    def path_of(name: Any) -> str | None:
        path = None if name is None else find(Path(str(name)).name)
        if path is None and name is not None:
            missing.append(Path(str(name)).name[:100])
        return path

    count = len(config.style_imgs)
    weights = config.style_imgs_weights or (1.0,) * count
    scales = config.style_scale or (1.0,)
    styles = tuple(
        StyleOrder(
            picture=path_of(config.style_imgs[k]) or "",
            weight=weights[k],
            scale=scales[k % len(scales)],
            layers=config.style_imgs_layers[k] if config.style_imgs_layers else "",
            mask=path_of(config.style_mask_imgs[k]) if config.style_mask else None,
            regions=path_of(config.style_regions[k]) if config.style_regions else None,
        )
        for k in range(count)
    )
    where = MASKS if config.style_mask else REGIONS if config.style_regions else EVERYWHERE
    order = Order(
        photograph=path_of(config.content_img),
        styles=styles,
        where=where,
        regions=path_of(config.content_regions),
        settings={name: getattr(config, name) for name in controls.names()},
    )
    for name, value in order.settings.items():
        controls.parse(name, value)
    return order, missing
