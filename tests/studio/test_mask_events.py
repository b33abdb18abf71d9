"""Masks and regions for the page, without a browser."""

import asyncio
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image
from stand_ins import ADA, GRAY, asked_by, make_page, make_studio, upload

from neural_style.guidance.requests import Request
from neural_style.runtime.errors import StyleError
from neural_style.studio.mask_events import MaskEvents
from neural_style.studio.orders import MASKS, REGIONS

OVERLAY, OTHER = GRAY + 1, GRAY + 2  # equal pictures are kept once, under one name
REQUEST = asked_by(ADA)


@pytest.fixture
def events(tmp_path) -> MaskEvents:
    return MaskEvents(make_studio(tmp_path), *make_page(), gr.State([]))


def test_a_mask_of_what_was_painted(events):
    photograph, layer = upload(events.studio, "lake.png"), upload(events.studio, "layer.png")
    events.studio.desk.answer = [("", "as painted", GRAY), ("_overlay", "to look at", OVERLAY)]
    updates = asyncio.run(events.make(REQUEST, photograph, [layer], "brush", 4, 2))
    ((task, kept, tool, layers, clusters),) = events.studio.desk.calls
    assert (task, tool, clusters) == ("mask_of", "brush", 4)
    assert [path.name for path in (kept, *layers)] == ["lake.png", "layer.png"]
    mask = Path(updates[events.form.pictures.styles[1].mask])
    assert mask.name == "lake_mask_2.png"
    assert (np.asarray(Image.open(mask)) == GRAY).all()
    assert updates[events.form.places.where] == MASKS
    assert updates[events.form.places.overlay] is OVERLAY
    assert updates[events.outcome.message] == ""
    assert not updates[events.form.places.pick]["visible"]


def test_regions_of_clusters_to_choose_from(events):
    regions = [("_1", "60 %", GRAY), ("_2", "40 %", OTHER)]
    answer = [("", "2 regions", GRAY + 3), *regions, ("_overlay", "to look at", OVERLAY)]
    events.studio.desk.answer = answer
    photograph = upload(events.studio, "lake.png")
    updates = asyncio.run(events.make(REQUEST, photograph, [], "clusters", 2.0, 1))
    assert Path(updates[events.form.places.regions]).name == "lake_regions.png"
    assert updates[events.form.places.pick]["choices"] == [("1: 60 %", 1), ("2: 40 %", 2)]
    paths = updates[events.regions]
    assert [Path(path).name for path in paths] == ["lake_region_1.png", "lake_region_2.png"]
    assert events.form.places.where not in updates

    events.studio.desk.answer = GRAY + 4
    updates = asyncio.run(events.use([2], paths, 3, REQUEST))
    assert events.studio.desk.calls[-1] == ("union", [Path(paths[1])])
    mask = Path(updates[events.form.pictures.styles[2].mask])
    assert mask.name == "lake_mask_of_regions_2.png"
    assert updates[events.form.places.where] == MASKS


def test_no_region_chosen_is_said(events):
    updates = asyncio.run(events.use([], ["a.png"], 1, REQUEST))
    assert "choose at least one" in updates[events.outcome.message]
    assert events.studio.desk.calls == []


def test_regions_that_photograph_and_style_share(events):
    pictures = [None, upload(events.studio, "ink.png"), None]
    photograph = upload(events.studio, "lake.png")
    events.studio.desk.answer = [
        ("", "2 regions", GRAY),
        ("_overlay", "to look at", OVERLAY),
        ("_style", "2 regions", OTHER),
        ("_style_overlay", "to look at", OVERLAY),
    ]
    updates = asyncio.run(events.match(REQUEST, photograph, 2, *pictures))
    ((task, kept, wanted),) = events.studio.desk.calls
    assert (task, kept.name) == ("masks", "lake.png")
    assert isinstance(wanted, Request)
    assert Path(wanted.match).name == "ink.png"
    assert Path(updates[events.form.places.regions]).name == "lake_regions.png"
    assert Path(updates[events.form.pictures.styles[1].regions]).name == "ink_regions.png"
    assert updates[events.form.places.where] == REGIONS
    assert updates[events.form.places.overlay] is OVERLAY


def test_what_is_missing_or_refused_is_said(events):
    photograph = upload(events.studio, "lake.png")
    for answer, said in [
        (events.make(REQUEST, None, [], "brush", 4, 1), "Photograph: there is none yet"),
        (events.make(REQUEST, photograph, ["/etc/passwd"], "brush", 4, 1), "was not uploaded"),
        (events.match(REQUEST, None, 1, None, None, None), "Photograph: there is none yet"),
        (events.match(REQUEST, photograph, 3, photograph, None, None), "Style 3: there is none"),
    ]:
        updates = asyncio.run(answer)
        assert list(updates) == [events.outcome.message]
        assert said in updates[events.outcome.message]
    assert events.studio.desk.calls == []
    events.studio.desk.answer = StyleError("nothing is painted green")
    updates = asyncio.run(events.make(REQUEST, photograph, [], "brush", 4, 1))
    assert "nothing is painted green" in updates[events.outcome.message]
