"""The colours alone: no strokes, no network, no TensorFlow."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import neural_style as ns
from neural_style import StyleError
from neural_style.images.color_transfer import match_colors
from neural_style.images.read import read_picture
from neural_style.runtime import memory as machine
from neural_style.settings.config import FIELDS
from neural_style.transfer import stylizer
from neural_style.transfer.pictures import load_pictures
from neural_style.transfer.recolor import recolor


@pytest.fixture
def settings(photograph, painting):
    """Return a function from changes to a Config for the colours alone."""

    def make(**changes) -> ns.Config:
        pictures = {"content_img": photograph, "style_imgs": [painting], "transfer": "color"}
        return ns.Config(**(pictures | changes))

    return make


@pytest.mark.parametrize(
    ("color_match", "method"), [("auto", "linear"), ("histogram_lab", "histogram_lab")]
)
def test_the_photograph_takes_the_styles_colours(
    settings, photograph, painting, color_match, method
):
    result = recolor(settings(color_match=color_match))
    expected = match_colors(photograph, [painting], method)
    np.testing.assert_array_equal(result.picture.rgb, expected)
    assert result.history == ()
    assert set(result.inputs) == {"content", "style_1"}
    np.testing.assert_array_equal(result.inputs["content"].rgb, photograph)


def test_several_styles_by_weight(settings, photograph, painting):
    other = np.rot90(photograph)
    result = recolor(settings(style_imgs=[painting, other], style_imgs_weights=[1, 3]))
    expected = match_colors(photograph, [painting, other], "linear", (1, 3))
    np.testing.assert_array_equal(result.picture.rgb, expected)


def test_size_and_alpha_are_those_of_a_transfer(settings, photograph):
    alpha = np.tile(np.linspace(0, 255, 48).astype(np.uint8), (40, 1))
    result = recolor(settings(content_img=np.dstack([photograph, alpha]), max_size=24))
    assert result.image.shape == (20, 24, 3)
    assert result.picture.alpha.shape == (20, 24)
    assert result.inputs["style_1"].rgb.shape == (24, 24, 3)


@pytest.mark.parametrize("color_match", ["auto", "histogram", "histogram_lab", "linear_cholesky"])
def test_small_grey_and_flat_pictures(settings, color_match):
    flat = np.full((5, 5), 90, np.uint8)
    with np.errstate(all="raise"):
        result = recolor(settings(content_img=flat, style_imgs=[flat // 2, flat]))
    np.testing.assert_allclose(result.image, (45 + 90) / 2, atol=1)


def test_stylize_does_so_without_a_network(settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stylizer, "open_network", None)
    config = settings(model_weights="nothing.h5")
    np.testing.assert_array_equal(ns.stylize(config).image, recolor(config).image)


def test_the_command_writes_a_result_without_tensorflow(tmp_path, photograph, painting):
    Image.fromarray(photograph).save(tmp_path / "a.png")
    Image.fromarray(painting).save(tmp_path / "b.png")
    code = (
        "import sys\n"
        "from neural_style.commands.main import run\n"
        "try:\n"
        "    run(['neural_style', *sys.argv[1:]])\n"
        "finally:\n"
        "    print([name for name in ('tensorflow', 'keras') if name in sys.modules])"
    )

    def run(*flags: str) -> list[str]:
        command = [sys.executable, "-c", code, *flags]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stderr == "painted 48 x 40 without iterations\n"
        return done.stdout.splitlines()

    pictures = ["-content_img", "a.png", "-style_imgs", "b.png"]
    assert run(*pictures, "-transfer", "color") == ["image_output/result/result.png", "[]"]
    path = tmp_path / "image_output" / "result" / "result.png"
    wanted = {"result.png", "content.png", "style_1.png", "config.yaml", "history.csv"}
    assert {item.name for item in path.parent.glob("[!.]*")} == wanted
    again, _ = run("-config", "image_output/result/result.png")
    assert again == "image_output/result_2/result_2.png"
    assert (tmp_path / again).read_bytes() == path.read_bytes()
    expected = match_colors(photograph, [painting], "linear")
    np.testing.assert_allclose(read_picture(Path(path)).rgb, expected, atol=0.5001)


def test_a_missing_picture_is_one_sentence(run_cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flags = ["-content_img", "a.png", "-style_imgs", "b.png", "-transfer", "color"]
    code, out, err = run_cli(*flags)
    assert (code, out) == (1, "")
    assert err.startswith("neural_style: content_img: there is no file a.png")
    assert err.count("\n") == 1
    assert not (tmp_path / "image_output").exists()


@pytest.mark.parametrize("method", ["auto", "histogram"])
def test_a_black_style_leaves_no_picture(settings, method):
    black = np.zeros((32, 32, 3), np.uint8)
    with pytest.raises(StyleError, match=r"^style_imgs: with their colours nothing but black is"):
        ns.stylize(settings(style_imgs=[black], color_match=method))


def test_a_photograph_that_is_not_enlarged_is_told(settings, caplog):
    caplog.set_level(logging.INFO, "neural_style")
    line = "max_size: the photograph is 48 x 40 pixels and is not enlarged to 64"
    for max_size, told in ((64, [line]), (48, []), (FIELDS["max_size"].default, [])):
        caplog.clear()
        recolor(settings(max_size=max_size))
        assert caplog.messages == told
        caplog.clear()
        load_pictures(settings(max_size=max_size, transfer="both"))
        assert caplog.messages == told


def test_a_photograph_too_large_for_the_memory_is_reduced(settings, tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.INFO, "neural_style")
    pixels = np.tile(np.linspace(0, 255, 800).astype(np.uint8), (600, 1))
    Image.fromarray(pixels).save(tmp_path / "a.png")
    monkeypatch.setattr(machine, "taken", lambda: 2**20)
    monkeypatch.setattr(machine, "LEAST_LEFT", 0)
    limit = f"{(600 * 800 * 9 + 2**20) / 2**20:.3f}M"  # 17 would be needed, 6 + 17 / 16 will do
    for start, change in ((recolor, {}), (load_pictures, {"transfer": "both"})):
        start(settings(content_img=tmp_path / "a.png", max_size=100, max_memory=limit, **change))
        assert "a.png was reduced to 200 x 150 pixels while it was read" in caplog.text
        caplog.clear()
    with pytest.raises(StyleError, match="to read it takes 8M of memory, and 4M are left"):
        recolor(settings(content_img=tmp_path / "a.png", max_size=300, max_memory=limit))
