"""What the fuzz run tries: for each kind of input a maker, and the product's own way in.

A target takes a folder and what chance decides, and writes its inputs there. What it returns is
called after that, with the time taken: it must come to a valid answer, which is checked here, or to
an error of one sentence.
"""

from __future__ import annotations

import contextlib
import io
import os
import resource
import subprocess
import sys
import threading
from pathlib import Path

import checkpoints
import numpy as np
import texts
import weights
from mutations import mutated
from numpy.random import Generator
from pictures import make_picture
from PIL import Image
from verdicts import ACCEPTED, Attempt, refusal
from worker import Target

from neural_style import Config
from neural_style.commands import messages
from neural_style.commands.main import parse
from neural_style.guidance.masks import load_mask
from neural_style.guidance.regions import load_regions
from neural_style.images.picture import Picture
from neural_style.images.read import read_picture
from neural_style.images.write import write_picture
from neural_style.networks.weights import load_weights
from neural_style.runtime.errors import StyleError
from neural_style.settings.config import FIELDS
from neural_style.settings.files import load_settings
from neural_style.transfer import checkpoint

PAINT_SECONDS = 60.0


def _is_image(array: np.ndarray, most: float, dimensions: int) -> None:
    assert array.ndim == dimensions, f"of {array.ndim} dimensions"
    assert array.size, f"of no size: {array.shape}"
    assert array.dtype == np.float32, f"of {array.dtype}"
    least, greatest = array.min(), array.max()
    assert 0 <= least <= greatest <= most, f"from {least} to {greatest}"  # no NaN either


def _write_picture(
    folder: Path, name: str, random: Generator, flat: bool = False, damaged: bool = True
) -> Path:
    ending, data = make_picture(random, flat)
    path = folder / (name + ending)
    path.write_bytes(mutated(data, random) if damaged else data)
    return path


def picture(folder: Path, random: Generator) -> Attempt:
    """A photograph or style."""
    path = _write_picture(folder, "picture", random)

    def attempt() -> None:
        found = read_picture(path)
        _is_image(found.rgb, 255, 3)
        assert found.rgb.shape[-1] == 3
        if found.alpha is not None:
            _is_image(found.alpha, 1, 2)
            assert found.alpha.shape == found.size

    return attempt


def _size_of(path: Path, random: Generator) -> tuple[int, int]:
    """Return height and width as the header has them, mostly, so that the rest is tried too."""
    if random.random() < 0.9:
        with contextlib.suppress(Exception), Image.open(path) as image:
            return (image.height or 1, image.width or 1)
    return int(random.integers(1, 64)), int(random.integers(1, 64))


def mask(folder: Path, random: Generator) -> Attempt:
    """A mask, for a photograph of its size or another."""
    path = _write_picture(folder, "mask", random, random.random() < 0.5)
    size = _size_of(path, random)

    def attempt() -> None:
        found = load_mask(path, (size,))
        _is_image(found, 255, 2)
        assert found.max() > 0

    return attempt


def label_map(folder: Path, random: Generator) -> Attempt:
    """A label map of a photograph, and the same or another of a style."""
    content = _write_picture(folder, "content", random, random.random() < 0.9)
    style = content
    if random.random() < 0.5:
        style = _write_picture(folder, "style", random, True)
    sizes = [_size_of(path, random) for path in (content, style)]

    def attempt() -> None:
        regions = load_regions((content, [sizes[0]]), [(style, [sizes[1]])])
        for found in (regions.content, *regions.styles):
            assert found.labels.size
            assert found.labels.max() < len(found.colors)

    return attempt


def settings(folder: Path, random: Generator) -> Attempt:
    """Settings in YAML, and the Config of them."""
    path = folder / "settings.yaml"
    path.write_bytes(texts.make_yaml(random))
    return lambda: _check_settings(path)


def _check_settings(path: Path) -> None:
    found = load_settings(path, FIELDS)
    assert set(found) <= set(FIELDS)
    config = Config.load(path, content_img="a.png", style_imgs=["b.png"])
    again = path.with_name("again.yaml")
    again.write_text(config.to_yaml(), encoding="utf-8")
    assert Config.load(again).settings() == config.settings(), "settings change when written"


def settings_in_picture(folder: Path, random: Generator) -> Attempt:
    """Settings in a picture as we write them, damaged."""
    path = folder / f"result{('.png', '.jpg', '.webp', '.tif')[random.integers(4)]}"
    text = texts.make_yaml(random).decode("utf-8", "replace").replace("\0", "")
    small = Picture(random.uniform(0, 255, (3, 4, 3)).astype(np.float32))
    with contextlib.suppress(StyleError):  # more than a JPEG holds
        write_picture(path, small, 8, text)
    data = path.read_bytes() if path.exists() else b""
    path.write_bytes(mutated(data, random))
    return lambda: _check_settings(path)


def flags(folder: Path, random: Generator) -> Attempt:
    """A command line."""
    (folder / "settings.yaml").write_bytes(texts.make_yaml(random))
    (folder / "a.png").write_bytes(make_picture(random)[1])
    arguments = texts.make_flags(random, ["settings.yaml", "a.png", "."])
    (folder / "arguments.txt").write_text("\n".join(map(repr, arguments)), encoding="utf-8")

    def attempt() -> str:
        out, said = io.StringIO(), io.StringIO()
        code: object = None
        with (
            contextlib.chdir(folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(said),
        ):
            try:
                command, order = parse(["neural_style", *arguments])
            except SystemExit as stop:
                code = stop.code or 0
        if code == 0:
            assert out.getvalue(), "ended with 0 and said nothing"
            return ACCEPTED
        if code is not None:
            assert code == messages.BAD_FLAGS, f"exit code {code!r}"
            return refusal(said.getvalue().removesuffix("\n"))
        if command.name in ("stylize", "doctor"):
            assert isinstance(order, Config)
        if command.name == "mask":
            assert isinstance(order[1], Config)
        if command.name in ("reconstruct", "sheet"):
            assert all(isinstance(config, Config) for row in order for _, config in row)
        return ACCEPTED

    return attempt


def network_weights(folder: Path, random: Generator) -> Attempt:
    """Weights of VGG."""
    path, network = weights.write_weights(folder, random)

    def attempt() -> None:
        found, _ = load_weights(str(path), network)
        for kernel, bias in found.values():
            assert kernel.dtype == bias.dtype == np.float32
            assert np.isfinite(kernel).all()
            assert np.isfinite(bias).all()

    return attempt


def kept_run(folder: Path, random: Generator) -> Attempt:
    """A checkpoint, which is refused or read as it was written; or its hash allows other values."""
    run = checkpoints.make_run()
    path, hashed = checkpoints.write_checkpoint(folder, run, random)

    def attempt() -> None:
        found = checkpoint.read(path, checkpoints.IDENTITY)
        if hashed:
            checkpoints.go_on(found)
            return
        assert found == run, "accepted with other values"
        for ours, theirs in ((found.last, run.last), (found.best, run.best)):
            assert ours.tensor.dtype == theirs.tensor.dtype, "accepted with another dtype"
            np.testing.assert_array_equal(ours.tensor, theirs.tensor)
        assert set(found.last.state) == set(run.last.state), "accepted with another state"
        for name, value in run.last.state.items():
            np.testing.assert_array_equal(found.last.state[name], value)

    return attempt


def whole_run(folder: Path, random: Generator) -> Attempt:
    """A picture painted by the command line, in a process of its own."""
    damaged = random.integers(3)  # mostly one of the two: the run goes on to the other things
    content, style = (
        _write_picture(folder, name, random, damaged=damaged in (index, 2))
        for index, name in enumerate(("content", "style"))
    )
    arguments = [
        *("-content_img", str(content), "-style_imgs", str(style), "-max_iterations", "2"),
        *("-max_size", "48", "-model_weights", "compact", "-img_output_dir", "out"),
    ]
    if random.random() < 0.3:
        masks = str(_write_picture(folder, "mask", random, True))
        arguments += ["-style_mask", "-style_mask_imgs", masks]
    if random.random() < 0.3:
        (folder / "settings.yaml").write_bytes(texts.make_yaml(random))
        arguments += ["-config", "settings.yaml"]
    command = [sys.executable, "-m", "neural_style", *arguments]
    (folder / "arguments.txt").write_text("\n".join(map(repr, arguments)), encoding="utf-8")

    def attempt() -> str:
        code, out, said = _finished(command, folder)
        assert "Traceback" not in said, said[-3000:]
        if code == 0:
            written = folder / out.strip()
            _is_image(read_picture(written).rgb, 255, 3)
            return ACCEPTED
        assert code in (messages.BAD_INPUT, messages.BAD_FLAGS), f"exit code {code}: {said[-1000:]}"
        return refusal(said.rstrip("\n").rpartition("\n")[2])

    return attempt


def _finished(command: list[str], folder: Path) -> tuple[int, str, str]:
    """Run a command; return exit code, output and messages."""
    packages = str(Path(messages.__file__).resolve().parents[1])
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": packages},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
    )
    slow = threading.Timer(PAINT_SECONDS, process.kill)
    slow.start()
    out, said = process.communicate()
    slow.cancel()
    return process.returncode, out.decode(), said.decode(errors="replace")


# Of each kind so many parts of all.
TARGETS: dict[str, tuple[Target, float]] = {
    "picture": (picture, 40),
    "mask": (mask, 10),
    "label_map": (label_map, 8),
    "settings": (settings, 10),
    "settings_in_picture": (settings_in_picture, 6),
    "flags": (flags, 12),
    "weights": (network_weights, 5),
    "checkpoint": (kept_run, 7),
    "whole_run": (whole_run, 2),
}
