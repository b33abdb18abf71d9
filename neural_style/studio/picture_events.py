"""What happens in the left column: samples and uploads are taken, and the preview is painted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from neural_style.runtime.errors import StyleError
from neural_style.studio import layout, view
from neural_style.studio.form import Form, Updates, problem
from neural_style.studio.orders import config_of
from neural_style.studio.studio import Studio, visitor_of


def style_number(event: gr.SelectData) -> int:
    """Return the number of the style whose tab was chosen."""
    return event.index + 1


@dataclass(frozen=True)
class PictureEvents:
    """The handlers of the pictures, and of the preview that follows them."""

    studio: Studio
    form: Form

    def take_photograph(self, event: gr.SelectData) -> str:
        """Return the path of the sample photograph that was chosen."""
        return layout.samples_in(self.studio.samples, layout.SAMPLE_CONTENTS)[event.index][0]

    def take_painting(self, number: int, event: gr.SelectData) -> Updates:
        """Put the sample style that was chosen into the place of a number."""
        samples = layout.samples_in(self.studio.samples, layout.SAMPLE_STYLES)
        return {self.form.pictures.styles[number - 1].picture: samples[event.index][0]}

    def on_canvas(self, path: str | None, request: gr.Request) -> str | None:
        """Return the photograph for the canvas; none if it is refused, which `check` says."""
        return None if self.check(path, request) else path

    def check(self, path: str | None, request: gr.Request) -> str:
        """Keep an upload among the visitor's pictures; return what is wrong with it."""
        try:
            self.studio.keep(visitor_of(request), path)
        except StyleError as error:
            return problem(error)
        return problem()

    async def preview(self, request: gr.Request, *values: Any) -> Any:
        """Return the HTML of a preview of what the form's values stand for."""
        token = visitor_of(request)
        run = self.studio.run_in_thread
        try:
            order = self.form.order(values)
            if not (order.photograph and order.styles):
                return ""
            config = await run(config_of, order, partial(self.studio.keep, token))
            pixels = await run(self.studio.desk.preview, token, config)
        except StyleError as error:  # what has come of something else stays to be read
            return problem(error)
        if pixels is None:  # a newer one is on its way
            return gr.skip()
        picture = view.show_picture(pixels, "A small preview of the picture")
        return f"<figure>{picture}<figcaption>Preview, small and rough</figcaption></figure>"
