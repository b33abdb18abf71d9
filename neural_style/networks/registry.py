"""Which network compares the pictures: VGG with somebody's weights, or our own."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import tensorflow as tf

from neural_style.networks import compact
from neural_style.networks.activations import Activations
from neural_style.networks.layers import Blocks, blocks_before, resolve_layer
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
        weights: `compact`, or as for `weights.load_weights`.
        layers: the names of the layers whose activations it gives.
        name: `vgg19` or `vgg16`.
        pooling: `avg` or `max`.
        precision: `float32`, `bfloat16`, `float16`, or `auto` for what suits the device.
        border: what its first layer sees around the picture, `zeros` or `edge`.
    """

    weights: str
    layers: tuple[str, ...]
    name: str = "vgg19"
    pooling: str = "avg"
    precision: str = "auto"
    border: str = "zeros"


def open_network(spec: NetworkSpec, device: str) -> Network:
    """Load a network in the precision that suits a device, and say which it is.

    Raises:
        StyleError: as `load_network`.
    """
    precision, why = choose_precision(spec.precision, device)
    network = load_network(
        spec.weights, spec.layers, spec.name, spec.pooling, precision, spec.border
    )
    logger.info("network %s; computes in %s: %s", network.description, precision, why)
    return network


def load_network(
    source: str,
    layers: Sequence[str],
    network: str = "vgg19",
    pooling_type: str = "avg",
    precision: str = "float32",
    border_type: str = "zeros",
) -> Network:
    """Load weights and build the network that compares the pictures.

    Args:
        source: `compact`, or as for `weights.load_weights`. `auto` is the file in the variable
            NEURAL_STYLE_WEIGHTS if it is set, else `imagenet`, and where that is neither on this
            machine nor to be had, `compact`.
        layers: names of layers of the network.
        network: `vgg19` or `vgg16`. Compact stands in for VGG19 alone.
        pooling_type: `avg` or `max`. Compact, which has `avg` alone, says so and is used.
        precision: of its weights and activations: `float32`, `bfloat16` or `float16`.
        border_type: see `vgg.first_padding`.

    Raises:
        StyleError: no such layer; or weights that are missing, damaged or of another network.
    """
    if source != "compact":
        try:
            weights, where = load_weights(source, network)
        except StyleError as error:
            offline = source == "auto" and not os.environ.get(VARIABLE)
            if not offline or network != "vgg19":
                raise
            logger.warning("using the network compact, which comes with neural_style: %s", error)
        else:
            features = build_features(
                weights, layers, network, pooling_type, dtype=precision, border_type=border_type
            )
            return Network(features, source, precision, f"{network}, {where}")
    if network != "vgg19":
        raise StyleError(
            f"network: received {network!r}, but the network compact stands in for 'vgg19' alone; "
            "set it so, or give weights of VGG with -model_weights"
        )
    if pooling_type != "avg":
        logger.warning("the network compact has average pooling, whatever pooling_type is")
    features = compact.build_compact(compact.load_compact(), layers, precision, border_type)
    return Network(features, "compact", precision, "compact, neural_style's own")


def structure(source: str, layers: Sequence[str], network: str = "vgg19") -> dict[str, Blocks]:
    """Return what each layer depends on (see `layers.Blocks`), by the names as they were given.

    Args:
        source: as for `load_network`; only whether it is `compact` matters.
        layers: names of layers of the network.
        network: `vgg19` or `vgg16`.
    """
    found = {}
    for name in layers:
        layer = resolve_layer(name, network)
        is_compact = source == "compact"
        found[name] = compact.blocks_before(layer) if is_compact else blocks_before(layer, network)
    return found
