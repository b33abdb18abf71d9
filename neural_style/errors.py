"""The one exception for what a user can mend, and the search for what they may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class StyleError(Exception):
    """Something that the user can mend.

    Its message is one sentence: what was received, what is allowed and what to do. Whatever else
    is raised inside the package is a bug and keeps its traceback.
    """


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean ...?" for the known name nearest to `name`, or an empty string."""
    known = sorted(known)
    longer = [other for other in known if name and other.startswith(name)]
    nearest = longer or difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""
