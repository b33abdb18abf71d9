"""Checkpoints: how far a run has come, in a file from which it goes on as if never interrupted.

The file `checkpoint.npz` in the result's folder holds a Run, and whose it is: the settings, the
network, and hashes of the pictures; and a hash of all that. It is replaced in one move, so there
is always a whole one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neural_style.images.picture import Picture
from neural_style.optimizers.step import Step
from neural_style.runtime.errors import StyleError, first_line, shortened, shown
from neural_style.runtime.files import replacing
from neural_style.runtime.hashing import digest
from neural_style.settings.config import Config
from neural_style.transfer.result import ResultFolder
from neural_style.transfer.soundness import check_run

logger = logging.getLogger("neural_style")

NAME = "checkpoint.npz"
LAYOUT = 4  # of the file; another number for what this version could not read
# The parts of an identity that are values by their names.
NAMED = ("settings", "network", "pictures")
# Seconds between checkpoints; more where they are so large that writing one takes long.
INTERVAL = 60.0
MOST_OF_THE_TIME = 0.05


@dataclass(frozen=True)
class Run:
    """How far a run has come.

    Attributes:
        last: its last Step, with image and state; None at the very start.
        best: the Step of least loss since its optimiser began, with image; of equals the last.
        history: a Step without image for each iteration.
        tile: the side of the tiles at the last one's scale, which decides how sums are rounded.
        began: how many iterations there were when the last one's optimiser began.
        exact: it computes in float32, since the settings' precision could not tell any more at
            this scale where the loss falls.
    """

    last: Step | None = None
    best: Step | None = None
    history: tuple[Step, ...] = ()
    tile: int | None = None
    began: int = 0
    exact: bool = False

    def anew(self, exact: bool = False) -> Run:
        """Return the run where another optimiser begins, of another loss: none is the best yet."""
        return dataclasses.replace(self, best=None, began=len(self.history), exact=exact)

    def extended(self, step: Step) -> Run:
        """Return the run one Step further; the start of a scale is no iteration."""
        finer = self.best is None or step.scale > self.best.scale
        best = step.without_state() if finer or step.total <= self.best.total else self.best
        is_iteration = step.iteration > (self.last.iteration if self.last else 0)
        history = (*self.history, step.without_image()) if is_iteration else self.history
        return dataclasses.replace(self, last=step, best=best, history=history)


class Checkpoints:
    """The checkpoints of one run: where they are, and when the next is due."""

    def __init__(self, folder: ResultFolder, resume: bool = False):
        """Write nothing yet.

        Args:
            folder: of the result.
            resume: whether to go on with a run that this folder's name has been given before.
        """
        self._folder = folder
        self._resume = resume
        self._identity: Mapping[str, Any] = {}
        self._due = math.inf
        self._failed = False
        # The last whole checkpoint, and its iteration.
        self._path: Path | None = None
        self._iteration: int | None = None

    @property
    def iteration(self) -> int | None:
        """The iteration of the last whole checkpoint, None if there is none, or none any more."""
        return self._iteration if self._path and os.path.isfile(self._path) else None

    def open(self, identity: Mapping[str, Any]) -> Run:
        """Return the run to go on with, which is an empty one if there is nothing to resume.

        Args:
            identity: of the run, see `identity_of`.

        Raises:
            StyleError: there are checkpoints, but all are damaged or of other runs.
        """
        self._identity = identity
        self._due = time.monotonic() + INTERVAL
        if not self._resume:
            return Run()
        refusal = None
        for path in self._folder.left_behind(NAME):
            try:
                run = read(path, identity)
            except StyleError as error:
                refusal = refusal or error
                continue
            self._folder.go_on_in(path.parent)
            self._path, self._iteration = path, run.last.iteration
            logger.info("going on after iteration %d, from %s", self._iteration, path)
            return run
        if refusal:
            raise refusal
        logger.info("there is no checkpoint to resume: starting from the beginning")
        return Run()

    def adjusted(self, config: Config) -> None:
        """Take note that the run goes on with other settings."""
        self._identity = {**self._identity, "settings": config.settings()}

    def keep(self, run: Run, now: bool = False) -> None:
        """Write a checkpoint if one is due, or now. If that fails, say so once and go on."""
        if run.last.state is None or not (now or time.monotonic() >= self._due):
            return
        started = time.monotonic()
        try:
            path = self._folder.folder / NAME
            write(path, run, self._identity)
            self._folder.add(path)
            self._path, self._iteration = path, run.last.iteration
        except StyleError as error:
            if not self._failed:
                self._failed = True
                kept = "none" if self.iteration is None else f"that of iteration {self.iteration}"
                logger.warning("%s; the run goes on, its last checkpoint is %s", error, kept)
        ended = time.monotonic()
        self._due = ended + max(INTERVAL, (ended - started) / MOST_OF_THE_TIME)

    def remove(self) -> None:
        """Remove the run's checkpoint, since the result is written."""
        if self._path:
            self._path.unlink(missing_ok=True)


def identity_of(
    config: Config,
    network: str,
    pictures: Mapping[str, Picture],
    sizes: Sequence[tuple[int, int]] | None = None,
) -> Mapping[str, Any]:
    """Return what must be the same for a run to go on: settings, network, pictures.

    Args:
        config: its settings of the run alone (overwrite, ...) do not count.
        network: the description of the network that is used.
        pictures: as the transfer sees them, by name.
        sizes: height and width of each of its scales; those of the content alone if None.
    """
    hashes = {name: _hash(picture) for name, picture in pictures.items()}
    named = {"settings": config.settings(), "network": {"network": network}, "pictures": hashes}
    return named | {"sizes": [list(size) for size in sizes or [pictures["content"].size]]}


def write(path: Path, run: Run, identity: Mapping[str, Any]) -> None:
    """Write a checkpoint.

    Args:
        path: it is replaced in one move.
        run: its last Step has a state.
        identity: see `identity_of`.

    Raises:
        StyleError: it cannot be written.
    """
    about = {"layout": LAYOUT, "identity": identity, "tile": run.tile, "began": run.began}
    about["exact"] = run.exact
    about |= {"last": _facts(run.last), "best": _facts(run.best)}
    about["history"] = [_facts(step) for step in run.history]
    arrays = {f"state/{name}": value for name, value in run.last.state.items()}
    arrays["last"] = run.last.tensor
    if run.best.tensor is not run.last.tensor:
        arrays["best"] = run.best.tensor
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    hashed = np.frombuffer(digest(arrays), np.uint8)
    with replacing(path) as file:
        # Each tensor is copied from the device when its turn comes.
        np.savez(file, allow_pickle=False, digest=hashed, **arrays)


def read(path: Path, identity: Mapping[str, Any]) -> Run:
    """Return the run that `write` has kept, its tensors as arrays.

    Raises:
        StyleError: the checkpoint is damaged, of another layout, or of another run; or it holds
            what no run of these settings can have come to.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(arrays["about"].tobytes())
        layout, theirs = about["layout"], about["identity"]
    except Exception as error:  # whatever a parser makes of a damaged file
        raise _damaged(path, first_line(error)) from error
    if layout != LAYOUT:
        raise StyleError(
            f"resume: {path} was written by another version of neural_style (its layout is "
            f"{shown(layout)}, this version reads {LAYOUT}); go on with that version, or drop "
            "-resume to start from the beginning"
        )
    hashed = arrays.pop("digest", np.empty(0, np.uint8))
    if hashed.tobytes() != digest(arrays):
        raise _damaged(path, "its hash is of other values")
    _check_identity(path, theirs, identity)
    del arrays["about"]
    try:
        check_run(about, arrays, identity["settings"], identity["sizes"])
    except ValueError as error:
        raise _damaged(path, str(error)) from None
    state = {
        name.removeprefix("state/"): array
        for name, array in arrays.items()
        if name.startswith("state/")
    }
    last = Step(**about["last"], tensor=arrays["last"], state=state)
    best = Step(**about["best"], tensor=arrays.get("best", last.tensor))
    history = tuple(Step(**facts) for facts in about["history"])
    return Run(last, best, history, about["tile"], about["began"], about["exact"])


def _damaged(path: Path, problem: str) -> StyleError:
    return StyleError(
        f"resume: {path} is damaged ({problem}); remove it, or drop -resume, to start from the "
        "beginning"
    )


def _check_identity(path: Path, theirs: Any, ours: Mapping[str, Any]) -> None:
    """Raise a StyleError if a checkpoint is of another run."""
    parts = theirs if isinstance(theirs, dict) and set(theirs) == set(ours) else {}
    if not parts or not all(isinstance(parts[part], dict) for part in NAMED):
        raise _damaged(path, "it does not say of which run it is")
    differences = _differences(theirs, ours)
    if not differences and theirs["sizes"] != ours["sizes"]:
        raise _damaged(path, f"its scales have the sizes {shown(theirs['sizes'])}")
    if differences:
        raise StyleError(
            f"resume: {path} is of another run ({'; '.join(differences)}); make them equal again, "
            "or drop -resume to start from the beginning"
        )


def _differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return in words what differs between two identities."""
    found = []
    for part in ("settings", "network"):
        for name in sorted({*then[part], *now[part]}):
            before, after = then[part].get(name), now[part].get(name)
            if before != after:
                found.append(f"{name} was {_shown(before)} and is {_shown(after)}")
    for name in sorted({*then["pictures"], *now["pictures"]}):
        if then["pictures"].get(name) != now["pictures"].get(name):
            found.append(f"the picture {name} has changed")
    return found


def _shown(value: Any) -> str:
    return shortened(" ".join(map(str, value)) if isinstance(value, list) else str(value))


def _facts(step: Step) -> dict[str, Any]:
    """Return a Step without its tensors, for JSON, which keeps floats to the last bit."""
    names = {field.name for field in dataclasses.fields(Step)} - {"tensor", "state"}
    return {name: getattr(step, name) for name in names}


def _hash(picture: Picture) -> str:
    sha256 = hashlib.sha256(str(picture.rgb.shape).encode())
    for array in (picture.rgb, picture.alpha):
        if array is not None:
            sha256.update(np.ascontiguousarray(array))
    return sha256.hexdigest()
