"""What this program has written into a result's folder: so that it removes nothing else, ever.

The file `.neural_style.json` beside a result has the name of each of its files and the SHA-256 of
what was written. Only what it names, and only as it was written, may be removed by a later run
that is told to replace the result.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path

from neural_style.runtime.errors import StyleError
from neural_style.runtime.files import write_file

NAME = ".neural_style.json"
AT_ONCE = 2**20  # bytes


class Record:
    """The files of one folder that this program has written, by name."""

    def __init__(self, folder: Path):
        """Read the record of earlier runs; where there is none that can be read, it is empty."""
        self._folder = folder
        self._digests: dict[str, str] = {}
        with contextlib.suppress(OSError, ValueError, AttributeError, RecursionError):
            known = json.loads((folder / NAME).read_text(encoding="utf-8"))
            self._digests = {
                name: digest for name, digest in known.items() if name == Path(name).name
            }

    @property
    def names(self) -> set[str]:
        """The names of the files."""
        return set(self._digests)

    def add(self, path: Path) -> None:
        """Take note of a file that was written just now, unless it is gone already."""
        with contextlib.suppress(OSError):
            self._digests[path.name] = _digest(path)
            self._write()

    def remove(self, names: set[str]) -> None:
        """Remove files that are as they were written; what somebody has changed is theirs."""
        for name in names:
            digest = self._digests.pop(name, None)
            path = self._folder / name
            with contextlib.suppress(OSError):
                if not path.is_symlink() and _digest(path) == digest:
                    path.unlink()
        if names:
            self._write()

    def _write(self) -> None:
        text = json.dumps(self._digests, indent=0, sort_keys=True)
        with contextlib.suppress(StyleError):  # without it less is removed
            write_file(self._folder / NAME, text.encode())


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(AT_ONCE):
            digest.update(piece)
    return digest.hexdigest()
