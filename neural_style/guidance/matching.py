"""Label maps of two pictures whose regions correspond: sky finds sky, whatever their colours.

What the network sees at a place, deep within, tells what is there better than its colours do. So
both pictures are divided together, by k-means over superpixels of both in the network's features.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np
import tensorflow as tf

from neural_style.guidance.segmentation import (
    COLOURS,
    FEWEST,
    SEED,
    Request,
    at_size,
    check_name,
    find_centres,
    nearest,
    piece_means,
    read_photograph,
    region_map,
    superpixels,
)
from neural_style.images.drawing import draw_regions
from neural_style.images.picture import reduced_size, resize
from neural_style.networks.activations import Activations, dense
from neural_style.networks.activations import size as layer_size
from neural_style.networks.registry import open_network
from neural_style.runtime.device import device_scope
from neural_style.runtime.errors import StyleError
from neural_style.runtime.interrupts import check, waiting
from neural_style.settings.config import Config

# Shallower layers see colour and light, which differ between a photograph and a painting. On three
# pairs of outdoor photographs with regions that people have drawn, in their number, the mean
# overlap (intersection over union) was 0.73; relu2_1 added, it was 0.62, relu1_1 as well, 0.48;
# relu5_1 alone, 0.52.
LAYERS = ("relu3_1", "relu4_1", "relu5_1")
GRID = "relu4_1"  # the layer to whose positions all are brought
SEEN_SIZE = 384  # larger pictures are reduced to it for the network
COMPONENTS = 32
SCALE = 100  # of features, so that k-means stops at 0.001 of a layer's length
LEAST_SHARE = 0.1  # that each region has of either picture, where their number is not given


def match_masks(config: Config, request: Request) -> list[tuple[str, str, np.ndarray]]:
    """Make the label maps of two pictures, and overlays to look at.

    Args:
        config: names the photograph, the folders, the result, the network, its weights and the
            device; `max_size` is the size at which the regions' edges are found.
        request: names the other picture (`match`), and how many regions (`clusters`); None for as
            many as both pictures share.

    Returns:
        What to add to the name of the result's file, a remark, and the picture, [H, W, 3], uint8,
        for each: the photograph's label map and overlay, then the other picture's. What
        corresponds has one colour of `segmentation.COLOURS` and one number, the largest first.

    Raises:
        StyleError: a picture is missing, unreadable, of one colour alone, or too small; the
            result's name is of a format that would change the label maps' colours; the network's
            weights are not to be had; or the pictures have nothing in common.
    """
    check_name(config.img_name)
    pair = (
        read_photograph(config.content_img, config.content_img_dir, "picture", config.max_size),
        read_photograph(request.match, config.style_imgs_dir, "match", config.max_size),
    )
    sizes = [picture.shape[:2] for picture in pair]
    reduced = [
        resize(picture, reduced_size(size, config.max_size))
        for picture, size in zip(pair, sizes, strict=True)
    ]
    maps = match_regions(reduced, deep_features(config, request, reduced), request.clusters)
    count = 1 + int(maps[0].max())
    labels = [at_size(found, count, size) for found, size in zip(maps, sizes, strict=True)]
    lost = (request.clusters or count) - count
    note = f"{count} regions" + f", the other {lost} are not in both pictures" * bool(lost)
    colours = np.array(COLOURS, np.uint8)
    parts = []
    for ending, picture, found in zip(("", "_style"), pair, labels, strict=True):
        areas = 100 * np.bincount(found.ravel(), minlength=count) / found.size
        legend = ", ".join(
            "#{:02x}{:02x}{:02x} {:.1f} %".format(*colour, area)
            for colour, area in zip(COLOURS, areas, strict=False)
        )
        parts.append((ending, f"{note}: {legend}", colours[found]))
        overlay = draw_regions(picture, found, colours)
        parts.append((f"{ending}_overlay", "to look at", overlay))
    return parts


def deep_features(
    config: Config, request: Request, pictures: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Return what the network sees at each position of two pictures.

    From each layer the picture's own mean is taken away, as part of its look (Huang and Belongie,
    "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization", 2017, take mean
    and deviation for a picture's style), and what is left at a position is brought to length 1: in
    what direction a place differs from the rest of its picture is alike in both. With the means
    left in, the overlap was 0.51 where it was 0.71 (256 px, without superpixels). The layers
    together are reduced to COMPONENTS principal components of both pictures.

    Args:
        config: names the network, its weights and the device.
        request: names the other picture.
        pictures: [H, W, 3] each, uint8.

    Returns:
        [h, w, C] each, float32; [h, w] are the positions of GRID.

    Raises:
        StyleError: the weights are missing or damaged.
    """
    spec = replace(config.network_spec(), layers=LAYERS)
    features = []
    with waiting(), device_scope(config.device) as device:
        network = open_network(spec, device)
        for picture in pictures:
            seen = resize(picture, reduced_size(picture.shape[:2], SEEN_SIZE))
            features.append(_directions(network.features(tf.constant(seen[None], tf.float32))))
            check()
    positions = np.concatenate([found.reshape(-1, found.shape[-1]) for found in features])
    axes = _principal_axes(positions - positions.mean(0))
    return [SCALE * (found @ axes) for found in features]


def _directions(activations: Mapping[str, Activations]) -> np.ndarray:
    """Return the layers side by side, each without its mean and of length 1: [h, w, C]."""
    size = layer_size(activations[GRID])
    layers = []
    for seen in activations.values():
        found = tf.image.resize(dense(seen), size, antialias=True)[0]
        layers.append(tf.nn.l2_normalize(found - tf.reduce_mean(found, (0, 1)), -1))
    return tf.concat(layers, -1).numpy()


def _principal_axes(rows: np.ndarray) -> np.ndarray:
    """Return the COMPONENTS axes, [C, COMPONENTS], of most variance of rows [n, C] around 0.

    By subspace iteration, which takes a hundredth of the time of all C axes.
    """
    axes = np.random.default_rng(SEED).normal(size=(rows.shape[1], COMPONENTS)).astype(np.float32)
    for _ in range(10):
        axes, _ = np.linalg.qr(rows.T @ (rows @ axes))
    return axes


def match_regions(
    pictures: Sequence[np.ndarray], features: Sequence[np.ndarray], count: int | None = None
) -> list[np.ndarray]:
    """Divide pictures into regions that all of them have.

    Args:
        pictures: [H, W, 3] each, uint8, RGB, each side at least 16.
        features: [h, w, C] each, float32: what is alike is near.
        count: of regions, 2 to 16; those that not every picture has go to the regions nearest to
            them. None for as many as each picture has with LEAST_SHARE of it or more.

    Returns:
        [H, W] each, uint8: from 0 on without gaps, the largest in all of them first.

    Raises:
        StyleError: they have no two regions in common.
    """
    pieces = [superpixels(picture) for picture in pictures]
    means = [
        piece_means(found, (cv2.resize(channel, found.shape[::-1]) for channel in _channels(seen)))
        for found, seen in zip(pieces, features, strict=True)
    ]
    centres = _centres(means, [np.bincount(found.ravel()) / found.size for found in pieces], count)
    while True:
        maps = [region_map(*given, centres) for given in zip(pieces, means, strict=True)]
        areas = [np.bincount(found.ravel(), minlength=len(centres)) / found.size for found in maps]
        least = np.min(areas, 0)
        if least.all():
            break
        centres = np.delete(centres, least.argmin(), 0)
    if len(centres) < FEWEST:
        raise StyleError(
            "match: the network finds nothing that the two pictures have in common; divide each by "
            "-clusters instead"
        )
    rank = np.argsort(np.argsort(-np.sum(areas, 0), kind="stable")).astype(np.uint8)
    return [rank[found] for found in maps]


def _channels(features: np.ndarray) -> np.ndarray:
    """Return [C, h, w], contiguous."""
    return np.ascontiguousarray(np.moveaxis(features, -1, 0), np.float32)


def _centres(
    means: Sequence[np.ndarray], shares: Sequence[np.ndarray], count: int | None
) -> np.ndarray:
    """Return the regions' centres, [k, C], from superpixels' means and shares of their picture."""
    together, weights = np.concatenate(means), np.concatenate(shares)
    if count is not None:
        return find_centres(together, weights, count)
    found = find_centres(together, weights, FEWEST)
    for more in itertools.count(FEWEST + 1):
        centres = find_centres(together, weights, more)
        areas = [
            np.bincount(nearest(mean, centres), share, more)
            for mean, share in zip(means, shares, strict=True)
        ]
        if np.min(areas) < LEAST_SHARE:
            return found
        found = centres
