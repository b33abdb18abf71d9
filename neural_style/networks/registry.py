"""Networks by name: VGG with somebody's weights, or our own."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import tensorflow as tf

from neural_style.networks import compact
from neural_style.networks.activations import Activations
from neural_style.networks.layers import Blocks, blocks_before
from neural_style.networks.vgg import build_features
from neural_style.networks.weights import VARIABLE, load_weights
from neural_style.runtime.errors import StyleError
from neural_style.runtime.precision import choose_precision

logger = logging.getLogger("neural_style")


@dataclass(frozen=True)
class Network:
    """A network with its weights.

    Attributes:
        features: maps RGB [1, H, W, 3], float32 in [0, 255], to activations by the layers' names.
        source: its weights; `compact` where that has stepped in for `auto`.
        precision: the format in which it computes: `float32`, `bfloat16` or `float16`.
        description: a few words on what it is and where its weights came from.
    """

    features: Callable[[tf.Tensor], Mapping[str, Activations]]
    source: str
    precision: str
    description: str


@dataclass(frozen=True)
class NetworkSpec:
    """What a network is, before it is loaded.

    Attributes:
        weights: `compact`, or as for `weights.load_weights`. `auto` is the file in the variable
            NEURAL_STYLE_WEIGHTS if it is set, else `imagenet`, and where that is neither on this
            machine nor to be had, `compact`.
        layers: the names of the layers whose activations it gives.
        name: `vgg19` or `vgg16`. Compact stands in for VGG19 alone.
        pooling: `avg` or `max`. Compact, which has `avg` alone, says so and is used.
        precision: of weights and activations: `float32`, `bfloat16`, `float16`, or `auto` for what
            suits the device.
        border: what its first layer sees around the picture, see `vgg.first_padding`.
    """

    weights: str
    layers: tuple[str, ...]
    name: str = "vgg19"
    pooling: str = "avg"
    precision: str = "auto"
    border: str = "zeros"


@dataclass(frozen=True)
class Architecture:
    """An entry of the registry: a network that can be asked for.

    Attributes:
        load: builds it, its weights loaded.
        blocks_before: what one of its layers depends on.
    """

    load: Callable[[NetworkSpec], Network]
    blocks_before: Callable[[str], Blocks]


def open_network(spec: NetworkSpec, device: str) -> Network:
    """Load a network in the precision that suits a device, and say which it is.

    Raises:
        StyleError: as `load_network`.
    """
    precision, why = choose_precision(spec.precision, device)
    network = load_network(replace(spec, precision=precision))
    logger.info("network %s; computes in %s: %s", network.description, precision, why)
    return network


def load_network(spec: NetworkSpec) -> Network:
    """Load weights and build the network that compares the pictures.

    Args:
        spec: what it is; its precision is not `auto`, since no device is known here.

    Raises:
        StyleError: no such layer; or weights that are missing, damaged or of another network.
    """
    return _architecture(spec.weights, spec.name).load(spec)


def blocks_by_layer(weights: str, layers: Sequence[str], name: str = "vgg19") -> dict[str, Blocks]:
    """Return what each layer depends on (see `layers.Blocks`), by the names in `layers`.

    Args:
        weights: as in a NetworkSpec; only whether it is `compact` matters.
        layers: names of layers of the network.
        name: `vgg19` or `vgg16`.
    """
    architecture = _architecture(weights, name)
    return {layer: architecture.blocks_before(layer) for layer in layers}


def _architecture(weights: str, name: str) -> Architecture:
    """Return the entry of a network; `compact` is asked for by its weights."""
    return ARCHITECTURES["compact" if weights == "compact" else name]


def _load_vgg(spec: NetworkSpec) -> Network:
    """Load VGG; in its place compact, where VGG19's weights are neither here nor to be had."""
    try:
        weights, where = load_weights(spec.weights, spec.name)
    except StyleError as error:
        is_offline = spec.weights == "auto" and not os.environ.get(VARIABLE)
        if not is_offline or spec.name != "vgg19":
            raise
        logger.warning("using the network compact, which comes with neural_style: %s", error)
        return _load_compact(spec)
    features = build_features(
        weights,
        spec.layers,
        spec.name,
        spec.pooling,
        dtype=spec.precision,
        border_type=spec.border,
    )
    return Network(features, spec.weights, spec.precision, f"{spec.name}, {where}")


def _load_compact(spec: NetworkSpec) -> Network:
    """Load compact, which stands in for VGG19 alone, and has average pooling alone."""
    if spec.name != "vgg19":
        raise StyleError(
            f"network: received {spec.name!r}, but the network compact stands in for 'vgg19' "
            "alone; set it so, or give weights of VGG with -model_weights"
        )
    if spec.pooling != "avg":
        logger.warning("the network compact has average pooling, whatever pooling_type is")
    weights = compact.load_compact()
    features = compact.build_compact(weights, spec.layers, spec.precision, spec.border)
    return Network(features, "compact", spec.precision, "compact, neural_style's own")


# A new network is a file of its own and an entry here.
ARCHITECTURES = {
    "vgg19": Architecture(_load_vgg, functools.partial(blocks_before, network="vgg19")),
    "vgg16": Architecture(_load_vgg, functools.partial(blocks_before, network="vgg16")),
    "compact": Architecture(_load_compact, compact.blocks_before),
}
