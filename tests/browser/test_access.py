"""The page for everyone: names for what cannot be seen, words that can be read, by keyboard."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import SAMPLES, until
from test_page import block, upload

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core, which make test-browser fetches."""
    path = Path(os.environ.get("AXE", ".venv/axe/node_modules/axe-core/axe.min.js"))
    if not path.is_file():
        pytest.skip(f"needs axe-core, which is not at {path}: make test-browser fetches it")
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (400, "dark")])
def test_no_serious_finding(visit, axe, width, scheme):
    page = visit(width, scheme)
    upload(page, "Photograph", SAMPLES / "lake.jpg")
    upload(page, "Style 1", SAMPLES / "strokes.jpg")
    for words in (
        "Where styles go: masks and regions",
        "Advanced",
        "Mask, regions, layers",
        "Settings of an earlier result",
    ):
        page.get_by_text(words).first.click()
    page.locator("#preview img").wait_for()
    page.wait_for_timeout(1000)
    page.evaluate(axe)  # as the page's own policy allows no script from elsewhere
    found = page.evaluate("axe.run()")["violations"]
    serious = [
        (finding["id"], [node["html"][:200] for node in finding["nodes"]])
        for finding in found
        if finding["impact"] in SERIOUS
    ]
    assert serious == []


def test_nothing_is_wider_than_a_phone(visit):
    page = visit(400)
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_by_keyboard_alone(visit):
    page = visit()
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "(e => e.id || e.getAttribute('aria-label') || e.innerText)(document.activeElement)"
            )
        )
    assert "start" in reached
    assert any("Photograph" in (name or "") for name in reached)
    assert any("Advanced" in (name or "") for name in reached)


def test_every_control_has_a_name(visit):
    page = visit()
    page.get_by_text("Advanced").first.click()
    page.get_by_text("Where styles go: masks and regions").first.click()
    until(lambda: block(page, "Paint on the photograph").count())
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("input, select, textarea, button")]
            .filter(e => e.offsetParent !== null && e.type !== "file")
            .filter(e => !(e.labels && e.labels.length) && !e.getAttribute("aria-label")
                && !e.getAttribute("aria-labelledby") && !e.title && !e.innerText.trim())
            .map(e => e.outerHTML.slice(0, 200))"""
    )
    assert nameless == []
