"""Masks made from a photograph: cut out by a box or strokes, or clustered."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from neural_style.guidance.clusters import cluster, superpixels
from neural_style.guidance.labels import COLORS
from neural_style.guidance.requests import Request
from neural_style.guidance.segmentation import check_mask_name, make_masks
from neural_style.guidance.subject import cut_out
from neural_style.images.read import read_picture
from neural_style.runtime.errors import StyleError

SAMPLES = Path(__file__).parent.parent / "image_input"
HEIGHT, WIDTH = 96, 128
# Where the disc of `scene` is, and boxes around it.
CENTRE, RADIUS = (50, 70), 24
BOX = "40,20,60,60"


def disc() -> np.ndarray:
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return (y - CENTRE[0]) ** 2 + (x - CENTRE[1]) ** 2 <= RADIUS**2


def scene(noise: float = 8) -> np.ndarray:
    """A red disc on a ground of green above and blue below, with noise, [96, 128, 3], uint8."""
    pixels = np.full((HEIGHT, WIDTH, 3), (60, 140, 70), np.float64)
    pixels[HEIGHT // 2 :] = (50, 70, 150)
    pixels[disc()] = (200, 60, 50)
    pixels += np.random.default_rng(0).normal(0, noise, pixels.shape)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def strokes(*rectangles: tuple[int, int, int, int]) -> np.ndarray:
    """White rectangles (top, bottom, left, right) on black."""
    marked = np.zeros((HEIGHT, WIDTH), np.uint8)
    for top, bottom, left, right in rectangles:
        marked[top:bottom, left:right] = 255
    return marked


ON_DISC = strokes((48, 52, 60, 80))
ON_GROUND = strokes((4, 8, 10, 110), (88, 92, 10, 110))


@pytest.fixture
def shared_regions(shared) -> list[tuple[np.ndarray, np.ndarray]]:
    """Photographs with their given label maps as numbers; colours of below 0.5 % are its edges."""
    found = []
    for name in (f"{kind}{pair}" for pair in (1, 15, 35, 51) for kind in ("in", "tar")):
        photograph, colours = (
            read_picture(shared / "images" / "regions" / f"{name}{ending}.png").rgb
            for ending in ("", "_labels")
        )
        codes = (colours // 64).astype(int) @ (1, 4, 16)
        areas = np.bincount(codes.ravel()) / codes.size
        labels = np.cumsum(areas > 0.005) * (areas > 0.005)
        found.append((photograph, labels[codes]))  # 0 for edges
    return found


def made(photograph: np.ndarray | None = None, max_size: int = 512, **how) -> dict:
    photograph = scene() if photograph is None else photograph
    parts = make_masks(photograph, Request(**how), max_size)
    return {part.ending: part.pixels for part in parts}


def message_of(photograph: np.ndarray | None = None, max_size: int = 512, **how) -> str:
    with pytest.raises(StyleError) as error:
        made(photograph, max_size, **how)
    return str(error.value)


def agreement(mask: np.ndarray, truth: np.ndarray) -> float:
    """Return the intersection over the union."""
    return (mask & truth).sum() / (mask | truth).sum()


class TestSubject:
    @pytest.mark.parametrize(
        "how",
        [
            {"box": BOX},
            {"box": (40, 20, 60, 60)},
            {"foreground": ON_DISC, "background": ON_GROUND},
            {"box": "0,10,128,80", "background": strokes((20, 80, 5, 9))},
            {"box": BOX, "foreground": ON_DISC},
        ],
    )
    def test_the_disc_is_found(self, how):
        pictures = made(**how)
        assert list(pictures) == ["", "_inv", "_overlay"]
        mask = pictures[""]
        assert (mask.shape, mask.dtype) == ((HEIGHT, WIDTH, 3), np.uint8)
        assert set(np.unique(mask)) == {0, 255}
        assert agreement(mask[..., 0] > 0, disc()) > 0.97
        assert np.array_equal(pictures["_inv"], 255 - mask)

    def test_the_overlay_is_the_photograph_in_the_subject_and_dark_elsewhere(self):
        pictures = made(box=BOX)
        inside = pictures[""][..., 0] > 0
        assert np.array_equal(pictures["_overlay"][inside], scene()[inside])
        outside = pictures["_overlay"][~inside]
        assert outside.max() <= 85
        assert np.array_equal(outside[:, 0], outside[:, 2])

    def test_a_stroke_overrides_the_box(self):
        """Two discs, of which the box has one and a stroke adds the other."""
        photograph = scene()
        second = np.roll(disc(), (-20, -60), (0, 1)) & ~disc()
        photograph[second] = (200, 60, 50)
        stroke = np.zeros((HEIGHT, WIDTH), np.uint8)
        stroke[25:35, 5:15] = 255
        mask = made(photograph, box=BOX, foreground=stroke)[""][..., 0] > 0
        assert mask[stroke > 0].all()
        assert agreement(mask & (np.arange(WIDTH) > 39), disc()) > 0.9

    def test_parts_that_no_stroke_touches_are_found_by_their_colour(self):
        """A subject of two colours, both marked, in two places, one of which is not."""
        photograph = scene()
        photograph[10:30, 100:120] = (200, 60, 50)
        subject = disc()
        subject[10:30, 100:120] = True
        mask = made(photograph, foreground=ON_DISC, background=ON_GROUND)[""][..., 0] > 0
        assert agreement(mask, subject) > 0.95

    def test_what_is_marked_stays(self):
        """Also where colours speak against it."""
        front, back = disc(), ~disc()
        front[CENTRE[0], CENTRE[1]] = False
        marked = np.zeros_like(front)
        marked[10:14, 10:14] = True  # in the green
        back &= ~marked
        found = cut_out(scene(), None, front | marked, back)
        assert found[marked].all()
        assert not found[back].any()

    @pytest.mark.parametrize("kind", ["white on black", "opaque on clear", "black on clear"])
    def test_kinds_of_strokes(self, kind, tmp_path):
        how = {}
        for name, marked in (("foreground", ON_DISC), ("background", ON_GROUND)):
            pixels = np.dstack([marked] * 3)
            if kind != "white on black":
                pixels = np.dstack([pixels * (kind == "opaque on clear"), marked])
            Image.fromarray(pixels).save(tmp_path / f"{name}.png")
            how[name] = tmp_path / f"{name}.png"
        assert agreement(made(**how)[""][..., 0] > 0, disc()) > 0.97

    def test_the_sky_of_the_sample_by_the_samples_strokes(self):
        strokes = [SAMPLES / f"lake_{name}_strokes.png" for name in ("sky", "ground")]
        request = Request(foreground=strokes[0], background=strokes[1])
        mask = make_masks(SAMPLES / "lake.jpg", request, 512)[0].pixels[..., 0] > 0
        assert agreement(mask, read_picture(SAMPLES / "lake_mask.png").rgb[..., 0] > 127) > 0.96

    def test_worked_out_at_a_smaller_size_it_has_the_photographs(self):
        photograph = np.kron(scene(), np.ones((4, 4, 1), np.uint8))
        mask = made(photograph, max_size=128, box="160,80,240,240")[""][..., 0] > 0
        assert mask.shape == (4 * HEIGHT, 4 * WIDTH)
        assert agreement(mask, np.kron(disc(), np.ones((4, 4), bool))) > 0.97

    def test_a_stroke_of_one_pixel_survives_the_reduction(self):
        photograph = np.kron(scene(), np.ones((4, 4, 1), np.uint8))
        front = np.zeros(photograph.shape[:2], np.uint8)
        front[200, 240:320] = 255
        back = np.zeros_like(front)
        back[8, 8:500] = back[376, 8:500] = 255
        mask = made(photograph, max_size=128, foreground=front, background=back)[""][..., 0] > 0
        assert agreement(mask, np.kron(disc(), np.ones((4, 4), bool))) > 0.95

    @given(st.data())
    @settings(max_examples=30, deadline=None)
    def test_whatever_is_marked_is_kept(self, data):
        """Few pixels or nearly all, in pictures of few colours or of noise."""
        height, width = (data.draw(st.integers(16, 32)) for _ in range(2))
        random = np.random.default_rng(data.draw(st.integers(0, 99)))
        levels = data.draw(st.sampled_from([2, 3, 256]))
        photograph = random.integers(0, levels, (height, width, 3)).astype(np.uint8)
        share = data.draw(st.sampled_from([0.005, 0.1, 0.5]))
        drawn = random.random((height, width))
        front, back = drawn < share, drawn > 1 - share
        front[0, 0], back[0, 0] = True, False
        front[-1, -1], back[-1, -1] = False, True
        box = None
        if data.draw(st.booleans()):
            box = np.zeros((height, width), bool)
            box[1 : data.draw(st.integers(2, height)), 1 : data.draw(st.integers(2, width))] = True
        found = cut_out(photograph, box, front, back)
        assert found[front].all()
        assert not found[back].any()
        if box is not None:
            assert not found[~box & ~front].any()

    def test_twice_the_same_whatever_was_drawn_between(self):
        with Image.open(SAMPLES / "still_life.jpg") as image:
            photograph = np.asarray(image.resize((96, 96)))
        box = np.zeros((96, 96), bool)
        box[24:72, 24:72] = True
        found = set()
        for seed in range(1, 6):  # unseeded they give three subjects
            cv2.setRNGSeed(seed)
            found.add(cut_out(photograph, box, box & False, box & False).tobytes())
        assert len(found) == 1

    def test_strokes_that_meet_where_the_picture_is_reduced(self):
        photograph = np.kron(scene(), np.ones((4, 4, 1), np.uint8))
        front = np.kron(ON_DISC, np.ones((4, 4), np.uint8))
        front[301:340, 10:100] = 255
        back = np.kron(ON_GROUND, np.ones((4, 4), np.uint8))
        back[298:301, 10:100] = 255  # one row of the reduced picture has both
        mask = made(photograph, max_size=128, foreground=front, background=back)[""]
        assert mask[301:340, 12:98].all()

    def test_islands_are_gone(self):
        """A few red pixels far from the disc are not of the subject, nor holes in it."""
        photograph = scene(noise=2)
        photograph[28:31, 42:45] = (200, 60, 50)
        photograph[50:53, 70:73] = (60, 140, 70)
        mask = made(photograph, box=BOX)[""][..., 0] > 0
        assert not mask[27:32, 41:46].any()
        assert mask[49:54, 69:74].all()


class TestRegions:
    def test_three_things_of_three_colours(self):
        pictures = made(clusters=3)
        assert list(pictures) == ["", "_1", "_2", "_3", "_overlay"]
        truth = np.where(np.arange(HEIGHT)[:, None] < HEIGHT // 2, 1, 2) * ~disc()
        for region in range(3):
            regions = [pictures[f"_{k}"][..., 0] > 0 for k in (1, 2, 3)]
            assert max(agreement(found, truth == region) for found in regions) > 0.93

    @pytest.mark.parametrize("count", [2, 5, 16])
    def test_label_map_and_masks_agree(self, count):
        pictures = made(clusters=count)
        masks = [picture for ending, picture in pictures.items() if re.fullmatch(r"_\d+", ending)]
        assert len(masks) <= count
        assert (sum((mask > 0).astype(int) for mask in masks) == 1).all()  # a partition
        areas = [(mask > 0).mean() for mask in masks]
        assert areas == sorted(areas, reverse=True)
        assert areas[-1] > 0
        for mask, colour in zip(masks, COLORS, strict=False):
            assert (pictures[""][mask[..., 0] > 0] == colour).all()

    def test_texture_tells_regions_of_one_mean_colour_apart(self):
        """Stripes beside grey, also across the picture, where place alone would cut it down."""
        pixels = np.full((64, 96, 3), 128, np.uint8)
        pixels[::2, :40] = 100
        pixels[1::2, :40] = 156
        labels = cluster(pixels, 2)
        assert agreement(labels == labels[32, 5], np.arange(96) + 0 * labels < 40) > 0.9

    def test_place_counts_more_down_than_across(self):
        noise = np.random.default_rng(0).normal(128, 2, (96, 96, 3)).astype(np.uint8)
        labels = cluster(noise, 2)
        assert agreement(labels == labels[0, 48], np.arange(96)[:, None] + 0 * labels < 48) > 0.8

    def test_edges_are_smooth_where_the_picture_has_none(self):
        slope = np.linspace(0, 255, 192)[:, None, None] + np.zeros((192, 192, 3))
        noise = np.random.default_rng(0).normal(0, 6, slope.shape)
        labels = cluster(np.clip(slope + noise, 0, 255).astype(np.uint8), 2)
        steps_across = np.count_nonzero(labels[:, 1:] != labels[:, :-1])
        assert steps_across < 96  # the superpixels' own edges have 135, a level one none

    def test_twice_the_same_whatever_was_drawn_between(self):
        noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
        found = []
        for seed in (1, 2):
            cv2.setRNGSeed(seed)
            found.append(cluster(noise, 16))
        assert np.array_equal(*found)

    def test_colours_are_well_distinct(self):
        pairs = itertools.combinations(np.array(COLORS), 2)
        assert min(np.linalg.norm(one - other) for one, other in pairs) > 60
        assert len(COLORS) == 16

    def test_no_small_islands(self):
        labels = cluster(scene(noise=40), 4)
        for label in np.unique(labels):
            _, _, stats, _ = cv2.connectedComponentsWithStats((labels == label).astype(np.uint8))
            assert stats[1:, cv2.CC_STAT_AREA].min() >= labels.size / 400

    @given(
        height=st.integers(16, 48),
        width=st.integers(16, 48),
        count=st.integers(2, 16),
        seed=st.integers(0, 99),
    )
    @settings(max_examples=25, deadline=None)
    def test_any_picture_has_labels(self, height, width, count, seed):
        levels = np.random.default_rng(seed).integers(1, 255)
        pixels = np.random.default_rng(seed).integers(0, levels + 1, (height, width, 3), np.uint8)
        labels = cluster(pixels, count)
        assert labels.shape == (height, width)
        assert labels.max() < count
        assert np.array_equal(labels, cluster(pixels, count))

    def test_few_colours_and_many_regions(self):
        halves = np.zeros((16, 16, 3), np.uint8)
        halves[:, 8:] = 255
        pictures = made(halves, clusters=16)
        assert 2 <= len(pictures) - 2 <= 16

    def test_the_overlay_has_the_regions_colours_over_the_photograph(self):
        pictures = made(clusters=3)
        mixed = (pictures[""].astype(int) + scene()) / 2
        near = np.abs(pictures["_overlay"] - mixed).max(-1) <= 1
        assert 0.8 < near.mean() < 1  # the rest is the numbers

    @pytest.mark.shared
    def test_regions_of_photographs_are_near_those_that_people_have_drawn(self, shared_regions):
        """Intersection over union, by the best assignment; colours alone cannot do all of it."""
        optimize = pytest.importorskip("scipy.optimize")
        scores = []
        for photograph, truth in shared_regions:
            found = made(photograph, clusters=truth.max())
            regions = [
                picture[..., 0] > 0 for ending, picture in found.items() if ending[1:].isdigit()
            ]
            table = [
                [agreement(region, truth == k) for k in range(1, truth.max() + 1)]
                for region in regions
            ]
            table = np.array(table)
            pairs = optimize.linear_sum_assignment(-table)
            scores.append(table[pairs].sum() / truth.max())
        assert np.mean(scores) > 0.5

    def test_superpixels_end_where_the_picture_does(self):
        photograph = scene(noise=2)
        pieces = superpixels(photograph)
        assert pieces.dtype == np.int32
        assert np.array_equal(np.unique(pieces), np.arange(pieces.max() + 1))
        areas = np.bincount(pieces.ravel())
        inside = np.bincount(pieces.ravel(), disc().ravel()) / areas
        assert ((np.minimum(inside, 1 - inside)) * areas).sum() < 0.01 * pieces.size


class TestBadInput:
    @pytest.mark.parametrize(
        ("how", "words"),
        [
            ({}, "there is nothing to make a mask from: give -box"),
            ({"box": BOX, "clusters": 3}, "clusters: received with box"),
            ({"clusters": 3, "background": ON_GROUND}, "clusters: received with background"),
            ({"foreground": ON_DISC}, "background is missing: foreground strokes alone"),
            ({"background": ON_DISC}, "foreground is missing: background strokes alone"),
            ({"clusters": 1}, "clusters: received 1, must be from 2 to 16"),
            ({"clusters": "17"}, "clusters: received 17, must be from 2 to 16"),
            ({"clusters": "-3"}, "clusters: received -3, must be from 2 to 16"),
            ({"clusters": "many"}, "clusters: received 'many', must be a whole number"),
            ({"clusters": "3,4"}, "clusters: received '3,4', must be a whole number"),
            ({"box": "1,2,3"}, "box: received '1,2,3', must be x,y,width,height"),
            ({"box": "1,2,3,4,5"}, "must be x,y,width,height in whole pixels, such as"),
            ({"box": "a,2,3,4"}, "box: received 'a,2,3,4', must be x,y,width,height"),
            ({"box": ""}, "box: received '', must be"),
            ({"box": (1.5, 2, 30, 40)}, "box: received (1.5, 2, 30, 40), must be x,y,width,height"),
            ({"box": "1.5,2,30,40"}, "must be x,y,width,height in whole pixels"),
            ({"box": "100,20,60,60"}, "100,20,60,60, which reaches out of the photograph of 128 x"),
            ({"box": "-1,20,60,60"}, "-1,20,60,60, which reaches out of the photograph"),
            ({"box": "10,50,60,47"}, "which reaches out of the photograph of 128 x 96 pixels"),
            ({"box": "500,500,60,60"}, "which reaches out of the photograph"),
            ({"box": "10,10,0,60"}, "10,10,0,60, width and height must be at least 1"),
            ({"box": "10,10,60,-6"}, "10,10,60,-6, width and height must be at least 1"),
            ({"box": "0,0,128,96"}, "0,0,128,96, the whole of the photograph of 128 x 96 pixels;"),
        ],
    )
    def test_request(self, how, words):
        assert words in message_of(**how)

    def test_a_box_that_is_the_whole_picture_once_it_is_reduced(self):
        photograph = np.kron(scene(), np.ones((4, 4, 1), np.uint8))
        assert "the whole of the photo" in message_of(photograph, 64, box="0,0,512,383")

    def test_a_box_too_small(self):
        photograph = np.kron(scene(), np.ones((4, 4, 1), np.uint8))
        assert "too small to find anything in" in message_of(photograph, 64, box="9,9,2,2")

    def test_nothing_found_in_the_box(self):
        plain = np.random.default_rng(0).integers(100, 140, (64, 64, 3)).astype(np.uint8)
        assert message_of(plain, box="20,20,30,30").startswith("box: no subject was found in it;")

    @pytest.mark.parametrize("name", ["foreground", "background"])
    def test_nothing_or_everything_marked(self, name):
        both = {"foreground": ON_DISC, "background": ON_GROUND}
        assert message_of(**(both | {name: strokes()})).startswith(f"{name}: nothing is marked")
        everything = strokes((0, HEIGHT, 0, WIDTH))
        assert message_of(**(both | {name: everything})).startswith(f"{name}: everything is mark")
        clear = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
        assert message_of(**(both | {name: clear})).startswith(f"{name}: nothing is marked in it")

    def test_strokes_of_another_size(self):
        words = message_of(foreground=ON_DISC[:, 1:], background=ON_GROUND)
        assert words.startswith("foreground: the strokes are 127 x 96 pixels, the photograph 128 x")

    def test_strokes_on_one_another(self):
        words = message_of(foreground=ON_DISC, background=ON_GROUND | ON_DISC)
        assert words.startswith("foreground and background: 80 pixels are marked in both;")

    def test_strokes_that_fall_on_one_pixel(self):
        photograph = np.kron(scene(), np.ones((8, 8, 1), np.uint8))
        front = np.zeros(photograph.shape[:2], np.uint8)
        back = np.zeros_like(front)
        front[400, 400:500] = back[402, 400:500] = 255
        words = message_of(photograph, 128, foreground=front, background=back)
        assert words.startswith("background: its strokes lie so near the foreground's that at max_")

    @pytest.mark.parametrize("how", [{"clusters": 4}, {"box": BOX}])
    def test_flat_picture(self, how):
        flat = np.full((HEIGHT, WIDTH, 3), (90, 91, 92), np.uint8)
        assert message_of(flat, **how).startswith("picture: it is of one colour all over")
        flat[0, 0] += 1  # rounding of a JPEG
        assert message_of(flat, **how).startswith("picture: it is of one colour all over")

    def test_too_small(self):
        assert "picture: 128 x 15 pixels are too few" in message_of(scene()[:15], clusters=2)
        words = message_of(scene(), 20, clusters=2)
        assert "128 x 96 pixels are too few at max_size 20; each side must keep at least" in words

    @pytest.mark.parametrize("name", ["mask.jpg", "mask.JPEG", "mask.webp"])
    def test_formats_that_change_colours(self, name):
        with pytest.raises(StyleError, match=r"would change the colours at the edges of a mask"):
            check_mask_name(name)


class TestCommandLine:
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.chdir(tmp_path)
        Path("image_input").mkdir()
        Image.fromarray(scene()).save("image_input/disc.png")
        for name, marked in (("front", ON_DISC), ("back", ON_GROUND)):
            Image.fromarray(marked).save(f"image_input/{name}.png")

    def test_a_subject(self, run_cli):
        code, out, err = run_cli("mask", "disc.png", "-box", BOX)
        assert (code, err) == (0, "")
        folder = "image_output/disc_mask/disc_mask"
        lines = [line.split("  ", 1) for line in out.splitlines()]
        assert [path.strip() for path, _ in lines] == [
            *(f"{folder}.png", f"{folder}_inv.png", f"{folder}_overlay.png")
        ]
        mask = read_picture(f"{folder}.png").rgb[..., 0] > 0
        percent = 100 * mask.mean()
        assert lines[0][1].strip() == f"the subject, {percent:.1f} %"
        assert f"the rest, {100 - percent:.1f} %" in lines[1][1]
        assert {path.name for path in Path("image_output/disc_mask").glob("[!.]*")} == {
            *("disc_mask.png", "disc_mask_inv.png", "disc_mask_overlay.png")
        }

    def test_strokes_are_looked_up_with_the_photograph(self, run_cli):
        arguments = ["-foreground", "front.png", "-background", "back.png", "-img_name", "x.tif"]
        code, out, _ = run_cli("mask", "disc.png", *arguments)
        assert code == 0
        assert out.startswith("image_output/x/x.tif")
        assert agreement(read_picture("image_output/x/x.tif").rgb[..., 0] > 0, disc()) > 0.97

    def test_regions_and_what_is_there_is_kept(self, run_cli):
        code, out, _ = run_cli("mask", "disc.png", "-clusters", 3)
        assert code == 0
        assert re.search(r"disc_labels\.png +3 regions\n", out)
        assert re.search(r"disc_labels_2\.png +#3cb44b, \d+\.\d %\n", out)
        areas = [float(area) for area in re.findall(r"([\d.]+) %", out)]
        assert sum(areas) == pytest.approx(100, abs=0.2)
        before = Path("image_output/disc_labels/disc_labels.png").read_bytes()
        _, out, _ = run_cli("mask", "disc.png", "-clusters", 2)
        assert out.startswith("image_output/disc_labels_2/disc_labels_2.png ")
        assert Path("image_output/disc_labels/disc_labels.png").read_bytes() == before
        _, out, _ = run_cli("mask", "disc.png", "-clusters", 2, "-overwrite")
        assert out.startswith("image_output/disc_labels/disc_labels.png ")
        assert not Path("image_output/disc_labels/disc_labels_3.png").exists()

    @pytest.mark.parametrize(
        ("arguments", "code", "words"),
        [
            (["disc.png"], 2, "there is nothing to make a mask from"),
            ([], 2, "the following arguments are required: picture"),
            (["disc.png", "-clusters", "40"], 2, "clusters: received 40, must be from 2 to 16"),
            (["disc.png", "-clusters", "-1"], 2, "clusters: received -1, must be from 2 to 16"),
            (["disc.png", "-box", "-4,5,20,20"], 1, "box: received -4,5,20,20, which reaches out"),
            (["disk.png", "-clusters", "3"], 1, "picture: there is no file disk.png, neither"),
            (["disc.png", "-clusters", "3", "-style_weight", "3"], 2, "no flag -style_weight"),
            (["disc.png", "-clusters", "3", "-img_name", "x.jpg"], 1, ".jpg would change the col"),
            (["disc.png", "-foreground", "front.png"], 2, "background is missing"),
            (
                ["disc.png", "-box", BOX, "-background", "bach.png"],
                1,
                "background: there is no file bach.png, neither from here nor in image_input; did "
                "you mean 'back.png'?",
            ),
        ],
    )
    def test_bad_input_is_one_line_and_writes_nothing(self, run_cli, arguments, code, words):
        found, out, err = run_cli("mask", *arguments)
        assert (found, out) == (code, "")
        assert err.startswith("neural_style: ")
        assert err.count("\n") == 1
        assert words in err
        assert not Path("image_output").exists()

    def test_it_loads_no_tensorflow(self):
        program = (
            "import sys; from neural_style.commands.main import run\n"
            "try: run()\n"
            "finally: print(sorted({'tensorflow', 'keras'} & {*sys.modules}))"
        )
        command = [sys.executable, "-c", program, "mask", "disc.png", "-clusters", "2"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0
        assert done.stdout.splitlines()[-1] == "[]"
        assert "disc_labels_2.png" in done.stdout

    def test_help_loads_nothing_heavy_and_shows_only_its_flags(self, run_cli):
        program = (
            "import sys; from neural_style.commands.main import run\n"
            "try: run()\n"
            "finally: print(sorted({'numpy', 'cv2', 'PIL'} & {*sys.modules}))"
        )
        command = [sys.executable, "-c", program, "mask", "--help"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.stdout.splitlines()[-1] == "[]"
        assert "-clusters N" in done.stdout
        assert "-style_weight" not in done.stdout
        assert "default: result" not in done.stdout
