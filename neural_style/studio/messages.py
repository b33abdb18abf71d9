"""What a painter's process and the server say to each other; nothing here needs TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from neural_style.settings.config import Config

# A task's name; what it does is in `worker.TASKS`.
Task = Literal["preview", "masks", "mask_of", "union"]


@dataclass(frozen=True)
class PaintTask:
    """A picture to paint.

    Attributes:
        config: its pictures are given by whole paths.
        folder: where the result's own folder goes.
        minutes: after which it is stopped.
        resume: to go on with the run that was stopped there.
    """

    config: Config
    folder: Path
    minutes: float
    resume: bool = False


@dataclass(frozen=True)
class StepReport:
    """How far a painter has come.

    Attributes:
        iteration: of all scales together; 0 before the first.
        iterations: how many there shall be.
        scale: counted from 1, the coarsest; 0 before the first.
        scales: how many there are; 0 until it is known.
        seconds: since painting began.
        seconds_left: about how many are left; None where nothing is known.
        total: the weighted loss; None before the first iteration.
    """

    iteration: int = 0
    iterations: int = 0
    scale: int = 0
    scales: int = 0
    seconds: float = 0.0
    seconds_left: float | None = None
    total: float | None = None


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
