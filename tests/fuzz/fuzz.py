"""Try damaged and hostile inputs of every kind on the product, for a time (`make fuzz`).

Each goes through the product's own way in, within a process of its own, and must end in a valid
answer or in one sentence: no traceback, no crash, no hang over 10 s, no GB of memory. A case is
made of the seed and its number alone; those that failed are kept in build/fuzz, with how.

    python tests/fuzz/fuzz.py --seed 3 --minutes 1
    python tests/fuzz/fuzz.py --seed 3 --case 1234     # that one once more
"""

from __future__ import annotations

import argparse
import collections
import itertools
import json
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WORKER = Path(__file__).resolve().with_name("worker.py")
LONGEST_START = 120.0  # seconds for TensorFlow's import, on a machine with much else to do
# Seconds that a case may take; in these a process starts, with TensorFlow's import or SciPy's.
LONGEST = {"whole_run": 70.0, "weights": 30.0}
USUAL_LONGEST = 10.0
MOST_MEGABYTES = 1024.0
REPORTED = 20  # failures that are told at length


@dataclass
class Failure:
    """A case that did not end as it must."""

    case: int
    kind: str
    how: str  # in a line
    details: str = ""


@dataclass
class Tally:
    """What was tried, and how it ended."""

    outcomes: collections.Counter[tuple[str, str]] = field(default_factory=collections.Counter)
    failures: list[Failure] = field(default_factory=list)
    slowest: dict[str, float] = field(default_factory=lambda: collections.defaultdict(float))
    largest: dict[str, float] = field(default_factory=lambda: collections.defaultdict(float))


class Worker:
    """A process that tries cases."""

    def __init__(self, folder: Path, seed: int, only: str):
        """Start it, which takes seconds.

        Args:
            folder: for the inputs of the case that it tries.
            seed: of all cases.
            only: the only kind of input to try, or nothing for all.
        """
        self.folder = folder
        command = [sys.executable, str(WORKER), str(folder), str(seed), only]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._said}
        self._process = subprocess.Popen(command, **pipes)
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        if self._answer(LONGEST_START) is None:
            raise RuntimeError(f"a worker did not start: {self.end()}")

    def _read(self) -> None:
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put(b"")  # it has ended

    def try_case(self, case: int) -> tuple[str, dict[str, Any] | None, float]:
        """Try a case: return its kind, the worker's answer, and the time that it was given.

        The answer is None if the process has died or did not answer in time.
        """
        self._process.stdin.write(b"%d\n" % case)
        self._process.stdin.flush()
        begun = self._answer(LONGEST_START)
        kind = begun["kind"] if begun else "making inputs"
        allowed = LONGEST.get(kind, USUAL_LONGEST)
        return kind, self._answer(allowed) if begun else None, allowed

    def _answer(self, seconds: float) -> dict[str, Any] | None:
        try:
            line = self._answers.get(timeout=seconds)
        except queue.Empty:
            self._process.kill()
            return None
        return json.loads(line) if line else None

    def end(self) -> str:
        """End the process; return its exit code, if it has died, and its last words."""
        self._process.stdin.close()
        code = self._process.wait()
        self._reader.join()
        self._process.stdout.close()
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        name = f"its process died: {name}"
        self._said.seek(0)
        said = self._said.read().decode(errors="replace")[-2000:]
        self._said.close()
        return f"{name}\n{said}"


def judge(case: int, kind: str, answer: dict[str, Any]) -> Failure | None:
    """Return what was wrong with a case that has ended, if anything."""
    if "failure" in answer:
        details = answer["failure"].strip()
        return Failure(case, kind, details.splitlines()[-1][:300], details)
    if answer["megabytes"] > MOST_MEGABYTES:
        return Failure(case, kind, f"took {answer['megabytes']:.0f} MB")
    if answer["seconds"] > LONGEST.get(kind, USUAL_LONGEST):
        return Failure(case, kind, f"took {answer['seconds']:.1f} s")
    return None


def work(
    cases: Iterator[int], folder: Path, seed: int, only: str, kept: Path, tally: Tally
) -> None:
    """Try cases until there are no more, with a new worker after each that ended badly."""
    worker = None
    try:
        for case in cases:
            worker = worker or Worker(folder, seed, only)
            kind, answer, allowed = worker.try_case(case)
            if answer is None:
                how, _, said = worker.end().partition("\n")
                worker = None
                how = f"no answer within {allowed:g} s" if how.endswith("SIGKILL") else how
                failure = Failure(case, kind, how, said)
            else:
                failure = judge(case, kind, answer)
                tally.outcomes[kind, answer["outcome"]] += 1
                tally.slowest[kind] = max(tally.slowest[kind], answer["seconds"])
                tally.largest[kind] = max(tally.largest[kind], answer["megabytes"])
            if failure:
                tally.failures.append(failure)
                keep(failure, folder, kept, seed)
                if worker and answer["megabytes"] > MOST_MEGABYTES:
                    worker.end()
                    worker = None
    finally:
        if worker:
            worker.end()


def keep(failure: Failure, folder: Path, kept: Path, seed: int) -> None:
    """Keep the inputs of a case that failed, and how."""
    place = kept / f"{seed}-{failure.case}-{failure.kind.replace(' ', '_')}"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(folder, place, dirs_exist_ok=True, symlinks=True)
    again = f"make fuzz SEED={seed} CASE={failure.case}"
    text = f"{failure.how}\n\n{again}\n\n{failure.details}\n"
    (place / "failure.txt").write_text(text, encoding="utf-8", errors="backslashreplace")


def numbers(minutes: float, cases: int | None) -> Iterator[int]:
    """Yield the numbers of cases, until the time or their count is up."""
    end = time.monotonic() + 60 * minutes
    for case in itertools.count():
        if (time.monotonic() >= end) if cases is None else case >= cases:
            return
        yield case


class Shared:
    """An iterator that several threads may ask."""

    def __init__(self, items: Iterable[int]):
        """Take the items to hand out, each once."""
        self._items, self._lock = iter(items), threading.Lock()

    def __iter__(self) -> Shared:
        return self

    def __next__(self) -> int:
        with self._lock:
            return next(self._items)


def fuzz(cases: Iterable[int], seed: int, workers: int, kept: Path, only: str = "") -> Tally:
    """Try cases in so many processes at once; return how they ended."""
    tally, shared = Tally(), Shared(cases)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as temporary:
        with ThreadPoolExecutor(workers) as pool:
            done = [
                pool.submit(work, shared, Path(temporary, str(n)), seed, only, kept, tally)
                for n in range(workers)
            ]
        for thread in done:
            thread.result()  # what went wrong here, such as a worker that does not start
    return tally


def report(tally: Tally, kept: Path) -> str:
    """Return a table of what was tried, and what failed, the same failures together."""
    lines = [f"{'kind':20} {'accepted':>9} {'refused':>9} {'failed':>7} {'slowest':>9} {'most':>8}"]
    kinds = {kind for kind, _ in tally.outcomes} | {failure.kind for failure in tally.failures}
    for kind in sorted(kinds):
        good, refused = (tally.outcomes[kind, outcome] for outcome in ("accepted", "refused"))
        failed = sum(failure.kind == kind for failure in tally.failures)
        lines.append(
            f"{kind:20} {good:9} {refused:9} {failed:7} {tally.slowest[kind]:7.1f} s "
            f"{tally.largest[kind]:5.0f} MB"
        )
    alike = collections.defaultdict(list)
    for failure in tally.failures:
        alike[failure.kind, failure.how[:60]].append(failure)
    groups = sorted(alike.values(), key=len, reverse=True)
    for failures in groups[:REPORTED]:
        first = failures[0]
        lines.append(f"{len(failures)} x {first.kind}, such as case {first.case}: {first.how}")
    if tally.failures:
        lines.append(f"what failed is in {kept}")
    tried = sum(tally.outcomes.values())
    return "\n".join([*lines, f"{tried} cases tried, {len(tally.failures)} failed"])


def main() -> int:
    """Run it; return 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--cases", type=int, help="so many, however long that takes")
    parser.add_argument("--case", type=int, help="this one alone")
    parser.add_argument("--only", default="", help="this kind of input alone")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kept", type=Path, default=Path("build/fuzz"))
    given = parser.parse_args()
    one = given.case is not None
    cases = [given.case] if one else numbers(given.minutes, given.cases)
    workers = 1 if one else given.workers
    tally = fuzz(cases, given.seed, workers, given.kept, given.only)
    print(report(tally, given.kept))
    if one:
        print(*(failure.details for failure in tally.failures), sep="\n")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
