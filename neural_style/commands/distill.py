"""Train the network `compact` to predict VGG19's activations.

An optimiser that paints through a network finds and exploits what the network gets wrong. So half
of the pictures that compact learns from are just being painted through compact itself; the others
are photographs and paintings.

The run starts from a least-squares fit, layer by layer, goes on with Adam, and
keeps a moving average of the weights (see `distillation`).
"""

from __future__ import annotations

import dataclasses
import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from neural_style.commands.command import Command
from neural_style.commands.flags import add_fields
from neural_style.commands.messages import loading, messages, say
from neural_style.commands.parser import Parser
from neural_style.distillation.settings import FIELDS, Settings
from neural_style.runtime.errors import StyleError
from neural_style.runtime.interrupts import check, exit_code, waiting
from neural_style.settings.files import load_settings

if TYPE_CHECKING:  # loads TensorFlow
    from neural_style.distillation.distillation import Distillation

DESCRIPTION = """\
Train the network `compact` to predict VGG19's activations. Where a checkpoint of an
earlier run lies beside the weights to write, it goes on from there.

  neural_style distill -teacher vgg19.h5 -pictures photographs paintings -out compact.npz"""
SAY_EVERY = 20.0  # seconds

logger = logging.getLogger("neural_style")


class Training(NamedTuple):
    """What to train from.

    Attributes:
        teacher: file with the weights of VGG19.
        folders: of pictures; the first of photographs.
        out: the weights to write, .npz; beside it come `.checkpoint.npz` and `.json`, the record.
        settings: see there.
    """

    teacher: str
    folders: Sequence[str]
    out: Path
    settings: Settings


def add_flags(parser: Parser) -> None:
    """Add what to train from, and the settings of the training."""
    parser.add(
        "teacher", required=True, metavar="NAME", help="weights of VGG19, as for -model_weights"
    )
    parser.add(
        "pictures",
        required=True,
        nargs="+",
        metavar="FOLDER",
        help="folders of pictures: photographs first, then paintings",
    )
    parser.add("out", required=True, metavar="FILE", help="weights to write, .npz")
    parser.add("config", metavar="FILE", help="YAML of the settings below; flags override it")
    add_fields(parser, FIELDS.values())


def read(values: dict[str, Any]) -> Training:
    """Return what to train from; flags override -config."""
    out = Path(values["out"])
    if out.suffix != ".npz":
        raise StyleError(f"out: received {out}, must end in .npz")
    settings = load_settings(values["config"], FIELDS) if "config" in values else {}
    settings |= {name: values[name] for name in FIELDS if name in values}
    return Training(values["teacher"], values["pictures"], out, Settings(**settings))


def run(training: Training) -> int:
    """Train, or go on with an earlier run; return the exit code."""
    with messages():
        try:
            with waiting():
                distil(training)
        except KeyboardInterrupt:
            say("interrupted; the same command goes on from the last checkpoint")
            return exit_code()
    return 0


def distil(training: Training) -> None:
    """Train compact and write its weights, a checkpoint and a record.

    Raises:
        StyleError: something that the user can mend.
        KeyboardInterrupt: Ctrl-C; the last checkpoint is there to go on from.
    """
    with loading():
        import hashlib

        from neural_style.distillation.distillation import Distillation
        from neural_style.distillation.pictures import Pictures
        from neural_style.networks.weights import load_weights

    out, settings = training.out, training.settings
    folders = [Path(os.path.expanduser(folder)) for folder in training.folders]
    pictures = Pictures(folders, settings.crop, settings.photographs)
    weights, _ = load_weights(training.teacher)
    distillation = Distillation(weights, pictures, settings)
    checkpoint = out.with_suffix(".checkpoint.npz")
    if checkpoint.exists():
        distillation.restore(checkpoint)
        logger.info("going on from step %d in %s", distillation.step, checkpoint)
    else:
        logger.info("fitting the first weights by least squares, some minutes")
        distillation.start()
    first_step, start, last_report = distillation.step, time.perf_counter(), 0.0
    while distillation.step < settings.steps:
        check()
        errors = distillation.advance()
        now = time.perf_counter()
        is_last = distillation.step == settings.steps
        if now - last_report > SAY_EVERY or is_last:
            last_report = now
            errors = distillation.curve[-1] if distillation.curve else errors
            pace = (now - start) / (distillation.step - first_step)
            logger.info(_report(distillation, errors, pace))
        if distillation.step % settings.save_every == 0 or is_last:
            distillation.save(checkpoint)
            _write(distillation, out)
    logger.info("%s (SHA-256 %s)", out, hashlib.sha256(out.read_bytes()).hexdigest())


def _report(distillation: Distillation, errors: dict[str, float], pace: float) -> str:
    """Return a line on how far it is; `pace` is in seconds for each step."""
    step, steps = distillation.step, distillation.settings.steps
    return (
        f"step {step} of {steps}, errors: activations {errors['activations']:.3f}, "
        f"Gram {errors['grams']:.3f}, painted {errors['painted']:.3f}; {pace:.2f} s a step, "
        f"{pace * (steps - step) / 3600:.1f} h left"
    )


def _write(distillation: Distillation, out: Path) -> None:
    """Write the weights and the record."""
    import json

    from neural_style.networks.compact import pack
    from neural_style.runtime.files import write_file

    write_file(out, pack(distillation.weights()))
    record = {
        "settings": dataclasses.asdict(distillation.settings),
        "steps": distillation.step,
        "hours": round(distillation.seconds / 3600, 2),
        "score": None,  # benchmarks/score_compact.py --record fills it in
        "curve": distillation.curve,
    }
    write_file(out.with_suffix(".json"), (json.dumps(record, indent=1) + "\n").encode())


COMMAND = Command(
    name="distill",
    usage="neural_style distill -teacher NAME -pictures FOLDER ... -out FILE [flags]",
    description=DESCRIPTION,
    title="What to train from",
    add_flags=add_flags,
    read=read,
    run=run,
)
