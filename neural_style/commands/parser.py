"""A command's flags, with one dash or two, read in full or refused in one line."""

from __future__ import annotations

import re
import sys
from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import Any, NoReturn

import neural_style
from neural_style.commands.messages import BAD_FLAGS, say
from neural_style.runtime.errors import did_you_mean, one_line

# Other names that the tools before us have used.
ALIASES = {"img_name": ("image_name",)}
# Negative numbers, also several with commas between them.
NEGATIVE = re.compile(r"-(\d+\.?\d*|\.\d+)(e[+-]?\d+)?(,.*)?|-inf|-nan", re.IGNORECASE)
FLAG = re.compile(r"--?[^\W\d]")


class Parser(ArgumentParser):
    """A parser that says what is wrong in one line, and takes no beginning of a flag for the flag.

    Attributes:
        flags: all that were added, dashes included.
    """

    def __init__(self, usage: str, description: str, title: str):
        """Make a parser that knows -help and -version.

        Args:
            usage: the help's first line.
            description: what follows it, printed as it is.
            title: of the help's first group.
        """
        super().__init__(
            usage=usage,
            description=description,
            formatter_class=RawDescriptionHelpFormatter,
            add_help=False,
        )
        self.flags: set[str] = set()
        self._title = title
        self._groups: dict[str, Any] = {}
        self._add(title, "-h", "-help", "--help", action="help", help="show this and exit")
        self._add(
            title, "-version", "--version", action="version", version=neural_style.__version__
        )

    def add(self, name: str, title: str = "", **options: Any) -> None:
        """Add a flag to a group of the help; to the first one if no title is given.

        One that the user does not give leaves no trace among the values.
        """
        names = [dash + word for word in (name, *ALIASES.get(name, ())) for dash in ("-", "--")]
        self._add(title or self._title, *names, dest=name, default=SUPPRESS, **options)

    def add_operand(self, name: str, help: str) -> None:
        """Add what the user must give without a flag."""
        self._groups[self._title].add_argument(name, help=help)

    def values(self, arguments: Sequence[str]) -> dict[str, Any]:
        """Return the values of the flags that are given, or exit with a line on what is wrong."""
        return vars(self.parse_args([self._checked(argument) for argument in arguments]))

    def error(self, message: str) -> NoReturn:
        """Exit with a line on what is wrong."""
        say(one_line(message))
        sys.exit(BAD_FLAGS)

    def _add(self, title: str, *names: str, **options: Any) -> None:
        if title not in self._groups:
            self._groups[title] = self.add_argument_group(title)
        self._groups[title].add_argument(*names, **options)
        self.flags.update(names)

    def _checked(self, argument: str) -> str:
        """Refuse a flag that is not exactly known, which argparse would take for a longer one.

        A negative number is marked as a value by a space, since argparse takes -1e-3 for a flag.
        """
        if NEGATIVE.fullmatch(argument):
            return f" {argument}"
        name = argument.partition("=")[0]
        if FLAG.match(argument) and name not in self.flags:
            words = sorted({flag.lstrip("-") for flag in self.flags})
            hint = did_you_mean(name.lstrip("-"), words)
            self.error(f"there is no flag {name}{hint}; --help shows all")
        return argument
