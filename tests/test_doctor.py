"""What `neural_style doctor` tells, on this machine and on machines made up."""

import re
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from neural_style import Config, StyleError
from neural_style.commands import examination
from neural_style.commands.examination import examine, gpus, memory, peak_memory, timed_evaluation


@pytest.fixture
def config(random_weights):
    """Return a function from changes to a Config whose pictures do not exist."""

    def make(**changes) -> Config:
        settings = {
            "content_img": "noise",
            "style_imgs": ["noise"],
            "model_weights": random_weights,
            "max_size": 32,
            "device": "/cpu:0",
        }
        return Config(**(settings | changes))

    return make


def test_all_that_there_is(config, random_weights):
    found = dict(examine(config(precision="bfloat16")))
    assert found["versions"].startswith("neural_style 0.")
    assert f"tensorflow {tf.__version__}" in found["versions"]
    assert re.search(r"\d+ cores$", found["machine"])
    assert re.fullmatch(r"[\d.]+ GB, of which [\d.]+ GB are free", found["memory"])
    assert found["device"] == "/cpu:0"
    assert found["precision"] == "bfloat16: as asked for"
    assert found["NEURAL_STYLE_WEIGHTS"] == "not set"
    assert "compact" in found
    assert re.match(r"512 x 512 pixels take [\d.]+[MG], 1024 x 1024 ", found["sizes"])
    assert re.match(
        rf"[\d.]+ s for one loss and its gradient at 32 x 32 pixels, through vgg19, "
        rf"{re.escape(random_weights)} in bfloat16; 50 iterations at this size take about \d+ s",
        found["evaluation"],
    )


def test_sizes_tell_what_is_cut_and_what_does_not_fit(config):
    found = examination.sizes(config(max_memory="5G", optimizer="adam")).split(", ")
    assert re.fullmatch(r"512 x 512 pixels take [\d.]+G", found[0])
    assert re.fullmatch(r"4096 x 4096 pixels take [\d.]+G in tiles", found[3])
    assert examination.sizes(config(max_memory="5G")).endswith("4096 x 4096 pixels do not fit")


def test_a_gpu_that_is_not_there(config, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    monkeypatch.setattr(tf.test, "is_built_with_gpu_support", lambda: True)
    found = dict(examine(config(device="/gpu:0")))
    assert found["device"] == "/cpu:0; not /gpu:0, TensorFlow sees no GPU"


class TestGpus:
    @pytest.fixture(autouse=True)
    def _none(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
        monkeypatch.setattr(tf.test, "is_built_with_gpu_support", lambda: True)

    def test_tensorflow_without_them(self, monkeypatch):
        monkeypatch.setattr(tf.test, "is_built_with_gpu_support", lambda: False)
        assert gpus() == "none: this TensorFlow is built without GPU support"

    @pytest.mark.parametrize(
        ("driver", "why"),
        [(None, "there is no NVIDIA driver"), ("/usr/bin/nvidia-smi", "pip install .*gpu")],
    )
    def test_driver(self, monkeypatch, driver, why: str):
        monkeypatch.setattr(examination.shutil, "which", lambda name: driver)
        monkeypatch.setattr(examination.Path, "exists", lambda path: False)
        assert re.search(why, gpus())

    def test_those_there_are(self, monkeypatch):
        details = {"device_name": "Some GPU", "compute_capability": (9, 0)}
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["one"])
        monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: details)
        assert gpus() == "/gpu:0 Some GPU (compute capability 9.0)"


def test_weights_of_the_variable(config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("NEURAL_STYLE_WEIGHTS", str(tmp_path / "gone.h5"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    found = dict(examination.weights(config()))
    assert found["NEURAL_STYLE_WEIGHTS"].endswith("gone.h5, which does not exist")
    assert found["imagenet vgg19"] == "not here; downloaded when first used"
    (tmp_path / "models").mkdir()
    examination.cached_file("vgg19").touch()
    assert dict(examination.weights(config()))["imagenet vgg19"].startswith(f"at {tmp_path}")


def test_damaged_compact_is_told(config, monkeypatch: pytest.MonkeyPatch):
    def damaged():
        raise StyleError("it is damaged")

    monkeypatch.setattr(examination, "load_compact", damaged)
    assert dict(examination.weights(config()))["compact"] == "it is damaged"


def test_without_weights_the_rest_is_told_first(config):
    told = []

    def listen():
        for title, _ in examine(config(model_weights="gone.h5")):
            told.append(title)

    with pytest.raises(StyleError, match=r"no file gone\.h5"):
        listen()
    assert told[0] == "versions"
    assert told[-1] == "sizes"


def test_settings_of_pictures_do_not_matter(config):
    """Several styles, one iteration, no content: noise stands for what there is."""
    settings = config(
        style_imgs=["a", "b"], style_imgs_weights=[1, 2], max_iterations=1, content_weight=0
    )
    assert "; 1 iterations" in timed_evaluation(settings)


@pytest.mark.parametrize(
    ("there_is", "said"),
    [
        ((2**33, 3 * 2**29), "8.0 GB, of which 1.5 GB are free"),
        ((2**33, None), "8.0 GB"),
        ((None, None), "unknown"),
    ],
)
def test_memory(monkeypatch: pytest.MonkeyPatch, there_is: tuple, said: str):
    monkeypatch.setattr(examination, "of_machine", lambda: there_is)
    assert memory() == said


def test_peak_memory_is_that_of_the_process():
    block = np.ones(50_000_000, np.uint8)
    assert peak_memory() >= block.nbytes


class TestCommandLine:
    def test_it_tells(self, run_cli, random_weights):
        code, out, _ = run_cli(
            "doctor", "-model_weights", random_weights, "-max_size", "32", "-device", "/cpu:0"
        )
        assert code == 0
        titles = [line.split("  ")[0] for line in out.splitlines()]
        assert titles[0] == "versions"
        assert titles[-1] == "evaluation"

    def test_nothing_to_paint_with(self, run_cli):
        code, out, said = run_cli("doctor", "-model_weights", "gone.h5", "-device", "/cpu:0")
        assert code == 1
        assert "precision" in out
        assert said.splitlines()[-1].startswith("neural_style: model_weights: there is no file")

    def test_bad_flags(self, run_cli):
        code, _, said = run_cli("doctor", "-precision", "float99")
        assert code == 2
        assert "allowed are auto, float32, bfloat16, float16" in said
