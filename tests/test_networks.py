"""The registry: networks are found by their names."""

from __future__ import annotations

import pytest
import tensorflow as tf

from neural_style import StyleError
from neural_style.networks.layers import NETWORKS
from neural_style.networks.registry import (
    ARCHITECTURES,
    Architecture,
    Network,
    NetworkSpec,
    blocks_by_layer,
    load_network,
    open_network,
)


def test_all_networks_that_can_be_asked_for_are_in_it():
    assert set(ARCHITECTURES) == {*NETWORKS, "compact"}


def test_a_network_is_found_by_its_name(random_weights):
    network = load_network(NetworkSpec(random_weights, ("relu1_1",), precision="float32"))
    assert network.description == f"vgg19, {random_weights}"
    with pytest.raises(StyleError, match="it looks like vgg19"):
        load_network(NetworkSpec(random_weights, ("relu1_1",), "vgg16", precision="float32"))
    network = load_network(NetworkSpec("compact", ("relu1_1",), precision="bfloat16"))
    assert (network.source, network.precision) == ("compact", "bfloat16")


def test_a_new_network_is_an_entry(monkeypatch: pytest.MonkeyPatch):
    def load(spec: NetworkSpec) -> Network:
        return Network(lambda x: {"blur": x / 2}, spec.weights, spec.precision, "a blur")

    monkeypatch.setitem(ARCHITECTURES, "blur", Architecture(load, lambda layer: ((1, len(layer)),)))
    network = open_network(NetworkSpec("none", ("blur",), "blur", precision="bfloat16"), "/cpu:0")
    assert (network.source, network.precision) == ("none", "bfloat16")
    assert float(network.features(tf.ones([1, 2, 2, 3]))["blur"][0, 0, 0, 0]) == 0.5
    assert blocks_by_layer("none", ["blur"], "blur") == {"blur": ((1, 4),)}


def test_what_layers_depend_on_goes_by_the_names_in_use():
    vgg = blocks_by_layer("imagenet", ["block2_conv1", "relu2_1", "pool1"])
    assert vgg == {
        "block2_conv1": ((2, 64), (1, 128)),
        "relu2_1": ((2, 64), (1, 128)),
        "pool1": ((2, 64), (0, 128)),
    }
    compact = blocks_by_layer("compact", ["block2_conv1", "relu2_1"])
    assert compact == {"block2_conv1": ((2, 32), (2, 64)), "relu2_1": ((2, 32), (2, 64))}


@pytest.mark.parametrize(("weights", "layer"), [("imagenet", "relu9_1"), ("compact", "relu3_2")])
def test_a_layer_that_a_network_does_not_have(weights, layer):
    with pytest.raises(StyleError, match=layer):
        blocks_by_layer(weights, [layer])
