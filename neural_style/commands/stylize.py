"""Paint one picture: what `neural_style` does where no other command is named."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from neural_style.commands.command import Command
from neural_style.commands.flags import SOURCES_TITLE, add_settings, load_config
from neural_style.commands.messages import loading, messages, say
from neural_style.commands.writing import code_of, written
from neural_style.runtime.errors import StyleError
from neural_style.runtime.interrupts import exit_code, waiting
from neural_style.settings.config import Config

if TYPE_CHECKING:  # loads the picture libraries
    from neural_style.optimizers.step import Step
    from neural_style.transfer.checkpoint import Checkpoints
    from neural_style.transfer.pictures import Pictures
    from neural_style.transfer.result import ResultFolder

DESCRIPTION = """\
Paint a photograph in the style of other pictures (Gatys, Ecker and Bethge, 2016).

  neural_style -content_img lake.jpg -style_imgs wave.jpg
  neural_style -content_img lake.jpg -style_imgs wave.jpg glass.jpg -style_imgs_weights 0.3 0.7
  neural_style -content_img lake.jpg -style_imgs ink.jpg -style_mask -style_mask_imgs lake_mask.png
  neural_style -content_img lake.jpg -style_imgs strokes.jpg -content_regions lake_labels.png \\
      -style_regions strokes_labels.png    sky from sky, land from land"""

logger = logging.getLogger("neural_style")


def run(config: Config) -> int:
    """Paint one picture and write it; return the exit code."""
    with messages(config.quiet, config.verbose):
        return _recolor(config) if config.transfer == "color" else _stylize(config)


def _stylize(config: Config) -> int:
    with loading(config.verbose):
        from neural_style.transfer.checkpoint import NAME, Checkpoints
        from neural_style.transfer.pictures import load_pictures
        from neural_style.transfer.result import ResultFolder

        pictures = load_pictures(config)  # here, since libtiff too talks past Python
        folder = ResultFolder(config, pictures.content.shape[:2])
    if config.resume and not folder.left_behind(NAME):
        finished = folder.finished()
        if finished:
            logger.info("finished already; drop -resume to paint it once more")
            print(finished)
            return 0
    checkpoints = Checkpoints(folder, config.resume)
    with waiting():  # until the picture is written
        return _paint(config, pictures, folder, checkpoints)


def _paint(
    config: Config, pictures: Pictures, folder: ResultFolder, checkpoints: Checkpoints
) -> int:
    from neural_style.commands.progress import progress, tensorboard
    from neural_style.transfer.finish import finish
    from neural_style.transfer.stylize import stylize

    with tensorboard(config) as record, progress(config) as show:

        def on_step(step: Step) -> None:
            show(step)
            record(step)
            if config.save_every and step.iteration % config.save_every == 0:
                picture = finish(config, pictures, step.image)
                try:
                    folder.write_snapshot(step.iteration, picture)
                except StyleError as error:
                    logger.warning("%s; the run goes on", error)

        result = stylize(config, on_step, pictures, checkpoints)
    try:
        path = written(folder, lambda: folder.write(result))
    except StyleError as error:
        raise StyleError(f"{error}{_hint(checkpoints)}") from error
    logger.info(result.summary)
    if result.interrupted:
        reached = result.history[-1].iteration
        say(f"interrupted at iteration {reached}; the best so far is kept{_hint(checkpoints)}")
    else:
        checkpoints.remove()
    print(path)
    return exit_code() if result.interrupted else code_of(folder)


def _hint(checkpoints: Checkpoints) -> str:
    """Return what -resume would do, or nothing where it would do nothing."""
    reached = checkpoints.iteration
    if reached is None:
        return ""
    return f"; the same command with -resume goes on after iteration {reached}"


def _recolor(config: Config) -> int:
    with loading(config.verbose):
        from neural_style.transfer.recolor import recolor
        from neural_style.transfer.result import ResultFolder

        result = recolor(config)
    folder = ResultFolder(config, result.picture.size)
    path = written(folder, lambda: folder.write(result))
    logger.info(result.summary)
    print(path)
    return code_of(folder)


COMMAND = Command(
    name="stylize",
    usage="neural_style [flags]",
    description=DESCRIPTION,
    title=SOURCES_TITLE,
    add_flags=add_settings,
    read=load_config,
    run=run,
)
