"""What a setting is: a dataclass's field with its help, its limits, and how its value is read.

`config.Config` and the studio's settings are made of such fields; flags are derived from them.
They are written without `from __future__ import annotations`, so that `field.type` is a type.
"""

from __future__ import annotations

import dataclasses
import math
import os
from typing import Any, get_args, get_origin

from neural_style.runtime.errors import StyleError, did_you_mean, shortened, shown

# A path, or an array [H, W], [H, W, 3] or [H, W, 4], uint8, uint16, or float in [0, 255].
Picture = Any
# What is written of an array among the settings of a picture, which cannot be read back.
ARRAY_NOTE = "array in memory, "


def setting(default: Any, help: str, group: str, **limits: Any) -> Any:
    """Return a field of a dataclass with what its flag and its check need.

    `limits` may be `choices`, `least` and `most` (the lowest and highest value allowed), and
    `of_run=True` for a setting that says how to run, not what picture to make: those are not
    written beside the picture.
    """
    return dataclasses.field(default=default, metadata={"help": help, "group": group, **limits})


def convert_all(settings: Any) -> None:
    """Convert and check each value of a frozen dataclass in its place, by its field.

    Raises:
        StyleError: a value that is not allowed.
    """
    for field in dataclasses.fields(settings):
        value = converted(field, getattr(settings, field.name))
        object.__setattr__(settings, field.name, value)


def kind_of(field: dataclasses.Field) -> tuple[type | Any, bool]:
    """Return the type of a field's values, and whether it takes several."""
    parts = get_args(field.type)  # of tuple[X, ...] and of X | None
    return (parts[0] if parts else field.type), get_origin(field.type) is tuple


def converted(field: dataclasses.Field, value: Any) -> Any:
    """Return the value as its field wants it, checked against the field's limits."""
    kind, several = kind_of(field)
    if not several:
        return _convert_one(field, kind, value)
    if isinstance(value, str | os.PathLike) or hasattr(value, "__array__"):
        value = (value,)  # one picture, one name
    elif not isinstance(value, list | tuple):
        value = (value,)
    return tuple(_convert_one(field, kind, item) for item in value)


def _convert_one(field: dataclasses.Field, kind: Any, value: Any) -> Any:
    limits = field.metadata
    name = field.name
    if value is None and field.default is None:
        return None
    if kind is bool:
        return _to_bool(name, value)
    if kind in (int, float):
        value = _to_number(name, value, kind)
    elif kind is str:
        if not isinstance(value, str | os.PathLike):
            raise StyleError(f"{name}: received {shown(value)}, must be text")
        value = _checked_text(name, os.fspath(value))
    else:
        return _to_picture(field, value)
    choices = limits.get("choices")
    if choices and value not in choices:
        hint = did_you_mean(value, choices) if isinstance(value, str) else ""
        raise StyleError(
            f"{name}: received {shown(value)}, allowed are {', '.join(map(str, choices))}{hint}"
        )
    if value is not None and "least" in limits and value < limits["least"]:
        raise StyleError(f"{name}: received {value:g}, must be at least {limits['least']}")
    if value is not None and "most" in limits and value > limits["most"]:
        raise StyleError(f"{name}: received {value:g}, must be at most {limits['most']}")
    return value


def _to_bool(name: str, value: Any) -> bool:
    known = {"1": True, "true": True, "yes": True, "on": True}
    known |= {"0": False, "false": False, "no": False, "off": False}
    text = (shown(value) if isinstance(value, int) else str(value)).lower()
    if text not in known:
        raise StyleError(f"{name}: received {shown(value)}, allowed are 1 and 0, true and false")
    return known[text]


def _to_number(name: str, value: Any, kind: type) -> Any:
    wanted = "a whole number" if kind is int else "a number"
    if isinstance(value, bool):
        raise StyleError(f"{name}: received {value}, must be {wanted}")
    value = value.strip() if isinstance(value, str) else value
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise StyleError(f"{name}: received {shown(value)}, must be {wanted}") from None
    if not math.isfinite(number) or (kind is int and not number.is_integer()):
        raise StyleError(f"{name}: received {value!s:.40}, must be {wanted}")
    return kind(number)


def _checked_text(name: str, text: str) -> str:
    """Return a text that may be the name of a file, or go into one."""
    try:
        usable = "\0" not in os.fsdecode(os.fsencode(text))
    except UnicodeEncodeError:  # half of a pair of UTF-16, as "\ud800" in YAML
        usable = False
    if not usable:
        raise StyleError(
            f"{name}: received {shown(text)}, which has a character that no name or text may have; "
            "give it without"
        )
    return text


def _to_picture(field: dataclasses.Field, value: Any) -> Any:
    name = field.name
    if isinstance(value, str) and value.startswith(ARRAY_NOTE):
        raise StyleError(
            f"{name}: it was an {shortened(value)}, and is not in this file: give {name} again"
        )
    if hasattr(value, "__array__"):
        return value
    if isinstance(value, os.PathLike) or (isinstance(value, str) and value):
        _checked_text(name, os.fspath(value))
        return value
    raise StyleError(f"{name}: received {shown(value)}, must be a path or an array")
