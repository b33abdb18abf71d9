"""The one exception for what a user can mend, and words that go into its message."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = 120
# How a message repeats what was received: without the middle of what is very long.
shown = _repr.repr


class StyleError(Exception):
    """Something that the user can mend.

    Its message is one sentence: what was received, what is allowed and what to do. Whatever else
    is raised inside the package is a bug and keeps its traceback.
    """


def first_line(error: object) -> str:
    """Return the first line of what another library's exception says, or its type's name."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean ...?" for the known name nearest to `name`, or an empty string."""
    known = sorted(known)
    longer = [other for other in known if name and other.startswith(name)]
    if longer:
        return f"; did you mean {longer[0]!r}?"

    def likeness(other: str) -> float:
        return difflib.SequenceMatcher(None, other, name).ratio()

    nearest = max(known, key=likeness, default="")  # of equals the first in the alphabet
    return f"; did you mean {nearest!r}?" if nearest and likeness(nearest) >= 0.5 else ""
