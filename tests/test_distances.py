"""Other ways to compare layers, against closed forms and answers known by hand."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from neural_style.losses.content import CONTENT_DISTANCES, content_loss
from neural_style.losses.gram import moments
from neural_style.losses.style_distances import STYLE_DISTANCES, UNIT, gaussian, wasserstein
from neural_style.losses.variation import smoothness, total_variation
from neural_style.networks.activations import Projection

ONE = tf.ones(1)


def activations(seed: int, height: int = 5, width: int = 6, channels: int = 4) -> tf.Tensor:
    values = np.random.default_rng(seed).normal(3, 2, (1, height, width, channels))
    return tf.constant(values, tf.float32)


def style(name: str, picture, reference, mask=None) -> tf.Tensor:
    way = STYLE_DISTANCES[name]
    positions = picture.shape[1] * picture.shape[2]
    target = way.target(way.statistic(reference, mask)[0], positions)
    return way.distance(way.statistic(picture, mask), target[None], ONE, positions)[0]


def content(name: str, picture, photograph) -> tf.Tensor:
    way = CONTENT_DISTANCES[name]
    positions = picture.shape[1] * picture.shape[2]
    return way.distance(way.statistic(picture, photograph), positions)[0]


def moments_of(mean, covariance) -> tf.Tensor:
    """Return what `gram.moments` gives for activations of this mean and covariance."""
    mean = np.append(np.asarray(mean, float), 1.0)
    products = np.outer(mean, mean)
    products[:-1, :-1] += covariance
    return tf.constant(7 * products, tf.float32)  # of seven positions


def test_moments_by_hand():
    # Two positions, two channels: F = [[1, 2], [3, 4]], beside a column of ones.
    found = moments(tf.constant([[[[1.0, 2], [3, 4]]]]))
    np.testing.assert_array_equal(found, [[[10, 14, 4], [14, 20, 6], [4, 6, 2]]])


def test_moments_of_a_projection_are_those_of_its_activations():
    random = np.random.default_rng(0)
    kernel, bias = (tf.constant(random.normal(size=s), tf.float32) for s in ((4, 6), (6,)))
    mask = tf.constant(random.uniform(size=(1, 5, 6, 1)), tf.float32)
    projection = Projection(activations(1), kernel, bias)
    np.testing.assert_allclose(
        moments(projection, mask), moments(projection.dense(), mask), rtol=1e-4, atol=1e-3
    )


def test_gaussian_is_numpy_s():
    picture = activations(0)
    mean, covariance = gaussian(moments(picture)[0])
    rows = picture.numpy().reshape(-1, 4)
    np.testing.assert_allclose(mean, rows.mean(0), rtol=1e-5)
    np.testing.assert_allclose(covariance, np.cov(rows.T, bias=True), atol=1e-4)


@given(seed=st.integers(0, 1000), channels=st.integers(1, 9))
@settings(max_examples=10, deadline=None)
def test_wasserstein_between_diagonal_covariances(seed: int, channels: int):
    """There it is sum (m - n)^2 + (s - t)^2, with the standard deviations s and t."""
    random = np.random.default_rng(seed)
    m, n = random.normal(size=(2, channels))
    s, t = random.uniform(0.2, 3, (2, channels))
    target = STYLE_DISTANCES["wasserstein"].target(moments_of(n, np.diag(t**2)), 7)
    found = wasserstein(moments_of(m, np.diag(s**2))[None], target[None], ONE, 7)[0]
    expected = ((m - n) ** 2 + (s - t) ** 2).sum() / (n**2 + t**2).sum()
    assert float(found) / UNIT == pytest.approx(expected, rel=2e-3, abs=1e-5)


def test_wasserstein_between_rotated_covariances():
    """Both rotated alike, the distance stays."""
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    s, t = np.array([1.0, 2, 3]), np.array([2.0, 2, 1])
    target = STYLE_DISTANCES["wasserstein"].target(
        moments_of(np.zeros(3), (rotation * t**2) @ rotation.T), 7
    )
    statistic = moments_of(np.zeros(3), (rotation * s**2) @ rotation.T)
    found = wasserstein(statistic[None], target[None], ONE, 7)[0]
    assert float(found) / UNIT == pytest.approx(5 / 9, rel=1e-3)


def test_mean_std_by_hand():
    # Channels (0, 2) and (1, 1): means 1 and 1, deviations 1 and 0; the style's 3, 1 and 0, 0.
    picture = tf.constant([[[[0.0, 1], [2, 1]]]])
    reference = tf.constant([[[[3.0, 0], [3, 0]]]])
    found = style("mean_std", picture, reference)
    # (1 - 3)^2 + (1 - 0)^2 + (1 - 0)^2 over 3^2; deviations of 0 have a small floor.
    assert float(found) / UNIT == pytest.approx(6 / 9, rel=0.01)


def test_sliced_with_one_channel_is_the_distance_of_sorted_values():
    picture = tf.reshape(tf.constant([3.0, 1, 2]), (1, 1, 3, 1))
    reference = tf.reshape(tf.constant([4.0, 2, 2]), (1, 1, 3, 1))
    # Sorted 1, 2, 3 and 2, 2, 4.
    assert float(style("sliced", picture, reference)) / UNIT == pytest.approx(2 / 24)


def test_sliced_sees_what_moments_do_not():
    """Values -1 and 1 have the mean and variance of -sqrt(2), 0, 0, sqrt(2)."""
    picture = tf.reshape(tf.constant([-1.0, 1, -1, 1]), (1, 2, 2, 1))
    reference = tf.reshape(tf.constant([-(2**0.5), 0, 0, 2**0.5]), (1, 2, 2, 1))
    assert float(style("wasserstein", picture, reference)) / UNIT < 1e-4
    assert float(style("sliced", picture, reference)) / UNIT > 0.1


@pytest.mark.parametrize("name", STYLE_DISTANCES)
def test_a_style_is_at_no_distance_from_itself(name: str):
    apart = float(style(name, activations(0), 3 * activations(1)))
    assert abs(float(style(name, activations(0), activations(0)))) < 1e-3 * apart


@pytest.mark.parametrize("name", STYLE_DISTANCES)
def test_style_forgets_where_things_are(name: str):
    picture, reference = activations(0), activations(1)
    rows = np.random.default_rng(2).permutation(picture.numpy().reshape(30, 4))
    shuffled = tf.constant(rows.reshape(picture.shape))
    found = float(style(name, shuffled, reference))
    assert found == pytest.approx(float(style(name, picture, reference)), rel=1e-3)


@pytest.mark.parametrize("name", STYLE_DISTANCES)
def test_style_under_a_mask_of_halves_is_that_of_the_half(name: str):
    picture, reference = activations(0, 6, 6), activations(1, 6, 6)
    mask = tf.constant(np.repeat([1.0, 0.0], 18).reshape(1, 6, 6, 1), tf.float32)
    found = float(style(name, picture, reference, mask))
    half = float(style(name, picture[:, :3], reference[:, :3]))
    if name == "gram":  # by the report's normalisation divided by all positions
        half /= 4
    # Quantiles of `sliced` are between those of the half.
    assert found == pytest.approx(half, rel=0.15 if name == "sliced" else 1e-3)


@pytest.mark.parametrize("name", STYLE_DISTANCES)
def test_weights_of_styles_add_up(name: str):
    way = STYLE_DISTANCES[name]
    targets = tf.stack([way.target(way.statistic(activations(k), None)[0], 30) for k in (1, 2)])
    statistic = way.statistic(activations(0), None)
    single = [way.distance(statistic, targets[k : k + 1], ONE, 30)[0] for k in (0, 1)]
    both = way.distance(statistic, targets, tf.constant([0.25, 0.75]), 30)[0]
    assert float(both) == pytest.approx(float(0.25 * single[0] + 0.75 * single[1]), rel=1e-4)


def test_content_distances_by_hand():
    photograph = tf.constant([[[[1.0], [3.0]]]])
    picture = tf.constant([[[[6.0], [12.0]]]])
    assert float(content("raw", picture, photograph)) == 25 + 81
    # -3, 3 and -1, 1
    assert float(content("centred", picture, photograph)) == pytest.approx(8)
    # The same shape, and turned over: -1, 1 for 1, -1, times the photograph's variance, 1.
    assert float(content("normalised", picture, photograph)) == pytest.approx(0, abs=1e-2)
    assert float(content("normalised", -picture, photograph)) == pytest.approx(8, rel=1e-2)


@given(seed=st.integers(0, 1000), shift=st.floats(-9, 9), factor=st.floats(0.5, 3))
@settings(max_examples=10, deadline=None)
def test_what_content_distances_leave_free(seed: int, shift: float, factor: float):
    photograph = activations(seed)
    apart = float(content("normalised", activations(seed + 1), photograph))
    assert float(content("centred", photograph + shift, photograph)) < 1e-2
    assert float(content("normalised", factor * photograph + shift, photograph)) < 5e-3 * apart


@pytest.mark.parametrize("name", CONTENT_DISTANCES)
def test_content_of_a_projection_is_that_of_its_activations(name: str):
    random = np.random.default_rng(0)
    kernel, bias = (tf.constant(random.normal(size=s), tf.float32) for s in ((4, 6), (6,)))
    picture, photograph = (Projection(activations(k), kernel, bias) for k in (1, 2))
    found = content(name, picture.features, photograph.features)  # to see that it differs
    way = CONTENT_DISTANCES[name]
    projected = way.distance(way.statistic(picture, photograph.features), 30)[0]
    dense = content(name, picture.dense(), photograph.dense())
    assert float(projected) == pytest.approx(float(dense), rel=1e-3)
    assert float(projected) != pytest.approx(float(found), rel=1e-2)


def test_total_variation_of_squares():
    image = tf.constant([[[[1.0], [4.0]], [[3.0], [3.0]]]])
    squares = total_variation(image, norm="l2")[0]
    assert float(squares) == 9 + 0 + 4 + 1
    assert float(smoothness(squares, 4, "l2")) / UNIT == pytest.approx(14 / 4 / 255**2)


def derivatives(loss, picture: tf.Tensor, step: float = 2e-2) -> tuple[float, float]:
    """Return the derivative along a random direction, by the tape and by differences."""
    direction = activations(9) - 3
    with tf.GradientTape() as tape:
        tape.watch(picture)
        value = loss(picture)
    slope = float(tf.reduce_sum(tape.gradient(value, picture) * direction))
    ahead, behind = (float(loss(picture + sign * step * direction)) for sign in (1, -1))
    return slope, (ahead - behind) / (2 * step)


@pytest.mark.parametrize("name", STYLE_DISTANCES)
def test_gradients_of_style_by_finite_differences(name: str):
    # Where the order of two values changes, the slope of `sliced` jumps a little.
    step, tolerance = (5e-4, 3e-2) if name == "sliced" else (2e-2, 1e-2)
    slope, difference = derivatives(lambda x: style(name, x, activations(1)), activations(0), step)
    assert slope == pytest.approx(difference, rel=tolerance)


@pytest.mark.parametrize("name", CONTENT_DISTANCES)
def test_gradients_of_content_by_finite_differences(name: str):
    slope, difference = derivatives(
        lambda x: content_loss(content(name, x, activations(1)), 120), activations(0)
    )
    assert slope == pytest.approx(difference, rel=1e-2)


@pytest.mark.parametrize("norm", ["l1", "l2"])
def test_gradients_of_total_variation_by_finite_differences(norm: str):
    slope, difference = derivatives(lambda x: total_variation(x, norm=norm)[0], 9 * activations(0))
    assert slope == pytest.approx(difference, rel=1e-2)


def test_gradient_of_wasserstein_is_finite_where_nothing_varies():
    flat = tf.ones([1, 5, 6, 4])
    with tf.GradientTape() as tape:
        tape.watch(flat)
        loss = style("wasserstein", flat, activations(1))
    assert np.isfinite(tape.gradient(loss, flat)).all()
