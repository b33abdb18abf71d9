"""How an attempt has ended: accepted, refused in one sentence, or failed."""

from __future__ import annotations

from collections.abc import Callable

from neural_style.runtime.errors import StyleError

# It comes to a valid answer, and returns "" or one of the words below, or raises.
Attempt = Callable[[], str | None]

LONGEST = 620  # characters of a message, the program's name before it
ACCEPTED, REFUSED = "accepted", "refused"


def tried(attempt: Attempt) -> str:
    """Return how an attempt ended; whatever else it raises is a failure."""
    try:
        return attempt() or ACCEPTED
    except StyleError as error:
        return refusal(str(error))


def refusal(message: str) -> str:
    """Check what is said of a bad input, and return REFUSED."""
    assert len(message) < LONGEST, f"a message of {len(message)} characters: {message[:200]}"
    assert message.strip(), "an empty message"
    assert not {"\n", "\r", "\x1b"} & set(message), f"a message of several lines: {message!r}"
    for word in ("MemoryError", "Unable to allocate", "Insufficient memory", "bad_alloc"):
        assert word not in message, f"ran out of memory: {message}"
    return REFUSED
