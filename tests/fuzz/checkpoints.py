"""Checkpoints: damaged ones, and ones whose bytes are right and whose values are not."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from mutations import mutated
from numpy.random import Generator

from neural_style import Config, checkpoint
from neural_style.checkpoint import Run, identity_of
from neural_style.images import Picture
from neural_style.optimise import Step

VALUES = (
    *(None, True, -1, 0, 10**30, 1e308, float("nan"), float("inf"), 0.5, "", "1", "x" * 10_000),
    *([], [1], {}, {"a": 1}, [[]], "\n"),
)
IDENTITY = identity_of(
    Config(content_img="a.png", style_imgs="b.png"),
    "vgg19, somewhere",
    {"content": Picture(np.full((4, 5, 3), 100, np.float32))},
)


def make_run() -> Run:
    """Return a run of three iterations, in tensors of 4 x 5 pixels."""
    random = np.random.default_rng(0)
    run = Run(tile=176)
    for iteration, total in enumerate((9.0, 4.0, 7.0, 5.0)):
        image = random.uniform(0, 255, (1, 4, 5, 3)).astype(np.float32)
        state = {
            name: random.normal(size=image.shape).astype(np.float32)
            for name in ("gradient", "moved_0", "changed_0")
        }
        terms = {"content": total / 3, "total": total}
        step = Step(
            iteration, total, terms, iteration / 7, 2 * iteration, tensor=image, state=state
        )
        run = run.extended(step)
    return run


def write_checkpoint(folder: Path, run: Run, random: Generator) -> Path:
    """Write a checkpoint with something changed in it, or, rarely, nothing."""
    path = folder / checkpoint.NAME
    checkpoint.write(path, run, IDENTITY)
    data = path.read_bytes()
    path.write_bytes(_rebuilt(data, random) if random.random() < 0.6 else mutated(data, random))
    return path


def _rebuilt(data: bytes, random: Generator) -> bytes:
    """Return the file written anew with other values, all its sums right."""
    with np.load(io.BytesIO(data)) as file:
        arrays = {name: file[name] for name in file.files}
    name = list(arrays)[random.integers(len(arrays))]
    if name == "about" or random.random() < 0.5:
        about = json.loads(arrays["about"].tobytes())
        _change_value(about, random)
        arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    else:
        arrays[name] = _change_array(arrays[name], random)
        if arrays[name] is None:
            del arrays[name]
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _change_value(about: Any, random: Generator) -> None:
    """Change, remove or add one value, somewhere in it."""
    keys = list(about) if isinstance(about, dict) else range(len(about))
    key = keys[random.integers(len(keys))]
    inner = about[key]
    if isinstance(inner, dict | list) and inner and random.random() < 0.8:
        _change_value(inner, random)
    elif isinstance(about, dict) and random.random() < 0.2:
        del about[key]
    elif isinstance(about, dict) and random.random() < 0.1:
        about["more"] = VALUES[random.integers(len(VALUES))]
    elif isinstance(inner, int | float) and random.random() < 0.5:
        about[key] = inner + (1, -1, 0.5, 1000)[random.integers(4)]
    else:
        about[key] = VALUES[random.integers(len(VALUES))]


def _change_array(array: np.ndarray, random: Generator) -> np.ndarray | None:
    kind = random.integers(8)
    if kind == 0:
        return None
    if kind == 1:
        return array[..., :2]
    if kind == 2:
        return np.full_like(array, (np.nan, np.inf, 1e30)[random.integers(3)])
    if kind == 3:
        return array.astype((np.float64, np.complex64, np.int8, "U9")[random.integers(4)])
    if kind == 4:
        return np.zeros((0, *array.shape[1:]), array.dtype)
    if kind == 5:
        return array[0]
    if kind == 6:
        return np.float32(3)
    changed = array.copy()
    changed.flat[random.integers(changed.size)] += 1
    return changed
