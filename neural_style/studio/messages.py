"""What a painter's process and the server say to each other; nothing here needs TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Reached:
    """How far a painter has come.

    Attributes:
        iteration: of all scales together, counted from 1.
        iterations: how many there shall be.
        scale: counted from 1, the coarsest.
        scales: how many there are.
        total: the weighted loss.
        terms: all terms of the loss by name, `total` among them.
        seconds: since painting began.
        seconds_left: about how many are left; None before two iterations.
    """

    iteration: int
    iterations: int
    scale: int
    scales: int
    total: float
    terms: Mapping[str, float]
    seconds: float
    seconds_left: float | None


@dataclass(frozen=True)
class Painted:
    """What has become of a picture.

    Attributes:
        path: where it is.
        interrupted: it was stopped; with `resume` it goes on.
        message: a sentence, if there is something to say.
    """

    path: Path
    interrupted: bool
    message: str = ""


@dataclass
class Orders:
    """What a visitor wants of a picture that is being painted; another thread changes it.

    Attributes:
        stop: to stop after the step.
        weights: settings of `config.LIVE` that shall have other values.
    """

    stop: bool = False
    weights: Mapping[str, Any] = field(default_factory=dict)
