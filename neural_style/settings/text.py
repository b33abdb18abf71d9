"""Settings as YAML 1.2: read from anybody's text, and written."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neural_style.runtime.errors import StyleError, first_line, shown

MAX_CHARACTERS = 2**17  # of a text; the longest that we write has a few thousand
MAX_PARTS = 2000  # names, values, beginnings and ends of lists
MAX_DEPTH = 8  # of lists in lists; the reader takes more than twice as long for twice as many
SCALARS = (str, bool, int, float, type(None))


def read_text(path: Path) -> str:
    """Return the text of a file of settings.

    Raises:
        StyleError: it cannot be read, is too long, or is not UTF-8.
    """
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(MAX_CHARACTERS + 1)  # `parse` refuses what is longer
    except (OSError, UnicodeDecodeError) as error:
        raise StyleError(
            f"config: {path} cannot be read as text ({first_line(error)}); give a YAML file in "
            "UTF-8"
        ) from None


def parse(text: str, source: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the settings of a text: each a text, number, truth value or None, or a list of them.

    Args:
        text: YAML.
        source: where it is from, for messages.

    Raises:
        StyleError: it is not YAML, too long, or holds something else.
    """
    if len(text) > MAX_CHARACTERS:
        raise StyleError(
            f"config: {source} has more than {MAX_CHARACTERS} characters, too many for settings; "
            "give a YAML file or a picture made by neural_style"
        )
    settings = _load(text, source)
    if settings is None:
        return {}
    if not isinstance(settings, Mapping):
        raise StyleError(
            f"config: {source} holds no settings; write one 'name: value' on each line"
        )
    for name, value in settings.items():
        if not all(isinstance(item, SCALARS) for item in (value if _is_list(value) else [value])):
            raise StyleError(
                f"config: {source} has for {shown(name)} {shown(value)}, allowed are text, a "
                "number, true or false, or a list of them"
            )
    return dict(settings)


def dump(settings: Mapping[str, Any]) -> str:
    """Return settings, values and lists of values, as YAML."""
    from ruamel.yaml import YAML

    text = io.StringIO()
    yaml = YAML()
    yaml.width = 1000  # no path is broken over two lines
    yaml.dump({name: _quoted(value) for name, value in settings.items()}, text)
    return text.getvalue()


def _load(text: str, source: str | os.PathLike[str]) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

    problem, depth = "", 0
    try:
        # What refers to something else may come to far more than was written.
        for count, event in enumerate(YAML(typ="safe", pure=True).parse(text)):
            if isinstance(event, AliasEvent):
                problem = f"an alias (*{event.anchor}) in line {event.start_mark.line + 1}"
                break
            depth += isinstance(event, CollectionStartEvent)
            depth -= isinstance(event, CollectionEndEvent)
            if depth > MAX_DEPTH:
                problem = f"lists in lists, more than {MAX_DEPTH} deep"
                break
            if count > MAX_PARTS:
                problem = f"more than {MAX_PARTS} names, values and brackets"
                break
        else:
            return YAML(typ="safe", pure=True).load(text)
    except Exception as error:  # whatever a parser makes of a text
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = first_line(getattr(error, "problem", None) or error)
        raise StyleError(f"config: {source} is not YAML{place}: {problem}") from None
    raise StyleError(f"config: {source} has {problem}, which settings do not need; write it out")


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _quoted(value: Any) -> Any:
    """Return a setting with rare line breaks in double quotes, where YAML escapes them."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, list):
        return [_quoted(item) for item in value]
    breaks = isinstance(value, str) and not {"\x85", "\u2028", "\u2029"}.isdisjoint(value)
    return DoubleQuotedScalarString(value) if breaks else value
