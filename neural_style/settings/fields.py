"""What a setting is: a dataclass's field with its help, its limits, and how its value is read.

`config.Config` and the studio's settings are made of such fields; flags are derived from them.
They are written without `from __future__ import annotations`, so that `field.type` is a type.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import operator
import os
from types import NoneType
from typing import Any, Protocol, get_args, get_origin, runtime_checkable

from neural_style.runtime.errors import StyleError, did_you_mean, shortened, shown

# What is written of an array among the settings of a picture, which cannot be read back.
ARRAY_NOTE = "array in memory, "


@runtime_checkable
class Array(Protocol):
    """What NumPy takes for an array: one of its own, or another library's."""

    def __array__(self) -> Any:
        """Return it as NumPy's."""


# A path, or an array [H, W], [H, W, 3] or [H, W, 4], uint8, uint16, or float in [0, 255].
ImageSource = str | os.PathLike[str] | Array


def setting(
    default: Any,
    help: str,
    group: str,
    *,
    choices: tuple[Any, ...] | None = None,
    min: float | None = None,
    max: float | None = None,
    of_run: bool = False,
) -> Any:
    """Return a field of a dataclass with what its flag and its check need.

    Args:
        default: its value if none is given.
        help: what it is, for users.
        group: the heading that it stands under.
        choices: the values allowed; None for all of its type.
        min: the lowest value allowed.
        max: the highest value allowed.
        of_run: it says how to run, not what picture to make. Those are not written beside the
            picture.
    """
    limits = {"choices": choices, "min": min, "max": max, "of_run": of_run or None}
    limits = {name: limit for name, limit in limits.items() if limit is not None}
    return dataclasses.field(default=default, metadata={"help": help, "group": group, **limits})


def convert_all(settings: Any) -> None:
    """Convert and check each value of a frozen dataclass in its place, by its field.

    Raises:
        StyleError: a value that is not allowed.
    """
    for field in dataclasses.fields(settings):
        value = convert(field, getattr(settings, field.name))
        object.__setattr__(settings, field.name, value)


def kind_of(field: dataclasses.Field[Any]) -> tuple[Any, bool]:
    """Return the type of a field's values, and whether it takes several."""
    if get_origin(field.type) is tuple:
        return get_args(field.type)[0], True
    kinds = [kind for kind in get_args(field.type) if kind is not NoneType]
    return (functools.reduce(operator.or_, kinds) if kinds else field.type), False


def convert(field: dataclasses.Field[Any], value: Any) -> Any:
    """Return the value as its field wants it, checked against the field's limits.

    Raises:
        StyleError: a value that is not allowed.
    """
    kind, is_several = kind_of(field)
    if not is_several:
        return _convert_one(field, kind, value)
    items = value if isinstance(value, list | tuple) else (value,)
    return tuple(_convert_one(field, kind, item) for item in items)


def plain(value: Any) -> Any:
    """Return a setting's value as text, a number, or a list of them; of an array, a note."""
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "__array__"):
        return ARRAY_NOTE + " x ".join(map(str, value.shape))
    return value


def _convert_one(field: dataclasses.Field[Any], kind: Any, value: Any) -> Any:
    if value is None and field.default is None:
        return None
    if kind is bool:
        return _to_bool(field.name, value)
    if kind == ImageSource:
        return _to_image_source(field.name, value)
    value = _to_text(field.name, value) if kind is str else _to_number(field.name, value, kind)
    _check_limits(field, value)
    return value


def _check_limits(field: dataclasses.Field[Any], value: str | float) -> None:
    name, limits = field.name, field.metadata
    choices = limits.get("choices")
    if choices and value not in choices:
        hint = did_you_mean(value, choices) if isinstance(value, str) else ""
        raise StyleError(
            f"{name}: received {shown(value)}, allowed are {', '.join(map(str, choices))}{hint}"
        )
    if "min" in limits and value < limits["min"]:
        raise StyleError(f"{name}: received {value:g}, must be at least {limits['min']}")
    if "max" in limits and value > limits["max"]:
        raise StyleError(f"{name}: received {value:g}, must be at most {limits['max']}")


def _to_bool(name: str, value: Any) -> bool:
    answers = {"1": True, "true": True, "yes": True, "on": True}
    answers |= {"0": False, "false": False, "no": False, "off": False}
    text = (shown(value) if isinstance(value, int) else str(value)).lower()
    if text not in answers:
        raise StyleError(f"{name}: received {shown(value)}, allowed are 1 and 0, true and false")
    return answers[text]


def _to_number(name: str, value: Any, kind: type[int] | type[float]) -> float:
    noun = "a whole number" if kind is int else "a number"
    if isinstance(value, bool):
        raise StyleError(f"{name}: received {value}, must be {noun}")
    value = value.strip() if isinstance(value, str) else value
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise StyleError(f"{name}: received {shown(value)}, must be {noun}") from None
    if not math.isfinite(number) or (kind is int and not number.is_integer()):
        raise StyleError(f"{name}: received {value!s:.40}, must be {noun}")
    return kind(number)


def _to_text(name: str, value: Any) -> str:
    if not isinstance(value, str | os.PathLike):
        raise StyleError(f"{name}: received {shown(value)}, must be text")
    text = os.fspath(value)
    _check_characters(name, text)
    return text


def _to_image_source(name: str, value: Any) -> ImageSource:
    if isinstance(value, str) and value.startswith(ARRAY_NOTE):
        raise StyleError(
            f"{name}: it was an {shortened(value)}, and is not in this file: give {name} again"
        )
    if isinstance(value, Array):
        return value
    if isinstance(value, os.PathLike) or (isinstance(value, str) and value):
        _check_characters(name, os.fspath(value))
        return value
    raise StyleError(f"{name}: received {shown(value)}, must be a path or an array")


def _check_characters(name: str, text: str) -> None:
    """Raise a StyleError for a text that cannot be the name of a file, or go into one."""
    try:
        is_usable = "\0" not in os.fsdecode(os.fsencode(text))
    except UnicodeEncodeError:  # half of a pair of UTF-16, as "\ud800" in YAML
        is_usable = False
    if not is_usable:
        raise StyleError(
            f"{name}: received {shown(text)}, which has a character that no name or text may have: "
            "remove it"
        )
