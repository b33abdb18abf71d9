"""What the page does, for programs: functions that Gradio's client calls by name.

Gradio derives what they take and give from their annotations, so these are types, not text.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr
from gradio.data_classes import FileData

from neural_style.guidance.requests import Request
from neural_style.runtime.errors import StyleError
from neural_style.runtime.errors import shown as quoted
from neural_style.studio import controls
from neural_style.studio.jobs import Progress
from neural_style.studio.orders import EVERYWHERE, Order, StyleOrder, config_of
from neural_style.studio.studio import LOOK_EVERY, Studio, visitor_of

# What an entry of `styles` may say beside `picture`.
OF_STYLE = ("picture", "weight", "scale", "layers", "mask", "regions")


def add_api(studio: Studio) -> None:
    """Add the functions to the page that is being built."""
    api = Api(studio)
    for function in (api.paint, api.preview, api.stop, api.mask):
        gr.api(function, api_name=function.__name__, concurrency_limit=None)


@dataclass(frozen=True)
class Api:
    """The functions that programs call, by their names."""

    studio: Studio

    async def paint(
        self,
        request: gr.Request,
        content: FileData,
        styles: list[dict],
        settings: dict = {},  # noqa: B006  (Gradio shows it, and nothing changes it)
        where: str = EVERYWHERE,
        regions: FileData | None = None,
    ) -> tuple[dict, FileData]:
        """Paint a picture; tell how far it is, and at the end give it.

        Args:
            request: who asks.
            content: the photograph.
            styles: each with its `picture`, and if wanted `weight`, `scale`, `layers`, `mask` and
                `regions`.
            settings: others, by their names on the command line; the page's controls alone.
            where: everywhere, masks or regions.
            regions: the photograph's label map.

        Yields:
            The progress (state, place, iteration, iterations, seconds_left, total, message), and
            the picture, None until it is there.
        """
        token = visitor_of(request)
        with _sentences():
            order = order_from(content, styles, settings, where, regions)
            config = config_of(order, partial(self.studio.keep, token))
            job = self.studio.submit(token, config)
        version = None
        while True:
            progress = job.progress
            if progress.version != version:
                version = progress.version
                path = progress.result and self.studio.public_copy(progress.result)
                yield report(progress), FileData(path=path) if path else None
            if progress.ended:
                break
            await asyncio.sleep(LOOK_EVERY)
        if progress.state == "failed":
            raise gr.Error(progress.message, print_exception=False)

    async def preview(
        self,
        request: gr.Request,
        content: FileData,
        styles: list[dict],
        settings: dict = {},  # noqa: B006
        where: str = EVERYWHERE,
        regions: FileData | None = None,
    ) -> FileData:
        """Paint a small picture quickly. Arguments as of `paint`; a newer one replaces it."""
        studio = self.studio
        token = visitor_of(request)
        with _sentences():
            order = order_from(content, styles, settings, where, regions)
            config = config_of(order, partial(studio.keep, token))
            pixels = await studio.run_in_thread(studio.desk.preview, token, config)
            if pixels is None:
                raise StyleError("preview: a newer one has taken its place")
            return FileData(path=studio.public_array(token, pixels, "preview.png"))

    def stop(self, request: gr.Request) -> str:
        """Stop the picture that is being painted; what it is then is kept."""
        job = self.studio.desk.job(visitor_of(request))
        if job:
            job.stop()
        return "stopping" if job else "nothing is being painted"

    async def mask(
        self,
        request: gr.Request,
        content: FileData,
        box: list[int] | None = None,
        clusters: int | None = None,
        match: FileData | None = None,
    ) -> list[FileData]:
        """Make masks of a photograph: of a subject in a box, of clusters, or label maps.

        Args:
            request: who asks.
            content: the photograph.
            box: left, top, width, height, in its pixels.
            clusters: how many regions.
            match: a picture that shall have the same regions.

        Returns:
            As `neural_style mask` writes them: of a box the mask, its inverse and an overlay; of
            clusters the label map, a mask of each region and the overlay; of match the label map
            and overlay of each picture.
        """
        studio = self.studio
        token = visitor_of(request)
        with _sentences():
            photograph = studio.photograph(token, _path("content", content))
            other = studio.keep(token, _path("match", match)) if match else None
            kind = Request(box=box and tuple(box), clusters=clusters, match=other)
            parts = await studio.run_in_thread(studio.desk.call, "masks", photograph, kind)
            names = [f"{photograph.stem}_mask{ending}.png" for ending, _, _ in parts]
            return [
                FileData(path=studio.public_array(token, pixels, name))
                for name, (_, _, pixels) in zip(names, parts, strict=True)
            ]


def report(progress: Progress) -> dict[str, Any]:
    """Return a job's progress as programs are told it."""
    return {
        "state": progress.state,
        "place": progress.place,
        "iteration": progress.step.iteration,
        "iterations": progress.step.iterations,
        "seconds_left": progress.step.seconds_left,
        "message": progress.message,
        "total": progress.totals[-1] if progress.totals else None,
    }


def order_from(content: Any, styles: Any, settings: Any, where: str, regions: Any) -> Order:
    """Return what a program orders, from the arguments of `Api.paint`.

    Raises:
        StyleError: one of them is of another form.
    """
    values = _values(settings)
    if not isinstance(styles, list):
        raise StyleError("styles: received no list; give [{'picture': ...}]")
    style_orders = tuple(_style(style) for style in styles)
    return Order(_path("content", content), style_orders, where, _path("regions", regions), values)


def _values(settings: Any) -> dict[str, Any]:
    """Return settings from a program as Config takes them; a preset's come first."""
    if not isinstance(settings, dict):
        raise StyleError("settings: received no names with values; give {name: value}")
    shown = dict(settings)
    preset = shown.pop("preset", None)
    for name in shown:
        if name not in controls.names():
            raise StyleError(f"settings: {quoted(name)} is none that is open here")
    base = controls.of_preset(preset) if preset else {}
    return {name: controls.parse(name, value) for name, value in (base | shown).items()}


def _style(given: Any) -> StyleOrder:
    """Return a style as a program gives it."""
    if not isinstance(given, dict):
        raise StyleError("styles: received an entry without names; give {'picture': ...}")
    if "path" in given:  # a file alone
        given = {"picture": given}
    for name in given:
        if name not in OF_STYLE:
            allowed = ", ".join(OF_STYLE)
            raise StyleError(f"styles: {quoted(name)} is unknown, allowed are {allowed}")
    files = {name: _path(name, given.get(name)) for name in ("picture", "mask", "regions")}
    return StyleOrder(**{**given, **files})


def _path(name: str, file: Any) -> str | None:
    """Return the path of a file that Gradio has received, and has checked to be an upload."""
    if file is None:
        return None
    if not (isinstance(file, dict) and file.get("meta") == {"_type": "gradio.FileData"}):
        raise StyleError(f"{name}: received no file; upload one, as handle_file(path) does")
    return file["path"]


@contextmanager
def _sentences() -> Iterator[None]:
    """Tell programs in one sentence what their user can mend."""
    try:
        yield
    except StyleError as error:
        raise gr.Error(str(error), print_exception=False) from None
