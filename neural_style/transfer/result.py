"""The result of a transfer, and its folder on disk."""

from __future__ import annotations

import csv
import io
import itertools
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neural_style.images.drawing import draw_curve, draw_sheet
from neural_style.images.picture import Picture, to_pixels
from neural_style.images.suffixes import NOT_WRITTEN, WRITTEN
from neural_style.images.write import check_format, write_picture
from neural_style.runtime.errors import StyleError
from neural_style.runtime.files import PART, write_file
from neural_style.settings.config import Config
from neural_style.transfer.record import Record

if TYPE_CHECKING:  # a folder is written without TensorFlow too
    from neural_style.optimizers.step import Step

LONGEST_NAME = 200  # bytes; file systems take 255, and endings and numbers are added
DEFAULT_FORMAT = ".png"
# What is written beside the picture; a second run may add a number to its name.
TAKEN = re.compile(r"(content|init|style|mask|regions|config|history)(_\d+)?")

# What settings that are auto may come to, as the settings beside a result have it.
AUTOMATIC = {"model_weights": ("auto", "compact"), "precision": ("auto", "float32", "bfloat16")}


@dataclass(frozen=True)
class Result:
    """What a transfer gives.

    Attributes:
        picture: the painted picture, float32, with the photograph's alpha if it had any.
        config: the settings that made it.
        history: a Step, without its image, for each iteration.
        inputs: the pictures as the transfer saw them, by name: content, init, style_1, mask_1, ...
        ended: how the run ended: `finished`, all its iterations done; `converged`, nothing more
            was to be gained; `stopped` by `on_step`, or `interrupted` by Ctrl-C or a signal, and
            the picture is the best until then.
    """

    picture: Picture
    config: Config
    history: tuple[Step, ...]
    inputs: Mapping[str, Picture]
    ended: str = "finished"

    @property
    def interrupted(self) -> bool:
        """It did not come to its end, and may be resumed."""
        return self.ended in ("stopped", "interrupted")

    @property
    def summary(self) -> str:
        """One line on what was painted, in what time, and how it ended."""
        height, width = self.picture.size
        if not self.history:
            return f"painted {width} x {height} without iterations"
        done, most = len(self.history), self.config.max_iterations
        how = {
            "finished": f"{done} iterations",
            "converged": f"{done} of {most} iterations, nothing more to gain",
            "stopped": f"stopped after {done} of {most} iterations",
            "interrupted": f"interrupted after {done} of {most} iterations",
        }[self.ended]
        return f"painted {width} x {height} in {self.history[-1].seconds:.0f} s: {how}"

    @property
    def image(self) -> np.ndarray:
        """The picture, uint8, [H, W, 3], RGB, over white where it is transparent."""
        return to_pixels(Picture(self.picture.rgb))

    def save(self, path: str | os.PathLike[str], bits: int | None = None) -> Path:
        """Write the picture as .png, .jpg, .webp or .tif; it holds the settings.

        Args:
            path: where to; it is replaced.
            bits: per channel, 8 or 16; as in the settings if not given.

        Raises:
            StyleError: an unknown format, or no place to write.
        """
        path = Path(os.path.expanduser(path))
        write_picture(path, self.picture, bits or self.config.bits, self.config.to_yaml())
        return path


class ResultFolder:
    """Where one run writes: `<img_output_dir>/<img_name>/`, or the next free name.

    The folder is made when the first file is written, so a run that fails leaves none.
    """

    def __init__(self, config: Config, size: tuple[int, int] = (1, 1)):
        """Check, before hours of work, that the result can be written.

        Args:
            config: names the folder and the format.
            size: height and width of the picture.

        Raises:
            StyleError: the name is too long, or that of another file of the result; the format
                cannot hold the picture; or the output folder cannot be written.
        """
        self._config = config
        name = Path(config.img_name)
        known = name.suffix.lower() in (*WRITTEN, *NOT_WRITTEN)  # the latter are refused
        self._stem = name.stem if known else config.img_name
        self._suffix = name.suffix if known else DEFAULT_FORMAT
        check_format(self._stem + self._suffix, config.bits, size)
        if len(os.fsencode(self._stem)) > LONGEST_NAME:
            raise StyleError(
                f"img_name: received a name of {len(self._stem)} characters; use at most "
                f"{LONGEST_NAME}"
            )
        if TAKEN.fullmatch(self._stem):
            raise StyleError(
                f"img_name: received {config.img_name!r}, the name of a file that is written "
                "beside the result; choose another"
            )
        self._parent = Path(os.path.expanduser(config.img_output_dir))
        self._folder: Path | None = None
        self._written: set[str] = set()
        self.is_elsewhere = False  # than it was told to be
        try:
            self._parent.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=self._parent).close()
        except OSError as error:
            raise StyleError(
                f"img_output_dir: {self._parent} cannot be written ({error.strerror}); choose "
                "another folder"
            ) from error

    @property
    def folder(self) -> Path:
        """The folder, which is made if it is not there yet, or not any more."""
        if self._folder is None:
            self._folder = self._claim()
            self._record = Record(self._folder)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StyleError(f"{self._folder} cannot be made: {error.strerror}") from error
        return self._folder

    @property
    def path(self) -> Path:
        """Where the result's picture goes."""
        return self.folder / (self.folder.name + self._suffix)

    def left_behind(self, name: str) -> list[Path]:
        """Return the files called `name` in the folders of earlier runs, the latest's first."""
        pattern = re.compile(re.escape(self._stem) + r"(_\d+)?")
        try:
            folders = [path for path in self._parent.iterdir() if pattern.fullmatch(path.name)]
        except OSError as error:  # it may be written and not read
            raise StyleError(
                f"resume: {self._parent} cannot be read ({error.strerror}); make it readable, or "
                "drop -resume to start from the beginning"
            ) from error
        folders.sort(key=lambda path: (len(path.name), path.name), reverse=True)
        return [folder / name for folder in folders if os.path.isfile(folder / name)]

    def go_on_in(self, folder: Path) -> None:
        """Take the folder of an earlier run for this one."""
        self._folder = folder
        self._record = Record(folder)
        self._written |= self._record.names  # it is the same run: none of them is stale
        self._remove_parts()

    def finished(self) -> Path | None:
        """Return the picture of an earlier run of the same settings, if there is one."""
        # What was asked for as auto is kept as what it came to.
        automatic = [name for name in AUTOMATIC if getattr(self._config, name) == "auto"]
        settings = {
            replace(self._config, **dict(zip(automatic, found, strict=True))).to_yaml()
            for found in itertools.product(*(AUTOMATIC[name] for name in automatic))
        }
        for path in self.left_behind("config.yaml"):
            picture = path.with_name(path.parent.name + self._suffix)
            try:
                same = path.read_text(encoding="utf-8") in settings
            except (OSError, UnicodeDecodeError):  # it is not ours to read: of another run
                continue
            if same and os.path.isfile(picture):
                return picture
        return None

    def write(self, result: Result) -> Path:
        """Write the picture, what it was made of, its settings and its loss history.

        Returns:
            The path of the picture.
        """
        folder, config = self.folder, result.config
        self._write(self.path, result.picture, config.bits, config.to_yaml())
        for name, picture in result.inputs.items():
            self._write(folder / f"{name}.png", picture)
        for name, text in (
            ("config.yaml", config.to_yaml()),
            ("history.csv", history_csv(result.history)),
        ):
            write_file(folder / name, text.encode())
            self.add(folder / name)
        if result.history:
            totals = [step.total for step in result.history]
            curve = draw_curve(totals, ("iteration", "total loss"))
            self._write(folder / "history.png", Picture(curve.astype(np.float32)))
        self._remove_stale()
        return self.path

    def move_to(self, parent: Path) -> None:
        """Write under another folder from here on, in one of its own that is new."""
        self._parent, self._folder, self._written = parent, None, set()
        self.is_elsewhere = True
        self._config = replace(self._config, overwrite=False)

    def add(self, path: Path) -> None:
        """Take note that a file in the folder was written by this run."""
        self._record.add(path)
        self._written.add(path.name)

    def write_snapshot(self, iteration: int, picture: Picture) -> Path:
        """Write the picture as it is at an iteration, beside where the result will be."""
        path = self.path.with_stem(f"{self.folder.name}_{iteration:05d}")
        self._write(path, picture, self._config.bits)
        return path

    def write_sheet(self, rows: Sequence[Sequence[tuple[str, np.ndarray]]]) -> Path:
        """Write a sheet of captioned pictures (see `drawing.draw_sheet`), and each by itself.

        Returns:
            The path of the sheet.
        """
        pictures = [item for row in rows for item in row]
        sheet = draw_sheet(rows, max(picture.shape[0] for _, picture in pictures))
        self._write(self.path, Picture(sheet.astype(np.float32)))
        for caption, picture in pictures:
            name = re.sub(r"[^\w.,-]+", "_", caption)[:LONGEST_NAME]
            path = self.folder / f"{name}.png"
            self._write(path, Picture(picture.astype(np.float32)))
        return self.path

    def write_parts(self, parts: Sequence[tuple[str, np.ndarray]]) -> list[Path]:
        """Write pictures that belong together.

        Args:
            parts: for each what is added to the result's name, nothing for the result itself, and
                the picture, [H, W, 3], uint8, RGB.

        Returns:
            Their paths.
        """
        paths = [self.path.with_stem(self.folder.name + ending) for ending, _ in parts]
        for path, (_, pixels) in zip(paths, parts, strict=True):
            self._write(path, Picture(pixels.astype(np.float32)))
        self._remove_stale()
        return paths

    def _write(self, path: Path, picture: Picture, bits: int = 8, settings: str = "") -> None:
        write_picture(path, picture, bits, settings)
        self.add(path)

    def _remove_stale(self) -> None:
        """Remove what a run that is overwritten has written and this one has not."""
        self._record.remove(self._record.names - self._written)
        self._remove_parts()

    def _remove_parts(self) -> None:
        """Remove what a run that was killed has left half-written."""
        for path in self.folder.iterdir():
            if PART.fullmatch(path.name):
                path.unlink(missing_ok=True)

    def _claim(self) -> Path:
        """Make the folder; mkdir tells whether another run was faster."""
        number = 1
        while True:
            folder = self._parent / (self._stem if number == 1 else f"{self._stem}_{number}")
            try:
                folder.mkdir(parents=True, exist_ok=self._config.overwrite)
            except FileExistsError:
                number += 1
                continue
            except OSError as error:
                raise StyleError(f"{folder} cannot be made: {error.strerror}") from error
            return folder


def history_csv(history: tuple[Step, ...]) -> str:
    """Return one line for each Step: iteration, its terms, seconds, evaluations, scale."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    terms = list(history[0].terms) if history else ["content", "style", "tv", "total"]
    writer.writerow(["iteration", *terms, "seconds", "evaluations", "scale"])
    for step in history:
        values = [f"{step.terms[name]:.8g}" for name in terms]
        writer.writerow(
            [step.iteration, *values, f"{step.seconds:.3f}", step.evaluations, step.scale]
        )
    return text.getvalue()
