"""The pictures that a Config names, read within the memory that it allows."""

from __future__ import annotations

import logging
import math
from typing import Any

from neural_style.images.picture import Picture
from neural_style.images.read import find_picture, read_picture
from neural_style.runtime.memory import left
from neural_style.settings.config import FIELDS, Config

logger = logging.getLogger("neural_style")


def read_source(config: Config, source: Any, folder: str, setting: str) -> Picture:
    """Read a picture that is named by its path, or by its name in a folder; or take an array.

    One that would take more than `max_memory` leaves is reduced while it is read, but not below
    what the transfer needs of it.

    Raises:
        StyleError: missing, unreadable, or too large for the memory.
    """
    scale = max((1.0, *config.style_scale)) if setting.startswith("style_imgs") else 1.0
    needed = math.ceil(scale * config.max_size)
    room = left(config.max_memory_bytes)
    return read_picture(find_picture(source, folder, setting), setting, room, needed)


def say_if_not_enlarged(config: Config, size: tuple[int, int]) -> None:
    """Say so where max_size asks for a larger picture than the photograph, of a (height, width)."""
    if max(size) < config.max_size != FIELDS["max_size"].default:
        logger.info(
            "max_size: the photograph is %d x %d pixels and is not enlarged to %d",
            *(size[1], size[0], config.max_size),
        )
