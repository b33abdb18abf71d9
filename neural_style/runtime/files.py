"""Files that are there whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from neural_style.runtime.errors import StyleError

O_BINARY = getattr(os, "O_BINARY", 0)  # Windows would change line ends
# The name of a file that is being written, before it is moved to its own.
PART = re.compile(r"\.neural_style-[0-9a-f]{16}\.part")


def write_file(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all.

    Raises:
        StyleError: it cannot be written.
    """
    with replacing(path) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file to write under a temporary name; at the end it is moved to its own.

    What was there before stays until then, and for good if anything fails.

    Raises:
        StyleError: it cannot be written.
    """
    try:
        temporary = path.parent / f".neural_style-{secrets.token_hex(8)}.part"
        # The system takes the umask off the mode; to ask for it would change it for every thread.
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | O_BINARY, 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(handle)  # or a power cut may leave the name, moved, and no content
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise StyleError(f"{path} cannot be written: {error.strerror}") from error
