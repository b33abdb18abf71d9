"""Too little memory for TensorFlow is a sentence."""

import subprocess
import sys

import pytest

from neural_style import StyleError
from neural_style.runtime import memory_limits

resource = pytest.importorskip("resource")


@pytest.mark.parametrize("gigabytes", [1, 2])
def test_too_little_is_refused(monkeypatch, gigabytes):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (gigabytes * 2**30, -1))
    with pytest.raises(StyleError, match=rf"may take {gigabytes}\.0 GB.*needs at least 2\.5 GB"):
        memory_limits.check()


@pytest.mark.parametrize("limit", [resource.RLIM_INFINITY, memory_limits.LEAST])
def test_enough(monkeypatch, limit):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    memory_limits.check()


@pytest.mark.parametrize("gigabytes", [0.7, 1, 2])
def test_a_run_says_it_in_one_line(tmp_path, gigabytes):
    count = int(gigabytes * 2**30)
    command = [sys.executable, "-m", "neural_style", "-content_img", "a.png", "-style_imgs", "b"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (count, count)),
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("neural_style: memory: this process may take ")
    assert done.stderr.count("\n") == 1
