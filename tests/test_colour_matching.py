"""Colours of one picture for another: histograms, mean and covariance; grey and flat pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neural_style.images.color_transfer import (
    METHODS,
    match_colors,
    match_histogram,
    match_histogram_lab,
    match_linear,
)
from neural_style.settings.config import FIELDS

SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(autouse=True)
def _no_division_by_zero():
    with np.errstate(all="raise"):
        yield


def integers(seed: int, size: tuple[int, int], low: int = 0, high: int = 256) -> np.ndarray:
    """Return [H, W, 3], float32, whole numbers."""
    return np.random.default_rng(seed).integers(low, high, (*size, 3)).astype(np.float32)


def coloured(seed: int, size: tuple[int, int] = (12, 15)) -> np.ndarray:
    """Return [H, W, 3], float32, correlated colours within the range and of full rank."""
    generator = np.random.default_rng(seed)
    mixing = generator.uniform(-1, 1, (3, 3)) + 2 * np.eye(3)
    noise = generator.uniform(-1, 1, (*size, 3)) @ mixing
    return (128 + generator.uniform(10, 25) * noise).astype(np.float32)


def moments(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    colours = picture.reshape(-1, 3).astype(np.float64)
    return colours.mean(0), np.cov(colours.T, bias=True)


def test_methods_are_those_of_the_setting():
    assert ("auto", *METHODS) == FIELDS["color_match"].metadata["choices"]


class TestHistogram:
    """Ranks go to ranks."""

    @given(SEEDS)
    @settings(max_examples=20, deadline=None, derandomize=True)
    def test_of_distinct_levels_is_numpys_sort(self, seed):
        """Where each level occurs once, the reference's are put in the picture's order."""
        generator = np.random.default_rng(seed)
        picture, reference = (
            np.stack([generator.choice(1000, 80, replace=False) for _ in range(3)], -1)
            for _ in range(2)
        )
        order = np.argsort(np.argsort(picture, 0), 0)
        expected = np.take_along_axis(np.sort(reference, 0), order, 0)
        matched = match_histogram(picture.reshape(8, 10, 3), reference.reshape(5, 16, 3))
        np.testing.assert_allclose(matched.reshape(-1, 3), expected, atol=1e-3)

    @given(SEEDS, st.integers(2, 256))
    @settings(max_examples=20, deadline=None, derandomize=True)
    def test_of_integer_pictures_is_numpys_interpolation_of_shares(self, seed, levels):
        """np.bincount over all 256 levels, the half of each level's own pixels counted."""
        picture, reference = integers(seed, (9, 20), 0, levels), integers(seed + 1, (14, 6))
        expected = np.empty_like(picture)
        for k in range(3):
            ranks = []
            for channel in (picture[..., k], reference[..., k]):
                counts = np.bincount(channel.astype(int).ravel(), minlength=256)
                ranks.append((np.cumsum(counts) - counts / 2) / channel.size)
            occur = np.unique(reference[..., k]).astype(int)
            table = np.interp(ranks[0], ranks[1][occur], occur)
            expected[..., k] = table[picture[..., k].astype(int)]
        np.testing.assert_allclose(match_histogram(picture, reference), expected, atol=1e-3)

    def test_by_hand(self):
        """Ranks 1/4 and 3/4 of the picture; 1/8, 1/2 and 7/8 of the reference."""
        picture = np.array([[10, 10, 20, 20]], np.float32)[..., None]
        reference = np.array([[100, 140, 140, 200]], np.float32)[..., None]
        low, high = 100 + 40 / 3, 140 + 60 * 2 / 3
        expected = np.array([[low, low, high, high]])[..., None]
        np.testing.assert_allclose(match_histogram(picture, reference), expected, rtol=1e-6)

    @given(SEEDS)
    @settings(max_examples=20, deadline=None, derandomize=True)
    def test_keeps_the_order_and_stays_in_the_references_range(self, seed):
        picture, reference = coloured(seed), coloured(seed + 1, (7, 9))
        matched = match_histogram(picture, reference)
        for k in range(3):
            order = np.argsort(picture[..., k], None)
            assert np.diff(matched[..., k].ravel()[order]).min() >= 0
            least, most = reference[..., k].min(), reference[..., k].max()
            assert least - 0.5 <= matched[..., k].min() <= matched[..., k].max() <= most + 0.5

    def test_of_itself_changes_nothing(self):
        picture = integers(3, (20, 20))
        np.testing.assert_allclose(match_histogram(picture, picture), picture, atol=1e-4)
        picture = coloured(3)
        np.testing.assert_allclose(match_histogram(picture, picture), picture, atol=0.5)

    def test_in_lab_lightness_and_both_axes_have_the_references(self):
        reference = 128 + (coloured(5, (40, 40)) - 128) / 4  # near grey: no clipping
        matched = match_histogram_lab(coloured(6, (50, 30)), reference)
        lab = [cv2.cvtColor(x / np.float32(255), cv2.COLOR_RGB2LAB) for x in (matched, reference)]
        for k in range(3):
            quantiles = [np.quantile(x[..., k], np.linspace(0.05, 0.95, 10)) for x in lab]
            np.testing.assert_allclose(*quantiles, atol=0.8)


class TestLinear:
    """Mean and covariance are the reference's."""

    @pytest.mark.parametrize("cholesky", [False, True])
    @given(seed=SEEDS)
    @settings(max_examples=30, deadline=None, derandomize=True)
    def test_mean_and_covariance_agree(self, cholesky, seed):
        reference = coloured(seed + 1, (9, 31))
        mean, covariance = moments(match_linear(coloured(seed), reference, cholesky))
        wanted_mean, wanted = moments(reference)
        np.testing.assert_allclose(mean, wanted_mean, rtol=1e-5)
        assert np.abs(covariance - wanted).max() < 1e-5 * np.abs(wanted).max()

    @pytest.mark.parametrize("cholesky", [False, True])
    def test_by_hand(self, cholesky):
        """Channels that vary apart are each scaled by the ratio of their deviations."""
        signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, 2, 4).transpose(1, 2, 0)
        picture, reference = 100 + signs * [2.0, 4, 5], [50, 90, 130] + signs * [6.0, 4, 20]
        matched = match_linear(picture, reference, cholesky)
        expected = [50, 90, 130] + (picture - 100) * [3, 1, 4]
        np.testing.assert_allclose(matched, expected, rtol=1e-5)

    def test_by_cholesky_red_depends_on_red_alone(self):
        picture, reference = coloured(1), coloured(2)
        changed = picture.copy()
        changed[..., 1:] = coloured(3)[..., 1:]
        before, after = (match_linear(x, reference, True)[..., 0] for x in (picture, changed))
        np.testing.assert_allclose(before, after, atol=1e-3)

    def test_by_the_symmetric_root_channels_are_alike(self):
        """Channels in another order come out in that order; by Cholesky they do not."""
        picture, reference = coloured(1), coloured(2)
        turned = match_linear(picture[..., ::-1], reference[..., ::-1])[..., ::-1]
        np.testing.assert_allclose(turned, match_linear(picture, reference), atol=1e-3)
        turned = match_linear(picture[..., ::-1], reference[..., ::-1], True)[..., ::-1]
        assert np.abs(turned - match_linear(picture, reference, True)).max() > 1


@pytest.mark.parametrize("method", METHODS)
class TestGreyAndFlat:
    """Nothing is divided by zero, and rounding is not stretched to colour."""

    def test_flat_picture(self, method):
        """It stays flat, in a colour in the middle of the reference's."""
        reference = coloured(4)
        matched = match_colors(np.full((8, 9, 3), 30.0), [reference], method)
        assert np.ptp(matched, (0, 1)).max() < 1e-3
        middle = np.median(reference, (0, 1)) if "histogram" in method else reference.mean((0, 1))
        # A median in Lab is another colour than that in RGB.
        tolerance = {"histogram": 1, "histogram_lab": 8}.get(method, 1e-3)
        np.testing.assert_allclose(matched[0, 0], middle, atol=tolerance)

    def test_flat_reference(self, method):
        colour = np.array([200, 90, 30], np.float32)
        matched = match_colors(coloured(4), [np.full((5, 4, 3), 1) * colour], method)
        np.testing.assert_allclose(matched, np.full_like(matched, 1) * colour, atol=1)

    def test_grey_reference(self, method):
        """Colours become grey; by histograms of channels each channel is grey's, no more."""
        grey = coloured(5)[..., :1].repeat(3, -1)
        matched = match_colors(coloured(4), [grey], method)
        if method == "histogram":
            deciles = np.quantile(matched, np.linspace(0.1, 0.9, 9), axis=(0, 1))
            np.testing.assert_allclose(deciles, deciles[:, :1].repeat(3, -1), atol=2)
        else:
            assert np.ptp(matched, -1).max() < 1

    @pytest.mark.parametrize("tint", [(1, 1, 1), (1.0, 0.9, 0.7)])
    def test_tinted_picture_takes_one_colour_for_each_grey(self, method, tint):
        """Rounded to 8 bits, a tint varies a little beside its line; that stays little."""
        grey = np.random.default_rng(0).uniform(30, 220, (40, 40, 1))
        picture = np.rint(grey * tint).astype(np.float32)
        matched = match_colors(picture, [coloured(5, (30, 30))], method)
        assert np.isfinite(matched).all()
        if method == "histogram_lab" and tint != (1, 1, 1):
            return  # ranks of three or four levels of chroma do stretch
        order = np.argsort(grey, None)
        steps = np.diff(matched.reshape(-1, 3)[order], axis=0)
        assert np.abs(steps).max() < 6
        assert matched.std((0, 1)).max() > 5

    def test_black_and_white(self, method):
        black, white = np.zeros((6, 6, 3)), np.full((6, 6, 3), 255.0)
        np.testing.assert_allclose(match_colors(black, [white], method), white, atol=0.1)
        np.testing.assert_allclose(match_colors(white, [black], method), black, atol=0.1)


class TestSeveral:
    """Several references, by weight."""

    @pytest.mark.parametrize("method", METHODS)
    def test_are_averaged_by_weight(self, method):
        picture, references = coloured(1), [coloured(2), coloured(3, (5, 6))]
        each = [match_colors(picture, [reference], method) for reference in references]
        found = match_colors(picture, references, method, (3, 1))
        np.testing.assert_allclose(found, 0.75 * each[0] + 0.25 * each[1], atol=1e-3)
        even = match_colors(picture, references, method)
        np.testing.assert_allclose(even, (each[0] + each[1]) / 2, atol=1e-3)
        np.testing.assert_allclose(
            match_colors(picture, references, method, (0, 2)), each[1], atol=1e-3
        )

    @pytest.mark.parametrize("method", METHODS)
    def test_what_lies_outside_is_cut_off(self, method):
        wild = np.random.default_rng(0).normal(128, 150, (10, 10, 3))
        found = match_colors(wild, [wild[:5] + 40], method)
        assert found.dtype == np.float32
        assert 0 <= found.min() <= found.max() <= 255
        tame = match_colors(np.clip(wild, 0, 255), [np.clip(wild[:5] + 40, 0, 255)], method)
        np.testing.assert_array_equal(found, tame)
