"""The scales at which a picture is painted, the coarsest first, each from the last one's result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neural_style.images.picture import enlarge, reduced_size, resize
from neural_style.settings.config import Config
from neural_style.transfer.pictures import MIN_SIDE


@dataclass(frozen=True)
class Scale:
    """One scale of a run.

    Attributes:
        number: counted from 1, the coarsest.
        size: height and width.
        iterations: how many it has.
        is_last: it is of the size of the result.
    """

    number: int
    size: tuple[int, int]
    iterations: int
    is_last: bool


def pyramid(config: Config, size: tuple[int, int]) -> list[Scale]:
    """Return the scales of a picture of a (height, width), the coarsest first.

    Their longer sides grow from `min_size` by a constant factor. Scales that would not be smaller
    than the next, or with a side below 16 pixels, are left out.
    """
    longest = max(size)
    growth = (longest / config.min_size) ** (1 / max(1, config.scales - 1))
    sides = [round(longest / growth**k) for k in range(1, config.scales)]
    coarser = {reduced_size(size, side) for side in sides if side < longest}
    sizes = [*sorted(other for other in coarser if min(other) >= MIN_SIDE), tuple(size)]
    iterations = _iterations(config, len(sizes))
    return [
        Scale(number, size, count, number == len(sizes))
        for number, (size, count) in enumerate(zip(sizes, iterations, strict=True), 1)
    ]


def _iterations(config: Config, scales: int) -> list[int]:
    """Divide max_iterations among the finest so many scales, by their shares; each has at least 1.

    Each is rounded down, and what is left over goes to the coarsest.
    """
    shares = (config.scale_shares or (1.0,) * config.scales)[-scales:]
    spare = config.max_iterations - scales
    iterations = [1 + int(spare * share / (sum(shares) or 1)) for share in shares]
    iterations[0] += config.max_iterations - sum(iterations)
    return iterations


def next_start(config: Config, init: np.ndarray, coarser: np.ndarray) -> np.ndarray:
    """Return where a scale starts: the last one's image enlarged, with the start's fine detail.

    What the coarser scale could not see of the photograph is there from the beginning. Noise has no
    detail to keep.

    Args:
        config: the settings.
        init: where a run at this scale alone would start, [H, W, 3].
        coarser: the last scale's image, [h, w, 3].
    """
    size = init.shape[:2]
    if config.init_img_type == "random":
        return enlarge(coarser, size)
    return init + enlarge(coarser - resize(init, coarser.shape[:2]), size)
