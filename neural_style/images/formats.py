"""The formats that pictures are read from and written in, and which of a file's pictures counts.

Pillow tries every format that it knows on a file, PostScript among them, which it hands to a
program of its own. So all files are opened here, as one of OPENED.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tifffile
from PIL import Image, ImageFile

# By Pillow's names; a JPEG of several pictures (MPO) is opened as JPEG, HEIF by pi-heif.
OPENED = (
    *("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "DIB", "PPM", "JPEG2000", "AVIF", "PSD"),
    *("ICO", "PCX", "QOI", "SGI", "TGA"),
)
SETTINGS_KEY = "neural_style"  # of the text in a PNG that holds the settings; first line elsewhere
DESCRIPTION = 0x010E  # the tag of TIFF and EXIF for a picture's description

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# Radiance, OpenEXR, portable float maps.
FLOATS = (b"#?RADIANCE", b"#?RGBE", b"v/1\x01", b"PF\n", b"Pf\n", b"PF ", b"Pf ")
LONGEST_START = 32  # bytes that tell formats apart
# Bits of TIFF's NewSubfileType: a smaller copy of another picture, or another's transparency.
THUMBNAIL, TRANSPARENCY = 1, 4
# Formats whose further pictures are frames of one size, or of which the first is the main one.
FRAMES = ("GIF", "WEBP", "PNG", "AVIF", "HEIF", "MPO")


@dataclass(frozen=True)
class Page:
    """One of a file's pictures.

    Attributes:
        index: its place, counted from 0.
        count: how many pictures the file holds.
    """

    index: int = 0
    count: int = 1


@dataclass(frozen=True)
class TiffPage(Page):
    """One of a TIFF's pictures.

    Attributes:
        size: height and width; None where the file does not tell.
        dtype: of its numbers; None where the file does not tell.
        is_raw_thumbnail: it is a smaller copy of what only a camera's maker can read.
    """

    size: tuple[int, int] = (0, 0)
    dtype: np.dtype | None = None
    is_raw_thumbnail: bool = False


def start_of(path: str | os.PathLike[str]) -> bytes:
    """Return a file's first bytes, by which formats are told apart."""
    with open(path, "rb") as file:
        return file.read(LONGEST_START)


def open_image(path: str | os.PathLike[str]) -> ImageFile.ImageFile:
    """Open a picture by Pillow, as one of OPENED; no pixel is decoded.

    Raises:
        PIL.UnidentifiedImageError: it is none of them.
        Exception: whatever Pillow makes of a damaged file.
    """
    formats: tuple[str, ...] = OPENED
    if start_of(path)[4:8] == b"ftyp":
        _register_heif()
        formats = (*OPENED, "HEIF")
    return Image.open(path, formats=formats)


@functools.cache
def _register_heif() -> None:
    import pi_heif  # what takes a while to load is loaded for those who have such pictures

    pi_heif.register_heif_opener()


def page_of(image: Image.Image) -> Page:
    """Return which picture of a file that is no TIFF counts: the largest, of equal ones the first.

    Frames of an animation have one size. Of HEIF it is the one that the file calls its main one.
    """
    if image.format not in FRAMES or not getattr(image, "is_animated", False):
        return Page()
    with contextlib.suppress(Exception):  # whatever a parser makes of a damaged frame
        count = getattr(image, "n_frames", 1)
        if image.format != "MPO":
            return Page(image.tell(), count)
        areas = []
        for index in range(count):
            image.seek(index)
            areas.append(image.width * image.height)
        return Page(int(np.argmax(areas)), count)
    return Page()


def tiff_page_of(path: str | os.PathLike[str]) -> TiffPage | None:
    """Return the largest picture of a TIFF that is no thumbnail, of equal ones the first.

    None if it cannot be found out, since the file is damaged.
    """
    with contextlib.suppress(Exception), tifffile.TiffFile(path) as file:
        pages = list(_whole_pages(file))
        full = [page for page in pages if not page.subfiletype & (THUMBNAIL | TRANSPARENCY)]
        page = max(full or pages, key=lambda page: page.imagewidth * page.imagelength)
        size = page.imagelength, page.imagewidth
        is_raw_thumbnail = not full and page.subifds is not None
        return TiffPage(page.index, len(pages), size, page.dtype, is_raw_thumbnail)
    return None


def _whole_pages(file: tifffile.TiffFile) -> Iterator[Any]:
    """Yield a TIFF's pages up to the first that is damaged, or that came before."""
    pages = iter(file.pages)
    offsets = set()  # a damaged chain of pages may lead back into itself
    while True:
        try:
            page = next(pages)
        except Exception:  # also the end
            return
        if page.offset in offsets:
            return
        offsets.add(page.offset)
        yield page
