"""A log that strangers cannot fill: so many lines a minute, and how many were left out."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from types import SimpleNamespace

logger = logging.getLogger(__name__)


class Few(logging.Filter):
    """Lets so many records through in a minute; the first of the next one tells of the others."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic):
        """Begin a minute.

        Args:
            most: records in a minute.
            clock: tells the time in seconds.
        """
        super().__init__()
        self._most = most
        self._clock = clock
        self._began = clock()
        self._count = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is logged."""
        if self._clock() >= self._began + 60:
            left_out = self._count - self._most
            if left_out > 0:
                record.msg = f"({left_out} more were left out) {record.msg}"
            self._began, self._count = self._clock(), 0
        self._count += 1
        return self._count <= self._most


def _log_exception() -> None:
    logger.error("a call failed", exc_info=True)


# For a module of others to have in place of `traceback`: what it prints goes to our log.
TRACEBACK = SimpleNamespace(**{**vars(traceback), "print_exc": _log_exception})
