"""Write pictures, and whole files: one is there as it should be, or not at all."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import tifffile
from PIL import Image

from neural_style.images.formats import DESCRIPTION, SETTINGS_KEY
from neural_style.images.picture import Picture, to_pixels
from neural_style.images.suffixes import WRITTEN
from neural_style.runtime.errors import StyleError
from neural_style.runtime.files import write_file

SIXTEEN_BITS = (".png", ".tif", ".tiff")
WITHOUT_ALPHA = (".jpg", ".jpeg")
LONGEST_SIDE = {".webp": 16383, ".jpg": 65500, ".jpeg": 65500}
LONGEST_COMMENT = 65533  # bytes, of a JPEG


def write_picture(
    path: str | os.PathLike[str], picture: Picture, bits: int = 8, settings: str = ""
) -> None:
    """Write a picture; the name's ending says in which format.

    Args:
        path: ends in .png, .jpg, .webp or .tif. It is replaced in one move.
        picture: in JPEG, which has no alpha, it stays over white.
        bits: 8, or 16 for PNG and TIFF.
        settings: text to embed.

    Raises:
        StyleError: another format, 16 bits where it has none, a size that it does not allow,
            values not finite, or no place.
    """
    path = Path(path)
    check_format(path.name, bits, picture.size)
    suffix = path.suffix.lower()
    if suffix in WITHOUT_ALPHA:
        picture = Picture(picture.rgb)
    write_file(path, _encode(suffix, to_pixels(picture, bits), settings))


def check_format(name: str, bits: int, size: tuple[int, int] = (1, 1)) -> None:
    """Raise a StyleError if no picture of so many bits and this size has a name like this."""
    suffix = Path(name).suffix.lower()
    if bits not in (8, 16):
        raise StyleError(f"bits: received {bits!r}, allowed are 8 and 16")
    if suffix not in WRITTEN:
        raise StyleError(
            f"{name}: pictures are written as .png, .jpg, .webp or .tif; choose one of these"
        )
    if bits == 16 and suffix not in SIXTEEN_BITS:
        raise StyleError(f"{name}: 16 bits need .png or .tif; {suffix} has 8 bits")
    longest = LONGEST_SIDE.get(suffix, max(size))
    if max(size) > longest:
        raise StyleError(
            f"{name}: {size[1]} x {size[0]} pixels; {suffix} allows {longest} on a side: use .png "
            "or .tif"
        )


def _marked(settings: str) -> bytes:
    """Return settings as a picture's comment, or nothing for none."""
    return f"{SETTINGS_KEY}\n{settings}".encode() if settings else b""


def _encode(suffix: str, pixels: np.ndarray, settings: str) -> bytes:
    if suffix == ".png":
        order = [2, 1, 0, 3][: pixels.shape[-1]]
        _, data = cv2.imencode(".png", pixels[..., order])
        return _with_text(data.tobytes(), settings)
    file = io.BytesIO()
    if suffix in (".tif", ".tiff"):
        extra = ["unassalpha"] if pixels.shape[-1] == 4 else None
        tifffile.imwrite(
            file,
            pixels,
            photometric="rgb",
            extrasamples=extra,
            metadata=None,
            description=_marked(settings) or None,
        )
    elif suffix == ".webp":
        exif = Image.Exif()
        if settings:
            exif[DESCRIPTION] = _marked(settings)
        Image.fromarray(pixels).save(file, "WEBP", quality=95, method=4, exif=exif)
    else:
        comment = _marked(settings)
        if len(comment) > LONGEST_COMMENT:  # config.yaml beside it has them
            comment = b""
        Image.fromarray(pixels).save(file, "JPEG", quality=95, subsampling=0, comment=comment)
    return file.getvalue()


def _with_text(png: bytes, text: str) -> bytes:
    """Return the PNG with an international text chunk behind its header."""
    if not text:
        return png
    body = b"iTXt" + SETTINGS_KEY.encode() + b"\0\0\0\0\0" + text.encode("utf-8")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    header = 8 + 25  # signature and IHDR
    return png[:header] + chunk + png[header:]
