"""The page: what happens when something on it is used.

What is on it is in `layout`, what a visitor orders in `orders`. Read `build` from the top; it wires
the parts to the functions below it. Each of these takes the Studio and who asks, and returns what
the parts shall show.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from neural_style.guidance.segmentation import Request
from neural_style.runtime.errors import StyleError
from neural_style.settings.config import LIVE, Config
from neural_style.studio import controls, layout, view
from neural_style.studio.jobs import ENDED, Job
from neural_style.studio.layout import Outcome, Pictures, Places
from neural_style.studio.orders import MASKS, REGIONS, Order, StyleOrder, config_of, order_of
from neural_style.studio.studio import LOOK_EVERY, Studio, visitor_of

TITLE = """\
# neural_style studio
Choose a photograph and a style and press **Start**. A preview shows at once what to expect."""

Updates = dict[Any, Any]


def build(studio: Studio) -> gr.Blocks:
    """Return the page."""
    from neural_style.studio.api import add_api

    with gr.Blocks(
        title="neural_style studio", analytics_enabled=False, delete_cache=(600, 3600)
    ) as page:
        add_api(studio)  # first, so that its functions have their names
        gr.Markdown(TITLE)
        with gr.Row():
            with gr.Column(min_width=300):
                pictures = layout.pictures(studio.samples)
            with gr.Column(min_width=300):
                preset, settings = layout.settings()
            with gr.Column(min_width=300, scale=2):
                outcome = layout.outcome()
        places, settings_of_masks = layout.places()
        form = Form(pictures, places, settings | settings_of_masks)
        tab, found = gr.State(1), gr.State([])
        _pictures(studio, form, outcome, tab)
        _masks(studio, form, outcome, found)
        _settings(studio, form, outcome, preset)
        _jobs(studio, page, form, outcome)
        _results(studio, form, outcome, preset)
    return page


@dataclass(frozen=True)
class Form:
    """All that a visitor can set on the page.

    Attributes:
        pictures: the left column.
        places: where styles go.
        settings: the controls of Config's fields, by name.
    """

    pictures: Pictures
    places: Places
    settings: dict[str, gr.components.Component]

    def inputs(self) -> list[gr.components.Component]:
        """Return all that an order is made of."""
        styles = [part for style in self.pictures.styles for part in style.all()]
        places = [self.places.where, self.places.regions]
        return [self.pictures.photograph, *places, *styles, *self.settings.values()]

    def uploads(self) -> list[layout.Upload]:
        """Return the places for pictures."""
        return [part for part in self.inputs() if isinstance(part, layout.Upload)]

    def order(self, values: Sequence[Any]) -> Order:
        """Return the order that the values of `inputs` stand for.

        Raises:
            StyleError: a setting that cannot be read.
        """
        photograph, where, regions, *rest = values
        parts = len(self.pictures.styles[0].all())
        styles = []
        for _ in self.pictures.styles:
            picture, weight, scale, layers, mask, map_ = rest[:parts]
            rest = rest[parts:]
            if picture:
                weight, scale = (1.0 if number is None else number for number in (weight, scale))
                styles.append(StyleOrder(picture, weight, scale, layers or "", mask, map_))
        settings = {
            name: controls.given(name, value)
            for name, value in zip(self.settings, rest, strict=True)
        }
        return Order(photograph, tuple(styles), where, regions, settings)

    def show(self, order: Order) -> Updates:
        """Return what all parts show of an order."""
        updates: Updates = {
            self.pictures.photograph: order.photograph,
            self.places.where: order.where,
            self.places.regions: order.regions,
        }
        empty = StyleOrder("")
        for k, place in enumerate(self.pictures.styles):
            style = order.styles[k] if k < len(order.styles) else empty
            values = vars(style).values()
            updates |= {
                part: value or None if isinstance(part, layout.Upload) else value
                for part, value in zip(place.all(), values, strict=True)
            }
        shown = controls.of_settings(order.settings)
        return updates | {part: shown[name] for name, part in self.settings.items()}


def problem(words: object = "") -> str:
    """Return the HTML of a message; none takes the last one away."""
    return f'<p role="alert">{html.escape(str(words))}</p>' if str(words) else ""


def _pictures(studio: Studio, form: Form, outcome: Outcome, tab: gr.State) -> None:
    """Samples go where they belong; a new photograph lies on the canvas; previews come at once."""
    pictures = form.pictures
    quietly = {"show_progress": "hidden", "api_visibility": "private"}

    def selected(event: gr.SelectData) -> int:
        return event.index + 1

    pictures.tabs.select(selected, None, tab, **quietly)
    if pictures.contents:
        contents = layout.samples_in(studio.samples, layout.SAMPLE_CONTENTS)

        def photograph(event: gr.SelectData) -> str:
            return contents[event.index][0]

        pictures.contents.select(photograph, None, pictures.photograph, **quietly)
    if pictures.paintings:
        paintings = layout.samples_in(studio.samples, layout.SAMPLE_STYLES)
        places = [style.picture for style in pictures.styles]

        def painting(number: int, event: gr.SelectData) -> Updates:
            return {places[number - 1]: paintings[event.index][0]}

        pictures.paintings.select(painting, tab, places, **quietly)

    def on_canvas(path: str | None, request: gr.Request) -> str | None:
        try:
            studio.keep(visitor_of(request), path)
        except StyleError:  # `check` says it
            return None
        return path

    pictures.photograph.change(on_canvas, pictures.photograph, form.places.canvas, **quietly)

    def check(path: str | None, request: gr.Request) -> str:
        try:
            studio.keep(visitor_of(request), path)
        except StyleError as error:
            return problem(error)
        return problem()

    for place in form.uploads():
        place.upload(check, place, outcome.message, **quietly)

    async def preview(request: gr.Request, *values: Any) -> Any:
        token = visitor_of(request)
        try:
            order = form.order(values)
            if not (order.photograph and order.styles):
                return ""
            config = await studio.run_in_thread(config_of, order, partial(studio.keep, token))
            pixels = await studio.run_in_thread(studio.desk.preview, token, config)
        except StyleError as error:  # what has come of something else stays to be read
            return problem(error)
        if pixels is None:  # a newer one is on its way
            return gr.skip()
        picture = view.show_picture(pixels, "A small preview of the picture")
        return f"<figure>{picture}<figcaption>Preview, small and rough</figcaption></figure>"

    gr.on(
        [part.change for part in form.inputs()],
        preview,
        form.inputs(),
        outcome.preview,
        trigger_mode="always_last",
        concurrency_limit=None,
        **quietly,
    )


def _masks(studio: Studio, form: Form, outcome: Outcome, found: gr.State) -> None:
    """Make masks of what was painted, and regions of clusters or of what pictures share."""
    places = form.places
    masks = [style.mask for style in form.pictures.styles]
    maps = [style.regions for style in form.pictures.styles]
    options = {
        "api_visibility": "private",
        "concurrency_limit": None,
        "show_progress_on": places.overlay,
    }

    def kept_array(token: str, pixels: Any, name: str) -> str:
        return studio.public_copy(studio.visitors.keep_array(token, pixels, name))

    async def make(
        photograph: str | None,
        layers: list[str],
        tool: str,
        clusters: float,
        number: int,
        request: gr.Request,
    ) -> Updates:
        token = visitor_of(request)
        try:
            config = studio.photograph(token, photograph)
            kept = [Path(studio.keep(token, path)) for path in layers]
            parts = await studio.run_in_thread(
                studio.desk.call, "mask_of", config, tool, kept, int(clusters)
            )
        except StyleError as error:
            return {outcome.message: problem(error)}
        name = Path(config.content_img).stem
        overlay = parts[-1][2]
        if tool != "clusters":
            return {
                masks[number - 1]: kept_array(token, parts[0][2], f"{name}_mask_{number}.png"),
                places.where: MASKS,
                places.overlay: overlay,
                places.pick: gr.update(visible=False),
                places.use: gr.update(visible=False),
                outcome.message: "",
            }
        regions = [
            kept_array(token, mask, f"{name}_region_{k}.png")
            for k, (_, _, mask) in enumerate(parts[1:-1], 1)
        ]
        choices = [(f"{k}: {part[1]}", k) for k, part in enumerate(parts[1:-1], 1)]
        return {
            places.regions: kept_array(token, parts[0][2], f"{name}_regions.png"),
            places.overlay: overlay,
            places.pick: gr.update(choices=choices, value=[], visible=True),
            places.use: gr.update(visible=True),
            found: regions,
            outcome.message: "",
        }

    places.make.click(
        make,
        [form.pictures.photograph, places.canvas, places.tool, places.clusters, places.for_style],
        [
            *(*masks, places.where, places.overlay, places.pick, places.use, places.regions),
            *(found, outcome.message),
        ],
        **options,
    )

    async def use(
        numbers: list[int], regions: list[str], number: int, request: gr.Request
    ) -> Updates:
        if not numbers:
            return {outcome.message: problem("Regions for the mask: choose at least one")}
        chosen = [Path(regions[k - 1]) for k in numbers]
        pixels = await studio.run_in_thread(studio.desk.call, "union", chosen)
        name = chosen[0].name.replace("_region_", "_mask_of_regions_")
        path = kept_array(visitor_of(request), pixels, name)
        return {masks[number - 1]: path, places.where: MASKS, outcome.message: ""}

    places.use.click(
        use,
        [places.pick, found, places.for_style],
        [*masks, places.where, outcome.message],
        **options,
    )

    async def match(
        photograph: str | None, number: int, *rest: Any, request: gr.Request
    ) -> Updates:
        token = visitor_of(request)
        style = rest[number - 1]
        try:
            config = studio.photograph(token, photograph)
            if not style:
                raise StyleError(f"Style {number}: there is none yet; upload a picture")
            kept = Path(studio.keep(token, style))
            parts = await studio.run_in_thread(
                studio.desk.call, "masks", config, Request(match=str(kept))
            )
        except StyleError as error:
            return {outcome.message: problem(error)}
        stems = (Path(config.content_img).stem, kept.stem)
        # Label map and overlay of the photograph, then those of the style.
        paths = [
            kept_array(token, pixels, f"{stem}_regions.png")
            for stem, (_, _, pixels) in zip(stems, parts[::2], strict=True)
        ]
        return {
            places.regions: paths[0],
            maps[number - 1]: paths[1],
            places.overlay: parts[1][2],
            places.where: REGIONS,
            outcome.message: "",
        }

    places.match.click(
        match,
        [
            *(form.pictures.photograph, places.for_style),
            *(style.picture for style in form.pictures.styles),
        ],
        [places.regions, *maps, places.overlay, places.where, outcome.message],
        **options,
    )


def _settings(studio: Studio, form: Form, outcome: Outcome, preset: gr.Dropdown) -> None:
    """A preset sets the controls; weights that change while a picture is painted reach it."""
    parts = list(form.settings.values())

    def choose(name: str) -> Updates:
        shown = controls.of_preset(name)
        return {part: shown[setting] for setting, part in form.settings.items()}

    preset.input(choose, preset, parts, show_progress="hidden", api_visibility="private")

    def reweigh(request: gr.Request, *values: Any) -> Any:
        job = studio.desk.job(visitor_of(request))
        if job is None or job.progress.state != "painting":
            return gr.skip()
        try:
            order = form.order(values)
            weights = {name: order.settings[name] for name in LIVE if name in order.settings}
            if len(order.styles) > 1:
                weights["style_imgs_weights"] = tuple(style.weight for style in order.styles)
            job.reweigh(**weights)
        except StyleError as error:
            return problem(error)
        return gr.skip()

    live = [part for name, part in form.settings.items() if name in LIVE]
    live += [style.weight for style in form.pictures.styles]
    gr.on(
        [part.change for part in live],
        reweigh,
        form.inputs(),
        outcome.message,
        trigger_mode="always_last",
        show_progress="hidden",
        api_visibility="private",
    )


def _jobs(studio: Studio, page: gr.Blocks, form: Form, outcome: Outcome) -> None:
    """Start, stop and go on; show what is painted, also after the page was loaded anew."""
    shown = [
        *(outcome.start, outcome.stop, outcome.go_on, outcome.message, outcome.live),
        *(outcome.picture, outcome.compare, outcome.command, outcome.gallery),
        *outcome.downloads.values(),
    ]
    options = {
        "show_progress": "hidden",
        "concurrency_limit": None,
        "api_visibility": "private",
    }

    async def watch(job: Job) -> AsyncIterator[Updates]:
        version, state, picture = None, None, None
        while True:
            progress = job.progress
            updates: Updates = {}
            if progress.version != version:
                updates[outcome.live] = view.show(progress)
            if progress.state != state:
                updates |= {
                    outcome.start: gr.update(interactive=progress.state in ENDED),
                    outcome.stop: gr.update(interactive=progress.state not in ENDED),
                    outcome.go_on: gr.update(interactive=progress.state == "stopped"),
                }
            if progress.picture is not picture:  # large: sent when it is new, and only then
                words = "The picture so far"
                updates[outcome.picture] = view.show_picture(progress.picture, words)
            version, state, picture = progress.version, progress.state, progress.picture
            if updates:
                yield updates
            if progress.state in ENDED:
                break
            await asyncio.sleep(LOOK_EVERY)
        if progress.state == "failed":
            yield {outcome.message: problem(progress.message)}
        if progress.result:
            yield {outcome.picture: ""}
            yield await studio.run_in_thread(_shown, studio, outcome, job.visitor, progress.result)

    async def paint(
        request: gr.Request, keep: bool, begin: Callable[[str], Job]
    ) -> AsyncIterator[Updates]:
        try:
            job = await studio.run_in_thread(begin, visitor_of(request))
        except StyleError as error:
            yield {outcome.message: problem(error)}
            return
        if not keep:
            studio.leaving[request.session_hash] = job
        yield {outcome.message: "", outcome.compare: gr.update(visible=False)}
        async for updates in watch(job):
            yield updates
        studio.leaving.pop(request.session_hash, None)

    async def start(request: gr.Request, keep: bool, *values: Any) -> AsyncIterator[Updates]:
        def begin(token: str) -> Job:
            return studio.submit(token, config_of(form.order(values), partial(studio.keep, token)))

        async for updates in paint(request, keep, begin):
            yield updates

    outcome.start.click(start, [outcome.keep, *form.inputs()], shown, **options)

    async def go_on(request: gr.Request, keep: bool) -> AsyncIterator[Updates]:
        async for updates in paint(request, keep, studio.go_on):
            yield updates

    outcome.go_on.click(go_on, outcome.keep, shown, **options)

    def stop(request: gr.Request) -> None:
        job = studio.desk.job(visitor_of(request))
        if job:
            job.stop()

    outcome.stop.click(stop, None, None, **options)

    def keep(kept: bool, request: gr.Request) -> None:
        job = studio.desk.job(visitor_of(request))
        if kept:
            studio.leaving.pop(request.session_hash, None)
        elif job and job.progress.state not in ENDED:
            studio.leaving[request.session_hash] = job

    outcome.keep.change(keep, outcome.keep, None, **options)

    async def loaded(request: gr.Request) -> AsyncIterator[Updates]:
        token = visitor_of(request)
        yield {outcome.gallery: studio.results(token)}
        job = studio.last.get(token)
        if job:
            async for updates in watch(job):
                yield updates

    page.load(loaded, None, shown, **options)

    def left(request: gr.Request) -> None:
        job = studio.leaving.pop(request.session_hash, None)
        if job:
            job.stop()

    page.unload(left)


def _shown(studio: Studio, outcome: Outcome, token: str, result: Path) -> Updates:
    """Return what shows a result, and all results of its visitor."""
    config = Config.load(result)
    updates: Updates = {
        outcome.compare: gr.update(
            value=(studio.public_copy(result.with_name("content.png")), studio.public_copy(result)),
            visible=True,
        ),
        outcome.command: controls.command(config, controls.PRESETS),
        outcome.gallery: studio.results(token),
    }
    for suffix, button in outcome.downloads.items():
        path = result.with_suffix(suffix)
        if suffix == ".zip":
            path = studio.visitors.package(token, result)
        there = path.is_file()
        updates[button] = gr.update(
            value=studio.public_copy(path) if there else None, visible=there
        )
    return updates


def _results(studio: Studio, form: Form, outcome: Outcome, preset: gr.Dropdown) -> None:
    """Choose one of the results; let the settings of an earlier one come back."""
    options = {"show_progress": "hidden", "api_visibility": "private"}

    def choose(event: gr.SelectData, request: gr.Request) -> Updates:
        token = visitor_of(request)
        results = studio.visitors.results(token)
        if event.index >= len(results):  # removed since the page was drawn
            return {outcome.gallery: studio.results(token)}
        return {
            outcome.live: "",
            outcome.picture: "",
            **_shown(studio, outcome, token, results[event.index]),
        }

    shown = [
        *(outcome.live, outcome.picture, outcome.compare, outcome.command, outcome.gallery),
        *outcome.downloads.values(),
    ]
    outcome.gallery.select(choose, None, shown, **options)

    def restore(path: str | None, request: gr.Request) -> Updates:
        if not path:
            return {outcome.message: ""}
        token = visitor_of(request)
        own = studio.find(token)

        def found(name: str) -> str | None:
            path = own(name)
            return path and studio.public_copy(path)

        try:
            order, missing = order_of(Path(studio.keep(token, path)), found)
        except StyleError as error:
            return {outcome.message: problem(error)}
        words = f"Give again: {', '.join(missing)}" if missing else ""
        return {**form.show(order), preset: "", outcome.message: problem(words)}

    outcome.earlier.upload(
        restore, outcome.earlier, [*form.inputs(), preset, outcome.message], **options
    )
