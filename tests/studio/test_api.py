"""The functions for programs, without a server."""

import asyncio
from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest
from stand_ins import ADA, GRAY, Job, asked_by, make_studio, upload

from neural_style.runtime.errors import StyleError
from neural_style.studio import api as api_module
from neural_style.studio.api import Api, order_from, report
from neural_style.studio.jobs import Progress
from neural_style.studio.messages import StepReport
from neural_style.studio.orders import Order, StyleOrder

REQUEST = asked_by(ADA)
PAINTING = Progress(version=1, state="painting", step=StepReport(1, 9), totals=(3.0,))


@pytest.fixture
def api(tmp_path, monkeypatch) -> Api:
    monkeypatch.setattr(api_module, "LOOK_EVERY", 0.01)
    return Api(make_studio(tmp_path))


def received(path: str) -> dict:
    """Return a file as Gradio hands it on."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def test_a_picture_is_painted_and_told(api):
    files = [received(upload(api.studio, name)) for name in ("lake.png", "ink.png")]
    api.studio.desk.progress = PAINTING
    told = []

    async def paint() -> None:
        async for progress, file in api.paint(REQUEST, files[0], files[1:], {"max_size": 96}):
            told.append((progress, file))
            (job,) = api.studio.desk.submitted
            job.progress = replace(PAINTING, version=2, state="done", result=Path(files[0]["path"]))

    asyncio.run(paint())
    (job,) = api.studio.desk.submitted
    assert (job.visitor, job.config.max_size) == (ADA, 96)
    assert [progress["state"] for progress, _ in told] == ["painting", "done"]
    assert told[0][1] is None
    assert Path(told[1][1].path).name == "lake.png"


def test_a_picture_that_fails_is_an_error_in_one_sentence(api):
    file = received(upload(api.studio))
    api.studio.desk.progress = Progress(state="failed", message="no room")

    async def paint() -> None:
        async for _ in api.paint(REQUEST, file, [file]):
            pass

    with pytest.raises(gr.Error, match="no room"):
        asyncio.run(paint())


def test_a_preview(api):
    file = received(upload(api.studio))
    preview = asyncio.run(api.preview(REQUEST, file, [file]))
    assert Path(preview.path).name == "preview.png"
    api.studio.desk.answer = None
    with pytest.raises(gr.Error, match="a newer one has taken its place"):
        asyncio.run(api.preview(REQUEST, file, [file]))


def test_stop(api):
    assert api.stop(REQUEST) == "nothing is being painted"
    job = Job(ADA, progress=PAINTING)
    api.studio.desk.submitted.append(job)
    assert api.stop(REQUEST) == "stopping"
    assert job.is_stopped


def test_masks_have_the_names_of_the_command_line(api):
    api.studio.desk.answer = [
        (ending, "", GRAY + k) for k, ending in enumerate(("", "_inverse", "_overlay"))
    ]
    lake, ink = (received(upload(api.studio, name)) for name in ("lake.png", "ink.png"))
    files = asyncio.run(api.mask(REQUEST, lake, box=[1, 2, 3, 4]))
    names = [Path(file.path).name for file in files]
    assert names == ["lake_mask.png", "lake_mask_inverse.png", "lake_mask_overlay.png"]
    task, photograph, kind = api.studio.desk.calls[-1]
    assert (task, photograph.name, kind.box) == ("masks", "lake.png", (1, 2, 3, 4))
    asyncio.run(api.mask(REQUEST, lake, match=ink))
    assert Path(api.studio.desk.calls[-1][2].match).name == "ink.png"
    with pytest.raises(gr.Error, match="nothing to make a mask from"):
        asyncio.run(api.mask(REQUEST, lake))


def test_the_progress_as_programs_are_told_it():
    assert report(PAINTING) == {
        "state": "painting",
        "place": 0,
        "iteration": 1,
        "iterations": 9,
        "seconds_left": None,
        "message": "",
        "total": 3.0,
    }
    assert report(Progress())["total"] is None


def test_an_order_from_a_programs_arguments():
    lake, ink = received("lake.png"), received("ink.png")
    styles = [ink, {"picture": ink, "weight": 2, "mask": lake}]
    order = order_from(lake, styles, {"max_size": 96}, "masks", lake)
    expected = (StyleOrder("ink.png"), StyleOrder("ink.png", weight=2, mask="lake.png"))
    assert order == Order("lake.png", expected, "masks", "lake.png", {"max_size": 96})


def test_a_preset_comes_before_settings():
    order = order_from(None, [], {"max_size": 96, "preset": "preview"}, "everywhere", None)
    assert order.settings["max_size"] == 96
    assert len(order.settings) > 10


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"content": "/etc/passwd"}, "content: received no file"),
        ({"regions": {"path": "/etc/passwd"}}, "regions: received no file"),
        ({"styles": "ink.png"}, "styles: received no list"),
        ({"styles": ["ink.png"]}, "styles: received an entry without names"),
        ({"styles": [{"color": 1}]}, "styles: 'color' is unknown"),
        ({"settings": []}, "settings: received no names with values"),
        ({"settings": {"img_output_dir": "/"}}, "settings: 'img_output_dir' is none that is open"),
        ({"settings": {"preset": "x"}}, "preset: received 'x'"),
    ],
)
def test_arguments_of_another_form_are_refused_in_a_sentence(changes, said):
    arguments = {"content": None, "styles": [], "settings": {}, "where": "masks", "regions": None}
    with pytest.raises(StyleError) as refusal:
        order_from(**(arguments | changes))
    assert str(refusal.value).startswith(said)
