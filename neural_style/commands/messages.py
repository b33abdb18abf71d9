"""What the command line says, and the codes that it exits with."""

from __future__ import annotations

import contextlib
import gc
import logging
import sys
from collections.abc import Iterator

from neural_style.runtime import memory_limits
from neural_style.runtime.quiet import silence

BAD_INPUT, BAD_FLAGS = 1, 2

logger = logging.getLogger("neural_style")


def say(message: str) -> None:
    """Print a line on how the command ended."""
    print(f"neural_style: {message}", file=sys.stderr)


@contextlib.contextmanager
def messages(quiet: bool = False, verbose: bool = False) -> Iterator[None]:
    """Print the package's messages as lines: warnings, with `verbose` all, with `quiet` none.

    TensorFlow's warnings (from the fifth scale on, that it traces a graph for each) are for
    `verbose` alone.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    level = logging.DEBUG if verbose else logging.INFO
    logger.setLevel(logging.ERROR if quiet else level)
    logger.propagate = False
    logger.addHandler(handler)
    tensorflow = logging.getLogger("tensorflow")
    level_before = tensorflow.level
    if not verbose:
        tensorflow.setLevel(logging.ERROR)
    try:
        yield
    finally:
        tensorflow.setLevel(level_before)
        logger.removeHandler(handler)


@contextlib.contextmanager
def loading(verbose: bool = False) -> Iterator[None]:
    """Import libraries in here: quietly, unless `verbose`, and without looking for garbage.

    They leave next to none, and the search took a fifth of the time of TensorFlow's import.

    Raises:
        StyleError: the process may not take the memory that they need.
    """
    memory_limits.check()
    gc.disable()
    try:
        with contextlib.nullcontext() if verbose else silence():
            yield
    finally:
        gc.enable()
