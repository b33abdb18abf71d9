"""The layers of the VGG networks and their names (Simonyan and Zisserman, 2015, table 1).

Layers are named as in the paper and the report: `conv4_2` is the second convolution of the fourth
block after its bias, `relu4_2` the same after the ReLU, `pool4` the pooling behind the block.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from neural_style.runtime.errors import StyleError, did_you_mean, shown

# Convolutions in each of the five blocks, and the channels that each block has.
NETWORKS: dict[str, tuple[int, ...]] = {
    "vgg19": (2, 2, 4, 4, 4),
    "vgg16": (2, 2, 3, 3, 3),
}
CHANNELS = (64, 128, 256, 512, 512)

# What a layer depends on: (convolutions, their channels) for each block from the picture on. The
# convolutions are 3 x 3, and between two blocks a pooling halves height and width.
Blocks = tuple[tuple[int, int], ...]


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
        f"layer {shown(name)} is not in {network}{hint}; its layers are conv1_1, relu1_1, ... "
        f"{known[-2]}, {known[-1]}"
    )


def blocks_before(layer: str, network: str) -> Blocks:
    """Return what a layer, named as in the paper, depends on; the last block may have none."""
    block = int(re.search(r"\d", layer)[0])
    counts = NETWORKS[network][:block]
    if layer.startswith("pool"):
        counts, block = (*counts, 0), block + 1
    else:
        counts = (*counts[:-1], int(layer.partition("_")[2]))
    return tuple(zip(counts, (*CHANNELS, CHANNELS[-1]), strict=False))


def stride(blocks: Blocks) -> int:
    """Return how many pixels apart the positions of a layer are."""
    return 2 ** (len(blocks) - 1)


def radius(blocks: Blocks) -> int:
    """Return how many pixels beyond the square of its stride a layer's position sees.

    A convolution adds the distance of its positions, a pooling nothing: it sees the squares of
    four positions, which are one square of the double stride.
    """
    return sum(count * 2**index for index, (count, _) in enumerate(blocks))


def deepest(layers: Iterable[str], network: str) -> str:
    """Return the one of `layers` that lies farthest from the picture."""
    return max(layers, key=layer_names(network).index)
