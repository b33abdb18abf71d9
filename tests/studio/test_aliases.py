"""What stands for the server's folders, on the way out and in."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from neural_style.studio.aliases import Aliases

KEY = "0123456789abcdef" * 2


@pytest.mark.parametrize("folder", ["/srv/studio", "/home/Zoë/it's <a> & b", "/data", "/a (b)/c+d"])
def test_paths_are_hidden_however_they_are_written(folder):
    aliases = Aliases(Path(folder), Path(folder, "cache"), Path("/opt/x/image_input"))
    path = f"{folder}/cache/{KEY}/lake.png"
    page = json.dumps(path, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")
    page = page.replace("&", "\\u0026").replace("'", "\\u0027")
    for written in (path, json.dumps(path), json.dumps(path, ensure_ascii=False), page):
        hidden = aliases.hide(f"a {written} b".encode())
        assert hidden.strip(b'ab "') == f"/cache/{KEY}/lake.png".encode()
    assert aliases.hide(f"/file={quote(path)}".encode()) == f"/file=/cache/{KEY}/lake.png".encode()
    for path in (f"{folder}/{KEY}/pictures/a.png", "/opt/x/image_input/lake.jpg"):
        assert aliases.hide(path.encode()).startswith(b"/folder/")
    assert aliases.path(f"/cache/{KEY}/lake.png") == f"{folder}/cache/{KEY}/lake.png"


def test_what_is_no_path_of_the_server_stays_as_it_is():
    aliases = Aliases(Path("/assets"), Path("/assets/cache"), None)
    page = b'<script src="/assets/index.js"></script> application/assets /assets'
    assert aliases.hide(page) == page
    aliases = Aliases(Path("/"), Path("/cache"), None)
    assert aliases.hide(b"/a/b /cache/x") == b"/a/b /cache/x"


@pytest.mark.parametrize(
    "alias",
    [
        *("", "/", "/cache", "/cache/", "/cache/.", "/cache/..", "/cache/../x", "/cache/a/../../x"),
        *("cache/x", "//cache/x", "/cacheable/x", "/srv/studio/cache/x", "/cache/a\0", "cache\\x"),
    ],
)
def test_aliases_lead_nowhere_else(alias):
    assert Aliases(Path("/srv/studio"), Path("/srv/studio/cache"), None).path(alias) is None
