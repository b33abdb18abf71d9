"""Pictures painted one after another, and the sheet of them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from neural_style.commands.messages import loading
from neural_style.commands.writing import code_of, written
from neural_style.runtime.errors import StyleError
from neural_style.runtime.interrupts import exit_code, waiting
from neural_style.settings.config import Config

if TYPE_CHECKING:  # loads the picture libraries
    import numpy as np

    from neural_style.transfer.result import Result

# A caption, which may have several lines, and what to paint.
Cell = tuple[str, Config]

logger = logging.getLogger("neural_style")


def check_resume(command: str, config: Config) -> None:
    """Refuse -resume, where pictures are painted one after another.

    Raises:
        StyleError: it is given.
    """
    if config.resume:
        raise StyleError(f"resume: {command} keeps no checkpoints to go on from; drop -resume")


def paint_sheet(rows: Sequence[Sequence[Cell]]) -> int:
    """Paint the cells of a sheet row by row, write them and the sheet; return the exit code.

    After Ctrl-C the sheet has what was painted until then, at least one.
    """
    cells = [cell for row in rows for cell in row]
    config = cells[0][1]
    with loading(config.verbose):
        from neural_style.transfer.result import ResultFolder

        folder = ResultFolder(config)
    results, code = _paint_each(cells)
    pictures = sheet_rows(rows, results)
    with waiting():
        print(written(folder, lambda: folder.write_sheet(pictures)))
    return code or code_of(folder)


def sheet_rows(
    rows: Sequence[Sequence[Cell]], results: Sequence[Result]
) -> list[list[tuple[str, np.ndarray]]]:
    """Return the rows for `drawing.draw_sheet`.

    What was painted from, where all cells share it, goes before: in the same row if there is but
    one, else in a row above.

    Args:
        rows: the cells of the sheet.
        results: of the first of them, row by row; at least one.
    """
    from neural_style.images.picture import Picture, to_pixels

    remaining = iter(results)
    painted = [
        [(caption, result.image) for (caption, _), result in zip(row, remaining, strict=False)]
        for row in rows
    ]
    configs = [config for row in rows for _, config in row]
    is_shared = {
        "content": len({str(config.content_img) for config in configs}) == 1,
        "style": len({str(config.style_imgs) for config in configs}) == 1,
    }
    inputs = [
        (name.replace("_", " "), to_pixels(Picture(picture.rgb)))
        for name, picture in results[0].inputs.items()
        if is_shared.get(name.partition("_")[0])
    ]
    if len(rows) == 1:
        return [inputs + painted[0]]
    return [row for row in [inputs, *painted] if row]


def _paint_each(cells: Sequence[Cell]) -> tuple[list[Result], int]:
    """Paint one after another, each shown by its caption.

    Returns:
        The results and the exit code; after Ctrl-C, what was painted until then, at least one.
    """
    with loading(cells[0][1].verbose):
        from neural_style.commands.progress import progress
        from neural_style.transfer.stylize import paint
        from neural_style.transfer.stylizer import Stylizer

    results: list[Result] = []
    with contextlib.ExitStack() as stylizers:
        on_device: dict[str, Stylizer] = {}  # which holds what the next cell can use
        for caption, config in cells:
            name = caption.replace("\n", ", ")
            try:
                if config.device not in on_device:
                    stylizers.close()
                    on_device = {config.device: stylizers.enter_context(Stylizer(config))}
                with progress(config, name) as show:
                    results.append(paint(on_device[config.device], show, config=config))
            except KeyboardInterrupt:
                if not results:
                    raise
                return results, exit_code()
            logger.info("%s: %s", name, results[-1].summary)
            if results[-1].interrupted:
                return results, exit_code()
    return results, 0
