"""Results written where they belong or, where that cannot be, elsewhere."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from neural_style.commands.messages import BAD_INPUT
from neural_style.runtime.errors import StyleError

if TYPE_CHECKING:  # loads the picture libraries
    from neural_style.transfer.result import ResultFolder

T = TypeVar("T")

logger = logging.getLogger("neural_style")


def written(folder: ResultFolder, write: Callable[[], T]) -> T:
    """Write a result; where its place cannot be written, in the working or the temporary folder.

    Returns:
        What `write` returns.

    Raises:
        StyleError: there is no such place.
    """
    try:
        return write()
    except StyleError as error:
        for place in (Path.cwd(), Path(tempfile.gettempdir())):
            folder.move_to(place)
            with contextlib.suppress(StyleError):
                paths = write()
                logger.error("%s; the result is in %s instead", error, folder.folder)
                return paths
        raise


def code_of(folder: ResultFolder) -> int:
    """Return the exit code of a run that has come to its end and written its result."""
    return BAD_INPUT if folder.is_elsewhere else 0
