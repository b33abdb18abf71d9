"""What strangers may try on a studio: nothing is erased, nothing fetched, nobody gets in.

Tests run it on servers of their own; on another of yours: python tests/studio/strangers.py URL.
Each attack returns what it got that it should not have: nothing, if the server holds.
"""

from __future__ import annotations

import http.client
import io
import json
import random
import sys
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

API = "/gradio_api"
PATIENCE = 120  # seconds
FOREIGN = (
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:1"},
    {"Origin": "http://127.0.0.1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
)
CHANGES = ("upload", "queue/join", "call/paint", "call/stop", "cancel", "reset", "component_server")
NAMES = ("evil.example", "localhost.evil.example", "evil.example:{port}", "a@localhost", "10.0.0.1")
TYPES = (
    "application/json; x=multipart/form-data",
    "multipart/form-data; x=application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/jsonmultipart/form-data",
    "",
)
ELSEWHERE = ("http://169.254.169.254/x.png", "https://evil.example/x.png", "file:///etc/passwd")

Answer = tuple[int, dict[str, str], bytes]


def ask(
    url: str,
    path: str = "/",
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    method: str | None = None,
) -> Answer:
    """Return the status, the headers and the body that a request gets."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    try:
        connection.request(method or ("GET" if body is None else "POST"), path, body, headers or {})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read()
    except (ConnectionError, http.client.HTTPException):  # cut off while it was sending
        return 0, {}, b""
    finally:
        connection.close()


def upload(url: str, data: bytes, name: str = "a.png", **headers: str) -> Answer:
    """Upload a file as a program does."""
    start = f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    body = start.encode() + data + b"\r\n--x--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    return ask(url, f"{API}/upload", body, {**kind, **headers})


def call(url: str, name: str, data: list, **headers: str) -> Answer:
    """Call a function of the API as a program does, and return its last answer."""
    path = f"{API}/call/{name}"
    kind = {"Content-Type": "application/json"}
    found = ask(url, path, json.dumps({"data": data}).encode(), {**kind, **headers})
    if found[0] != 200:
        return found
    return ask(url, f"{path}/{json.loads(found[2])['event_id']}", headers=headers)


def noise(megabytes: float, seed: int = 0) -> bytes:
    """Return a PNG of so many megabytes; others for other seeds."""
    side = int((megabytes * 1e6 / 3) ** 0.5)
    file = io.BytesIO()
    pixels = random.Random(seed).randbytes(3 * side * side)
    Image.frombytes("RGB", (side, side), pixels).save(file, "PNG", compress_level=0)
    return file.getvalue()


def foreign_pages(url: str) -> Iterator[str]:
    """Any page in the world, in a browser on this machine."""
    for headers in FOREIGN:
        for name in CHANGES:
            kind = "application/json" if name not in CHANGES[:1] else "multipart/form-data"
            given = {"Content-Type": kind, **headers}
            status, _, _ = ask(url, f"{API}/{name}", b'{"data": []}', given)
            if status != 403:
                yield f"{status} for {name} from {headers}"
        for path in ("/config", f"{API}/info", f"{API}/heartbeat/abc", f"{API}/queue/data?x=1"):
            status, _, _ = ask(url, path, headers=headers)
            if status != 403:
                yield f"{status} for {path} from {headers}"


def foreign_uploads(url: str, count: int = 8, megabytes: float = 5) -> Iterator[str]:
    """Pictures that a foreign page uploads, without a cookie."""
    for number in range(count):
        headers = {"Origin": "http://evil.example"}
        status, _, _ = upload(url, noise(megabytes, number), **headers)
        if status not in (0, 403):
            yield f"{status} for a foreign upload"


def other_names(url: str) -> Iterator[str]:
    """Names of others that point to this server."""
    port = urllib.parse.urlsplit(url).port
    for name in NAMES:
        for path in ("/", "/config", f"{API}/info", "/assets/x.js"):
            status, _, _ = ask(url, path, headers={"Host": name.format(port=port)})
            if status != 403:
                yield f"{status} for {path} of {name}"


def media_types(url: str) -> Iterator[str]:
    """Bodies that say to be what they are not, that name files elsewhere, or are large."""
    large = b'{"data": ["' + b"x" * 2_000_000 + b'"]}'
    for kind in TYPES:
        for name in CHANGES[1:]:
            for address in ELSEWHERE:
                body = {"data": [{"path": address, "meta": {"_type": "gradio.FileData"}}]}
                given = {"Content-Type": kind}
                status, _, _ = ask(url, f"{API}/{name}", json.dumps(body).encode(), given)
                if status == 200:
                    yield f"{status} for {name} as {kind!r} of {address}"
            status, _, _ = ask(url, f"{API}/{name}", large, {"Content-Type": kind})
            if status not in (0, 403, 413, 415, 400, 422):
                yield f"{status} for {name} as {kind!r}, which was large"


def elsewhere(url: str) -> Iterator[str]:
    """Addresses that the server shall fetch, and files that nobody has uploaded."""
    for address in (*ELSEWHERE, "/etc/passwd", "/cache/../../secret.png", "/cache", "secret.png"):
        for form in ({"path": address, "meta": {"_type": "gradio.FileData"}}, {"path": address}):
            status, _, body = call(url, "paint", [form, [{"picture": form}], {}])
            if status not in (403, 401):
                yield f"{status} for a picture at {address}: {body[:80]!r}"
        status, _, body = ask(url, f"{API}/file={urllib.parse.quote(address)}")
        if status not in (403, 401):
            yield f"{status} for a file at {address}: {body[:80]!r}"


def unused_routes(url: str) -> Iterator[str]:
    """What Gradio has beside what the page needs."""
    names = ("token", "dev/reload", "deep_link?session_hash=a", "runs", "run-history/buckets")
    names += ("openapi.json", "proxy=https://a.hf.space/x", "stream/a/b/1/playlist.m3u8")
    names += ("custom_component/a/client/b/c", "file/etc/passwd")
    paths = [f"{API}/{name}" for name in names]
    for path in (*paths, "/monitoring", "/monitoring/summary", "/docs", "/pwa_icon", "/.env"):
        status, _, _ = ask(url, path)
        if status != 404:
            yield f"{status} for {path}"
    for path in ("run/paint", "api/paint", "process_recording", "stream/x", "run-history/connect"):
        status, _, _ = ask(url, f"{API}/{path}", b"{}", {"Content-Type": "application/json"})
        if status != 404:
            yield f"{status} for {path}"


def without_login(url: str) -> Iterator[str]:
    """All that changes or tells something, by somebody who has not logged in."""
    for name in CHANGES:
        kind = "application/json" if name != "upload" else "multipart/form-data"
        status, _, _ = ask(url, f"{API}/{name}", b"{}", {"Content-Type": kind})
        if status != 401:
            yield f"{status} for {name} without login"
    for path in ("/config", f"{API}/info", f"{API}/heartbeat/abc", f"{API}/file=/cache/a/b.png"):
        status, _, _ = ask(url, path)
        if status != 401:
            yield f"{status} for {path} without login"


def passwords(url: str, name: str = "ada", count: int = 1000) -> Iterator[str]:
    """As many passwords as fast as can be, of which a few are looked at."""

    def guess(number: int) -> int:
        form = urllib.parse.urlencode({"username": name, "password": f"guess {number}"})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return ask(url, "/login", form.encode(), kind)[0]

    with ThreadPoolExecutor(40) as pool:
        statuses = list(pool.map(guess, range(count)))
    if 200 in statuses:
        yield "a wrong password was right"
    looked_at = sum(status != 429 for status in statuses)
    if looked_at > 20:
        yield f"{looked_at} of {count} passwords were looked at"


def uploads_at_once(url: str, count: int = 40, megabytes: float = 1) -> list[int]:
    """Upload so many pictures at once; return the statuses."""
    pictures = [noise(megabytes, number) for number in range(count)]
    with ThreadPoolExecutor(count) as pool:
        return [answer[0] for answer in pool.map(lambda data: upload(url, data), pictures)]


ATTACKS = (foreign_pages, other_names, media_types, elsewhere, unused_routes, foreign_uploads)


def main(url: str) -> int:
    """Try everything that leaves nothing behind; return how much of it got through."""
    total = 0
    for attack in ATTACKS:
        found = list(attack(url))
        print(f"{attack.__name__}: {'held' if not found else f'{len(found)} got through'}")
        print("".join(f"    {line}\n" for line in found), end="")
        total += len(found)
    return total


if __name__ == "__main__":
    sys.exit(min(1, main(sys.argv[1].rstrip("/"))))
