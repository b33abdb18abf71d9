"""Whether what a checkpoint holds can be of a run of its settings, value by value.

Its hash tells of damage; this, of a file that somebody or another program has made.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neural_style.optimizers.direction import Pair
from neural_style.optimizers.lbfgs import MEMORY, PATIENCE
from neural_style.optimizers.line_search import SEARCH_LIMIT
from neural_style.runtime.errors import shown

PARTS = {"layout", "identity", "tile", "began", "exact", "last", "best", "history"}
FACTS = {"iteration", "total", "terms", "seconds", "evaluations", "note", "scale"}
TERMS = {"content", "style", "tv", "total"}
LONGEST_NOTE = 500
MOST_IDLE = PATIENCE + 2 * SEARCH_LIMIT  # evaluations
LARGEST_TILE = 2**20  # pixels


def check_run(
    about: Any, arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any], sizes: Sequence
) -> None:
    """Check all of a checkpoint but whose it is.

    Args:
        about: what is kept as JSON.
        arrays: the tensors by their names: last, best unless it is the last, and `state/...`.
        settings: of the run, as `Config.settings` gives them.
        sizes: height and width of each of its scales.

    Raises:
        ValueError: what cannot be, in a few words.
    """
    _check_keys("it", about, PARTS)
    history = about["history"]
    _demand(isinstance(history, list), "history is no list")
    for number, step in enumerate(history, 1):
        _check_step(f"history[{number}]", step, len(sizes))
        _demand(step["iteration"] == number, f"history[{number}] is of another iteration")
    last, best, began = about["last"], about["best"], about["began"]
    _check_step("last", last, len(sizes))
    _check_step("best", best, len(sizes))
    _demand(_is_count(began) and began <= len(history), f"began is {shown(began)}")
    _check_order([*history, last])
    _check_last(last, history, began, settings["max_iterations"])
    _check_best(best, last, history, began)
    _demand(
        about["tile"] is None or (_is_count(about["tile"]) and 0 < about["tile"] <= LARGEST_TILE),
        f"tile is {shown(about['tile'])}",
    )
    _demand(isinstance(about["exact"], bool), f"exact is {shown(about['exact'])}")
    shape = (1, *sizes[last["scale"] - 1], 3)
    names = {"last"} if best["iteration"] == last["iteration"] else {"last", "best"}
    state = {name: array for name, array in arrays.items() if name.startswith("state/")}
    _demand(
        set(arrays) - set(state) == names, f"it holds {shown(sorted(set(arrays) - set(state)))}"
    )
    for name in names:
        _check_array(name, arrays[name], shape)
        if settings["keep_in_range"]:
            _demand(
                arrays[name].min() >= 0 and arrays[name].max() <= 255,
                f"{name} is not within [0, 255]",
            )
    _check_state(state, shape, settings, last["iteration"] - began)


def _demand(holds: bool, problem: str) -> None:
    if not holds:
        raise ValueError(problem)


def _check_keys(name: str, value: Any, keys: set[str]) -> None:
    _demand(isinstance(value, dict), f"{name} is {shown(value)}")
    _demand(set(value) == keys, f"{name} has {shown(sorted(set(value) ^ keys))} too much or not")


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _is_finite(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 2**1000 and math.isfinite(value)


def _check_step(name: str, step: Any, scales: int) -> None:
    _check_keys(name, step, FACTS)
    for fact in ("iteration", "evaluations", "scale"):
        _demand(_is_count(step[fact]), f"{fact} of {name} is {shown(step[fact])}")
    _demand(1 <= step["scale"] <= scales, f"scale of {name} is {step['scale']} of {scales}")
    seconds, note, terms = step["seconds"], step["note"], step["terms"]
    _demand(_is_finite(seconds) and seconds >= 0, f"seconds of {name} are {shown(seconds)}")
    good = isinstance(note, str) and len(note) <= LONGEST_NOTE and note.isprintable()
    _demand(good, f"note of {name} is {shown(note)}")
    good = isinstance(terms, dict) and "total" in terms and set(terms) <= TERMS
    _demand(good and all(map(_is_finite, terms.values())), f"terms of {name} are {shown(terms)}")
    same = _is_finite(step["total"]) and step["total"] == terms["total"]
    _demand(same, f"total of {name} is {shown(step['total'])}")


def _check_order(steps: Sequence[Mapping[str, Any]]) -> None:
    """Check that nothing of a run falls that can only grow."""
    for before, after in itertools.pairwise(steps):
        for fact in ("seconds", "evaluations", "scale"):
            _demand(
                before[fact] <= after[fact], f"{fact} fall after iteration {before['iteration']}"
            )
        _demand(before["terms"].keys() == after["terms"].keys(), "its terms change their names")


def _check_last(
    last: Mapping[str, Any], history: Sequence[Mapping[str, Any]], began: int, most: int
) -> None:
    _demand(last["iteration"] == len(history), f"last is of iteration {last['iteration']}")
    _demand(len(history) <= most, f"it has {len(history)} iterations of {most}")
    of_last = history[began:]  # what the last one's optimiser has done
    _demand(not of_last or of_last[-1] == last, "last is not the last of its history")
    _demand(
        all(step["scale"] == last["scale"] for step in of_last),
        "its optimiser has gone over scales",
    )


def _check_best(
    best: Mapping[str, Any],
    last: Mapping[str, Any],
    history: Sequence[Mapping[str, Any]],
    began: int,
) -> None:
    """Check that it is one of the last optimiser's steps, or its start, and none is better."""
    iteration = best["iteration"]
    _demand(began <= iteration <= last["iteration"], f"best is of iteration {iteration}")
    _demand(best["scale"] == last["scale"], f"best is of scale {best['scale']}")
    if iteration == last["iteration"]:
        _demand(best == last, "best is not the last, though of its iteration")
    elif iteration > began:
        _demand(best == history[iteration - 1], "best is not in its history")
    rivals = [*history[began:], last]
    _demand(all(best["total"] <= step["total"] for step in rivals), "best is not the best")


def _check_array(name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    _demand(array.dtype == np.float32, f"{name} is of {array.dtype}")
    _demand(array.shape == shape, f"{name} has the shape {shown(array.shape)}, not {shape}")
    _demand(bool(np.isfinite(array).all()), f"{name} has values that are not finite")


def _check_state(
    state: Mapping[str, np.ndarray],
    shape: tuple[int, ...],
    settings: Mapping[str, Any],
    iterations: int,
) -> None:
    """Check the names, shapes and ranges of what the optimiser needs to go on."""
    if settings["optimizer"] == "adam":
        images, positive, counts = ["first", "second"], ["learning_rate", "scale"], []
    else:
        *both, rho = Pair._fields
        pairs = sum(name.startswith(f"state/{rho}_") for name in state)  # fewer after a stall
        pairs = min(MEMORY, iterations, pairs)
        images = ["gradient", *(f"{name}_{i}" for i in range(pairs) for name in both)]
        positive = ["scale", *(f"{rho}_{i}" for i in range(pairs))]
        counts = ["idle"]
    expected = {f"state/{name}" for name in (*images, *positive, *counts)}
    odd = sorted(expected ^ set(state))
    _demand(not odd, f"the optimiser's state has {shown(odd)} too much or not")
    for name in images:
        _check_array(f"state/{name}", state[f"state/{name}"], shape)
    for name in positive:
        _check_array(f"state/{name}", state[f"state/{name}"], ())
        _demand(state[f"state/{name}"] > 0, f"state/{name} is not above 0")
    for name in counts:
        count = state[f"state/{name}"]
        good = count.dtype == np.int32 and count.shape == () and 0 <= count <= MOST_IDLE
        _demand(good, f"state/{name} is {shown(count)}")
    if settings["optimizer"] == "adam":
        _demand(state["state/second"].min() >= 0, "state/second is below 0 somewhere")
        most = np.float32(settings["learning_rate"])
        _demand(state["state/learning_rate"] <= most, f"state/learning_rate is above {most:g}")
