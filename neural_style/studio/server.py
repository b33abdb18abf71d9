"""Start the studio's server, and end it with all pictures kept."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import socket
import threading
from pathlib import Path

# Before Gradio is imported: it tells nobody of us, and asks nobody.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"

import gradio as gr
import gradio.queueing
from starlette.middleware import Middleware

from neural_style.runtime import memory_limits
from neural_style.runtime.errors import StyleError
from neural_style.settings.files import samples_folder
from neural_style.studio import guard, journal
from neural_style.studio.guard import Guard
from neural_style.studio.jobs import Desk
from neural_style.studio.page import build
from neural_style.studio.settings import Settings
from neural_style.studio.studio import Studio
from neural_style.studio.visitors import Visitors

PAGE = Path(__file__).parent
REFUSALS, FAULTS = 30, 5  # that are logged in a minute


def serve(settings: Settings) -> None:
    """Serve the studio until Ctrl-C or SIGTERM; then stop all jobs, whose pictures are kept.

    Raises:
        StyleError: the port is taken, the folder cannot be written, or there is too little memory
            for the painters.
    """
    memory_limits.check()  # they inherit the limit
    _check_port(settings)
    folder = Path(os.path.expanduser(settings.folder))
    cache = folder.absolute() / "cache"
    try:
        shutil.rmtree(cache, ignore_errors=True)  # what the last server's visitors saw
        cache.mkdir(parents=True)
    except OSError as error:
        raise StyleError(f"folder: {folder} cannot be written: {error.strerror}") from error
    os.environ["GRADIO_TEMP_DIR"] = str(cache)
    visitors = Visitors(folder, settings)
    desk = Desk(settings)
    studio = Studio(desk, visitors, settings, cache, samples_folder())
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    page = build(studio)
    visitors.spare()
    try:
        _launch(page, studio)
        where = f"http://{settings.host}:{settings.port}{settings.root_path}"
        print(f"neural_style studio is at {where}; Ctrl-C ends it", flush=True)
        ended.wait()
        print("ending; pictures that are being painted are kept", flush=True)
    finally:
        desk.close()
        with contextlib.suppress(Exception):  # it may never have started
            page.close(verbose=False)


def _launch(page: gr.Blocks, studio: Studio) -> None:
    settings = studio.settings
    # What strangers can make it say: Gradio's own errors about requests that nobody's page sends.
    gradio.queueing.traceback = journal.TRACEBACK
    limits = {"uvicorn.error": FAULTS, journal.__name__: FAULTS, guard.__name__: REFUSALS}
    for name, most in limits.items():
        logging.getLogger(name).addFilter(journal.Few(most))
    logging.getLogger("httpx").setLevel(logging.WARNING)  # Gradio asks itself whether it is up
    page.queue(max_size=100 + settings.most_waiting, default_concurrency_limit=4)
    page.launch(
        server_name=settings.host,
        server_port=settings.port,
        auth=[tuple(pair.split(":", 1)) for pair in settings.auth] or None,
        root_path=settings.root_path or None,
        allowed_paths=[str(studio.samples)] if studio.samples else [],
        max_file_size=settings.upload_bytes,
        app_kwargs={"middleware": [Middleware(Guard, studio=studio)]},
        css_paths=PAGE / "page.css",
        js=(PAGE / "page.js").read_text(encoding="utf-8"),
        theme=gr.themes.Default(primary_hue="indigo", neutral_hue="slate"),
        footer_links=[],
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        ssr_mode=False,
        enable_monitoring=False,
        show_error=False,
    )


def _check_port(settings: Settings) -> None:
    """Raise a StyleError, before anything is started, if the address cannot be listened on."""
    kind = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=kind).close()
    except OSError as error:
        raise StyleError(
            f"port: {settings.port} on {settings.host} cannot be listened on "
            f"({error.strerror}); give another -port or -host"
        ) from error
