"""The settings of the training, each default written once."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from neural_style.runtime.errors import StyleError


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the network is trained.

    Attributes:
        steps: batches.
        batch: pictures in each.
        crop: their side in pixels.
        on_policy: how many of each batch come from the pool.
        pool: pictures that are being painted.
        least_life: a picture of the pool is renewed after so many steps of its painting, at least;
        most_life: at most.
        least_rate: the first size of these steps in grey levels, at least; the last is a tenth;
        most_rate: at most.
        photographs: share of the first folder in the pictures that are not from the pool; the
            other folders have the rest.
        fitted: crops for the fit by least squares that training starts from.
        gram_weight: weight of the Gram matrices' errors; the activations' is 1.
        learning_rate: of Adam.
        warm_up: steps in which it rises.
        decay: last share of the steps, in which it falls to 0.
        clip: largest norm of the gradient.
        averaging: decay of the weights' moving average, which is what is kept.
        save_every: steps between checkpoints.
        seed: of all that is drawn.
    """

    steps: int = 6700
    batch: int = 4
    crop: int = 160
    on_policy: int = 2
    pool: int = 32
    least_life: int = 30
    most_life: int = 160
    least_rate: float = 1.0
    most_rate: float = 8.0
    photographs: float = 0.5
    fitted: int = 96
    gram_weight: float = 1.0
    learning_rate: float = 5e-4
    warm_up: int = 100
    decay: float = 0.3
    clip: float = 5.0
    averaging: float = 0.998
    save_every: int = 250
    seed: int = 0

    def __post_init__(self) -> None:
        """Check what would fail late or say nothing."""
        for name, least in [("steps", 1), ("crop", 32), ("pool", 1), ("save_every", 1)]:
            if getattr(self, name) < least:
                raise StyleError(
                    f"{name}: received {getattr(self, name)}, must be at least {least}"
                )
        if not 0 < self.on_policy < self.batch or self.on_policy > self.pool:
            raise StyleError(
                f"on_policy: received {self.on_policy}, must be above 0, below batch "
                f"({self.batch}) and not above pool ({self.pool})"
            )


FIELDS = {field.name: field for field in dataclasses.fields(Settings)}
