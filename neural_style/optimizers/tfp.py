"""TensorFlow Probability's L-BFGS, an extra."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from neural_style.optimizers.lbfgs import MEMORY
from neural_style.optimizers.problem import Loss, Point, Problem
from neural_style.optimizers.step import Step
from neural_style.runtime.errors import StyleError


def tfp_lbfgs(loss: Loss, start: tf.Tensor, iterations: int) -> Iterator[Step]:
    """Minimize with TensorFlow Probability's L-BFGS (Hager and Zhang's line search).

    Arguments, yields and raises as `lbfgs`; TensorFlow Probability is the extra `tfp`. It cannot
    go on from a Step: its Steps have no state.
    """
    try:
        import tensorflow_probability as tfp
    except ImportError:
        raise StyleError(
            "optimizer tfp_lbfgs needs TensorFlow Probability: install it with "
            "pip install 'neural_style[tfp]', or use lbfgs"
        ) from None
    problem = Problem(loss)
    yield problem.step(0, problem.begin(start))
    points: list[Point] = []

    def value_and_gradient(flat: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        points.append(problem.at(tf.reshape(flat, start.shape)))
        return tf.constant(points[-1].total), tf.reshape(points[-1].gradient, [-1])

    results = None
    for iteration in range(1, iterations + 1):
        results = tfp.optimizer.lbfgs_minimize(
            value_and_gradient,
            initial_position=tf.reshape(start, [-1]) if results is None else None,
            previous_optimizer_results=results,
            num_correction_pairs=MEMORY,
            max_iterations=iteration,
            tolerance=0,
        )
        # Of the points that it has evaluated, the one that it accepted.
        reached = results.objective_value.numpy()
        points[:] = [point for point in points if np.float32(point.total) == reached][-1:]
        if not points or results.failed:
            return
        yield problem.step(iteration, points[0])
        if results.converged:
            return
