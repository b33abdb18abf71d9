"""Strength: one number for how much of the style there is, which looks alike for any objective."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from neural_style.losses.term import Tensors
from neural_style.transfer.objective import Objective

# How many times the style counts at strength 50, and how fast that changes with it.
EVEN = 4.0
STEEPNESS = 1.5


def weights_for_strength(
    objective: Objective,
    content: tf.Tensor | np.ndarray,
    strength: float,
    style_weight: float,
    tv_weight: float,
) -> Tensors:
    """Return the weights of content, style and total variation that a strength comes to.

    What content and style losses come to depends on size, network, layers and distance. So both are
    taken relative to those of a flat picture of the photograph's mean color, which has almost no
    content and no style. With s = strength / 100 it is minimized, up to a factor,

        (1 - s)^a L_content / L_content(flat) + b s^a L_style / L_style(flat)

    with a = STEEPNESS and b = EVEN, chosen so that what is lost of the photograph, painted from
    itself, grows evenly with the number. At 0 the photograph has the least loss, at 100 the content
    has no weight. Masks let the style work on a part of the picture alone, so the content of as
    large a part counts.

    It takes one evaluation and no trace that the optimizer does not need anyway.

    Args:
        objective: with a content and a style term.
        content: [1, H, W, 3], what it was aimed at.
        strength: in [0, 100].
        style_weight: with tv_weight, how much smoothness counts relative to the style.
        tv_weight: see style_weight.
    """
    mean_color = tf.reduce_mean(tf.cast(content, tf.float32), [1, 2], keepdims=True)
    flat, _ = objective.value_and_gradient(
        tf.zeros([1, *objective.size, 3]) + mean_color, tf.constant(1.0)
    )
    content_loss, style_loss = flat["content"] * _covered(objective), flat["style"]
    # A flat photograph has no content that could be lost.
    ratio = tf.math.divide_no_nan(style_loss, EVEN * content_loss)
    painted, preserved = ((part / 100) ** STEEPNESS for part in (strength, 100 - strength))
    return {
        "content": tf.constant(style_weight * preserved) * ratio,
        "style": tf.constant(style_weight * painted),
        "tv": tf.constant(tv_weight * painted),
    }


def _covered(objective: Objective) -> tf.Tensor | float:
    """Return the share of the picture in which there is a style."""
    masks = next(iter(objective.maps["style"].values()), None)
    if not masks:
        return 1.0
    return tf.reduce_mean(tf.minimum(tf.add_n([tf.square(mask) for mask in masks]), 1.0))
