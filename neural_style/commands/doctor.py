"""Tell what there is to paint with, and how fast it is."""

from __future__ import annotations

from typing import Any

from neural_style.commands.command import Command
from neural_style.commands.flags import SOURCES_TITLE, add_settings, load_config
from neural_style.commands.messages import loading, messages
from neural_style.settings.config import Config

DESCRIPTION = """\
Tell versions, machine, device, precision, threads and weights, and time the network at -max_size.
The flags are those of a transfer; pictures are not read."""


def read(values: dict[str, Any]) -> Config:
    """Return the settings; noise stands for the pictures."""
    return load_config({"content_img": "noise", "style_imgs": "noise"} | values)


def run(config: Config) -> int:
    """Print what there is, line by line."""
    with messages(config.quiet, config.verbose):
        with loading(config.verbose):
            from neural_style.commands.examination import examine
        for title, line in examine(config):
            print(f"{title:20}  {line}", flush=True)
    return 0


COMMAND = Command(
    name="doctor",
    usage="neural_style doctor [flags]",
    description=DESCRIPTION,
    title=SOURCES_TITLE,
    add_flags=add_settings,
    read=read,
    run=run,
    overview="neural_style doctor                  what there is to paint with, and how fast it is",
)
