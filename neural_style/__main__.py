"""Where the command starts: `neural_style`, or python -m neural_style.

Nothing is imported before Ctrl-C is listened for: the libraries of the command line take longer
than an impatient user.
"""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import NoReturn


def run() -> NoReturn:
    """Run the command line and exit, see `commands.main.run`."""
    signal.signal(signal.SIGINT, _leave)
    from neural_style.commands.main import run

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """Leave at once: imports that are cut short end in a traceback, and nothing was begun."""
    os._exit(128 + number)


if __name__ == "__main__":
    run()
