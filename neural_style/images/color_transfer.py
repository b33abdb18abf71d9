"""Give one picture the colors of another: their histograms, or their mean and covariance.

Sources: Gatys, Bethge, Hertzmann and Shechtman, "Preserving Color in Neural Artistic Style
Transfer", 2016 (linear matching); Gatys, Ecker, Bethge, Hertzmann and Shechtman, "Controlling
Perceptual Factors in Neural Style Transfer", 2017, section 5; Hertzmann, Jacobs, Oliver, Curless
and Salesin, "Image Analogies", 2001 (the symmetric square root).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np

from neural_style.images.picture import to_unit

# Variance, in squared gray levels, below which a direction of color is rounding and not color.
# The tint of an old photograph varies by its rounding to 8 bits alone, a gray one's not at all;
# stretched to the reference's variance, that would be colored noise.
MIN_VARIANCE = 1.0
# Added to variances so that Cholesky's decomposition exists for gray pictures; it is invisible.
TINY_VARIANCE = 1e-6
# L of OpenCV's Lab is in [0, 100], a and b are in [-127, 127]; scaled so, all have 256 levels.
LAB_LEVELS = np.array([2.55, 1, 1], np.float32)


def match_histogram(picture: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Give each channel of a picture the histogram of the reference's.

    A level goes to the reference's level of the same rank: the share of pixels below it and half
    of those on it. (By the whole share up to it, as is common too, a flat picture would become as
    bright as the reference's brightest pixel; so it becomes its median.) Ranks are taken of whole
    levels, between them both ways are linear. So pictures of whole numbers are matched exactly,
    and what varies by less than a level stays that smooth.

    Args:
        picture: [H, W, C], levels of about one unit.
        reference: [H', W', C], the same.

    Returns:
        [H, W, C], float32, within the reference's range.
    """
    channels = [
        _match_channel(picture[..., k], reference[..., k]) for k in range(picture.shape[-1])
    ]
    return np.stack(channels, -1).astype(np.float32)


def match_histogram_lab(picture: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Match histograms in CIE Lab, where lightness and the two axes of color are apart.

    Args:
        picture: [H, W, 3], RGB, [0, 255]; what lies outside is cut off.
        reference: [H', W', 3], the same.

    Returns:
        [H, W, 3], float32, RGB, [0, 255].
    """
    matched = match_histogram(_to_lab(picture), _to_lab(reference))
    return cv2.cvtColor(matched / LAB_LEVELS, cv2.COLOR_LAB2RGB) * np.float32(255)


def match_linear(picture: np.ndarray, reference: np.ndarray, cholesky: bool = False) -> np.ndarray:
    """Give a picture the mean and the covariance of the reference's colors, by an affine map.

    `x -> A (x - mean) + mean'` with `A = R' R^-1`, where `R R^T` is the picture's covariance and
    `R' R'^T` the reference's. R is the symmetric square root, or Cholesky's, which depends on the
    order of the channels: red depends on red alone. Departure: where the picture's colors do not
    vary, as a gray one's do not but along gray, the inverse is the pseudo-inverse, so that these
    directions stay flat (see MIN_VARIANCE).

    Args:
        picture: [H, W, 3], RGB, [0, 255].
        reference: [H', W', 3], the same.
        cholesky: whether by Cholesky's decomposition.

    Returns:
        [H, W, 3], float32, not cut off to [0, 255].
    """
    mean, covariance = _moments(picture)
    reference_mean, reference_covariance = _moments(reference)
    root = _cholesky_root if cholesky else _symmetric_root
    # R^T (R R^T)^+ is the pseudo-inverse of R.
    inverse = root(covariance).T @ _pseudo_inverse(covariance)
    turn = root(reference_covariance) @ inverse
    shift = reference_mean - turn @ mean
    return cv2.transform(np.asarray(picture, np.float32), np.column_stack([turn, shift]))


METHODS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "histogram": match_histogram,
    "histogram_lab": match_histogram_lab,
    "linear": match_linear,
    "linear_cholesky": partial(match_linear, cholesky=True),
}


def match_colors(
    picture: np.ndarray,
    references: Sequence[np.ndarray],
    method: str,
    weights: Sequence[float] = (),
) -> np.ndarray:
    """Give a picture the colors of one or more references.

    With several, it is the average of the pictures that each would give. For histograms in RGB
    that is the one between them (their Wasserstein barycenter).

    Args:
        picture: [H, W, 3], RGB, [0, 255]; what lies outside is cut off.
        references: at least one, [H', W', 3] of any size, the same.
        method: one of METHODS.
        weights: of the references, relative to their sum, which is above 0; equal if not given.

    Returns:
        [H, W, 3], float32, RGB, [0, 255].
    """
    picture = np.clip(picture, 0, 255).astype(np.float32)
    shares = np.array(weights or [1] * len(references), np.float32)
    shares /= shares.sum()
    matched = np.zeros(picture.shape, np.float32)
    for reference, share in zip(references, shares, strict=True):
        one_match = METHODS[method](picture, np.clip(reference, 0, 255))
        matched += share * np.clip(one_match, 0, 255)
    return matched


def _match_channel(channel: np.ndarray, reference: np.ndarray) -> np.ndarray:
    levels, ranks = _ranks(channel)
    reference_levels, reference_ranks = _ranks(reference)
    matched_levels = np.interp(ranks, reference_ranks, reference_levels)
    matched: np.ndarray = np.interp(channel, levels, matched_levels)
    return matched


def _ranks(channel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the levels that occur, from the lowest, and the rank of each in (0, 1)."""
    levels, counts = np.unique(np.rint(channel), return_counts=True)
    return levels, (np.cumsum(counts) - counts / 2) / channel.size


def _to_lab(picture: np.ndarray) -> np.ndarray:
    lab: np.ndarray = cv2.cvtColor(to_unit(picture), cv2.COLOR_RGB2LAB) * LAB_LEVELS
    return lab


def _moments(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean [3] and covariance [3, 3] of a picture's colors, float64."""
    mean = picture.mean((0, 1), dtype=np.float64)
    centered = picture - mean.astype(np.float32)
    sums = np.einsum("hwi,hwj->ij", centered, centered, dtype=np.float64)
    return mean, sums / (picture.shape[0] * picture.shape[1])


def _symmetric_root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    root: np.ndarray = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    return root


def _cholesky_root(covariance: np.ndarray) -> np.ndarray:
    return np.linalg.cholesky(covariance + TINY_VARIANCE * np.eye(3))


def _pseudo_inverse(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(covariance)
    inverse = np.where(values > MIN_VARIANCE, 1 / np.maximum(values, MIN_VARIANCE), 0)
    pseudo_inverse: np.ndarray = vectors * inverse @ vectors.T
    return pseudo_inverse
