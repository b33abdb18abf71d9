"""A picture from its start to its result as the page shows it, without a browser."""

import asyncio
from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest
from PIL import Image
from stand_ins import (
    ADA,
    BEN,
    GRAY,
    Job,
    asked_by,
    make_page,
    make_studio,
    selected,
    upload,
    values_of,
)

from neural_style.images.picture import Picture
from neural_style.images.write import write_picture
from neural_style.runtime.errors import StyleError
from neural_style.settings.config import Config
from neural_style.studio import outcome_events
from neural_style.studio.jobs import Progress
from neural_style.studio.messages import StepReport
from neural_style.studio.orders import Order, StyleOrder
from neural_style.studio.outcome_events import PaintEvents, ResultEvents, changes, live_weights

REQUEST = asked_by(ADA)
PAINTING = Progress(version=1, state="painting", step=StepReport(1, 9), totals=(3.0,))


@pytest.fixture
def events(tmp_path, monkeypatch) -> PaintEvents:
    monkeypatch.setattr(outcome_events, "LOOK_EVERY", 0.01)
    return PaintEvents(make_studio(tmp_path), *make_page())


@pytest.fixture
def results(events) -> ResultEvents:
    return ResultEvents(events.studio, events.form, events.outcome, gr.Dropdown())


def all_of(updates) -> list[dict]:
    """Return what a handler shows, one after the other."""

    async def collect() -> list[dict]:
        return [update async for update in updates]

    return asyncio.run(collect())


def result_of(events: PaintEvents, token: str = ADA, **settings) -> Path:
    """Write a result of a visitor's; return its picture."""
    folder = events.studio.visitors.new_folder(token) / "result"
    folder.mkdir()
    config = Config(**({"content_img": "lake.png", "style_imgs": ["ink.png"]} | settings))
    picture = Picture(GRAY.astype("float32"))
    write_picture(folder / "result.png", picture, 8, config.to_yaml())
    Image.fromarray(GRAY).save(folder / "content.png")
    (folder / "config.yaml").write_text(config.to_yaml())
    return folder / "result.png"


def values(events: PaintEvents, **settings) -> list:
    pictures = {name: upload(events.studio, f"{name}.png") for name in ("photograph", "style")}
    return values_of(events.form, **pictures, **settings)


# Painting


def test_from_the_start_to_the_result(events):
    outcome = events.outcome
    result = result_of(events)
    events.studio.desk.progress = Progress(state="done", result=result)
    shown = all_of(events.start(REQUEST, True, *values(events, max_size=96)))
    (job,) = events.studio.desk.submitted
    assert (job.visitor, job.config.max_size) == (ADA, 96)
    assert shown[0] == {outcome.message: "", outcome.compare: gr.update(visible=False)}
    assert "Done" in shown[1][outcome.live]
    assert shown[1][outcome.start]["interactive"]
    assert shown[2] == {outcome.picture: ""}
    assert shown[3][outcome.compare]["visible"]
    assert len(shown[3][outcome.gallery]) == 1
    assert shown[3][outcome.downloads[".png"]]["visible"]
    assert shown[3][outcome.downloads[".zip"]]["visible"]
    assert not shown[3][outcome.downloads[".tif"]]["visible"]
    assert len(shown) == 4
    assert events.studio.leaving == {}


def test_each_change_is_shown_once(events):
    job = Job(ADA, progress=PAINTING)
    events.studio.last[ADA] = job
    shown = []

    async def look() -> None:
        async for updates in events.load(REQUEST):
            shown.append(updates)
            if len(shown) == 2:
                job.progress = replace(PAINTING, version=2, picture=GRAY)
            elif len(shown) == 3:
                await asyncio.sleep(0.05)
                job.progress = replace(job.progress, version=3, state="failed", message="no")

    asyncio.run(look())
    outcome = events.outcome
    assert set(shown[0]) == {outcome.gallery}
    assert set(shown[1]) == {outcome.live, outcome.start, outcome.stop, outcome.go_on}
    assert set(shown[2]) == {outcome.live, outcome.picture}
    assert set(shown[3]) == {outcome.live, outcome.start, outcome.stop, outcome.go_on}
    assert shown[4] == {outcome.message: '<p role="alert">no</p>'}
    assert len(shown) == 5


def test_what_is_refused_is_said(events):
    (updates,) = all_of(events.start(REQUEST, True, *values_of(events.form)))
    assert "Photograph: there is none yet" in updates[events.outcome.message]
    (updates,) = all_of(events.go_on(REQUEST, True))
    assert "there is no picture that was stopped" in updates[events.outcome.message]
    assert events.studio.desk.submitted == []


def test_a_stopped_picture_is_painted_on(events):
    result = result_of(events)
    config = Config(content_img="lake.png", style_imgs=["ink.png"])
    stopped = Progress(state="stopped", result=result)
    events.studio.last[ADA] = Job(ADA, config, result.parent, progress=stopped)
    events.studio.desk.progress = Progress(state="done")
    all_of(events.go_on(REQUEST, True))
    (job,) = events.studio.desk.submitted
    assert (job.config, job.folder, job.resume) == (config, result.parent, True)


@pytest.mark.parametrize("keep", [False, True])
def test_a_job_ends_with_its_page_only_if_that_was_chosen(events, keep):
    events.studio.desk.progress = PAINTING

    async def paint_and_leave() -> None:
        updates = events.start(REQUEST, keep, *values(events))
        await anext(updates)
        events.leave(REQUEST)
        await updates.aclose()

    asyncio.run(paint_and_leave())
    (job,) = events.studio.desk.submitted
    assert job.is_stopped != keep


def test_that_choice_may_change_while_it_is_painted(events):
    desk, leaving = events.studio.desk, events.studio.leaving
    events.keep(False, REQUEST)
    assert leaving == {}  # there is no job
    desk.submitted.append(Job(ADA, progress=PAINTING))
    events.keep(False, REQUEST)
    assert leaving == {REQUEST.session_hash: desk.submitted[0]}
    events.keep(True, REQUEST)
    assert leaving == {}


def test_stop_is_for_ones_own_picture(events):
    jobs = [Job(ADA, progress=PAINTING), Job(BEN, progress=PAINTING)]
    events.studio.desk.submitted += jobs
    events.stop(REQUEST)
    assert [job.is_stopped for job in jobs] == [True, False]
    events.stop(asked_by("c" * 32))  # has none


def test_weights_reach_the_picture_that_is_painted(events):
    job = Job(ADA, progress=PAINTING)
    events.studio.desk.submitted.append(job)
    assert events.reweigh(REQUEST, *values(events, style_weight=7)) == gr.skip()
    assert job.weights["style_weight"] == 7
    assert "max_size" not in job.weights
    assert "received a quote" in events.reweigh(REQUEST, *values(events, style_layer_weights="'1"))


def test_weights_reach_no_picture_that_waits(events):
    job = Job(ADA, progress=Progress(state="waiting"))
    events.studio.desk.submitted.append(job)
    assert events.reweigh(REQUEST, *values(events, style_weight=7)) == gr.skip()
    assert job.weights == {}


def test_weights_of_an_order_that_may_change():
    styles = (StyleOrder("a", weight=2), StyleOrder("b"))
    order = Order(styles=styles, settings={"style_weight": 7, "max_size": 96})
    assert live_weights(order) == {"style_weight": 7, "style_imgs_weights": (2, 1.0)}
    assert live_weights(replace(order, styles=styles[:1])) == {"style_weight": 7}


def test_only_what_has_changed_is_shown(events):
    outcome = events.outcome
    assert changes(outcome, PAINTING, PAINTING) == {}
    newer = replace(PAINTING, version=2, step=StepReport(2, 9))
    assert set(changes(outcome, PAINTING, newer)) == {outcome.live}
    stopping = replace(PAINTING, version=2, state="stopping")
    updates = changes(outcome, PAINTING, stopping)
    assert updates[outcome.stop]["interactive"]
    stopped = changes(outcome, stopping, replace(stopping, version=3, state="stopped"))
    assert not stopped[outcome.stop]["interactive"]
    assert stopped[outcome.go_on]["interactive"]


# Results


def test_a_result_that_is_chosen_is_shown(results):
    result_of(results, max_size=96)
    updates = results.choose(selected(0), REQUEST)
    assert updates[results.outcome.live] == updates[results.outcome.picture] == ""
    assert "-max_size 96" in updates[results.outcome.command]


def test_a_result_that_is_gone_or_anothers_is_not_shown(results):
    result_of(results, BEN)
    assert results.choose(selected(0), REQUEST) == {results.outcome.gallery: []}


def test_the_settings_of_an_earlier_result_come_back(results):
    path = results.studio.cache / "upload" / "result.png"
    path.parent.mkdir()
    path.write_bytes(result_of(results, max_size=96).read_bytes())
    results.studio.visitors.keep_array(ADA, GRAY, "lake.png")
    updates = results.restore(str(path), REQUEST)
    assert updates[results.form.settings["max_size"]] == 96
    assert Path(updates[results.form.pictures.photograph]).name == "lake.png"
    assert "Give again: ink.png" in updates[results.outcome.message]
    assert updates[results.preset] == ""


def test_a_picture_without_settings_restores_nothing(results):
    updates = results.restore(upload(results.studio), REQUEST)
    assert list(updates) == [results.outcome.message]
    assert "me.png" in updates[results.outcome.message]
    assert results.restore(None, REQUEST) == {results.outcome.message: ""}


def test_a_failure_to_show_is_a_style_error(events):
    with pytest.raises(StyleError, match="no such result of yours"):
        outcome_events.show_result(events.studio, events.outcome, BEN, result_of(events))
