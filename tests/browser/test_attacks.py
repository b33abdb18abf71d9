"""What strangers may try: none of it reads a file, fills the disk or ends the server."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from attacks import SVG, hostile, huge_png
from conftest import PATIENCE, SAMPLES

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
SECRET = "the server's own secret"


@pytest.fixture(scope="module")
def secret(server) -> Path:
    """A file beside the visitors' folders that nobody shall see."""
    path = server.folder.parent / "secret.png"
    path.write_text(SECRET)
    return path


@pytest.fixture
def client(server):
    from gradio_client import Client

    return Client(server.url, verbose=False)


def answer(
    url: str, data: bytes | None = None, kind: str = "application/json"
) -> tuple[int, bytes]:
    request = urllib.request.Request(url, data, {"Content-Type": kind} if data else {})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as found:
            return found.status, found.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def upload(server, name: str, data: bytes) -> tuple[int, bytes]:
    """Upload a file under any name, byte for byte as given."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="'
        + name.encode()
        + b'"\r\nContent-Type: image/png\r\n\r\n'
        + data
        + b"\r\n--x--\r\n"
    )
    return answer(f"{server.url}gradio_api/upload", body, "multipart/form-data; boundary=x")


def refusal(client, *given, name: str = "/paint") -> str:
    """Return the sentence with which a call is refused."""
    with pytest.raises(Exception, match=r"\w") as refused:
        client.predict(*given, api_name=name)
    words = str(refused.value)
    assert "Traceback" not in words
    assert len(words) < 600
    return words


def handle(path: Path):
    from gradio_client import handle_file

    return handle_file(str(path))


@pytest.mark.parametrize("form", ["{}", "../{}", "/../../{}", "//{}", "%2e%2e/%2e%2e{}"])
def test_the_file_route_gives_no_other_file(server, secret, form):
    for path in (secret, Path("/etc/passwd"), server.folder / "cookie"):
        name = form.format(urllib.parse.quote(str(path)))
        status, body = answer(f"{server.url}gradio_api/file={name}")
        assert status in (403, 404)
        assert SECRET.encode() not in body
        assert b"root:" not in body


def test_a_path_of_the_server_is_no_upload(server, secret):
    """As a program would that does not use Gradio's client, which uploads what it names."""
    file = {"path": str(secret), "meta": {"_type": "gradio.FileData"}}
    for name, data in [
        ("paint", [file, [{"picture": file}], {}, "everywhere", None]),
        ("preview", [file, [{"picture": file}], {}, "everywhere", None]),
        ("mask", [file, None, 3, None]),
        ("mask", [{"path": str(secret)}, None, 3, None]),
        ("mask", [str(secret), None, 3, None]),
    ]:
        url = f"{server.url}gradio_api/call/{name}"
        status, body = answer(url, json.dumps({"data": data}).encode())
        if status == 200:
            event = json.loads(body)["event_id"]
            status, body = answer(f"{url}/{event}")
            assert b"event: error" in body
            assert b"event: complete" not in body
        assert SECRET.encode() not in body
    assert server.alive()


@pytest.mark.parametrize(
    "name", ["../../../evil.png", "/tmp/evil.png", "..\\..\\evil.png", "a\0evil.png", "evil" * 2500]
)
def test_a_name_leads_nowhere(server, name):
    before = set(server.folder.parent.iterdir())
    status, body = upload(server, name, (SAMPLES / "ink.jpg").read_bytes())
    if status == 200:
        [kept] = json.loads(body)
        place = server.folder / "cache" / Path(kept).relative_to("/cache")
        assert (server.folder / "cache").resolve() in place.resolve().parents
        assert place.is_file()
    assert set(server.folder.parent.iterdir()) == before
    assert not Path("/tmp/evil.png").exists()
    assert server.alive()


@pytest.mark.parametrize("kind", ["zip", "svg", "bomb", "text"])
def test_what_is_no_picture_is_refused_in_a_sentence(server, client, tmp_path, kind):
    path = handle(hostile(tmp_path, kind))
    good = handle(SAMPLES / "lake.jpg")
    wanted = "pixels" if kind == "bomb" else "not a picture"
    assert wanted in refusal(client, path, [{"picture": good}], {})
    assert wanted in refusal(client, good, [{"picture": path}], {}, name="/preview")
    assert server.alive()


def test_an_svg_is_never_shown_as_a_page(server):
    status, body = upload(server, "drawing.svg", SVG.encode())
    assert status == 200
    url = f"{server.url}gradio_api/file={json.loads(body)[0]}"
    with urllib.request.urlopen(url, timeout=PATIENCE) as found:
        assert found.headers["content-disposition"].startswith("attachment")
        assert "svg" not in found.headers["content-type"]


def test_what_is_too_large_is_cut_off(server):
    before = sum(path.stat().st_size for path in server.folder.rglob("*") if path.is_file())
    try:
        status, _ = upload(server, "large.png", huge_png() + bytes(25_000_000))
        assert status >= 400
    except (TimeoutError, urllib.error.URLError, ConnectionError):
        pass  # cut off while it was sending
    time.sleep(1)
    after = sum(path.stat().st_size for path in server.folder.rglob("*") if path.is_file())
    assert after - before < 1_000_000
    assert server.alive()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"style_layers": "x" * 10_000}, "style_layers: layer 'xxx"),
        ({"max_iterations": -5}, "max_iterations: received -5, must be at least 1"),
        ({"max_iterations": 10**9}, "this server allows at most 1000"),
        ({"max_size": 100_000}, "this server allows at most 2048"),
        ({"model_weights": "/etc/passwd"}, "allowed here are auto, imagenet, compact"),
        ({"init_img_type": "/etc/passwd"}, "allowed here are content, style, random"),
        ({"img_output_dir": "/tmp"}, "'img_output_dir' is none that is open here"),
        ({"content_img_dir": "/etc"}, "'content_img_dir' is none that is open here"),
        ({"tensorboard": "/tmp/x"}, "'tensorboard' is none that is open here"),
        ({"x" * 10_000: 1}, "is none that is open here"),
        ({"preset": "../../x"}, "allowed here are"),
        ({"style_layers": [["relu1_1"] * 9] * 9}, "style_layers"),
        ({"style_weight": "nan"}, "style_weight"),
    ],
)
def test_settings_that_are_not_allowed_get_a_sentence(server, client, settings, sentence):
    lake, ink = handle(SAMPLES / "lake.jpg"), handle(SAMPLES / "ink.jpg")
    assert sentence in refusal(client, lake, [{"picture": ink}], settings)
    assert server.alive()


def test_a_hundred_requests_at_once_are_more_than_the_queue_takes(server):
    """Each a visitor of its own: a call without a session gets one of its own."""
    paths = []
    for name in ("lake.jpg", "ink.jpg"):
        status, body = upload(server, name, (SAMPLES / name).read_bytes())
        assert status == 200
        paths += json.loads(body)
    lake, ink = ({"path": path, "meta": {"_type": "gradio.FileData"}} for path in paths)
    settings = {"preset": "preview", "max_size": 64, "max_iterations": 30}
    data = [lake, [{"picture": ink}], settings, "everywhere", None]
    url = f"{server.url}gradio_api/call/paint"

    def paint(_: int) -> str:
        status, body = answer(url, json.dumps({"data": data}).encode())
        if status != 200:
            return "refused"
        _, body = answer(f"{url}/{json.loads(body)['event_id']}")
        if b"event: complete" in body and b'"done"' in body:
            return "done"
        return "refused" if b"event: error" in body else body.decode()[-300:]

    with ThreadPoolExecutor(100) as pool:
        said = list(pool.map(paint, range(100)))
    assert said.count("done") >= 4  # one that is painted, three that wait
    assert said.count("refused") > 50
    assert said.count("done") + said.count("refused") == 100
    status, _ = answer(server.url)
    assert status == 200
    assert server.alive()
