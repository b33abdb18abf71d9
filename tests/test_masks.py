"""Masks: read from any picture, checked, and resized to each layer."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from neural_style.errors import StyleError
from neural_style.masks import load_mask, mask_at

SIZES = ((40, 48),)
LAYERS = [(40, 48), (20, 24), (10, 12), (5, 6), (3, 3), (1, 1)]


def white_left_half(height: int = 40, width: int = 48) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    mask[:, : width // 2] = 255
    return mask


def test_a_mask_is_the_brightness_of_a_picture(tmp_path):
    halves = white_left_half()
    Image.fromarray(halves).save(tmp_path / "grey.png")
    Image.fromarray(halves > 0).save(tmp_path / "bits.png")
    Image.fromarray(halves).convert("RGB").save(tmp_path / "colour.png")
    for name in ("grey.png", "bits.png", "colour.png"):
        mask = load_mask(tmp_path / name, SIZES)
        assert mask.dtype == np.float32
        assert np.allclose(mask, halves)


def test_a_mask_keeps_its_own_size():
    assert load_mask(white_left_half(20, 24), SIZES).shape == (20, 24)


def test_what_is_clear_is_not_painted():
    rgba = np.full((40, 48, 4), 255, np.uint8)
    rgba[:, 24:, 3] = 0
    rgba[:, 12:24, 3] = 128
    mask = load_mask(rgba, SIZES)
    assert np.allclose(mask[:, [0, 20, 30]], [255, 128, 0], atol=1e-3)


def test_black_with_a_soft_edge_stays_black():
    rgba = np.zeros((40, 48, 4), np.uint8)
    rgba[..., 3] = np.arange(48) * 5
    rgba[0, 0] = 255
    mask = load_mask(rgba, SIZES)
    assert mask[0, 0] == 255
    assert mask.sum() == pytest.approx(255, abs=0.1)


@pytest.mark.parametrize("value", [0, 1])
def test_all_black_is_refused(tmp_path, value):
    black = np.zeros((40, 48), np.uint8)
    black[3, 3] = value
    Image.fromarray(black).save(tmp_path / "black.png")
    if value:
        assert load_mask(tmp_path / "black.png", SIZES).max() == pytest.approx(1, abs=1e-3)
        return
    for source, name in ((tmp_path / "black.png", "black.png"), (black, "the array given")):
        with pytest.raises(StyleError, match=f"^style_mask_imgs: .*{name} is all black"):
            load_mask(source, SIZES)


@pytest.mark.parametrize(
    ("height", "width", "fits"),
    [
        (400, 480, True),
        (1000, 1212, False),  # 1.2 % wider
        (1000, 1209, True),  # 0.75 %
        (1000, 1189, True),  # 0.9 % narrower
        (1000, 1185, False),  # 1.25 %
        (48, 40, False),
    ],
)
def test_the_aspect_may_differ_by_one_percent(height, width, fits):
    if fits:
        assert load_mask(white_left_half(height, width), SIZES).shape == (height, width)
        return
    message = rf"is {width} x {height} pixels, the photograph 48 x 40: .* same proportions"
    with pytest.raises(StyleError, match=message):
        load_mask(white_left_half(height, width), SIZES)


def test_a_mask_may_have_the_aspect_of_the_reduced_photograph():
    # 1000 x 31 becomes 500 x 15: 3 % wider.
    mask = white_left_half(15, 500)
    assert load_mask(mask, ((31, 1000), (15, 500))).shape == (15, 500)
    with pytest.raises(StyleError, match="the photograph 1000 x 31"):
        load_mask(mask, ((31, 1000),))


@pytest.mark.parametrize("layer", LAYERS)
def test_a_mask_reaches_one_in_each_layer(layer):
    spot = np.zeros((40, 48), np.float32)
    spot[7, 9] = 100
    at = mask_at(spot)(*layer).numpy()
    assert at.shape == layer
    assert at.dtype == np.float32
    assert at.max() == 1
    assert at.min() >= 0


def test_a_mask_is_resized_by_area():
    mask = np.zeros((4, 4), np.float32)
    mask[:2, :3] = 255
    expected = [[1, 0.5], [0, 0]]
    assert np.allclose(mask_at(mask)(2, 2), expected)
    mask[0, 0] = 0  # 3 of 4 white
    assert np.allclose(mask_at(mask)(2, 2), [[1, 0.5 / 0.75], [0, 0]])
