#!/usr/bin/env python3
"""Take the pictures of the studio in docs/pictures: a server, a browser, a painted lake.

    python docs/make_screenshots.py

It needs Chromium and the packages of the extra `dev`, and takes about two minutes.
"""

import sys
import tempfile
from pathlib import Path

import cv2
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from conftest import SAMPLES, end, open_browser, start, until  # noqa: E402
from test_page import block, choose, fill, state, upload  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"


def main() -> None:
    """Take them all."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        server = start(Path(folder) / "studio")
        try:
            page = open_browser(driver, width=1400).new_page()
            page.goto(server.url)
            paint(page)
            for width, scheme, name in [
                (1400, "light", "studio_light"),
                (1400, "dark", "studio_dark"),
                (400, "light", "studio_phone_light"),
                (400, "dark", "studio_phone_dark"),
            ]:
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": width, "height": 1000})
                page.reload()
                until(lambda: state(page).startswith("Done"))
                page.locator("img[alt^='A small preview']").wait_for(state="detached")
                fill_in(page)
                page.locator("#preview img").wait_for()
                page.wait_for_timeout(3000)
                shoot(page, name)
            page.emulate_media(color_scheme="light")
            page.set_viewport_size({"width": 1400, "height": 1000})
            page.wait_for_timeout(1000)
            mask(page)
            shoot(
                page.locator(".accordion, .block").filter(has_text="Styles go").last, "studio_masks"
            )
        finally:
            end(server)


def fill_in(page: Page) -> None:
    """Give the sample pictures and the settings of a small picture."""
    upload(page, "Photograph", SAMPLES / "lake.jpg")
    upload(page, "Style 1", SAMPLES / "strokes.jpg")
    choose(page, "Preset", "preview")
    until(lambda: page.get_by_label("Size in pixels").input_value() == "256")
    fill(page, "Size in pixels", 512)
    fill(page, "Iterations", 60)


def paint(page: Page) -> None:
    """Paint the lake."""
    fill_in(page)
    page.locator("#start").click()
    until(lambda: state(page).startswith("Done"), 600)


def mask(page: Page) -> None:
    """Paint on the lake, and find its regions."""
    page.get_by_text("Where styles go: masks and regions").click()
    canvas = page.locator("canvas").first
    canvas.scroll_into_view_if_needed()
    page.wait_for_timeout(3000)
    box = canvas.bounding_box()
    x, y = box["x"] + box["width"] * 0.35, box["y"] + box["height"] * 0.25
    page.mouse.move(x, y)
    page.mouse.down()
    for k in range(40):
        page.mouse.move(x + 6 * k, y + 20 * (k % 2))
    page.mouse.up()
    page.get_by_text("clusters: regions of like colour and place").click()
    page.get_by_role("button", name="Make the mask").click()
    until(lambda: block(page, "What was found").locator("img").count() or said(page))
    assert not said(page), said(page)
    page.wait_for_timeout(2000)


def said(page: Page) -> str:
    """Return the message on the page, if there is one."""
    return page.locator("#message").inner_text().strip()


def shoot(what, name: str) -> None:
    """Write a picture of the page, or of a part of it, as JPEG."""
    options = {"full_page": True} if isinstance(what, Page) else {}
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        what.screenshot(path=file.name, **options)
        pixels = cv2.imread(file.name)
    cv2.imwrite(str(PICTURES / f"{name}.jpg"), pixels, [cv2.IMWRITE_JPEG_QUALITY, 85])
    print(name, pixels.shape[1::-1], flush=True)


if __name__ == "__main__":
    main()
