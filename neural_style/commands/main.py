"""The command line: which command is meant, its flags read, and how it ends.

The flags are those of the report and of neural-style-tf, with one dash or two. A command is a file
beside this one and an entry in COMMANDS. Nothing here loads TensorFlow before a command needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from absl import app, flags

from neural_style.commands import distill, doctor, mask, reconstruct, sheet, studio, stylize
from neural_style.commands.command import Command
from neural_style.commands.messages import BAD_INPUT, say
from neural_style.commands.parser import Parser
from neural_style.runtime.errors import StyleError
from neural_style.runtime.interrupts import exit_code, obey
from neural_style.runtime.streams import keep_open

# The first is meant where none is named; its help is the general one, with a line for each other.
COMMANDS = (
    stylize.COMMAND,
    reconstruct.COMMAND,
    mask.COMMAND,
    sheet.COMMAND,
    studio.COMMAND,
    doctor.COMMAND,
    distill.COMMAND,
)


def run(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, sys.argv if none is given, and exit with the code of `main`."""
    app.run(main, list(argv) if argv else None, flags_parser=_unparsed)


def main(argv: Sequence[str], commands: Sequence[Command] = COMMANDS) -> int:
    """Run a command.

    Args:
        argv: the program's name, perhaps that of a command, and flags.
        commands: all that there are.

    Returns:
        The exit code: 0, done; 1, bad input; 2, bad flags; 130, 143, 129, stopped by Ctrl-C,
        SIGTERM or SIGHUP.

    Raises:
        SystemExit: bad flags, or help was asked for.
    """
    keep_open()
    obey()
    try:
        command, order = parse(argv, commands)
        return command.run(order)
    except StyleError as error:
        say(str(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        say("interrupted before the picture was done; none was written")
        return exit_code()


def parse(argv: Sequence[str], commands: Sequence[Command] = COMMANDS) -> tuple[Command, Any]:
    """Return the command and what its `run` takes, or exit with a line on what is wrong."""
    by_name = {command.name: command for command in commands[1:]}
    command, arguments = commands[0], list(argv[1:])
    if arguments and arguments[0] in by_name:
        command = by_name[arguments.pop(0)]
    parser = build_parser(command, commands)
    values = parser.values(arguments)
    try:
        return command, command.read(values)
    except StyleError as error:
        parser.error(str(error))


def build_parser(command: Command, commands: Sequence[Command] = COMMANDS) -> Parser:
    """Return the parser of a command's flags."""
    description = command.description
    if command is commands[0]:
        overviews = [f"  {other.overview}" for other in commands if other.overview]
        dashes = "Flags take one dash or two; several values are separated by spaces."
        description = "\n".join([description, *overviews, "", dashes])
    parser = Parser(command.usage, description, command.title)
    command.add_flags(parser)
    return parser


def _unparsed(argv: list[str]) -> list[str]:
    """Leave the arguments to `main`: absl's own flags are not for the users of this program."""
    flags.FLAGS.mark_as_parsed()
    return argv
