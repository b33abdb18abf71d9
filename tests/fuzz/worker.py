"""One process of the fuzz run: tries the cases whose numbers it reads, and says how each ended.

For each line `case` it writes one of JSON when the case's inputs are written (`{"kind": ...}`),
from which on time counts, and one when it has ended: `outcome`, `seconds`, `megabytes` more than
before at the most, and `failure`, the traceback if there was one.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from verdicts import Attempt, tried

# What writes its inputs into a folder, and returns what is to be tried then.
Target = Callable[[Path, np.random.Generator], Attempt]

# So much address space beyond what libraries take: rather an error than a machine without memory.
NET = 3 * 2**30
FAILED = "failed"


def main(targets: dict[str, tuple[Target, float]], folder: Path, seed: int, only: str) -> None:
    """Answer until standard input ends.

    Args:
        targets: for each kind of input a target, and how many parts of all are of it.
        folder: for the inputs of the case that is tried.
        seed: of all cases.
        only: the only kind to try, or nothing for all.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print must not come between
    warnings.simplefilter("ignore")
    size = _kilobytes("VmSize") * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size + NET, size + NET))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    names = [name for name in targets if only in ("", name)]
    shares = np.array([targets[name][1] for name in names], float)
    print(json.dumps({}), file=answers)
    for line in sys.stdin:
        random = np.random.default_rng([seed, int(line)])
        kind = names[random.choice(len(names), p=shares / shares.sum())]
        answer = _one(kind, targets[kind][0], folder, random, answers)
        print(json.dumps(answer), file=answers)


def _one(
    kind: str, target: Target, folder: Path, random: np.random.Generator, answers: Any
) -> dict[str, Any]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    attempt = target(folder, random)
    print(json.dumps({"kind": kind}), file=answers)
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM begins anew
    before, began = _kilobytes("VmRSS"), time.monotonic()
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    answer: dict[str, Any] = {}
    try:
        answer["outcome"] = tried(attempt)
    except Exception:
        answer |= {"outcome": FAILED, "failure": traceback.format_exc()}
    most = _kilobytes("VmHWM") - before
    grown = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if grown > children:  # a program of its own, whose libraries take what ours do
        most = max(most, grown - _kilobytes("VmRSS"))
    return answer | {"seconds": time.monotonic() - began, "megabytes": most / 1024}


def _kilobytes(name: str) -> int:
    """Return a number from what Linux tells of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise KeyError(name)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from targets import TARGETS  # loads TensorFlow

    main(TARGETS, Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
