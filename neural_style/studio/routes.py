"""The addresses that the page and programs use, and what may be sent there. There are no others.

Gradio has more of them: a monitor, a proxy, a converter of videos, the last run's history. Nobody
here needs these, so nobody reaches them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

JSON = "application/json"
MULTIPART = "multipart/form-data"
FORM = "application/x-www-form-urlencoded"
API = "/gradio_api"
FILE = f"{API}/file="
LOGIN = "/login"


@dataclass(frozen=True)
class Route:
    """An address.

    Attributes:
        pattern: of its whole path.
        kinds: the media types that may be sent to it; none where it is only read.
        is_large: whether pictures are sent to it.
        is_open: whether it answers those who have not logged in: the page to log in needs it.
    """

    pattern: str
    kinds: tuple[str, ...] = ()
    is_large: bool = False
    is_open: bool = False


ROUTES = (
    Route("/?", is_open=True),
    Route("/(assets|static|svelte)/.+", is_open=True),
    Route(r"/(favicon\.ico|manifest\.json|robots\.txt|logout)", is_open=True),
    Route(rf"({API})?/theme\.css", is_open=True),
    Route(rf"{LOGIN}/?", (FORM, MULTIPART), is_open=True),
    Route(rf"{API}/(app_id|user|login_check|startup-events)/?", is_open=True),
    Route("/config/?"),
    Route(rf"{API}/info/?"),
    Route(f"{FILE}.+"),
    Route(rf"{API}/upload/?", (MULTIPART,), is_large=True),
    Route(rf"{API}/upload_progress"),
    Route(rf"{API}/component_server/?", (JSON, MULTIPART), is_large=True),
    Route(rf"{API}/queue/join", (JSON,)),
    Route(rf"{API}/queue/(data|status)"),
    Route(rf"{API}/heartbeat/[\w-]+"),
    Route(rf"{API}/call/\w+/?", (JSON,)),
    Route(rf"{API}/call/\w+/\w+"),
    Route(rf"{API}/(cancel|reset)/?", (JSON,)),
)


def find_route(path: str, method: str) -> Route | None:
    """Return the address for a path and a method, None if there is none."""
    for route in ROUTES:
        methods = ("POST",) if route.kinds else ("GET", "HEAD")
        if method in methods and re.fullmatch(route.pattern, path, re.DOTALL):
            return route
    return None
