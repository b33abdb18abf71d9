"""Samples, uploads and previews, without a browser."""

import asyncio
from pathlib import Path

import gradio as gr
import pytest
from stand_ins import ADA, asked_by, make_page, make_studio, selected, upload, values_of

from neural_style.runtime.errors import StyleError
from neural_style.studio.picture_events import PictureEvents, style_number


@pytest.fixture
def events(tmp_path) -> PictureEvents:
    return PictureEvents(make_studio(tmp_path), make_page()[0])


def preview(events: PictureEvents, **changes):
    values = values_of(events.form, **changes)
    return asyncio.run(events.preview(asked_by(ADA), *values))


def test_samples_go_where_they_belong(events):
    assert Path(events.take_photograph(selected(0))).name == "lake.jpg"
    number = style_number(selected(1))
    ((place, path),) = events.take_painting(number, selected(0)).items()
    assert place is events.form.pictures.styles[1].picture
    assert Path(path).name == "wave.jpg"


def test_an_upload_is_kept_and_lies_on_the_canvas(events):
    path = upload(events.studio)
    assert events.check(path, asked_by(ADA)) == ""
    assert events.on_canvas(path, asked_by(ADA)) == path
    assert [kept.name for kept in events.studio.visitors.pictures(ADA)] == ["me.png"]


def test_a_refused_upload_is_said_and_does_not_lie_on_the_canvas(events):
    assert "was not uploaded" in events.check("/etc/passwd", asked_by(ADA))
    assert events.on_canvas("/etc/passwd", asked_by(ADA)) is None


def test_nothing_is_previewed_without_pictures(events):
    assert preview(events, photograph=upload(events.studio)) == ""
    assert events.studio.desk.calls == []


def test_a_preview_is_a_picture(events):
    photograph, style = upload(events.studio, "lake.png"), upload(events.studio, "ink.png")
    shown = preview(events, photograph=photograph, style=style, max_size=96)
    assert "<img" in shown
    ((_, visitor, config),) = events.studio.desk.calls
    assert visitor == ADA
    assert config.max_size == 96
    assert Path(config.style_imgs[0]).name == "ink.png"


@pytest.mark.parametrize("answer", [None, StyleError("too many")])
def test_a_preview_that_does_not_come(events, answer):
    events.studio.desk.answer = answer
    path = upload(events.studio)
    shown = preview(events, photograph=path, style=path)
    assert shown == (gr.skip() if answer is None else '<p role="alert">too many</p>')


def test_a_preview_of_a_bad_setting_says_so(events):
    path = upload(events.studio)
    assert "max_size: received" in preview(events, photograph=path, style=path, max_size=1)
