"""What every request passes: who may ask what, how much may be sent, and what is answered."""

from __future__ import annotations

import json
import logging
import re
import secrets

from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neural_style.runtime.errors import StyleError
from neural_style.studio.aliases import Aliases
from neural_style.studio.attempts import Attempts
from neural_style.studio.bodies import Refused, again, limited, parse, read
from neural_style.studio.callers import (
    header,
    is_ambiguous,
    is_foreign,
    is_link,
    is_ours,
    media_type,
)
from neural_style.studio.routes import API, FILE, LOGIN, MULTIPART, Route, find_route
from neural_style.studio.settings import MEGA
from neural_style.studio.studio import COOKIE, TOKEN, Studio

logger = logging.getLogger(__name__)

BODY = MEGA  # bytes of a request that is no upload
FORM = MEGA  # bytes that may be around the file in an upload
LOGIN_FORM = 10_000  # bytes of a name and a password
ADDRESS = 2000  # bytes of a path, and of what is behind a question mark
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
    "cross-origin-resource-policy": "same-origin",
}
# Answers in which a path of the server may stand.
WORDS = ("application/json", "text/event-stream", "text/html", "text/plain")
# With a link from another page a browser sends no strict cookie; from this page it does.
AGAIN = '<!doctype html><title>neural_style studio</title><meta http-equiv="refresh" content="0">'


class Guard:
    """Refuses what may not be asked, limits what is sent, and hides what is nobody's business."""

    def __init__(self, app: ASGIApp, studio: Studio):
        """Take the app behind it."""
        self._app = app
        self._studio = studio
        self._attempts = Attempts()
        self._aliases = Aliases(studio.visitors.place, studio.cache, studio.samples)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] == "websocket":  # nothing here talks so
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sender = self._sender(scope, send)
        try:
            path, route = self._admitted(scope)
            if is_foreign(scope):  # by a link
                await HTMLResponse(AGAIN)(scope, receive, send)
            elif not route.is_open and not await self._is_in(scope):
                raise Refused(401, "Log in first.")
            elif path.startswith(LOGIN):
                await self._log_in(scope, receive, sender)
            elif route.is_large and media_type(scope) == MULTIPART:
                await self._upload(scope, receive, sender)
            elif route.kinds:
                content = parse(await read(receive, BODY))
                if not self._aliases.named(content):
                    raise Refused(403, "A file was named that was not uploaded: upload it.")
                body = json.dumps(content).encode()
                await self._app(_sized(scope, len(body)), again(body, receive), sender)
            else:
                await self._app(self._file(scope, path), receive, sender)
        except Refused as refusal:
            what = f"{scope['method'][:10]} {scope['path'][:60]!r}"
            logger.warning("refused: %s %s %s", refusal.status, what, refusal.words)
            answer = PlainTextResponse(refusal.words, refusal.status, refusal.headers)
            await answer(scope, receive, sender)

    def _admitted(self, scope: Scope) -> tuple[str, Route]:
        """Return the path and the route that a request may have, by its headers.

        Raises:
            Refused: it may not.
        """
        settings = self._studio.settings
        if is_ambiguous(scope):
            raise Refused(400, "A header is given twice.")
        if not is_ours(header(scope, "host"), settings):
            raise Refused(403, "This server has another name: ask for it as it says at its start.")
        if max(len(scope["path"]), len(scope.get("query_string", b""))) > ADDRESS:
            raise Refused(414, f"An address may have {ADDRESS} bytes.")
        path, root = scope["path"], scope.get("root_path", "")
        if root and (path == root or path.startswith(f"{root}/")):
            path = path.removeprefix(root)
        route = find_route(path, scope["method"])
        is_page = route is not None and path in ("", "/")
        if is_foreign(scope) and not (is_page and is_link(scope)):
            raise Refused(403, "This came from another page than this server's own.")
        if route is None:
            raise Refused(404, "There is nothing here.")
        if route.kinds and media_type(scope) not in route.kinds:
            raise Refused(415, f"This is sent as {' or '.join(route.kinds)}.")
        return path, route

    def _file(self, scope: Scope, path: str) -> Scope:
        """Return the request for a file with its path for its alias; others as they are.

        Raises:
            Refused: it is no file here.
        """
        if not path.startswith(FILE):
            return scope
        found = self._aliases.path(path.removeprefix(FILE))
        if found is None:
            raise Refused(403, "There is no such file here.")
        return {**scope, "path": f"{scope.get('root_path', '')}{FILE}{found}", "raw_path": b""}

    async def _is_in(self, scope: Scope) -> bool:
        """Tell whether who asks has logged in, if this is asked for; Gradio knows."""
        if not self._studio.settings.auth:
            return True
        statuses = []

        async def nothing() -> Message:
            return {"type": "http.disconnect"}

        async def note(message: Message) -> None:
            statuses.append(message.get("status"))

        path = f"{scope.get('root_path', '')}{API}/login_check"
        question = {"method": "GET", "path": path, "raw_path": b"", "query_string": b""}
        await self._app({**scope, **question}, nothing, note)
        return statuses[0] == 200

    async def _log_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a password be looked at, unless too many from this address were wrong."""
        address = (scope.get("client") or ("",))[0]
        body = await read(receive, LOGIN_FORM)
        wait = self._attempts.begin(address)
        if wait:
            seconds = int(wait) + 1
            words = f"Too many wrong passwords: wait {seconds} s."
            raise Refused(429, words, {"retry-after": str(seconds)})

        async def sender(message: Message) -> None:
            if message.get("status") == 200:
                self._attempts.right(address)
            await send(message)

        await self._app(scope, again(body, receive), sender)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Receive pictures, for which there is room before they come."""
        most = self._studio.settings.upload_bytes + FORM
        length = header(scope, "content-length")
        size = int(length) if length.isdecimal() else most
        if size > most:
            raise Refused(413, f"An upload may have {most} bytes.")
        token = re.search(rf"\b{COOKIE}=({TOKEN.pattern})\b", header(scope, "cookie"))
        owner = token[1] if token else f"address {(scope.get('client') or ('',))[0]}"
        try:
            ticket = await self._studio.run_in_thread(self._studio.reserve, owner, size)
        except StyleError as error:
            raise Refused(507, str(error)) from None
        try:
            await self._app(scope, limited(receive, most), send)
        finally:
            self._studio.release(ticket)

    def _sender(self, scope: Scope, send: Send) -> Send:
        """Return `send` with our headers, strict cookies, and no path of the server's."""
        added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
        cookie = self._new_cookie(scope)
        held: list[Message] = []  # the start of an answer whose length is not known yet
        has_words = False

        async def sender(message: Message) -> None:
            nonlocal has_words
            if message["type"] == "http.response.start":
                headers = [_strict(name, value) for name, value in message["headers"]]
                kind = dict(headers).get(b"content-type", b"").decode("latin-1")
                has_words = kind.startswith(WORDS) and scope["method"] != "HEAD"
                headers += added + (cookie if message["status"] == 200 else [])
                message = {**message, "headers": headers}
                if has_words and b"content-length" in dict(headers):
                    held.append(message)
                    return
            elif has_words and "body" in message:
                message = {**message, "body": self._aliases.hide(message["body"])}
            if held:
                size = None if message.get("more_body") else len(message.get("body", b""))
                await send(_sized(held.pop(), size))
            await send(message)

        return sender

    def _new_cookie(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """Return the header that tells a visitor who has no name yet from others."""
        if scope["method"] != "GET" or scope["path"] not in ("/", ""):
            return []
        if re.search(rf"\b{COOKIE}={TOKEN.pattern}\b", header(scope, "cookie")):
            return []
        path = self._studio.settings.root_path or "/"
        cookie = f"{COOKIE}={secrets.token_hex(16)}; Path={path}; Max-Age={YEAR}"
        return [_strict(b"set-cookie", cookie.encode())]


def _sized(scope: Message | Scope, size: int | None) -> Message | Scope:
    """Return a request or an answer that says how long its body is; None: it does not say."""
    headers = [pair for pair in scope["headers"] if pair[0].lower() != b"content-length"]
    if size is not None:
        headers.append((b"content-length", str(size).encode()))
    return {**scope, "headers": headers}


def _strict(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Return a header; if it is a cookie, no other site's page sends it, and no script reads it."""
    if name.lower() != b"set-cookie":
        return name, value
    plain = re.sub(rb";\s*(samesite=\w+|httponly)", b"", value, flags=re.IGNORECASE)
    return name, plain + b"; HttpOnly; SameSite=Strict"
