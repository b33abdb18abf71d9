"""The network: its shape, its layers, its agreement with Keras's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from neural_style import StyleError
from neural_style.networks.layers import convolutions, layer_names
from neural_style.networks.vgg import MEAN, build_features
from neural_style.networks.weights import load_weights


@pytest.fixture(scope="module")
def weights(random_weights):
    return load_weights(random_weights)[0]


def image(height: int, width: int) -> tf.Tensor:
    values = np.random.default_rng(0).uniform(0, 255, (1, height, width, 3))
    return tf.constant(values, tf.float32)


def test_agrees_with_keras_applications(weights):
    """On sizes that are multiples of 32, where both pool alike (Keras by maximum)."""
    reference = keras.applications.VGG19(include_top=False, weights=None)
    for name, _, _ in convolutions("vgg19"):
        layer = name.replace("conv", "block").replace("_", "_conv")
        reference.get_layer(layer).set_weights(weights[name])
    picture = image(64, 32)
    ours = build_features(weights, ["relu3_2", "pool5"], pooling_type="max")(picture)
    prepared = keras.applications.vgg19.preprocess_input(picture.numpy())
    for layer, name in [("block3_conv2", "relu3_2"), ("block5_pool", "pool5")]:
        part = keras.Model(reference.input, reference.get_layer(layer).output)
        expected = part(prepared)
        np.testing.assert_allclose(ours[name], expected, rtol=1e-3, atol=1e-2)


def test_mean_colour_becomes_zero(weights):
    model = build_features(weights, ["conv1_1"])
    mean = tf.constant(np.broadcast_to(MEAN, (1, 16, 16, 3)), tf.float32)
    np.testing.assert_allclose(model(mean)["conv1_1"], 0, atol=1e-3)


def test_relu_follows_convolution(weights):
    found = build_features(weights, ["conv2_2", "relu2_2"])(image(16, 16))
    np.testing.assert_array_equal(found["relu2_2"], np.maximum(found["conv2_2"], 0))
    assert np.min(found["conv2_2"]) < 0


def test_a_border_of_the_last_pixels(weights):
    """A flat picture is as flat in the first layer; with zeros its border differs."""
    flat = tf.fill([1, 8, 8, 3], 200.0)
    for border_type, is_flat in (("edge", True), ("zeros", False)):
        found = build_features(weights, ["conv1_1"], border_type=border_type)(flat)["conv1_1"]
        assert found.shape[1:3] == (8, 8)
        assert np.allclose(found, found[:, 4:5, 4:5], atol=1e-2) == is_flat


def test_odd_sizes_round_up(weights):
    names = [f"relu{block}_1" for block in range(1, 6)]
    found = build_features(weights, names)(image(37, 19))
    sizes = [tuple(found[name].shape[1:3]) for name in names]
    assert sizes == [(37, 19), (19, 10), (10, 5), (5, 3), (3, 2)]


def test_average_pooling_at_the_border_counts_pixels_only(weights):
    """A 3 x 3 picture pools to 2 x 2, whose corner is one pixel and not a quarter of it."""
    found = build_features(weights, ["relu1_2", "pool1"])(image(3, 3))
    np.testing.assert_allclose(found["pool1"][0, 1, 1], found["relu1_2"][0, 2, 2], rtol=1e-5)


@pytest.mark.parametrize("last", ["conv1_1", "relu1_1", "pool2", "conv4_2", "relu5_4", "pool5"])
def test_is_cut_behind_the_deepest_layer(weights, last: str):
    model = build_features(weights, ["conv1_1", last])
    names = [layer.name for layer in model.layers if layer.name in layer_names("vgg19")]
    known = layer_names("vgg19")
    assert names == known[: known.index(last) + 1]


def test_keras_names_are_accepted_and_kept(weights):
    found = build_features(weights, ["block2_conv1", "relu2_1"])(image(16, 16))
    np.testing.assert_array_equal(found["block2_conv1"], found["relu2_1"])


def test_nothing_is_trainable(weights):
    assert build_features(weights, ["conv1_2"]).trainable_variables == []


def test_unknown_layer(weights):
    with pytest.raises(StyleError, match="relu6_1"):
        build_features(weights, ["relu6_1"])


def test_other_backend_is_refused(weights, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(StyleError, match=r"'torch'.*KERAS_BACKEND=tensorflow"):
        build_features(weights, ["conv1_1"])


def test_eager_equals_graph(weights):
    model = build_features(weights, ["relu2_1"])
    picture = image(20, 24)
    graph = tf.function(lambda x: model(x)["relu2_1"])
    np.testing.assert_allclose(graph(picture), model(picture)["relu2_1"], rtol=1e-4, atol=1e-3)
