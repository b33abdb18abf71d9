"""A style with its mask and its weight in one entry of style_imgs: `style@mask:weight`."""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

from neural_style.runtime.errors import StyleError
from neural_style.settings.fields import Array

# The style ends like a file (.jpg), so the @ of me@home/sky.jpg separates nothing.
_SHORT_FORM = re.compile(
    r"(?P<style>.+?\.\w+)(@(?P<mask>.+?))?(:(?P<weight>[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?))?",
    re.IGNORECASE,
)


class _Entry(NamedTuple):
    style: Any
    mask: str | None = None
    weight: str | None = None


def expand(styles: Any, masks: Any, weights: Any, folder: str) -> dict[str, Any]:
    """Return the settings that the entries of style_imgs stand for.

    Args:
        styles: style_imgs as received: one, or a list, of paths, short forms and arrays.
        masks: style_mask_imgs as received.
        weights: style_imgs_weights as received.
        folder: style_imgs_dir. A file there, or in the working folder, of the very
            name of an entry is a style without mask and weight.

    Returns:
        style_imgs; with masks style_mask and style_mask_imgs; with weights style_imgs_weights, 1
        where an entry has none.

    Raises:
        StyleError: masks or weights are received in both ways, or only some entries have a mask.
    """
    styles = styles if isinstance(styles, list | tuple) else (styles,)
    entries = [_parse(style, folder) for style in styles]
    entry_masks = tuple(entry.mask for entry in entries if entry.mask)
    entry_weights = tuple(entry.weight for entry in entries if entry.weight)
    if entry_masks and (isinstance(masks, Array) or masks):
        raise _given_twice("style_mask_imgs", entry_masks[0])
    if entry_weights and weights:
        raise _given_twice("style_imgs_weights", entry_weights[0])
    if entry_masks and len(entry_masks) < len(entries):
        bare = next(entry.style for entry in entries if not entry.mask)
        raise StyleError(
            f"style_imgs: received {bare} without a mask beside styles with one; give each its "
            "mask, as in stone.jpg@rest.png"
        )
    settings: dict[str, Any] = {"style_imgs": tuple(entry.style for entry in entries)}
    if entry_masks:
        settings |= {"style_mask": True, "style_mask_imgs": entry_masks}
    if entry_weights:
        settings["style_imgs_weights"] = tuple(entry.weight or "1" for entry in entries)
    return settings


def _parse(style: Any, folder: str) -> _Entry:
    match = _SHORT_FORM.fullmatch(style) if isinstance(style, str) else None
    if not match or not (match["mask"] or match["weight"]):
        return _Entry(style)
    path = os.path.expanduser(style)
    folders = ("", os.path.expanduser(folder))
    if any(os.path.isfile(os.path.join(parent, path)) for parent in folders):
        return _Entry(style)
    return _Entry(match["style"], match["mask"], match["weight"])


def _given_twice(name: str, value: str) -> StyleError:
    return StyleError(
        f"{name} is given, and style_imgs has {value} for it too: give it in one place"
    )
