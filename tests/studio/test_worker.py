"""What a painter's process does, here in this one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from neural_style import Config, StyleError, stylize
from neural_style.guidance.requests import Request
from neural_style.images.read import read_picture
from neural_style.settings.config import FIELDS
from neural_style.settings.files import load_settings
from neural_style.studio import worker
from neural_style.studio.messages import Orders, PaintTask, StepReport
from neural_style.studio.worker import masks, paint, portable, preview, preview_config


@pytest.fixture
def settings(tmp_path, photograph, painting, random_weights):
    """Return a function from changes to a Config of files in a folder, as a server's."""
    folder = tmp_path / "visitor"
    folder.mkdir()
    inside = np.zeros(photograph.shape[:2], np.uint8)
    inside[:, 20:] = 255
    for name, pixels in [("lake.png", photograph), ("ink.png", painting), ("mask.png", inside)]:
        Image.fromarray(pixels).save(folder / name)

    def make(**changes: object) -> Config:
        given = {
            "content_img": folder / "lake.png",
            "style_imgs": [folder / "ink.png"],
            "model_weights": random_weights,
            "content_layers": ["conv2_2"],
            "style_layers": ["relu1_1", "relu2_1"],
            "max_iterations": 6,
            "device": "/cpu:0",
        }
        return Config(**(given | changes))

    return make


def run(config: Config, folder: Path, resume: bool = False, stop: int = 0, minutes: float = 9):
    """Paint, and stop after so many steps; return what has become of it and what was told."""
    folder.mkdir(exist_ok=True)
    told: list[object] = []
    orders = Orders()

    def tell(said: object) -> None:
        told.append(said)
        if isinstance(said, StepReport) and said.iteration == stop:
            orders.stop = True

    return paint(PaintTask(config, folder, minutes, resume), tell, orders), told


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_steps_and_pictures_are_told(settings, tmp_path, photograph):
    config = settings(scales=2, min_size=24)
    painted, told = run(config, tmp_path / "one")
    steps = [said for said in told if isinstance(said, StepReport)]
    assert [step.iteration for step in steps] == [1, 2, 3, 4, 5, 6]
    assert [step.scale for step in steps] == [1, 1, 1, 2, 2, 2]
    assert {(step.iterations, step.scales) for step in steps} == {(6, 2)}
    assert steps[0].seconds_left is None
    assert steps[1].seconds_left > 0
    assert steps[-1].seconds_left == 0
    assert 0 < steps[-1].total < steps[0].total
    assert told[0] is steps[0]
    assert told[1].shape == photograph.shape  # the first picture follows the first step
    assert told[1].dtype == np.uint8
    assert not painted.interrupted
    assert painted.path == tmp_path / "one" / "result" / "result.png"
    assert not (painted.path.parent / "checkpoint.npz").exists()


def test_the_settings_in_a_result_have_no_path_and_make_it_again(settings, tmp_path, monkeypatch):
    masked = {
        "style_mask": True,
        "style_mask_imgs": [str(tmp_path / "visitor" / "mask.png")],
        "keep_background": True,
        "init_img_type": tmp_path / "visitor" / "ink.png",
    }
    painted, _ = run(settings(**masked), tmp_path / "one")
    found = load_settings(painted.path, FIELDS)
    assert found["content_img"] == "lake.png"
    assert found["style_imgs"] == ["ink.png"]
    assert found["style_mask_imgs"] == ["mask.png"]
    assert found["init_img_type"] == "ink.png"
    assert found["img_output_dir"] == FIELDS["img_output_dir"].default
    del found["model_weights"]  # a path, which a server does not take
    assert str(tmp_path) not in str(found)
    monkeypatch.chdir(tmp_path / "visitor")
    again = stylize(Config.load(painted.path))
    np.testing.assert_array_equal(again.image, pixels(painted.path))


def test_what_was_stopped_goes_on_to_the_same_picture(settings, tmp_path):
    config = settings(scales=2, min_size=24)
    whole, _ = run(config, tmp_path / "whole")
    first, told = run(config, tmp_path / "parts", stop=2)
    assert first.interrupted
    assert not first.message
    assert len([said for said in told if isinstance(said, StepReport)]) == 2
    assert first.path.is_file()
    second, told = run(config, tmp_path / "parts", resume=True, stop=5)
    assert second.interrupted
    assert [said.iteration for said in told if isinstance(said, StepReport)] == [3, 4, 5]
    third, _ = run(config, tmp_path / "parts", resume=True)
    assert not third.interrupted
    assert third.path == second.path == first.path
    np.testing.assert_array_equal(pixels(third.path), pixels(whole.path))
    assert load_settings(third.path, FIELDS) == load_settings(whole.path, FIELDS)


def test_other_weights_from_the_next_step_on(settings, tmp_path):
    config = settings()
    (tmp_path / "one").mkdir()
    orders = Orders()
    totals = []

    def tell(said: object) -> None:
        if isinstance(said, StepReport):
            totals.append(said.total)
            if said.iteration == 3:
                orders.weights = {"style_weight": 1e6}

    painted = paint(PaintTask(config, tmp_path / "one", 9), tell, orders)
    assert totals[3] > 10 * totals[2]
    assert load_settings(painted.path, FIELDS)["style_weight"] == 1e6


def test_stopped_after_the_minutes_that_are_allowed(settings, tmp_path):
    painted, told = run(settings(), tmp_path / "one", minutes=0)
    assert painted.interrupted
    assert painted.message == "stopped after 0 minutes, as long as this server paints at once"
    assert len([said for said in told if isinstance(said, StepReport)]) == 1
    painted, _ = run(settings(), tmp_path / "one", resume=True)
    assert not painted.interrupted
    assert not painted.message


def test_the_visitor_learns_that_nothing_more_was_to_be_gained(settings, tmp_path, monkeypatch):
    kept = worker.stylize

    def converged(*given):
        result = kept(*given)
        return replace(result, history=result.history[:4], ended="converged")

    monkeypatch.setattr(worker, "stylize", converged)
    painted, _ = run(settings(), tmp_path / "one")
    assert painted.message == "nothing more to gain after 4 of 6 iterations"
    assert not painted.interrupted


def test_colours_alone(settings, tmp_path):
    painted, _ = run(settings(transfer="color"), tmp_path / "one")
    assert painted.path.is_file()
    assert load_settings(painted.path, FIELDS)["content_img"] == "lake.png"


def test_bad_pictures_are_a_sentence(settings, tmp_path):
    (tmp_path / "visitor" / "ink.png").write_bytes(b"no picture")
    with pytest.raises(StyleError, match="is not a picture that can be read"):
        run(settings(), tmp_path / "one")
    assert list((tmp_path / "one").iterdir()) == []


def test_portable_settings():
    config = Config(
        content_img="/srv/a/lake.jpg",
        style_imgs=["/srv/b/ink.jpg", Path("/srv/b/wave.jpg")],
        content_regions="/srv/c/labels.png",
        style_regions=["/srv/x/one.png", "two.png"],
        content_img_dir="/srv",
        style_imgs_dir="/srv",
        img_output_dir="/srv/out",
        device="/gpu:3",
    )
    found = portable(config)
    assert found.style_imgs == ("ink.jpg", "wave.jpg")
    assert found.style_regions == ("one.png", "two.png")
    assert found.init_img_type == "content"
    assert found.device == "/gpu:0"
    assert "/srv" not in found.to_yaml()


# Previews


def test_a_preview_is_small_and_shows_the_style(settings, photograph):
    config = settings(
        max_size=1000,
        max_iterations=900,
        scales=3,
        draft_weights="imagenet",
        optimizer="adam",
        content_img=cv2.resize(photograph, (480, 400)),
        style_distance="wasserstein",
    )
    image = preview(replace(config, scales=1, draft_weights=""))
    assert image.shape == (213, 256, 3)
    assert image.dtype == np.uint8
    small = cv2.resize(photograph, (256, 213))
    assert np.abs(image.astype(int) - small).mean() > 5
    found = preview_config(config)
    assert (found.max_size, found.max_iterations, found.scales) == (256, 12, 1)
    assert (found.model_weights, found.draft_weights, found.optimizer) == ("compact", "", "lbfgs")
    assert found.style_distance == "wasserstein"
    assert found.style_layers == ("relu1_1", "relu2_1")
    assert found.content_layers == FIELDS["content_layers"].default  # compact has no conv2_2


def test_a_preview_that_takes_long_is_shown_as_it_is(settings, monkeypatch):
    steps = []
    kept = worker.stylize
    monkeypatch.setattr(worker, "PREVIEW_SECONDS", 0)

    def counted(config, on_step):
        result = kept(config, on_step)
        steps.append(len(result.history))
        return result

    monkeypatch.setattr(worker, "stylize", counted)
    preview(settings(content_weight=0))
    assert steps == [1]


@pytest.mark.parametrize(
    "changes",
    [
        {"network": "vgg16", "style_layers": ["relu3_3"], "pooling_type": "max"},
        {"style_layers": ["conv1_1", "conv5_4"], "style_layer_weights": [1, 2]},
        {"style_imgs_layers": ["conv1_1"], "style_layers": ["conv1_1", "relu2_1"]},
        {"init_img_type": "random", "seed": 3},
        {"mask_feather": 20, "max_size": 1024, "scale_shares": [1, 2], "scales": 2},
        {"max_iterations": 3, "max_size": 100},
        {"precision": "float16"},
    ],
)
def test_every_config_has_a_preview(changes):
    config = Config(**({"content_img": "lake.jpg", "style_imgs": ["ink.jpg"]} | changes))
    found = preview_config(config)
    assert preview_config(found) == found
    assert set(found.style_layers) <= set(worker.HEADS)
    assert found.max_iterations <= config.max_iterations
    assert found.init_img_type == "content"
    if config.mask_feather:
        assert found.mask_feather == 5


# Masks


@pytest.mark.usefixtures("settings")
def test_masks(tmp_path):
    found = masks(tmp_path / "visitor" / "lake.png", Request(clusters=2))
    assert [ending for ending, _, _ in found] == ["", "_1", "_2", "_overlay"]
    assert all(picture.dtype == np.uint8 for _, _, picture in found)
    size = read_picture(tmp_path / "visitor" / "lake.png").size
    assert {picture.shape for _, _, picture in found} == {(*size, 3)}
