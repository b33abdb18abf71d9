"""A studio's server, whole but for its painters, and the strangers that try to get in."""

from __future__ import annotations

import http.cookies
import json
import os
import socket
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import strangers
from PIL import Image
from strangers import API, ask, call, noise, upload

from neural_style import Config, StyleError
from neural_style.settings.files import samples_folder
from neural_style.studio import journal, server
from neural_style.studio.jobs import Desk
from neural_style.studio.messages import Painted
from neural_style.studio.page import build
from neural_style.studio.painter import Painter
from neural_style.studio.settings import Settings
from neural_style.studio.studio import COOKIE, Studio
from neural_style.studio.visitors import Visitors

GREY = np.full((20, 24, 3), 100, np.uint8)
ANN = "a" * 32


class Quick:
    """Stands for a painter: all is done at once."""

    def __init__(self, niceness: int, device: str):
        pass

    def warm(self) -> None:
        pass

    def order(self, orders) -> None:
        pass

    def close(self) -> None:
        pass

    def call(self, task: str, *args: object) -> np.ndarray:
        return GREY

    def paint(self, task, tell) -> Painted:
        return Painted(result_in(task.folder), False)


def result_in(folder: Path) -> Path:
    """Write a result as a painter does; return the picture."""
    place = folder / "result"
    place.mkdir(parents=True)
    Image.fromarray(GREY).save(place / "result.png")
    (place / "config.yaml").write_text(Config(content_img="a", style_imgs="b").to_yaml())
    return place / "result.png"


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Iterator[Callable[..., SimpleNamespace]]:
    """Return a function that starts a server in this process, of some settings."""
    pages = []
    patch = pytest.MonkeyPatch()

    def begin(painter: type = Quick, **changes) -> SimpleNamespace:
        folder = (tmp_path_factory.mktemp("dir é & 'x'") / "studio").resolve()
        (folder / "cache").mkdir(parents=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        patch.setenv("GRADIO_TEMP_DIR", str(folder / "cache"))
        settings = Settings(port=port, folder=str(folder), **changes)
        visitors = Visitors(folder, settings)
        desk = Desk(settings, painter)
        studio = Studio(desk, visitors, settings, folder / "cache", samples_folder())
        page = build(studio)
        visitors.spare()
        server._launch(page, studio)
        pages.append((page, desk))
        return SimpleNamespace(url=f"http://127.0.0.1:{port}", folder=folder, visitors=visitors)

    yield begin
    for page, desk in pages:
        page.close(verbose=False)
        desk.close()
    patch.undo()


@pytest.fixture(scope="module")
def place(start) -> SimpleNamespace:
    return start(most_disk=20, most_upload=6)


@pytest.fixture(scope="module")
def locked(start) -> SimpleNamespace:
    return start(auth=["ada:lovelace"])


@pytest.fixture
def result(place) -> Path:
    """A result of Ann's, which nothing may erase."""
    return result_in(place.visitors.new_folder(ANN))


def written(cache: Path) -> list[Path]:
    """Return the files that are being received."""
    return [path for path in cache.iterdir() if path.is_file()]


def log_in(url: str, password: str = "lovelace", **headers: str) -> strangers.Answer:
    form = urllib.parse.urlencode({"username": "ada", "password": password})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return ask(url, "/login", form.encode(), {**kind, **headers})


def preview(url: str, **headers: str) -> strangers.Answer:
    """Upload two pictures and have a preview made, as a program does."""
    files = []
    for seed in range(2):
        status, _, body = upload(url, noise(0.02, seed), f"{seed}.png", **headers)
        assert status == 200, body
        files.append({"path": json.loads(body)[0], "meta": {"_type": "gradio.FileData"}})
    data = [files[0], [{"picture": files[1]}], {}, "everywhere", None]
    return call(url, "preview", data, **headers)


@pytest.mark.parametrize("attack", strangers.ATTACKS, ids=lambda attack: attack.__name__)
def test_nothing_gets_through(place, result, attack):
    assert list(attack(place.url)) == []
    assert result.is_file()
    assert b"event: complete" in preview(place.url)[2]


def test_forty_uploads_at_once_are_no_more_than_there_is_room_for(place, result):
    statuses = strangers.uploads_at_once(place.url)
    assert set(statuses) <= {200, 507}
    assert statuses.count(200) >= 2
    taken = sum(path.stat().st_size for path in place.folder.rglob("*") if path.is_file())
    assert taken <= 20e6
    assert result.is_file()
    for _ in range(3):  # the server goes on
        assert b"event: complete" in preview(place.url)[2]


def test_many_uploads_one_after_another_lock_nobody_out(place, result):
    """What nobody uses goes first; what a visitor has chosen stays as long as it can."""
    for seed in range(12):
        assert upload(place.url, noise(2.5, seed))[0] == 200
    assert result.is_file()
    assert b"event: complete" in preview(place.url)[2]


def test_an_upload_that_ends_midway_leaves_nothing(place):
    cache = place.folder / "cache"
    before = len(written(cache))
    parts = urllib.parse.urlsplit(place.url)
    with socket.create_connection((parts.hostname, parts.port)) as line:
        line.sendall(
            f"POST {API}/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\nContent-Disposition: "
            'form-data; name="files"; filename="a.png"\r\n\r\n'.encode()
        )
        line.sendall(bytes(300_000))
        ended = time.monotonic() + 10
        while len(begun := written(cache)) == before and time.monotonic() < ended:
            time.sleep(0.02)
        assert len(begun) == before + 1
    while len(written(cache)) > before and time.monotonic() < ended:
        time.sleep(0.02)
    assert len(written(cache)) == before


def test_no_answer_tells_where_the_server_keeps_things(place):
    secrets = [str(place.folder), str(samples_folder()), os.getcwd()]
    secrets += [json.dumps(one)[1:-1] for one in secrets] + [urllib.parse.quote(secrets[0])]
    answers = [ask(place.url, path) for path in ("/", "/config", f"{API}/info", f"{API}/file=x")]
    status, _, body = upload(place.url, noise(0.01))
    [path] = json.loads(body)
    assert path.startswith("/cache/")
    assert ask(place.url, f"{API}/file={path}")[2] == noise(0.01)
    answers += [(status, {}, body), preview(place.url), upload(place.url, b"text", "a.txt")]
    answers.append(call(place.url, "paint", [{"path": "/etc/passwd"}]))
    for _, _, body in answers:
        assert body
        assert not any(secret.encode() in body for secret in secrets)


def test_a_picture_is_painted_for_a_program_and_can_be_fetched(place):
    files = []
    for seed in range(2):
        body = upload(place.url, noise(0.01, seed), f"{seed}.png")[2]
        files.append({"path": json.loads(body)[0], "meta": {"_type": "gradio.FileData"}})
    data = [files[0], [{"picture": files[1]}], {}, "everywhere", None]
    said = call(place.url, "paint", data)[2].decode()
    event = said[said.index("event: complete") :].partition("data: ")[2].partition("\n")[0]
    path = json.loads(event)[1]["path"]
    assert ask(place.url, f"{API}/file={path}")[2].startswith(b"\x89PNG")


def test_who_comes_by_a_link_keeps_their_name(place):
    """With the link, no strict cookie is sent; the page then asks again, and it is."""
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    status, found, body = ask(place.url, "/", headers=headers)
    assert (status, "set-cookie" in found) == (200, False)
    assert b"refresh" in body
    status, found, _ = ask(place.url, "/", headers={"Sec-Fetch-Site": "same-origin"})
    assert (status, COOKIE in found["set-cookie"]) == (200, True)
    given = {"Sec-Fetch-Site": "same-origin", "Cookie": f"{COOKIE}={ANN}"}
    assert "set-cookie" not in ask(place.url, "/", headers=given)[1]


def test_refusals_are_short_and_few_in_the_log(place, caplog):
    for _ in range(2 * server.REFUSALS):
        assert ask(place.url, "/" + "x" * 1500)[0] == 404
    said = [record.getMessage() for record in caplog.records if "refused" in record.getMessage()]
    assert len(said) <= server.REFUSALS
    assert all(len(line) < 200 and "\n" not in line for line in said)


def test_calls_that_make_no_sense_are_few_in_the_log(place, caplog, capsys):
    for _ in range(2 * server.FAULTS):
        assert b"event: error" in call(place.url, "paint", [])[2]
    assert "Traceback" not in capsys.readouterr().err
    said = [record for record in caplog.records if record.name == journal.__name__]
    assert 0 < len(said) <= server.FAULTS


def test_too_little_memory_for_its_painters_is_said_at_the_start(monkeypatch, tmp_path):
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (2**30, -1))
    with pytest.raises(StyleError, match=r"memory: this process may take 1\.0 GB"):
        server.serve(Settings(folder=str(tmp_path / "studio")))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_two_hundred_previews_after_all_attacks(start):
    place = start(Painter, devices=["/cpu:0"], most_disk=40, most_upload=6)
    result = result_in(place.visitors.new_folder(ANN))
    for attack in strangers.ATTACKS:
        assert list(attack(place.url)) == []
    assert set(strangers.uploads_at_once(place.url)) <= {200, 507}
    for _ in range(200):
        assert b"event: complete" in preview(place.url)[2]
    assert result.is_file()


# With passwords


def test_nobody_gets_in_without_login(locked):
    assert list(strangers.without_login(locked.url)) == []


def test_a_thousand_passwords(locked):
    assert list(strangers.passwords(locked.url)) == []
    status, headers, body = log_in(locked.url)  # even the right one waits now, here
    assert status == 429
    assert int(headers["retry-after"]) > 0
    assert b"wait" in body
    elsewhere = {"X-Forwarded-For": "192.0.2.7"}  # as of a proxy on this machine
    status, headers, _ = log_in(locked.url, **elsewhere)
    assert status == 200
    cookies = http.cookies.SimpleCookie(headers["set-cookie"])
    for cookie in cookies.values():
        assert cookie["samesite"] == "Strict"
        assert cookie["httponly"]
    asked = {"Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())}
    assert b"event: complete" in preview(locked.url, **asked)[2]


def test_with_a_password_a_proxy_may_give_the_server_any_name(locked):
    assert ask(locked.url, "/", headers={"Host": "studio.example.org"})[0] == 200
    given = {"Host": "studio.example.org", "Origin": "https://studio.example.org"}
    assert log_in(locked.url, "wrong", **given, **{"X-Forwarded-For": "192.0.2.8"})[0] == 400
    given["Origin"] = "https://evil.example"
    assert log_in(locked.url, "wrong", **given)[0] == 403
