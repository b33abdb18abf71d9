"""What every request passes, without a server around it."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from neural_style.runtime.errors import StyleError
from neural_style.studio import bodies, guard
from neural_style.studio.journal import Few
from neural_style.studio.settings import Settings
from neural_style.studio.studio import COOKIE, TOKEN

JOIN, UPLOAD = "/gradio_api/queue/join", "/gradio_api/upload"
FORM = {"content-type": "multipart/form-data; boundary=x"}
KIND = {"content-type": "application/json"}


class Visitors:
    """Stands for the visitors' folders."""

    place = Path("/srv/studio")


class Room:
    """Stands for the Studio: there is room, or there is none."""

    visitors = Visitors()
    cache = Path("/srv/studio/cache")
    samples = None

    def __init__(self, **settings):
        self.settings = Settings(most_upload=0.1, **settings)
        self.is_full = False
        self.reserved = {}

    def reserve(self, owner: str, size: int) -> str:
        if self.is_full:
            raise StyleError("there is no room left: try again later")
        self.reserved[owner] = size
        return owner

    def release(self, ticket: str) -> None:
        assert self.reserved.pop(ticket)

    async def run_in_thread(self, function, *given):
        return function(*given)


async def tell(request: Request) -> PlainTextResponse | JSONResponse:
    """Answer with what was asked."""
    body = b""
    try:
        async for part in request.stream():
            body += part
    except MultiPartException as error:
        return PlainTextResponse(str(error), 413)
    if "words" in request.query_params:
        return PlainTextResponse(request.query_params["words"])
    try:
        return JSONResponse({"path": request.url.path, "body": json.loads(body)})
    except ValueError:
        return JSONResponse({"path": request.url.path, "size": len(body)})


def client_of(studio: Room) -> TestClient:
    routes = [Route("/{path:path}", tell, methods=["GET", "POST"])]
    return TestClient(guard.Guard(Starlette(routes=routes), studio), "http://localhost:7860")


@pytest.fixture
def studio() -> Room:
    return Room()


@pytest.fixture
def client(studio) -> TestClient:
    return client_of(studio)


def test_a_new_visitor_gets_a_name_that_scripts_cannot_read(client):
    first = client.get("/")
    cookie = first.headers["set-cookie"]
    assert TOKEN.search(cookie.partition("=")[2])
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "set-cookie" not in client.get("/").headers  # the client keeps it
    client.cookies.clear()
    client.cookies.set(COOKIE, "short")
    assert "set-cookie" in client.get("/").headers


def test_the_page_may_talk_to_its_own_server_alone(client):
    policy = client.get("/").headers["content-security-policy"]
    sources = {word for part in policy.split(";") for word in part.split()[1:]}
    assert not any("http" in word or "*" in word for word in sources)
    assert client.get("/").headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://example.org/x.png",
        "/gradio_api/file=HTTPS://example.org/x.png",
        "/gradio_api/file=https%3A//example.org/x.png",
        "/gradio_api/file=ftp://example.org/x.png",
    ],
)
def test_nothing_is_fetched_from_elsewhere(client, path):
    assert client.get(path).status_code == 403


def test_files_of_its_own_are_known_by_their_alias(client):
    answer = client.get("/gradio_api/file=/cache/abc/http_lake.png?words=/srv/studio/cache/abc/x")
    assert (answer.status_code, answer.text) == (200, "/cache/abc/x")
    for path in ("/cache", "/cache/", "/cache/../x", "/srv/studio/cache/abc/x", "/etc/passwd", "x"):
        assert client.get(f"/gradio_api/file={path}").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        *("http://example.org/a", " https://a", "\u0048ttp://a", "ftp:a", "file:///a"),
        *("/etc/passwd", "/cache/../../x", "/cache", "cache/a/b", "/srv/studio/cache/a/b"),
        *(7, ["/cache/a/b"], {"path": "/x"}, "/cache/a\0b"),
    ],
)
def test_a_request_that_names_another_file_is_refused(client, path):
    data = {"data": [{"a": [{"path": path, "meta": {"_type": "gradio.FileData"}}]}]}
    assert client.post(JOIN, json=data).status_code == 403


def test_a_request_comes_through_whole(client):
    data = {"data": [{"path": "/cache/a/b.png"}, {"path": None}], "words": "http://a é" * 9}
    answer = client.post(JOIN, json=data)
    assert answer.json() == {"path": JOIN, "body": data}  # as it is seen from outside
    assert int(answer.headers["content-length"]) == len(answer.content)
    pieces = (b'"' + b"x" * 1000 + b'"' if k is None else k for k in [b'["', b"x" * 1000, b'"]'])
    assert client.post(JOIN, content=pieces, headers=KIND).json()["body"] == ["x" * 1000]


def test_what_is_no_upload_is_short(client):
    most = b'"' + b"x" * (guard.BODY - 2) + b'"'
    assert client.post(JOIN, content=most, headers=KIND).status_code == 200
    assert client.post(JOIN, content=most + b" ", headers=KIND).status_code == 413


@pytest.mark.parametrize("body", [b"[" * 100_000, b"", b"{", b"\xff"])
def test_what_is_no_json_is_refused(client, body):
    assert client.post(JOIN, content=body, headers=KIND).status_code == 400


@pytest.mark.parametrize(
    ("path", "kind", "status"),
    [
        (JOIN, "application/json", 200),
        (JOIN, "Application/JSON ; charset=utf-8", 200),
        (JOIN, "application/json; x=multipart/form-data", 200),  # and is looked at as JSON
        (JOIN, "multipart/form-data; boundary=x", 415),
        (JOIN, "multipart/form-data; x=application/json", 415),
        (JOIN, "text/plain", 415),
        (JOIN, "", 415),
        (UPLOAD, "multipart/form-data; boundary=x", 200),
        (UPLOAD, "application/json; x=multipart/form-data", 415),
        ("/gradio_api/component_server", "multipart/form-data; boundary=x", 200),
        ("/gradio_api/component_server", "application/json; x=multipart/form-data", 200),
    ],
)
def test_the_media_type_and_the_route_decide(client, path, kind, status):
    body = b'{"data": []}'
    assert client.post(path, content=body, headers={"content-type": kind}).status_code == status
    if status == 200 and "json" in kind:
        body = b'{"data": {"path": "http://evil.example/"}}'
        assert client.post(path, content=body, headers={"content-type": kind}).status_code == 403
        large = b'"' + b"x" * guard.BODY + b'"'
        assert client.post(path, content=large, headers={"content-type": kind}).status_code == 413


def test_headers_that_decide_are_given_once(client):
    for name in ("origin", "content-type", "sec-fetch-site"):
        twice = [(name, "application/json"), (name, "multipart/form-data")]
        assert client.post(JOIN, content=b"{}", headers=twice).status_code == 400


def test_an_upload_ends_where_it_is_too_large(client, studio):
    most = studio.settings.upload_bytes + guard.FORM
    assert client.post(UPLOAD, content=b"x" * most, headers=FORM).json()["size"] == most
    assert client.post(UPLOAD, content=b"x" * (most + 1), headers=FORM).status_code == 413
    pieces = (b"x" * 1000 for _ in range(most // 1000 + 1))  # whose length is not told
    assert client.post(UPLOAD, content=pieces, headers=FORM).status_code == 413
    assert studio.reserved == {}


def test_without_room_nothing_is_uploaded(client, studio):
    studio.is_full = True
    answer = client.post(UPLOAD, content=b"x", headers=FORM)
    assert (answer.status_code, answer.text) == (507, "there is no room left: try again later")
    assert client.post(JOIN, json=[]).status_code == 200


@pytest.mark.parametrize(
    ("settings", "host", "is_known"),
    [
        ({}, "localhost:7860", True),
        ({}, "LOCALHOST", True),
        ({}, "127.0.0.1:1", True),
        ({}, "[::1]:7860", True),
        ({}, "evil.example", False),
        ({}, "evil.example:7860", False),
        ({}, "localhost.evil.example", False),
        ({}, "localhost@evil.example", False),
        ({}, "10.0.0.5", False),
        ({}, "", False),
        ({"host": "10.0.0.5", "no_auth": True}, "10.0.0.5:7860", True),
        ({"host": "10.0.0.5", "no_auth": True}, "10.0.0.6", False),
        ({"host": "10.0.0.5", "no_auth": True}, "evil.example", False),
        ({"host": "0.0.0.0", "no_auth": True}, "10.0.0.6:7860", True),
        ({"host": "0.0.0.0", "no_auth": True}, "[fe80::1]", True),
        ({"host": "0.0.0.0", "no_auth": True}, "evil.example", False),
        ({"host": "studio.local", "no_auth": True}, "Studio.local:7860", True),
    ],
)
def test_without_a_password_the_server_has_its_own_names_alone(settings, host, is_known):
    found = client_of(Room(**settings)).get("/", headers={"host": host}).status_code
    assert found == (200 if is_known else 403)


@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        ({}, True),  # a program
        ({"sec-fetch-site": "same-origin", "origin": "http://localhost:7860"}, True),
        ({"origin": "http://localhost:7860"}, True),
        ({"origin": "http://LOCALHOST:7860"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"host": "localhost", "origin": "http://localhost"}, True),
        ({"host": "localhost:443", "origin": "https://localhost"}, True),
        ({"host": "localhost", "origin": "http://localhost:80"}, True),
        ({"origin": "http://localhost"}, False),
        ({"origin": "http://localhost:3000"}, False),
        ({"origin": "http://127.0.0.1:7860"}, False),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "http://localhost:7860.evil.example"}, False),
        ({"origin": "http://localhost:x"}, False),
        ({"origin": "null"}, False),
        ({"origin": "file://"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "http://evil.example"}, False),
    ],
)
def test_only_pages_of_this_server_and_programs_change_anything(client, headers, is_own):
    for path, kind in ((JOIN, KIND), (UPLOAD, FORM), ("/gradio_api/cancel", KIND)):
        answer = client.post(path, content=b"{}", headers={**kind, **headers})
        assert answer.status_code == (200 if is_own else 403)
    assert client.get("/config", headers=headers).status_code == (200 if is_own else 403)


def test_what_the_page_does_not_need_is_not_there(client):
    for path in ("/monitoring", "/gradio_api/token", "/gradio_api/proxy=x", "/gradio_api/run/x"):
        assert client.get(path).status_code == 404
        assert client.post(path, json={}).status_code == 404
    assert client.get(JOIN).status_code == 404
    assert client.request("DELETE", "/").status_code == 404
    assert client.get("/?" + "x" * 3000).status_code == 414


def test_the_log_takes_so_many_lines_a_minute():
    now = 0.0
    few = Few(3, lambda: now)
    records = [logging.makeLogRecord({"msg": "refused"}) for _ in range(11)]
    assert [few.filter(record) for record in records[:10]] == [True] * 3 + [False] * 7
    now = 61.0
    assert few.filter(records[10])
    assert records[10].getMessage() == "(7 more were left out) refused"


def test_a_body_that_does_not_come_is_not_waited_for(client, monkeypatch):
    import anyio

    monkeypatch.setattr(bodies, "PATIENCE", 0.01)

    async def never():
        await anyio.sleep(60)

    with pytest.raises(bodies.Refused, match="did not come to its end"):
        anyio.run(bodies.read, never, 100)
    with pytest.raises(MultiPartException, match="did not come to its end"):
        anyio.run(bodies.limited(never, 100))
