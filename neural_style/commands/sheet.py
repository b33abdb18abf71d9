"""Paint a sheet of pictures: each value of one setting, or of one against each of another."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from neural_style.commands.command import Command
from neural_style.commands.flags import SOURCES, SOURCES_TITLE, add_settings, load_config
from neural_style.commands.messages import loading, messages
from neural_style.commands.painting import Cell, check_resume, paint_sheet
from neural_style.commands.parser import Parser
from neural_style.runtime.errors import StyleError, did_you_mean, shown
from neural_style.settings.config import FIELDS, Config
from neural_style.settings.fields import kind_of

DESCRIPTION = """\
Paint a picture under each value of a setting, or of two against each other, and draw one sheet of
all, with captions. The flags are those of a transfer, and each -vary names one of them.

  neural_style sheet -content_img lake.jpg -style_imgs wave.jpg -vary style_weight 1e3 1e4 1e5
  neural_style sheet -content_img lake.jpg -style_imgs wave.jpg -vary content_layers relu2_1 \\
      conv4_2 "relu2_1 conv4_2" -vary preset preview fast

The values of the first -vary go from left to right, those of a second from top to bottom. Where one
value is of several words, put quotes around it."""
MAX_VARIED = 2


def add_flags(parser: Parser) -> None:
    """Add the flags of a transfer, and -vary."""
    add_settings(parser)
    text = "a setting, preset or config, and its values; at most twice"
    parser.add("vary", nargs="+", action="append", metavar=("NAME", "VALUE"), help=text)


def read(values: dict[str, Any]) -> list[list[Cell]]:
    """Return the cells of the sheet, row by row."""
    rows = grid(values.pop("vary", []), {"img_name": "sheet"} | values)
    check_resume("sheet", rows[0][0][1])
    return rows


def run(rows: list[list[Cell]]) -> int:
    """Paint the sheet and write it; return the exit code."""
    configs = [config for row in rows for _, config in row]
    with messages(configs[0].quiet, configs[0].verbose):
        with loading(configs[0].verbose):
            check_runs(configs)
        return paint_sheet(rows)


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
    if len(varied) > MAX_VARIED:
        raise StyleError(
            f"vary: received {len(varied)} settings, a sheet has room for {MAX_VARIED}: one "
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
    return "\n".join(lines), load_config(settings)


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
    specs = dict.fromkeys(
        replace(config.network_spec(), weights=weights, precision="float32")
        for config in configs
        if config.transfer != "color"
        for weights in (config.model_weights, config.draft_weights)
        if weights
    )
    for spec in specs:
        load_network(spec)


COMMAND = Command(
    name="sheet",
    usage="neural_style sheet -vary NAME VALUE ... [flags]",
    description=DESCRIPTION,
    title=SOURCES_TITLE,
    add_flags=add_flags,
    read=read,
    run=run,
    overview="neural_style sheet -content_img lake.jpg -style_imgs wave.jpg -vary style_weight "
    "1e3 1e4",
)
