"""How much of the disk visitors' files take, and what goes when there shall be room for more.

Files that nobody uses go first, the oldest of them first: uploads that belong to nobody yet, then
pictures that no result was made of. A visitor who has too much loses their own oldest results. Of
all visitors' results the oldest go for a new result alone, never for an upload; a part of the disk
is left to uploads.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from neural_style.runtime.errors import StyleError

SHARE = 4  # a visitor may take one of so many parts of the disk
OWNER = re.compile(r"[0-9a-f]{32}")  # a visitor's folder
BLOCK = 4096  # bytes that a file takes at least


@dataclass
class Content:
    """What a file holds, under all its names: of two hard links, the bytes are there once."""

    size: int
    time: int
    paths: list[Path] = field(default_factory=list)


class Disk:
    """A folder of visitors' folders that may take so many bytes."""

    def __init__(self, folder: Path, most: int, made_of: Callable[[Path], set[str]]):
        """Take the folder.

        Args:
            folder: with a folder for each visitor, in it `pictures` and `results`; and `cache`.
            most: bytes.
            made_of: gives the names of the pictures that a visitor's results are made of, by the
                visitor's folder.
        """
        self._folder = folder
        self._most = most
        self._made_of = made_of
        self.lock = threading.RLock()
        self._numbers = itertools.count()
        self._reserved: dict[int, tuple[str, int]] = {}
        self._spared: frozenset[Path] = frozenset()

    def spare(self) -> None:
        """Never remove what is in the cache now: the page is made of it."""
        files = (self._folder / "cache").rglob("*")
        self._spared = frozenset(path for path in files if path.is_file())

    def reserve(self, owner: str, size: int, stay: Collection[Path]) -> int:
        """Keep so many bytes free for somebody until `release`; raises as `make_room`."""
        with self.lock:
            self.make_room(owner, size, stay)
            number = next(self._numbers)
            self._reserved[number] = (owner, size)
            return number

    def release(self, number: int) -> None:
        """Give back what was reserved."""
        with self.lock:
            self._reserved.pop(number, None)

    def make_room(self, owner: str, more: int, stay: Collection[Path]) -> None:
        """Remove files until there is room for an upload.

        Args:
            owner: the name of the visitor's folder, or who has none yet.
            more: bytes that there shall be room for.
            stay: files, and folders of results, that are in use.

        Raises:
            StyleError: there is none; nothing was removed for it.
        """
        with self.lock:
            self._make_own_room(owner, more, stay)
            self._make_all_room(more, stay, results=False)

    def make_room_for_result(self, owner: str, stay: Collection[Path]) -> None:
        """Remove files until results leave a part of the disk for uploads; as `make_room`."""
        with self.lock:
            self._make_own_room(owner, 0, stay)
            self._make_all_room(self._most // SHARE, stay, results=True)

    def _make_own_room(self, owner: str, more: int, stay: Collection[Path]) -> None:
        mine = self._folder / owner
        own = [content for content in _contents(self._folder) if _is_in(content, mine)]
        taken = sum(content.size for content in own)
        taken += more + sum(size for name, size in self._reserved.values() if name == owner)
        if not _remove(taken - self._most // SHARE, self._candidates(own, stay, results=True)):
            raise StyleError(
                "there is no room left for you: a visitor's pictures may take "
                f"{self._most // SHARE / 1e6:g} MB on this server; give smaller ones"
            )

    def _make_all_room(self, more: int, stay: Collection[Path], results: bool) -> None:
        contents = _contents(self._folder)
        taken = sum(content.size for content in contents)
        taken += more + sum(size for _, size in self._reserved.values())
        if not _remove(taken - self._most, self._candidates(contents, stay, results)):
            raise StyleError(
                "there is no room left: all visitors' pictures together may take "
                f"{self._most / 1e6:g} MB on this server; try again later"
            )

    def _candidates(
        self, contents: list[Content], stay: Collection[Path], results: bool
    ) -> Iterator[tuple[int, list[Path]]]:
        """Yield what may be removed, in its order: the bytes, and the paths."""
        stay = {*stay, *self._spared}
        runs: dict[Path, list[Content]] = {}
        loose = []
        for content in contents:
            run = next(filter(None, map(self._run, content.paths)), None)
            if run:
                runs.setdefault(run, []).append(content)
            elif stay.isdisjoint(content.paths) and all(map(self._is_whole, content.paths)):
                loose.append(content)
        yield from self._unused(loose)
        for run in sorted(runs.keys() - stay, key=_time) if results else ():
            names = [path for content in runs[run] for path in content.paths]
            yield sum(content.size for content in runs[run]), [*names, run]

    def _unused(self, loose: list[Content]) -> Iterator[tuple[int, list[Path]]]:
        """Yield uploads that are nobody's, then pictures that no result was made of."""
        names: dict[Path, set[str]] = {}
        kept = {id(content): _is_kept(content) for content in loose}
        for content in sorted(loose, key=lambda one: (kept[id(one)], one.time)):
            for owner in {path.parent.parent for path in content.paths if _is_picture(path)}:
                if owner not in names:
                    names[owner] = self._made_of(owner)
            if not any(path.name in names.get(path.parent.parent, ()) for path in content.paths):
                yield content.size, content.paths

    def _run(self, path: Path) -> Path | None:
        """Return the folder of the result that a file belongs to, if it does."""
        owner, kind, *rest = *path.relative_to(self._folder).parts, ""
        if not (OWNER.fullmatch(owner) and kind == "results" and len(rest) > 2):
            return None
        return self._folder / owner / kind / rest[0]

    def _is_whole(self, path: Path) -> bool:
        """Tell whether a file is an upload or a picture, and not being written any more."""
        owner, kind, *rest = *path.relative_to(self._folder).parts, ""
        is_ours = owner == "cache" or (OWNER.fullmatch(owner) and kind == "pictures")
        return bool(is_ours) and len(rest) == 2 and not rest[0].startswith(".")


def _contents(folder: Path) -> list[Content]:
    """Return what all files below a folder hold."""
    found: dict[tuple[int, int], Content] = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            with contextlib.suppress(OSError):
                facts = path.lstat()
                content = Content(max(facts.st_size, BLOCK), facts.st_mtime_ns)
                found.setdefault((facts.st_dev, facts.st_ino), content).paths.append(path)
    return list(found.values())


def _is_in(content: Content, folder: Path) -> bool:
    return any(folder in path.parents for path in content.paths)


def _is_picture(path: Path) -> bool:
    return path.parent.name == "pictures"


def _is_kept(content: Content) -> bool:
    return any(map(_is_picture, content.paths))


def _remove(excess: int, candidates: Iterator[tuple[int, list[Path]]]) -> bool:
    """Remove files and folders of so many bytes; nothing, and return False, if there are fewer."""
    going: list[Path] = []
    while excess > 0:
        size, paths = next(candidates, (0, []))
        if not paths:
            return False
        going += paths
        excess -= size
    for path in going:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()
                if not _is_picture(path):
                    path.parent.rmdir()  # an upload had it to itself
    return True


def _time(path: Path) -> int:
    try:
        return path.stat(follow_symlinks=False).st_mtime_ns
    except OSError:
        return 0
