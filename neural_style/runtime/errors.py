"""The one exception for what a user can mend, and words that go into its message."""

from __future__ import annotations

import difflib
import re
import reprlib
from collections.abc import Iterable

LONGEST = 200  # characters of one thing that a message repeats
LONGEST_MESSAGE = 600
_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = LONGEST


class StyleError(Exception):
    """Something that the user can mend.

    Its message is one sentence: what was received, what is allowed and what to do. Whatever else
    is raised inside the package is a bug and keeps its traceback.
    """

    def __init__(self, message: str):
        super().__init__(one_line(message))


def one_line(message: str) -> str:
    """Return a message as it may be printed, whatever it repeats: short, and on one line.

    Control characters are escaped, line breaks among them; of long words and of a long message the
    middle is left out.
    """
    if not message.isprintable():
        message = "".join(map(_escaped, message))
    message = re.sub(rf"\S{{{LONGEST + 1},}}", lambda word: shortened(word[0]), message)
    return shortened(message, LONGEST_MESSAGE)


def shown(value: object) -> str:
    """Return how a message repeats what was received: without the middle of what is very long."""
    try:
        return shortened(_repr.repr(value))
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return "a number of thousands of digits"


def shortened(text: str, most: int = LONGEST) -> str:
    """Return a text without its middle if it has more characters than this."""
    end = most // 3
    return text if len(text) <= most else f"{text[: most - end - 3]}...{text[-end:]}"


def first_line(error: object) -> str:
    """Return the first line of what another library's exception says, or its type's name."""
    return shortened(str(error).strip().partition("\n")[0]) or type(error).__name__


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean ...?" for the known name nearest to `name`, or an empty string."""
    if len(name) > LONGEST:  # like nothing, and it takes long to find that out
        return ""
    known = sorted(known)
    longer = [other for other in known if name and other.startswith(name)]
    if longer:
        return f"; did you mean {longer[0]!r}?"

    def likeness(other: str) -> float:
        return difflib.SequenceMatcher(None, other, name).ratio()

    nearest = max(known, key=likeness, default="")  # of equals the first in the alphabet
    return f"; did you mean {nearest!r}?" if nearest and likeness(nearest) >= 0.5 else ""


def _escaped(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()
