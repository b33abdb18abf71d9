"""Sheets over the values of one setting, or of two."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from neural_style.commands.sheet import grid
from neural_style.images.drawing import CAPTION_HEIGHT, GAP, LINE_HEIGHT, draw_sheet
from neural_style.images.read import read_picture
from neural_style.runtime.errors import StyleError
from neural_style.transfer import stylize as transfer

GIVEN = {"content_img": "a.png", "style_imgs": ["b.png"]}


def test_one_setting_is_a_row():
    [row] = grid([["style_weight", "1e3", " 5"]], GIVEN | {"max_size": 99})
    assert [caption for caption, _ in row] == ["style_weight 1e3", "style_weight 5"]
    assert [config.style_weight for _, config in row] == [1000, 5]
    assert {config.max_size for _, config in row} == {99}


def test_two_settings_are_a_grid_the_first_across_and_the_second_down():
    cells = grid([["seed", "1", "2", "3"], ["scales", "1", "4"]], GIVEN)
    found = [[(config.seed, config.scales) for _, config in row] for row in cells]
    assert found == [[(1, 1), (2, 1), (3, 1)], [(1, 4), (2, 4), (3, 4)]]
    assert cells[1][2][0] == "seed 3\nscales 4"


def test_values_of_several_words():
    [row] = grid([["style_layers", "conv1_1", "relu2_1 relu3_1"]], GIVEN)
    assert [config.style_layers for _, config in row] == [("conv1_1",), ("relu2_1", "relu3_1")]
    [row] = grid([["style_imgs", "'my wave.jpg' c.png"]], GIVEN)
    assert row[0][1].style_imgs == ("my wave.jpg", "c.png")


def test_presets_are_overridden_by_flags():
    [row] = grid([["preset", "gatys", "preview"]], GIVEN | {"max_iterations": 9})
    assert [config.max_iterations for _, config in row] == [9, 9]
    assert [config.init_img_type for _, config in row] == ["random", "content"]


@pytest.mark.parametrize(
    ("varied", "message"),
    [
        ([], "vary is missing: give a setting and its values"),
        ([["seed", "1"], ["scales", "1"], ["bits", "8"]], "received 3 settings, a sheet has room"),
        ([["style_weigt", "1"]], "'style_weigt' is no setting; did you mean 'style_weight'?"),
        ([["img_name", "a", "b"]], "vary: 'img_name' changes no picture"),
        ([["verbose", "0", "1"]], "vary: 'verbose' changes no picture"),
        ([["seed"]], "vary: received seed without values; give those to show behind it"),
        ([["seed", "1"], ["seed", "2"]], "vary: received seed twice; give all its values at once"),
        ([["style_weight", "1", "x"]], "style_weight: received 'x', must be a number"),
        ([["style_layers", "relu1_1", "relu9_9"]], "style_layers: layer 'relu9_9' is not in vgg19"),
        ([["style_layers", "'relu1_1"]], "a quote has no end in it"),
        ([["style_layers", ""]], "style_layers: received none"),
        ([["preset", "gatys", "gatis"]], "config: gatis does not exist"),
        # Each value by itself is allowed.
        ([["scales", "1", "3"], ["max_iterations", "50", "2"]], "scales: received 3 with 2 iterat"),
    ],
)
def test_bad_values(varied, message):
    with pytest.raises(StyleError) as error:
        grid(varied, GIVEN)
    assert message in str(error.value)


def test_captions_of_two_lines_have_their_room_and_long_ones_fit():
    grey = np.full((20, 60, 3), 128, np.uint8)
    sheet = draw_sheet([[("one\ntwo", grey), ("a very long caption", grey)], [("x", grey)]], 20)
    row = 20 + CAPTION_HEIGHT
    assert sheet.shape == (GAP + 2 * row + LINE_HEIGHT, GAP + 2 * (60 + GAP), 3)
    below = sheet[GAP + 20 : GAP + row + LINE_HEIGHT, GAP:]
    assert below[18 + 6 :, :60].min() < 100  # the second line
    assert below[:, 60 : 60 + GAP].min() == 255
    assert below[:, -GAP:].min() == 255  # the long one ends before the sheet does
    assert below[:, 68 + 50 : 68 + 60].min() < 200


class TestCommandLine:
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path, monkeypatch, photograph, painting):
        monkeypatch.chdir(tmp_path)
        Image.fromarray(photograph).save("a.png")
        Image.fromarray(painting).save("b.png")

    @pytest.fixture
    def sheet(self, run_cli):
        """Return a function that makes a sheet of quick runs: (exit code, out, err)."""
        flags = ["-content_img", "a.png", "-style_imgs", "b.png", "-model_weights", "compact"]
        flags += ["-max_iterations", 1, "-device", "/cpu:0"]

        def run(*arguments: object) -> tuple[int, str, str]:
            return run_cli("sheet", *flags, *arguments)

        return run

    def test_a_row_begins_with_what_it_was_painted_from(self, sheet):
        code, out, _ = sheet("-vary", "content_weight", "0", "1e9")
        assert (code, out) == (0, "image_output/sheet/sheet.png\n")
        drawn = read_picture(out.strip()).rgb
        assert drawn.shape == (GAP + 40 + CAPTION_HEIGHT, GAP + 4 * (48 + GAP), 3)
        cells = [drawn[GAP : GAP + 40, left : left + 48] for left in range(GAP, 230, 48 + GAP)]
        names = ["content", "style_1", "content_weight_0", "content_weight_1e9"]
        for cell, name in zip(cells, names, strict=True):
            assert np.array_equal(cell, read_picture(f"image_output/sheet/{name}.png").rgb)
        assert np.array_equal(cells[0], read_picture("a.png").rgb)
        from_photograph = [np.abs(cell - cells[0]).mean() for cell in cells]
        assert from_photograph[3] < from_photograph[2]
        assert len(list(Path("image_output/sheet").glob("[!.]*"))) == 5

    def test_what_is_varied_is_not_shown_as_what_all_were_painted_from(self, sheet):
        values = [*("-vary", "seed", "1"), *("-vary", "style_imgs", "b.png", "a.png b.png")]
        code, out, _ = sheet(*values, "-img_name", "grid")
        assert (code, out) == (0, "image_output/grid/grid.png\n")
        drawn = cv2.imread(out.strip())
        below = CAPTION_HEIGHT + LINE_HEIGHT
        assert drawn.shape == (GAP + 3 * 40 + CAPTION_HEIGHT + 2 * below, GAP + 48 + GAP, 3)
        names = {path.name for path in Path("image_output/grid").glob("[!.]*")}
        assert {"content.png", "seed_1_style_imgs_a.png_b.png.png"} < names
        assert "style_1.png" not in names

    def test_ctrl_c_keeps_what_was_painted(self, sheet, monkeypatch):
        whole, count = transfer.paint, []

        def paint(*arguments, **named):
            count.append(1)
            if len(count) == 2:
                raise KeyboardInterrupt  # before its first iteration
            return whole(*arguments, **named)

        monkeypatch.setattr(transfer, "paint", paint)
        code, out, _ = sheet("-vary", "seed", "1", "2", "-vary", "tv_weight", "0", "1")
        assert (code, out) == (130, "image_output/sheet/sheet.png\n")
        names = {path.stem for path in Path("image_output/sheet").glob("[!.]*")}
        assert names == {"sheet", "content", "style_1", "seed_1_tv_weight_0"}
        count[:] = [1]
        code, out, err = sheet("-vary", "seed", "1")
        assert (code, out) == (130, "")
        assert err.endswith("interrupted before the picture was done; none was written\n")

    @pytest.mark.parametrize(
        ("arguments", "code", "words"),
        [
            ([], 2, "vary is missing"),
            (["-vary"], 2, "-vary: expected at least one argument"),
            (["-vary", "seed", "1", "-1"], 2, "seed: received -1, must be at least 0"),
            (["-vary", "seed", "1", "-resume"], 2, "resume: sheet keeps no checkpoints"),
            (["-vary", "style_imgs", "b.png", "c.png"], 1, "style_imgs[1]: there is no file c.png"),
            (
                [
                    "-vary",
                    "model_weights",
                    "compact",
                    "-vary",
                    "style_layers",
                    "relu1_1",
                    "relu1_2",
                ],
                1,
                "layer 'relu1_2': the network compact does not predict it",
            ),
            (
                [
                    "-vary",
                    "draft_weights",
                    "compact",
                    "n.h5",
                    "-scales",
                    "2",
                    "-max_iterations",
                    "3",
                ],
                1,
                "no file n.h5",
            ),
        ],
    )
    def test_all_is_checked_before_the_first_is_painted(
        self, sheet, monkeypatch, arguments, code, words
    ):
        monkeypatch.setattr(transfer, "paint", lambda *_, **__: pytest.fail("it painted"))
        found, out, err = sheet(*arguments)
        assert (found, out) == (code, "")
        assert err.startswith("neural_style: ")
        assert err.count("\n") == 1
        assert words in err
        assert not list(Path().glob("image_output/*"))
