"""The filter of an optimiser's first guess: what it does to waves, and what L-BFGS asks of it."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from neural_style.optimizers.preconditioners import KNEE, pink

SIDES = st.integers(1, 9)


def wave(height: int, width: int, down: int, across: int) -> np.ndarray:
    """Return a cosine of so many periods in each direction, in the second channel, [1, H, W, 3]."""
    rows, columns = np.mgrid[:height, :width]
    image = np.zeros((1, height, width, 3), np.float32)
    image[0, :, :, 1] = np.cos(2 * np.pi * (down * rows / height + across * columns / width))
    return image


@pytest.mark.parametrize(("down", "across"), [(0, 0), (0, 1), (3, 0), (6, 5), (2, 7), (7, 8)])
def test_waves_keep_their_shape(down: int, across: int):
    image = wave(12, 17, down, across)
    frequency = np.hypot(min(down, 12 - down) / 12, across / 17)
    expected = image * KNEE / (KNEE + frequency)
    np.testing.assert_allclose(pink(tf.constant(image)), expected, atol=1e-6)


@given(SIDES, SIDES, st.integers(0, 99))
def test_symmetric_and_positive(height: int, width: int, seed: int):
    random = np.random.default_rng(seed)
    a, b = random.standard_normal((2, 1, height, width, 3)).astype(np.float32)
    seen_a, seen_b = (np.asarray(pink(tf.constant(image)), np.float64) for image in (a, b))
    assert np.sum(seen_a * b) == pytest.approx(np.sum(a * seen_b), abs=1e-4)
    assert np.sum(seen_a * a) >= 0.9 * KNEE / (KNEE + np.sqrt(0.5)) * np.sum(np.square(a))
