"""Ctrl-C, heard at once and obeyed where it does no harm.

Python raises KeyboardInterrupt wherever the program happens to be. Where that was inside
TensorFlow's conversion of a number to a tensor, it was seen to end in a segmentation fault, or in
a SystemError. So the loops that use TensorFlow wait for Ctrl-C and look for it between two
evaluations.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_heard = False


@contextlib.contextmanager
def waiting() -> Iterator[None]:
    """Let Ctrl-C wait for `check`; a second one does not wait.

    Where Ctrl-C does not mean KeyboardInterrupt, because the program that calls us has a handler
    of its own, and in other threads than the main one, which cannot have any, nothing changes.
    """
    global _heard
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    _heard = False
    signal.signal(signal.SIGINT, _hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _heard = False


def check() -> None:
    """Raise KeyboardInterrupt if Ctrl-C was pressed."""
    global _heard
    if _heard:
        _heard = False
        raise KeyboardInterrupt


def _hear(number: int, frame: FrameType | None) -> None:
    global _heard
    if _heard:
        signal.default_int_handler(number, frame)
    _heard = True
