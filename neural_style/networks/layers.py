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
    shapes, channels_in = [], 3
    for block, (count, channels) in enumerate(zip(NETWORKS[network], CHANNELS, strict=True), 1):
        for index in range(1, count + 1):
            shapes.append((f"conv{block}_{index}", channels_in, channels))
            channels_in = channels
    return shapes


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
    names = layer_names(network)
    layer = re.sub(r"^block(\d)_conv(\d)$", r"relu\1_\2", name)
    layer = re.sub(r"^block(\d)_pool$", r"pool\1", layer)
    if layer in names:
        return layer
    others = [other for other in NETWORKS if other != network and layer in layer_names(other)]
    hint = f" ({others[0]} has it)" if others else did_you_mean(name, names)
    raise StyleError(
        f"layer {shown(name)} is not in {network}{hint}; its layers are conv1_1, relu1_1, ... "
        f"{names[-2]}, {names[-1]}"
    )


def block_of(layer: str) -> int:
    """Return the number, from 1 to 5, of the block that a layer, named as in the paper, is in."""
    return int(layer[4])


def blocks_before(layer: str, network: str) -> Blocks:
    """Return what a layer depends on; behind a pooling, the last block has no convolutions yet.

    Raises:
        StyleError: the network has no such layer.
    """
    layer = resolve_layer(layer, network)
    block = block_of(layer)
    counts = NETWORKS[network][: block - 1]
    if layer.startswith("pool"):
        counts = (*counts, NETWORKS[network][block - 1], 0)
    else:
        counts = (*counts, int(layer.partition("_")[2]))
    return tuple(zip(counts, (*CHANNELS, CHANNELS[-1]), strict=False))


def stride(blocks: Blocks) -> int:
    """Return how many pixels apart the positions of a layer are."""
    return 1 << (len(blocks) - 1)


def receptive_field_radius(blocks: Blocks) -> int:
    """Return how far, in pixels, a position's receptive field reaches beyond the position's own.

    Its own pixels are the square of the layer's stride. A convolution adds the distance of its
    positions, a pooling nothing: it sees the squares of four positions, which are one square of the
    double stride.
    """
    return sum(count * 2**index for index, (count, _) in enumerate(blocks))


def deepest(layers: Iterable[str], network: str) -> str:
    """Return the one of `layers` that lies farthest from the picture."""
    return max(layers, key=layer_names(network).index)
