"""What is on the page, and where: pictures, settings and result side by side; masks below."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

# These, and `ImageEditor.blob_storage`, are Gradio's own parts as they are in 6.31: it has no
# public way to limit what an editor holds, nor to have its layers undecoded.
from gradio.components.base import server
from gradio.components.image_editor import AcceptBlobs
from gradio.processing_utils import save_bytes_to_cache

from neural_style.settings.config import FIELDS
from neural_style.studio import controls
from neural_style.studio.masking import GREEN, RED, TOOLS
from neural_style.studio.orders import EVERYWHERE, MASKS, REGIONS

STYLES = 3  # places for styles
MAX_PAINTINGS = 32  # that are kept until an event wants them
WHERE = {
    "everywhere": EVERYWHERE,
    "where their masks are white": MASKS,
    "from region to region, paired by colour": REGIONS,
}
DOWNLOADS = {"PNG": ".png", "JPEG": ".jpg", "TIFF with 16 bits": ".tif", "all in a ZIP": ".zip"}
SAMPLE_CONTENTS = ("lake.jpg", "still_life.jpg")
SAMPLE_STYLES = ("strokes.jpg", "wave.jpg", "glass.jpg", "ink.jpg", "abstract.jpg")


class Upload(gr.Image):
    """A picture to upload, handed on as its path: the server decodes no stranger's pixels."""

    def preprocess(self, payload: Any) -> str | None:
        """Return the path."""
        return payload and payload.path

    def get_block_name(self) -> str:
        """Return the name by which the browser knows it."""
        return "image"


def upload(label: str, height: int = 200) -> Upload:
    """Return a place to upload, drop or paste a picture."""
    return Upload(
        label=label,
        type="filepath",
        format="png",
        sources=["upload", "clipboard"],
        buttons=[],
        height=height,
    )


class Canvas(gr.ImageEditor):
    """The photograph to paint masks on; what is painted is handed on as the paths of its layers.

    The browser sends what is painted bit by bit before the event that wants it; of that, a server
    for strangers keeps a limited number.
    """

    def preprocess(self, payload: Any) -> list[str]:
        """Return the paths of the layers."""
        if payload is None:
            return []
        sent = payload.id and self.blob_storage.pop(payload.id, None)
        if not sent:
            return [layer.path for layer in payload.layers]
        return [
            save_bytes_to_cache(layer, "layer.png", self.GRADIO_CACHE)
            for layer in sent.layers
            if layer
        ]

    @server
    def accept_blobs(self, data: AcceptBlobs) -> None:
        """Take what the browser sends, if it is a layer of few."""
        facts = data.data
        index = str(facts.get("index"))
        if facts.get("type") != "layer" or index not in ("0", "1", "2", "3"):
            return  # the photograph itself is known
        if len(str(facts.get("id"))) > 100 or len(data.files) != 1:
            return
        while len(self.blob_storage) >= MAX_PAINTINGS:
            self.blob_storage.pop(next(iter(self.blob_storage)))
        super().accept_blobs(data)

    def get_block_name(self) -> str:
        """Return the name by which the browser knows it."""
        return "imageeditor"


@dataclass(frozen=True)
class StylePlace:
    """The controls of one style."""

    picture: Upload
    weight: gr.Number
    scale: gr.Number
    layers: gr.Textbox
    mask: Upload
    regions: Upload

    def all(self) -> list[gr.components.Component]:
        """Return them in the order of `orders.StyleOrder`'s fields."""
        return [self.picture, self.weight, self.scale, self.layers, self.mask, self.regions]


@dataclass(frozen=True)
class Pictures:
    """The left column: the photograph and the styles.

    Attributes:
        photograph: to paint.
        contents: samples of photographs; None where there are none.
        styles: a place for each.
        tabs: that show one of them.
        paintings: samples of styles; None where there are none.
    """

    photograph: Upload
    contents: gr.Gallery | None
    styles: list[StylePlace]
    tabs: gr.Tabs
    paintings: gr.Gallery | None


@dataclass(frozen=True)
class Places:
    """The controls that say where styles go.

    Attributes:
        where: everywhere, by masks, by regions.
        canvas: the photograph to paint on.
        tool: how a mask is made of what was painted.
        clusters: how many regions.
        for_style: the number of the style that a mask is for.
        make: makes it.
        overlay: shows it.
        pick: regions of clusters to take for a mask.
        use: takes them.
        regions: the photograph's label map.
        match: finds regions that the photograph and a style share.
    """

    where: gr.Radio
    canvas: Canvas
    tool: gr.Radio
    clusters: gr.Slider
    for_style: gr.Radio
    make: gr.Button
    overlay: gr.Image
    pick: gr.CheckboxGroup
    use: gr.Button
    regions: Upload
    match: gr.Button


@dataclass(frozen=True)
class Outcome:
    """The right column.

    Attributes:
        start: paints.
        stop: ends it, and keeps the picture.
        go_on: goes on where it stopped.
        keep: whether the picture is painted on when the page is closed.
        message: what is wrong, or nothing.
        preview: what to expect.
        live: how far it is, and the loss.
        picture: as it is so far.
        compare: before and after.
        command: that makes this picture.
        downloads: a button for each format.
        gallery: the visitor's results.
        earlier: a result whose settings are to come back.
    """

    start: gr.Button
    stop: gr.Button
    go_on: gr.Button
    keep: gr.Checkbox
    message: gr.HTML
    preview: gr.HTML
    live: gr.HTML
    picture: gr.HTML
    compare: gr.ImageSlider
    command: gr.Textbox
    downloads: dict[str, gr.DownloadButton]
    gallery: gr.Gallery
    earlier: Upload


def samples_in(folder: Path | None, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the paths and captions of sample pictures, if they are there."""
    paths = [folder / name for name in names] if folder else []
    return [(str(path), path.stem.replace("_", " ")) for path in paths if path.is_file()]


def pictures(samples: Path | None) -> Pictures:
    """Lay out the left column."""
    gr.Markdown("## Pictures")
    photograph = upload("Photograph", 240)
    contents = _gallery("Sample photographs", samples_in(samples, SAMPLE_CONTENTS))
    with gr.Tabs() as tabs:
        styles = [_style(number) for number in range(1, STYLES + 1)]
    paintings = _gallery("Sample styles", samples_in(samples, SAMPLE_STYLES))
    return Pictures(photograph, contents, styles, tabs, paintings)


def _gallery(label: str, samples: list[tuple[str, str]]) -> gr.Gallery | None:
    if not samples:
        return None
    return gr.Gallery(
        samples,
        label=label,
        columns=5,
        height=110,
        allow_preview=False,
        interactive=False,
        object_fit="cover",
        format="png",
        buttons=[],
    )


def _style(number: int) -> StylePlace:
    with gr.Tab(f"Style {number}", id=number):
        picture = upload(f"Style {number}")
        with gr.Row():
            of_styles = {
                name: gr.Number(1, label=label, info=FIELDS[name].metadata["help"], min_width=120)
                for name, label in controls.OF_STYLES.items()
                if name != "style_imgs_layers"
            }
        with gr.Accordion("Mask, regions, layers", open=False):
            mask = upload("Mask: white is where it goes", 140)
            regions = upload("Regions: its label map", 140)
            layers = gr.Textbox(
                label=controls.OF_STYLES["style_imgs_layers"],
                info=FIELDS["style_imgs_layers"].metadata["help"],
                max_length=1000,
            )
    return StylePlace(picture, *of_styles.values(), layers, mask, regions)


def places() -> tuple[Places, dict[str, gr.components.Component]]:
    """Lay out what lies below the columns; return it, and the settings that are in it."""
    with gr.Accordion("Where styles go: masks and regions", open=False), gr.Row():
        with gr.Column(min_width=300, scale=2):
            where = gr.Radio(list(WHERE.items()), value=EVERYWHERE, label="Styles go")
            canvas = Canvas(
                label="Paint on the photograph",
                type="filepath",
                format="png",
                sources=[],
                transforms=[],
                layers=False,
                buttons=[],
                brush=gr.Brush(colors=[GREEN, RED], default_color=GREEN, color_mode="fixed"),
                height=480,
            )
            overlay = gr.Image(
                label="What was found", interactive=False, format="png", buttons=[], height=240
            )
        with gr.Column(min_width=300):
            tool = gr.Radio(
                [(words, name) for name, words in TOOLS.items()],
                value="brush",
                label="How a mask is made",
                info="green is what is meant, red what is not",
            )
            clusters = gr.Slider(2, 16, value=4, step=1, label="Regions", info="of clusters")
            for_style = gr.Radio(list(range(1, STYLES + 1)), value=1, label="For style")
            make = gr.Button("Make the mask")
            pick = gr.CheckboxGroup([], label="Regions for the mask", visible=False)
            use = gr.Button("Take these regions for the mask", visible=False)
            match = gr.Button("Find regions that photograph and style share")
            regions = upload("Regions: the photograph's label map", 140)
            settings = {name: controls.control(name) for name in controls.MASKS}
    parts = (where, canvas, tool, clusters, for_style, make, overlay, pick, use, regions, match)
    return Places(*parts), settings


def settings() -> tuple[gr.Dropdown, dict[str, gr.components.Component]]:
    """Lay out the column in the middle; return the preset, and the settings by name."""
    gr.Markdown("## Settings")
    preset = gr.Dropdown(
        [("none: the report's settings", ""), *((name, name) for name in controls.PRESETS)],
        value="",
        label="Preset",
        info="settings that go together; sets all the controls below",
    )
    parts = {name: controls.control(name) for name in controls.FIRST}
    with gr.Accordion("Advanced", open=False):
        for group, names in controls.advanced().items():
            gr.Markdown(f"### {group}")
            parts |= {name: controls.control(name) for name in names}
    return preset, parts


def outcome() -> Outcome:
    """Lay out the right column."""
    gr.Markdown("## Result")
    message = gr.HTML("", elem_id="message")
    with gr.Row():
        start = gr.Button("Start", variant="primary", elem_id="start")
        stop = gr.Button("Stop", interactive=False, elem_id="stop")
        go_on = gr.Button("Continue", interactive=False, elem_id="continue")
    keep = gr.Checkbox(True, label="Paint on when this page is closed")
    preview = gr.HTML("", elem_id="preview")
    live = gr.HTML("", elem_id="live")
    picture = gr.HTML("", elem_id="picture")
    compare = gr.ImageSlider(
        label="Before and after", type="filepath", format="png", visible=False, buttons=[]
    )
    with gr.Row():
        downloads = {
            suffix: gr.DownloadButton(f"Download {words}", visible=False, size="sm")
            for words, suffix in DOWNLOADS.items()
        }
    command = gr.Textbox(
        label="The command for this picture",
        info="in a folder with the pictures; the ZIP is one",
        buttons=["copy"],
        lines=2,
        interactive=False,
    )
    gallery = gr.Gallery(
        [],
        label="Your results",
        columns=4,
        fit_columns=False,
        height=240,
        allow_preview=False,
        interactive=False,
        object_fit="cover",
        format="png",
        buttons=[],
    )
    with gr.Accordion("Settings of an earlier result", open=False):
        earlier = upload("Drop a result here: all its settings come back", 140)
    return Outcome(
        *(start, stop, go_on, keep, message, preview, live, picture, compare, command, downloads),
        *(gallery, earlier),
    )
