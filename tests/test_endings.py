"""How runs end: what is said of it, and that nothing is spent where nothing is to be gained."""

from __future__ import annotations

import signal

import numpy as np
import pytest

import neural_style as ns
from neural_style.runtime import interrupts

SMALL = {
    "model_weights": "compact",
    "content_layers": ["conv4_2"],
    "style_layers": ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"],
    "precision": "float32",
}


@pytest.fixture
def stylize(config):
    """Return a function from changes to the Result of a small run through compact."""

    def stylize(on_step=None, **changes) -> ns.Result:
        return ns.stylize(config(**(SMALL | changes)), on_step)

    return stylize


def test_finished(stylize):
    result = stylize(max_iterations=3)
    assert (result.ended, result.interrupted) == ("finished", False)
    seconds = round(result.history[-1].seconds)
    assert result.summary == f"painted 48 x 40 in {seconds} s: 3 iterations"


def test_stopped_by_the_reader_of_steps(stylize):
    result = stylize(lambda step: step.iteration < 2, max_iterations=50)
    assert (result.ended, result.interrupted, len(result.history)) == ("stopped", True, 2)
    assert result.summary.endswith("stopped after 2 of 50 iterations")


def test_interrupted(stylize):
    def on_step(step: ns.Step) -> None:
        raise KeyboardInterrupt

    result = stylize(on_step, max_iterations=50)
    assert (result.ended, result.interrupted, len(result.history)) == ("interrupted", True, 1)
    assert result.summary.endswith("interrupted after 1 of 50 iterations")


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_a_reader_that_returns_nothing_stops_nothing(stylize, optimizer):
    result = stylize(lambda step: None, max_iterations=3, optimizer=optimizer)
    assert (result.ended, len(result.history)) == ("finished", 3)


def test_content_that_is_the_style_converges_at_once(stylize, photograph):
    """All that is left is total variation, which any step that style allows changes by nothing."""
    result = stylize(style_imgs=[photograph], max_iterations=50)
    assert result.ended == "converged"
    assert result.history[-1].evaluations <= 20
    assert result.summary.endswith(f"{len(result.history)} of 50 iterations, nothing more to gain")


def test_a_picture_without_style_converges_soon(stylize):
    result = stylize(style_weight=0, max_iterations=50)
    assert result.ended == "converged"
    assert result.history[-1].evaluations <= 20
    assert len(result.history) < 20


@pytest.mark.parametrize("changes", [{"style_imgs": "content"}, {"style_weight": 0}])
def test_so_they_do_where_bfloat16_stalls_first(stylize, photograph, changes):
    if changes == {"style_imgs": "content"}:
        changes = {"style_imgs": [photograph]}
    result = stylize(max_iterations=50, precision="bfloat16", **changes)
    assert result.ended == "converged"
    assert result.history[-1].evaluations <= 20


def test_where_bfloat16_tells_no_more_float32_goes_on(stylize, painting, caplog):
    """From the style, each step raises a loss near 0 by more than bfloat16 can resolve."""
    caplog.set_level("INFO", "neural_style")
    run = {"init_img_type": "style", "content_weight": 50, "max_iterations": 8}
    result = stylize(precision="bfloat16", **run)
    assert "bfloat16 tells no more: going on in float32" in caplog.messages
    assert len(result.history) == 8
    assert result.history[-1].total < result.history[0].total
    assert result.config.precision == "bfloat16"


def test_a_run_that_moves_nothing_is_an_error(stylize, photograph):
    """Without total variation, the photograph in its own style has a loss of exactly 0."""
    with pytest.raises(ns.StyleError, match="nothing was painted: from where it starts"):
        stylize(style_imgs=[photograph], tv_weight=0)


def test_a_run_that_lowers_nothing_is_an_error(stylize):
    with pytest.raises(ns.StyleError, match="none of 2 iterations has lowered the loss; use a sm"):
        stylize(optimizer="adam", learning_rate=255, style_weight=0, max_iterations=2)


# Signals


@pytest.fixture
def restored():
    """Leave signals as they were."""
    before = {number: signal.getsignal(number) for number in interrupts.SIGNALS}
    for number in before:
        signal.signal(number, signal.SIG_DFL)
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    signal.signal(signal.SIGINT, interrupt)


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("number", interrupts.SIGNALS, ids=lambda number: number.name)
def test_other_signals_are_as_ctrl_c(stylize, number):
    interrupts.obey()
    result = stylize(lambda step: signal.raise_signal(number), max_iterations=50)
    assert (result.ended, len(result.history)) == ("interrupted", 1)
    assert interrupts.exit_code() == 128 + number


@pytest.mark.usefixtures("restored")
def test_signals_that_are_ignored_stay_so():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup has it
    interrupts.obey()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)


def test_pictures_of_runs_that_end_early_are_the_best(stylize):
    images = []
    result = stylize(lambda step: images.append((step.total, step.image.copy())), style_weight=0)
    best = min(images, key=lambda pair: pair[0])[1]
    np.testing.assert_allclose(result.picture.rgb, np.clip(best, 0, 255), atol=1e-4)
