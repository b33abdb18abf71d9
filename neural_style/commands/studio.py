"""Open the page in the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neural_style.commands.command import Command
from neural_style.commands.flags import add_fields
from neural_style.commands.messages import messages
from neural_style.commands.parser import Parser
from neural_style.runtime.errors import StyleError
from neural_style.studio.settings import FIELDS, Settings

DESCRIPTION = """\
Open the studio: a page in the browser on which pictures are chosen, masks painted and pictures
seen while they are painted. It is for this machine alone, unless -host says otherwise.

  neural_style studio                                       for you: http://127.0.0.1:7860
  neural_style studio -host 0.0.0.0 -auth ada:lovelace      for others, with a password"""


def add_flags(parser: Parser) -> None:
    """Add the settings of the server."""
    add_fields(parser, FIELDS.values())


def read(values: dict[str, Any]) -> Settings:
    """Return the settings of the server."""
    return Settings(**values)


def run(settings: Settings) -> int:
    """Serve the page until Ctrl-C.

    Raises:
        StyleError: Gradio is not installed, or as in `serve`.
    """
    with messages():
        _load_serve()(settings)
    return 0


def _load_serve() -> Callable[[Settings], None]:
    try:
        from neural_style.studio.server import serve
    except ModuleNotFoundError as error:
        if error.name != "gradio":
            raise
        raise StyleError(
            "studio: Gradio is not installed; install it with pip install 'neural_style[studio]'"
        ) from None
    return serve


COMMAND = Command(
    name="studio",
    usage="neural_style studio [flags]",
    description=DESCRIPTION,
    add_flags=add_flags,
    read=read,
    run=run,
    overview="neural_style studio                  all this on a page in the browser",
)
