"""Runs that are killed, as programs of their own: what is kept, and that they go on from there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neural_style.transfer import checkpoint

ITERATIONS, EVERY = 12, 3
RESULT = Path("image_output/result/result.png")
SNAPSHOTS = [
    RESULT.with_stem(f"result_{iteration:05d}") for iteration in range(EVERY, ITERATIONS + 1, EVERY)
]
READY = "ready"
LONGEST = 240  # seconds of one of its runs; on a machine without other work they take about ten
PROGRAM = f"""
import sys
from neural_style.transfer import checkpoint
checkpoint.INTERVAL, checkpoint.MOST_OF_THE_TIME = 0.0, 1e9  # at each iteration
from neural_style.commands.main import run
print({READY!r}, file=sys.stderr, flush=True)
run()
"""
KINDS = {
    "lbfgs": [],
    "adam": ["-optimizer", "adam"],
    "scales": ["-scales", "2", "-min_size", "24"],
}
MASKS = ["-style_mask", "-style_mask_imgs", "left.png", "right.png"]
# Of the user's, whose names look like those of a result's.
USERS = (
    *("result.psd", "result_2019.txt", "result_styleguide.pdf", "style_reference.png"),
    *("mask_mine.png", "result_00099.png.bak", "notes.txt"),
)


@dataclass(frozen=True)
class Whole:
    """A run that nobody disturbed: its flags, and the pixels of what it wrote."""

    flags: list[str]
    pixels: dict[Path, np.ndarray]


def start(flags: list[str], folder: Path, *more: str) -> subprocess.Popen:
    command = [sys.executable, "-c", PROGRAM, *flags, *more]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=folder, **pipes)


def pixels_of(folder: Path) -> dict[Path, np.ndarray]:
    """Return the pixels of the result and its snapshots; all must be there."""
    return {path: np.asarray(Image.open(folder / path)) for path in (RESULT, *SNAPSHOTS)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory, random_weights) -> Callable[[str, bool], Whole]:
    """Return a function that gives an undisturbed run of a kind, with masks or without."""
    pictures = tmp_path_factory.mktemp("pictures")
    generator = np.random.default_rng(0)
    for name, size in {"a": (40, 48), "b": (32, 32), "c": (32, 40)}.items():
        pixels = generator.integers(0, 255, (*size, 3), np.uint8)
        Image.fromarray(pixels).save(pictures / f"{name}.png")
    left = np.repeat(np.arange(48)[None] < 20, 40, 0)
    for name, mask in {"left": left, "right": ~left}.items():
        Image.fromarray(mask).save(pictures / f"{name}.png")
    common = [
        *("-content_img", "a.png", "-style_imgs", "b.png", "c.png"),
        *("-content_img_dir", str(pictures), "-style_imgs_dir", str(pictures)),
        *("-style_layers", "relu1_1", "relu2_1", "-content_layers", "conv2_2"),
        *("-max_iterations", str(ITERATIONS), "-print_iterations", "1", "-device", "/cpu:0"),
        *("-save_every", str(EVERY), "-model_weights", random_weights),
    ]
    masks = [str(pictures / word) if word.endswith(".png") else word for word in MASKS]
    done: dict[tuple[str, bool], Whole] = {}

    def run(kind: str, masked: bool) -> Whole:
        if (kind, masked) not in done:
            flags = [*common, *KINDS[kind], *(masks if masked else [])]
            folder = tmp_path_factory.mktemp("whole")
            process = start(flags, folder)
            _, said = process.communicate(timeout=LONGEST)
            assert process.returncode == 0, said
            done[kind, masked] = Whole(flags, pixels_of(folder))
        return done[kind, masked]

    return run


def put_users_files(folder: Path) -> dict[Path, bytes]:
    """Write files of the user's into a result's folder; return them."""
    files = {folder / name: f"the user's {name}".encode() for name in USERS}
    for path, data in files.items():
        path.write_bytes(data)
    return files


def kill(run: subprocess.Popen, number: signal.Signals, generator: random.Random) -> int:
    """Kill a run at a random moment; return the iteration that it had reached."""
    iteration = generator.randint(0, ITERATIONS)  # 0: while it starts
    awaited = f"iteration {iteration}/" if iteration else READY
    said = ""
    for line in run.stderr:
        said += line
        if awaited in line:
            break
    else:
        raise AssertionError(f"it came to no iteration {iteration}:\n{said}")
    time.sleep(generator.uniform(0, 0.1) if iteration else generator.uniform(0.2, 3))
    run.send_signal(number)
    run.communicate(timeout=LONGEST)
    return iteration


KILLS = [
    pytest.param(
        seed,
        number,
        id=f"{number.name}-{seed}",
        marks=pytest.mark.slow if seed or number != signal.SIGKILL else (),
    )
    for seed in range(25)
    for number in (signal.SIGKILL, signal.SIGTERM)
]


@pytest.mark.timeout(4 * LONGEST)
@pytest.mark.parametrize(("seed", "number"), KILLS)
def test_fifty_kills(whole, tmp_path, seed, number):
    """A killed run is resumed: the same pixels, all snapshots, no file of the user's touched.

    Half of the runs are told to -overwrite a folder that has the user's files in it already;
    in the others they come when it was killed.
    """
    folder, generator = tmp_path, random.Random(f"{number.name} {seed}")
    undisturbed = whole(generator.choice(list(KINDS)), generator.random() < 0.5)
    result = folder / RESULT
    flags, users = undisturbed.flags, {}
    if generator.random() < 0.5:
        flags = [*flags, "-overwrite"]
        result.parent.mkdir(parents=True)
        users = put_users_files(result.parent)

    run = start(flags, folder)
    iteration = kill(run, number, generator)
    killed = {signal.SIGKILL: -signal.SIGKILL, signal.SIGTERM: 128 + signal.SIGTERM}[number]
    # 0: it was faster; and before it listens, the signal ends it as it ends every program.
    assert run.returncode in (killed, 0, *(() if iteration else (-number,)))
    if run.returncode and iteration:
        assert result.with_name(checkpoint.NAME).exists()
        assert result.exists() or number == signal.SIGKILL
    if result.parent.exists() and not users:
        users = put_users_files(result.parent)

    resumed = start(flags, folder, "-resume")
    _, said = resumed.communicate(timeout=LONGEST)
    assert resumed.returncode == 0, said
    found = pixels_of(folder)
    for path, expected in undisturbed.pixels.items():
        np.testing.assert_array_equal(found[path], expected, err_msg=f"{path}\n{said}")
    assert {path: path.read_bytes() for path in users} == users
    left = os.listdir(result.parent)
    assert checkpoint.NAME not in left
    assert not [name for name in left if name.endswith(".part")]
