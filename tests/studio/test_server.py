"""What every request passes, without a server around it."""

import json

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from neural_style.errors import StyleError
from neural_style.studio import server
from neural_style.studio.settings import Settings
from neural_style.studio.studio import COOKIE, TOKEN


class Room:
    """Stands for the Studio: there is room, or there is none."""

    settings = Settings(most_upload=0.1)

    def __init__(self):
        self.is_full = False

    def make_room(self) -> None:
        if self.is_full:
            raise StyleError("there is no room left: try again later")

    async def soon(self, function):
        return function()


@pytest.fixture
def studio() -> Room:
    return Room()


@pytest.fixture
def client(studio) -> TestClient:
    async def tell(request: Request) -> PlainTextResponse:
        body = b""
        async for part in request.stream():
            body += part
        return PlainTextResponse(f"{len(body)}")

    routes = [Route("/{path:path}", tell, methods=["GET", "POST"])]
    return TestClient(server.Guard(Starlette(routes=routes), studio))


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
        "/gradio_api/proxy=https://example.org/x.png",
    ],
)
def test_nothing_is_fetched_from_elsewhere(client, path):
    assert client.get(path).status_code == 403


def test_files_of_its_own_are(client):
    assert client.get("/gradio_api/file=/some/where/http_lake.png").status_code == 200


@pytest.mark.parametrize(
    "address", ["http://example.org/a", " https://a", "\u0048ttp://a", "ftp:a"]
)
def test_a_request_that_names_a_file_elsewhere_is_refused(client, address):
    data = {"data": [{"a": [{"path": address, "meta": {"_type": "gradio.FileData"}}]}]}
    assert client.post("/gradio_api/queue/join", json=data).status_code == 403


def test_a_request_comes_through_whole(client):
    data = json.dumps({"data": [{"path": "/tmp/x"}], "words": "http://example.org " * 9})
    answer = client.post("/x", content=data, headers={"content-type": "application/json"})
    assert answer.text == str(len(data))


def test_a_request_in_pieces_comes_through_whole(client):
    pieces = (b"x" * 1000 for _ in range(20))
    assert client.post("/x", content=pieces).text == "20000"


def test_what_is_no_upload_is_short(client):
    assert client.post("/x", content=b"x" * (server.BODY + 1)).status_code == 413
    assert client.post("/x", content=b"x" * server.BODY).status_code == 200


def test_json_that_is_nested_without_end_is_no_trouble(client):
    assert client.post("/x", content=b"[" * 100_000).status_code == 200


def test_an_upload_ends_where_it_is_too_large(client):
    most = Room.settings.upload_bytes + server.FORM
    form = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post("/upload", content=b"x" * most, headers=form).text == str(most)
    with pytest.raises(Exception, match=r".*"):  # the client is cut off
        client.post("/upload", content=b"x" * (most + 1), headers=form)


def test_without_room_nothing_is_uploaded(client, studio):
    studio.is_full = True
    form = {"content-type": "multipart/form-data; boundary=x"}
    answer = client.post("/upload", content=b"x", headers=form)
    assert (answer.status_code, answer.text) == (507, "there is no room left: try again later")
    assert client.post("/x", content=b"x").status_code == 200
