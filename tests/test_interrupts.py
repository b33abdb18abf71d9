"""Ctrl-C waits for a place where it does no harm."""

import os
import signal
import threading

import numpy as np
import pytest

import neural_style as ns
from neural_style.runtime import interrupts
from neural_style.transfer import stylizer
from neural_style.transfer.graphs import Graphs
from neural_style.transfer.planning import plan


@pytest.fixture(autouse=True)
def hears_ctrl_c():
    """Let Ctrl-C mean what it does at a terminal, also where the tests run deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_it_waits_for_the_check_and_comes_once():
    with interrupts.waiting():
        interrupts.check()
        press()
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()
        interrupts.check()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_one_does_not_wait():
    with interrupts.waiting():
        press()
        with pytest.raises(KeyboardInterrupt):
            press()
    with interrupts.waiting():
        interrupts.check()  # the first was of another loop


def test_other_handlers_stay():
    heard = []
    signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    with interrupts.waiting():
        press()
        interrupts.check()
    assert heard == [1]


def test_other_threads_cannot_listen():
    said = []

    def work() -> None:
        with interrupts.waiting():
            said.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert said == [signal.default_int_handler]


@pytest.fixture
def press_in(monkeypatch):
    """Return a function that lets Ctrl-C come inside the third call of a method of Graphs."""

    def press_in(name: str) -> list[str]:
        graph, calls = getattr(Graphs, name), []

        def pressed(self, *arguments):
            calls.append("begun")
            if calls.count("begun") == 3:
                press()
            found = graph.__get__(self, Graphs)(*arguments)
            calls.append("done")
            return found

        monkeypatch.setattr(Graphs, name, pressed)
        return calls

    return press_in


def test_an_evaluation_is_finished(config, press_in):
    calls = press_in("whole")
    result = ns.stylize(config(max_iterations=50))
    assert result.interrupted
    assert calls == ["begun", "done"] * 3
    assert 1 <= len(result.history) <= 2


def test_of_a_tiled_one_the_tile(config, press_in, monkeypatch):
    monkeypatch.setattr(stylizer, "plan", lambda config, size, *_: plan(config, size, 128))
    calls = press_in("sums")
    pictures = np.random.default_rng(0).integers(0, 255, (2, 200, 200, 3), np.uint8)
    first = {"content_layers": ["relu1_1"], "style_layers": ["relu1_1"]}
    with pytest.raises(KeyboardInterrupt):  # there is nothing to show yet
        ns.stylize(config(content_img=pictures[0], style_imgs=[pictures[1]], **first))
    assert calls == ["begun", "done"] * 3
