"""Networks of the user's own: any Keras model whose layers are maps of positions."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from neural_style import StyleError
from neural_style.networks.keras_model import network_of


@pytest.fixture(scope="module")
def mobile() -> keras.Model:
    """MobileNetV2 as it begins, which takes [-1, 1], with what gives it that in front."""
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3))
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1)(image)
    return keras.applications.MobileNetV2(include_top=False, weights=None, input_tensor=scaled)


@pytest.fixture
def small() -> keras.Sequential:
    """Two convolutions, and what tells classes behind them."""
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((None, None, 3)),
            keras.layers.Conv2D(4, 3, activation="relu", name="first"),
            keras.layers.Conv2D(6, 3, strides=2, name="second"),
            keras.layers.GlobalAveragePooling2D(name="mean"),
            keras.layers.Dense(2, name="classes"),
        ],
        name="small",
    )


def picture(height: int, width: int) -> tf.Tensor:
    values = np.random.default_rng(0).uniform(0, 255, (1, height, width, 3))
    return tf.constant(values, tf.float32)


@pytest.mark.parametrize("size", [(64, 64), (37, 50)])
def test_activations_are_those_of_a_model_built_by_hand(mobile, size):
    layers = ["Conv1_relu", "block_3_expand_relu", "block_6_expand"]
    activations = network_of(mobile, layers).features(picture(*size))
    assert list(activations) == layers
    for name, values in activations.items():
        by_hand = keras.Model(mobile.input, mobile.get_layer(name).output)
        expected = by_hand(picture(*size), training=False)
        assert np.ptp(expected) > 0
        np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-5)


def test_a_model_of_two_layers(small):
    activations = network_of(small, ["second", "first"]).features(picture(9, 12))
    first = small.get_layer("first")(picture(9, 12))
    np.testing.assert_allclose(activations["first"], first, rtol=1e-4, atol=1e-3)
    second = small.get_layer("second")(first)
    np.testing.assert_allclose(activations["second"], second, rtol=1e-4, atol=1e-3)
    assert activations["second"].shape == (1, 3, 4, 6)


def test_activations_of_a_model_in_bfloat16_are_float32():
    image = keras.Input((None, None, 3))
    half = keras.layers.Conv2D(4, 3, dtype="mixed_bfloat16", name="half")
    model = keras.Model(image, half(image))
    assert model(picture(8, 8)).dtype == tf.bfloat16
    assert network_of(model, ["half"]).features(picture(8, 8))["half"].dtype == tf.float32


def test_it_says_what_it_is(small):
    network = network_of(small, ["first"])
    assert network.description == network.source == "the Keras model small"
    assert network.precision == "float32"


def test_nothing_of_the_model_is_changed_or_trained(mobile):
    """Batch normalization in training would follow the picture, and change its own statistics."""
    before = [variable.numpy() for variable in mobile.variables]
    trainable = [layer.trainable for layer in mobile.layers]
    features = network_of(mobile, ["block_3_expand_relu"]).features
    image = picture(32, 32)
    with tf.GradientTape() as tape:
        tape.watch(image)
        loss = tf.reduce_sum(features(image)["block_3_expand_relu"])
    assert np.abs(tape.gradient(loss, image)).max() > 0
    assert [layer.trainable for layer in mobile.layers] == trainable
    for variable, values in zip(mobile.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), values, err_msg=variable.path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("frist", r"small has no layer 'frist'; did you mean 'first'.*its layers are first, sec"),
        ("classes", r"the layer classes of small has no output \[B, h, w, C\]"),
        ("mean", r"the layer mean of small has no output \[B, h, w, C\]"),
    ],
)
def test_a_layer_that_it_cannot_take(small, name, message):
    with pytest.raises(StyleError, match=message):
        network_of(small, ["first", name])


@pytest.mark.parametrize("thing", ["vgg19", None, keras.layers.Conv2D(3, 3), keras.Model])
def test_what_is_no_model(thing):
    message = f"received {type(thing).__name__}, must be a keras.Model"
    with pytest.raises(StyleError, match=message):
        network_of(thing, ["first"])


class Subclassed(keras.Model):
    def call(self, image):
        return image


def test_a_subclassed_model_has_no_graph_to_cut():
    with pytest.raises(
        StyleError, match=r"received Subclassed, must be a keras\.Model whose input"
    ):
        network_of(Subclassed(), ["first"])


def test_a_model_whose_input_is_not_known():
    model = keras.Sequential([keras.layers.Conv2D(4, 3, name="first")])
    with pytest.raises(StyleError, match=r"received Sequential.*call it on a picture first"):
        network_of(model, ["first"])
    model(picture(8, 8))
    assert network_of(model, ["first"]).features(picture(8, 8))["first"].shape == (1, 6, 6, 4)
