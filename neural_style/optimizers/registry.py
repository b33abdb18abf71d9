"""The optimizers by name, and what each of them can."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from neural_style.optimizers.adam import adam
from neural_style.optimizers.keras_optimizer import fresh_copy, keras_optimizer
from neural_style.optimizers.lbfgs import lbfgs
from neural_style.optimizers.step import Step
from neural_style.optimizers.tfp import tfp_lbfgs
from neural_style.runtime.errors import StyleError, did_you_mean, shown


@dataclass(frozen=True)
class Optimizer:
    """A way to minimize a loss, and what it can.

    Attributes:
        minimize: a generator of Steps; it is called with a loss, a start and a number of
            iterations.
        has_bounds: whether it takes `bounds` as well.
        is_resumable: whether it takes `after` as well, a Step to go on from.
    """

    minimize: Callable[..., Iterator[Step]]
    has_bounds: bool
    is_resumable: bool


OPTIMIZERS = {
    "lbfgs": Optimizer(lbfgs, has_bounds=True, is_resumable=True),
    "adam": Optimizer(adam, has_bounds=True, is_resumable=True),
    "tfp_lbfgs": Optimizer(tfp_lbfgs, has_bounds=False, is_resumable=False),
}


def open_optimizer(optimizer: object) -> Optimizer:
    """Return the optimizer of a name, or one that minimizes with an optimizer of Keras's.

    Args:
        optimizer: one of the names in OPTIMIZERS, or a `keras.optimizers.Optimizer`, which stays as
            it is: each call of `minimize` begins with a copy.

    Raises:
        StyleError: it is neither, or cannot be copied.
    """
    if isinstance(optimizer, str):
        if optimizer in OPTIMIZERS:
            return OPTIMIZERS[optimizer]
        raise StyleError(
            f"optimizer: {shown(optimizer)} is none of {', '.join(OPTIMIZERS)}"
            f"{did_you_mean(optimizer, OPTIMIZERS)}"
        )
    fresh_copy(optimizer)  # what is no optimizer is refused here, not when the run begins
    minimize = partial(keras_optimizer, optimizer=optimizer)
    return Optimizer(minimize, has_bounds=True, is_resumable=False)
