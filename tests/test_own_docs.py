"""The examples of docs/own.md work, on small pictures and without a download."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "own.md").read_text(), re.DOTALL)
# Of each example: the pictures that it saves.
SAVED = [
    {"warm.png"},
    {"mobile.png"},
    {"lion.png"},
    {"lake_strokes.jpg.png", "lake_wave.jpg.png", "lake_glass.jpg.png"},
]


@pytest.mark.parametrize(("code", "names"), list(zip(EXAMPLES, SAVED, strict=True)))
def test_example(code: str, names: set[str], tmp_path, monkeypatch):
    for received, short in (
        ('weights="imagenet"', "weights=None"),
        ("max_size=256", 'max_size=48, max_iterations=2, model_weights="compact"'),
        (
            "style_imgs=style)",
            'style_imgs=style, max_size=48, max_iterations=2, model_weights="compact")',
        ),
    ):
        code = code.replace(received, short)
    (tmp_path / "image_input").symlink_to(ROOT / "image_input")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/own.md", "exec"), {"__name__": "example"})
    assert {path.name for path in tmp_path.iterdir()} == names | {"image_input"}
