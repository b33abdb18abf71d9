"""Regions of a photograph: superpixels, clustered by what they look like and where they are."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from neural_style.guidance.kmeans import find_centers, nearest_center
from neural_style.guidance.labels import fill_gaps, remove_islands, resize_labels

SUPERPIXELS = 800
# Weights of lightness, of texture, and of the place in percent of the longer side, where a step of
# 1 in Lab's a or b counts 1. Light changes within a thing; what lies at one height belongs together
# more often than what lies above each other. On eight photographs with regions that people have
# drawn (intersection over union 0.55), none of them matters much alone: without texture or place it
# was 0.53.
LIGHTNESS, TEXTURE, DOWN, ACROSS = 0.5, 4.0, 0.5, 0.2


def cluster(photograph: np.ndarray, count: int) -> np.ndarray:
    """Divide a photograph into regions of like color, texture and place.

    k-means (by OpenCV) over superpixels, so that a region's edge follows the picture's and single
    pixels do not stray. A region may be in several pieces.

    Args:
        photograph: [H, W, 3], uint8, RGB, each side at least 16.
        count: of regions, 2 to 16.

    Returns:
        [H, W], uint8, in [0, count); small islands are gone, and with them a region may be.
    """
    pieces = superpixels(photograph)
    lab: np.ndarray = cv2.cvtColor(photograph.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lightness = lab[..., 0]
    texture = np.abs(lightness - cv2.GaussianBlur(lightness, (0, 0), 2))
    down, across = pixel_positions(pieces.shape[:2])
    channels = (
        LIGHTNESS * lightness,
        lab[..., 1],
        lab[..., 2],
        TEXTURE * texture,
        DOWN * down,
        ACROSS * across,
    )
    means = piece_means(pieces, channels)
    centers = weighted_centers(means, np.bincount(pieces.ravel()), count)
    return region_map(pieces, means, centers)


def superpixels(photograph: np.ndarray) -> np.ndarray:
    """Divide a photograph into about SUPERPIXELS connected pieces that end where its edges are.

    By watershed from a grid of points; OpenCV has the usual SLIC in its contributed modules alone.

    Args:
        photograph: [H, W, 3], uint8, each side at least 16.

    Returns:
        [H, W], int32, from 0 on without gaps.
    """
    height, width = photograph.shape[:2]
    step = max(4, round((height * width / SUPERPIXELS) ** 0.5))
    seeds = np.zeros((height, width), np.int32)
    grid = seeds[step // 2 :: step, step // 2 :: step]
    grid[:] = np.arange(1, 1 + grid.size).reshape(grid.shape)
    # Watershed takes the outermost pixels for edges, so it gets a frame to spend.
    smooth = cv2.bilateralFilter(photograph, 5, 25, 5)
    smooth = cv2.copyMakeBorder(smooth, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    pieces: np.ndarray = cv2.watershed(smooth, np.pad(seeds, 1))[1:-1, 1:-1]
    return fill_gaps(pieces, pieces > 0) - 1


def piece_means(pieces: np.ndarray, channels: Iterable[np.ndarray]) -> np.ndarray:
    """Return the mean of each channel [H, W] over each superpixel: [count, C], float32."""
    areas = np.bincount(pieces.ravel())
    means = [np.bincount(pieces.ravel(), channel.ravel()) / areas for channel in channels]
    return np.stack(means, -1).astype(np.float32)


def weighted_centers(means: np.ndarray, areas: np.ndarray, count: int) -> np.ndarray:
    """Return the centers of superpixels by k-means, each superpixel counting by its area.

    Args:
        means: [n, C], float32; steps of 0.1 in them count for nothing.
        areas: [n], of the superpixels, in any unit.
        count: of centers, not above n.

    Returns:
        [count, C], float32.
    """
    # OpenCV's k-means knows no weights: a superpixel of twice the area stands there twice.
    copies = np.maximum(1, np.rint(4 * areas / areas.mean())).astype(int)
    return find_centers(np.repeat(means, copies, 0), count, max_iterations=50, attempts=10)


def region_map(pieces: np.ndarray, means: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Join superpixels by their nearest centers, with smooth edges and without small islands.

    Args:
        pieces: superpixels, [H, W].
        means: [n, C], of the superpixels.
        centers: [k, C].

    Returns:
        [H, W], uint8, in [0, k).
    """
    # Superpixels have ragged edges where the picture has none.
    blur = (pieces.size / len(means)) ** 0.5 / 6
    labels = nearest_center(means, centers)[pieces]
    return remove_islands(resize_labels(labels, len(centers), labels.shape, blur))


def pixel_positions(size: tuple[int, ...]) -> np.ndarray:
    """Return how far down and across each pixel is, in percent of the longer side.

    Args:
        size: height and width.

    Returns:
        [2, H, W], float32.
    """
    height, width = size
    return (np.mgrid[:height, :width] * (100 / max(size))).astype(np.float32)
