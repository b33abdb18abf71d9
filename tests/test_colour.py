"""Colours kept: the photograph's chroma under the painting's luminance."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from neural_style.images.color import CONVERSIONS, keep_colors, luminance_only

SPACES = list(CONVERSIONS)
FORWARD = {
    "yuv": cv2.COLOR_RGB2YUV,
    "ycrcb": cv2.COLOR_RGB2YCrCb,
    "luv": cv2.COLOR_RGB2LUV,
    "lab": cv2.COLOR_RGB2LAB,
}


def mild(seed: int) -> np.ndarray:
    """Return [6, 8, 3], float32, colours near grey, which stay in range if made lighter."""
    return np.random.default_rng(seed).uniform(110, 150, (6, 8, 3)).astype(np.float32)


def converted(picture: np.ndarray, space: str) -> np.ndarray:
    return cv2.cvtColor(picture / np.float32(255), FORWARD[space])


def tolerance(space: str) -> float:
    """Return one grey level: L of luv and lab is in [0, 100], that of the others in [0, 1].

    OpenCV computes lab from a table, which costs the half of that.
    """
    return (100 if space in ("luv", "lab") else 1) / 255


def test_spaces_are_those_of_the_setting():
    from neural_style.settings.config import FIELDS

    assert tuple(SPACES) == FIELDS["color_convert_type"].metadata["choices"]


@pytest.mark.parametrize("space", SPACES)
def test_chroma_is_of_the_content_and_luminance_of_the_painting(space):
    painted, content = mild(1), mild(2)
    kept = converted(keep_colors(painted, content, space), space)
    assert np.allclose(kept[..., 0], converted(painted, space)[..., 0], atol=tolerance(space))
    assert np.allclose(kept[..., 1:], converted(content, space)[..., 1:], atol=tolerance(space))


@pytest.mark.parametrize("space", ["yuv", "ycrcb"])
def test_chroma_of_whole_levels_is_within_rounding(space):
    """Written with 8 bits: each channel is off by half a level, chroma by no more than one."""
    rounded = np.rint(keep_colors(mild(1), mild(2), space))
    difference = converted(rounded, space)[..., 1:] - converted(mild(2), space)[..., 1:]
    assert np.abs(difference).max() < 1 / 255


@pytest.mark.parametrize("space", SPACES)
def test_a_picture_keeps_its_own_colours(space, photograph):
    picture = photograph.astype(np.float32)
    assert np.allclose(keep_colors(picture, picture, space), picture, atol=1)


@pytest.mark.parametrize("space", SPACES)
def test_luminance_only_is_grey_of_the_same_luminance(space):
    picture = mild(3)
    grey = luminance_only(picture, space)
    assert np.ptp(grey, -1).max() < 0.3
    assert np.allclose(
        converted(grey, space)[..., 0], converted(picture, space)[..., 0], atol=tolerance(space)
    )


@pytest.mark.parametrize("space", ["yuv", "ycrcb"])
def test_by_hand(space):
    content = np.array([[[150, 100, 120]]], np.float32)  # luminance 117.23 (ITU-R BT.601)
    painted = np.full((1, 1, 3), 128, np.float32)
    expected = 128 + content - 117.23
    assert np.allclose(keep_colors(painted, content, space), expected, atol=0.1)


@pytest.mark.parametrize("space", SPACES)
def test_what_lies_outside_is_cut_off(space):
    painted = np.array([[[-50, 300, 128], [0, 255, 128]]], np.float32)
    kept = keep_colors(painted, np.full_like(painted, 200), space)
    assert np.allclose(kept[0, 0], kept[0, 1])
    extreme = keep_colors(np.full((1, 1, 3), 250.0), np.array([[[255.0, 0, 0]]]), space)
    assert extreme.min() >= 0
    assert extreme.max() <= 255
    assert extreme.dtype == np.float32
