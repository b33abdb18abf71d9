"""The layers of the VGG networks and their names (Simonyan and Zisserman, 2015, table 1).

Layers are named as in the paper and the report: `conv4_2` is the second convolution of the fourth
block after its bias, `relu4_2` the same after the ReLU, `pool4` the pooling behind the block.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from neural_style.errors import StyleError, did_you_mean

# Convolutions in each of the five blocks, and the channels that each block has.
NETWORKS: dict[str, tuple[int, ...]] = {
    "vgg19": (2, 2, 4, 4, 4),
    "vgg16": (2, 2, 3, 3, 3),
}
CHANNELS = (64, 128, 256, 512, 512)


def convolutions(network: str) -> list[tuple[str, int, int]]:
    """Return (name, input channels, output channels) of each convolution, in order."""
    found, channels_in = [], 3
    for block, (count, channels) in enumerate(zip(NETWORKS[network], CHANNELS, strict=True), 1):
        for index in range(1, count + 1):
            found.append((f"conv{block}_{index}", channels_in, channels))
            channels_in = channels
    return found


def layer_names(network: str) -> list[str]:
    """Return the names of all layers of the network, from the picture to the deepest."""
    names = []
    for block, count in enumerate(NETWORKS[network], 1):
        for index in range(1, count + 1):
            names += [f"conv{block}_{index}", f"relu{block}_{index}"]
        names.append(f"pool{block}")
    return names


def resolve_layer(name: str, network: str) -> str:
    """Return the paper's name of a layer that may be given by Keras's name.

    Keras's `block4_conv2` includes the ReLU, so it is `relu4_2` here; `block4_pool` is `pool4`.

    Raises:
        StyleError: the network has no such layer.
    """
    known = layer_names(network)
    resolved = re.sub(r"^block(\d)_conv(\d)$", r"relu\1_\2", name)
    resolved = re.sub(r"^block(\d)_pool$", r"pool\1", resolved)
    if resolved in known:
        return resolved
    others = [other for other in NETWORKS if other != network and resolved in layer_names(other)]
    hint = f" ({others[0]} has it)" if others else did_you_mean(name, known)
    raise StyleError(
        f"layer {name!r} is not in {network}{hint}; its layers are conv1_1, relu1_1, ... "
        f"{known[-2]}, {known[-1]}"
    )


def deepest(layers: Iterable[str], network: str) -> str:
    """Return the one of `layers` that lies farthest from the picture."""
    return max(layers, key=layer_names(network).index)
