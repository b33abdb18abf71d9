"""Label maps of two pictures whose regions correspond."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from neural_style.guidance.labels import COLORS
from neural_style.guidance.matching import LAYERS, deep_features, match_regions
from neural_style.images.read import read_picture
from neural_style.networks.registry import NetworkSpec
from neural_style.runtime.errors import StyleError

SKY, HOUSE, WATER = np.eye(3) * 100  # what a network might see
BLUE, RED, GREY, BROWN = (60, 90, 200), (200, 40, 40), (130, 130, 130), (100, 70, 40)


def bands(*heights: tuple[int, tuple, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture of bands, (height, colour, feature) each, 80 wide, and its features."""
    rows = [np.broadcast_to(colour, (height, 80, 3)) for height, colour, _ in heights]
    picture = np.concatenate(rows).astype(np.uint8)
    seen = np.concatenate([np.broadcast_to(seen, (h // 8, 10, 3)) for h, _, seen in heights])
    return picture, seen.astype(np.float32)


def matched(*scenes: tuple[np.ndarray, np.ndarray], count: int | None = None) -> list[np.ndarray]:
    pictures, features = zip(*scenes, strict=True)
    return match_regions(pictures, features, count)


def labels_down(labels: np.ndarray) -> list[int]:
    """Return the labels in the middle column from above, each once where they change."""
    column = labels[:, 40].astype(int)
    return [column[0], *column[1:][np.diff(column) != 0]]


@pytest.mark.parametrize("count", [3, None])
def test_what_the_network_sees_decides_not_the_colour(count):
    """Sky is blue in the one and red in the other, where the house is blue."""
    here = bands((64, BLUE, SKY), (40, RED, HOUSE), (24, GREY, WATER))
    there = bands((24, GREY, WATER), (48, RED, SKY), (40, BLUE, HOUSE))
    maps = matched(here, there, count=count)
    assert [labels_down(labels) for labels in maps] == [[0, 1, 2], [2, 0, 1]]
    edges = [np.flatnonzero(np.diff(labels[:, 40].astype(int))) for labels in maps]
    assert np.abs(edges[0] - (63, 103)).max() <= 2  # where the colours change
    assert np.abs(edges[1] - (23, 71)).max() <= 2


def test_numbers_go_by_the_area_in_both():
    here = bands((80, BLUE, SKY), (48, RED, HOUSE))
    there = bands((16, BLUE, SKY), (112, RED, HOUSE))
    assert [labels_down(labels) for labels in matched(here, there)] == [[1, 0], [1, 0]]


def test_a_region_that_one_picture_lacks_goes_to_the_nearest():
    like_a_house = 0.6 * HOUSE + 0.4 * WATER
    here = bands((48, BLUE, SKY), (40, RED, HOUSE), (40, BROWN, like_a_house))
    there = bands((64, BLUE, SKY), (64, RED, HOUSE))
    maps = matched(here, there, count=3)
    assert [labels_down(labels) for labels in maps] == [[1, 0], [1, 0]]


def test_a_small_region_is_found_only_when_asked_for():
    here = bands((104, BLUE, SKY), (16, RED, HOUSE), (8, GREY, WATER))
    there = bands((96, BLUE, SKY), (24, RED, HOUSE), (8, GREY, WATER))
    assert [int(labels.max()) for labels in matched(here, there)] == [1, 1]
    assert [int(labels.max()) for labels in matched(here, there, count=3)] == [2, 2]


def test_nothing_in_common_is_refused():
    here, there = bands((64, BLUE, SKY)), bands((64, RED, HOUSE))
    with pytest.raises(StyleError, match=r"nothing that the two pictures have in common; divide"):
        matched(here, there)


@settings(max_examples=12, deadline=None)
@given(st.tuples(*[st.integers(16, 90)] * 4), st.sampled_from([None, 2, 5, 16]), st.integers(0, 99))
def test_whatever_is_seen_both_maps_have_the_same_labels(sides, count, seed):
    random = np.random.default_rng(seed)
    pictures = [random.integers(0, 256, (*size, 3), np.uint8) for size in (sides[:2], sides[2:])]
    features = [random.normal(0, 50, (6, 5, 8)).astype(np.float32) for _ in pictures]
    try:
        maps = match_regions(pictures, features, count)
    except StyleError:  # nothing in common
        return
    assert [labels.shape for labels in maps] == [sides[:2], sides[2:]]
    found = [np.unique(labels).tolist() for labels in maps]
    assert found[0] == found[1] == list(range(len(found[0])))
    assert 2 <= len(found[0]) <= (count or 10)


def test_features_of_a_picture_are_alike_whatever_it_is_matched_with(random_weights, painting):
    """Distances between positions stay, since 32 axes hold all that 30 positions can span."""
    spec = NetworkSpec(str(random_weights), LAYERS, precision="float32")
    small = cv2.resize(painting, (24, 16))

    def distances(other: np.ndarray) -> np.ndarray:
        pair = [small, other]
        found = deep_features(pair, spec, "/cpu:0")
        assert [seen.shape[2] for seen in found] == [32, 32]
        assert found[0].shape[:2] == (2, 3)  # relu4_1's positions are 8 pixels apart
        flat = found[0].reshape(-1, 32)
        return np.linalg.norm(flat[:, None] - flat, axis=-1)

    alone = distances(small)
    assert np.allclose(alone, distances(painting), atol=0.5)
    assert alone.max() > 50  # of 100 for a layer's length


def test_a_picture_matched_with_itself_has_the_same_map_twice(photograph):
    twice = [photograph, photograph]
    features = deep_features(twice, NetworkSpec("compact", LAYERS), "/gpu:0")
    maps = match_regions(twice, features, 3)
    assert np.array_equal(*maps)
    assert maps[0].max() == 2


@pytest.fixture(scope="module")
def benchmark(load_benchmark):
    return load_benchmark("score_matching")


def test_the_overlap_that_is_measured(benchmark):
    drawn = [np.array([[0, 0, 1, 1]]), np.array([[1, 1, 0, 0]])]
    assert benchmark.overlap([labels + 5 for labels in drawn], drawn) == 1
    assert benchmark.overlap([np.zeros((1, 4), int)] * 2, drawn) == 1 / 4
    # In the second picture the labels are exchanged: each overlaps in one of the two only.
    assert benchmark.overlap([drawn[0], 1 - drawn[1]], drawn) == 1 / 2
    # 2 of 3 and 1 of 2, in both.
    assert benchmark.overlap([np.array([[0, 1, 1, 1]])] * 2, [drawn[0]] * 2) == (1 / 2 + 2 / 3) / 2


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("network", ["vgg19", "compact"])
def test_outdoor_regions_overlap_those_drawn(benchmark, shared, reference_weights, network):
    weights = reference_weights if network == "vgg19" else "compact"
    folder = shared / "images" / "regions"
    for as_drawn in (False, True):
        scores = [
            benchmark.overlap_of_pair(folder, pair, weights, as_drawn, "/cpu:0")
            for pair in benchmark.OUTDOORS
        ]
        assert np.mean(scores) > 0.45


class TestCommandLine:
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        """Work in a folder with image_input/a.png and styles/b.png, of other sizes."""
        monkeypatch.chdir(tmp_path)
        noise = np.random.default_rng(0).normal(0, 25, (96, 80, 3))
        scenes = {"image_input/a.png": (BLUE, BROWN), "styles/b.png": (RED, GREY)}
        for name, (above, below) in scenes.items():
            picture = bands((40, above, SKY), (56, below, HOUSE))[0].astype(float)
            picture[40:] += noise[40:]  # smooth above, rough below
            if name == "styles/b.png":
                picture = cv2.resize(picture, (120, 90))
            Path(name).parent.mkdir()
            Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(name)

    def test_both_maps_and_overlays(self, run_cli):
        flags = ["-style_imgs_dir", "styles", "-model_weights", "compact", "-device", "/cpu:0"]
        code, out, err = run_cli("mask", "a.png", "-match", "b.png", "-clusters", 2, *flags)
        assert code == 0
        assert re.fullmatch(r"network compact, .*\n", err)
        folder = Path("image_output/a_labels")
        lines = out.splitlines()
        assert [line.split()[0] for line in lines] == [
            f"{folder}/a_labels{ending}.png"
            for ending in ("", "_overlay", "_style", "_style_overlay")
        ]
        names = {Path(line.split()[0]).name for line in lines}
        assert {path.name for path in folder.glob("[!.]*")} == names
        maps = [read_picture(line.split()[0]).rgb for line in lines]
        assert [found.shape[:2] for found in maps] == [(96, 80)] * 2 + [(90, 120)] * 2
        for found, line in zip(maps[::2], lines[::2], strict=True):
            assert re.search(r"  2 regions: #e6194b [\d.]+ %, #3cb44b [\d.]+ %$", line)
            shares = [np.all(found == colour, -1).mean() for colour in COLORS[:2]]
            assert [f"{100 * share:.1f}" for share in shares] == re.findall(r"([\d.]+) %", line)
        for found in maps[::2]:  # what is rough, below, is the larger in both
            assert (found[-16:] == COLORS[0]).all()
            assert (found[:24] == COLORS[1]).all()
        # Regions of the photograph alone, in their place, leave nothing of the other picture's.
        run_cli("mask", "a.png", "-clusters", 2, "-overwrite")
        assert {path.stem.removeprefix("a_labels") for path in folder.glob("[!.]*")} == {
            *("", "_1", "_2", "_overlay")
        }

    @pytest.mark.parametrize(
        ("arguments", "code", "words"),
        [
            ("a.png -match", 2, "-match: expected one argument"),
            ("a.png -match c.png", 1, "match: there is no file c.png, neither from here nor in"),
            ("c.png -match b.png", 1, "picture: there is no file c.png, neither from here nor in"),
            ("a.png -match flat.png", 1, "match: it is of one colour all over"),
            ("a.png -match tiny.png", 1, "match: 8 x 40 pixels are too few at max_size 512"),
            ("a.png -match b.png -clusters 1", 2, "clusters: received 1, must be from 2 to 16"),
            ("a.png -match b.png -clusters 17", 2, "clusters: received 17, must be from 2 to 16"),
            ("a.png -match b.png -clusters x", 2, "clusters: received 'x', must be a whole number"),
            ("a.png -match b.png -box 1,2,9,9", 2, "match: received with box; a mask is made by"),
            ("a.png -match b.png -foreground a.png", 2, "match: received with foreground"),
            ("a.png -match b.png -img_name x.jpg", 1, ".jpg would change the colours"),
            ("a.png -match b.png -model_weights no.h5", 1, "model_weights: there is no file no.h5"),
            (
                "a.png -match b.png -model_weights compact -network vgg16",
                1,
                "network: received 'vgg16', but the network compact stands in for 'vgg19'",
            ),
        ],
    )
    def test_bad_input_is_one_line_and_writes_nothing(self, run_cli, arguments, code, words):
        Image.new("RGB", (40, 40), GREY).save("styles/flat.png")
        Image.fromarray(np.arange(960, dtype=np.uint8).reshape(40, 8, 3)).save("styles/tiny.png")
        more = ["-style_imgs_dir", "styles", "-device", "/cpu:0"]
        found, out, err = run_cli("mask", *arguments.split(), *more)
        assert (found, out) == (code, "")
        assert err.startswith("neural_style: ")
        assert err.count("\n") == 1
        assert words in err
        assert not Path("image_output").exists()
