"""Files' paths as browsers and programs see them: none tells where the server keeps things.

Gradio names files by their whole paths, and is named them again. On the way out the cache's folder
becomes `/cache`; on the way in `/cache` becomes the folder, and nothing else is a file.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

CACHE = "/cache"
HIDDEN = "/folder"  # in messages alone


class Aliases:
    """What stands for the server's folders."""

    def __init__(self, folder: Path, cache: Path, samples: Path | None):
        """Take the folders.

        Args:
            folder: of the visitors' folders.
            cache: where uploads lie, and what browsers are shown.
            samples: the project's pictures.
        """
        self._cache = str(cache)
        # Of folders that have short names, only what can be nothing else than a file in them.
        parts = [(cache, rb"\b", CACHE), (folder, rb"(?=/[0-9a-f]{32}\b)", HIDDEN)]
        if samples:
            parts.append((samples, rb"(?=/[\w.-]+\.(jpg|png))", HIDDEN))
        self._hidden = [
            (re.compile(b"(" + b"|".join(map(re.escape, _forms(str(path)))) + b")" + rest), alias)
            for path, rest, alias in parts
        ]

    def hide(self, body: bytes) -> bytes:
        """Return an answer without the folders' paths."""
        for pattern, alias in self._hidden:
            body = pattern.sub(alias.encode(), body)
        return body

    def path(self, alias: str) -> str | None:
        """Return the path that an alias stands for, None if it is none, or leads out."""
        if not alias.startswith(f"{CACHE}/") or "\0" in alias:
            return None
        path = os.path.normpath(self._cache + alias.removeprefix(CACHE))
        return path if path.startswith(self._cache + os.sep) else None

    def named(self, content: Any) -> bool:
        """Put paths for the aliases of all files in a request; False if one is no file here."""
        for file in _files(content):
            if file["path"]:
                path = self.path(file["path"]) if isinstance(file["path"], str) else None
                if path is None:
                    return False
                file["path"] = path
        return True


def _forms(path: str) -> set[bytes]:
    """Return how a path may be written in an answer: plain, in JSON, in an address, in a page."""
    plain = json.dumps(path, ensure_ascii=False)[1:-1]
    page = plain.replace("&", "\\u0026").replace("'", "\\u0027")
    page = page.replace("<", "\\u003c").replace(">", "\\u003e")
    written = (path, plain, page, json.dumps(path)[1:-1], quote(path))
    return {form.encode("utf-8", "surrogateescape") for form in written}


def _files(content: Any) -> Iterator[dict[str, Any]]:
    """Yield all parts of a request's JSON that name a file."""
    pending = [content]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            if "path" in item:
                yield item
            pending += item.values()
        elif isinstance(item, list):
            pending += item
