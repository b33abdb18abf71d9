"""The losses against answers known by hand, and their gradients."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from neural_style.losses.content import content_loss, squared_distance
from neural_style.losses.gram import gram
from neural_style.losses.style_distances import style_loss
from neural_style.losses.variation import total_variation
from neural_style.networks.activations import part
from neural_style.runtime.precision import choose_precision

# Without units for bfloat16 TensorFlow's product cuts off what it should round, and nobody is told
# to compute so: `auto` is float32 there.
needs_bfloat16 = pytest.mark.skipif(
    choose_precision("auto", "/cpu:0")[0] != "bfloat16",
    reason="this processor is not known to have units for bfloat16",
)


def tensor(array) -> tf.Tensor:
    return tf.constant(array, tf.float32)


def test_gram_by_hand():
    # Two positions, two channels: F = [[1, 2], [3, 4]], F^T F = [[10, 14], [14, 20]].
    activations = tensor([[[[1, 2], [3, 4]]]])
    np.testing.assert_array_equal(gram(activations), [[[10, 14], [14, 20]]])
    both = tf.concat([activations, 2 * activations], 0)
    np.testing.assert_array_equal(gram(both)[1], [[40, 56], [56, 80]])


def test_gram_forgets_where_things_are():
    activations = np.random.default_rng(0).normal(size=(1, 4, 6, 3)).astype(np.float32)
    shuffled = np.random.default_rng(1).permutation(activations.reshape(24, 3)).reshape(1, 4, 6, 3)
    np.testing.assert_allclose(gram(tensor(shuffled)), gram(tensor(activations)), rtol=1e-5)


@needs_bfloat16
@given(height=st.integers(1, 70), width=st.integers(1, 70), channels=st.integers(1, 20))
@settings(max_examples=30, deadline=None)
def test_gram_of_bfloat16(height: int, width: int, channels: int):
    """In float32, as exact as the products of its pieces; the gradient in bfloat16."""
    values = np.random.default_rng(height).uniform(0, 100, (1, height, width, channels))
    activations = tf.cast(values, tf.bfloat16)
    with tf.GradientTape() as tape:
        tape.watch(activations)
        found = gram(activations)
        loss = tf.reduce_sum(found)
    rows = tf.cast(activations, tf.float32).numpy().reshape(-1, channels)
    assert found.dtype == tf.float32
    np.testing.assert_allclose(found[0], rows.T @ rows, rtol=2**-8)
    gradient = tf.cast(tape.gradient(loss, activations), tf.float32).numpy().reshape(rows.shape)
    expected = np.repeat(2 * rows.sum(1, keepdims=True), channels, 1)
    np.testing.assert_allclose(gradient, expected, rtol=2**-7)


@needs_bfloat16
def test_gram_of_bfloat16_sums_its_pieces_in_float32():
    """Rounded once to bfloat16, an entry is right to 2^-9 = 2e-3 only."""
    generator = np.random.default_rng(0)
    noise = tf.cast(generator.uniform(0, 9, (1, 128, 128, 4)), tf.bfloat16)
    rows = tf.cast(noise, tf.float64).numpy().reshape(-1, 4)
    np.testing.assert_allclose(gram(noise)[0], rows.T @ rows, rtol=5e-4)
    ones = tf.ones([1, 128, 129, 2], tf.bfloat16)  # a number of positions that bfloat16 has not
    np.testing.assert_array_equal(gram(ones)[0], np.full((2, 2), 128 * 129))


@pytest.mark.parametrize(
    ("function", "factor"), [(1, 1 / (2 * np.sqrt(12))), (2, 1 / 12), (3, 0.5)]
)
def test_content_loss_by_hand(function: int, factor: float):
    # 2 x 2 positions, 3 channels, each differing by 2: N M = 12, sum of squares 48.
    target = tf.zeros([1, 2, 2, 3])
    loss = content_loss(squared_distance(target + 2, target), 12, function)
    assert float(loss[0]) == pytest.approx(48 * factor)


def test_style_loss_by_hand():
    # N = 2, M = 3: the sum of squares 4 is divided by 4 * 4 * 9.
    loss = style_loss(tensor([[[1, 0], [0, 1]]]), tensor([[[2, 1], [1, 0]]]), tensor([1]), 3)
    assert float(loss[0]) == pytest.approx(4 / 144)


@given(
    seed=st.integers(0, 1000),
    weights=st.lists(st.floats(0.01, 10), min_size=1, max_size=4),
)
@settings(max_examples=25, deadline=None)
def test_blended_styles_equal_their_sum(seed: int, weights: list[float]):
    """One blended target and a constant are the weighted sum, in value and gradient."""
    generator = np.random.default_rng(seed)
    image = tensor(generator.normal(size=(1, 5, 5)))
    targets = tensor(generator.normal(size=(len(weights), 5, 5)))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(image)
        blended = style_loss(image, targets, tensor(weights), 7)
        single = [
            weight * style_loss(image, target[None], tensor([1]), 7)
            for weight, target in zip(weights, targets, strict=True)
        ]
        whole = tf.add_n(single)
    assert float(blended[0]) == pytest.approx(float(whole[0]), rel=1e-4)
    np.testing.assert_allclose(
        tape.gradient(blended, image), tape.gradient(whole, image), rtol=1e-3, atol=1e-6
    )


def test_total_variation_of_a_checkerboard():
    # 4 x 5 pixels: 4 * 4 horizontal and 3 * 5 vertical neighbours, each differing by 255 in 3
    # channels.
    board = 255.0 * (np.indices((4, 5)).sum(0) % 2)
    image = tensor(np.repeat(board[None, ..., None], 3, -1))
    assert float(total_variation(image)[0]) == (4 * 4 + 3 * 5) * 255 * 3


@given(height=st.integers(1, 9), width=st.integers(1, 9))
@settings(max_examples=25, deadline=None)
def test_total_variation_is_that_of_tensorflow(height: int, width: int):
    generator = np.random.default_rng(9 * height + width)
    image = tensor(generator.integers(0, 255, (1, height, width, 3)))
    found = []
    for function in (total_variation, tf.image.total_variation):
        with tf.GradientTape() as tape:
            tape.watch(image)
            value = tf.reduce_sum(function(image))
        found.append((value, tape.gradient(value, image)))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[0][1], found[1][1])


def test_total_variation_of_parts_adds_up():
    image = tensor(np.random.default_rng(0).uniform(0, 255, (1, 7, 9, 3)))
    parts = [((0, 0), (3, 4)), ((0, 4), (3, 9)), ((3, 0), (7, 4)), ((3, 4), (7, 9))]
    found = [total_variation(image, tf.constant(a), tf.constant(b))[0] for a, b in parts]
    assert float(sum(found)) == pytest.approx(float(total_variation(image)[0]), rel=1e-6)
    whole = tf.reduce_sum(tf.image.total_variation(image))
    assert float(total_variation(image)[0]) == pytest.approx(float(whole), rel=1e-6)
    # The pixel in the upper left corner differs from one below and one beside it.
    corner = float(total_variation(image, tf.constant([0, 0]), tf.constant([1, 1]))[0])
    differences = tf.abs(image[0, 1, 0] - image[0, 0, 0]) + tf.abs(image[0, 0, 1] - image[0, 0, 0])
    assert corner == pytest.approx(float(tf.reduce_sum(differences)), rel=1e-6)


def test_part_by_hand():
    activations = tensor(np.arange(24).reshape(1, 3, 4, 2))
    found = part(activations, tf.constant([1, 2]), tf.constant([3, 4]))
    np.testing.assert_array_equal(found, [[[[12, 13], [14, 15]], [[20, 21], [22, 23]]]])


def test_total_variation_of_a_flat_picture_is_zero():
    assert float(total_variation(tf.fill([1, 7, 9, 3], 93.0))[0]) == 0


def numeric_gradient(function, at: np.ndarray, step: float = 1e-2) -> np.ndarray:
    """Central differences."""
    gradient = np.zeros_like(at)
    for index in np.ndindex(at.shape):
        moved = at.copy()
        moved[index] += step
        above = float(function(tensor(moved)))
        moved[index] -= 2 * step
        gradient[index] = (above - float(function(tensor(moved)))) / (2 * step)
    return gradient


FUNCTIONS = {
    "content": lambda x: content_loss(squared_distance(x, tf.ones([1, 3, 4, 2])), 24, 1)[0],
    "style": lambda x: style_loss(gram(x), tf.ones([2, 2, 2]), tensor([0.3, 0.7]), 12)[0],
    "total_variation": lambda x: total_variation(x)[0],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradient_against_finite_differences(name: str):
    at = np.random.default_rng(3).normal(size=(1, 3, 4, 2)).astype(np.float32)
    image = tensor(at)
    with tf.GradientTape() as tape:
        tape.watch(image)
        loss = FUNCTIONS[name](image)
    expected = numeric_gradient(FUNCTIONS[name], at)
    np.testing.assert_allclose(tape.gradient(loss, image), expected, rtol=2e-2, atol=2e-3)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_eager_equals_graph(name: str):
    image = tensor(np.random.default_rng(4).normal(size=(1, 3, 4, 2)))
    eager, graph = FUNCTIONS[name](image), tf.function(FUNCTIONS[name])(image)
    assert float(eager) == pytest.approx(float(graph), rel=1e-6)
