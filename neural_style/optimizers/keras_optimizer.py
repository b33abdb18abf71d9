"""Any optimizer of Keras's on the pixels: SGD, Lion, a user's own, with a schedule or without.

A Keras optimizer changes its own variables and the one that it optimizes. Here it works on a
variable for the image, and what it makes of that is a proposal: where the loss is not finite there,
the same step is taken at half the length. The optimizer's own variables need not be taken back for
that, since they know the gradients of accepted images alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import keras
import tensorflow as tf

from neural_style.optimizers.problem import UNBOUNDED, Loss, Problem, bounded
from neural_style.optimizers.step import Step
from neural_style.runtime.errors import StyleError, first_line, shown

# How often one step may be halved.
HALVINGS = 30


def keras_optimizer(
    loss: Loss,
    start: tf.Tensor,
    iterations: int,
    optimizer: keras.optimizers.Optimizer,
    bounds: tuple[float, float] = UNBOUNDED,
) -> Iterator[Step]:
    """Minimize with an optimizer of Keras's.

    The gradient that it is given has a root mean square of 1 at the start, whatever the weights of
    the loss are. So its learning rate is in grey levels: with 1.0, SGD's first step moves the
    pixels by 1 (root mean square), and Adam's each pixel.

    It cannot go on from a Step: its Steps have no state, since they would have to copy it.

    Args:
        loss: maps a tensor of the start's shape to scalars, `total` among them.
        start: float32, for images [1, H, W, 3].
        iterations: how many steps.
        optimizer: what a copy by its `get_config` and `from_config` does; it stays as it is.
        bounds: the least and the greatest value that a pixel may take.

    Yields:
        A Step for the start and each iteration. From one whose loss is not finite on, all steps are
        half as long.

    Raises:
        StyleError: see `fresh_copy`; or the loss is not finite at the start.
    """
    optimizer = fresh_copy(optimizer)
    problem = Problem(loss, bounds)
    point = problem.begin(start)
    del start  # a large image's memory is not held for nothing
    variable = keras.Variable(point.image, dtype="float32", name="image")
    optimizer.build([variable])
    yield problem.step(0, point)
    share = 1.0  # of the way to what the optimizer proposes
    for iteration in range(1, iterations + 1):
        note = ""
        variable.assign(point.image)
        # Not in a graph: TensorFlow would keep it, since Keras has a custom gradient in it. `apply`
        # divides by the factor that `scale_loss` multiplies with, where there is one.
        optimizer.apply([optimizer.scale_loss(point.gradient)], [variable])
        proposal = tf.identity(variable.value)
        for _ in range(HALVINGS):
            image = proposal if share == 1 else point.image + share * (proposal - point.image)
            next_point = problem.at(bounded(image, problem.bounds))
            if next_point.is_finite:
                break
            share /= 2
            note = f"the loss was not finite: step taken back, steps now {share:g} times as long"
        else:
            return
        point = next_point
        yield problem.step(iteration, point, note)


def fresh_copy(optimizer: object) -> keras.optimizers.Optimizer:
    """Return an optimizer of the same settings that has not optimized anything yet.

    Raises:
        StyleError: it is no optimizer of Keras's, or one that cannot be copied.
    """
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise StyleError(
            f"optimizer: received {shown(optimizer)}, which is no Keras optimizer; give one, such "
            "as keras.optimizers.Adam(learning_rate=1.0)"
        )
    try:
        return type(optimizer).from_config(optimizer.get_config())
    except Exception as error:  # whatever a user's own class makes of it
        raise StyleError(
            f"optimizer: {type(optimizer).__name__} cannot be copied ({first_line(error)}); its "
            "get_config must give what its from_config needs, and its learning rate must be a "
            "number or a schedule"
        ) from error
