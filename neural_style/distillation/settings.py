"""The settings of the training, each default written once; its flags derive from them."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from neural_style.runtime.errors import StyleError
from neural_style.settings.fields import convert_all, setting


def _setting(default: Any, help: str) -> Any:
    return setting(default, help, "Settings")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the network is trained.

    Raises:
        StyleError: a value that is not allowed.
    """

    steps: int = _setting(6700, "batches")
    batch: int = _setting(4, "pictures in each batch")
    crop: int = _setting(160, "their side in pixels")
    on_policy: int = _setting(2, "how many of each batch come from the pool")
    pool: int = _setting(32, "pictures that are being painted")
    least_life: int = _setting(
        30, "steps of its painting after which a picture of the pool is renewed, at least"
    )
    most_life: int = _setting(160, "the same, at most")
    least_rate: float = _setting(
        1.0, "first size of these steps in grey levels, at least; the last is a tenth"
    )
    most_rate: float = _setting(8.0, "the same, at most")
    photographs: float = _setting(
        0.5,
        "share of the first folder in the pictures that are not from the pool; the other folders "
        "have the rest",
    )
    fitted: int = _setting(96, "crops for the fit by least squares that training starts from")
    gram_weight: float = _setting(1.0, "weight of the Gram matrices' errors; the activations' is 1")
    learning_rate: float = _setting(5e-4, "of Adam")
    warm_up: int = _setting(100, "steps in which the learning rate rises")
    decay: float = _setting(0.3, "last share of the steps, in which it falls to 0")
    clip: float = _setting(5.0, "largest norm of the gradient")
    averaging: float = _setting(0.998, "decay of the moving average of the weights, which is kept")
    save_every: int = _setting(250, "steps between checkpoints")
    seed: int = _setting(0, "of all that is drawn")

    def __post_init__(self) -> None:
        """Convert every value, then check what would fail late or say nothing."""
        convert_all(self)
        for name, minimum in [("steps", 1), ("crop", 32), ("pool", 1), ("save_every", 1)]:
            if getattr(self, name) < minimum:
                raise StyleError(
                    f"{name}: received {getattr(self, name)}, must be at least {minimum}"
                )
        if not 0 < self.on_policy < self.batch or self.on_policy > self.pool:
            raise StyleError(
                f"on_policy: received {self.on_policy}, must be above 0, below batch "
                f"({self.batch}) and not above pool ({self.pool})"
            )


FIELDS = {field.name: field for field in dataclasses.fields(Settings)}
