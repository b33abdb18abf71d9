"""What happens in the right column: pictures are painted and stopped, results shown again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from neural_style.runtime.errors import StyleError
from neural_style.settings.config import LIVE, Config
from neural_style.studio import controls, view
from neural_style.studio.form import Form, Updates, problem
from neural_style.studio.jobs import Job, Progress
from neural_style.studio.layout import Outcome
from neural_style.studio.orders import Order, config_of, order_of
from neural_style.studio.studio import LOOK_EVERY, Studio, visitor_of


@dataclass(frozen=True)
class PaintEvents:
    """The handlers of a picture from its start to its result, also after the page was reloaded."""

    studio: Studio
    form: Form
    outcome: Outcome

    async def start(self, request: gr.Request, keep: bool, *values: Any) -> AsyncIterator[Updates]:
        """Paint what the form's values stand for.

        Args:
            request: who asks.
            keep: whether it is painted on when the page is closed.
            *values: of `Form.inputs`.
        """
        async for updates in self._paint(request, keep, partial(self._submit, values)):
            yield updates

    async def go_on(self, request: gr.Request, keep: bool) -> AsyncIterator[Updates]:
        """Paint on from where the last picture was stopped."""
        async for updates in self._paint(request, keep, self.studio.go_on):
            yield updates

    def stop(self, request: gr.Request) -> None:
        """Stop the visitor's picture, if one is being painted."""
        job = self.studio.desk.job(visitor_of(request))
        if job:
            job.stop()

    def keep(self, keep: bool, request: gr.Request) -> None:
        """Let the picture be painted on when the page is closed, or not."""
        job = self.studio.desk.job(visitor_of(request))
        if keep:
            self.studio.leaving.pop(request.session_hash, None)
        elif job and not job.progress.ended:
            self.studio.leaving[request.session_hash] = job

    async def load(self, request: gr.Request) -> AsyncIterator[Updates]:
        """Show the visitor's results, and the picture that is being painted, or was the last."""
        token = visitor_of(request)
        yield {self.outcome.gallery: self.studio.results(token)}
        job = self.studio.last.get(token)
        if job:
            async for updates in self._watch(job):
                yield updates

    def leave(self, request: gr.Request) -> None:
        """Stop the picture that ends when the page is closed."""
        job = self.studio.leaving.pop(request.session_hash, None)
        if job:
            job.stop()

    def reweigh(self, request: gr.Request, *values: Any) -> Any:
        """Give the picture that is being painted the weights that the form has now."""
        job = self.studio.desk.job(visitor_of(request))
        if job is None or job.progress.state != "painting":
            return gr.skip()
        try:
            job.reweigh(**live_weights(self.form.order(values)))
        except StyleError as error:
            return problem(error)
        return gr.skip()

    def _submit(self, values: Sequence[Any], token: str) -> Job:
        config = config_of(self.form.order(values), partial(self.studio.keep, token))
        return self.studio.submit(token, config)

    async def _paint(
        self, request: gr.Request, keep: bool, begin: Callable[[str], Job]
    ) -> AsyncIterator[Updates]:
        studio, outcome = self.studio, self.outcome
        try:
            job = await studio.run_in_thread(begin, visitor_of(request))
        except StyleError as error:
            yield {outcome.message: problem(error)}
            return
        if not keep:
            studio.leaving[request.session_hash] = job
        yield {outcome.message: problem(), outcome.compare: gr.update(visible=False)}
        async for updates in self._watch(job):
            yield updates
        studio.leaving.pop(request.session_hash, None)

    async def _watch(self, job: Job) -> AsyncIterator[Updates]:
        """Show a job until it has ended, then its result."""
        outcome = self.outcome
        previous, progress = None, job.progress
        while True:
            updates = changes(outcome, previous, progress)
            if updates:
                yield updates
            if progress.ended:
                break
            await asyncio.sleep(LOOK_EVERY)
            previous, progress = progress, job.progress
        if progress.state == "failed":
            yield {outcome.message: problem(progress.message)}
        if progress.result:
            yield {outcome.picture: ""}
            result = (self.studio, outcome, job.visitor, progress.result)
            yield await self.studio.run_in_thread(show_result, *result)


def changes(outcome: Outcome, previous: Progress | None, progress: Progress) -> Updates:
    """Return what has to be shown anew of a job.

    Args:
        outcome: the parts that show it.
        previous: what is shown; None for nothing yet.
        progress: what shall be shown.
    """
    updates: Updates = {}
    if previous is None or progress.version != previous.version:
        updates[outcome.live] = view.show(progress)
    if previous is None or progress.state != previous.state:
        updates |= {
            outcome.start: gr.update(interactive=progress.ended),
            outcome.stop: gr.update(interactive=not progress.ended),
            outcome.go_on: gr.update(interactive=progress.state == "stopped"),
        }
    # Large: sent when it is new, and only then.
    picture = progress.picture
    if picture is not None and (previous is None or picture is not previous.picture):
        updates[outcome.picture] = view.show_picture(picture, "The picture so far")
    return updates


def live_weights(order: Order) -> dict[str, Any]:
    """Return the weights of an order that may change while it is painted."""
    weights = {name: order.settings[name] for name in LIVE if name in order.settings}
    if len(order.styles) > 1:
        weights["style_imgs_weights"] = tuple(style.weight for style in order.styles)
    return weights


def show_result(studio: Studio, outcome: Outcome, token: str, result: Path) -> Updates:
    """Return what shows a result, and all results of its visitor."""
    config = Config.load(result)
    compared = (studio.public_copy(result.with_name("content.png")), studio.public_copy(result))
    updates: Updates = {
        outcome.compare: gr.update(value=compared, visible=True),
        outcome.command: controls.command(config, controls.PRESETS),
        outcome.gallery: studio.results(token),
    }
    for suffix, button in outcome.downloads.items():
        path = result.with_suffix(suffix)
        if suffix == ".zip":
            path = studio.visitors.package(token, result)
        file = studio.public_copy(path) if path.is_file() else None
        updates[button] = gr.update(value=file, visible=file is not None)
    return updates


@dataclass(frozen=True)
class ResultEvents:
    """The handlers of results.

    Attributes:
        studio: has them.
        form: shows the settings of one.
        outcome: shows one.
        preset: the control that a result's settings override.
    """

    studio: Studio
    form: Form
    outcome: Outcome
    preset: gr.Dropdown

    def choose(self, event: gr.SelectData, request: gr.Request) -> Updates:
        """Show the result that was chosen."""
        token = visitor_of(request)
        results = self.studio.visitors.results(token)
        if event.index >= len(results):  # removed since the page was drawn
            return {self.outcome.gallery: self.studio.results(token)}
        return {
            self.outcome.live: "",
            self.outcome.picture: "",
            **show_result(self.studio, self.outcome, token, results[event.index]),
        }

    def restore(self, path: str | None, request: gr.Request) -> Updates:
        """Let all settings of an earlier result come back; say which pictures are missing."""
        if not path:
            return {self.outcome.message: problem()}
        token = visitor_of(request)
        pictures = self.studio.find(token)

        def find(name: str) -> str | None:
            picture = pictures(name)
            return self.studio.public_copy(picture) if picture else None

        try:
            order, missing = order_of(Path(self.studio.keep(token, path)), find)
        except StyleError as error:
            return {self.outcome.message: problem(error)}
        words = f"Give again: {', '.join(missing)}" if missing else ""
        return {**self.form.show(order), self.preset: "", self.outcome.message: problem(words)}
