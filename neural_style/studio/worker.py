"""What a painter's process does: paint a picture, preview one, make masks."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from neural_style.guidance.matching import LAYERS, match_masks
from neural_style.guidance.requests import Request
from neural_style.guidance.segmentation import MaskPicture, make_masks
from neural_style.images.picture import Picture, to_pixels
from neural_style.networks.compact import HEADS
from neural_style.networks.layers import resolve_layer
from neural_style.networks.registry import NetworkSpec, open_network
from neural_style.optimizers.step import Step
from neural_style.runtime.device import device_scope
from neural_style.settings.config import FIELDS, PICTURE_SETTINGS, Config
from neural_style.studio.masking import MASK_SIZE, mask_of, union
from neural_style.studio.messages import Orders, Painted, PaintTask, StepReport
from neural_style.transfer.checkpoint import Checkpoints
from neural_style.transfer.finish import finish
from neural_style.transfer.pictures import Pictures, load_pictures
from neural_style.transfer.pyramid import pyramid
from neural_style.transfer.recolor import recolor
from neural_style.transfer.result import Result, ResultFolder
from neural_style.transfer.stylize import stylize

# Seconds between pictures that are shown; more where they take so long that they would slow it.
INTERVAL = 1.0
MAX_SHARE = 0.1  # of the time
# A preview's size, and its iterations: with so many the style is there. Where they take long, as
# with style_distance sliced, it is shown as it is after so many seconds: with six it can be told.
PREVIEW_SIZE = 256
PREVIEW_ITERATIONS = 12
PREVIEW_SECONDS = 3.5
# The endings of a result's copies beside its PNG, and their bits.
COPIES = {".jpg": 8, ".tif": 16}

Tell = Callable[[Any], None]


def warm() -> None:
    """Load the preview's network, so that the first preview need not wait for TensorFlow."""
    layers = (*FIELDS["content_layers"].default, *FIELDS["style_layers"].default)
    with device_scope(FIELDS["device"].default) as device:
        open_network(NetworkSpec("compact", layers), device)


def paint(task: PaintTask, tell: Tell, orders: Orders) -> Painted:
    """Paint a picture and write its folder.

    Args:
        task: what to paint, and where it goes.
        tell: called with a `StepReport` for each step, and now and then with the picture so far,
            [H, W, 3], uint8.
        orders: looked at between steps.

    Raises:
        StyleError: something that the visitor can mend.
    """
    if task.config.transfer == "color":
        return _recolor(task)
    pictures = load_pictures(task.config)
    size = pictures.content.shape[:2]
    folder = _result_folder(task, size)
    config = replace(portable(task.config), resume=task.resume)
    checkpoints = Checkpoints(folder, task.resume)
    pace = Pace(config, size)
    live = LivePicture(pictures, tell)
    limit = time.monotonic() + 60 * task.minutes

    def on_step(step: Step) -> bool:
        is_late = time.monotonic() >= limit
        tell(pace.report(step))
        live.show(step, replace(config, **orders.weights))
        return not (orders.stop or is_late)

    result = stylize(config, on_step, pictures, checkpoints, lambda: dict(orders.weights))
    path = _write(folder, result)
    if not result.interrupted:
        checkpoints.remove()
    message = ""
    if result.ended == "converged":
        count = f"{len(result.history)} of {config.max_iterations} iterations"
        message = f"nothing more to gain after {count}"
    elif result.ended == "stopped" and not orders.stop:
        limit_text = f"{task.minutes:g} minutes"
        message = f"stopped after {limit_text}, as long as this server paints at once"
    return Painted(path, result.interrupted, message)


def _recolor(task: PaintTask) -> Painted:
    result = recolor(task.config)
    result = replace(result, config=portable(result.config))
    return Painted(_write(_result_folder(task, result.picture.size), result), False)


def _result_folder(task: PaintTask, size: tuple[int, int]) -> ResultFolder:
    return ResultFolder(replace(task.config, img_output_dir=str(task.folder)), size)


def _write(folder: ResultFolder, result: Result) -> Path:
    """Write a result's folder, and the picture in all formats that it can be downloaded in."""
    path = folder.write(result)
    for suffix, bits in COPIES.items():
        copy = replace(result.config, img_name=path.with_suffix(suffix).name, bits=bits)
        replace(result, config=copy).save(path.with_suffix(suffix))
    return path


def portable(config: Config) -> Config:
    """Return the Config without what is of this machine: pictures have their files' names alone.

    In a folder with these files it makes the same picture. The device is the first GPU, which is
    all that this process sees (see `painter`), or in its place the CPU.
    """
    names = ("content_img_dir", "style_imgs_dir", "img_output_dir", "device")
    changes: dict[str, Any] = {name: FIELDS[name].default for name in names}
    for name in PICTURE_SETTINGS:
        value = getattr(config, name)
        named = tuple(map(_file_name, value)) if isinstance(value, tuple) else _file_name(value)
        changes[name] = named
    return replace(config, **changes)


def _file_name(picture: Any) -> Any:
    return os.path.basename(picture) if isinstance(picture, str | os.PathLike) else picture


@dataclass
class LivePicture:
    """The picture while it is painted, told now and then.

    Attributes:
        pictures: what it is painted from.
        tell: called with the picture so far, [H, W, 3], uint8.
    """

    pictures: Pictures
    tell: Tell
    _due: float = field(default=0.0, init=False)  # when the next one is told

    def show(self, step: Step, config: Config) -> None:
        """Tell the picture of a step under the settings as they are then, if it is time."""
        start = time.monotonic()
        if start < self._due:
            return
        picture = finish(config, self.pictures, step.image)
        self.tell(to_pixels(Picture(picture.rgb)))
        seconds = time.monotonic() - start
        self._due = start + max(INTERVAL, seconds / MAX_SHARE)


@dataclass
class Pace:
    """How fast a picture is painted, and how long it will take.

    Attributes:
        config: the settings.
        size: the picture's height and width.
    """

    config: Config
    size: tuple[int, int]

    def __post_init__(self) -> None:
        """Divide the iterations among the scales."""
        scales = pyramid(self.config, self.size)
        self._areas = [math.prod(scale.size) for scale in scales]
        self._iterations = [scale.iterations for scale in scales]
        self._began = time.monotonic()
        self._first: tuple[int, int, float] | None = None  # scale, iteration and time
        self._each: float | None = None  # seconds that a pixel takes in an iteration

    def report(self, step: Step) -> StepReport:
        """Return how far a step is on the way."""
        now = time.monotonic()
        # What is done once, before the first iteration of a scale, is not counted.
        if self._first is None or self._first[0] < step.scale:
            self._first = (step.scale, step.iteration, now)
        _, iteration, then = self._first
        if step.iteration > iteration:
            pixels = (step.iteration - iteration) * self._areas[step.scale - 1]
            self._each = (now - then) / pixels
        left = self._iterations[step.scale - 1 :]
        left[0] = max(0, sum(self._iterations[: step.scale]) - step.iteration)
        areas = self._areas[step.scale - 1 :]
        pixels = sum(count * area for count, area in zip(left, areas, strict=True))
        return StepReport(
            iteration=step.iteration,
            iterations=sum(self._iterations),
            scale=step.scale,
            scales=len(self._areas),
            seconds=now - self._began,
            seconds_left=None if self._each is None else self._each * pixels,
            total=step.total,
        )


def preview(config: Config) -> np.ndarray:
    """Return what a picture will be like, small and in a few seconds: [H, W, 3], uint8.

    Raises:
        StyleError: something that the visitor can mend.
    """
    limit = time.monotonic() + PREVIEW_SECONDS

    def on_step(step: Step) -> bool:
        return time.monotonic() < limit

    return stylize(preview_config(config), on_step).image


def preview_config(config: Config) -> Config:
    """Return the settings of a preview: another's at a small size, through the compact network.

    Layers that the compact network does not predict become the default ones. It starts from the
    photograph: from noise the few iterations would not get anywhere.
    """
    size = min(config.max_size, PREVIEW_SIZE)
    changes: dict[str, Any] = {
        "max_size": size,
        "network": "vgg19",
        "model_weights": "compact",
        "pooling_type": "avg",
        "precision": "auto",
        "device": FIELDS["device"].default,
        "draft_weights": "",
        "optimizer": "lbfgs",
        "max_iterations": min(config.max_iterations, PREVIEW_ITERATIONS),
        "scales": 1,
        "scale_shares": (),
        "mask_feather": config.mask_feather * size / config.max_size,
        "resume": False,
    }
    if config.content_img is not None and config.content_weight:
        changes["init_img_type"] = "content"
    for layers in ("content_layers", "style_layers"):
        if any(
            resolve_layer(name, config.network) not in HEADS for name in getattr(config, layers)
        ):
            changes[layers] = FIELDS[layers].default
            changes[f"{layers.removesuffix('s')}_weights"] = ()
    if "style_layers" in changes:
        changes["style_imgs_layers"] = ()
    return replace(config, **changes)


def masks(photograph: Path, request: Request) -> list[MaskPicture]:
    """Make masks of a photograph, or label maps of it and another picture.

    Raises:
        StyleError: something that the visitor can mend.
    """
    if request.match is None:
        return make_masks(photograph, request, MASK_SIZE)
    spec = NetworkSpec(FIELDS["model_weights"].default, LAYERS)
    return match_masks(photograph, request, MASK_SIZE, spec, FIELDS["device"].default)


TASKS: dict[str, Callable[..., Any]] = {
    "preview": preview,
    "masks": masks,
    "mask_of": mask_of,
    "union": union,
}
