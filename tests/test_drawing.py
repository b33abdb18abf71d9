"""Drawings: the curve of the loss, and sheets of captioned pictures."""

from __future__ import annotations

import numpy as np
import pytest

from neural_style.images.drawing import (
    CAPTION_HEIGHT,
    GAP,
    draw_curve,
    draw_cut,
    draw_legend,
    draw_regions,
    draw_sheet,
)

LEFT, RIGHT, TOP, BOTTOM = 56, 640 - 56, 56, 400 - 56  # the axes' corners


def curve_heights(canvas: np.ndarray) -> np.ndarray:
    """Return for each column inside the axes the row that the blue line goes through."""
    pixels = canvas[TOP - 3 : BOTTOM + 4, LEFT + 4 : RIGHT - 1].astype(int)
    blueness = np.maximum(pixels[..., 2] - pixels[..., 0], 0)
    rows = np.arange(len(pixels))[:, None] + TOP - 3
    assert (blueness.sum(0) > 0).all()
    return (blueness * rows).sum(0) / blueness.sum(0)


def test_a_curve_goes_from_its_first_value_to_its_last():
    heights = curve_heights(draw_curve([100, 10, 1], ("iteration", "loss")))
    assert heights[0] == pytest.approx(TOP, abs=4)
    assert heights[-1] == pytest.approx(BOTTOM, abs=4)


def test_the_axis_is_logarithmic_where_all_values_are_positive():
    middle = (RIGHT - LEFT) // 2 - 4
    logarithmic = curve_heights(draw_curve([100, 10, 1], ("", "")))
    linear = curve_heights(draw_curve([100, 10, 0], ("", "")))
    assert logarithmic[middle] == pytest.approx((TOP + BOTTOM) / 2, abs=4)
    assert linear[middle] == pytest.approx(BOTTOM - 0.1 * (BOTTOM - TOP), abs=4)


@pytest.mark.parametrize("values", [[3.0], [2.0, 2.0, 2.0], [0.0, 0.0], [-1.0, 1.0]])
def test_any_values_can_be_drawn(values):
    canvas = draw_curve(values, ("iteration", "loss"))
    assert canvas.shape == (400, 640, 3)
    assert canvas.dtype == np.uint8
    assert canvas.min() < 255


def test_a_sheet_shows_each_picture_in_its_place():
    red = np.full((20, 30, 3), (255, 0, 0), np.uint8)
    green = np.full((40, 20, 3), (0, 255, 0), np.uint8)
    blue = np.full((20, 20, 3), (0, 0, 255), np.uint8)
    sheet = draw_sheet([[("red", red), ("green", green)], [("blue", blue)]], 20)
    row = 20 + CAPTION_HEIGHT
    assert sheet.shape == (GAP + 2 * row, GAP + 30 + GAP + 10 + GAP, 3)
    assert np.array_equal(sheet[GAP : GAP + 20, GAP : GAP + 30], red)
    assert (sheet[GAP : GAP + 20, GAP + 30 + GAP :][:, :10] == (0, 255, 0)).all()
    assert np.array_equal(sheet[GAP + row : GAP + row + 20, GAP : GAP + 20], blue)
    assert (sheet[GAP + row :, GAP + 30 + GAP :] == 255).all()  # the shorter row's end


def test_a_sheet_has_its_captions():
    grey = np.full((20, 60, 3), 128, np.uint8)
    caption = slice(GAP + 20, GAP + 20 + CAPTION_HEIGHT)
    assert draw_sheet([[("words", grey)]], 20)[caption].min() < 100
    assert draw_sheet([[("", grey)]], 20)[caption].min() == 255


def test_a_cut_keeps_the_subject_and_darkens_the_rest():
    photograph = np.full((20, 30, 3), (240, 30, 60), np.uint8)
    subject = np.zeros((20, 30), bool)
    subject[5:9] = True
    drawn = draw_cut(photograph, subject)
    assert (drawn[subject] == (240, 30, 60)).all()
    grey = round(0.299 * 240 + 0.587 * 30 + 0.114 * 60) // 3
    assert (drawn[~subject] == grey).all()
    assert (photograph == (240, 30, 60)).all()


def test_regions_are_tinted_and_numbered_where_they_are_widest():
    labels = np.zeros((120, 160), np.uint8)
    labels[:, 100:] = 1
    labels[:10] = 1  # the second is widest at the right, the first at the left
    colours = np.array([(200, 0, 0), (0, 200, 0)], np.uint8)
    drawn = draw_regions(np.full((120, 160, 3), 100, np.uint8), labels, colours)
    tint = np.array([(150, 50, 50), (50, 150, 50)])[labels]
    numbers = np.abs(drawn - tint).max(-1) > 2
    for left, right in ((30, 75), (110, 150)):
        assert numbers[15:110, left:right].any()
        numbers[15:110, left:right] = False
    assert not numbers.any()


def test_a_legend_has_a_patch_and_a_text_for_each_line():
    sheet = np.full((30, 40, 3), 7, np.uint8)
    red, blue = np.array([255, 0, 0]), np.array([0, 0, 255])
    drawn = draw_legend(sheet, [(red, "a line that is wider than the sheet"), (blue, "b")])
    np.testing.assert_array_equal(drawn[:30, :40], sheet)
    assert drawn.shape[1] > 200
    (red_rows, _), (blue_rows, _) = (np.where((drawn == colour).all(-1)) for colour in (red, blue))
    assert red_rows.min() >= 30
    assert red_rows.max() < blue_rows.min()
    assert (drawn[red_rows.min() : red_rows.max(), 40:] < 128).any()  # the text beside it


def test_regions_are_numbered_as_they_are_told():
    photograph = np.full((60, 120, 3), 200, np.uint8)
    labels = np.zeros((60, 120), np.uint8)
    labels[:, 60:] = 1
    colours = np.array([[255, 0, 0], [0, 0, 255]], np.uint8)
    numbered = draw_regions(photograph, labels, colours)
    np.testing.assert_array_equal(draw_regions(photograph, labels, colours, [0, 1]), numbered)
    first_alone = draw_regions(photograph, labels, colours, [0, None])
    np.testing.assert_array_equal(first_alone[:, :60], numbered[:, :60])
    assert len(np.unique(first_alone[:, 60:].reshape(-1, 3), axis=0)) == 1
