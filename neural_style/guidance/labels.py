"""Label maps as arrays: their colors, gaps, islands, sizes and numbers."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

# So far apart that rounding and careful editing keep them apart ("20 simple, distinct colors" by
# Sasha Trubetskoy).
COLORS = (
    (230, 25, 75),  # red
    (60, 180, 75),  # green
    (255, 225, 25),  # yellow
    (0, 130, 200),  # blue
    (245, 130, 48),  # orange
    (145, 30, 180),  # purple
    (70, 240, 240),  # cyan
    (240, 50, 230),  # magenta
    (210, 245, 60),  # lime
    (250, 190, 212),  # pink
    (0, 128, 128),  # teal
    (128, 128, 0),  # olive
    (170, 110, 40),  # brown
    (128, 0, 0),  # maroon
    (0, 0, 128),  # navy
    (128, 128, 128),  # gray
)
MIN_ISLAND = 1 / 400  # of the picture; smaller islands go to what surrounds them


def hex_color(color: Sequence[int] | np.ndarray) -> str:
    """Return a color, three levels of 8 bits, as #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*color)


def fill_gaps(labels: np.ndarray, is_labeled: np.ndarray) -> np.ndarray:
    """Give each pixel without a label the one of the nearest pixel that has one.

    Args:
        labels: [H, W], whole numbers.
        is_labeled: [H, W], bool, not all False.

    Returns:
        [H, W], of the labels' dtype.
    """
    _, nearest = cv2.distanceTransformWithLabels(
        (~is_labeled).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    label_of = np.zeros(nearest.max() + 1, labels.dtype)
    label_of[nearest[is_labeled]] = labels[is_labeled]
    filled: np.ndarray = label_of[nearest]
    return filled


def remove_islands(labels: np.ndarray) -> np.ndarray:
    """Give connected pieces smaller than MIN_ISLAND to what surrounds them.

    Args:
        labels: [H, W], uint8.

    Returns:
        [H, W], uint8; the same labels where every piece is that small.
    """
    is_large = np.zeros(labels.shape, bool)
    for label in np.unique(labels):
        _, pieces, stats, _ = cv2.connectedComponentsWithStats((labels == label).astype(np.uint8))
        large_pieces = stats[:, cv2.CC_STAT_AREA] >= MIN_ISLAND * labels.size
        large_pieces[0] = False  # what is not of this label
        is_large |= large_pieces[pieces]
    return fill_gaps(labels, is_large) if is_large.any() else labels


def resize_labels(
    labels: np.ndarray, count: int, size: tuple[int, int], blur: float = 0.0
) -> np.ndarray:
    """Return labels at another size, with smooth edges: each pixel's is that of most weight there.

    Args:
        labels: [H, W], uint8, in [0, count).
        count: of labels.
        size: height and width, not smaller.
        blur: standard deviation, in pixels of `labels`, of a Gaussian that smooths the edges.

    Returns:
        [height, width], uint8, in [0, count).
    """
    max_weights = np.full(size, -1, np.float32)
    resized = np.zeros(size, np.uint8)
    for label in range(count):
        weights: np.ndarray = (labels == label).astype(np.float32)
        if blur:
            weights = cv2.GaussianBlur(weights, (0, 0), blur)
        weights = cv2.resize(weights, size[::-1], interpolation=cv2.INTER_LINEAR)
        resized[weights > max_weights] = label
        max_weights = np.maximum(max_weights, weights)
    return resized


def number_by_area(labels: np.ndarray) -> np.ndarray:
    """Number labels [H, W] anew, uint8, without gaps, the largest area first."""
    areas = np.bincount(labels.ravel())
    order = np.argsort(-areas, kind="stable")[: np.count_nonzero(areas)]
    rank = np.zeros(len(areas), np.uint8)
    rank[order] = np.arange(len(order))
    ranks: np.ndarray = rank[labels]
    return ranks
