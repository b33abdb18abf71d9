"""What is shown of a job."""

import base64
import re
from dataclasses import replace

import cv2
import numpy as np
import pytest

from neural_style.studio import view
from neural_style.studio.jobs import Progress
from neural_style.studio.messages import StepReport

STEP = StepReport(
    iteration=3, iterations=12, scale=1, scales=1, seconds=6.0, seconds_left=18.2, total=1.0
)


def progress(**changes) -> Progress:
    facts = {
        "version": 1,
        "state": "painting",
        "place": 0,
        "step": STEP,
        "totals": (3.0, 2.0, 1.0),
        "picture": None,
        "message": "",
        "result": None,
    }
    return Progress(**(facts | changes))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "Painting, iteration 3 of 12, 19 s left"),
        (
            {"step": replace(STEP, scales=3, scale=2)},
            "Painting, iteration 3 of 12, size 2 of 3, 19 s left",
        ),
        ({"step": replace(STEP, seconds_left=125)}, "Painting, iteration 3 of 12, 3 min left"),
        ({"state": "waiting", "place": 1}, "Waiting, place 1 in the queue: you are next"),
        ({"state": "waiting", "place": 3}, "Waiting, place 3 in the queue: 2 before you"),
        ({"state": "done"}, "Done"),
        ({"state": "stopped"}, "Stopped; Continue goes on from here"),
        ({"state": "failed", "message": "no room"}, "Not painted: no room"),
    ],
)
def test_the_state_in_a_line(changes, line):
    assert view.state(progress(**changes)) == line


def test_progress_as_html():
    shown = view.show(progress())
    assert 'value="0.2500"' in shown
    assert "Loss: 3 at the first iteration, 1 at iteration 3" in shown
    assert "<progress" not in view.show(progress(state="done"))


def test_what_others_have_written_is_no_html():
    assert "<script>" not in view.show(
        progress(state="failed", message="<script>alert(1)</script>")
    )


def test_a_picture_is_in_the_page_itself_and_not_larger_than_needed():
    pixels = np.full((400, 1600, 3), (250, 10, 20), np.uint8)
    shown = view.show_picture(pixels, 'the "picture"')
    assert 'alt="the &quot;picture&quot;"' in shown
    data = base64.b64decode(re.search(r"base64,([^\"]+)", shown)[1])
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert found.shape == (192, 768, 3)
    assert np.abs(found.reshape(-1, 3).mean(0) - (20, 10, 250)).max() < 3


def test_a_curve_goes_down_from_left_to_right():
    points = re.search(r'points="([^"]+)"', view.curve((100.0, 10.0, 1.0)))[1].split()
    xy = np.array([point.split(",") for point in points], float)
    assert np.allclose(xy, [[0, 0], [300, 60], [600, 120]])


def test_a_curve_of_one_value():
    assert "nan" not in view.curve((5.0, 5.0))
