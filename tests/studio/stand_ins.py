"""What stands for others in the tests of the page: a desk, its jobs, and who asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from neural_style.studio import layout
from neural_style.studio.form import Form
from neural_style.studio.jobs import Progress
from neural_style.studio.layout import Outcome
from neural_style.studio.settings import Settings
from neural_style.studio.studio import COOKIE, Studio
from neural_style.studio.visitors import Visitors

ADA, BEN = "a" * 32, "b" * 32
GRAY = np.full((20, 20, 3), 100, np.uint8)


@dataclass
class Job:
    """Stands for a job: its progress is what the test says."""

    visitor: str
    config: Any = None
    folder: Path | None = None
    resume: bool = False
    progress: Progress = Progress()
    weights: dict[str, Any] = field(default_factory=dict)
    is_stopped: bool = False

    def stop(self) -> None:
        self.is_stopped = True

    def reweigh(self, **weights: Any) -> None:
        self.weights |= weights


class Desk:
    """Stands for the desk: takes note of what is asked, and answers what the test says."""

    def __init__(self):
        self.submitted: list[Job] = []
        self.progress = Progress()  # of the jobs that are submitted
        self.calls: list[tuple[Any, ...]] = []
        self.answer: Any = GRAY  # an exception is raised

    def jobs(self) -> list[Job]:
        return []

    def job(self, visitor: str) -> Job | None:
        jobs = [job for job in self.submitted if job.visitor == visitor and not job.progress.ended]
        return jobs[-1] if jobs else None

    def submit(self, visitor, config, folder, resume=False) -> Job:
        self.submitted.append(Job(visitor, config, folder, resume, self.progress))
        return self.submitted[-1]

    def preview(self, visitor: str, config: Any) -> Any:
        return self.call("preview", visitor, config)

    def call(self, *task: Any) -> Any:
        self.calls.append(task)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def make_studio(folder: Path) -> Studio:
    """Return a studio with a sample photograph, whose desk is a stand-in."""
    (folder / "folder" / "cache").mkdir(parents=True)
    (folder / "samples").mkdir()
    for name in ("lake.jpg", "wave.jpg"):
        Image.new("RGB", (20, 20), "red").save(folder / "samples" / name)
    visitors = Visitors(folder / "folder", Settings())
    return Studio(Desk(), visitors, Settings(), folder / "folder/cache", folder / "samples")


@cache
def make_page() -> tuple[Form, Outcome]:
    """Return all parts of a page without a handler."""
    with gr.Blocks():
        pictures = layout.pictures(None)
        _, settings = layout.settings()
        outcome = layout.outcome()
        places, mask_settings = layout.places()
    return Form(pictures, places, settings | mask_settings), outcome


def values_of(form: Form, **changes: Any) -> list[Any]:
    """Return what the form's parts send when nothing is set but some parts, by name.

    Names are those of settings, `photograph`, `where`, `regions`, and for the first style
    `style`, `weight`, `mask`.
    """
    style = form.pictures.styles[0]
    parts = {
        "photograph": form.pictures.photograph,
        "where": form.places.where,
        "regions": form.places.regions,
        "style": style.picture,
        "weight": style.weight,
        "mask": style.mask,
        **form.settings,
    }
    by_part = {parts[name]: value for name, value in changes.items()}
    return [by_part.get(part, getattr(part, "value", None)) for part in form.inputs()]


def upload(studio: Studio, name: str = "me.png") -> str:
    """Return the path of a picture as Gradio has received it; each name has its own color."""
    path = studio.cache / "upload" / name
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", (20, 20), (*name.encode()[:2], len(name))).save(path)
    return str(path)


def asked_by(token: str, session: str = "s" * 20) -> Any:
    """Return a request of a visitor."""
    return SimpleNamespace(cookies={COOKIE: token}, session_hash=session)


def selected(index: int) -> Any:
    """Return the event of choosing one of several things."""
    return SimpleNamespace(index=index)
