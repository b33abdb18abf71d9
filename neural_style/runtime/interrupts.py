"""Ctrl-C and its kind, heard at once and obeyed where it does no harm.

Python raises KeyboardInterrupt wherever the program happens to be. Where that was inside
TensorFlow's conversion of a number to a tensor, it was seen to end in a segmentation fault, or in
a SystemError. So the loops that use TensorFlow wait for Ctrl-C and look for it between two
evaluations.

SIGTERM (`kill`, `timeout`, `docker stop`) and SIGHUP (a lost connection) ask for the same. A
program that calls `obey` hears them as it hears Ctrl-C.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

# SIGHUP is not known to Windows.
SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))

_waits = False
_heard = False
_last = signal.SIGINT


def obey() -> None:
    """Let SIGTERM and SIGHUP raise KeyboardInterrupt, as Ctrl-C does, from here on.

    Where they do not mean the end of the program (`nohup` has SIGHUP ignored), nothing changes.
    """
    for number in SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _hear)


def exit_code() -> int:
    """Return what a program exits with that was stopped: 128 and the last signal's number."""
    return 128 + _last


@contextlib.contextmanager
def waiting() -> Iterator[None]:
    """Let Ctrl-C, and what `obey` has made the same, wait for `check`; a second one does not wait.

    Where Ctrl-C does not mean KeyboardInterrupt, because the program that calls us has a handler
    of its own or a shell has it ignored, that stays so. In other threads than the main one, which
    cannot have any handler, nothing changes, nor within another `waiting`.
    """
    global _heard, _waits
    if _waits or threading.current_thread() is not threading.main_thread():
        yield
        return
    _heard, _waits = False, True
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_ours:
        signal.signal(signal.SIGINT, _hear)
    try:
        yield
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        _heard = _waits = False


def check() -> None:
    """Raise KeyboardInterrupt if Ctrl-C was pressed."""
    global _heard
    if _heard:
        _heard = False
        raise KeyboardInterrupt


def _hear(number: int, frame: FrameType | None) -> None:
    global _heard, _last
    _last = signal.Signals(number)
    if _heard or not _waits:
        raise KeyboardInterrupt
    _heard = True
