"""Regions: label maps read, quantised, matched by colour and told of."""

from __future__ import annotations

import io
import itertools
import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

import neural_style as ns
from neural_style.guidance.labels import hex_color
from neural_style.guidance.regions import (
    LabelMap,
    Regions,
    label_map,
    load_regions,
    read_label_map,
)
from neural_style.runtime.errors import StyleError
from neural_style.transfer.pictures import load_pictures
from neural_style.transfer.terms import guides_of

RED, GREEN, BLUE, GREY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128)
SIZE = (40, 48)


def stripes(*colours: tuple[int, int, int], width: int = 48) -> np.ndarray:
    """Return upright stripes of like width, [40, width, 3], uint8."""
    bounds = np.linspace(0, width, len(colours) + 1).astype(int)
    found = np.zeros((40, width, 3), np.uint8)
    for colour, (first, last) in zip(colours, itertools.pairwise(bounds), strict=True):
        found[:, first:last] = colour
    return found


def as_jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def names(found: LabelMap) -> list[str]:
    return [hex_color(color) for color in found.colors]


class TestLabels:
    def test_a_flat_map_is_found_as_it_is(self):
        pixels = stripes(RED, RED, GREEN, BLUE)
        pixels[20, 30] = BLUE  # a single pixel is of a label too
        found = label_map(pixels)
        assert names(found) == ["#ff0000", "#0000ff", "#00ff00"]  # the largest first
        np.testing.assert_array_equal(found.colors[found.labels], pixels)

    def test_near_colours_are_one_label(self):
        found = label_map(stripes(RED, (240, 15, 10), GREEN))
        assert len(found.colors) == 2
        assert found.area(0) == pytest.approx(2 / 3)

    def test_mixtures_along_soft_edges_make_no_label(self):
        """Between black and white an edge passes through the grey that is a label elsewhere."""
        crisp = stripes((0, 0, 0), (255, 255, 255), (0, 0, 0), GREY, width=192)
        soft = np.asarray(Image.fromarray(crisp).filter(ImageFilter.BoxBlur(1)))
        found = label_map(soft)
        assert set(names(found)) == {"#000000", "#ffffff", "#808080"}
        wanted = label_map(crisp)
        assert (found.labels == wanted.labels).mean() > 0.98

    @pytest.mark.parametrize("quality", [95, 75, 50])
    def test_the_noise_of_a_jpeg_is_absorbed(self, quality):
        crisp = np.tile(stripes(RED, GREEN, BLUE, GREY, width=192), (4, 1, 1))
        noisy = as_jpeg(crisp, quality)
        assert len(np.unique(noisy.reshape(-1, 3), axis=0)) > 4
        found = label_map(noisy)
        assert len(found.colors) == 4
        back = found.colors[found.labels].astype(int)
        assert (np.abs(back - crisp).max(-1) < 30).mean() > 0.99

    def test_no_map(self, photograph, painting):
        noise = np.random.default_rng(0).integers(0, 256, (40, 48, 3), np.uint8)
        ramp = np.repeat(np.linspace(0, 255, 192).astype(np.uint8)[None, :, None], 64, 0)
        for pixels in (photograph, painting, noise, np.repeat(ramp, 3, -1)):
            assert label_map(pixels) is None

    @settings(max_examples=20, deadline=None)
    @given(st.integers(0, 10**6), st.integers(1, 8))
    def test_whatever_blocks_are_painted_come_back(self, seed, count):
        generator = np.random.default_rng(seed)
        levels = np.array([0, 85, 170, 255])  # at least 85 apart
        picked = generator.permutation(64)[:count]
        colours = np.stack([levels[picked % 4], levels[picked // 4 % 4], levels[picked // 16]], -1)
        blocks = generator.integers(0, count, (5, 6))
        pixels = colours[np.kron(blocks, np.ones((8, 8), int))].astype(np.uint8)
        found = label_map(pixels)
        np.testing.assert_array_equal(found.colors[found.labels], pixels)


class TestMatching:
    def regions(self, content, *styles) -> Regions:
        return Regions(label_map(content), tuple(map(label_map, styles)))

    def test_equal_colours_belong_together(self):
        found = self.regions(stripes(RED, RED, GREEN), stripes(GREEN, (250, 5, 5), GREEN))
        assert found.counterparts() == [[(0, 1)], [(0, 0)]]
        (red, [(index, theirs)]), _ = found.masks()
        assert index == 0
        np.testing.assert_array_equal(red[0], [1] * 32 + [0] * 16)
        np.testing.assert_array_equal(theirs[0], [0] * 16 + [1] * 16 + [0] * 16)

    def test_of_several_styles_those_that_have_the_colour(self):
        content = stripes(RED, RED, GREEN)
        found = self.regions(content, stripes(RED, BLUE), stripes(GREEN, GREEN, RED))
        assert [[k for k, _ in sources] for sources in found.counterparts()] == [[0, 1], [1]]

    def test_without_a_counterpart_it_is_the_whole_of_all_styles(self):
        found = self.regions(stripes(RED, RED, BLUE), stripes(RED, GREEN), stripes(RED, GREEN))
        _, (mask, sources) = found.masks()
        assert mask.sum() == 40 * 16
        assert [(k, bool((part == 1).all())) for k, part in sources] == [(0, True), (1, True)]

    def test_the_masks_divide_the_picture(self):
        found = self.regions(stripes(RED, BLUE, GREEN), stripes(RED, GREEN))
        np.testing.assert_array_equal(sum(mask for mask, _ in found.masks()), 1)

    def test_the_legend(self):
        found = self.regions(stripes(RED, RED, RED, BLUE), stripes(RED, GREEN))
        assert [line for _, line in found.legend()] == [
            "#ff0000  75.0 % of the photograph from 50.0 % of style 1",
            "#0000ff  25.0 % of the photograph: no counterpart, so the whole of each style",
            "#00ff00  50.0 % of style 1: not in the photograph",
        ]

    def test_the_legend_is_drawn(self):
        found = self.regions(stripes(RED, RED, RED, BLUE), stripes(RED, GREEN))
        white = np.full((40, 48, 3), 255, np.float32)
        sheet = found.draw(white, [white])
        assert sheet.dtype == np.uint8
        for colour in (RED, BLUE, GREEN):  # the patches; over the pictures they are mixed with them
            assert (sheet == colour).all(-1).sum() > 100


class TestBadMaps:
    def test_another_aspect(self):
        message = (
            "^content_regions: the array given is 40 x 40 pixels, its picture 48 x 40: make a "
            "label map of the same proportions$"
        )
        with pytest.raises(StyleError, match=message):
            read_label_map(stripes(RED, GREEN, width=40), "content_regions", [SIZE])
        assert read_label_map(stripes(RED, GREEN), "content_regions", [(400, 480)])

    def test_hundreds_of_colours(self, photograph, tmp_path):
        Image.fromarray(photograph).save(tmp_path / "map.png")
        count = len(np.unique(photograph.reshape(-1, 3), axis=0))
        message = rf"^style_regions: .*map.png has {count} colours and no few .* save it as PNG$"
        with pytest.raises(StyleError, match=message):
            read_label_map(tmp_path / "map.png", "style_regions", [SIZE])

    def test_no_common_label(self):
        message = (
            "^content_regions has the colours #(ff0000 #0000ff|0000ff #ff0000), style_regions "
            "#00ff00, none in common: paint what belongs together in one colour$"
        )
        with pytest.raises(StyleError, match=message):
            load_regions((stripes(RED, BLUE), [SIZE]), [(stripes(GREEN), [SIZE])])


class TestTransfer:
    @pytest.fixture
    def painting(self) -> np.ndarray:
        """Red on the left, green on the right, under noise."""
        noise = np.random.default_rng(1).integers(-30, 30, (40, 48, 3))
        return np.clip(stripes((200, 40, 40), (40, 200, 40)) + noise, 0, 255).astype(np.uint8)

    @pytest.fixture
    def regions(self, config):
        """Return a function to a Config whose regions cross over: left from right."""

        def make(**changes) -> ns.Config:
            maps = {
                "content_regions": stripes(BLUE, RED),
                "style_regions": [stripes(RED, BLUE)],
                "content_weight": 0,
                "tv_weight": 0,
                "max_iterations": 10,
                "style_layers": ["relu1_1", "relu2_1"],
            }
            return config(**(maps | changes))

        return make

    def test_each_region_takes_the_colours_of_its_counterpart(self, regions, caplog):
        caplog.set_level(logging.INFO, "neural_style")
        result = ns.stylize(regions(content_img=np.full((40, 48, 3), 127, np.uint8)))
        left, right = result.image[:, :20].mean((0, 1)), result.image[:, 28:].mean((0, 1))
        assert left[1] > left[0] + 20  # green is on the painting's right
        assert right[0] > right[1] + 20
        assert "regions" in result.inputs
        lines = [line for line in caplog.messages if line.startswith("region ")]
        assert lines[0] == "region #0000ff  50.0 % of the photograph from 50.0 % of style 1"

    def test_one_label_everywhere_equals_no_maps(self, regions, photograph):
        one = {"content_regions": stripes(RED), "style_regions": [stripes((250, 0, 0))]}
        none = {"content_regions": None, "style_regions": ()}
        image = photograph.astype(np.float32)[::-1]
        found, plain = (ns.evaluate(regions(**maps), image) for maps in (one, none))
        assert found["total"] == pytest.approx(plain["total"], rel=1e-5)

    def test_feather_softens_regions_and_they_still_divide_the_picture(self, regions):
        config = regions(mask_feather=8)
        guides = guides_of(config, load_pictures(config))
        squares = [np.square(guide.mask(40, 48).numpy()) for guide in guides]
        np.testing.assert_allclose(sum(squares), 1, atol=1e-5)
        assert ((squares[0] > 0.01) & (squares[0] < 0.99)).any()

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"style_regions": []}, "style_regions: received 0 label maps for 1 styles"),
            ({"content_regions": None}, "content_regions is missing: style_regions needs"),
            (
                {"style_mask": True, "style_mask_imgs": ["m.png"]},
                "style_mask: content_regions already says where styles go",
            ),
            ({"color_match": "linear"}, "content_regions: color_match linear gives a picture"),
            ({"transfer": "color"}, "content_regions: transfer color gives a picture"),
        ],
    )
    def test_what_does_not_go_together_is_refused(self, regions, changes, message):
        with pytest.raises(StyleError, match=f"^{message}"):
            regions(**changes)


class TestScore:
    """benchmarks/score_regions.py."""

    def test_a_picture_is_as_close_to_itself_as_can_be(
        self, load_benchmark, photograph, painting, random_weights
    ):
        labels = np.zeros_like(painting)
        labels[:, : painting.shape[1] // 3] = 255
        config = ns.Config(
            content_img=painting,
            style_imgs=[painting],
            content_regions=labels,
            style_regions=[labels],
            model_weights=random_weights,
            device="/cpu:0",
        )
        judge = load_benchmark("score_regions").Judge(config, load_pictures(config))
        itself, other = (judge.errors(each.astype(np.float32)) for each in (painting, photograph))
        assert itself.shape == (2, 2)
        np.testing.assert_allclose(itself, 0, atol=1e-5)
        assert (other > 0.05).all()
        assert [colour for colour, _ in judge.regions] == ["#000000", "#ffffff"]

    def test_the_table_has_a_line_for_each_region(
        self, load_benchmark, photograph, painting, random_weights, tmp_path, monkeypatch, capsys
    ):
        folder = tmp_path / "images" / "regions"
        folder.mkdir(parents=True)
        for name, picture in (("in1", photograph), ("tar1", painting)):
            labels = np.zeros_like(picture)
            labels[:, : picture.shape[1] // 4] = 255
            Image.fromarray(picture).save(folder / f"{name}.png")
            Image.fromarray(labels).save(folder / f"{name}_labels.png")
        flags = f"--pairs 1 --iterations 1 2 --preset regions --weights {random_weights}"
        command = ["score_regions.py", *flags.split(), "--shared", str(tmp_path)]
        monkeypatch.setattr("sys.argv", [*command, "--out", str(tmp_path)])
        load_benchmark("score_regions").main()
        header, _, dark, light, count = capsys.readouterr().out.strip().splitlines()
        assert dark.startswith("| 1 | #000000 | 75 % | 75 % | ")
        assert light.startswith("| 1 | #ffffff | 25 % | 25 % | ")
        assert header.count("|") == dark.count("|") == light.count("|") == count.count("|")
        assert " of 2 |" in count
        assert (tmp_path / "regions_1_2.png").is_file()

    @pytest.mark.shared
    @pytest.mark.slow
    @pytest.mark.parametrize("pair", ["15", "51"])
    def test_regions_come_close_to_their_counterparts(
        self, load_benchmark, shared, reference_weights, pair
    ):
        """The guided Gram matrices' relative error, layers as the loss has them, falls to a third.

        Snow below clouds and a green valley; a sunlit road by a dark one, whose light would be lost
        if it were clipped in the end.
        """
        score_regions = load_benchmark("score_regions")
        folder = shared / "images" / "regions"
        given = {"model_weights": reference_weights, "max_size": 256, "device": "/cpu:0"}
        config = score_regions.config_of_pair(folder, pair, "regions", **given)
        pictures = load_pictures(config)
        judge = score_regions.Judge(config, pictures)
        before, after = (
            judge.errors(image)[0]
            for image in (pictures.content, ns.stylize(config, pictures=pictures).picture.rgb)
        )
        assert (after < before / 3).all()
