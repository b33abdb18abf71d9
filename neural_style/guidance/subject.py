"""A subject, cut out of a photograph by a box or strokes."""

from __future__ import annotations

import cv2
import numpy as np

from neural_style.guidance.clusters import pixel_positions
from neural_style.guidance.kmeans import find_centers, seed_opencv, squared_distances
from neural_style.guidance.labels import remove_islands

GRABCUT_ITERATIONS = 5
STROKE_COLORS = 12  # that a stroke is taken to consist of


def cut_out(
    photograph: np.ndarray, box: np.ndarray | None, foreground: np.ndarray, background: np.ndarray
) -> np.ndarray:
    """Cut out a subject by GrabCut (Rother, Kolmogorov and Blake, 2004).

    Undecided pixels start as the subject's within a box, as in the paper. Without a box those start
    as the subject's whose color and place are nearer to the foreground's strokes than to the
    background's. Were all started as the subject's, skies that no stroke touches would stay in it;
    were all started as background, faces and hair would be lost.

    Args:
        photograph: [H, W, 3], uint8, RGB.
        box: [H, W], bool; what is outside is background. None for no box.
        foreground: [H, W], bool, marked as the subject's; may be empty with a box.
        background: the same of what is not. No pixel is in both.

    Returns:
        [H, W], bool, the subject; empty if GrabCut finds none.
    """
    if box is None:
        likely = _nearer_to_foreground(photograph, foreground, background)
    else:
        likely = box
        background = background | (~box & ~foreground)
    marks: np.ndarray = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[background] = cv2.GC_BGD
    marks[foreground] = cv2.GC_FGD
    background_model, foreground_model = np.zeros((1, 65)), np.zeros((1, 65))
    seed_opencv()
    cv2.grabCut(
        photograph,
        marks,
        (0, 0, 0, 0),  # a rectangle, which the marks replace
        background_model,
        foreground_model,
        GRABCUT_ITERATIONS,
        cv2.GC_INIT_WITH_MASK,
    )
    is_subject = (marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD)
    without_islands = remove_islands(is_subject.astype(np.uint8)) == 1
    subject: np.ndarray = (without_islands | foreground) & ~background
    return subject


def _nearer_to_foreground(
    photograph: np.ndarray, foreground: np.ndarray, background: np.ndarray
) -> np.ndarray:
    """Tell which pixels are nearer in color and place to the foreground's strokes, [H, W], bool."""
    lab = cv2.cvtColor(photograph.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    features = np.dstack([lab, *pixel_positions(foreground.shape)])
    to_foreground, to_background = (
        _distance_to_strokes(features, strokes) for strokes in (foreground, background)
    )
    return to_foreground < to_background


def _distance_to_strokes(features: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    """Return the squared distance of each pixel to the nearest of the strokes' colors, [H, W]."""
    marked = features[strokes]
    count = min(STROKE_COLORS, len(marked))
    centers = find_centers(marked, count, max_iterations=20, attempts=3)
    # One center at a time: all together would take the memory of as many pictures.
    distances = [squared_distances(features, center[None])[..., 0] for center in centers]
    nearest: np.ndarray = np.min(distances, 0)
    return nearest
