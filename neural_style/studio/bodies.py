"""What is sent to the server: received in time, no more than is allowed, and read once."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from starlette.formparsers import MultiPartException
from starlette.types import Message, Receive

PATIENCE = 30.0  # seconds for the next piece


class Refused(Exception):
    """A request is not answered: the status, one sentence, and headers if there are any."""

    def __init__(self, status: int, words: str, headers: dict[str, str] | None = None):
        """Take what is answered."""
        super().__init__(words)
        self.status = status
        self.words = words
        self.headers = headers or {}


async def read(receive: Receive, most: int) -> bytes:
    """Return a whole body.

    Raises:
        Refused: it has more than so many bytes, or does not come.
    """
    body = bytearray()
    while True:
        message = await _next(receive)
        body += message.get("body", b"")
        if len(body) > most:
            raise Refused(413, f"A request may have {most} bytes; pictures are uploaded.")
        if not message.get("more_body"):
            return bytes(body)


async def _next(receive: Receive) -> Message:
    try:
        message = await asyncio.wait_for(receive(), PATIENCE)
    except asyncio.TimeoutError as error:  # in Python 3.10 not the other of this name
        raise Refused(408, "The request did not come to its end.") from error
    if message["type"] == "http.disconnect":
        raise Refused(400, "The request was not sent to its end.")
    return message


def parse(body: bytes) -> Any:
    """Return what a body of JSON holds.

    Raises:
        Refused: it is none, or nested beyond reason.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "The request is not JSON that can be read.") from error


def limited(receive: Receive, most: int) -> Receive:
    """Return `receive` for an upload, which ends in an error beyond so many bytes or midway.

    The error is the one upon which Gradio removes what it has written so far.
    """
    count = 0
    ended = False

    async def receiver() -> Message:
        nonlocal count, ended
        if ended:
            return await receive()
        try:
            message = await _next(receive)
        except Refused as refusal:
            raise MultiPartException(refusal.words) from refusal
        count += len(message.get("body", b""))
        if count > most:
            raise MultiPartException("The upload has more bytes than the maximum allowed size.")
        ended = not message.get("more_body")
        return message

    return receiver


def again(body: bytes, receive: Receive) -> Receive:
    """Return `receive` that gives a body that was read already."""
    given = False

    async def receiver() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receiver
