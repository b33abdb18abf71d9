"""The desk: takes visitors' pictures to paint, one at a time on each device, others in a queue."""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neural_style.runtime.errors import StyleError
from neural_style.settings.config import Config
from neural_style.studio.messages import Orders, Painted, PaintTask, StepReport, Task
from neural_style.studio.painter import CLOSING, FAILED, Painter
from neural_style.studio.settings import Settings

if TYPE_CHECKING:
    import numpy as np

logger = logging.getLogger("neural_style")

# Weights that may be asked for: others are files, and those of this machine are not for visitors.
NETWORKS = ("auto", "imagenet", "compact", "")
NICENESS = 10  # of painting; previews go first
PATIENCE = 60.0  # seconds that pictures are given to be written when the server ends
ENDED = ("done", "stopped", "failed")


@dataclass(frozen=True)
class Progress:
    """A job as it is at a time.

    Attributes:
        version: grows with each change.
        state: waiting, painting, stopping, done, stopped or failed.
        place: in the queue while it waits, 1 for the next; else 0.
        step: how far it has come.
        totals: the weighted loss of each iteration.
        picture: so far, [H, W, 3], uint8, RGB, at full size; None before there is any.
        message: a sentence, if there is something to say; why it failed.
        result: the picture that is written, or None.
    """

    version: int = 0
    state: str = "waiting"
    place: int = 0
    step: StepReport = StepReport()
    totals: tuple[float, ...] = ()
    picture: np.ndarray | None = None
    message: str = ""
    result: Path | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in ENDED


class Job:
    """A picture of a visitor's: made by `Desk.submit`."""

    def __init__(self, desk: Desk, visitor: str, config: Config, folder: Path, resume: bool):
        """Only take note; `Desk.submit` does the rest."""
        self.id = f"{next(_numbers)}"
        self.visitor = visitor
        self.folder = folder
        self.resume = resume
        self.orders = Orders()
        self.painter: Painter | None = None  # while it is painted
        self._config = config
        self._desk = desk
        self._changed = threading.Condition()
        self._progress = Progress(step=StepReport(iterations=config.max_iterations))

    @property
    def config(self) -> Config:
        """Its settings, with the weights that were given since it was submitted."""
        return replace(self._config, **self.orders.weights)

    @property
    def progress(self) -> Progress:
        """The job as it is now."""
        return self._progress

    def wait(self, version: int, timeout: float | None = None) -> Progress:
        """Return the progress when it is newer than a version, or after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._progress.version > version, timeout)
            return self._progress

    def stop(self) -> None:
        """Leave the queue, or stop after the step; the picture so far is kept."""
        self._desk.stop(self)

    def reweigh(self, **weights: Any) -> None:
        """Go on with other weights from the next step on.

        Args:
            **weights: settings of `config.LIVE`.

        Raises:
            StyleError: a value that is not allowed, or another setting.
        """
        with self._changed:
            changed = self.config.adjusted(weights)
            weights = {name: getattr(changed, name) for name in {*self.orders.weights, *weights}}
            self.orders = replace(self.orders, weights=weights)
        self.send_orders()

    def send_orders(self) -> None:
        """Tell the painter what is wanted, if there is one."""
        painter = self.painter
        if painter:
            painter.order(self.orders)

    def update(self, **changes: Any) -> None:
        """Change the progress and wake all that wait for it."""
        with self._changed:
            version = self._progress.version + 1
            self._progress = replace(self._progress, version=version, **changes)
            self._changed.notify_all()

    def hear(self, message: Any) -> None:
        """Take what the painter tells: a `StepReport`, or the picture so far."""
        if self.orders != Orders():
            self.send_orders()  # they may have been given before it had begun
        if isinstance(message, StepReport):
            totals = (*self._progress.totals[: message.iteration - 1], message.total)
            self.update(step=message, totals=totals)
        else:
            self.update(picture=message)


_numbers = itertools.count(1)


class Desk:
    """Takes jobs, previews and masks, and has painters to do them."""

    def __init__(self, settings: Settings, painter: Callable[[int, str], Painter] = Painter):
        """Start the painters: one for each device, and one for what cannot wait.

        Args:
            settings: devices and limits.
            painter: makes a painter of a niceness and a device.
        """
        self._settings = settings
        self._lock = threading.Condition()
        self._waiting: list[Job] = []
        self._painted: list[Job] = []
        self._totals: dict[str, tuple[Path, tuple[float, ...]]] = {}
        self._closing = False
        self._quick = painter(0, settings.devices[0])
        self._painters = [painter(NICENESS, device) for device in settings.devices]
        self._turn = threading.Lock()  # of the quick painter
        self._previews: dict[str, object] = {}  # the newest of each visitor
        self._quick.warm()
        self._threads = [
            threading.Thread(target=self._serve, args=(painter,), daemon=True)
            for painter in self._painters
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, visitor: str, config: Config, folder: Path, resume: bool = False) -> Job:
        """Put a picture in the queue.

        Args:
            visitor: whose it is.
            config: its pictures are given by whole paths.
            folder: where the result's own folder goes.
            resume: to go on with the run that was stopped there; its settings must be the same.

        Raises:
            StyleError: the visitor has a job already, too many wait, or it is beyond the limits.
        """
        self._check(config)
        if resume:
            replace(config, resume=True)  # raises if it cannot go on
        job = Job(self, visitor, replace(config, resume=False), folder, resume)
        with self._lock:
            if self._closing:
                raise StyleError(CLOSING)
            if self._of(visitor):
                raise StyleError(
                    "a picture of yours is waiting or being painted already: stop it, or wait "
                    "until it is done"
                )
            idle = len(self._painters) - len(self._painted)
            if len(self._waiting) >= self._settings.most_waiting + idle:
                raise StyleError(
                    f"{len(self._waiting)} pictures are waiting already, as many as this server "
                    "allows: try again later"
                )
            then, totals = self._totals.get(visitor, (None, ()))
            if resume and then == folder:
                job.update(step=replace(job.progress.step, iteration=len(totals)), totals=totals)
            self._waiting.append(job)
            self._tell_places()
            self._lock.notify_all()
        return job

    def job(self, visitor: str) -> Job | None:
        """Return the visitor's job that waits or is being painted, or None."""
        with self._lock:
            return self._of(visitor)

    def jobs(self) -> list[Job]:
        """Return all jobs that wait or are being painted, those first that are further."""
        with self._lock:
            return [*self._painted, *self._waiting]

    def stop(self, job: Job) -> None:
        """Take a job out of the queue, or stop it after its step."""
        with self._lock:
            if job in self._waiting:
                self._waiting.remove(job)
                job.update(state="stopped", place=0)
                self._tell_places()
            elif not job.progress.ended:
                job.orders = replace(job.orders, stop=True)
                job.update(state="stopping")
                job.send_orders()

    def preview(self, visitor: str, config: Config) -> np.ndarray | None:
        """Return what a picture will be like, small and in a few seconds.

        Returns:
            [H, W, 3], uint8, RGB; None if the visitor has asked for a newer one meanwhile.

        Raises:
            StyleError: the settings do not allow it, or too many wait.
        """
        self._check(config)
        ticket = object()
        with self._lock:
            others = self._previews.keys() - {visitor}
            if len(others) > self._settings.most_waiting:
                raise StyleError("too many previews are asked for at once: try again in a while")
            self._previews[visitor] = ticket
        try:
            with self._turn:
                if self._previews.get(visitor) is not ticket:
                    return None
                return self._quick.call("preview", config)
        finally:
            with self._lock:
                if self._previews.get(visitor) is ticket:
                    del self._previews[visitor]

    def call(self, task: Task, *args: Any) -> Any:
        """Return what one of `worker.TASKS` returns for its arguments; it waits for no painting.

        Raises:
            StyleError: the arguments do not allow it.
        """
        with self._turn:
            return self._quick.call(task, *args)

    def close(self, patience: float = PATIENCE) -> None:
        """Stop all jobs, wait until their pictures are written, and end the painters.

        Args:
            patience: seconds to wait at most.
        """
        with self._lock:
            self._closing = True
            for job in [*self._waiting, *self._painted]:
                self.stop(job)
            self._lock.notify_all()
            self._lock.wait_for(lambda: not self._painted, patience)
        for painter in [self._quick, *self._painters]:
            painter.close()

    def _check(self, config: Config) -> None:
        """Raise a StyleError if a Config is beyond what this server allows."""
        for name, maximum in [
            ("max_size", self._settings.most_size),
            ("max_iterations", self._settings.most_iterations),
        ]:
            value = getattr(config, name)
            if value > maximum:
                raise StyleError(f"{name}: received {value}, this server allows at most {maximum}")
        for name in ("model_weights", "draft_weights"):
            if getattr(config, name) not in NETWORKS:
                raise StyleError(
                    f"{name}: files are not read here; allowed are {', '.join(NETWORKS[:-1])}"
                )

    def _of(self, visitor: str) -> Job | None:
        mine = (job for job in (*self._painted, *self._waiting) if job.visitor == visitor)
        return next(mine, None)

    def _tell_places(self) -> None:
        for place, job in enumerate(self._waiting, 1):
            if job.progress.place != place:
                job.update(place=place)

    def _serve(self, painter: Painter) -> None:
        """Let a painter do one job after another."""
        with contextlib.suppress(StyleError):  # it is closed
            painter.warm()
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._waiting or self._closing)
                if self._closing:
                    return
                job = self._waiting.pop(0)
                self._painted.append(job)
                job.painter = painter
                job.update(state="painting", place=0)
                self._tell_places()
            end = self._paint(painter, job)
            with self._lock:
                self._painted.remove(job)
                job.painter = None
                self._totals[job.visitor] = (job.folder, job.progress.totals)
                job.update(step=replace(job.progress.step, seconds_left=None), **end)
                self._lock.notify_all()

    def _paint(self, painter: Painter, job: Job) -> dict[str, Any]:
        """Do a job and return what changes in its progress by that."""
        task = PaintTask(job.config, job.folder, self._settings.most_minutes, job.resume)
        try:
            painted = painter.paint(task, job.hear)
        except StyleError as error:
            return {"state": "failed", "message": str(error)}
        except Exception:  # the next job shall be painted all the same
            logger.exception("a job failed")
            return {"state": "failed", "message": FAILED}
        return _ended(painted)


def _ended(painted: Painted) -> dict[str, Any]:
    state = "stopped" if painted.interrupted else "done"
    return {"state": state, "message": painted.message, "result": painted.path}
