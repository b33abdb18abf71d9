"""What a user asks masks of: a subject in a box or by strokes, clusters, or another picture."""

from __future__ import annotations

import contextlib
import operator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from neural_style.guidance.labels import COLORS
from neural_style.images.read import find_picture
from neural_style.runtime.errors import StyleError

MIN_REGIONS, MAX_REGIONS = 2, len(COLORS)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What masks are made from: a box, strokes, both, a number of regions, another picture.

    Attributes:
        box: around the subject: x, y, width and height in pixels of the photograph. It may be
            passed as text, `x,y,w,h`.
        foreground: a picture of the photograph's size whose marked pixels are of the subject: those
            that are not transparent, or, where nothing is, the bright ones. A path, or an array.
        background: the same of what is not the subject.
        clusters: how many regions, 2 to 16. It may be passed as text.
        match: a picture that shall have the same regions (see `matching`); a path, or an array.

    Raises:
        StyleError: none of them, some that do not go together, or not such numbers.
    """

    box: tuple[int, int, int, int] | None = None
    foreground: Any = None
    background: Any = None
    clusters: int | None = None
    match: Any = None

    def __post_init__(self) -> None:
        """Convert the numbers and check what goes together."""
        for_subject = self._names_of("box", "foreground", "background")
        for_regions = self._names_of("clusters", "match")
        if not for_regions and not for_subject:
            raise StyleError(
                "there is nothing to make a mask from: give -box, -foreground and -background, "
                "-clusters, or -match"
            )
        if for_regions and for_subject:
            raise StyleError(
                f"{for_regions[0]}: received with {for_subject[0]}; a mask is made by the one or "
                "the other"
            )
        if self.clusters is not None:
            (count,) = _whole_numbers("clusters", self.clusters, 1)
            object.__setattr__(self, "clusters", count)
            if not MIN_REGIONS <= count <= MAX_REGIONS:
                raise StyleError(
                    f"clusters: received {count}, must be from {MIN_REGIONS} to {MAX_REGIONS}"
                )
        if self.box is not None:
            object.__setattr__(self, "box", _whole_numbers("box", self.box, 4))
        elif len(for_subject) == 1:
            missing = "background" if for_subject == ["foreground"] else "foreground"
            raise StyleError(
                f"{missing} is missing: {for_subject[0]} strokes alone do not tell what to cut "
                f"from what; give -{missing} as well, or -box"
            )

    def _names_of(self, *names: str) -> list[str]:
        """Return those of the attributes that are there."""
        return [name for name in names if getattr(self, name) is not None]

    @property
    def divides(self) -> bool:
        """Whether the whole photograph is divided into regions; else a subject is cut out."""
        return self.clusters is not None or self.match is not None

    def with_paths(self, folder: str, match_folder: str) -> Request:
        """Return it with paths for names of pictures.

        Args:
            folder: where strokes are looked up, beside the working directory.
            match_folder: where `match` is.

        Raises:
            StyleError: there is no such file.
        """
        folders = {"foreground": folder, "background": folder, "match": match_folder}
        paths = {
            name: find_picture(getattr(self, name), folders[name], name)
            for name in self._names_of(*folders)
        }
        return replace(self, **paths)


def _whole_numbers(name: str, value: Any, count: int) -> tuple[int, ...]:
    """Return `count` whole numbers, from text with commas between them or from such numbers."""
    items = value.split(",") if isinstance(value, str) else np.atleast_1d(value).tolist()
    numbers: tuple[int, ...] = ()
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        numbers = tuple(
            int(item) if isinstance(item, str) else operator.index(item) for item in items
        )
    if len(numbers) != count:
        allowed = {
            1: "a whole number",
            4: "x,y,width,height in whole pixels, such as 40,20,200,300",
        }
        raise StyleError(f"{name}: received {value!r}, must be {allowed[count]}")
    return numbers
