"""Start the studio's server, and end it with all pictures kept."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import secrets
import shutil
import signal
import socket
import threading
from pathlib import Path
from typing import Any

# Before Gradio is imported: it tells nobody of us, and asks nobody.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"

import gradio as gr
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neural_style.config import samples_folder
from neural_style.errors import StyleError
from neural_style.studio.jobs import Desk
from neural_style.studio.page import build
from neural_style.studio.settings import MEGA, Settings
from neural_style.studio.studio import COOKIE, TOKEN, Studio
from neural_style.studio.visitors import Visitors

PAGE = Path(__file__).parent
BODY = MEGA  # bytes of a request that is no upload; pictures travel as uploads
FORM = MEGA  # bytes that may be around the file in an upload
YEAR = 365 * 24 * 3600  # seconds
# The browser may talk to this server alone. What Gradio's page is made of needs the 'unsafe' ones.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' data: blob:; worker-src 'self' blob:; media-src 'self' blob:; "
    "frame-ancestors 'self'; base-uri 'self'; object-src 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}
# What Gradio would fetch from elsewhere for whoever asks.
FETCHES = re.compile(r"/(file=(https?|ftp)[:%]|proxy=)", re.IGNORECASE)


def serve(settings: Settings) -> None:
    """Serve the studio until Ctrl-C or SIGTERM; then stop all jobs, whose pictures are kept.

    Raises:
        StyleError: the port is taken, or the folder cannot be written.
    """
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


class Guard:
    """What every request passes: limits, a cookie that tells visitors apart, and headers."""

    def __init__(self, app: ASGIApp, studio: Studio):
        """Take the app behind it."""
        self._app = app
        self._studio = studio

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sender = self._with_headers(scope, send)
        refusal, receiver = await self._checked(scope, receive)
        if refusal:
            await PlainTextResponse(refusal[1], refusal[0])(scope, receive, sender)
            return
        await self._app(scope, receiver, sender)

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        """Return `send` with our headers, and with a cookie for a visitor who has none."""
        headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
        sent = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
        if scope["method"] == "GET" and not re.search(rf"\b{COOKIE}={TOKEN.pattern}\b", sent):
            path = self._studio.settings.root_path or "/"
            cookie = f"{COOKIE}={secrets.token_hex(16)}; Path={path}; Max-Age={YEAR}"
            if scope["path"] in ("/", ""):
                headers.append((b"set-cookie", f"{cookie}; HttpOnly; SameSite=Strict".encode()))

        async def sender(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *headers]}
            await send(message)

        return sender

    async def _checked(
        self, scope: Scope, receive: Receive
    ) -> tuple[tuple[int, str] | None, Receive]:
        """Return why a request is refused, if it is; and how its body is received."""
        path = scope["path"]
        if FETCHES.search(path) or FETCHES.search(scope.get("raw_path", b"").decode("latin-1")):
            return (403, "This server fetches nothing from elsewhere."), receive
        if scope["method"] != "POST":
            return None, receive
        kind = dict(scope["headers"]).get(b"content-type", b"").decode("latin-1")
        if "multipart/form-data" in kind:
            try:
                await self._studio.soon(self._studio.make_room)
            except StyleError as error:
                return (507, str(error)), receive
            return None, _limited(receive, self._studio.settings.upload_bytes + FORM)
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > BODY:
                return (413, f"A request may have {BODY} bytes; pictures are uploaded."), receive
            if not message.get("more_body"):
                break
        if _names_elsewhere(bytes(body)):
            return (403, "This server fetches nothing from elsewhere."), receive
        return None, _again(bytes(body), receive)


def _limited(receive: Receive, most: int) -> Receive:
    """Return `receive` that ends a body of more than so many bytes."""
    count = 0

    async def receiver() -> Message:
        nonlocal count
        message = await receive()
        count += len(message.get("body", b""))
        if count > most:  # the rest is not read
            return {"type": "http.disconnect"}
        return message

    return receiver


def _again(body: bytes, receive: Receive) -> Receive:
    """Return `receive` that gives a body that was read already."""
    given = False

    async def receiver() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receiver


def _names_elsewhere(body: bytes) -> bool:
    """Tell whether a request's JSON has a file whose path is an address elsewhere."""
    try:
        pending: list[Any] = [json.loads(body)]
    except (ValueError, RecursionError):
        return False
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            path = item.get("path")
            if isinstance(path, str) and re.match(r"\s*(https?|ftp):", path, re.IGNORECASE):
                return True
            pending += item.values()
        elif isinstance(item, list):
            pending += item
    return False
