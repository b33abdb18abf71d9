"""The page: which handler is called when something on it is used.

What is on it is in `layout`; the handlers are in `picture_events`, `mask_events` and
`outcome_events`, a module for each part of the page. Each handler returns what the parts shall
show.
"""

from __future__ import annotations

from typing import Any

import gradio as gr

from neural_style.settings.config import LIVE
from neural_style.studio import layout
from neural_style.studio.api import add_api
from neural_style.studio.form import Form
from neural_style.studio.layout import Outcome
from neural_style.studio.mask_events import MaskEvents
from neural_style.studio.outcome_events import PaintEvents, ResultEvents
from neural_style.studio.picture_events import PictureEvents, style_number
from neural_style.studio.studio import Studio

TITLE = """\
# neural_style studio
Choose a photograph and a style and press **Start**. A preview shows at once what to expect."""
# Of handlers.
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
UNLIMITED: dict[str, Any] = {"concurrency_limit": None}  # they wait for others


def build(studio: Studio) -> gr.Blocks:
    """Return the page."""
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
        places, mask_settings = layout.places()
        form = Form(pictures, places, settings | mask_settings)
        tab, regions = gr.State(1), gr.State([])
        _wire_pictures(PictureEvents(studio, form), outcome, tab)
        _wire_masks(MaskEvents(studio, form, outcome, regions))
        painting = PaintEvents(studio, form, outcome)
        preset.input(form.show_preset, preset, list(form.settings.values()), **QUIET)
        _wire_weights(painting)
        _wire_painting(painting, page)
        _wire_results(ResultEvents(studio, form, outcome, preset))
    return page


def _wire_pictures(events: PictureEvents, outcome: Outcome, tab: gr.State) -> None:
    """Samples go where they belong; a new photograph lies on the canvas; previews come at once."""
    form, pictures = events.form, events.form.pictures
    pictures.tabs.select(style_number, None, tab, **QUIET)
    if pictures.contents:
        pictures.contents.select(events.take_photograph, None, pictures.photograph, **QUIET)
    if pictures.paintings:
        paintings = [style.picture for style in pictures.styles]
        pictures.paintings.select(events.take_painting, tab, paintings, **QUIET)
    pictures.photograph.change(events.on_canvas, pictures.photograph, form.places.canvas, **QUIET)
    for place in form.uploads():
        place.upload(events.check, place, outcome.message, **QUIET)
    gr.on(
        [part.change for part in form.inputs()],
        events.preview,
        form.inputs(),
        outcome.preview,
        trigger_mode="always_last",
        **QUIET,
        **UNLIMITED,
    )


def _wire_masks(events: MaskEvents) -> None:
    """Masks are made of what was painted, regions of clusters or of what pictures share."""
    pictures, places, message = events.form.pictures, events.form.places, events.outcome.message
    masks = [style.mask for style in pictures.styles]
    maps = [style.regions for style in pictures.styles]
    options = {"api_visibility": "private", "show_progress_on": places.overlay, **UNLIMITED}
    places.make.click(
        events.make,
        [pictures.photograph, places.canvas, places.tool, places.clusters, places.for_style],
        [
            *(*masks, places.where, places.overlay, places.pick, places.use, places.regions),
            *(events.regions, message),
        ],
        **options,
    )
    places.use.click(
        events.use,
        [places.pick, events.regions, places.for_style],
        [*masks, places.where, message],
        **options,
    )
    places.match.click(
        events.match,
        [pictures.photograph, places.for_style, *(style.picture for style in pictures.styles)],
        [places.regions, *maps, places.overlay, places.where, message],
        **options,
    )


def _wire_weights(events: PaintEvents) -> None:
    """Weights that change while a picture is painted reach it."""
    form = events.form
    live = [part for name, part in form.settings.items() if name in LIVE]
    live += [style.weight for style in form.pictures.styles]
    gr.on(
        [part.change for part in live],
        events.reweigh,
        form.inputs(),
        events.outcome.message,
        trigger_mode="always_last",
        **QUIET,
    )


def _wire_painting(events: PaintEvents, page: gr.Blocks) -> None:
    """Start, Stop and Continue; what is painted is shown, also after the page was reloaded."""
    outcome = events.outcome
    shown = [
        *(outcome.start, outcome.stop, outcome.go_on, outcome.message, outcome.live),
        *(outcome.picture, outcome.compare, outcome.command, outcome.gallery),
        *outcome.downloads.values(),
    ]
    options = QUIET | UNLIMITED
    outcome.start.click(events.start, [outcome.keep, *events.form.inputs()], shown, **options)
    outcome.go_on.click(events.go_on, outcome.keep, shown, **options)
    outcome.stop.click(events.stop, None, None, **options)
    outcome.keep.change(events.keep, outcome.keep, None, **options)
    page.load(events.load, None, shown, **options)
    page.unload(events.leave)


def _wire_results(events: ResultEvents) -> None:
    """One of the results is chosen; the settings of an earlier one come back."""
    outcome = events.outcome
    shown = [
        *(outcome.live, outcome.picture, outcome.compare, outcome.command, outcome.gallery),
        *outcome.downloads.values(),
    ]
    outcome.gallery.select(events.choose, None, shown, **QUIET)
    restored = [*events.form.inputs(), events.preset, outcome.message]
    outcome.earlier.upload(events.restore, outcome.earlier, restored, **QUIET)
