"""Which network compares the pictures: VGG with somebody's weights, or our own."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import tensorflow as tf

from neural_style import compact
from neural_style.errors import StyleError
from neural_style.features import build_features
from neural_style.layers import Blocks, blocks_before, resolve_layer
from neural_style.losses import Activations
from neural_style.weights import VARIABLE, load_weights

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
        border_type: see `features.first_padding`.

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
