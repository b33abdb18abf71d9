"""Flags that derive from the fields of settings, and the settings that they give."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from neural_style.commands.parser import Parser
from neural_style.settings.config import FIELDS, Config
from neural_style.settings.fields import kind_of
from neural_style.settings.files import preset_names

# Where settings may come from beside flags.
SOURCES = ("preset", "config")
SOURCES_TITLE = "Settings from elsewhere; flags override them"


def add_settings(parser: Parser) -> None:
    """Add the flags of a transfer: all of Config's fields, and SOURCES."""
    parser.add("preset", metavar="NAME", help=f"one of {', '.join(preset_names())}")
    parser.add("config", metavar="FILE", help="YAML, or a picture that neural_style has made")
    add_fields(parser, FIELDS.values())


def add_fields(parser: Parser, fields: Iterable[dataclasses.Field[Any]]) -> None:
    """Add a flag for each of these fields of settings, in the group that it names."""
    for field in fields:
        parser.add(field.name, field.metadata["group"], **_options(field))


def pop_sources(values: dict[str, Any]) -> list[str]:
    """Take SOURCES out of the values of flags; return theirs, a later one overriding an earlier."""
    return [values.pop(name) for name in SOURCES if name in values]


def load_config(values: dict[str, Any]) -> Config:
    """Return the Config of the values of flags, SOURCES among them.

    Raises:
        StyleError: as in `Config.load`.
    """
    return Config.load(*pop_sources(values), **values)


def _options(field: dataclasses.Field[Any]) -> dict[str, Any]:
    """Return argparse's options for a field; its values are checked by the settings."""
    kind, is_several = kind_of(field)
    default: Any = field.default
    if is_several:
        default = " ".join(map(str, default))
    shown = "" if default is None or default is False or default == "" else f" (default: {default})"
    options: dict[str, Any] = {"help": (field.metadata["help"] + shown).replace("%", "%%")}
    if kind is bool:
        return options | {"nargs": "?", "const": "1", "metavar": "1"}
    if "choices" in field.metadata:
        options["metavar"] = "|".join(map(str, field.metadata["choices"]))
    else:
        options["metavar"] = {int: "N", float: "X", str: "NAME"}.get(kind, "PICTURE")
    return options | ({"nargs": "+", "action": "extend"} if is_several else {})
