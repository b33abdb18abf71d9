"""How a device and an amount of memory are written."""

from __future__ import annotations

import re

UNITS = "kmgt"  # of 2^10 bytes, 2^20, ...


def normal_device(text: str) -> str:
    """Return a device as /cpu:N or /gpu:N; what is none as it was."""
    match = re.fullmatch("/*(?:device:)?(cpu|gpu)(?::([0-9]{0,3}))?", text.lower())
    return f"/{match[1]}:{match[2] or 0}" if match else text


def parse_bytes(text: str) -> int | None:
    """Return how many bytes a text such as 4G or 800M is; None if it is none of 1 to 2^63."""
    match = re.fullmatch(r"(\d+\.?\d*|\.\d+) ?([kmgt])(i?b)?", text, re.IGNORECASE)
    if not match:
        return None
    count = float(match[1]) * 2 ** (10 * (1 + UNITS.index(match[2].lower())))
    return int(count) if 1 <= count < 2**63 else None
