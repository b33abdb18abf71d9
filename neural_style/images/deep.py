"""Pictures of 16 bits: Pillow cuts those of more than one channel to 8 without a word."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile

from neural_style.images.formats import TiffPage, start_of

PNG = b"\x89PNG\r\n\x1a\n"
PNG_BITS = 24  # the place of a PNG's bits per channel
ORIENTATION = 0x0112  # the tag of TIFF and EXIF
# Color channels of the TIFFs whose 16 bits are kept.
TIFF_COLORS = {
    tifffile.PHOTOMETRIC.RGB: 3,
    tifffile.PHOTOMETRIC.MINISBLACK: 1,
    tifffile.PHOTOMETRIC.MINISWHITE: 1,
}


def is_deep(path: Path, page: TiffPage | None) -> bool:
    """Tell whether a file has 16 bits by its header: a PNG, or this page of a TIFF."""
    if page is not None:
        return page.dtype == np.uint16
    start = start_of(path)
    return start.startswith(PNG) and start[PNG_BITS : PNG_BITS + 1] == b"\x10"


def deep_pixels(path: Path, page: TiffPage | None) -> np.ndarray | None:
    """Return [H, W, C], uint16, of a file for which `is_deep` is true.

    A TIFF's are turned as it says. None where they cannot be kept.
    """
    if page is None:
        return _with_opencv(path)
    with contextlib.suppress(Exception):  # whatever a damaged file makes it raise
        return _deep_tiff(path, page.index)
    return None


def turn(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn and mirror as EXIF's orientation (1 to 8) says."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def _deep_tiff(path: Path, index: int) -> np.ndarray | None:
    with tifffile.TiffFile(path) as file:
        page: Any = file.pages[index]  # a TiffPage, as `file.pages` reads all of them whole
        colors = TIFF_COLORS.get(page.photometric, 0)
        premultiplied = tifffile.EXTRASAMPLE.ASSOCALPHA in page.extrasamples
        if page.dtype != np.uint16 or not colors or premultiplied:
            return None
        planar = page.samplesperpixel > 1 and page.planarconfig == tifffile.PLANARCONFIG.SEPARATE
        pixels: np.ndarray | None
        try:
            pixels = page.asarray()
        except (KeyError, ValueError):  # a compression for which it wants another library
            pixels = None if planar else _with_opencv(path, index)  # which misreads planes
        else:
            pixels = np.moveaxis(pixels, 0, -1) if planar else np.atleast_3d(pixels)
            orientation = page.tags.get(ORIENTATION)
            pixels = turn(pixels, orientation.value if orientation else 1)
        if pixels is None:
            return None
        if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
            pixels = 65535 - pixels
        has_alpha = page.extrasamples[:1] == (tifffile.EXTRASAMPLE.UNASSALPHA,)
        if not has_alpha:
            return pixels[..., :colors]
        if colors == 1:
            return pixels[..., [0, 0, 0, 1]]
        return pixels[..., : colors + 1]


def _with_opencv(path: Path, index: int = 0) -> np.ndarray | None:
    """Return [H, W, C], uint16, RGB, or None if OpenCV reads something else or nothing."""
    data = np.fromfile(path, np.uint8)
    if index:
        _, pages = cv2.imdecodemulti(data, cv2.IMREAD_UNCHANGED, range=(index, index + 1))
        array = pages[0] if pages else None
    else:
        array = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    if array is None or array.dtype != np.uint16:
        return None
    array = np.atleast_3d(array)
    blue_first = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}
    return array[..., blue_first[array.shape[-1]]]
