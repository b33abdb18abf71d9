"""What an optimizer yields: a Step for the start, iteration 0, and one for each iteration.

Each one's total is that of its own image. A Step is also where an optimizer can go on from: `lbfgs`
and `adam`, given one of their own Steps as `after`, yield those behind it as if they had never
stopped, to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import tensorflow as tf


@dataclass(frozen=True)
class Step:
    """One iteration of an optimizer.

    Attributes:
        iteration: counted from 1; 0 is the start.
        total: the weighted loss of this step's image.
        terms: all scalars of the loss by name, `total` among them.
        seconds: since the optimizer began.
        evaluations: of the loss and its gradient, so far.
        note: what happened out of the ordinary, or empty.
        tensor: the image on the device, or an array if it is from a checkpoint.
        state: whatever else the optimizer needs to go on from here, by name: tensors on the
            device, shared with it, none of which changes any more; None if it cannot.
        scale: of the run that the optimizer is part of, counted from 1, the coarsest.
    """

    iteration: int
    total: float
    terms: dict[str, float]
    seconds: float
    evaluations: int
    note: str = ""
    tensor: tf.Tensor | None = field(default=None, repr=False, compare=False)
    state: Mapping[str, tf.Tensor] | None = field(default=None, repr=False, compare=False)
    scale: int = 1

    @property
    def image(self) -> npt.NDArray[np.float32]:
        """The image, copied from the device when asked for: [H, W, 3], RGB, float32."""
        if self.tensor is None:
            raise ValueError("this step no longer holds its image")
        array = np.asarray(self.tensor)
        return array[0] if array.ndim == 4 else array

    @property
    def resume_state(self) -> Mapping[str, tf.Tensor]:
        """The state, for an optimizer that is to go on from here."""
        if self.state is None:
            raise ValueError("this step has no state to go on from")
        return self.state

    def without_image(self) -> Step:
        """Return the same step without its hold on the memory of the image and the state."""
        return replace(self, tensor=None, state=None)

    def without_state(self) -> Step:
        """Return the same step without its hold on the state's memory."""
        return replace(self, state=None)
