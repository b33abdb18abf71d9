"""How a server ends, and what is there when it begins again."""

from __future__ import annotations

import json
import signal
import urllib.request

import pytest
from conftest import PATIENCE, SAMPLES, end, start
from test_attacks import answer, upload

from neural_style.settings.config import FIELDS
from neural_style.settings.files import load_settings

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_ctrl_c_ends_a_job_and_keeps_its_picture(tmp_path):
    server = start(tmp_path / "folder")
    try:
        paths = []
        for name in ("lake.jpg", "ink.jpg"):
            _, body = upload(server, name, (SAMPLES / name).read_bytes())
            paths += json.loads(body)
        lake, ink = ({"path": path, "meta": {"_type": "gradio.FileData"}} for path in paths)
        settings = {"preset": "preview", "max_size": 512, "max_iterations": 1000}
        data = [lake, [{"picture": ink}], settings, "everywhere", None]
        url = f"{server.url}gradio_api/call/paint"
        status, body = answer(url, json.dumps({"data": data}).encode())
        assert status == 200
        event = json.loads(body)["event_id"]
        with urllib.request.urlopen(f"{url}/{event}", timeout=PATIENCE) as told:
            next(line for line in told if b'"iteration": 3' in line)
        server.process.send_signal(signal.SIGINT)
        server.process.wait(120)
        assert server.process.returncode == 0
        assert "pictures that are being painted are kept" in "".join(server.said)
        assert "Traceback" not in "".join(server.said)
        [picture] = server.folder.glob("*/results/0001/result/result.png")
        assert load_settings(picture, FIELDS)["max_iterations"] == 1000
        assert (picture.parent / "checkpoint.npz").is_file()
    finally:
        end(server)


def test_a_port_that_is_taken_gets_a_sentence(server, run_cli, tmp_path):
    port = server.url.rstrip("/").rpartition(":")[2]
    code, _, said = run_cli("studio", "-port", port, "-folder", tmp_path / "other")
    assert code == 1
    assert said.strip().endswith("give another -port or -host")
