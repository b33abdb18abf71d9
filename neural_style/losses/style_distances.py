"""The style losses: ways to compare a layer of a picture with a style's.

The paper's, by Gram matrices, stands beside others, each by its name. What a way knows of the
activations are sums over positions, so that a picture can be cut into tiles; `sliced` alone needs
the whole.

The style distances `wasserstein`, `mean_std` and `sliced` are relative to the style's mean square
activation: 0 where the distributions agree, UNIT where nothing of the picture reaches the layer. So
they compare between layers, sizes and networks, and a weight means the same for each of them.

Shapes: M positions, C channels, F the picture's activations, as in `gram`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from neural_style.losses.gram import each, gram, moments, unchanged
from neural_style.networks.activations import Activations, dense

# What a relative distance of 1 counts. Gram losses of photographs are of this order, so that the
# weights which suit them suit the others.
UNIT = 1e7


def style_loss(
    gram_matrix: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor, positions: tf.Tensor
) -> tf.Tensor:
    """Return sum_i w_i * sum((G - A_i)^2) / (4 N^2 M^2) for one layer (equation 4).

    The paper has one style. For several, with B = sum(w_i A_i) / W and W = sum(w_i),

        sum_i w_i ||G - A_i||^2 = W ||G - B||^2 + sum_i w_i ||A_i - B||^2,

    of which the second part does not depend on the image. So the gradient is that of the one
    blended target B, while the value is the whole sum. It is computed this way, which costs the
    same for any number of styles.

    Args:
        gram_matrix: G, [B, C, C], of the images.
        targets: A, [k, C, C], of the k styles.
        weights: w, [k], not negative.
        positions: M, a scalar.

    Returns:
        [B].
    """
    channels = tf.cast(tf.shape(targets)[-1], tf.float32)
    # Divided before they are squared: the squares of raw Gram entries near float32's limit.
    divisor = 2.0 * channels * tf.cast(positions, tf.float32)
    total = tf.reduce_sum(weights)
    blend = tf.math.divide_no_nan(tf.tensordot(weights, targets, 1), total)
    distance = tf.reduce_sum(tf.square((gram_matrix - blend) / divisor), [1, 2])
    spreads = tf.reduce_sum(tf.square((targets - blend) / divisor), [1, 2])
    return total * distance + tf.tensordot(weights, spreads, 1)


# Eigenvalues below this part of the largest are rounding errors of the sums.
ROUNDING = 1e-5
# Of the directions of `sliced`.
SEED = 0


@dataclass(frozen=True)
class StyleDistance:
    """How the style of a layer is compared.

    Attributes:
        statistic: of activations [B, H, W, C] under a mask [1, H, W, 1] or None, [B, ...].
        target: of one style's statistic, and the number of positions of the picture, what the
            picture is compared with.
        distance: of the pictures' statistic, k targets stacked, their weights [k], and the number
            of positions, the weighted sum of the k losses, [B].
        additive: whether the statistic of a whole is the sum of its tiles'.
        counts_positions: whether the statistic grows with the number of positions, which it does
            not tell.
    """

    statistic: Callable[[Activations, tf.Tensor | None], tf.Tensor]
    target: Callable[[tf.Tensor, int], tf.Tensor]
    distance: Callable[[tf.Tensor, tf.Tensor, tf.Tensor, int], tf.Tensor]
    additive: bool = True
    counts_positions: bool = False


def gaussian(statistic: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return mean [C] and covariance [C, C] of activations, given their moments, [C + 1, C + 1]."""
    statistic /= statistic[-1, -1]
    mean = statistic[-1, :-1]
    return mean, statistic[:-1, :-1] - mean[:, None] * mean


def _gaussian_target(statistic: tf.Tensor, positions: int) -> tf.Tensor:
    """Return the root of the covariance beside the mean, [C, C + 1]."""
    mean, covariance = gaussian(statistic)
    values, vectors = np.linalg.eigh(np.asarray(covariance, np.float64))
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return tf.concat([tf.constant(root, tf.float32), mean[:, None]], 1)


def wasserstein(
    statistic: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor, positions: int
) -> tf.Tensor:
    """Return the squared Wasserstein-2 distance between Gaussians, relative to the style's size.

    With the means m and n and the covariances S of the picture and T of the style it is

        UNIT (||m - n||^2 + tr S + tr T - 2 tr (T^1/2 S T^1/2)^1/2) / (||n||^2 + tr T)

    Source: Gelbrich, "On a formula for the L2 Wasserstein metric between measures on Euclidean and
    Hilbert spaces", 1990; as a style loss Mroueh, "Wasserstein Style Transfer", 2020.

    Args:
        statistic: of the pictures, see `gram.moments`.
        targets: T^1/2 beside n for each of k styles, [k, C, C + 1].
        weights: of the styles, [k].
        positions: not needed, since the statistic has it.

    Returns:
        The weighted sum over the styles, [B].
    """
    return each(lambda one: _wasserstein(one, targets, weights), statistic)


def _wasserstein(statistic: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Return `wasserstein` of one picture, a scalar."""
    mean, covariance = gaussian(statistic)
    relative = 0.0
    for target, weight in zip(tf.unstack(targets), tf.unstack(weights), strict=True):
        root, mean_of_style = target[:, :-1], target[:, -1]
        size = tf.reduce_sum(root**2)  # tr T
        shared = _trace_of_root(root @ covariance @ root)
        spread = tf.linalg.trace(covariance) + size - 2 * shared
        distance = tf.reduce_sum((mean - mean_of_style) ** 2) + spread
        relative += weight * distance / (tf.reduce_sum(mean_of_style**2) + size)
    return UNIT * relative


# Traced once for all layers and pictures, see `gram._products_of`.
@tf.function(input_signature=[tf.TensorSpec([None, None])], autograph=False)
@tf.custom_gradient
def _trace_of_root(
    matrix: tf.Tensor,
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """Return tr A^1/2 of a symmetric positive semidefinite A, [C, C].

    Its derivative is A^-1/2 / 2, here with a floor under the eigenvalues: those of eigenvectors,
    by which TensorFlow would go, are not finite where two eigenvalues are equal.
    """
    values, vectors = tf.linalg.eigh((matrix + tf.transpose(matrix)) / 2)
    floor = ROUNDING * values[-1] + 1e-30

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        inverse = (vectors / tf.sqrt(tf.maximum(values, floor))) @ tf.transpose(vectors)
        return upstream * inverse / 2

    return tf.reduce_sum(tf.sqrt(tf.nn.relu(values))), gradient


def mean_std(
    statistic: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor, positions: int
) -> tf.Tensor:
    """Return the squared differences of mean and standard deviation, relative to the style's size.

        UNIT sum_c ((m_c - n_c)^2 + (s_c - t_c)^2) / sum_c (n_c^2 + t_c^2)

    It is `wasserstein` between Gaussians whose channels are independent. Source: Li, Wang, Liu and
    Hou, "Demystifying Neural Style Transfer", 2017, section 4.3.

    Args:
        statistic: of the pictures, see `gram.moments`.
        targets: n beside t for each of k styles, [k, C, 2].
        weights: of the styles, [k].
        positions: not needed.

    Returns:
        The weighted sum over the styles, [B].
    """
    return _relative(each(lambda one: _mean_std(one, positions), statistic), targets, weights)


def _mean_std(statistic: tf.Tensor, positions: int) -> tf.Tensor:
    """Return mean and standard deviation of each channel, [C, 2]."""
    mean, covariance = gaussian(statistic)
    variance = tf.linalg.diag_part(covariance)
    # The floor keeps the root's derivative finite.
    floor = ROUNDING * tf.reduce_mean(variance + mean**2) + 1e-30
    return tf.stack([mean, tf.sqrt(tf.maximum(variance, floor))], 1)


def _projections(activations: Activations, mask: tf.Tensor | None) -> tf.Tensor:
    """Return the activations along C fixed directions at right angles, sorted, [B, C, M].

    With a mask, M quantiles of those at positions where it is at least 1/2.
    """
    features = dense(activations)
    channels = features.shape[-1]
    random = np.random.default_rng(SEED).normal(size=[channels] * 2)
    directions = tf.constant(np.linalg.qr(random)[0], tf.float32)

    def projected(picture: tf.Tensor) -> tf.Tensor:
        rows = tf.reshape(picture, [-1, channels])
        positions = tf.shape(rows)[0]
        if mask is not None:
            rows = tf.boolean_mask(rows, tf.reshape(mask, [-1]) >= 0.5)
        values = tf.sort(tf.matmul(directions, rows, transpose_a=True, transpose_b=True), -1)
        return values if mask is None else _resampled(values, positions)

    return each(projected, features)


def sliced(
    statistic: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor, positions: int
) -> tf.Tensor:
    """Return the sliced Wasserstein-2 distance, squared, relative to the style's size.

    Along C fixed directions at right angles, the mean squared difference between the sorted
    activations of the picture and of the style, summed. So it sees the whole distribution and not
    its moments alone. Source: Heitz et al., "A Sliced Wasserstein Loss for Neural Texture
    Synthesis", 2021; there the directions are drawn anew for each evaluation, which L-BFGS does
    not take.

    Args:
        statistic: of the pictures, values along each direction, sorted, [B, C, M].
        targets: of k styles, [k, C, M].
        weights: of the styles, [k].
        positions: M.

    Returns:
        The weighted sum over the styles, [B].
    """
    return _relative(statistic, targets, weights)


def _relative(values: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Return UNIT sum_i w_i ||values - target_i||^2 / ||target_i||^2 for k targets, [B].

    By one blended target and a constant, as in `style.style_loss`: so the gradient needs one
    difference, whatever k is.
    """
    shares = weights / tf.reduce_sum(targets**2, [1, 2])
    total = tf.reduce_sum(shares)
    blend = tf.math.divide_no_nan(tf.tensordot(shares, targets, 1), total)
    spreads = tf.reduce_sum((targets - blend) ** 2, [1, 2])
    distance = tf.reduce_sum((values - blend) ** 2, [1, 2])
    return UNIT * (total * distance + tf.tensordot(shares, spreads, 1))


def _resampled(sorted_values: tf.Tensor, count: int | tf.Tensor) -> tf.Tensor:
    """Return so many quantiles of values sorted along the last axis."""
    length = tf.shape(sorted_values)[-1]
    place = (tf.range(count, dtype=tf.float32) + 0.5) / tf.cast(count, tf.float32)
    place = tf.clip_by_value(place * tf.cast(length, tf.float32) - 0.5, 0, float("inf"))
    below = tf.minimum(tf.cast(place, tf.int32), length - 1)
    above = tf.minimum(below + 1, length - 1)
    share = place - tf.cast(below, tf.float32)
    lower = tf.gather(sorted_values, below, axis=-1)
    return lower + share * (tf.gather(sorted_values, above, axis=-1) - lower)


STYLE_DISTANCES = {
    "gram": StyleDistance(gram, unchanged, style_loss, counts_positions=True),
    "wasserstein": StyleDistance(moments, _gaussian_target, wasserstein),
    "mean_std": StyleDistance(moments, _mean_std, mean_std),
    "sliced": StyleDistance(_projections, _resampled, sliced, additive=False),
}
