"""A studio's server, and a real browser to visit it with."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "image_input"
PATIENCE = 120  # seconds for anything that a page is waited for; these machines may be busy
# Chromium as root in a container, and asking nobody by itself.
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


@dataclass
class Server:
    """A studio's server in a process of its own."""

    url: str
    folder: Path
    process: subprocess.Popen
    said: list[str] = field(default_factory=list)

    def alive(self) -> bool:
        """Tell whether it still runs."""
        return self.process.poll() is None

    def memory(self) -> int:
        """Return the bytes of memory of the server and its processes, what they share halved."""
        parents = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(path.parent.name)] = int(fields[1])
        family, found = {self.process.pid}, True
        while found:
            found = {child for child, parent in parents.items() if parent in family} - family
            family |= found
        total = 0
        for number in family:
            lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return total * 2**10


def start(folder: Path, *flags: str) -> Server:
    """Start a server on a free port and wait until it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if k != "NEURAL_STYLE_WEIGHTS"}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "neural_style", "studio", "-port", str(port)),
            *("-folder", str(folder), "-devices", "/cpu:0", *flags),
        ],
        cwd=folder.parent,
        env=environment | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    server = Server(f"http://127.0.0.1:{port}/", folder, process)
    ready, spoke = threading.Event(), threading.Event()

    def listen() -> None:
        for line in process.stdout:
            server.said.append(line)
            if "neural_style studio is at" in line:
                ready.set()
                spoke.set()
        spoke.set()

    threading.Thread(target=listen, daemon=True).start()
    assert spoke.wait(PATIENCE)
    assert ready.is_set(), "".join(server.said)
    return server


def end(server: Server) -> None:
    """End a server as Ctrl-C does."""
    server.process.terminate()
    try:
        server.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.process.kill()


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    """One server for all tests of this folder, with a short queue."""
    found = start(tmp_path_factory.mktemp("studio") / "folder", "-most_waiting", "3")
    yield found
    end(found)


@pytest.fixture(scope="session")
def chromium() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.skip("needs Chromium, such as Debian's package chromium")
    return path


def open_browser(driver, width: int = 1400, scheme: str = "light"):
    """Return a browser without a past, as Playwright's context."""
    context = driver.chromium.launch_persistent_context(
        tempfile.mkdtemp(),
        executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
        headless=True,
        args=FLAGS,
        viewport={"width": width, "height": 1000},
        color_scheme=scheme,
        accept_downloads=True,
    )
    context.set_default_timeout(1000 * PATIENCE)
    return context


@pytest.fixture
def visit(server, chromium) -> Iterator[Callable]:
    """Return a function that opens the page as a new visitor; every request is recorded."""
    playwright = pytest.importorskip("playwright.sync_api")
    contexts = []
    with playwright.sync_playwright() as driver:

        def open_page(width: int = 1400, scheme: str = "light"):
            contexts.append(open_browser(driver, width, scheme))
            page = contexts[-1].new_page()
            page.requests = []
            page.errors = []
            page.on("request", lambda request: page.requests.append(request.url))
            page.on("pageerror", lambda error: page.errors.append(str(error)))
            page.goto(server.url)
            page.wait_for_selector("#start")
            return page

        yield open_page
        for context in contexts:
            context.close()


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> object:
    """Wait until a condition holds, and return what it gave."""
    ended = time.monotonic() + seconds
    while time.monotonic() < ended:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come about")
