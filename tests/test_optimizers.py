"""The optimisers on functions whose minima are known."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
import tensorflow as tf

from neural_style import StyleError
from neural_style.optimizers import lbfgs as lbfgs_module
from neural_style.optimizers.adam import adam
from neural_style.optimizers.lbfgs import lbfgs
from neural_style.optimizers.registry import OPTIMIZERS
from neural_style.optimizers.step import Step


def rosenbrock(x: tf.Tensor) -> dict[str, tf.Tensor]:
    valley = 100 * tf.square(x[1:] - tf.square(x[:-1])) + tf.square(1 - x[:-1])
    return {"total": tf.reduce_sum(valley)}


def quadratic(condition: float, size: int = 50):
    """Half of sum e_i (x_i - 1)^2, with e_i from 1 to the condition number."""
    eigenvalues = tf.constant(np.logspace(0, np.log10(condition), size), tf.float32)
    return lambda x: {"total": tf.reduce_sum(0.5 * eigenvalues * tf.square(x - 1))}


def last(steps):
    *_, step = steps
    return step


@pytest.mark.parametrize("size", [2, 10])
def test_lbfgs_finds_rosenbrocks_minimum(size: int):
    step = last(lbfgs(rosenbrock, tf.constant([-1.2, 1.0] * (size // 2)), 200))
    np.testing.assert_allclose(step.tensor, np.ones(size), atol=1e-3)


@pytest.mark.parametrize(("condition", "iterations"), [(10, 40), (1e3, 300), (1e5, 1500)])
def test_lbfgs_on_quadratics(condition: float, iterations: int):
    steps = list(lbfgs(quadratic(condition), tf.zeros(50), iterations))
    assert steps[-1].total < 1e-6 * steps[0].total
    assert steps[-1].evaluations < 1.3 * steps[-1].iteration + 10


def test_lbfgs_keeps_up_with_scipy():
    """As good as SciPy's L-BFGS-B in float64, iteration for iteration."""
    from scipy.optimize import minimize

    eigenvalues = np.logspace(0, 4, 100)
    scipy = minimize(
        lambda x: (0.5 * np.sum(eigenvalues * (x - 1) ** 2), eigenvalues * (x - 1)),
        np.zeros(100),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 50, "ftol": 0, "gtol": 0},
    )
    step = last(lbfgs(quadratic(1e4, 100), tf.zeros(100), 50))
    assert step.total < 1.3 * scipy.fun
    assert step.evaluations < 1.2 * scipy.nfev


def test_lbfgs_never_goes_up():
    totals = [step.total for step in lbfgs(rosenbrock, tf.constant([-1.2, 1.0] * 5), 60)]
    assert all(after <= before * (1 + 1e-5) for before, after in itertools.pairwise(totals))


def test_lbfgs_ends_at_the_minimum():
    steps = list(lbfgs(quadratic(1), tf.ones(50), 100))
    assert [step.iteration for step in steps] == [0]
    assert last(lbfgs(quadratic(1), tf.zeros(50), 100)).iteration < 10


def test_lbfgs_ignores_the_scale_of_the_loss():
    """Weights of 1e-12 or 1e12 change nothing but the numbers shown."""
    ends = []
    for scale in (1e-12, 1.0, 1e12):

        def scaled(x, scale=scale):
            return {"total": scale * rosenbrock(x)["total"]}

        ends.append(last(lbfgs(scaled, tf.constant([-1.2, 1.0]), 15)).tensor.numpy())
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-2)
    np.testing.assert_allclose(ends[2], ends[1], rtol=1e-2)


def test_huge_gradients_do_not_overflow():
    def huge(x):
        return {"total": 1e30 * tf.reduce_sum(tf.square(x - 1))}

    for name in ("lbfgs", "adam"):
        step = last(OPTIMIZERS[name].minimize(huge, tf.zeros(1000), 30))
        assert math.isfinite(step.total)
        assert step.total < 1e33


def test_lbfgs_comes_back_from_where_the_loss_is_infinite():
    """Beyond 10 grey levels the loss is infinite, which the first steps run into."""

    def walled(x):
        inside = tf.reduce_all(x < 10)
        return {"total": tf.where(inside, tf.reduce_sum(tf.square(x - 9)), math.inf)}

    step = last(lbfgs(walled, tf.zeros(4), 50))
    np.testing.assert_allclose(step.tensor, np.full(4, 9), atol=1e-2)


def test_adam_takes_back_a_step_that_is_not_finite():
    def walled(x):
        return {"total": tf.where(x[0] < 1.5, tf.square(x[0] - 1), math.nan)}

    steps = list(adam(walled, tf.constant([0.0]), 60, learning_rate=4.0))
    assert all(math.isfinite(step.total) for step in steps)
    assert steps[-1].total < steps[0].total
    assert "taken back" in steps[1].note


@pytest.mark.parametrize("name", ["lbfgs", "adam"])
def test_a_loss_that_is_not_finite_at_the_start_is_refused(name: str):
    def nowhere(x):
        return {"total": tf.reduce_sum(x) * math.nan}

    with pytest.raises(StyleError, match="at the start is nan"):
        last(OPTIMIZERS[name].minimize(nowhere, tf.ones(3), 5))


def test_stalled_search_restarts_from_steepest_descent(monkeypatch: pytest.MonkeyPatch):
    """The first search with a memory is made to fail: the next step is one without, and says so."""
    true_search = lbfgs_module.line_search
    calls = []

    def search(evaluate, start, length):
        calls.append(length)
        return None if len(calls) == 3 else true_search(evaluate, start, length)

    monkeypatch.setattr(lbfgs_module, "line_search", search)
    steps = list(lbfgs(rosenbrock, tf.constant([-1.2, 1.0]), 100))
    assert "steepest descent" in steps[3].note
    assert not any(step.note for step in steps[:3])
    assert steps[-1].total < 1e-6


def test_lbfgs_ends_when_steepest_descent_stalls(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lbfgs_module, "line_search", lambda *_: None)
    assert len(list(lbfgs(rosenbrock, tf.constant([-1.2, 1.0]), 100))) == 1


@pytest.mark.parametrize("name", ["lbfgs", "adam"])
def test_steps(name: str):
    """A Step for the start and each iteration, its total that of its own image."""
    steps = list(OPTIMIZERS[name].minimize(quadratic(100), tf.zeros(50), 7))
    assert [step.iteration for step in steps] == list(range(8))
    for step in steps:
        assert step.total == pytest.approx(float(quadratic(100)(step.tensor)["total"]), rel=1e-5)
        assert step.terms["total"] == step.total
    evaluations = [step.evaluations for step in steps]
    assert evaluations == sorted(evaluations)
    assert all(b.seconds >= a.seconds for a, b in itertools.pairwise(steps))


def test_adam_is_adam():
    """Against the update rule of the paper, written out in NumPy."""
    eigenvalues = np.logspace(0, 1, 50)
    x, first, second = np.zeros(50), np.zeros(50), np.zeros(50)
    for t in range(1, 11):
        gradient = eigenvalues * (x - 1)
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        x -= 0.5 * (first / (1 - 0.9**t)) / (np.sqrt(second / (1 - 0.999**t)) + 1e-7)
    step = last(adam(quadratic(10), tf.zeros(50), 10, learning_rate=0.5))
    np.testing.assert_allclose(step.tensor, x, rtol=1e-3, atol=1e-4)


def test_image_of_a_step_is_read_from_the_device_when_asked_for():
    step = last(adam(lambda x: {"total": tf.reduce_sum(tf.square(x))}, tf.ones([1, 2, 3, 3]), 1))
    assert step.image.shape == (2, 3, 3)
    with pytest.raises(ValueError, match="no longer holds its image"):
        step.without_image().image  # noqa: B018


def test_one_trace_for_all_iterations():
    traces = []

    def counted(x):
        traces.append(None)
        return rosenbrock(x)

    for name in ("lbfgs", "adam"):
        traces.clear()
        last(OPTIMIZERS[name].minimize(counted, tf.constant([-1.2, 1.0]), 30))
        assert len(traces) == 1


@pytest.mark.parametrize("name", ["lbfgs", "adam"])
def test_a_loss_that_knows_its_gradient_is_asked_for_it(name: str):
    """With its own gradient, scaled as it is told; without a tape, where it would fail."""

    class Known:
        def value_and_gradient(self, x, scale):
            return quadratic(100)(x), scale * eigenvalues * (x - 1)

    eigenvalues = tf.constant(np.logspace(0, 2, 50), tf.float32)
    minimize = OPTIMIZERS[name].minimize
    known, taped = (last(minimize(loss, tf.zeros(50), 7)) for loss in (Known(), quadratic(100)))
    np.testing.assert_allclose(known.tensor, taped.tensor, rtol=1e-4, atol=1e-4)


def coupled_quadratic(size: int = 30):
    """x^T A x / 2 - b^T x, whose variables are not independent, with A and b."""
    random = np.random.default_rng(0)
    factor = random.normal(size=(size, size))
    matrix = factor @ factor.T / size + 0.1 * np.eye(size)
    vector = random.normal(size=size)
    a, b = tf.constant(matrix, tf.float32), tf.constant(vector, tf.float32)
    return lambda x: {"total": tf.tensordot(x, tf.linalg.matvec(a, x) / 2 - b, 1)}, matrix, vector


@pytest.mark.parametrize("bounds", [(-0.5, 0.5), (0.0, math.inf)])
def test_lbfgs_finds_the_minimum_within_bounds(bounds: tuple[float, float]):
    """Where SciPy's L-BFGS-B has it, with some variables at a bound and others not."""
    from scipy.optimize import minimize

    loss, matrix, vector = coupled_quadratic()
    scipy = minimize(
        lambda x: (x @ matrix @ x / 2 - vector @ x, matrix @ x - vector),
        np.zeros(30),
        jac=True,
        method="L-BFGS-B",
        bounds=[bounds] * 30,
        options={"ftol": 0, "gtol": 1e-10},
    )
    at_a_bound = np.isclose(scipy.x, bounds[0]) | np.isclose(scipy.x, bounds[1])
    assert 0 < at_a_bound.sum() < 30
    steps = list(lbfgs(loss, tf.zeros(30), 100, bounds=bounds))
    np.testing.assert_allclose(steps[-1].tensor, scipy.x, atol=2e-3)
    for before, step in itertools.pairwise(steps):
        assert step.total <= before.total + 1e-6 * abs(before.total)
        assert bounds[0] <= step.image.min() <= step.image.max() <= bounds[1]


def test_adam_finds_the_minimum_within_bounds():
    steps = list(adam(quadratic(10), tf.fill([50], 3.0), 300, 0.1, bounds=(-2.0, 0.5)))
    assert steps[0].image.max() == 0.5  # the start as well
    np.testing.assert_allclose(steps[-1].tensor, np.full(50, 0.5), atol=1e-6)


def test_tfp_without_its_extra(monkeypatch: pytest.MonkeyPatch):
    import sys

    monkeypatch.setitem(sys.modules, "tensorflow_probability", None)
    with pytest.raises(StyleError, match=r"pip install 'neural_style\[tfp\]'"):
        next(OPTIMIZERS["tfp_lbfgs"].minimize(rosenbrock, tf.zeros(2), 5))


def test_a_good_first_guess_saves_lbfgs_work():
    """With the inverse Hessian itself, a quadratic takes one step and no search."""
    loss, condition = quadratic(1e4, 100), np.logspace(0, 4, 100)
    assert last(lbfgs(loss, tf.zeros(100), 10)).total > 1e-3
    step = last(lbfgs(loss, tf.zeros(100), 10, precondition=lambda x: x / condition))
    assert step.total < 1e-6
    assert step.evaluations <= 14


def test_tfp_lbfgs():
    steps = list(OPTIMIZERS["tfp_lbfgs"].minimize(rosenbrock, tf.constant([-1.2, 1.0]), 100))
    assert [step.iteration for step in steps[:4]] == [0, 1, 2, 3]
    np.testing.assert_allclose(steps[-1].tensor, np.ones(2), atol=1e-3)


# Going on from a Step


def rounded(x: tf.Tensor) -> dict[str, tf.Tensor]:
    """Rosenbrock's function with a term of its own, and a wall that halves Adam's rate."""
    wall = tf.where(tf.reduce_max(x) > 1.6, tf.constant(np.inf), 0.0)
    valley = rosenbrock(x)["total"]
    return {"valley": valley, "total": valley + tf.reduce_sum(tf.abs(x)) + wall}


def facts(step: Step) -> tuple:
    """Return all of a Step that must be equal to the last bit."""
    state = {name: np.asarray(value).tobytes() for name, value in step.state.items()}
    image = np.asarray(step.tensor).tobytes()
    return step.iteration, step.total, step.terms, step.evaluations, step.note, image, state


def from_host(step: Step) -> Step:
    """Return the Step as a file gives it back: arrays where tensors were."""
    state = {name: np.array(value) for name, value in step.state.items()}
    return dataclasses.replace(step, tensor=np.array(step.tensor), state=state)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("lbfgs", {}),
        ("lbfgs", {"memory": 3}),
        ("lbfgs", {"bounds": (-1.0, 0.5)}),
        ("adam", {"learning_rate": 0.7}),
    ],
)
def test_going_on_from_any_step_is_as_if_never_stopped(name: str, given: dict):
    start, iterations = tf.constant([-1.2, 1.4] * 3), 25
    steps = list(OPTIMIZERS[name].minimize(rounded, start, iterations, **given))
    assert len(steps) == iterations + 1
    if name == "adam":
        assert any(step.note for step in steps)  # the learning rate is part of the state
    whole = [facts(step) for step in steps]
    for step in steps:
        rest = OPTIMIZERS[name].minimize(rounded, None, iterations, after=from_host(step), **given)
        assert [facts(other) for other in rest] == whole[step.iteration + 1 :]


def test_a_steps_state_does_not_change_with_later_steps():
    for name in ("lbfgs", "adam"):
        steps = OPTIMIZERS[name].minimize(rosenbrock, tf.constant([-1.2, 1.0]), 8)
        held = [(step, facts(step)) for step in steps]
        assert all(facts(step) == then for step, then in held)


def test_seconds_go_on():
    *_, step = lbfgs(rosenbrock, tf.constant([-1.2, 1.0]), 3)
    late = dataclasses.replace(step, seconds=100.0)
    assert next(lbfgs(rosenbrock, None, 4, after=late)).seconds > 100


@pytest.mark.parametrize("name", ["lbfgs", "adam"])
def test_a_step_without_state_is_nowhere_to_go_on_from(name: str):
    step = last(lbfgs(rosenbrock, tf.constant([-1.2, 1.0]), 2)).without_state()
    with pytest.raises(ValueError, match="no state to go on from"):
        next(OPTIMIZERS[name].minimize(rosenbrock, None, 4, after=step))


def test_a_step_lets_go_of_its_tensors():
    step = last(lbfgs(rosenbrock, tf.constant([-1.2, 1.0]), 2))
    assert step.without_image().tensor is step.without_image().state is None
    assert step.without_state().state is None
    assert step.without_state().tensor is step.tensor
