"""What a command is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from neural_style.commands.parser import Parser


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command: its words, its flags and what it does. `main` does the rest.

    Attributes:
        name: the word that calls it.
        usage: the first line of its help.
        description: what follows it there.
        add_flags: adds its flags to a parser.
        read: takes the values of the flags that were given and returns what `run` takes. A
            StyleError here means bad flags, exit code 2. No picture is read, and nothing heavy
            loaded, before `run`.
        run: does it and returns the exit code. A StyleError here means bad input, exit code 1.
        title: of the help's first group, which begins with -help and -version.
        overview: its line in the general help; none if empty.
    """

    name: str
    usage: str
    description: str
    add_flags: Callable[[Parser], None]
    read: Callable[[dict[str, Any]], Any]
    run: Callable[[Any], int]
    title: str = "Help"
    overview: str = ""
