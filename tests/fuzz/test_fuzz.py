"""The fuzz run itself: a short one, and that it notices what it is there for."""

from __future__ import annotations

import sys
from pathlib import Path

import fuzz
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it reads /proc")

SEED = 20  # of cases of all kinds but whole runs, which take seconds each

# Targets that do what no product may, and one that is as it should be.
WORKER = """
import os, signal, sys, time
from pathlib import Path
sys.path.insert(0, {here!r})
import verdicts, worker
from neural_style.runtime.errors import StyleError

def take_memory():
    bytes([1]) * (150 * 2**20)

def refuse():
    raise StyleError("a: received b, allowed is c; choose it")

def say_too_much():
    return verdicts.refusal("x" * 620)

def say_two_lines():
    return verdicts.refusal("one\\ntwo")

ATTEMPTS = {{
    "hang": lambda: time.sleep(60),
    "crash": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "memory": take_memory,
    "traceback": lambda: 1 // 0,
    "long": say_too_much,
    "lines": say_two_lines,
    "refuse": refuse,
    "accept": lambda: "",
}}

def target(attempt):
    def make(folder, random):
        (folder / "input").write_bytes(b"bad")
        return attempt
    return make

targets = {{name: (target(attempt), 1) for name, attempt in ATTEMPTS.items()}}
worker.main(targets, Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
"""


def test_no_input_of_a_few_of_every_kind_does_harm(tmp_path):
    tally = fuzz.fuzz(range(40), SEED, 1, tmp_path)
    assert fuzz.report(tally, tmp_path).endswith("40 cases tried, 0 failed")
    assert len({kind for kind, _ in tally.outcomes}) > 5
    assert {outcome for _, outcome in tally.outcomes} == {"accepted", "refused"}


@pytest.fixture
def worker(tmp_path, monkeypatch) -> Path:
    """Let workers try the targets above; return where failures are kept."""
    script = tmp_path / "worker.py"
    script.write_text(WORKER.format(here=str(fuzz.WORKER.parent)))
    monkeypatch.setattr(fuzz, "WORKER", script)
    monkeypatch.setattr(fuzz, "USUAL_LONGEST", 3.0)
    monkeypatch.setattr(fuzz, "MOST_MEGABYTES", 100.0)
    return tmp_path / "kept"


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("hang", "no answer within 3 s"),
        ("crash", "its process died: SIGSEGV"),
        ("memory", "took 15"),
        ("traceback", "ZeroDivisionError: "),
        ("long", "AssertionError: a message of 620 characters"),
        ("lines", "AssertionError: a message of several lines"),
    ],
)
def test_harm_is_noticed_and_kept(worker, kind, how):
    tally = fuzz.fuzz([5, 6], 3, 1, worker, kind)  # the second by a new process, if need be
    assert [failure.how.startswith(how) for failure in tally.failures] == [True, True], tally
    assert (worker / f"3-5-{kind}" / "input").read_bytes() == b"bad"
    assert "make fuzz SEED=3 CASE=5" in (worker / f"3-5-{kind}" / "failure.txt").read_text()


def test_workers_that_do_not_start_are_no_success(tmp_path, monkeypatch):
    script = tmp_path / "worker.py"
    script.write_text("import nothing_of_this_name")
    monkeypatch.setattr(fuzz, "WORKER", script)
    with pytest.raises(RuntimeError, match=r"a worker did not start: (?s:.*)nothing_of_this"):
        fuzz.fuzz(range(3), 3, 2, tmp_path)


@pytest.mark.parametrize("kind", ["refuse", "accept"])
def test_good_answers_are_counted(worker, kind):
    tally = fuzz.fuzz(range(9), 3, 2, worker, kind)
    assert (sum(tally.outcomes.values()), tally.failures) == (9, [])
    assert not worker.exists()


def test_a_case_depends_on_seed_and_number_alone(tmp_path):
    import targets  # loads TensorFlow

    for kind in ("picture", "settings", "weights"):
        made = []
        for name in ("one", "two"):
            folder = tmp_path / kind / name
            folder.mkdir(parents=True)
            targets.TARGETS[kind][0](folder, np.random.default_rng([3, 7]))
            made.append([(path.name, path.read_bytes()) for path in sorted(folder.iterdir())])
        assert made[0] == made[1]
