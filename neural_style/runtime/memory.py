"""The machine's memory: how much there is, and how much a process may still take."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

# What is free is not taken to the last byte: others on the machine want some of it.
SHARE = 0.9
# So much comes and goes with the libraries anyway.
LEAST_LEFT = 2**26
# Where Linux tells a container what it is allowed.
GROUPS = Path("/sys/fs/cgroup")


def allowed() -> int | None:
    """Return how many bytes this process may come to take: what it has, and what is free.

    None where the system does not tell.
    """
    total, free = of_machine()
    most = total if free is None else free + taken()
    return None if most is None else int(SHARE * most)


def taken() -> int:
    """Return how many bytes this process has; 0 where the system does not tell."""
    return _number("/proc/self/status", "VmRSS:") or 0


def left(most: int | None = None) -> int | None:
    """Return how many bytes this process may still take, LEAST_LEFT whatever it has.

    Args:
        most: what it may come to take in all; None for what is free.
    """
    most = allowed() if most is None else most
    return None if most is None else max(LEAST_LEFT, most - taken())


def of_machine() -> tuple[int | None, int | None]:
    """Return the bytes of memory that there are, and how many of them are free.

    In a container both are what is left to it. None stands for what the system does not tell.
    """
    found = [[_number("/proc/meminfo", key) for key in ("MemTotal:", "MemAvailable:")]]
    # What a container is allowed, in the second and the first version of Linux's control groups.
    for most, used in [
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ]:
        with contextlib.suppress(OSError, ValueError):
            allowed = int((GROUPS / most).read_text())
            found.append([allowed, allowed - int((GROUPS / used).read_text())])
    found = [pair for pair in found if None not in pair]
    if found:
        return tuple(map(min, zip(*found, strict=True)))
    with contextlib.suppress(AttributeError, OSError, ValueError):  # not on Windows
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), None
    return None, None


def to_text(count: float) -> str:
    """Return a number of bytes in words, such as 3.4G."""
    return f"{count / 2**30:.1f}G" if count >= 2**30 else f"{count / 2**20:.0f}M"


def _number(path: str, key: str) -> int | None:
    """Return the bytes that one of Linux's files gives in kilobytes, or None."""
    with contextlib.suppress(OSError):
        for line in Path(path).read_text().splitlines():
            if line.startswith(key):
                return int(line.split()[1]) * 2**10
    return None
