"""Optimizers of Keras's, against answers by hand."""

import gc
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from neural_style import StyleError
from neural_style.optimizers.adam import adam
from neural_style.optimizers.keras_optimizer import keras_optimizer
from neural_style.optimizers.registry import OPTIMIZERS, open_optimizer

SGD = keras.optimizers.SGD
SCHEDULE = keras.optimizers.schedules.PiecewiseConstantDecay([1], [0.5, 0.0])


def bowl(x: tf.Tensor) -> dict[str, tf.Tensor]:
    """4 sum (x - 1)^2; from 0 its gradient of -8 is scaled to -1, so that it is x - 1."""
    return {"total": 4 * tf.reduce_sum(tf.square(x - 1))}


def walled(x: tf.Tensor) -> dict[str, tf.Tensor]:
    """The bowl up to 1.5; from there on nothing."""
    return {"total": tf.where(tf.reduce_all(x < 1.5), bowl(x)["total"], math.nan)}


def values(optimizer, iterations: int, loss=bowl, start: float = 0.0, **bounds) -> list[float]:
    """Return where two variables are at each Step, which is the same place."""
    steps = list(keras_optimizer(loss, tf.fill([2], start), iterations, optimizer, **bounds))
    assert [step.iteration for step in steps] == list(range(len(steps)))
    for step in steps:
        assert step.total == pytest.approx(float(loss(step.tensor)["total"]))
        assert step.image[0] == step.image[1]
    return [float(step.image[0]) for step in steps]


def test_sgd():
    """Half of the way that is left, each time."""
    assert values(SGD(0.5), 4) == [0, 0.5, 0.75, 0.875, 0.9375]


def test_sgd_with_momentum():
    """The way is 0.5 at first; then 0.5 * 0.5 of that before, and half of what is left."""
    assert values(SGD(0.5, momentum=0.5), 3) == [0, 0.5, 1.0, 1.25]


def test_adam():
    """The gradients are -1 and, where the first step of 0.5 has led to, -0.5."""
    mean = (0.9 * 0.1 * 1 + 0.1 * 0.5) / (1 - 0.9**2)
    square = (0.999 * 0.001 * 1 + 0.001 * 0.25) / (1 - 0.999**2)
    expected = [0, 0.5, 0.5 + 0.5 * mean / math.sqrt(square)]
    np.testing.assert_allclose(values(keras.optimizers.Adam(0.5), 2), expected, rtol=1e-4)


def test_adam_is_the_one_of_our_own():
    own = [float(step.image[0]) for step in adam(bowl, tf.zeros(2), 20, 0.5)]
    np.testing.assert_allclose(values(keras.optimizers.Adam(0.5), 20), own, atol=1e-4)


def test_a_schedule_is_followed():
    assert values(SGD(SCHEDULE), 4) == [0, 0.5, 0.75, 0.75, 0.75]


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_bounds_are_kept(momentum: float):
    found = values(SGD(2.0, momentum=momentum), 5, start=-9.0, bounds=(-2.0, 0.5))
    assert found[0] == -2
    assert all(-2 <= value <= 0.5 for value in found)
    assert found[-1] == 0.5


@pytest.mark.parametrize("learning_rate", [4.0, keras.optimizers.schedules.CosineDecay(4.0, 10**9)])
def test_a_step_to_where_the_loss_is_not_finite_is_taken_back(learning_rate):
    """A step of 4 is 1 after two halvings, and 1 is the minimum."""
    steps = list(keras_optimizer(walled, tf.zeros(2), 3, SGD(learning_rate)))
    assert [step.image.tolist() for step in steps] == [[0, 0], [1, 1], [1, 1], [1, 1]]
    assert [step.evaluations for step in steps] == [1, 4, 5, 6]
    assert "taken back, steps now 0.25 times as long" in steps[1].note
    assert not steps[2].note


def test_later_steps_stay_as_short():
    """10 is 1.25 after three halvings; there the gradient is 0.25, and 10 / 8 of it the step."""
    assert values(SGD(10.0), 2, walled) == [0, 1.25, 1.25 - 10 / 8 * 0.25]


def test_the_run_ends_where_no_step_is_short_enough():
    def point_alone(x):
        return {"total": tf.where(tf.reduce_all(x == 0), bowl(x)["total"], math.nan)}

    assert values(SGD(1.0), 5, point_alone) == [0]


def test_one_object_paints_two_pictures_and_stays_as_it_is():
    optimizer = keras.optimizers.Adam(0.5)
    first = values(optimizer, 10)
    assert values(optimizer, 10) == first
    assert not optimizer.built
    assert optimizer.iterations == 0


def test_what_an_object_has_optimized_before_does_not_count():
    used = SGD(0.5, momentum=0.5)
    variable = keras.Variable([3.0, 3.0])
    used.apply([tf.constant([1.0, 1.0])], [variable])
    assert values(used, 3) == values(SGD(0.5, momentum=0.5), 3)
    assert used.iterations == 1


def test_two_runs_at_once_do_not_meet():
    optimizer = SGD(0.5, momentum=0.5)
    runs = [keras_optimizer(bowl, tf.zeros(2), 3, optimizer) for _ in range(2)]
    found = [[float(step.image[0]) for step in pair] for pair in zip(*runs, strict=True)]
    assert found == [[0, 0], [0.5, 0.5], [1, 1], [1.25, 1.25]]


def test_images_of_earlier_steps_stay():
    steps = keras_optimizer(bowl, tf.zeros(2), 5, SGD(0.5))
    held = [(step, step.image.copy()) for step in steps]
    assert all(np.array_equal(step.image, image) for step, image in held)
    assert all(step.state is None for step, _ in held)


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(0.5, loss_scale_factor=1024.0),
        keras.optimizers.LossScaleOptimizer(SGD(0.5)),
    ],
)
def test_a_scale_of_the_loss_changes_nothing(optimizer):
    assert values(optimizer, 4) == values(SGD(0.5), 4)


@pytest.mark.parametrize("name", ["AdamW", "Adafactor", "Ftrl", "Lion", "Nadam", "RMSprop"])
def test_others_of_keras_go_down_on_an_image(name: str):
    optimizer = getattr(keras.optimizers, name)(learning_rate=0.05)
    steps = list(open_optimizer(optimizer).minimize(bowl, tf.fill([1, 3, 4, 3], 2.0), 10))
    assert steps[-1].total < 0.9 * steps[0].total
    assert steps[-1].image.shape == (3, 4, 3)


def test_one_trace_of_the_loss():
    traces = []

    def counted(x):
        traces.append(None)
        return bowl(x)

    list(keras_optimizer(counted, tf.zeros(2), 5, SGD(0.5)))
    assert len(traces) == 1


def test_no_graph_of_a_run_stays():
    """TensorFlow keeps whatever graph a custom gradient is traced in, and Keras has one."""

    def graphs() -> int:
        list(keras_optimizer(bowl, tf.zeros(2), 2, keras.optimizers.Adam(0.5)))
        gc.collect()
        return sum(type(thing).__name__ == "FuncGraph" for thing in gc.get_objects())

    assert graphs() == graphs()


class Demanding(SGD):
    """An optimizer that its own `from_config` cannot make."""

    def __init__(self, demand: int):
        super().__init__(demand)


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (3, "optimizer: received 3, which is no Keras optimizer; give one, such as "),
        (keras.optimizers.Adam, "which is no Keras optimizer"),
        (None, "received None"),
        (lambda: 0.5, "which is no Keras optimizer"),
        (Demanding(0.5), r"Demanding cannot be copied \(.*unexpected.*\); its get_config must"),
        (SGD(lambda: 0.5), r"SGD cannot be copied \(.*its learning rate must be a number"),
        ("sgd", "'sgd' is none of lbfgs, adam, tfp_lbfgs"),
        ("adm", "did you mean 'adam'"),
    ],
)
def test_what_is_no_optimizer_is_refused(optimizer, message: str):
    with pytest.raises(StyleError, match=message):
        open_optimizer(optimizer)


def test_a_loss_that_is_not_finite_at_the_start_is_refused():
    with pytest.raises(StyleError, match="at the start is nan"):
        values(SGD(0.5), 3, lambda x: {"total": tf.reduce_sum(x) * math.nan})


def test_names_are_opened():
    assert [name for name in OPTIMIZERS if open_optimizer(name) is not OPTIMIZERS[name]] == []


@pytest.mark.parametrize("optimizer", [*OPTIMIZERS, SGD(0.5)], ids=[*OPTIMIZERS, "keras"])
def test_optimizers_can_what_they_say(optimizer):
    """What has bounds takes them, and what can be resumed has a state to go on from; no other."""
    opened = open_optimizer(optimizer)
    if opened.has_bounds:
        bounds = (-0.5, 0.25)
        *_, step = opened.minimize(bowl, tf.zeros(2), 5, bounds=bounds)
        assert step.image.max() == 0.25
    else:
        with pytest.raises(TypeError, match="bounds"):
            opened.minimize(bowl, tf.zeros(2), 5, bounds=(-0.5, 0.25))
    *_, step = opened.minimize(bowl, tf.zeros(2), 1)
    assert (step.state is not None) == opened.is_resumable
    if opened.is_resumable:
        assert [step.iteration for step in opened.minimize(bowl, None, 1, after=step)] == []
    else:
        with pytest.raises(TypeError, match="after"):
            opened.minimize(bowl, None, 1, after=step)
