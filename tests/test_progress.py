"""What is shown while it runs."""

import io
import sys

import numpy as np
import pytest
import tensorflow as tf

from neural_style import Config, Step, StyleError
from neural_style.commands.progress import progress, tensorboard


def step(iteration: int) -> Step:
    terms = {"content": 1.0, "style": 2.0, "tv": 3.0, "total": 1234.5 / iteration}
    image = tf.constant(np.full((1, 4, 4, 3), 300.0, np.float32))
    return Step(iteration, terms["total"], terms, 0.5 * iteration, iteration + 1, tensor=image)


def config(**settings) -> Config:
    return Config(content_img="a", style_imgs="b", max_iterations=5, **settings)


def shown(config: Config, title: str = "") -> None:
    with progress(config, title) as show:
        for iteration in range(1, 6):
            show(step(iteration))


def test_lines_without_a_terminal(capsys):
    shown(config(print_iterations=2))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[1] for line in lines] == ["2/5", "4/5", "5/5"]
    assert lines[0] == ("iteration 2/5  content 1  style 2  tv 3  total 617.2  2.00 it/s  2 s left")


def test_lines_name_the_scale_where_there_are_several(capsys):
    shown(config(print_iterations=5, scales=2), "style")
    assert capsys.readouterr().err.startswith("style: scale 1 iteration 5/5  content 1")


def test_title(capsys):
    shown(config(print_iterations=5), "style")
    assert capsys.readouterr().err.startswith("style: iteration 5/5")


def test_quiet(capsys):
    shown(config(quiet=True))
    assert capsys.readouterr() == ("", "")


def test_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    shown(config(), "style")
    text = terminal.getvalue()
    for part in ("style", "5/5", "loss 246.9", "2.00 it/s"):
        assert part in text


def test_tensorboard(tmp_path):
    with tensorboard(config(tensorboard=str(tmp_path), print_iterations=5)) as record:
        for iteration in range(1, 6):
            record(step(iteration))
    (path,) = tmp_path.glob("events*")
    tags = [
        (event.step, value.tag)
        for event in tf.compat.v1.train.summary_iterator(str(path))
        for value in event.summary.value
    ]
    assert tags.count((3, "total")) == 1
    assert [found for found in tags if found[1] == "image"] == [(5, "image")]


def test_tensorboard_without_its_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with (
        pytest.raises(StyleError, match=r"pip install 'neural_style\[tensorboard\]'"),
        tensorboard(config(tensorboard="somewhere")),
    ):
        pass


def test_no_tensorboard_asked_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with tensorboard(config()) as record:
        record(step(1))
