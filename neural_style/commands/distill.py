"""Train the network `compact` to predict VGG19's activations: python -m neural_style.distill.

An optimiser that paints through a network finds and exploits what the network gets wrong. So half
of the pictures that compact learns from are just being painted through compact itself; the others
are photographs and paintings.

The run starts from a least-squares fit, layer by layer, goes on with Adam, and
keeps a moving average of the weights (see `training`).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import sys
import time
from argparse import SUPPRESS, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from absl import app, flags
from absl.flags import argparse_flags

from neural_style.distillation.distillation import Distillation
from neural_style.distillation.pictures import Pictures
from neural_style.distillation.settings import FIELDS, Settings
from neural_style.networks.compact import pack
from neural_style.networks.weights import load_weights
from neural_style.runtime.errors import StyleError
from neural_style.runtime.files import write_file
from neural_style.runtime.interrupts import check, exit_code, obey, waiting
from neural_style.settings.files import load_settings

SAY_EVERY = 20.0  # seconds


def distil(
    teacher: str, folders: Sequence[str], out: Path, settings: Settings, say: Callable[[str], None]
) -> None:
    """Train compact and write its weights, a checkpoint and a record.

    If there is a checkpoint of an earlier run it goes on from there.

    Args:
        teacher: file with the weights of VGG19.
        folders: of pictures; the first of photographs.
        out: the weights, .npz; beside it come `.checkpoint.npz` and `.json`, the record.
        settings: see there.
        say: takes a line about the progress.

    Raises:
        StyleError: something that the user can mend.
        KeyboardInterrupt: Ctrl-C; the last checkpoint is there to go on from.
    """
    weights, _ = load_weights(teacher)
    paths = [Path(os.path.expanduser(folder)) for folder in folders]
    run = Distillation(weights, Pictures(paths, settings.crop, settings.photographs), settings)
    checkpoint = out.with_suffix(".checkpoint.npz")
    if checkpoint.exists():
        run.restore(checkpoint)
        say(f"going on from step {run.step} in {checkpoint}")
    else:
        say("fitting the first weights by least squares, some minutes")
        run.start()
    first, started, last = run.step, time.perf_counter(), 0.0
    while run.step < settings.steps:
        check()
        errors = run.advance()
        now = time.perf_counter()
        if now - last > SAY_EVERY or run.step == settings.steps:
            last = now
            errors = run.curve[-1] if run.curve else errors
            pace = (now - started) / (run.step - first)
            say(
                f"step {run.step} of {settings.steps}, errors: activations "
                f"{errors['activations']:.3f}, Gram {errors['grams']:.3f}, painted "
                f"{errors['painted']:.3f}; {pace:.2f} s a step, "
                f"{pace * (settings.steps - run.step) / 3600:.1f} h left"
            )
        if run.step % settings.save_every == 0 or run.step == settings.steps:
            run.save(checkpoint)
            _write(run, out)
    say(f"{out} (SHA-256 {hashlib.sha256(out.read_bytes()).hexdigest()})")


def _write(run: Distillation, out: Path) -> None:
    """Write the weights and the record."""
    write_file(out, pack(run.weights()))
    record = {
        "settings": dataclasses.asdict(run.settings),
        "steps": run.step,
        "hours": round(run.seconds / 3600, 2),
        "score": None,  # benchmarks/score_compact.py --record fills it in
        "curve": run.curve,
    }
    write_file(out.with_suffix(".json"), (json.dumps(record, indent=1) + "\n").encode())


class _Parser(argparse_flags.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        _say(message)
        sys.exit(2)


def parse(argv: Sequence[str]) -> Namespace:
    """Return the arguments, `settings` among them, or exit with a line on what is wrong."""
    flags.FLAGS.mark_as_parsed()  # absl's own flags are not for the users of this program
    parser = _Parser(
        prog="python -m neural_style.distill",
        description=__doc__.partition("\n")[0],
        inherited_absl_flags=None,
        allow_abbrev=False,
    )
    parser.add_argument("--teacher", required=True, help="weights of VGG19, as for -model_weights")
    parser.add_argument(
        "--pictures",
        required=True,
        nargs="+",
        metavar="FOLDER",
        help="folders of pictures: photographs first, then paintings",
    )
    parser.add_argument("--out", required=True, type=Path, help="weights to write, .npz")
    parser.add_argument("--config", type=Path, help="YAML of the settings below")
    group = parser.add_argument_group("Settings; they override those of --config")
    for field in dataclasses.fields(Settings):
        kind = type(field.default)
        group.add_argument(
            f"--{field.name}",
            type=kind,
            default=SUPPRESS,
            metavar="N" if kind is int else "X",
            help=f"default: {field.default}",
        )
    arguments = parser.parse_args(argv[1:])
    given = vars(arguments)
    own = {name: given.pop(name) for name in FIELDS if name in given}
    try:
        if arguments.out.suffix != ".npz":
            raise StyleError(f"out: received {arguments.out}, must end in .npz")
        read = load_settings(arguments.config, FIELDS) if arguments.config else {}
        arguments.settings = Settings(**(read | own))
    except StyleError as error:
        parser.error(str(error))
    return arguments


def main(arguments: Namespace) -> int:
    """Train; return the exit code."""
    obey()
    try:
        with waiting():
            distil(arguments.teacher, arguments.pictures, arguments.out, arguments.settings, _say)
    except StyleError as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        _say("interrupted; the same command goes on from the last checkpoint")
        return exit_code()
    return 0


def _say(message: str) -> None:
    print(f"distill: {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    app.run(main, flags_parser=parse)
