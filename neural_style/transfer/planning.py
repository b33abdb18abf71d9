"""How much memory a run takes, and into which tiles to cut pictures so that it takes no more."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import tensorflow as tf

from neural_style.networks.layers import Blocks
from neural_style.networks.registry import blocks_by_layer
from neural_style.runtime.errors import StyleError
from neural_style.runtime.memory import SHARE, allowed, to_text
from neural_style.settings.config import Config
from neural_style.transfer.tiling import Tiling, sides

FLOAT = 4  # bytes
# Of an activation; in bfloat16 a few are float32 all the same. Measured for float16: what it saves
# is less than what goes into the float32 beside it, and into a processor's convolutions.
ACTIVATION = {"float32": 4, "bfloat16": 2.2, "float16": 6.4}
# Measured: Python, TensorFlow and the libraries, the network's weights and graphs.
PROGRAM = 768 * 2**20
# Pictures of the size of the transfer that are in memory at once: those of the optimiser while the
# loss is evaluated (of L-BFGS ten steps of two, and those of a line search; TFP copies them), and
# the photograph, the start, the result.
OPTIMISER = {"adam": 7, "lbfgs": 2 * 10 + 16, "tfp_lbfgs": 4 * 10 + 16}
PICTURES = 4
# Measured: what comes and goes beside the activations that the gradient needs, in layers of the
# first block, which are the largest.
PASSING = 3.6
# What `sliced` keeps of each activation of VGG along its directions: the value, and where it was
# before they were sorted; and as much for each style's. Measured, with compact at 512 px: 16 and 22
# bytes for one and two styles, 16 and 24 by this. Other distances took no more than `gram`.
SORTED = 2 * FLOAT
# Pictures that the optimiser's last Step holds, and bytes a pixel that matching colours took beside
# (measured; by the method that takes the most). It comes when all else is gone.
LAST_STEP = {"adam": 3, "lbfgs": 2 * 10 + 2, "tfp_lbfgs": 1}
MATCHING = 135


def estimate_peak(
    config: Config,
    size: tuple[int, int],
    side: int | None = None,
    regions: int = 0,
    added_layers: Sequence[str] = (),
) -> int:
    """Return the bytes of memory that a run will take at its peak, the whole process.

    Args:
        config: the settings. With `model_weights` auto, VGG is assumed.
        size: height and width of the picture.
        side: the longest side of tiles; None for the picture as a whole.
        regions: how many the picture has; 0 for no label maps.
        added_layers: what the network gives beside the layers of content and style.
    """
    layers = _layers(config, added_layers)
    content_layers, style_layers = config.active_layers()
    activation = ACTIVATION.get(config.precision, FLOAT)
    # Bytes for each pixel of the picture: three numbers for each colour picture, the content's
    # targets, the masks at each layer.
    pictures = PICTURES + len(config.style_imgs) + OPTIMISER[config.optimizer]
    targets = sum(_numbers(layers[name]) for name in content_layers)
    whole = 3 * pictures * FLOAT + targets * activation
    # And for each pixel of a tile: what the gradient needs of the activations, and the rest.
    deepest = max(layers.values(), key=lambda blocks: (len(blocks), blocks[-1][0]))
    kept = sum(count * channels * _positions(i) for i, (count, channels) in enumerate(deepest))
    tile = (kept + PASSING * deepest[0][1]) * activation
    masks = regions or (len(config.style_imgs) if config.style_mask else 0)
    compared = [layers[name] for name in style_layers]
    of_style = activation * sum(map(_numbers, compared))
    if masks:  # at each layer, and activations under each
        whole += FLOAT * masks * sum(_positions(len(it) - 1) for it in compared)
        tile += masks * of_style
    if config.style_distance == "sliced":  # of VGG's channels, which compact predicts
        predicted = blocks_by_layer("imagenet", style_layers, config.network).values()
        tile += SORTED * (max(masks, 1) + len(config.style_imgs)) * sum(map(_numbers, predicted))
    side = max(sides(size, layers)) if side is None else side
    crop = Tiling.of(layers, side).largest(size)
    if crop != size:  # the part of each layer that is a tile's own is cut out of it
        tile += of_style
    painting = int(whole * math.prod(size) + tile * math.prod(crop))
    if config.color_match == "auto":
        return PROGRAM + painting
    pictures = PICTURES + len(config.style_imgs) + LAST_STEP[config.optimizer]
    return PROGRAM + max(painting, (3 * FLOAT * pictures + MATCHING) * math.prod(size))


def plan(
    config: Config,
    size: tuple[int, int],
    max_side: int | None = None,
    regions: int = 0,
    added_layers: Sequence[str] = (),
) -> Tiling:
    """Return the tiling with the largest tiles that fit into the memory allowed.

    Where the picture fits as a whole, it is one tile.

    Args:
        config: the settings; `model_weights` says whether the network is `compact`.
        size: height and width of the picture.
        max_side: the largest side that tiles may have, whatever memory there is.
        regions: see `estimate_peak`.
        added_layers: see `estimate_peak`.

    Raises:
        StyleError: even the smallest tiles do not fit.
    """
    layers = _layers(config, added_layers)
    limit = config.max_memory_bytes
    given = f"max_memory is {config.max_memory}"
    if limit is None:
        limit = available(config.device)
        given = f"{to_text(limit or 0)} are free"
    for side in sides(size, layers):
        peak = estimate_peak(config, size, side, regions, added_layers)
        if (limit is None or peak <= limit) and (max_side is None or side <= max_side):
            return Tiling.of(layers, side)
    raise StyleError(
        f"a picture of {size[1]} x {size[0]} pixels takes at least {to_text(peak)} of memory with "
        f"the optimizer {config.optimizer}, and {given}: use a smaller max_size"
        + ("" if config.optimizer == "adam" else " or the optimizer adam")
        + (", or raise max_memory" if config.max_memory_bytes else "")
    )


def _layers(config: Config, added: Sequence[str] = ()) -> dict[str, Blocks]:
    """Return what the layers in use depend on."""
    names = dict.fromkeys(itertools.chain(*config.active_layers(), added))
    return blocks_by_layer(config.model_weights, list(names), config.network)


def _positions(index: int) -> float:
    """Return how many positions for each pixel the layers of a block have, counted from 0."""
    return 0.25**index


def _numbers(blocks: Blocks) -> float:
    """Return how many activations for each pixel a layer has."""
    return blocks[-1][1] * _positions(len(blocks) - 1)


def available(device: str = "/cpu:0") -> int | None:
    """Return how many bytes this process may come to take: what it has, and what is free.

    Args:
        device: for a GPU that TensorFlow sees, the memory there counts, else the machine's.

    Returns:
        The bytes, or None where the system does not tell.
    """
    kind, _, number = device.strip("/").partition(":")
    if kind == "gpu" and len(tf.config.list_physical_devices("GPU")) > int(number):
        return _available_on_gpu(int(number))
    return allowed()


def _available_on_gpu(number: int) -> int | None:
    from tensorflow.python.client import device_lib  # TensorFlow tells it nowhere else

    limits = [
        device.memory_limit
        for device in device_lib.list_local_devices()
        if device.name.lower() == f"/device:gpu:{number}"
    ]
    return int(SHARE * limits[0]) if limits else None
