"""Masks: read from any picture, checked, and resized to each layer."""

from __future__ import annotations

import logging
import math
import re

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from neural_style.guidance.masks import (
    _label_colors,
    coverage,
    feathered,
    inside_at,
    load_mask,
    mask_at,
    region_at,
)
from neural_style.images.picture import luminance
from neural_style.images.read import read_picture
from neural_style.networks.layers import blocks_before
from neural_style.runtime.errors import StyleError
from neural_style.transfer.pictures import load_pictures

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


VGG19 = [blocks_before(f"relu{block}_1", "vgg19") for block in range(1, 6)]


class TestRegionsAtLayers:
    HALF = white_left_half(64, 96).astype(np.float32) / 255

    @pytest.mark.parametrize("layer", [(64, 96), (32, 48), (5, 7), (1, 1)])
    def test_squares_are_shares_of_each_position(self, layer):
        """So those of regions that divide a picture sum to 1 at every layer."""
        pair = [region_at(part)(*layer).numpy() for part in (self.HALF, 1 - self.HALF)]
        np.testing.assert_allclose(np.square(pair[0]).mean(), 0.5, atol=0.01)
        np.testing.assert_allclose(sum(map(np.square, pair)), 1, atol=1e-6)

    @pytest.mark.parametrize(("layer", "within"), [((64, 96), 1), ((32, 48), 2), ((16, 24), 3)])
    def test_inside_leaves_out_what_sees_the_other_side(self, layer, within):
        """By hand: columns at the edge, which lies between two, up to `within` of it."""
        inside = inside_at(self.HALF, (64, 96), VGG19)(*layer).numpy()
        edge = layer[1] // 2
        assert (inside[:, : edge - within] == 1).all()  # also at the picture's border
        assert (inside[:, edge - 1 :] == 0).all()
        both = inside + inside_at(1 - self.HALF, (64, 96), VGG19)(*layer).numpy()
        assert both.max() == 1

    def test_inside_is_by_each_networks_own_convolutions(self):
        """By hand: of the other side a column by the edge sees 1/3, the next 1/9 by one more."""
        widths = []
        for convolutions in (1, 2):
            inside = inside_at(self.HALF, (64, 96), [((convolutions, 8),)])(64, 96).numpy()
            widths.append(48 - int(inside[0].sum()))
        assert widths == [1, 2]
        layers = [((2, 8),), ((1, 8),)]  # of one size: the deepest
        assert inside_at(self.HALF, (64, 96), layers)(64, 96).numpy()[0].sum() == 46

    def test_the_whole_is_inside(self):
        whole = inside_at(np.ones((37, 50), np.float32), (37, 50), VGG19)
        for layer in ((37, 50), (19, 25), (10, 13), (5, 7), (3, 4)):
            np.testing.assert_allclose(whole(*layer), 1, atol=1e-6)

    def test_a_region_too_narrow_for_a_layer_stays(self):
        line = np.zeros((64, 96), np.float32)
        line[:, 40:42] = 1
        for layer in ((64, 96), (16, 24)):
            found = inside_at(line, (64, 96), VGG19)(*layer)
            np.testing.assert_array_equal(found, region_at(line)(*layer))


class TestFeather:
    @pytest.mark.parametrize("width", [10, 20, 40])
    def test_a_straight_edge_becomes_the_gaussians_integral(self, width):
        mask = white_left_half(4, 100).astype(np.float32)
        soft = feathered(mask, (4, 100), width)
        beyond_the_edge = np.arange(100) + 0.5 - 50
        expected = [127.5 * math.erfc(d / (width / 4) / math.sqrt(2)) for d in beyond_the_edge]
        assert np.allclose(soft, expected, atol=1)

    def test_the_edge_stays_within_its_width(self):
        soft = feathered(white_left_half(4, 100).astype(np.float32), (4, 100), 20)[0]
        assert soft[39] > 0.97 * 255
        assert soft[60] < 0.03 * 255
        assert soft[0] == pytest.approx(255)  # the picture's border is no edge

    def test_it_is_wide_at_the_size_of_the_transfer(self):
        large = white_left_half(160, 192).astype(np.float32)
        small = white_left_half().astype(np.float32)
        wanted = feathered(small, (40, 48), 6)
        assert np.allclose(feathered(large, (40, 48), 6), wanted, atol=1e-3)

    @given(st.integers(0, 99), st.floats(1e-9, 1000))
    def test_masks_that_complement_each_other_still_do(self, seed, width):
        mask = (np.random.default_rng(seed).random((20, 24)) < 0.3).astype(np.float32) * 255
        pair = [feathered(part, (20, 24), width) for part in (mask, 255 - mask)]
        assert np.allclose(sum(pair), 255, atol=1e-2)


class TestCoverage:
    def percents(self, *masks: np.ndarray) -> list[float]:
        found = coverage([mask.astype(np.float32) for mask in masks], (40, 48))
        return [float(number) for number in re.findall(r"([\d.]+) %", found)]

    def test_the_line(self):
        quarter = np.zeros((40, 48), np.float32)
        quarter[:20, :24] = 255
        said = coverage([quarter, white_left_half().astype(np.float32)], (40, 48))
        assert said == "overlap on 25.0 % of the picture, 50.0 % are covered by none"

    def test_halves(self):
        half = white_left_half()
        assert self.percents(half) == [0, 50]
        assert self.percents(half, 255 - half) == [0, 0]
        assert self.percents(half, half, half) == [50, 50]
        assert self.percents(half, np.full_like(half, 255)) == [50, 0]

    def test_dark_masks_count_as_much_as_bright_ones(self):
        """As in the transfer, where each is divided by its maximum."""
        assert self.percents(white_left_half() / 5, 255 - white_left_half()) == [0, 0]

    def test_masks_of_other_sizes(self):
        assert self.percents(white_left_half(80, 96), 255 - white_left_half(20, 24)) == [0, 0]

    def test_soft_edges_that_complement_each_other(self):
        ramp = np.tile(np.linspace(0, 255, 48, dtype=np.float32), (40, 1))
        assert self.percents(ramp, 255 - ramp) == [0, 0]
        assert self.percents(ramp) == [0, 50]


# What looks like something else


@pytest.fixture
def lines(caplog):
    """Return a function to the lines that were logged."""
    caplog.set_level(logging.INFO, "neural_style")
    return lambda: "\n".join(caplog.messages)


def test_black_but_for_rounding_is_black():
    """A soft black brush on a clear layer leaves 1e-5 of a level."""
    rgba = np.zeros((40, 48, 4), np.uint8)
    rgba[..., 3] = np.linspace(0, 255, 48)
    deep = np.full((40, 48), 255, np.uint16)  # 0.99 of a level
    for source in (rgba, deep):
        assert 0 < luminance(read_picture(source)).max() < 1
        with pytest.raises(StyleError, match="the array given is all black"):
            load_mask(source, SIZES)


def test_what_a_feather_leaves_nothing_of_is_refused(config):
    dot = np.zeros((40, 48), np.uint8)
    dot[20, 20] = 90
    masked = {"style_mask": True, "style_mask_imgs": [dot]}
    with pytest.raises(StyleError, match=r"^mask_feather: 40 pixels leave nothing of mask 1: use"):
        load_pictures(config(mask_feather=40, **masked))
    assert load_pictures(config(mask_feather=2, **masked)).masks


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((255, 0, 0), (0, 0, 255)),
        ((255, 255, 255), (200, 30, 30)),
        ((0, 0, 0), (128, 128, 128)),
    ],
)
def test_what_looks_like_a_label_map_is_told(left, right, lines):
    pixels = np.full((40, 48, 3), left, np.uint8)
    pixels[:, 24:] = right
    mask = load_mask(pixels, SIZES)
    assert mask[0, 40] == pytest.approx(np.dot(right, (0.299, 0.587, 0.114)), abs=0.01)
    assert "style_mask_imgs: the array given has areas of #" in lines()
    assert "give it as -content_regions" in lines()


def soft(width: int) -> np.ndarray:
    """Return white on black, [300, 400], uint8, with a soft edge of a width."""
    ramp = np.clip((np.arange(400) - 150) / width, 0, 1)
    return np.tile(np.rint(255 * ramp).astype(np.uint8), (300, 1))


@pytest.mark.parametrize("width", [1, 4, 20, 60, 120, 240])
def test_a_soft_mask_is_no_label_map(width, lines):
    load_mask(soft(width), ((300, 400),))
    assert lines() == ""


@given(st.integers(0, 10**6), st.floats(0.6, 20))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_blobs_of_any_softness_are_no_label_map(seed, width):
    noise = np.random.default_rng(seed).random((150, 200), np.float32)
    blobs = cv2.GaussianBlur(noise, (0, 0), 20) > 0.5
    mask = np.rint(feathered(np.float32(255) * blobs, (150, 200), width)).astype(np.uint8)
    assert not _label_colors(read_picture(mask))


def cut_out_of(colours: np.ndarray) -> np.ndarray:
    """Return colours, [300, 400, 3], as an ellipse on a clear ground, [300, 400, 4], uint8."""
    alpha = cv2.ellipse(np.zeros((300, 400), np.uint8), (200, 150), (120, 90), 0, 0, 360, 255, -1)
    return np.dstack([colours, cv2.GaussianBlur(alpha, (0, 0), 2)])


def test_a_cut_out_counts_by_its_alpha(lines):
    y, x = np.mgrid[:300, :400]
    waves = [np.sin(x / 17), np.cos(y / 15), np.sin((x + y) / 29)]
    photograph = np.rint(127 + 100 * np.stack(waves, -1)).astype(np.uint8)
    rgba = cut_out_of(photograph)
    np.testing.assert_allclose(load_mask(rgba, ((300, 400),)), rgba[..., 3], atol=1e-3)
    assert lines() == "style_mask_imgs: the array given is a cut-out: its alpha is the mask"


def test_what_is_drawn_on_a_clear_layer_counts_by_its_brightness(lines):
    white = np.full((300, 400, 3), 255, np.uint8)
    halves = white.copy()
    halves[:, 200:] = 0
    for drawn in (white, halves, np.repeat(soft(20)[..., None], 3, -1)):
        rgba = cut_out_of(drawn)
        wanted = rgba[..., 0] * (rgba[..., 3] / 255)
        np.testing.assert_allclose(load_mask(rgba, ((300, 400),)), wanted, atol=0.01)
    assert lines() == ""
