"""Names of layers: the paper's, Keras's, and those that a network has not."""

from __future__ import annotations

from itertools import pairwise

import pytest

from neural_style.networks.layers import convolutions, deepest, layer_names, resolve_layer
from neural_style.runtime.errors import StyleError


@pytest.mark.parametrize(("network", "count"), [("vgg19", 16), ("vgg16", 13)])
def test_convolutions_are_those_of_table_1(network, count):
    found = convolutions(network)
    assert len(found) == count
    assert found[0] == ("conv1_1", 3, 64)
    assert ("conv3_1", 128, 256) in found
    assert ("conv5_1", 512, 512) in found
    for (_, _, before), (_, after, _) in pairwise(found):
        assert before == after


def test_layers_are_in_order_from_the_picture():
    names = layer_names("vgg16")
    assert names[:5] == ["conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1"]
    assert names[-3:] == ["conv5_3", "relu5_3", "pool5"]
    assert len(names) == 2 * 13 + 5


@pytest.mark.parametrize(
    ("given", "resolved"),
    [
        ("conv4_2", "conv4_2"),
        ("relu1_1", "relu1_1"),
        ("block4_conv2", "relu4_2"),  # Keras's layers include the ReLU
        ("block5_pool", "pool5"),
    ],
)
def test_names_of_the_paper_and_of_keras(given, resolved):
    assert resolve_layer(given, "vgg19") == resolved


@pytest.mark.parametrize(
    ("name", "network", "message"),
    [
        ("relu4_4", "vgg16", r"'relu4_4' is not in vgg16 \(vgg19 has it\); .* relu5_3, pool5"),
        ("block3_conv4", "vgg16", r"'block3_conv4' is not in vgg16 \(vgg19 has it\)"),
        ("relu41", "vgg19", r"'relu41' is not in vgg19; did you mean 'relu4_1'\?; .* pool5"),
        ("conv1_3", "vgg19", r"'conv1_3' is not in vgg19; did you mean 'conv1_1'"),
        ("block6_conv1", "vgg19", "'block6_conv1' is not in vgg19"),
        ("Relu1_1 ", "vgg19", "did you mean 'relu1_1'"),
        ("", "vgg19", "'' is not in vgg19; its layers are conv1_1, relu1_1"),
    ],
)
def test_a_layer_that_is_not_there(name, network, message):
    with pytest.raises(StyleError, match=message):
        resolve_layer(name, network)


def test_deepest_is_farthest_from_the_picture_not_last_in_the_alphabet():
    assert deepest(["relu1_1", "conv4_2", "relu3_1"], "vgg19") == "conv4_2"
    assert deepest(["relu4_1", "conv4_2"], "vgg19") == "conv4_2"
    assert deepest(["relu5_1", "pool1"], "vgg19") == "relu5_1"
