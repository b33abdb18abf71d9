"""Label maps of two pictures whose regions correspond: sky finds sky, whatever their colors.

What the network sees at a place, deep within, tells what is there better than its colors do. So
both pictures are divided together, by k-means over superpixels of both in the network's features.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import tensorflow as tf

from neural_style.guidance.clusters import piece_means, region_map, superpixels, weighted_centers
from neural_style.guidance.kmeans import SEED, nearest_center
from neural_style.guidance.labels import COLORS, hex_color, resize_labels
from neural_style.guidance.requests import MIN_REGIONS, Request
from neural_style.guidance.segmentation import MaskPicture, read_photograph
from neural_style.images.drawing import draw_regions
from neural_style.images.picture import reduced_size, resize
from neural_style.networks.activations import Activations, dense
from neural_style.networks.activations import size as layer_size
from neural_style.networks.registry import NetworkSpec, open_network
from neural_style.runtime.device import device_scope
from neural_style.runtime.errors import StyleError
from neural_style.runtime.interrupts import check, waiting

# Shallower layers see color and light, which differ between a photograph and a painting. On three
# pairs of outdoor photographs with regions that people have drawn, in their number, the mean
# overlap (intersection over union) was 0.73; relu2_1 added, it was 0.62, relu1_1 as well, 0.48;
# relu5_1 alone, 0.52.
LAYERS = ("relu3_1", "relu4_1", "relu5_1")
GRID = "relu4_1"  # the layer to whose positions all are brought
NETWORK_SIZE = 384  # larger pictures are reduced to it for the network
COMPONENTS = 32
SCALE = 100  # of features, so that k-means stops at 0.001 of a layer's length
MIN_SHARE = 0.1  # that each region has of either picture, where their number is not given


def match_masks(
    photograph: Any, request: Request, max_size: int, spec: NetworkSpec, device: str
) -> list[MaskPicture]:
    """Make the label maps of two pictures, and overlays to look at.

    Args:
        photograph: a path, or an array as `read.read_picture` takes it.
        request: names the other picture (`match`, a path or an array), and how many regions
            (`clusters`); None for as many as both pictures share.
        max_size: of the longer side, in pixels, at which the regions' edges are found.
        spec: the network; LAYERS take the place of its layers.
        device: to run it on, as for `device.device_scope`.

    Returns:
        The photograph's label map and overlay, then the other picture's (`_style`). What
        corresponds has one color of `labels.COLORS` and one number, the largest first.

    Raises:
        StyleError: a picture is unreadable, of one color alone, or too small; the network's
            weights are not to be had; or the pictures have nothing in common.
    """
    pictures = [
        read_photograph(photograph, "picture", max_size),
        read_photograph(request.match, "match", max_size),
    ]
    sizes = [(picture.shape[0], picture.shape[1]) for picture in pictures]
    reduced = [
        resize(picture, reduced_size(size, max_size))
        for picture, size in zip(pictures, sizes, strict=True)
    ]
    maps = match_regions(reduced, deep_features(reduced, spec, device), request.clusters)
    count = 1 + int(maps[0].max())
    maps = [resize_labels(labels, count, size) for labels, size in zip(maps, sizes, strict=True)]
    remark = f"{count} regions"
    if request.clusters is not None and request.clusters > count:
        remark += f", the other {request.clusters - count} are not in both pictures"
    colors = np.array(COLORS, np.uint8)
    results = []
    for ending, picture, labels in zip(("", "_style"), pictures, maps, strict=True):
        areas = 100 * np.bincount(labels.ravel(), minlength=count) / labels.size
        legend = ", ".join(
            f"{hex_color(color)} {area:.1f} %" for color, area in zip(COLORS, areas, strict=False)
        )
        results.append(MaskPicture(ending, f"{remark}: {legend}", colors[labels]))
        overlay = draw_regions(picture, labels, colors)
        results.append(MaskPicture(f"{ending}_overlay", "to look at", overlay))
    return results


def deep_features(
    pictures: Sequence[np.ndarray], spec: NetworkSpec, device: str
) -> list[np.ndarray]:
    """Return what the network sees at each position of two pictures.

    From each layer the picture's own mean is taken away, as part of its look (Huang and Belongie,
    "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization", 2017, take mean
    and deviation for a picture's style), and what is left at a position is brought to length 1: in
    what direction a place differs from the rest of its picture is alike in both. With the means
    left in, the overlap was 0.51 where it was 0.71 (256 px, without superpixels). The layers
    together are reduced to COMPONENTS principal components of both pictures.

    Args:
        pictures: [H, W, 3] each, uint8.
        spec: the network; LAYERS take the place of its layers.
        device: to run it on.

    Returns:
        [h, w, C] each, float32; [h, w] are the positions of GRID.

    Raises:
        StyleError: the weights are missing or damaged.
    """
    directions = []
    with waiting(), device_scope(device) as device_name:
        network = open_network(replace(spec, layers=LAYERS), device_name)
        for picture in pictures:
            height, width = picture.shape[:2]
            reduced = resize(picture, reduced_size((height, width), NETWORK_SIZE))
            image = tf.constant(reduced[None], tf.float32)
            directions.append(_directions(network.features(image)))
            check()
    positions = np.concatenate([each.reshape(-1, each.shape[-1]) for each in directions])
    axes = _principal_axes(positions - positions.mean(0))
    return [SCALE * (each @ axes) for each in directions]


def _directions(activations: Mapping[str, Activations]) -> np.ndarray:
    """Return the layers side by side, each without its mean and of length 1: [h, w, C]."""
    size = layer_size(activations[GRID])
    layers = []
    for layer in activations.values():
        resized = tf.image.resize(dense(layer), size, antialias=True)[0]
        layers.append(tf.nn.l2_normalize(resized - tf.reduce_mean(resized, (0, 1)), -1))
    directions: np.ndarray = tf.concat(layers, -1).numpy()
    return directions


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
            them. None for as many as each picture has with MIN_SHARE of it or more.

    Returns:
        [H, W] each, uint8: from 0 on without gaps, the largest in all of them first.

    Raises:
        StyleError: they have no two regions in common.
    """
    pieces = [superpixels(picture) for picture in pictures]
    means = [_feature_means(each, feature) for each, feature in zip(pieces, features, strict=True)]
    shares = [np.bincount(each.ravel()) / each.size for each in pieces]
    centers = _region_centers(means, shares, count)
    while True:
        maps = [region_map(each, mean, centers) for each, mean in zip(pieces, means, strict=True)]
        areas = [_areas(labels, len(centers)) for labels in maps]
        min_areas = np.min(areas, 0)
        if min_areas.all():
            break
        centers = np.delete(centers, min_areas.argmin(), 0)
    if len(centers) < MIN_REGIONS:
        raise StyleError(
            "match: the network finds nothing that the two pictures have in common; divide each by "
            "-clusters instead"
        )
    rank = np.argsort(np.argsort(-np.sum(areas, 0), kind="stable")).astype(np.uint8)
    return [rank[labels] for labels in maps]


def _feature_means(pieces: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Return the mean features, [n, C], of superpixels [H, W], from features [h, w, C]."""
    size = pieces.shape[1], pieces.shape[0]
    channels = np.ascontiguousarray(np.moveaxis(features, -1, 0), np.float32)
    return piece_means(pieces, (np.asarray(cv2.resize(channel, size)) for channel in channels))


def _areas(labels: np.ndarray, count: int) -> np.ndarray:
    """Return the share of the picture that each of `count` labels has."""
    shares: np.ndarray = np.bincount(labels.ravel(), minlength=count) / labels.size
    return shares


def _region_centers(
    means: Sequence[np.ndarray], shares: Sequence[np.ndarray], count: int | None
) -> np.ndarray:
    """Return the regions' centers, [k, C], from superpixels' means and shares of their picture."""
    all_means, all_shares = np.concatenate(means), np.concatenate(shares)
    if count is not None:
        return weighted_centers(all_means, all_shares, count)
    centers = weighted_centers(all_means, all_shares, MIN_REGIONS)
    for more in itertools.count(MIN_REGIONS + 1):
        candidates = weighted_centers(all_means, all_shares, more)
        areas = [
            np.bincount(nearest_center(mean, candidates), share, more)
            for mean, share in zip(means, shares, strict=True)
        ]
        if np.min(areas) < MIN_SHARE:
            break
        centers = candidates
    return centers
