"""The painter's process: what it answers, and how it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neural_style import Config, StyleError
from neural_style.guidance.requests import Request
from neural_style.settings.config import FIELDS
from neural_style.settings.files import load_settings
from neural_style.studio.messages import Orders, PaintTask, StepReport
from neural_style.studio.painter import CLOSING, DIED, Painter, visible_gpu

TIME = 60.0  # seconds to wait for what should come at once


@pytest.fixture(scope="module")
def painter():
    painter = Painter(niceness=3, device="/cpu:0")
    painter.warm()
    yield painter
    painter.close()


@pytest.fixture
def settings(tmp_path, photograph, painting) -> Callable[..., Config]:
    for name, pixels in [("lake.png", photograph), ("ink.png", painting)]:
        Image.fromarray(pixels).save(tmp_path / name)

    def make(**changes: object) -> Config:
        given = {
            "content_img": tmp_path / "lake.png",
            "style_imgs": [tmp_path / "ink.png"],
            "model_weights": "compact",
            "style_layers": ["relu1_1", "relu2_1"],
            "max_iterations": 4,
            "content_weight": 0,
        }
        return Config(**(given | changes))

    return make


def task(config: Config, folder: Path) -> PaintTask:
    return PaintTask(config, folder, minutes=60)


def wait_until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + TIME
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_it_paints_previews_and_makes_masks(painter, settings, tmp_path, photograph):
    told = []
    painted = painter.paint(task(settings(), tmp_path / "out"), tell=told.append)
    assert [said.iteration for said in told if isinstance(said, StepReport)] == [1, 2, 3, 4]
    assert any(isinstance(said, np.ndarray) and said.shape == photograph.shape for said in told)
    assert load_settings(painted.path, FIELDS)["content_img"] == "lake.png"
    assert painter.call("preview", settings()).shape == photograph.shape
    assert len(painter.call("masks", tmp_path / "lake.png", Request(clusters=2))) == 4


def test_orders_stop_it_and_give_it_weights(painter, settings, tmp_path):
    totals = []

    def tell(said: object) -> None:
        if isinstance(said, StepReport):
            totals.append(said.total)
            if said.iteration == 1:
                painter.order(Orders(weights={"style_weight": 1e8}))
            if said.total > 100 * totals[0]:
                painter.order(Orders(stop=True, weights={"style_weight": 1e8}))

    painted = painter.paint(task(settings(max_iterations=1000), tmp_path / "out"), tell=tell)
    assert painted.interrupted
    assert len(totals) < 1000
    assert load_settings(painted.path, FIELDS)["style_weight"] == 1e8
    # Those orders are not for the next picture.
    assert not painter.paint(task(settings(), tmp_path / "other")).interrupted


def test_what_the_visitor_can_mend_is_a_sentence(painter, settings, tmp_path):
    pid = painter.pid
    (tmp_path / "ink.png").write_bytes(b"no picture")
    with pytest.raises(StyleError, match="is not a picture that can be read"):
        painter.call("preview", settings())
    assert painter.pid == pid


def test_a_bug_is_a_sentence_and_keeps_its_traceback(painter, settings, tmp_path, caplog):
    with pytest.raises(StyleError, match="something went wrong in the program"):
        painter.call("masks", tmp_path / "lake.png", None)
    assert "AttributeError" in caplog.text
    assert painter.call("preview", settings()).dtype == np.uint8


def test_ctrl_c_is_for_the_server(painter, settings):
    pid = painter.pid
    os.kill(pid, signal.SIGINT)
    assert painter.call("preview", settings()).dtype == np.uint8
    assert painter.pid == pid


def test_a_process_that_dies_is_followed_by_another(painter, settings, tmp_path):
    pid = painter.pid

    def tell(said: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    with pytest.raises(StyleError, match=DIED[:40]):
        painter.paint(task(settings(max_iterations=10000), tmp_path / "out"), tell=tell)
    assert painter.call("preview", settings()).dtype == np.uint8
    assert painter.pid != pid


def test_closed_while_it_paints(settings, tmp_path):
    """It need not even have loaded TensorFlow."""
    painter = Painter(device="/cpu:0")
    said = []

    def paint() -> None:
        with pytest.raises(StyleError) as refusal:
            painter.paint(task(settings(max_iterations=10000), tmp_path / "out"))
        said.append(str(refusal.value))

    thread = threading.Thread(target=paint)
    thread.start()
    wait_until(lambda: painter.pid)
    painter.close()
    thread.join(TIME)
    assert said == [CLOSING]
    assert painter.pid is None
    with pytest.raises(StyleError, match="closing"):
        painter.call("preview", settings())


@pytest.mark.parametrize(
    ("device", "visible", "expected"),
    [
        ("/cpu:0", None, "-1"),
        ("/cpu:0", "0,1", "-1"),
        ("/gpu:0", None, "0"),
        ("gpu:1", None, "1"),
        ("/gpu:1", "2,3", "3"),
        ("/gpu:0", "GPU-8f2a", "GPU-8f2a"),
        ("/gpu:1", "2", "-1"),
        ("/gpu:0", "", "-1"),
    ],
)
def test_each_process_sees_its_own_device(device, visible, expected):
    assert visible_gpu(device, visible) == expected


SERVER = """
import sys, time
from neural_style.studio.painter import Painter
if __name__ == "__main__":
    painter = Painter(device="/cpu:0")
    painter.warm()
    print(painter.pid, "tensorflow" in sys.modules or "keras" in sys.modules, flush=True)
    time.sleep(600)
"""


def test_it_ends_with_a_server_that_is_killed(tmp_path):
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    server = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    pid, has_tensorflow = server.stdout.readline().split()
    assert has_tensorflow == "False"
    assert Path(f"/proc/{pid}").exists()
    server.kill()
    server.wait()
    server.stdout.close()
    wait_until(lambda: not is_running(int(pid)))


def is_running(pid: int) -> bool:
    """Tell whether a process runs, which one that nobody has asked after does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")


@pytest.mark.slow
def test_two_hundred_previews_take_no_more_memory(settings, tmp_path):
    """Of two sizes and all distances; the first twenty have loaded and traced what there is."""
    painter = Painter(device="/cpu:0")
    distances = ("gram", "wasserstein", "mean_std", "gram")
    sizes = []
    for k in range(200):
        painter.call(
            "preview", settings(style_distance=distances[k % 4], max_size=(32, 48)[k // 4 % 2])
        )
        pages = int(Path(f"/proc/{painter.pid}/statm").read_text().split()[1])
        sizes.append(pages)
    painter.close()
    assert max(sizes[20:]) < 1.05 * sizes[19]
