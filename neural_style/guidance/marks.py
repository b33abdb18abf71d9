"""What the user has marked on the photograph: a box around the subject, and strokes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from neural_style.guidance.requests import Request
from neural_style.images.picture import luminance, reduced_size, resize
from neural_style.images.read import read_picture
from neural_style.runtime.errors import StyleError
from neural_style.runtime.memory import left


class Marks(NamedTuple):
    """What is marked on a reduced photograph of [h, w].

    Attributes:
        box: [h, w], bool, what is inside; None without a box.
        foreground: [h, w], bool, strokes on the subject.
        background: [h, w], bool, strokes on the rest. No pixel is in both.
    """

    box: np.ndarray | None
    foreground: np.ndarray
    background: np.ndarray


def read_marks(request: Request, size: tuple[int, int], max_size: int) -> Marks:
    """Read the box and the strokes of a request, and reduce them.

    Args:
        request: names them.
        size: height and width of the photograph.
        max_size: that it is reduced to.

    Raises:
        StyleError: strokes that are unreadable, empty, everywhere, of another size, or on one
            another; or a box that does not fit the photograph.
    """
    foreground = _read_strokes(request.foreground, "foreground", size)
    background = _read_strokes(request.background, "background", size)
    both = np.count_nonzero(foreground & background)
    if both:
        raise StyleError(
            f"foreground and background: {both} pixels are marked in both; erase them in one, and "
            "mark strokes, not what is around them"
        )
    reduced = reduced_size(size, max_size)
    # A stroke of one pixel shall survive. Where both come to lie on one, the foreground has it.
    foreground, background = (
        resize(strokes.astype(np.float32), reduced) > 0 for strokes in (foreground, background)
    )
    background &= ~foreground
    box = None if request.box is None else _box_mask(request.box, size, reduced)
    if box is None and not background.any():
        raise StyleError(
            f"background: its strokes lie so near the foreground's that at max_size {max_size} "
            "none is left; paint them wider, or raise max_size"
        )
    return Marks(box, foreground, background)


def _read_strokes(source: Any, setting: str, size: tuple[int, int]) -> np.ndarray:
    """Return what is marked in a picture of strokes, [H, W], bool; nothing if there is none."""
    if source is None:
        return np.zeros(size, bool)
    # A picture that is clear everywhere is refused below, with a better reason.
    picture = read_picture(source, setting, left(), may_be_clear=True)
    if picture.size != size:
        raise StyleError(
            f"{setting}: the strokes are {picture.size[1]} x {picture.size[0]} pixels, the "
            f"photograph {size[1]} x {size[0]}: paint them on a layer over the photograph"
        )
    strokes: np.ndarray
    strokes = luminance(picture) > 127 if picture.alpha is None else picture.alpha > 0.5
    if not strokes.any() or strokes.all():
        amount = "everything" if strokes.any() else "nothing"
        raise StyleError(
            f"{setting}: {amount} is marked in it; paint strokes on a transparent layer, or white "
            "ones on black"
        )
    return strokes


def _box_mask(
    box: tuple[int, int, int, int], size: tuple[int, int], reduced: tuple[int, int]
) -> np.ndarray:
    """Return what is inside a box, [H, W], bool, at the reduced size."""
    x, y, width, height = box
    received = f"box: received {x},{y},{width},{height}"
    photograph = f"the photograph of {size[1]} x {size[0]} pixels"
    if width < 1 or height < 1:
        raise StyleError(f"{received}, width and height must be at least 1")
    if x < 0 or y < 0 or x + width > size[1] or y + height > size[0]:
        raise StyleError(
            f"{received}, which reaches out of {photograph}; x and y are of its left upper corner"
        )
    full_size = np.zeros(size, np.float32)
    full_size[y : y + height, x : x + width] = 1
    is_inside: np.ndarray = resize(full_size, reduced) > 0.5
    if is_inside.all():
        raise StyleError(
            f"{received}, the whole of {photograph}; leave some background around the subject, or "
            "use -foreground and -background"
        )
    if not is_inside.any():
        raise StyleError(f"{received}, which is too small to find anything in; draw a larger one")
    return is_inside
