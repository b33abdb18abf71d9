"""From a Config to a Result, through a network without training."""

import gc
import itertools
import logging
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

import neural_style as ns
from neural_style import stylize
from neural_style.images.color import keep_colors
from neural_style.images.color_transfer import METHODS, match_colors
from neural_style.images.picture import Picture, to_pixels
from neural_style.networks import registry as networks
from neural_style.networks.vgg import MEAN, build_features
from neural_style.networks.weights import load_weights
from neural_style.runtime.device import device_scope
from neural_style.transfer import painting as paintings
from neural_style.transfer.finish import finish
from neural_style.transfer.painting import minimize
from neural_style.transfer.pictures import load_pictures
from neural_style.transfer.pyramid import Scale, pyramid
from neural_style.transfer.stylizer import Stylizer
from neural_style.transfer.terms import guides_of


def test_result(config, photograph):
    seen = []
    result = ns.stylize(config(), on_step=seen.append)
    assert result.image.shape == photograph.shape
    assert result.image.dtype == np.uint8
    assert [step.iteration for step in seen] == [1, 2, 3]
    assert [step.total for step in result.history] == [step.total for step in seen]
    assert result.history[-1].total < result.history[0].total
    np.testing.assert_array_equal(result.image, to_uint8(seen[-1].image))
    assert not result.interrupted


def to_uint8(image: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(image, 0, 255)).astype(np.uint8)


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam", "tfp_lbfgs"])
def test_optimisers(config, optimizer: str):
    settings = config(optimizer=optimizer, max_iterations=5)
    start = ns.evaluate(settings, load_pictures(settings).init)["total"]
    assert ns.stylize(settings).history[-1].total < start


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_pixels_stay_in_range_if_asked(config, optimizer: str):
    """So nothing is clipped in the end, and the loss reached is that of the result."""
    changes = {"optimizer": optimizer, "learning_rate": 20.0, "max_iterations": 6, "scales": 2}
    changes |= {"min_size": 32, "precision": "float32"}
    found = {}
    for keeps in (False, True):
        images = []
        settings = config(**changes, keep_in_range=keeps)
        result = stylize(settings, lambda step, kept=images: kept.append(step.image))
        found[keeps] = images
    assert min(image.min() for image in found[False]) < 0
    assert all(0 <= image.min() <= image.max() <= 255 for image in found[True])
    best = min(step.total for step in result.history if step.scale == 2)
    assert ns.evaluate(settings, result.picture.rgb)["total"] == pytest.approx(best, rel=1e-4)


def test_same_config_same_picture(config):
    settings = config(init_img_type="random")
    image = ns.stylize(settings).image
    np.testing.assert_array_equal(ns.stylize(settings).image, image)
    other = ns.stylize(config(init_img_type="random", seed=1)).image
    assert not np.array_equal(other, image)


def test_result_is_the_best_and_not_the_last(config, monkeypatch: pytest.MonkeyPatch):
    """An optimiser that worsens: the picture of least loss is kept."""

    def minimize(config, objective, init, iterations, after, optimizer):
        for iteration, total in enumerate([9.0, 4.0, 7.0, 8.0]):
            image = np.full((1, *init.shape), 10.0 * (1 + iteration), np.float32)
            terms = {"total": total}
            yield ns.Step(iteration, total, terms, 1.0, 1, tensor=tf.constant(image))

    monkeypatch.setattr(paintings, "minimize", minimize)
    result = ns.stylize(config())
    assert result.image.max() == result.image.min() == 20
    assert [step.total for step in result.history] == [4, 7, 8]


def test_no_graph_of_a_run_stays(config):
    """TensorFlow keeps whatever graph a custom gradient is traced in; wasserstein has two."""

    def graphs() -> int:
        ns.stylize(config(max_iterations=1, style_distance="wasserstein"))
        gc.collect()
        return sum(type(thing).__name__ == "FuncGraph" for thing in gc.get_objects())

    assert graphs() == graphs()


def test_evaluate(config, photograph):
    settings = config()
    image = photograph.astype(np.float32)
    found = ns.evaluate(settings, image)
    assert set(found) == {"content", "style", "tv", "total", "gradient"}
    assert found["content"] == pytest.approx(0, abs=1e-3)
    assert found["gradient"].shape == photograph.shape
    assert found["gradient"].dtype == np.float32
    weighted = 5 * found["content"] + 1e4 * found["style"] + 1e-3 * found["tv"]
    assert found["total"] == pytest.approx(weighted, rel=1e-5)


def test_evaluate_refuses_another_size(config):
    with pytest.raises(ns.StyleError, match=r"\(9, 9, 3\), must be \(40, 48, 3\)"):
        ns.evaluate(config(), np.zeros((9, 9, 3)))


def test_photograph_is_reduced_and_styles_take_its_size(config):
    pictures = load_pictures(config(max_size=32))
    assert pictures.content.shape == (26, 32, 3)
    assert [style.shape for style in pictures.styles] == [(26, 32, 3)]
    assert load_pictures(config(max_size=4000)).content.shape == (40, 48, 3)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [(40, 48), (40, 48)]),
        ({"style_scale": 0.5}, [(20, 24), (20, 24)]),
        ({"style_scale": [2, 1]}, [(80, 96), (40, 48)]),
        # Of 32 x 32 and 24 x 64 pixels, each with the photograph's longer side, 48.
        ({"style_fit": "keep"}, [(48, 48), (18, 48)]),
        ({"style_fit": "keep", "style_scale": 0.5}, [(24, 24), (16, 24)]),
    ],
)
def test_sizes_of_the_styles(config, painting, changes, expected):
    wide = np.concatenate([painting] * 2, 1)[:24]
    pictures = load_pictures(config(style_imgs=[painting, wide], **changes))
    assert [style.shape[:2] for style in pictures.styles] == expected
    smaller = pictures.reduced((20, 24))
    assert smaller.init.shape[:2] == (20, 24)
    halves = [tuple(max(16, length // 2) for length in size) for size in expected]
    assert [style.shape[:2] for style in smaller.styles] == halves


@pytest.mark.parametrize(("boundary", "seam"), [("resize", 1), ("inside", 0)])
def test_regions_of_a_style_of_another_size(config, photograph, painting, boundary, seam):
    """The mask on a style is that of its own size: of 80 x 96 pixels, the left half."""
    maps = []
    for picture in (photograph, painting):
        halves = np.zeros_like(picture)
        halves[:, : picture.shape[1] // 2] = 255
        maps.append(halves)
    settings = {"content_regions": maps[0], "style_regions": [maps[1]], "style_scale": 2}
    settings = config(**settings, region_boundary=boundary)
    guides = guides_of(settings, load_pictures(settings))
    found = [guide.styles[0][1](80, 96).numpy() for guide in guides]
    found = max(found, key=lambda mask: mask[:, 0].sum())
    assert found.shape == (80, 96)
    assert (found[:, :40] == 1).all()
    assert (found[:, 47] == seam).all()
    assert (found[:, 48:] == 0).all()


def test_a_style_of_any_size_to_start_from(config):
    pictures = load_pictures(config(style_scale=2, init_img_type="style"))
    assert pictures.init.shape == pictures.content.shape


@pytest.mark.parametrize(
    "changes",
    [
        {"style_distance": "wasserstein", "style_fit": "keep", "tv_norm": "l2"},
        {"style_distance": "sliced", "content_distance": "centred"},
        {"style_distance": "mean_std", "content_distance": "normalised", "border_type": "edge"},
        {"style_imgs_layers": ["relu2_1"], "style_scale": 2},
    ],
)
def test_other_losses_fall(config, changes):
    history = stylize(config(**changes)).history
    assert history[-1].total < history[0].total
    assert all(np.isfinite(list(step.terms.values())).all() for step in history)


def test_without_a_photograph_the_first_style_gives_the_size(config):
    settings = config(content_img=None, content_weight=0, init_img_type="random")
    assert ns.stylize(settings).image.shape == (32, 32, 3)


def test_without_style_only_the_content_counts(config, photograph):
    settings = config(style_imgs=[], style_weight=0, tv_weight=0)
    terms = ns.evaluate(settings, photograph.astype(np.float32))
    assert terms["style"] == 0
    assert terms["total"] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("max_size", [16, 20])
def test_too_small_once_reduced(config, max_size: int):
    wide = np.zeros((20, 200, 3), np.uint8)
    with pytest.raises(ns.StyleError, match=r"200 x 20 pixels become .* at least 16"):
        load_pictures(config(content_img=wide, max_size=max_size))


class TestStart:
    """init_img_type: where the optimisation starts."""

    def test_content(self, config, photograph):
        np.testing.assert_array_equal(load_pictures(config()).init, photograph)

    def test_style(self, config):
        pictures = load_pictures(config(init_img_type="style"))
        np.testing.assert_array_equal(pictures.init, pictures.styles[0])

    def test_noise_lies_around_the_mean_colour(self, config):
        init = load_pictures(config(init_img_type="random")).init
        deviation = init - np.array(MEAN, np.float32)
        assert np.abs(deviation).max() <= 20
        assert np.abs(deviation.mean((0, 1))).max() < 2
        assert deviation.std() == pytest.approx(40 / np.sqrt(12), rel=0.05)

    def test_noise_ratio_mixes_with_the_photograph(self, config, photograph):
        noise = load_pictures(config(init_img_type="random")).init
        mixed = load_pictures(config(init_img_type="random", noise_ratio=0.25)).init
        np.testing.assert_allclose(mixed, 0.25 * noise + 0.75 * photograph, rtol=1e-5)

    def test_another_picture(self, config, painting):
        init = load_pictures(config(init_img_type=painting)).init
        assert init.shape == (40, 48, 3)

    def test_style_without_a_style(self, config):
        settings = config(style_imgs=[], style_weight=0, init_img_type="style")
        with pytest.raises(ns.StyleError, match="needs style_imgs"):
            load_pictures(settings)


class TestMasks:
    """Each style where its mask is white."""

    def test_overlap_and_what_is_not_covered_are_said(self, config, caplog):
        mask = np.zeros((40, 48), np.uint8)
        mask[:, :12] = 255
        with caplog.at_level("INFO", "neural_style"):
            ns.stylize(config(style_mask=True, style_mask_imgs=[mask]))
        lines = [line for line in caplog.messages if line.startswith("masks: ")]
        assert lines == ["masks: overlap on 0.0 % of the picture, 75.0 % are covered by none"]

    def test_feather_softens_the_masks_at_the_size_of_the_transfer(self, config):
        mask = np.zeros((80, 96), np.uint8)
        mask[:, :48] = 255
        sharp = config(style_mask=True, style_mask_imgs=[mask])
        soft = replace(sharp, mask_feather=8)
        photograph = np.repeat(np.repeat(sharp.content_img, 2, 0), 2, 1)
        sharp, soft = (
            load_pictures(replace(given, content_img=photograph, max_size=48)).masks[0]
            for given in (sharp, soft)
        )
        assert sharp.shape == (80, 96)
        assert np.array_equal(sharp, mask)
        assert soft.shape == (40, 48)
        assert np.count_nonzero((soft[0] > 6) & (soft[0] < 249)) == 8

    def test_outside_the_mask_the_photograph_stays(self, config, photograph):
        mask = np.zeros((40, 48), np.uint8)
        mask[:, :12] = 255
        settings = config(
            style_mask=True, style_mask_imgs=[mask], tv_weight=0, style_layers=["relu1_1"]
        )
        change = np.abs(ns.stylize(settings).image.astype(int) - photograph)
        assert change[:, :12].mean() > 20 * change[:, 40:].mean()

    @pytest.mark.parametrize("feather", [0, 8])
    def test_keep_background_is_the_photograph_pixel_for_pixel(self, config, photograph, feather):
        """Behind all else: the size and the colours are those of the result by then."""
        mask = np.zeros((80, 96), np.uint8)
        mask[:, :48] = 255
        settings = config(
            style_mask=True,
            style_mask_imgs=[mask],
            keep_background=True,
            mask_feather=feather,
            original_colors=True,
        )
        pictures = load_pictures(settings)
        small = np.random.default_rng(0).uniform(0, 255, (20, 24, 3)).astype(np.float32)
        kept, painted = (
            to_pixels(finish(given, pictures, small))
            for given in (settings, replace(settings, keep_background=False))
        )
        beyond, within = 24 + feather, 24 - feather
        np.testing.assert_array_equal(kept[:, beyond:], photograph[:, beyond:])
        np.testing.assert_allclose(kept[:, :within], painted[:, :within], atol=1)
        assert (painted[:, beyond:] != photograph[:, beyond:]).any()

    def test_keep_background_of_a_transfer(self, config, photograph):
        mask = np.zeros((40, 48), np.uint8)
        mask[:, :24] = 255
        settings = config(
            style_mask=True, style_mask_imgs=[mask], keep_background=True, max_iterations=1
        )
        image = ns.stylize(settings).image
        np.testing.assert_array_equal(image[:, 24:], photograph[:, 24:])
        assert (image[:, :24] != photograph[:, :24]).any()

    def test_keep_background_follows_soft_and_overlapping_masks(self, config, photograph):
        """Half covered is half of each; covered twice is painted, not more."""
        half = np.full((40, 48), 255, np.uint8)
        half[:, 24:] = 128
        settings = config(
            style_mask=True,
            style_imgs=config().style_imgs * 2,
            style_mask_imgs=[half, np.where(np.arange(48) < 12, half, 0).astype(np.uint8)],
            keep_background=True,
        )
        painted = np.clip(photograph.astype(np.float32) + 40, 0, 255)
        found = finish(settings, load_pictures(settings), painted).rgb
        np.testing.assert_allclose(found[:, :24], painted[:, :24], atol=1e-3)
        share = 128 / 255
        wanted = share * painted + (1 - share) * photograph
        np.testing.assert_allclose(found[:, 24:], wanted[:, 24:], atol=1e-2)

    @pytest.mark.parametrize("normalization", ["report", "area"])
    def test_of_ones_equals_none(self, config, photograph, normalization):
        image = photograph.astype(np.float32) + 5
        ones = np.full((80, 96), 255, np.uint8)
        settings = config(style_mask=True, style_mask_imgs=[ones], mask_normalization=normalization)
        masked = ns.evaluate(settings, image)
        plain = ns.evaluate(config(), image)
        assert masked["total"] == pytest.approx(plain["total"], rel=1e-4)
        np.testing.assert_allclose(
            masked["gradient"],
            plain["gradient"],
            rtol=1e-2,
            atol=1e-4 * abs(plain["gradient"]).max(),
        )


class TestColours:
    """Whose colours the result has, and when it gets them."""

    def test_after(self, config, photograph):
        result = ns.stylize(config(original_colors=True))
        plain = ns.stylize(config())
        content = photograph.astype(np.float32)
        expected = keep_colors(plain.picture.rgb, content, "yuv")
        np.testing.assert_allclose(result.picture.rgb, expected, atol=1e-2)

    def test_before_is_a_transfer_of_luminance(self, config):
        pictures = load_pictures(config(original_colors=True, color_convert_time="before"))
        assert np.ptp(pictures.init, axis=-1).max() < 0.01
        assert np.ptp(pictures.content, axis=-1).max() > 1  # its colours come back at the end

    @pytest.mark.parametrize("time", ["after", "before"])
    def test_transfer_style_is_original_colors(self, config, time: str):
        found = []
        for keeping in ({"original_colors": True}, {"transfer": "style"}):
            settings = config(color_convert_time=time, **keeping)
            pictures = load_pictures(settings)
            painted = finish(settings, pictures, 255 - pictures.content).rgb
            found.append((pictures.init, pictures.styles[0], painted))
        for first, second in zip(*found, strict=True):
            np.testing.assert_array_equal(first, second)
        assert np.abs(painted - (255 - pictures.content)).max() > 50

    @pytest.mark.parametrize("keeping", [{"original_colors": True}, {"transfer": "style"}])
    def test_matched_before_the_styles_have_the_photographs_colours(
        self, config, photograph, keeping
    ):
        mild = 90 + photograph // 4  # so that nothing is cut off
        settings = config(
            content_img=mild, color_match="linear", color_convert_time="before", **keeping
        )
        pictures = load_pictures(settings)
        np.testing.assert_array_equal(pictures.init, pictures.content)
        for found, wanted in zip(
            moments(pictures.styles[0]), moments(pictures.content), strict=True
        ):
            np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-2)
        painted = 255 - pictures.content
        np.testing.assert_array_equal(finish(settings, pictures, painted).rgb, painted)

    def test_a_style_to_start_from_has_them_too(self, config):
        matched = {"transfer": "style", "color_match": "histogram", "color_convert_time": "before"}
        pictures = load_pictures(config(init_img_type="style", **matched))
        np.testing.assert_array_equal(pictures.init, pictures.styles[0])

    @pytest.mark.parametrize("method", METHODS)
    def test_matched_after_the_result_has_the_photographs(self, config, method: str):
        settings = config(transfer="style", color_match=method)
        pictures = load_pictures(settings)
        np.testing.assert_array_equal(pictures.styles[0], load_pictures(config()).styles[0])
        painted = np.roll(pictures.styles[0], 7, 1)
        expected = match_colors(painted, [pictures.content], method)
        np.testing.assert_array_equal(finish(settings, pictures, painted).rgb, expected)

    def test_matched_without_transfer_style_the_result_has_the_styles(self, config, painting):
        styles = {"style_imgs": [painting, 255 - painting // 2], "style_imgs_weights": [2, 1]}
        settings = config(color_match="linear", **styles)
        pictures = load_pictures(settings)
        expected = match_colors(pictures.content, pictures.styles, "linear", (2, 1))
        np.testing.assert_array_equal(finish(settings, pictures, pictures.content).rgb, expected)


def moments(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    colours = picture.reshape(-1, 3).astype(np.float64)
    return colours.mean(0), np.cov(colours.T, bias=True)


class TestScales:
    """Coarse to fine."""

    @pytest.mark.parametrize(
        ("scales", "min_size", "size", "expected"),
        [
            (1, 128, (384, 512), [(384, 512)]),
            (3, 128, (384, 512), [(96, 128), (192, 256), (384, 512)]),
            (2, 200, (500, 300), [(200, 120), (500, 300)]),
            (3, 128, (128, 100), [(128, 100)]),  # no larger than min_size
            (2, 128, (100, 2000), [(100, 2000)]),  # 6 x 128 is too thin
            (9, 16, (16, 18), [(16, 18)]),
        ],
    )
    def test_sizes_by_hand(self, config, scales: int, min_size: int, size, expected):
        settings = config(scales=scales, min_size=min_size, max_iterations=9)
        assert [scale.size for scale in pyramid(settings, size)] == expected

    @given(st.integers(1, 8), st.integers(16, 600), st.integers(16, 600), st.integers(16, 600))
    def test_sizes_grow_to_the_pictures(self, scales, min_size, height, width):
        settings = ns.Config(content_img="a", style_imgs="b", scales=scales, min_size=min_size)
        sizes = [scale.size for scale in pyramid(settings, (height, width))]
        assert len(sizes) <= scales
        assert sizes[-1] == (height, width)
        assert all(a < b for a, b in itertools.pairwise(map(max, sizes)))
        for size in sizes:
            assert min(size) >= 16
            assert max(size) >= min(min_size, height, width)
            assert abs(size[0] / size[1] - height / width) < height / width / 8

    @pytest.mark.parametrize(
        ("most", "shares", "scales", "expected"),
        [
            (50, (), 1, [50]),
            (7, (), 3, [3, 2, 2]),
            (116, (100, 16), 2, [100, 16]),
            (60, (2, 1, 0), 3, [39, 20, 1]),
            (60, (2, 1, 0), 2, [59, 1]),  # the coarsest left out
            (60, (2, 1, 0), 1, [60]),
            (3, (1, 9, 90), 3, [1, 1, 1]),
        ],
    )
    def test_shares_by_hand(self, config, most: int, shares, scales: int, expected):
        """Sides halve from scale to scale; the picture is so narrow that no more of them count."""
        of = max(len(shares), scales)
        settings = config(
            max_iterations=most, scale_shares=shares, scales=of, min_size=512 // 2 ** (of - 1)
        )
        size = (512, 16 * 2 ** (scales - 1))
        assert pyramid(settings, size) == [
            Scale(
                number,
                (size[0] >> scales - number, size[1] >> scales - number),
                iterations,
                number == scales,
            )
            for number, iterations in enumerate(expected, 1)
        ]

    def test_a_draft_through_another_network(self, config, monkeypatch, caplog):
        used = []
        objective = Stylizer.objective

        def seen(stylizer, config, pictures, network, *rest):
            used.append((pictures.content.shape[1], network.description[:7]))
            return objective(stylizer, config, pictures, network, *rest)

        monkeypatch.setattr(Stylizer, "objective", seen)
        several = {"scales": 2, "min_size": 24, "draft_weights": "compact"}
        monkeypatch.setattr(networks.compact, "build_compact", lambda *_: lambda x: vgg(x))
        monkeypatch.setattr(networks.compact, "load_compact", dict)
        settings = config(**several, content_layers=["conv4_2"])  # compact has no conv2_2
        weights, _ = load_weights(settings.model_weights)
        vgg = build_features(weights, [*settings.content_layers, *settings.style_layers])
        result = ns.stylize(settings)
        assert used == [(24, "compact"), (48, "vgg19, ")]
        assert [step.scale for step in result.history] == [1, 1, 2]
        assert result.config == replace(settings, precision=result.config.precision)
        used.clear()
        ns.stylize(replace(settings, min_size=48))
        assert used == [(48, "vgg19, ")]

    def test_iterations_are_shared_and_counted_through(self, config, photograph):
        seen = []
        settings = config(scales=2, min_size=24, max_iterations=5)
        result = ns.stylize(settings, on_step=seen.append)
        assert [step.iteration for step in seen] == [1, 2, 3, 4, 5]
        assert [step.scale for step in seen] == [1, 1, 1, 2, 2]
        assert [step.image.shape[:2] for step in seen] == [(20, 24)] * 3 + [(40, 48)] * 2
        assert [step.scale for step in result.history] == [1, 1, 1, 2, 2]
        for name in ("evaluations", "seconds"):
            values = [getattr(step, name) for step in seen]
            assert values == sorted(set(values))
        assert result.image.shape == photograph.shape
        start = ns.evaluate(settings, photograph.astype(np.float32))["total"]
        assert seen[-1].total < start

    def test_each_starts_from_the_best_of_the_last_one_and_gives_its_own_best(
        self, config, monkeypatch: pytest.MonkeyPatch
    ):
        photograph = np.full((40, 48, 3), 100, np.float32)
        photograph[::2, ::2] += 80  # detail that the coarse scale does not see
        starts = []

        def minimize(config, objective, init, iterations, after, optimizer):
            starts.append(init)
            totals = [9.0, 1.0, 2.0] if len(starts) == 1 else [50.0, 30.0, 40.0]
            for iteration, total in enumerate(totals):
                image = np.full((1, *init.shape), 10.0 * len(starts) + iteration, np.float32)
                tensor = tf.constant(image)
                yield ns.Step(iteration, total, {"total": total}, 1.0, 1, tensor=tensor)

        monkeypatch.setattr(paintings, "minimize", minimize)
        settings = config(content_img=photograph, scales=2, min_size=24, max_iterations=4)
        result = ns.stylize(settings)
        np.testing.assert_array_equal(starts[0], np.full((20, 24, 3), 120))
        np.testing.assert_array_equal(starts[1], photograph + 11 - 120)  # 11 on each 2 x 2 pixels
        assert result.image.max() == result.image.min() == 21
        assert [step.iteration for step in result.history] == [1, 2, 3, 4]
        starts.clear()
        ns.stylize(replace(settings, init_img_type="random"))
        np.testing.assert_array_equal(starts[1], np.full((40, 48, 3), 11))  # noise has no detail

    def test_an_optimiser_that_ends_early_leaves_no_gap(
        self, config, monkeypatch: pytest.MonkeyPatch
    ):
        def minimize(config, objective, init, iterations, after, optimizer):
            for iteration in range(1 + iterations // 2):
                tensor = tf.zeros([1, *init.shape]) + 9
                yield ns.Step(iteration, 1.0, {"total": 1.0}, 1.0, 1, tensor=tensor)

        monkeypatch.setattr(paintings, "minimize", minimize)
        result = ns.stylize(config(scales=2, min_size=24, max_iterations=8))
        assert [(step.iteration, step.scale) for step in result.history] == [
            (1, 1),
            (2, 1),
            (3, 2),
            (4, 2),
        ]

    def test_a_small_picture_has_one(self, config):
        plain, several = ns.stylize(config()), ns.stylize(config(scales=3, min_size=48))
        np.testing.assert_array_equal(plain.image, several.image)
        assert {step.scale for step in several.history} == {1}

    @pytest.mark.parametrize(
        "optimizer", ["adam", pytest.param("tfp_lbfgs", marks=pytest.mark.slow)]
    )
    def test_with_everything_else(self, config, photograph, optimizer: str):
        alpha = np.full((40, 48), 200, np.uint8)
        result = ns.stylize(
            config(
                content_img=np.dstack([photograph, alpha]),
                style_mask=True,
                style_mask_imgs=[np.eye(40, 48, dtype=np.float32) * 255],
                init_img_type="random",
                original_colors=True,
                color_convert_time="before",
                scales=2,
                min_size=24,
                max_iterations=4,
                optimizer=optimizer,
                content_layers=["conv4_2"],
                style_layers=[f"relu{block}_1" for block in range(1, 6)],
            )
        )
        assert result.picture.rgb.shape == (40, 48, 3)
        assert result.picture.alpha.shape == (40, 48)
        assert [step.scale for step in result.history] == [1, 1, 2, 2]

    def test_stopped_at_a_coarse_one_it_has_its_full_size(self, config, photograph):
        def stop(step: ns.Step) -> None:
            raise KeyboardInterrupt

        result = ns.stylize(config(scales=2, min_size=24), on_step=stop)
        assert result.interrupted
        assert result.image.shape == photograph.shape


class TestInterrupt:
    """Ctrl-C: the best image so far, if there is one."""

    def test_after_some_iterations(self, config):
        def stop(step: ns.Step) -> None:
            if step.iteration == 2:
                raise KeyboardInterrupt

        result = ns.stylize(config(max_iterations=100), on_step=stop)
        assert result.interrupted
        assert len(result.history) == 2
        assert result.image.std() > 0

    def test_before_the_first(self, config, monkeypatch: pytest.MonkeyPatch):
        def interrupted(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(Stylizer, "objective", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ns.stylize(config())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_nothing_unusable_becomes_a_picture(config, bad: float):
    pictures = load_pictures(config())
    with pytest.raises(ns.StyleError, match="left no picture"):
        finish(config(), pictures, np.full_like(pictures.content, bad))


def test_alpha_of_the_photograph_is_kept(config, photograph):
    alpha = np.tile(np.linspace(0, 255, 48).astype(np.uint8), (40, 1))
    result = ns.stylize(config(content_img=np.dstack([photograph, alpha]), max_iterations=1))
    assert isinstance(result.picture, Picture)
    np.testing.assert_allclose(result.picture.alpha, alpha / 255.0, atol=1e-5)


class TestDevice:
    """A device that is not there is the CPU, and one line says why."""

    def test_without_a_gpu(self, config, caplog, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
        with caplog.at_level(logging.WARNING), device_scope("/gpu:1"):
            where = tf.constant(1.0).device
        assert "CPU" in where
        (record,) = caplog.records
        assert record.message == "device /gpu:1: TensorFlow sees no GPU; running on the CPU"

    def test_operations_run_one_at_a_time(self):
        """Side by side, their timing would decide the order of sums, and so the picture."""
        code = (
            "import tensorflow as tf\nfrom neural_style.runtime.device import device_scope\n"
            "with device_scope('/gpu:0'):\n"
            "    print(tf.config.threading.get_inter_op_parallelism_threads())"
        )
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert run.stdout == "1\n"

    def test_cpu_says_nothing(self, config, caplog):
        with caplog.at_level(logging.WARNING), device_scope("/cpu:0"):
            pass
        assert caplog.records == []


# Weights that change while it paints


def changing(at: dict[int, dict[str, object]], seen: list[ns.Step]):
    """Return an `adjust` with what is to be in force once so many Steps were seen."""

    def adjust() -> dict[str, object]:
        in_force: dict[str, object] = {}
        for count, weights in sorted(at.items()):
            in_force |= weights if len(seen) >= count else {}
        return in_force

    return adjust


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_weights_that_change_while_it_paints(config, optimizer: str, monkeypatch):
    traces = count_traces(monkeypatch)
    counts: list[int] = []
    seen: list[ns.Step] = []

    def on_step(step: ns.Step) -> None:
        seen.append(step)
        counts.append(len(traces))

    adjust = changing({3: {"style_weight": "20", "style_layer_weights": [1, 3]}}, seen)
    result = stylize(config(optimizer=optimizer, max_iterations=7), on_step, adjust=adjust)
    assert counts[0] > 0
    assert counts == [counts[0]] * 7
    assert [step.iteration for step in seen] == list(range(1, 8))
    assert [step.iteration for step in result.history] == list(range(1, 8))
    assert (result.config.style_weight, result.config.style_layer_weights) == (20, (1, 3))
    assert seen[3].evaluations > seen[2].evaluations
    assert seen[3].seconds > seen[2].seconds
    # What follows is a run of the new weights from the image of then.
    again = replace(result.config, max_iterations=4)
    pictures = replace(load_pictures(again), init=seen[2].image)
    expected = [step.total for step in stylize(again, pictures=pictures).history]
    np.testing.assert_allclose([step.total for step in seen[3:]], expected, rtol=1e-6)


@pytest.mark.parametrize("change", [{"strength": 80}, {"tv_weight": 1e4}])
def test_strength_and_smoothness_change_while_it_paints(config, change):
    seen: list[ns.Step] = []
    settings = config(strength=30, max_iterations=5)
    result = stylize(settings, seen.append, adjust=changing({2: change}, seen))
    again = replace(settings, max_iterations=3, **change)
    pictures = replace(load_pictures(again), init=seen[1].image)
    expected = [step.total for step in stylize(again, pictures=pictures).history]
    np.testing.assert_allclose([step.total for step in seen[2:]], expected, rtol=1e-6)
    assert result.config == replace(again, max_iterations=5, precision=result.config.precision)


def count_traces(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return a list that grows with each trace, or computation without one, of the network."""
    traces = []
    load = networks.load_network

    def counted(*arguments):
        network = load(*arguments)

        def features(image):
            traces.append(image.shape)
            return network.features(image)

        return replace(network, features=features)

    monkeypatch.setattr(networks, "load_network", counted)
    return traces


def test_weights_that_are_the_same_change_nothing(config):
    settings = config(max_iterations=5)
    expected = stylize(settings)
    result = stylize(settings, adjust=lambda: {"style_weight": 10000, "tv_weight": "1e-3"})
    np.testing.assert_array_equal(result.picture.rgb, expected.picture.rgb)
    assert result.config == expected.config


def test_the_best_begins_anew_with_other_weights(config):
    """Under weights a hundred times as large, every loss is larger than the best before."""
    seen: list[ns.Step] = []
    larger = {"style_weight": 1e6, "content_weight": 500, "tv_weight": 0.1}
    settings = config(max_iterations=5)
    result = stylize(settings, seen.append, adjust=changing({3: larger}, seen))
    assert seen[4].total > seen[2].total
    np.testing.assert_array_equal(result.image, to_uint8(seen[4].image))


@pytest.mark.parametrize("name", ["content_weight", "style_weight"])
def test_a_weight_that_is_raised_from_zero(config, name: str):
    seen: list[ns.Step] = []
    settings = config(max_iterations=4, **{name: 0})
    stylize(settings, seen.append, adjust=changing({2: {name: 50}}, seen))
    term = name.removesuffix("_weight")
    assert seen[3].total == pytest.approx(
        sum(
            getattr(replace(settings, **{name: 50}), f"{other}_weight") * seen[3].terms[other]
            for other in ("content", "style", "tv")
        ),
        rel=1e-5,
    )
    assert seen[3].terms[term] > 0


def test_weights_stay_changed_at_the_next_scale(config):
    seen: list[ns.Step] = []
    settings = config(max_iterations=8, scales=2, min_size=24)
    result = stylize(settings, seen.append, adjust=changing({2: {"tv_weight": 0.5}}, seen))
    assert [(step.iteration, step.scale) for step in seen] == [
        (iteration, 1 + (iteration > 4)) for iteration in range(1, 9)
    ]
    evaluated = ns.evaluate(result.config, seen[-1].image)
    assert seen[-1].total == pytest.approx(evaluated["total"], rel=1e-4)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"seed": 3}, "seed cannot change while it paints"),
        ({"style_layer_weights": [1, 2, 3]}, "received 3 weights for 2 style layers"),
    ],
)
def test_changes_that_are_refused(config, weights, said):
    with pytest.raises(ns.StyleError, match=said):
        stylize(config(), adjust=lambda: weights)


STRENGTHS = (10, 30, 50, 70, 90)


@pytest.fixture(scope="module")
def small() -> list[dict[str, float]]:
    """The terms that a small lake reaches, at each of STRENGTHS."""
    return reached(small_lake(), STRENGTHS)


class TestStrength:
    """One number from the photograph to the style alone."""

    def test_0_is_the_photograph(self, config, photograph):
        alpha = np.full((*photograph.shape[:2], 1), 200, np.uint8)
        settings = config(content_img=np.dstack([photograph, alpha]), strength=0, scales=2)
        seen = []
        result = ns.stylize(settings, on_step=seen.append)
        assert seen == list(result.history) == []
        np.testing.assert_array_equal(result.picture.rgb, load_pictures(settings).content)
        np.testing.assert_array_equal(result.picture.alpha, np.float32(200 / 255))

    def test_100_is_the_style_alone(self, config):
        image = ns.stylize(config(strength=100)).image
        np.testing.assert_array_equal(image, ns.stylize(config(content_weight=0)).image)

    def test_the_settings_of_a_result_make_it_again(self, config, photograph, painting, tmp_path):
        result = ns.stylize(config(strength=60, scales=2, min_size=24))
        path = result.save(tmp_path / "out.png")
        pictures = {"content_img": photograph, "style_imgs": [painting]}
        again = ns.Config.load(path, **pictures)
        assert again.strength == 60
        np.testing.assert_array_equal(ns.stylize(again).image, result.image)

    def test_more_of_it_leaves_less_of_the_photograph_and_of_the_way_to_the_style(self, small):
        content, style = ([term[name] for term in small] for name in ("content", "style"))
        assert all(np.diff(content) > 0)
        assert all(np.diff(style) < 0)

    @pytest.mark.parametrize(
        ("changes", "band"), [({"max_size": 128}, 1.4), ({"style_distance": "mean_std"}, 2.5)]
    )
    def test_it_is_alike_at_other_sizes_and_with_other_losses(self, small, changes, band):
        """What is lost of the photograph, of all that there is, within a factor."""
        found = reached(small_lake(**changes), STRENGTHS[1::2])
        for here, there in zip(found, small[1::2], strict=True):
            assert 1 / band < here["lost"] / there["lost"] < band


def small_lake(**changes) -> ns.Config:
    settings = {"content_img": "lake.jpg", "style_imgs": "strokes.jpg", "max_size": 64}
    how = {"model_weights": "compact", "precision": "float32", "device": "/cpu:0"}
    return ns.Config(**(settings | how | changes))


def reached(config: ns.Config, strengths) -> list[dict[str, float]]:
    """Return the terms reached from the photograph with each strength, in turns.

    `lost` is the content term relative to that of a flat picture.
    """
    pictures = load_pictures(config)
    flat = np.zeros_like(pictures.content) + pictures.content.mean((0, 1))
    found = []
    with Stylizer(config) as stylizer:
        objective = stylizer.objective(config, pictures)
        everything = float(objective(flat[None])["content"])
        for strength in strengths:
            stylizer.weigh(objective, replace(config, strength=strength), pictures)
            *_, last = minimize(config, objective, pictures.init, 25)
            found.append(last.terms | {"lost": last.terms["content"] / everything})
    return found
