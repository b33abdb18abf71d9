"""k-means by OpenCV: the same rows give the same centers each time."""

from __future__ import annotations

import cv2
import numpy as np

SEED = 0
TOLERANCE = 0.1  # centers that move less than this have converged


def seed_opencv() -> None:
    """Seed OpenCV's random numbers, which k-means and GrabCut draw.

    OpenCV takes no generator: it has a hidden one for each thread. So this is called right before
    each function that draws from it, and changes what the thread's next draws give, also those of
    other users of OpenCV.
    """
    cv2.setRNGSeed(SEED)


def find_centers(rows: np.ndarray, count: int, max_iterations: int, attempts: int) -> np.ndarray:
    """Return the centers of rows by k-means++ (Arthur and Vassilvitskii, 2007).

    Args:
        rows: [n, C], float32.
        count: of centers, not above n.
        max_iterations: of each attempt; it ends before when the centers move by less than
            TOLERANCE.
        attempts: from how many starts; the most compact result is taken.

    Returns:
        [count, C], float32.
    """
    seed_opencv()
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, max_iterations, TOLERANCE)
    labels = np.zeros((len(rows), 1), np.int32)  # filled, not read
    centers: np.ndarray
    _, _, centers = cv2.kmeans(rows, count, labels, criteria, attempts, cv2.KMEANS_PP_CENTERS)
    return centers


def squared_distances(rows: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return squared distances, [..., k], of rows [..., C] from centers [k, C]."""
    distances: np.ndarray = np.square(rows[..., None, :] - centers).sum(-1)
    return distances


def nearest_center(rows: np.ndarray, centers: np.ndarray) -> np.ndarray:
    """Return which of the centers [k, C] is the nearest to each of the rows [n, C]: [n], uint8."""
    nearest: np.ndarray = squared_distances(rows, centers).argmin(-1).astype(np.uint8)
    return nearest
