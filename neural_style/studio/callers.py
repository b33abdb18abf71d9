"""Who asks: by which name of this server, and from which page.

Any page in the world can make a browser send requests to a server on this machine. A browser says
where a request comes from; programs, such as Gradio's client and curl, say nothing and are let
through: nobody but their user makes them ask.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import urlsplit

from starlette.types import Scope

from neural_style.studio.settings import HERE, Settings

ANY = ("0.0.0.0", "::")  # listens on all of a machine's addresses
# A request that gives one of these twice is read differently by different programs.
SINGLE = (b"host", b"origin", b"sec-fetch-site", b"content-type", b"content-length", b"cookie")


def header(scope: Scope, name: str) -> str:
    """Return a header's value, empty if it is not there."""
    return dict(reversed(scope["headers"])).get(name.encode(), b"").decode("latin-1")


def is_ambiguous(scope: Scope) -> bool:
    """Tell whether a header that decides is given twice."""
    names = [name for name, _ in scope["headers"]]
    return any(names.count(name) > 1 for name in SINGLE)


def is_ours(host: str, settings: Settings) -> bool:
    """Tell whether a request's Host names this server.

    Without a password, an address that a stranger's name server points here is not: a page from
    there could read everything. With a password it has nothing to log in with.
    """
    if settings.auth:
        return bool(host)
    found = re.fullmatch(r"(\[[\da-f:.]+\]|[^\[\]:/@]+)(:\d{1,5})?", host.lower())
    if not found:
        return False
    name = found[1].strip("[]")
    if name in (*HERE, settings.host.lower()):
        return True
    return settings.host in ANY and (_is_address(name) or name == socket.gethostname().lower())


def is_foreign(scope: Scope) -> bool:
    """Tell whether a request comes from a page that is not this server's own."""
    if header(scope, "sec-fetch-site") not in ("", "same-origin", "none"):
        return True
    origin = header(scope, "origin")
    if not origin:
        return False
    theirs = _place(origin)
    scheme = origin.partition(":")[0]
    return theirs is None or theirs != _place(f"{scheme}://{header(scope, 'host')}")


def is_link(scope: Scope) -> bool:
    """Tell whether a link on another page was followed to this server's own."""
    return header(scope, "sec-fetch-mode") == "navigate" and not header(scope, "origin")


def media_type(scope: Scope) -> str:
    """Return what a request says its body is, without parameters."""
    return header(scope, "content-type").partition(";")[0].strip().lower()


def _place(origin: str) -> tuple[str | None, int | None] | None:
    """Return an origin's name and port; None where it has none that can be read."""
    try:
        parts = urlsplit(origin)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname and port else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
