"""Standard streams that are closed, full, or left by their reader end no run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

RESULT = Path("image_output/result/result.png")


@pytest.fixture
def flags(tmp_path, photograph, painting, random_weights) -> list[str]:
    Image.fromarray(photograph).save(tmp_path / "a.png")
    Image.fromarray(painting).save(tmp_path / "b.png")
    return [
        *("-content_img", "a.png", "-style_imgs", "b.png", "-model_weights", random_weights),
        *("-style_layers", "relu1_1", "-content_layers", "conv1_2", "-max_iterations", "3"),
        *("-print_iterations", "1", "-device", "/cpu:0"),
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device /dev/full")
@pytest.mark.parametrize(
    "redirection",
    ["2>&-", ">&-", ">&- 2>&- <&-", "2>/dev/full", ">/dev/full", "2>&1 | head -1"],
)
def test_the_picture_is_kept(tmp_path, flags, redirection):
    command = [sys.executable, "-m", "neural_style", *flags]
    line = f'"$@" {redirection}'
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line, "bash", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stdout + done.stderr
    assert "Exception ignored" not in done.stdout + done.stderr
    with Image.open(tmp_path / RESULT) as image:
        image.load()


def test_what_is_said_is_said(tmp_path, flags):
    command = [sys.executable, "-m", "neural_style", *flags]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.stdout == f"{RESULT}\n"
    assert done.stderr.splitlines()[-1].startswith("painted 48 x 40 in ")


@pytest.mark.parametrize("wait", [0.05, 0.1, 0.2, 0.5])
def test_ctrl_c_while_it_starts_leaves_no_traceback(tmp_path, flags, wait):
    """Python itself needs some hundredths of a second before it runs a line of ours."""
    command = [sys.executable, "-I", "-c", PROGRAM, *flags]
    run = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert run.stderr.readline() == "ready\n"
    time.sleep(wait)
    run.send_signal(signal.SIGINT)
    said = run.communicate(timeout=60)[1]
    assert run.returncode == 130
    assert "Traceback" not in said


PROGRAM = f"""
import sys
sys.path[:0] = {[str(Path(__file__).parents[1])]!r}
print("ready", file=sys.stderr, flush=True)
from neural_style.__main__ import run
run()
"""


def test_a_folder_deleted_while_it_paints_is_made_again(run_cli, tmp_path, flags, monkeypatch):
    import shutil

    from neural_style.transfer import checkpoint

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    monkeypatch.setattr(checkpoint, "MOST_OF_THE_TIME", 1e9)
    true_keep = checkpoint.Checkpoints.keep

    def keep(self, *arguments, **options) -> None:
        true_keep(self, *arguments, **options)
        shutil.rmtree("image_output")

    monkeypatch.setattr(checkpoint.Checkpoints, "keep", keep)
    code, out, err = run_cli(*flags)
    assert (code, out) == (0, f"{RESULT}\n"), err
    assert RESULT.exists()


def test_a_place_that_cannot_be_written_is_replaced(run_cli, tmp_path, flags, monkeypatch):
    """The folder of results becomes a file: the picture goes to the working folder."""
    from neural_style.transfer import result

    monkeypatch.chdir(tmp_path)
    true_write = result.ResultFolder.write

    def write(self, painted) -> Path:
        if Path("image_output").is_dir():
            os.rmdir("image_output")
            Path("image_output").touch()
        return true_write(self, painted)

    monkeypatch.setattr(result.ResultFolder, "write", write)
    Path("result").mkdir()  # the user's: it stays as it is
    code, out, err = run_cli(*flags, "-overwrite")
    assert (code, out) == (1, f"{tmp_path / 'result_2' / 'result_2.png'}\n")
    line = next(line for line in err.splitlines() if "instead" in line)
    assert line == (
        "image_output/result cannot be made: Not a directory; the result is in "
        f"{tmp_path / 'result_2'} instead"
    )
    assert "-resume" not in err
    assert not list(Path("result").iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_result_is_written_waits(run_cli, tmp_path, flags, monkeypatch, number):
    from neural_style.transfer import result

    monkeypatch.chdir(tmp_path)
    true_write = result.ResultFolder.write

    def write(self, painted) -> Path:
        signal.raise_signal(number)
        return true_write(self, painted)

    monkeypatch.setattr(result.ResultFolder, "write", write)
    before = {it: signal.getsignal(it) for it in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code, out, err = run_cli(*flags)
    finally:
        for it, handler in before.items():
            signal.signal(it, handler)
    assert (code, out) == (0, f"{RESULT}\n"), err
    assert RESULT.exists()
