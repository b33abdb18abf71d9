"""A sheet of pictures: each value of one setting, or of one against each of another."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neural_style.images.picture import Picture, to_pixels
from neural_style.runtime.errors import StyleError, did_you_mean, shown
from neural_style.settings.config import FIELDS, Config
from neural_style.settings.fields import kind_of

if TYPE_CHECKING:  # the command line reads its flags without TensorFlow
    from neural_style.transfer.result import Result

SOURCES = ("preset", "config")
MOST_VARIED = 2
Cell = tuple[str, Config]


def grid(varied: Sequence[Sequence[str]], given: dict[str, Any]) -> list[list[Cell]]:
    """Return the cells of a sheet, row by row.

    Args:
        varied: one or two lists of a setting's name and its values, as text. The first's values go
            from left to right, the second's from top to bottom. A value of a setting that takes
            several has spaces between them, with quotes around what has spaces itself.
        given: the other settings, `preset` and `config` among them.

    Returns:
        A caption, a line for each setting that is varied, and the Config of each.

    Raises:
        StyleError: no setting, more than two, one twice, or one that changes no picture; or a
            value, or values together, that are not allowed.
    """
    if not varied:
        raise StyleError(
            "vary is missing: give a setting and its values, such as -vary style_weight 1e3 1e4"
        )
    if len(varied) > MOST_VARIED:
        raise StyleError(
            f"vary: received {len(varied)} settings, a sheet has room for {MOST_VARIED}: one "
            "across and one down"
        )
    for name, *values in varied:
        _check(name, values)
    names = [name for name, *_ in varied]
    if len(set(names)) < len(names):
        raise StyleError(f"vary: received {names[0]} twice; give all its values at once")
    across, down = varied[0], varied[1] if len(varied) > 1 else ()
    return [
        [
            _cell(given, [(across[0], value), *([(down[0], other)] if down else [])])
            for value in across[1:]
        ]
        for other in (down[1:] or [""])
    ]


def _check(name: str, values: Sequence[str]) -> None:
    known = [key for key, field in FIELDS.items() if _makes_pictures(field)] + [*SOURCES]
    if name not in known:
        what = "changes no picture" if name in FIELDS else "is no setting"
        raise StyleError(f"vary: {shown(name)} {what}{did_you_mean(name, known)}")
    if not values:
        raise StyleError(f"vary: received {name} without values; give those to show behind it")


def _makes_pictures(field: Any) -> bool:
    return not field.metadata.get("of_run") and field.metadata["group"] != "Result"


def _cell(given: dict[str, Any], chosen: Iterable[tuple[str, str]]) -> Cell:
    settings, lines = dict(given), []
    for name, value in chosen:
        lines.append(f"{name} {value.strip()}")
        several = name in FIELDS and kind_of(FIELDS[name])[1]
        settings[name] = _values(name, value) if several else value
    sources = [settings.pop(name) for name in SOURCES if name in settings]
    return "\n".join(lines), Config.load(*sources, **settings)


def _values(name: str, text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        raise StyleError(
            f"vary: received {shown(text)} for {name}, a quote has no end in it"
        ) from None


def check_runs(configs: Sequence[Config]) -> None:
    """Read all pictures and weights once, so that none of the runs ends for the want of them.

    Raises:
        StyleError: a picture or weights that are missing or cannot be used.
    """
    from neural_style.networks.registry import load_network
    from neural_style.transfer.pictures import load_pictures

    for config in configs:
        load_pictures(config)
    networks = {
        (weights, sum(config.active_layers(), ()), config.network, config.pooling_type)
        for config in configs
        if config.transfer != "color"
        for weights in (config.model_weights, config.draft_weights)
        if weights
    }
    for network in sorted(networks):
        load_network(*network)


def sheet_rows(
    cells: Sequence[Sequence[Cell]], results: Sequence[Result]
) -> list[list[tuple[str, np.ndarray]]]:
    """Return the rows for `drawing.draw_sheet`.

    What was painted from, where all cells share it, goes before: in the same row if there is but
    one, else in a row above.

    Args:
        cells: of `grid`.
        results: of the first of them, row by row; at least one.
    """
    left = iter(results)
    rows = [
        [(caption, result.image) for (caption, _), result in zip(row, left, strict=False)]
        for row in cells
    ]
    configs = [config for row in cells for _, config in row]
    shared = {
        "content": len({str(config.content_img) for config in configs}) == 1,
        "style": len({str(config.style_imgs) for config in configs}) == 1,
    }
    inputs = [
        (name.replace("_", " "), to_pixels(Picture(picture.rgb)))
        for name, picture in results[0].inputs.items()
        if shared.get(name.partition("_")[0])
    ]
    if len(cells) == 1:
        return [inputs + rows[0]]
    return [row for row in [inputs, *rows] if row]
