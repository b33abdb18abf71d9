"""What the page and the API share: who asks, whose pictures are whose, and who paints."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from neural_style.runtime.errors import StyleError
from neural_style.settings.config import Config
from neural_style.studio.jobs import Desk, Job
from neural_style.studio.settings import Settings
from neural_style.studio.visitors import Visitors, pictures_of

COOKIE = "neural_style_visitor"
TOKEN = re.compile(r"[0-9a-f]{32}")  # its value
MAX_THREADS = 64  # that wait for the desk; who comes later waits for one
LOOK_EVERY = 0.4  # seconds between two looks at a job


@dataclass
class Studio:
    """What the page works with.

    Attributes:
        desk: paints.
        visitors: their pictures.
        settings: the server's.
        cache: the folder of uploads, and of what browsers are shown.
        samples: the folder of the project's sample pictures, or None.
        leaving: by the session that began them, the jobs that end when its page is closed.
        last: the last job of each visitor.
    """

    desk: Desk
    visitors: Visitors
    settings: Settings
    cache: Path
    samples: Path | None
    leaving: dict[str | None, Job] = field(default_factory=dict)
    last: dict[str, Job] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Have threads in which to wait for the desk, since Gradio's own are few."""
        self._threads = ThreadPoolExecutor(MAX_THREADS)

    async def run_in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        """Return what a function returns, without keeping others waiting."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(function, *args))

    def submit(self, token: str, config: Config) -> Job:
        """Put a picture in the queue; raises as `Desk.submit`, and if there is no room."""
        self.visitors.check(token, config)
        self.visitors.make_room(token, self.in_use(config))
        job = self.desk.submit(token, config, self.visitors.new_folder(token))
        self.last[token] = job
        return job

    def reserve(self, owner: str, size: int) -> int:
        """Keep room for an upload until `release`; raises as `Visitors.reserve`."""
        return self.visitors.reserve(owner, size, self.in_use())

    def release(self, ticket: int) -> None:
        """Give back what `reserve` has kept."""
        self.visitors.release(ticket)

    def in_use(self, *configs: Config) -> set[Path]:
        """Return the folders and pictures of all jobs, and the pictures of other Configs."""
        jobs = self.desk.jobs()
        paths = {job.folder for job in jobs}
        for config in (*configs, *(job.config for job in jobs)):
            paths.update(pictures_of(config))
        return paths

    def go_on(self, token: str) -> Job:
        """Go on with the visitor's last picture, which was stopped.

        Raises:
            StyleError: there is none.
        """
        last = self.last.get(token)
        if last is None or last.progress.state != "stopped" or last.progress.result is None:
            raise StyleError("there is no picture that was stopped: start one")
        job = self.desk.submit(token, last.config, last.folder, resume=True)
        self.last[token] = job
        return job

    def keep(self, token: str, path: str | None) -> str:
        """Keep a picture that was uploaded, or is a sample, among a visitor's; return its path.

        Raises:
            StyleError: it is no such picture, or is not allowed.
        """
        places = [self.cache, *([self.samples] if self.samples else [])]
        source = Path(path or "").resolve()
        if not any(source.is_relative_to(place.resolve()) for place in places):
            raise StyleError("a picture was named that was not uploaded: upload it")
        if not source.is_file():
            raise StyleError(f"{source.name} is not on the server any more: upload it again")
        return str(self.visitors.keep_picture(token, source, source.name, self.in_use()))

    def public_copy(self, path: Path) -> str:
        """Return the path of a copy that a browser may be shown."""
        facts = f"{path} {path.stat().st_mtime_ns}"
        copy = self.cache / hashlib.sha256(facts.encode()).hexdigest() / path.name
        if not copy.is_file():
            copy.parent.mkdir(exist_ok=True)
            try:
                os.link(path, copy)
            except OSError:  # another file system
                shutil.copyfile(path, copy)
        return str(copy)

    def public_array(self, token: str, pixels: np.ndarray, name: str) -> str:
        """Keep a picture among a visitor's own; return the path of a copy to show.

        Args:
            token: whose it is.
            pixels: [H, W, 3], uint8, RGB.
            name: of its file.
        """
        return self.public_copy(self.visitors.keep_array(token, pixels, name))

    def results(self, token: str) -> list[str]:
        """Return this visitor's results as a browser may be shown them, the latest first."""
        return [self.public_copy(path) for path in self.visitors.results(token)]

    def photograph(self, token: str, path: str | None) -> Path:
        """Return the path of a visitor's photograph, for masks.

        Raises:
            StyleError: there is none, or it is not allowed.
        """
        if not path:
            raise StyleError("Photograph: there is none yet; upload one, or take a sample")
        return Path(self.keep(token, path))

    def find(self, token: str) -> Callable[[str], Path | None]:
        """Return a function from a name to this visitor's picture of that name, or a sample."""
        pictures = {path.name: path for path in self.visitors.pictures(token)}
        samples = {path.name: path for path in self.samples.iterdir()} if self.samples else {}
        return (samples | pictures).get


def visitor_of(request: gr.Request) -> str:
    """Return the token of who asks: the browser's cookie, or a program's session."""
    token = dict(request.cookies or {}).get(COOKIE, "")
    if TOKEN.fullmatch(token):
        return token
    return request.session_hash or secrets.token_hex(16)
