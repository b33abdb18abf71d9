"""The controls of the page, each made of one of Config's fields: its name, help, default, choices.

A control shows a setting as a person reads it, several values with spaces between them; `parse`
turns that back into what Config takes. What Config allows is checked by Config alone.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

import gradio as gr

from neural_style.runtime.errors import StyleError
from neural_style.runtime.errors import shown as quoted
from neural_style.settings.config import BALANCE, FIELDS, Config
from neural_style.settings.fields import kind_of
from neural_style.settings.files import load_settings, preset_names

# In plain words, where a setting's name is not.
LABELS = {
    "strength": "Strength from 0 to 100",
    "content_weight": "Content strength",
    "style_weight": "Style strength",
    "tv_weight": "Smoothness",
    "max_size": "Size in pixels",
    "max_iterations": "Iterations",
    "transfer": "Colours",
}
PLAIN_CHOICES = {
    "transfer": {
        "both": "the style's strokes and colours",
        "style": "the style's strokes, the photograph's colours",
        "color": "the style's colours alone",
    }
}
SLIDERS = ("mask_feather",)
# Where Config takes a path, the page takes only these: no file of the server's is read by name.
ONLY = {
    "model_weights": ("auto", "imagenet", "compact"),
    "draft_weights": ("", "imagenet", "compact"),
    "init_img_type": ("content", "style", "random"),
}
FIRST = (
    *("max_size", "max_iterations", "strength", "style_weight", "content_weight", "tv_weight"),
    "transfer",
)
# What the styles' own places on the page say.
OF_STYLES = {"style_imgs_weights": "Weight", "style_scale": "Scale", "style_imgs_layers": "Layers"}
MASKS = ("mask_feather", "mask_normalization", "keep_background", "region_boundary")
# What is no control: pictures, which have places of their own, and what the server decides.
PICTURES = (
    *("content_img", "style_imgs", "style_mask", "style_mask_imgs", "content_regions"),
    *("style_regions", "content_img_dir", "style_imgs_dir"),
)
OF_SERVER = ("device",)
# Those that paint from a photograph and styles, and ask for no masks of their own.
PRESETS = tuple(
    name for name in preset_names() if not name.startswith("reconstruct") and name != "masked"
)


def advanced() -> dict[str, list[str]]:
    """Return the names of the settings that are for those who know them, by their groups."""
    taken = {*FIRST, *MASKS, *OF_STYLES, *PICTURES, *OF_SERVER}
    groups: dict[str, list[str]] = {}
    for name, field in FIELDS.items():
        group = field.metadata["group"]
        if name not in taken and group != "Result" and not field.metadata.get("of_run"):
            groups.setdefault(group, []).append(name)
    return groups


def names() -> list[str]:
    """Return the names of all settings that have a control of their own."""
    return [*FIRST, *MASKS, *(name for group in advanced().values() for name in group)]


def control(name: str) -> gr.components.Component:
    """Return the control of a setting, with its default."""
    field = FIELDS[name]
    kind, several = kind_of(field)
    words = {
        "label": label(name),
        "info": field.metadata["help"],
        "value": shown(name, field.default),
    }
    choices = ONLY.get(name) or field.metadata.get("choices")
    if choices and kind is not int:
        plain = PLAIN_CHOICES.get(name, {})
        pairs = [(plain.get(choice, choice or "none"), choice) for choice in choices]
        return gr.Dropdown(pairs, **words)
    if kind is bool:
        return gr.Checkbox(**words)
    if name in SLIDERS:
        limits = field.metadata
        return gr.Slider(limits["min"], limits["max"], step=1, **words)
    if several or kind is str or field.default is None:  # an empty gr.Number would be 0
        return gr.Textbox(**words, max_lines=1, max_length=1000)
    return gr.Number(**words, precision=0 if kind is int else None)


def label(name: str) -> str:
    """Return a setting's name as a label."""
    return LABELS.get(name) or name.replace("_", " ").replace("img ", "picture ").capitalize()


def shown(name: str, value: Any) -> Any:
    """Return a setting's value as its control shows it."""
    if kind_of(FIELDS[name])[1]:
        return shlex.join(map(str, value))
    return "" if value is None else value


def parse(name: str, value: Any) -> Any:
    """Return what a control shows as Config takes it.

    Raises:
        StyleError: a quote without its end; or a name that the page does not allow.
    """
    field = FIELDS[name]
    if value is None or (value == "" and kind_of(field)[0] in (int, float)):
        return field.default
    if name in ONLY and value not in ONLY[name]:
        allowed = ", ".join(choice or "none" for choice in ONLY[name])
        raise StyleError(f"{name}: received {quoted(value)}, allowed here are {allowed}")
    if not kind_of(field)[1]:
        return value
    if not isinstance(value, str):
        return value
    try:
        return tuple(shlex.split(value))
    except ValueError:
        raise StyleError(f"{name}: received a quote that has no end") from None


def of_preset(preset: str | None) -> dict[str, Any]:
    """Return what each control shows under a preset; under none, the defaults.

    Raises:
        StyleError: no preset that the page offers.
    """
    if preset and preset not in PRESETS:
        raise StyleError(
            f"preset: received {quoted(preset)}, allowed here are {', '.join(PRESETS)}"
        )
    return of_settings(load_settings(preset, FIELDS) if preset else {})


def of_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what each control shows of settings as they are written, or its default."""
    texts = {}
    for name in names():
        value = settings.get(name, FIELDS[name].default)
        if kind_of(FIELDS[name])[1] and not isinstance(value, list | tuple):
            value = (value,)
        texts[name] = shown(name, value)
    return texts


def command(config: Config, presets: Iterable[str] = ()) -> str:
    """Return the shortest command line that gives this Config: alone, or over one of some presets.

    Pictures are named as the Config names them.
    """
    commands = []
    for preset in (None, *presets):
        with contextlib.suppress(StyleError):  # it does not go with these pictures
            commands.append(_command(config, preset))
    return min(commands, key=len, default="neural_style -config result.png")


def _command(config: Config, preset: str | None = None) -> str:
    words = ["neural_style"] + (["-preset", preset] if preset else [])
    base = {name: field.default for name, field in FIELDS.items()}
    if preset:
        pictures = {name: getattr(config, name) for name in PICTURES}
        under = Config.load(preset, **pictures)
        base |= {name: getattr(under, name) for name in FIELDS if name not in PICTURES}
    for name, field in FIELDS.items():
        value = getattr(config, name)
        if field.metadata.get("of_run") or value == base[name]:
            continue
        if config.strength is not None and name in BALANCE:
            if name == "style_weight":  # smoothness is relative to it, and no flag says so
                raise StyleError(f"strength and {name} are not given together")
            continue
        kind, several = kind_of(field)
        values = value if several else (value,)
        if kind is bool:
            values = () if value else ("0",)
        words += [f"-{name}", *(_text(item) for item in values)]
    return shlex.join(words)


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)
