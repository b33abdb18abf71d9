"""The page in a real browser, from the upload to the picture on disk."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlparse

import numpy as np
import pytest
from conftest import PATIENCE, ROOT, SAMPLES, until

from neural_style.images.read import read_picture
from neural_style.settings.config import FIELDS, Config
from neural_style.settings.files import load_settings

# Of the picture of the first test: enough of them that it can be stopped on the way.
ITERATIONS, SIZE = 120, 256

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def block(page, label: str):
    """Return the part of the page with a label."""
    found = page.locator(".block").filter(
        has=page.locator("[data-testid=block-label]", has_text=re.compile(rf"^\s*{label}\s*$"))
    )
    return found.first


def upload(page, label: str, path: Path) -> None:
    """Upload a picture into the place with a label."""
    block(page, label).locator("input[type=file]").set_input_files(str(path))
    block(page, label).locator("img").first.wait_for()


def fill(page, label: str, value: object) -> None:
    field = page.get_by_label(label, exact=True).first
    field.fill(str(value))
    field.blur()


def choose(page, label: str, option: str) -> None:
    """Choose in a dropdown."""
    page.get_by_label(label, exact=True).first.click()
    page.get_by_role("option", name=option, exact=True).click()


# What is shown of a job, read in one go: it may be replaced any time.
LIVE = """() => {
    const part = (name) => document.querySelector("#live " + name);
    return {
        state: part(".state") ? part(".state").innerText : "",
        picture: (document.querySelector("#picture img") || {}).src || null,
        progress: part("progress") ? part("progress").value : null,
        points: part("polyline") ? part("polyline").getAttribute("points").split(" ").length : 0,
        words: part("figcaption") ? part("figcaption").innerText : "",
    };
}"""

# Once it has served: without a GPU, a canvas that is drawn anew whenever the page's layout changes
# keeps both cores busy, and at a higher priority than what paints.
LET_GO_OF_THE_CANVAS = """() => document.querySelectorAll("canvas").forEach(
    (canvas) => canvas.getContext("webgl2")?.getExtension("WEBGL_lose_context")?.loseContext())"""


def state(page) -> str:
    return page.evaluate(LIVE)["state"]


def results(page) -> int:
    """Return how many results are shown."""
    return block(page, "Your results").locator("button.thumbnail-item").count()


def order_a_small_picture(page, iterations: int = 12, size: int = 96) -> None:
    """Upload two samples and set what makes a picture quickly."""
    upload(page, "Photograph", SAMPLES / "lake.jpg")
    upload(page, "Style 1", SAMPLES / "strokes.jpg")
    choose(page, "Preset", "preview")
    until(lambda: page.get_by_label("Size in pixels").input_value() == "256")
    fill(page, "Size in pixels", size)
    fill(page, "Iterations", iterations)


def download(page, words: str, folder: Path) -> Path:
    with page.expect_download() as found:
        page.get_by_role("link", name=words).or_(page.get_by_role("button", name=words)).click()
    path = folder / found.value.suggested_filename
    found.value.save_as(path)
    return path


@pytest.fixture(scope="module")
def painted(tmp_path_factory) -> dict:
    """What the first test has made, for those behind it."""
    return {"folder": tmp_path_factory.mktemp("painted")}


def test_from_the_upload_to_the_picture(visit, painted):
    page = visit()
    order_a_small_picture(page, ITERATIONS, SIZE)

    # A mask, painted on the photograph's left half.
    page.get_by_text("Where styles go: masks and regions").click()
    canvas = page.locator(".pixi-target canvas, canvas").first
    canvas.scroll_into_view_if_needed()
    page.wait_for_timeout(2000)  # the canvas draws the photograph
    box = canvas.bounding_box()
    x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5
    page.mouse.move(x, y - 80)
    page.mouse.down()
    for k in range(8):  # few, since each waits for the canvas, which has no GPU here
        page.mouse.move(x + 60 * (k % 3), y - 80 + 20 * k)
    page.mouse.up()
    page.get_by_role("button", name="Make the mask").click()
    until(lambda: block(page, "What was found").locator("img").count())
    until(lambda: page.get_by_label("where their masks are white").is_checked())
    page.get_by_text("Where styles go: masks and regions").click()
    page.evaluate(LET_GO_OF_THE_CANVAS)

    page.locator("#start").click()
    seen = {}

    def look() -> bool:
        shown = page.evaluate(LIVE)
        if shown["picture"] and shown["progress"] is not None:
            seen[shown["picture"]] = shown
        return len(seen) >= 3

    until(look)
    shares = [shown["progress"] for shown in seen.values()]
    assert 0 < shares[0] < shares[-1] < 1
    assert any("left" in shown["state"] for shown in seen.values())
    page.locator("#stop").click()
    until(lambda: state(page).startswith("Stopped"))
    assert 2 < page.evaluate(LIVE)["points"] < ITERATIONS

    page.locator("#continue").click()
    until(lambda: state(page).startswith("Done"), 5 * PATIENCE)
    assert page.evaluate(LIVE)["points"] == ITERATIONS

    folder = painted["folder"]
    png = download(page, "Download PNG", folder)
    jpeg = download(page, "Download JPEG", folder)
    tiff = download(page, "Download TIFF with 16 bits", folder)
    package = download(page, "Download all in a ZIP", folder)
    assert not page.errors

    # Each holds the settings, without a path of the server.
    settings = load_settings(png, FIELDS)
    assert settings["content_img"] == "lake.jpg"
    assert settings["style_mask"]
    assert (settings["max_size"], settings["max_iterations"]) == (SIZE, ITERATIONS)
    for path, changes in [(jpeg, {"img_name": "result.jpg"}), (tiff, {"img_name": "result.tif"})]:
        assert load_settings(path, FIELDS) | {"bits": 8} == settings | changes
    assert load_settings(tiff, FIELDS)["bits"] == 16

    # They make the same picture on the command line, where the ZIP was unpacked.
    with zipfile.ZipFile(package) as file:
        file.extractall(folder / "unpacked")
    run = subprocess.run(
        [sys.executable, "-m", "neural_style", "-config", str(png), "-device", "/cpu:0", "-quiet"],
        cwd=folder / "unpacked",
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    again = folder / "unpacked" / run.stdout.strip()
    assert np.array_equal(read_picture(again).rgb, read_picture(png).rgb)
    painted |= {
        "png": png,
        "command": page.get_by_label("The command for this picture").input_value(),
    }


def test_the_command_shown_is_that_of_the_picture(painted):
    import shlex

    from neural_style.commands.main import parse

    assert parse(shlex.split(painted["command"]))[1] == Config.load(painted["png"])


def test_all_controls_return_with_an_earlier_result(visit, painted):
    page = visit()
    page.get_by_text("Settings of an earlier result").click()
    page.get_by_label("Size in pixels").wait_for()
    block(page, "Drop a result here: all its settings come back").locator(
        "input[type=file]"
    ).set_input_files(str(painted["png"]))
    until(lambda: page.get_by_label("Size in pixels").input_value() == str(SIZE))
    assert page.get_by_label("Iterations", exact=True).input_value() == str(ITERATIONS)
    block(page, "Photograph").locator("img").first.wait_for()
    # The mask was the other visitor's: it is asked for, and that stays to be read.
    until(lambda: "lake_mask_1.png" in page.locator("#message").inner_text())
    page.wait_for_timeout(3000)
    assert "lake_mask_1.png" in page.locator("#message").inner_text()
    assert not page.errors


def test_nothing_is_asked_of_anyone_else(visit):
    page = visit()
    order_a_small_picture(page, iterations=3)
    until(lambda: page.locator("#preview img").count())
    page.locator("#start").click()
    until(lambda: state(page).startswith("Done"))
    page.get_by_text("Advanced").click()
    hosts = {urlparse(url).hostname for url in page.requests if url.startswith("http")}
    assert hosts == {"127.0.0.1"}
    assert len(page.requests) > 20


def test_two_visitors_at_once(visit, server):
    first, second = visit(), visit()
    for page in (first, second):
        order_a_small_picture(page, iterations=150)
    fill(second, "Iterations", 5)
    first.locator("#start").click()
    until(lambda: state(first).startswith("Painting"))
    second.locator("#start").click()
    until(lambda: state(second).startswith("Waiting, place 1 in the queue"))
    until(lambda: state(first).startswith("Done"))
    until(lambda: state(second).startswith("Done"))
    # Each sees one result: their own.
    until(lambda: results(first) and results(second))
    first.reload()
    until(lambda: results(first))
    assert (results(first), results(second)) == (1, 1)
    sources = [
        block(page, "Your results").locator("img").first.get_attribute("src")
        for page in (first, second)
    ]
    assert sources[0] != sources[1]


def test_weights_that_change_take_effect_while_it_paints(visit):
    page = visit()
    order_a_small_picture(page, iterations=300)
    page.locator("#start").click()
    until(lambda: state(page).startswith("Painting, iteration"))
    until(lambda: page.evaluate(LIVE)["points"] > 5)
    fill(page, "Style strength", 1)
    until(lambda: state(page).startswith("Done"), 5 * PATIENCE)
    words = page.evaluate(LIVE)["words"]
    loss = r"Loss: (\S+) at the first .*, (\S+) at iteration \d+"
    first, last = re.fullmatch(loss, words).groups()
    assert float(last) < float(first) / 100  # the weight is 1e-4 times what it was
    command = page.get_by_label("The command for this picture")
    until(lambda: "-style_weight 1 " in command.input_value() + " ")


def test_what_is_painted_is_there_again_on_a_page_loaded_anew(visit):
    page = visit()
    order_a_small_picture(page, iterations=200)
    page.locator("#start").click()
    until(lambda: state(page).startswith("Painting"))
    page.reload()
    page.wait_for_selector("#start")
    until(lambda: state(page).startswith(("Painting", "Done")))
    until(lambda: state(page).startswith("Done"), 5 * PATIENCE)
    until(lambda: results(page) == 1)


def test_a_closed_page_ends_its_job_if_that_was_chosen(visit, server):
    page = visit()
    order_a_small_picture(page, iterations=1000)
    page.get_by_label("Paint on when this page is closed").uncheck()
    page.locator("#start").click()
    until(lambda: state(page).startswith("Painting, iteration"))
    page.close()
    other = visit()
    order_a_small_picture(other, iterations=2)
    other.locator("#start").click()
    until(lambda: state(other).startswith("Done"))  # the device is free


@pytest.mark.parametrize("kind", ["zip", "svg", "bomb", "text"])
def test_an_upload_that_is_no_picture_gets_a_sentence(visit, server, tmp_path, kind):
    from attacks import hostile

    page = visit()
    path = hostile(tmp_path, kind)
    block(page, "Photograph").locator("input[type=file]").set_input_files(str(path))
    alert = page.locator("#message [role=alert]")
    toast = page.get_by_role("alert")
    until(lambda: alert.count() or toast.count())
    words = (alert if alert.count() else toast).first.inner_text()
    assert 10 < len(words) < 300
    assert "Traceback" not in words
    assert server.alive()
