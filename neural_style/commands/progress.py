"""Readers of Steps: the progress bar, plain lines, TensorBoard. The loop knows none of them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from neural_style.optimizers.step import Step
from neural_style.runtime.errors import StyleError
from neural_style.settings.config import Config

Reader = Callable[[Step], None]


@contextlib.contextmanager
def progress(config: Config, title: str = "") -> Iterator[Reader]:
    """Show Steps as a bar on a terminal, else as a line every print_iterations; or not at all."""
    if config.quiet:
        yield lambda step: None
    elif sys.stderr.isatty():
        with _bar(config, title) as reader:
            yield reader
    else:
        yield _lines(config, title)


@contextlib.contextmanager
def tensorboard(config: Config) -> Iterator[Reader]:
    """Write Steps to TensorBoard: the terms, and the picture every print_iterations.

    Raises:
        StyleError: TensorBoard is not installed.
    """
    if not config.tensorboard:
        yield lambda step: None
        return
    try:
        import tensorboard  # noqa: F401  (tf.summary needs it, and says so less clearly)
    except ImportError:
        raise StyleError(
            "tensorboard: TensorBoard is not installed; install it with "
            "pip install 'neural_style[tensorboard]'"
        ) from None
    writer = tf.summary.create_file_writer(config.tensorboard)

    def read(step: Step) -> None:
        with writer.as_default(step=step.iteration):
            for name, value in step.terms.items():
                tf.summary.scalar(name, value)
            if _is_due(step, config):
                tf.summary.image("image", np.clip(step.image, 0, 255)[None] / 255)

    with contextlib.closing(writer):
        yield read


@contextlib.contextmanager
def _bar(config: Config, title: str) -> Iterator[Reader]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]}"),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=config.max_iterations, loss="...", rate="")

        def read(step: Step) -> None:
            rate = f"{step.iteration / step.seconds:.2f} it/s"
            bar.update(
                task,
                description=f"{title} {_scale(step, config)}".strip(),
                completed=step.iteration,
                loss=f"{step.total:.4g}",
                rate=rate,
            )

        yield read


def _lines(config: Config, title: str) -> Reader:
    prefix = f"{title}: " if title else ""

    def read(step: Step) -> None:
        if _is_due(step, config):
            rate = step.iteration / step.seconds
            left = (config.max_iterations - step.iteration) / rate
            terms = "  ".join(f"{name} {value:.4g}" for name, value in step.terms.items())
            print(
                f"{prefix}{_scale(step, config)}"
                f"iteration {step.iteration}/{config.max_iterations}  {terms}  "
                f"{rate:.2f} it/s  {left:.0f} s left",
                file=sys.stderr,
                flush=True,
            )

    return read


def _scale(step: Step, config: Config) -> str:
    return f"scale {step.scale} " if config.scales > 1 else ""


def _is_due(step: Step, config: Config) -> bool:
    return step.iteration % config.print_iterations == 0 or step.iteration == config.max_iterations
