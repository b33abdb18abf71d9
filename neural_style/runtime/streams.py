"""Standard streams that cannot end a run: messages may be lost, pictures not.

Whoever reads what a program says may leave (`| head -1`), its disk may be full, or nobody may ever
have listened (`2>&-`). Python then raises OSError from `print`, writes a traceback at exit, or
opens the next file under the number of the closed stream, where libraries write their messages.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any, TextIO


def keep_open() -> None:
    """See to it that the standard streams are there, and that writing to them never fails."""
    _occupy()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, _Patient):
            setattr(sys, name, _Patient(stream or open(os.devnull, "w")))  # noqa: SIM115


def _occupy() -> None:
    """Open the null device for each standard stream that is closed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


class _Patient:
    """A stream that goes on, into nothing, when it can be written no more."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write the text at once, or let it be lost."""
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # ValueError: somebody has closed it
            self._give_up()
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write the lines, as `write`."""
        self.write("".join(lines))

    def flush(self) -> None:
        """Do nothing: `write` has done it."""

    def _give_up(self) -> None:
        """Point the stream to the null device, so that nothing fails at exit either."""
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
