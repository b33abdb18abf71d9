"""The command line: flags to Config, and what is shown and written on the way to the picture.

The flags are those of the report and of neural-style-tf, with one dash or two. They are derived
from Config's fields. Nothing here loads TensorFlow before a command needs it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import logging
import re
import sys
import tempfile
from argparse import SUPPRESS, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from absl import app, flags
from absl.flags import argparse_flags

import neural_style
from neural_style.runtime import memory_limits
from neural_style.runtime.errors import StyleError, did_you_mean, one_line
from neural_style.runtime.interrupts import exit_code, obey, waiting
from neural_style.runtime.quiet import silence
from neural_style.runtime.streams import keep_open
from neural_style.settings.config import FIELDS, Config
from neural_style.settings.fields import kind_of
from neural_style.settings.files import load_settings, preset_names
from neural_style.studio.settings import FIELDS as STUDIO_FIELDS
from neural_style.studio.settings import Settings as Studio

if TYPE_CHECKING:  # loads the picture libraries
    from neural_style.commands.sheet import Cell
    from neural_style.guidance.requests import Request
    from neural_style.transfer.checkpoint import Checkpoints
    from neural_style.transfer.pictures import Pictures
    from neural_style.transfer.result import Result, ResultFolder

BAD_INPUT, BAD_FLAGS = 1, 2

# Other names that the tools before us have used.
ALIASES = {"img_name": ["image_name"]}

DESCRIPTION = """\
Paint a photograph in the style of other pictures (Gatys, Ecker and Bethge, 2016).

  neural_style -content_img lake.jpg -style_imgs wave.jpg
  neural_style -content_img lake.jpg -style_imgs wave.jpg glass.jpg -style_imgs_weights 0.3 0.7
  neural_style -content_img lake.jpg -style_imgs ink.jpg -style_mask -style_mask_imgs lake_mask.png
  neural_style -content_img lake.jpg -style_imgs strokes.jpg -content_regions lake_labels.png \\
      -style_regions strokes_labels.png    sky from sky, land from land
  neural_style reconstruct lake.jpg    what each layer of the network keeps of one picture
  neural_style mask lake.jpg -clusters 5    masks of its regions; -box x,y,w,h for a subject's
  neural_style sheet -content_img lake.jpg -style_imgs wave.jpg -vary style_weight 1e3 1e4
  neural_style studio                  all this on a page in the browser
  neural_style doctor                  what there is to paint with, and how fast it is

Flags take one dash or two; several values are separated by spaces."""
RECONSTRUCT_DESCRIPTION = """\
Draw the sheet of what each layer keeps of one picture, as style and as content (the paper's
figure 1). The settings are those of the presets reconstruct_style and reconstruct_content, and
the flags given here."""
MASK_DESCRIPTION = """\
Make masks of a photograph, and an overlay to look at: of a subject (by -box, by -foreground and
-background, or by a box and strokes), or of its regions (by -clusters, or by -match, which makes
those of another picture as well; it alone uses the network). They have the photograph's size and
name: lake_mask.png, lake_labels.png.

  neural_style mask still_life.jpg -box 30,110,660,490
  neural_style mask lake.jpg -foreground lake_sky_strokes.png -background lake_ground_strokes.png
  neural_style mask lake.jpg -clusters 5
  neural_style mask lake.jpg -match wave.jpg"""
SHEET_DESCRIPTION = """\
Paint a picture under each value of a setting, or of two against each other, and draw one sheet of
all, with captions. The flags are those of a transfer, and each -vary names one of them.

  neural_style sheet -content_img lake.jpg -style_imgs wave.jpg -vary style_weight 1e3 1e4 1e5
  neural_style sheet -content_img lake.jpg -style_imgs wave.jpg -vary content_layers relu2_1 \\
      conv4_2 "relu2_1 conv4_2" -vary preset preview fast

The values of the first -vary go from left to right, those of a second from top to bottom. Where one
value is of several words, put quotes around it."""
STUDIO_DESCRIPTION = """\
Open the studio: a page in the browser on which pictures are chosen, masks painted and pictures
seen while they are painted. It is for this machine alone, unless -host says otherwise.

  neural_style studio                                       for you: http://127.0.0.1:7860
  neural_style studio -host 0.0.0.0 -auth ada:lovelace      for others, with a password"""
DOCTOR_DESCRIPTION = """\
Tell versions, machine, device, precision, threads and weights, and time the network at -max_size.
The flags are those of a transfer; pictures are not read."""
# Usage and description of each command.
COMMANDS = {
    "stylize": ("neural_style [flags]", DESCRIPTION),
    "reconstruct": ("neural_style reconstruct PICTURE [flags]", RECONSTRUCT_DESCRIPTION),
    "mask": ("neural_style mask PICTURE [flags]", MASK_DESCRIPTION),
    "sheet": ("neural_style sheet -vary NAME VALUE ... [flags]", SHEET_DESCRIPTION),
    "studio": ("neural_style studio [flags]", STUDIO_DESCRIPTION),
    "doctor": ("neural_style doctor [flags]", DOCTOR_DESCRIPTION),
}
# Flags of `mask` that are its own, and the settings that it takes as a transfer does.
MASK_FLAGS = {
    "box": ("X,Y,W,H", "box around the subject: left, top, width, height in its pixels"),
    "foreground": ("PICTURE", "strokes on the subject: opaque on transparent, or white on black"),
    "background": ("PICTURE", "strokes on what is not the subject"),
    "clusters": ("N", "how many regions of like colour, texture and place, 2 to 16"),
    "match": (
        "PICTURE",
        "label maps of the photograph and this picture, of regions that both have: of clusters "
        "regions, or as many as they share; a path, or a name in style_imgs_dir",
    ),
    "img_name": (
        "NAME",
        "name of the result and its folder; .png or .tif may be added (default: the photograph's, "
        "and _mask or _labels)",
    ),
}
MASK_SETTINGS = (
    "content_img_dir",
    "style_imgs_dir",
    "max_size",
    "img_output_dir",
    "overwrite",
    "network",
    "model_weights",
    "pooling_type",
    "device",
    "precision",
    "quiet",
    "verbose",
)

logger = logging.getLogger("neural_style")


class _Parser(argparse_flags.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        _say(one_line(message))
        sys.exit(BAD_FLAGS)


def run(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    The codes are 0, done; 1, bad input; 2, bad flags; 130, 143, 129, stopped by Ctrl-C, SIGTERM or
    SIGHUP.
    """
    keep_open()
    obey()
    try:
        app.run(main, argv and list(argv), flags_parser=parse)
    except KeyboardInterrupt:
        _say("interrupted before the picture was done; none was written")
        sys.exit(exit_code())


def parse(argv: Sequence[str]) -> Namespace:
    """Return the command and its Config, or exit with a line on what is wrong.

    Returns:
        `command` (one of COMMANDS), `config`, for `reconstruct` its ten `jobs`, for `mask` its
        `request`, for `sheet` its `cells`, and for `studio` its settings, `studio`.
    """
    flags.FLAGS.mark_as_parsed()  # absl's own flags are not for the users of this program
    arguments = list(argv[1:])
    command = "stylize"
    if arguments and arguments[0] in COMMANDS and arguments[0] != "stylize":
        command = arguments.pop(0)
    parser = _parser(command)
    given = vars(parser.parse_args(_checked(arguments, parser)))
    namespace = Namespace(command=command)
    try:
        if command == "studio":
            namespace.studio = Studio(**given)
            namespace.config = Config(style_weight=0, content_img="none")  # messages as usual
            return namespace
        if command == "sheet":
            namespace.cells = _sheet_cells(given)
            namespace.config = namespace.cells[0][0][1]
            return namespace
        sources = [given.pop(name) for name in ("preset", "config") if name in given]
        if command == "reconstruct":
            namespace.jobs = _reconstruct_jobs(sources, given)
            namespace.config = namespace.jobs[0][1]
        elif command == "mask":
            namespace.request, namespace.config = _mask_request(given)
        else:
            if command == "doctor":  # takes noise for them
                given = {"content_img": "noise", "style_imgs": "noise"} | given
            namespace.config = Config.load(*sources, **given)
    except StyleError as error:
        parser.error(str(error))
    return namespace


def main(arguments: Namespace) -> int:
    """Run a parsed command.

    Returns:
        The exit code.
    """
    config = arguments.config
    with _messages(config):
        try:
            if arguments.command == "stylize":
                return _stylize(config)
            if arguments.command == "doctor":
                return _doctor(config)
            if arguments.command == "mask":
                return _mask(config, arguments.request)
            if arguments.command == "sheet":
                return _sheet(arguments.cells)
            if arguments.command == "studio":
                return _studio(arguments.studio)
            return _reconstruct(arguments.jobs)
        except StyleError as error:
            _say(str(error))
            return BAD_INPUT


def _stylize(config: Config) -> int:
    if config.transfer == "color":
        return _recolour(config)
    with _start(config):
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
    """Paint one picture and write it; return the exit code."""
    from neural_style.commands.progress import progress, tensorboard
    from neural_style.transfer.finish import finish
    from neural_style.transfer.stylize import stylize

    with tensorboard(config) as record, progress(config) as show:

        def on_step(step: Any) -> None:
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
        path = _written(folder, lambda: folder.write(result))
    except StyleError as error:
        raise StyleError(f"{error}{_hint(checkpoints)}") from error
    logger.info(result.summary)
    if result.interrupted:
        reached = result.history[-1].iteration
        _say(f"interrupted at iteration {reached}; the best so far is kept{_hint(checkpoints)}")
    else:
        checkpoints.remove()
    print(path)
    return exit_code() if result.interrupted else _code(folder)


def _code(folder: ResultFolder) -> int:
    """Return the exit code of a run that has come to its end."""
    return BAD_INPUT if folder.is_elsewhere else 0


def _written(folder: ResultFolder, write: Callable[[], Any]) -> Any:
    """Write a result; where its place cannot be written, in the working or the temporary folder.

    Raises:
        StyleError: there is no such place.
    """
    try:
        return write()
    except StyleError as error:
        for place in (Path.cwd(), Path(tempfile.gettempdir())):
            folder.move_to(place)
            with contextlib.suppress(StyleError):
                path = write()
                logger.error("%s; the result is in %s instead", error, folder.folder)
                return path
        raise


def _hint(checkpoints: Checkpoints) -> str:
    """Return what -resume would do, or nothing where it would do nothing."""
    kept = checkpoints.iteration
    return "" if kept is None else f"; the same command with -resume goes on after iteration {kept}"


def _recolour(config: Config) -> int:
    with _start(config):
        from neural_style.transfer.recolor import recolour
        from neural_style.transfer.result import ResultFolder

        result = recolour(config)
    folder = ResultFolder(config, result.picture.size)
    path = _written(folder, lambda: folder.write(result))
    logger.info(result.summary)
    print(path)
    return _code(folder)


def _reconstruct(jobs: list[tuple[str, Config]]) -> int:
    with _start(jobs[0][1]):
        from neural_style.commands.reconstruct import sheet_rows
        from neural_style.transfer.result import ResultFolder

        folder = ResultFolder(jobs[0][1])
    results, code = _paint_each(jobs)
    names = [name for name, _ in jobs[: len(results)]]
    rows = sheet_rows(list(zip(names, results, strict=True)))
    with waiting():
        print(_written(folder, lambda: folder.write_sheet(rows)))
    return code or _code(folder)


def _sheet(cells: list[list[Cell]]) -> int:
    jobs = [(caption.replace("\n", ", "), config) for row in cells for caption, config in row]
    with _start(jobs[0][1]):
        from neural_style.commands.sheet import check_runs, sheet_rows
        from neural_style.transfer.result import ResultFolder

        check_runs([config for _, config in jobs])
        folder = ResultFolder(jobs[0][1])
    results, code = _paint_each(jobs)
    rows = sheet_rows(cells, results)
    with waiting():
        print(_written(folder, lambda: folder.write_sheet(rows)))
    return code or _code(folder)


def _paint_each(jobs: list[tuple[str, Config]]) -> tuple[list[Result], int]:
    """Paint one after another, each shown by its name.

    Returns:
        The results and the exit code; after Ctrl-C, what was painted until then, at least one.
    """
    with _start(jobs[0][1]):
        from neural_style.commands.progress import progress
        from neural_style.transfer.stylize import stylize

    results: list[Result] = []
    for name, config in jobs:
        try:
            with progress(config, name) as show:
                results.append(stylize(config, show))
        except KeyboardInterrupt:
            if not results:
                raise
            return results, exit_code()
        logger.info("%s: %s", name, results[-1].summary)
        if results[-1].interrupted:
            return results, exit_code()
    return results, 0


def _mask(config: Config, request: Request) -> int:
    with _start(config):
        from neural_style.guidance.segmentation import check_mask_name, make_masks
        from neural_style.images.read import find_picture
        from neural_style.transfer.result import ResultFolder

        if request.match is not None:
            from neural_style.guidance.matching import match_masks
    check_mask_name(config.img_name)
    photograph = find_picture(config.content_img, config.content_img_dir, "picture")
    request = request.with_paths(config.content_img_dir, config.style_imgs_dir)
    if request.match is None:
        masks = make_masks(photograph, request, config.max_size)
    else:
        network = config.network_spec()
        masks = match_masks(photograph, request, config.max_size, network, config.device)
    folder = ResultFolder(config)
    parts = [(ending, picture) for ending, _, picture in masks]
    paths = _written(folder, lambda: folder.write_parts(parts))
    width = max(len(str(path)) for path in paths)
    for path, (_, remark, _) in zip(paths, masks, strict=True):
        print(f"{path!s:{width}}  {remark}")
    return _code(folder)


def _studio(settings: Studio) -> int:
    try:
        from neural_style.studio.server import serve
    except ModuleNotFoundError as error:
        if error.name != "gradio":
            raise
        raise StyleError(
            "studio: Gradio is not installed; install it with pip install 'neural_style[studio]'"
        ) from None
    serve(settings)
    return 0


def _doctor(config: Config) -> int:
    with _start(config):
        from neural_style.commands.doctor import examine
    for title, line in examine(config):
        print(f"{title:20}  {line}", flush=True)
    return 0


def _mask_request(given: dict[str, Any]) -> tuple[Request, Config]:
    from neural_style.guidance.requests import Request

    names = [field.name for field in dataclasses.fields(Request)]
    request = Request(**{name: given.pop(name) for name in names if name in given})
    picture = given.pop("picture")
    kind = "labels" if request.divides else "mask"
    name = {"img_name": f"{Path(picture).stem}_{kind}"}
    return request, Config(content_img=picture, style_weight=0, **(name | given))


def _reconstruct_jobs(sources: list[str], given: dict[str, Any]) -> list[tuple[str, Config]]:
    from neural_style.commands.reconstruct import reconstructions

    settings: dict[str, Any] = {"img_name": "reconstruction"}
    for source in sources:
        settings |= load_settings(source, FIELDS)
    jobs = list(reconstructions(**(settings | given)))
    if jobs[0][1].resume:
        raise StyleError("resume: reconstruct keeps no checkpoints to go on from; drop -resume")
    return jobs


def _sheet_cells(given: dict[str, Any]) -> list[list[Cell]]:
    from neural_style.commands.sheet import grid

    cells = grid(given.pop("vary", []), {"img_name": "sheet"} | given)
    if cells[0][0][1].resume:
        raise StyleError("resume: sheet keeps no checkpoints to go on from; drop -resume")
    return cells


def _parser(command: str) -> _Parser:
    usage, description = COMMANDS[command]
    parser = _Parser(
        usage=usage,
        description=description,
        formatter_class=RawDescriptionHelpFormatter,
        inherited_absl_flags=None,
        add_help=False,
    )
    makes_masks = command == "mask"
    title = "Settings from elsewhere; flags override them"
    title = {"mask": "What to make masks from", "studio": "Help"}.get(command, title)
    first = parser.add_argument_group(title)
    first.add_argument("-h", "-help", "--help", action="help", help="show this and exit")
    first.add_argument("-version", "--version", action="version", version=neural_style.__version__)
    if makes_masks:
        for name, (metavar, text) in MASK_FLAGS.items():
            _add(first, name, metavar=metavar, help=text)
    elif command != "studio":
        _add(first, "preset", metavar="NAME", help=f"one of {', '.join(preset_names())}")
        _add(first, "config", metavar="FILE", help="YAML, or a picture that neural_style has made")
    if command == "sheet":
        text = "a setting, preset or config, and its values; at most twice"
        _add(first, "vary", nargs="+", action="append", metavar=("NAME", "VALUE"), help=text)
    if command in ("reconstruct", "mask"):
        first.add_argument("picture", help="a path, or a name in content_img_dir")
    groups: dict[str, Any] = {}
    fields = STUDIO_FIELDS if command == "studio" else FIELDS
    for name in MASK_SETTINGS if makes_masks else fields:
        field = fields[name]
        group = field.metadata["group"]
        if group not in groups:
            groups[group] = parser.add_argument_group(group)
        _add(groups[group], name, **_flag(field))
    return parser


def _add(group: Any, name: str, **options: Any) -> None:
    names = [dash + spelling for spelling in [name, *ALIASES.get(name, [])] for dash in ("-", "--")]
    # A flag that is not given leaves no trace: defaults are Config's.
    group.add_argument(*names, dest=name, default=SUPPRESS, **options)


def _flag(field: Any) -> dict[str, Any]:
    """Return argparse's options for one of Config's fields; values are checked by Config."""
    kind, several = kind_of(field)
    default = field.default
    if several:
        default = " ".join(map(str, default))
    shown = "" if default is None or default is False or default == "" else f" (default: {default})"
    options: dict[str, Any] = {"help": (field.metadata["help"] + shown).replace("%", "%%")}
    if kind is bool:
        return options | {"nargs": "?", "const": "1", "metavar": "1"}
    if "choices" in field.metadata:
        options["metavar"] = "|".join(map(str, field.metadata["choices"]))
    else:
        options["metavar"] = {int: "N", float: "X", str: "NAME"}.get(kind, "PICTURE")
    return options | ({"nargs": "+", "action": "extend"} if several else {})


def _checked(arguments: list[str], parser: _Parser) -> list[str]:
    """Refuse flags that are not exactly known, which argparse would take for a longer one's start.

    Negative numbers are marked as values by a space, since argparse takes -1e-3 for a flag, and so
    are several with commas between them.
    """
    known = {name for action in parser._actions for name in action.option_strings}
    checked = []
    for argument in arguments:
        if re.fullmatch(r"-(\d+\.?\d*|\.\d+)(e[+-]?\d+)?(,.*)?|-inf|-nan", argument, re.IGNORECASE):
            argument = f" {argument}"
        elif re.match(r"--?[^\W\d]", argument):
            name = argument.partition("=")[0]
            if name not in known:
                bare = sorted({other.lstrip("-") for other in known})
                parser.error(
                    f"there is no flag {name}{did_you_mean(name.lstrip('-'), bare)}; --help shows "
                    "all"
                )
        checked.append(argument)
    return checked


@contextlib.contextmanager
def _messages(config: Config) -> Iterator[None]:
    """Print the package's messages as lines: warnings, with --verbose all, with --quiet none.

    TensorFlow's warnings (from the fifth scale on, that it traces a graph for each) are for
    --verbose alone.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    level = logging.DEBUG if config.verbose else logging.INFO
    logger.setLevel(logging.ERROR if config.quiet else level)
    logger.propagate = False
    logger.addHandler(handler)
    tensorflow = logging.getLogger("tensorflow")
    before = tensorflow.level
    if not config.verbose:
        tensorflow.setLevel(logging.ERROR)
    try:
        yield
    finally:
        tensorflow.setLevel(before)
        logger.removeHandler(handler)


@contextlib.contextmanager
def _start(config: Config) -> Iterator[None]:
    """Import libraries in here: quietly, unless --verbose, and without looking for garbage.

    They leave next to none, and the search took a fifth of the time of TensorFlow's import.
    """
    memory_limits.check()
    gc.disable()
    try:
        with contextlib.nullcontext() if config.verbose else silence():
            yield
    finally:
        gc.enable()


def _say(message: str) -> None:
    print(f"neural_style: {message}", file=sys.stderr)
