"""Visitors' folders on disk: pictures that they upload or paint, and their results.

    <folder>/<visitor>/pictures/lake.jpg
    <folder>/<visitor>/results/0001/result/result.png, and what lies beside it

A visitor is whoever has a random token, which their browser keeps. Their folder's name is its hash:
who sees the disk cannot come in as them. Names that come from visitors are never joined to a path
before they are made plain, and what is found is looked for by listing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import struct
import tempfile
import unicodedata
import warnings
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from neural_style.images.formats import open_image
from neural_style.runtime.errors import StyleError
from neural_style.runtime.files import replacing
from neural_style.settings.config import PICTURE_SETTINGS, Config
from neural_style.studio.disk import Disk
from neural_style.studio.settings import Settings
from neural_style.transfer.result import DEFAULT_FORMAT

if TYPE_CHECKING:
    import numpy as np

# What may be uploaded, of what can be read, by Pillow's names: the endings of each, its own first.
FORMATS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "MPO": (".jpg", ".jpeg"),  # of several pictures
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "HEIF": (".heic", ".heif", ".hif"),
    "AVIF": (".avif",),
    "BMP": (".bmp",),
    "GIF": (".gif",),
}
NO_PICTURE = (
    "the file is not a picture that can be read: give a PNG, JPEG, WebP, TIFF, HEIC, AVIF, BMP or "
    "GIF"
)
# What is no picture where one may stand.
STARTS = [("init_img_type", name) for name in ("content", "style", "random")]
MOST_PAGES = 100  # of a file
# In a HEIF: the name of the box, which may be a long one, version 0, flags, width and height.
CODED_SIZE = rb"(?:ispe|\0\0\0\x01ispe.{8})\0.{3}(.{8})"
LONGEST_NAME = 80  # characters, without the ending
LEAST_TOKEN = 16  # characters; shorter ones could be guessed


class Visitors:
    """The folders of all visitors, and how much they may take."""

    def __init__(self, folder: Path, settings: Settings):
        """Make the folder.

        Args:
            folder: where the visitors' own folders go.
            settings: the limits.

        Raises:
            StyleError: it cannot be made.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StyleError(f"folder: {folder} cannot be made: {error.strerror}") from error
        self._folder = folder.resolve()
        self._settings = settings
        self._disk = Disk(self._folder, settings.disk_bytes, self._made_of)

    @property
    def place(self) -> Path:
        """The folder in which all others are."""
        return self._folder

    def folder(self, token: str) -> Path:
        """Return a visitor's folder, which may not be there yet.

        Raises:
            StyleError: not a token.
        """
        if not isinstance(token, str) or not LEAST_TOKEN <= len(token) <= 200:
            raise StyleError("this browser has no name here yet: load the page again")
        name = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        return self._folder / name

    def keep_picture(
        self, token: str, source: str | os.PathLike[str], name: str, running: Collection[Path] = ()
    ) -> Path:
        """Check a file that was uploaded, by its header alone, and keep it.

        Args:
            token: the visitor's.
            source: where the server has put the file.
            name: what the visitor calls it.
            running: folders of results that are being painted, and pictures that are needed.

        Returns:
            Where it is kept. The same content is kept once; another of the same name gets another.

        Raises:
            StyleError: not a picture, too large, or no room.
        """
        size = os.stat(source).st_size
        maximum = self._settings.upload_bytes
        if size > maximum:
            raise StyleError(
                f"the file has {size / 1e6:.1f} MB, allowed are {maximum / 1e6:g}: save it smaller"
            )
        endings = _endings(source, self._settings.upload_pixels)
        data = Path(source).read_bytes()
        return self._keep(token, _plain_name(name, endings), data, running, Path(source).resolve())

    def keep_array(
        self, token: str, array: np.ndarray, name: str, running: Collection[Path] = ()
    ) -> Path:
        """Keep a picture that was painted on the page, as PNG; as `keep_picture` otherwise.

        Args:
            token: the visitor's.
            array: [H, W], [H, W, 3] or [H, W, 4], uint8.
            name: what it shall be called.
            running: folders of results that are being painted, and pictures that are needed.
        """
        height, width = array.shape[:2]
        _check_pixels(width, height, self._settings.upload_pixels)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "array.png"
            Image.fromarray(array).save(path)
            data = path.read_bytes()
        return self._keep(token, _plain_name(name, (".png",)), data, running)

    def pictures(self, token: str) -> list[Path]:
        """Return the pictures that are kept of a visitor, the newest first."""
        return _newest_first(_files(self.folder(token) / "pictures"))

    def check(self, token: str, config: Config) -> None:
        """See to it that a Config names this visitor's pictures alone, by their whole paths.

        Raises:
            StyleError: another file.
        """
        mine = {str(path) for path in self.pictures(token)}
        for name, picture in _pictures_of(config):
            if str(picture) not in mine:
                raise StyleError(f"{name}: there is no such picture of yours here: give it again")

    def results(self, token: str) -> list[Path]:
        """Return a visitor's results, the newest first: the pictures, each in its folder."""
        return _newest_first(_results(self.folder(token)))

    def new_folder(self, token: str) -> Path:
        """Make a folder of a visitor's for one result, and return it.

        Raises:
            StyleError: it cannot be made.
        """
        parent = self.folder(token) / "results"
        try:
            parent.mkdir(parents=True, exist_ok=True)
            number = max(
                (int(path.name) for path in _folders(parent) if path.name.isdecimal()), default=0
            )
            while True:
                number += 1
                with contextlib.suppress(FileExistsError):
                    path = parent / f"{number:04d}"
                    path.mkdir()
                    return path
        except OSError as error:
            raise StyleError(f"no folder can be made for the result: {error.strerror}") from error

    def package(self, token: str, result: Path) -> Path:
        """Return a zip of a result: the picture, its settings, and the pictures named in them.

        In a folder with its contents, `neural_style -config config.yaml` makes the picture again.

        Args:
            token: the visitor's.
            result: one of `results`.

        Raises:
            StyleError: not a result of this visitor's.
        """
        if result not in self.results(token):
            raise StyleError("there is no such result of yours here: choose one of those shown")
        named = {path.name: path for path in self.pictures(token)}
        settings = result.parent / "config.yaml"
        pictures = _pictures_of(Config.load(settings))
        wanted = [named[name] for _, name in pictures if name in named]
        path = result.parent / f"{result.stem}.zip"
        with replacing(path) as file, zipfile.ZipFile(file, "w") as package:
            for part in dict.fromkeys([result, settings, *wanted]):
                package.write(part, part.name)
        return path

    def reserve(self, owner: str, size: int, running: Collection[Path] = ()) -> int:
        """Keep room for an upload that is on its way until `release`.

        Args:
            owner: the token of the visitor, or another name if they have none.
            size: bytes.
            running: folders of results and pictures that stay.

        Raises:
            StyleError: there is none.
        """
        name = self.folder(owner).name if len(owner) >= LEAST_TOKEN else owner
        return self._disk.reserve(name, size, running)

    def release(self, ticket: int) -> None:
        """Give back what `reserve` has kept."""
        self._disk.release(ticket)

    def make_room(self, token: str, running: Collection[Path] = ()) -> None:
        """See to it that there is room for a visitor's next result; as `reserve` otherwise."""
        self._disk.make_room_for_result(self.folder(token).name, running)

    def spare(self) -> None:
        """Never remove what is in the cache now: the page is made of it."""
        self._disk.spare()

    def _made_of(self, folder: Path) -> set[str]:
        """Return the names of the pictures that the results in a visitor's folder are made of."""
        try:
            configs = [Config.load(path.parent / "config.yaml") for path in _results(folder)]
        except StyleError:  # it cannot be told
            return {path.name for path in _files(folder / "pictures")}
        return {os.path.basename(name) for one in configs for name in pictures_of(one)}

    def _keep(
        self,
        token: str,
        name: str,
        data: bytes,
        running: Collection[Path],
        source: Path | None = None,
    ) -> Path:
        folder = self.folder(token) / "pictures"
        stem, suffix = os.path.splitext(name)
        digest = hashlib.sha256(data).digest()
        with self._disk.lock:
            others = {path.name: path for path in _files(folder)}
            for path in others.values():
                is_same = path.stat().st_size == len(data) and path.suffix == suffix
                if is_same and hashlib.sha256(path.read_bytes()).digest() == digest:
                    os.utime(path)  # what was used last goes last
                    return self._shared(path, source)
            stay = [*running, *([source] if source else [])]
            self._disk.make_room(folder.parent.name, len(data), stay)
            number = 1
            taken = {other.lower() for other in others}
            while name.lower() in taken:
                number += 1
                name = f"{stem}_{number}{suffix}"
            path = folder / name
            try:
                folder.mkdir(parents=True, exist_ok=True)
                with replacing(path) as file:
                    file.write(data)
            except (OSError, StyleError) as error:  # whose words name the folder
                raise StyleError("the picture cannot be kept: the server's disk is full") from error
            return self._shared(path, source)

    def _shared(self, path: Path, source: Path | None) -> Path:
        """Return a picture's path; the upload that it came from takes no room beside it."""
        if source and self._folder in source.parents and not path.samefile(source):
            link = source.with_name(f".{source.name[-LONGEST_NAME:]}.part")
            with contextlib.suppress(OSError):  # another file system, or no links
                os.link(path, link)
                os.replace(link, source)
        return path


def _endings(source: str | os.PathLike[str], most_pixels: int) -> tuple[str, ...]:
    """Return the endings that a file's content may have; no pixel is decoded.

    Raises:
        StyleError: it is no picture that is allowed, or has too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with open_image(source) as image:
                kind = image.format
                pages = [(page.size, _decoded_bytes(page)) for page in _pages(image)]
    except Exception as error:  # whatever a parser makes of a hostile file
        raise StyleError(NO_PICTURE) from error
    if kind not in FORMATS:
        raise StyleError(NO_PICTURE)
    if kind == "HEIF":
        pages += [(size, pages[0][1]) for size in _coded_sizes(source)]
    for (width, height), each in pages:
        _check_pixels(width, height, most_pixels, each)
    return FORMATS[kind]


def _pages(image: Image.Image) -> Iterator[Image.Image]:
    """Yield a file's pages, any of which may be painted; in GIF and WebP all have one size."""
    count = getattr(image, "n_frames", 1) if image.format in ("TIFF", "MPO") else 1
    if count > MOST_PAGES:
        raise ValueError("too many pages")
    for number in range(count):
        if number:
            image.seek(number)
        yield image


def _coded_sizes(source: str | os.PathLike[str]) -> list[tuple[int, ...]]:
    """Return the width and height of all that is coded in a HEIF, of which it may show a part."""
    boxes = re.findall(CODED_SIZE, Path(source).read_bytes(), re.DOTALL)
    return [struct.unpack(">II", pair) for pair in boxes]


def _decoded_bytes(image: Image.Image) -> int:
    """Return how many bytes a pixel takes when it is decoded, by a file's header."""
    modes = [mode if isinstance(mode, str) else mode[0] for *_, mode in image.tile]
    raw = "".join(map(str, modes))
    is_deep = "16" in raw or "32" in raw or image.mode[0] in "IF"
    has_alpha = "A" in image.getbands() or "transparency" in image.info or image.mode == "CMYK"
    return (4 if has_alpha else 3) * (2 if is_deep else 1)


def _check_pixels(width: int, height: int, most: int, each: int = 3) -> None:
    """Raise a StyleError if pixels of so many bytes take more memory than so many of 3 bytes."""
    allowed = most * 3 // each
    if width * height > allowed:
        kind = "" if each == 3 else " with 16 bits or transparency"
        raise StyleError(
            f"the picture has {width} x {height} pixels, allowed{kind} are {allowed / 1e6:.3g} "
            "million in all: reduce it first"
        )


def _plain_name(name: str, endings: tuple[str, ...]) -> str:
    """Return a name that is one in any folder: letters, digits, a few signs, and an ending."""
    name = unicodedata.normalize("NFC", name[:1000]).replace("\\", "/").rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    if not (dot and f".{suffix.lower()}" in endings):
        # Of another ending, the whole is the name: a zip named lake.png stays recognisable.
        stem, suffix = name if not _is_ending(suffix) else stem, endings[0][1:]
    # Spaces, @, : and commas have a meaning on the command line, or none.
    stem = re.sub(r"[^\w.-]+", "_", stem).strip("._-")
    while len(stem.encode()) > LONGEST_NAME:
        stem = stem[:-1]
    return f"{stem.rstrip('._-') or 'picture'}.{suffix.lower()}"


def _is_ending(suffix: str) -> bool:
    return f".{suffix.lower()}" in {ending for endings in FORMATS.values() for ending in endings}


def _pictures_of(config: Config) -> Iterator[tuple[str, Any]]:
    """Yield each picture of a Config with the name of its setting."""
    for name in PICTURE_SETTINGS:
        value = getattr(config, name)
        for picture in value if isinstance(value, tuple) else [value]:
            if picture is not None and (name, picture) not in STARTS:
                yield name, picture


def pictures_of(config: Config) -> list[Path]:
    """Return the pictures of a Config that are files."""
    return [Path(path) for _, path in _pictures_of(config) if isinstance(path, str | os.PathLike)]


def _results(folder: Path) -> list[Path]:
    """Return the results' pictures in a visitor's folder."""
    return [
        path
        for run in _folders(folder / "results")
        for result in _folders(run)
        for path in _files(result)
        if path.name == f"{result.name}{DEFAULT_FORMAT}"
        if (result / "config.yaml").is_file()
    ]


def _folders(folder: Path) -> list[Path]:
    return [Path(entry.path) for entry in _entries(folder) if entry.is_dir(follow_symlinks=False)]


def _files(folder: Path) -> list[Path]:
    """Return the files in a folder that are no links, and not being written."""
    return [
        Path(entry.path)
        for entry in _entries(folder)
        if entry.is_file(follow_symlinks=False) and not entry.name.startswith(".")
    ]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what is in a folder; nothing if it is none, or a link."""
    if folder.is_symlink():
        return []
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _newest_first(paths: list[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: (_time(path), path.parent, path), reverse=True)


def _time(path: Path) -> int:
    try:
        return path.stat(follow_symlinks=False).st_mtime_ns
    except OSError:
        return 0
