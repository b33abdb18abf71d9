"""Checkpoints: damaged ones, and ones whose bytes are right and whose values are not."""

from __future__ import annotations

import functools
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from mutations import mutated
from numpy.random import Generator

from neural_style import Config
from neural_style.images.picture import Picture
from neural_style.optimizers.lbfgs import lbfgs
from neural_style.runtime.hashing import digest as digest_of
from neural_style.transfer import checkpoint
from neural_style.transfer.checkpoint import Run, identity_of

VALUES = (
    *(None, True, -1, 0, 10**30, 1e308, float("nan"), float("inf"), 0.5, "", "1", "x" * 10_000),
    *([], [1], {}, {"a": 1}, [[]], "\n"),
)
TARGET = np.random.default_rng(0).uniform(0, 255, (1, 4, 5, 3)).astype(np.float32)
IDENTITY = identity_of(
    Config(content_img="a.png", style_imgs="b.png"),
    "vgg19, somewhere",
    {"content": Picture(np.full((4, 5, 3), 100, np.float32))},
)


@functools.cache
def make_run() -> Run:
    """Return a run of three iterations of L-BFGS, in tensors of 4 x 5 pixels."""
    run = Run(tile=176)
    for step in lbfgs(_loss, tf.fill(TARGET.shape, 100.0), 3):
        run = run.extended(step)
    return run


def go_on(run: Run) -> None:
    """Go on with a run of `make_run`."""
    for step in lbfgs(_loss, None, run.last.iteration + 2, after=run.last):
        run = run.extended(step)


def _loss(image: tf.Tensor) -> dict[str, tf.Tensor]:
    total = tf.reduce_sum((image - TARGET) ** 4)
    return {"content": total / 3, "total": total}


def write_checkpoint(folder: Path, run: Run, random: Generator) -> tuple[Path, bool]:
    """Write a checkpoint with something changed in it, or, rarely, nothing.

    Returns:
        Its path, and whether its hash is that of what it holds.
    """
    path = folder / checkpoint.NAME
    checkpoint.write(path, run, IDENTITY)
    data, kind = path.read_bytes(), random.random()
    path.write_bytes(_rebuilt(data, kind < 0.4, random) if kind < 0.6 else mutated(data, random))
    return path, kind < 0.4


def _rebuilt(data: bytes, hashed: bool, random: Generator) -> bytes:
    """Return the file written anew with other values, all its sums right; its hash if wanted."""
    with np.load(io.BytesIO(data)) as file:
        arrays = {name: file[name] for name in file.files}
    digest = arrays.pop("digest")
    name = list(arrays)[random.integers(len(arrays))]
    if name == "about" or random.random() < 0.5:
        about = json.loads(arrays["about"].tobytes())
        _change_value(about, random)
        arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    else:
        arrays[name] = _change_array(arrays[name], random)
        if arrays[name] is None:
            del arrays[name]
    arrays["digest"] = np.frombuffer(digest_of(arrays), np.uint8) if hashed else digest
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
    if not array.ndim:
        return np.asarray(array * (2, 0, -1, np.nan)[random.integers(4)], array.dtype)
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
