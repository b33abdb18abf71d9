"""Whole runs of the command line with the files that they leave, and runs that are stopped."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

import neural_style
from neural_style.commands import stylize as command
from neural_style.images.read import read_picture, read_settings_text
from neural_style.settings.config import Config

REQUIRED = ["-content_img", "a.png", "-style_imgs", "b.png"]


def start(*arguments: object, **options: object) -> subprocess.Popen:
    command = [sys.executable, "-m", "neural_style", *map(str, arguments)]
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}

    def hear_ctrl_c() -> None:  # also where the tests themselves run in the background, deaf to it
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return subprocess.Popen(command, env=environment, preexec_fn=hear_ctrl_c, **pipes, **options)


@pytest.fixture
def pictures(tmp_path, monkeypatch, photograph, painting) -> Path:
    """Work in a folder with a.png, a photograph, and b.png, a painting; return it."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photograph).save("a.png")
    Image.fromarray(painting).save("b.png")
    return tmp_path


@pytest.fixture
def short_run(pictures, random_weights) -> list[str]:
    """Return the flags of a run of seconds."""
    few = ["-max_iterations", "3", "-device", "/cpu:0"]
    return [*REQUIRED, "-model_weights", random_weights, *few]


def test_a_run_writes_its_files_and_its_png_makes_the_picture_again(run_cli, short_run):
    flags = ["-init_img_type", "random", "-seed", "4", "-save_every", "2"]
    code, out, err = run_cli(*short_run, *flags)
    assert (code, out) == (0, "image_output/result/result.png\n")
    assert "iteration 3/3" in err
    folder = Path("image_output/result")
    assert {path.name for path in folder.glob("[!.]*")} == {
        *("result.png", "result_00002.png", "content.png", "init.png", "style_1.png"),
        *("config.yaml", "history.csv", "history.png"),
    }
    for path in folder.glob("*.png"):
        assert Image.open(path).size == ((640, 400) if path.name == "history.png" else (48, 40))
    assert len((folder / "history.csv").read_text().splitlines()) == 1 + 3
    assert (folder / "config.yaml").read_text() == read_settings_text(folder / "result.png")
    painted = read_picture(folder / "result.png").rgb
    assert not np.array_equal(painted, read_picture(folder / "init.png").rgb)

    code, out, _ = run_cli("--config", folder / "result.png")
    assert (code, out) == (0, "image_output/result_2/result_2.png\n")
    assert np.array_equal(read_picture(out.strip()).rgb, painted)


def test_alpha_and_16_bits_are_kept_and_quiet_says_nothing(run_cli, short_run, photograph):
    alpha = np.linspace(0, 255, 40 * 48).reshape(40, 48).astype(np.uint8)
    Image.fromarray(np.dstack([photograph, alpha])).save("a.png")
    code, out, err = run_cli(*short_run, "--quiet", "-img_name", "x.tif", "-bits", "16")
    assert (code, out, err) == (0, "image_output/x/x.tif\n", "")
    pixels = tifffile.imread(out.strip())
    assert pixels.dtype == np.uint16
    assert np.array_equal(pixels[..., 3], alpha.astype(np.uint16) * 257)
    assert (pixels[..., :3] % 257 != 0).any()  # not 8 bits in 16
    assert np.array_equal(read_picture("image_output/x/content.png").alpha, alpha / np.float32(255))


def test_jpeg_in_another_folder_replaced_with_overwrite(run_cli, short_run):
    arguments = [*short_run, "-image_name", "x.jpg", "-img_output_dir", "deep/er", "-overwrite"]
    for seed in (1, 2):
        code, out, _ = run_cli(*arguments, "-seed", seed)
        assert (code, out) == (0, "deep/er/x/x.jpg\n")
    with Image.open(out.strip()) as image:
        assert (image.format, image.size) == ("JPEG", (48, 40))
    assert "seed: 2\n" in Path("deep/er/x/config.yaml").read_text()
    assert [path.name for path in Path("deep/er").iterdir()] == ["x"]


@pytest.mark.parametrize("flags", [[], ["-verbose"]])
def test_tensorflows_warnings_are_for_verbose_alone(run_cli, short_run, monkeypatch, flags):
    heard = []
    tensorflow = logging.getLogger("tensorflow")

    def stylize(config: Config) -> int:
        heard.append(tensorflow.isEnabledFor(logging.WARNING))
        return 0

    monkeypatch.setattr(command, "_stylize", stylize)
    run_cli(*short_run, *flags)
    assert heard == [bool(flags)]
    assert tensorflow.isEnabledFor(logging.WARNING)


# Runs that are stopped, as programs of their own


def first_line_with(text: str, run: subprocess.Popen, seconds: float = 120) -> str:
    """Return what a run has said up to the first line with a text."""
    said, end = "", time.monotonic() + seconds
    while time.monotonic() < end:
        line = run.stderr.readline()
        said += line
        if text in line:
            return said
        if not line:
            break
    run.kill()
    pytest.fail(f"no line with {text!r} in {said!r}")


def test_ctrl_c_keeps_the_best_picture(short_run, pictures):
    run = start(*short_run, "-max_iterations", "100000", "-print_iterations", "1")
    said = first_line_with("iteration 1/100000", run)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=60)
    said += err
    assert run.returncode == 130, said
    assert out == "image_output/result/result.png\n"
    assert re.search(
        r"neural_style: interrupted at iteration (\d+); the best so far is kept; the same command "
        r"with -resume goes on after iteration \1\n$",
        said,
    )
    # Its own lines are all that it says: nothing of TensorFlow's.
    own = r"weights |network |iteration |painted |neural_style: "
    assert [line for line in said.splitlines() if not re.match(own, line)] == []
    for path in pictures.glob("image_output/result/*.png"):
        with Image.open(path) as image:
            image.load()
    assert not list(pictures.rglob("*.part"))
    assert "seed: 0\n" in read_settings_text(pictures / "image_output/result/result.png")


def test_a_kill_leaves_no_half_written_file(short_run, pictures):
    flags = ["-max_iterations", "100000", "-print_iterations", "1", "-save_every", "1"]
    run = start(*short_run, *flags)
    first_line_with("iteration 4/", run)
    run.kill()
    run.communicate(timeout=60)
    assert run.returncode == -signal.SIGKILL
    written = list(pictures.glob("image_output/*/[!.]*"))
    assert len(written) >= 3
    for path in written:
        assert re.fullmatch(r"result_\d{5}\.png", path.name)
        with Image.open(path) as image:
            image.load()
            assert image.size == (48, 40)


@pytest.mark.parametrize("weights", ["compact", "imagenet"])
def test_a_user_without_home_and_name(tmp_path, weights):
    """As `docker run --user 12345` has it."""
    samples = Path(neural_style.__file__).parent.parent
    code = (
        "import pwd, sys\n"
        "def unknown(user): raise KeyError(user)\n"
        "pwd.getpwuid = pwd.getpwnam = unknown\n"
        f"sys.path.insert(0, {str(samples)!r})\n"
        "from neural_style.networks import weights\n"
        "weights.ADDRESS = 'http://127.0.0.1:9/{0}/no_such_file.h5'\n"
        "from neural_style.commands.main import run\n"
        "run()"
    )
    folder = samples / "image_input"
    flags = ["-content_img", folder / "lake.jpg", "-style_imgs", folder / "strokes.jpg"]
    flags += ["-max_size", "64", "-max_iterations", "1", "-device", "/cpu:0"]
    done = subprocess.run(
        [sys.executable, "-c", code, *flags, "-model_weights", weights],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={},
        timeout=120,
    )
    assert "Traceback" not in done.stderr
    if weights == "compact":
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "image_output/result/result.png").exists()
    else:
        assert done.returncode == 1
        assert "weights of vgg19 are not on this machine and cannot be" in done.stderr
