"""Pictures of every format that is read, of odd sizes and kinds."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.random import Generator
from PIL import Image

# By the ending of the name: the modes that Pillow writes there.
MODES = {
    ".png": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    ".jpg": ("L", "RGB", "CMYK"),
    ".webp": ("RGB", "RGBA"),
    ".gif": ("1", "L", "P", "RGB", "RGBA"),
    ".bmp": ("1", "L", "P", "RGB", "RGBA"),
    ".ppm": ("1", "L", "RGB", "I;16"),
    ".tif": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "F", "LAB", "YCbCr"),
    ".avif": ("L", "RGB", "RGBA"),
    ".mpo": ("L", "RGB"),
}
FORMATS = {".jpg": "JPEG", ".tif": "TIFF", ".ppm": "PPM"}
# Of those that hold several pictures, and whether these may differ in size.
SEVERAL = {".png": False, ".gif": False, ".webp": False, ".avif": False, ".tif": True, ".mpo": True}
# No free library writes HEIC, so this one is what chance starts from.
HEIC = Path(__file__).resolve().parents[1] / "data" / "turned.heic"
# Of most modes, and of those that allow little.
TIFF_COMPRESSIONS = (
    (None, "tiff_lzw", "packbits", "tiff_adobe_deflate"),
    (None, "tiff_adobe_deflate"),
)
OTHER_ENDINGS = (".png", ".jpg", ".tif", ".gif", ".eps", ".svg", "", ".PNG", ".heic", ".txt")
TIFF_KINDS = (
    {},
    {"compression": "zlib"},
    {"tile": (16, 16)},
    {"bigtiff": True},
    {"byteorder": ">"},
    {"planarconfig": "separate"},
    {"rowsperstrip": 1},
)
SAME_SIZE = (
    *(Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM),
    Image.Transpose.ROTATE_180,
)
EXIF_ORIENTATION = 0x0112


def make_picture(random: Generator, flat: bool = False) -> tuple[str, bytes]:
    """Return a random picture: the ending of its name, which may lie, and its bytes.

    Args:
        random: what chance decides.
        flat: as a label map is: few colours in large areas.
    """
    pixels = _flat(random) if flat else _pixels(random)
    kind = random.random()
    if kind < 0.05:
        ending, data = ".heic", HEIC.read_bytes()
    elif kind < 0.3:
        ending, data = _deep(pixels, random)
    else:
        ending = list(MODES)[random.integers(len(MODES))]
        data = _by_pillow(pixels, ending, random)
    if random.random() < 0.05:
        ending = OTHER_ENDINGS[random.integers(len(OTHER_ENDINGS))]
    return ending, data


def _choose(options: Sequence[Any], random: Generator) -> Any:
    return options[random.integers(len(options))]


def _size(random: Generator) -> tuple[int, int]:
    """Return a height and a width: small, sometimes a line, rarely large."""
    kind = random.random()
    if kind < 0.01:
        return int(random.integers(1, 4000)), int(random.integers(1, 4000))
    if kind < 0.15:
        return (1, int(random.integers(1, 3000)))[:: (1, -1)[random.integers(2)]]
    return int(random.integers(1, 64)), int(random.integers(1, 64))


def _pixels(random: Generator) -> np.ndarray:
    """Return [H, W, 4], uint8: noise, or one colour, with alpha that is mostly opaque."""
    height, width = _size(random)
    noise = random.random() < 0.5 and height * width < 10**5
    shape = (height, width, 4) if noise else (1, 1, 4)
    pixels = np.broadcast_to(random.integers(0, 256, shape, np.uint8), (height, width, 4)).copy()
    pixels[..., 3] = pixels[..., 3] if random.random() < 0.3 else (255, 0)[random.random() < 0.1]
    return pixels


def _flat(random: Generator) -> np.ndarray:
    """Return [H, W, 4], uint8, of two to ten flat colours."""
    height, width = _size(random)
    colours = random.integers(0, 256, (random.integers(2, 11), 4), np.uint8)
    colours[:, 3] = 255
    coarse = colours[random.integers(0, len(colours), (4, 4))]
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)


def _by_pillow(pixels: np.ndarray, ending: str, random: Generator) -> bytes:
    modes = MODES[ending]
    image = Image.fromarray(pixels, "RGBA")
    mode = modes[random.integers(len(modes))]
    if mode == "I;16":
        image = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
    elif mode in ("LAB", "YCbCr", "CMYK"):
        image = image.convert("RGB") if mode != "LAB" else Image.new("LAB", image.size, 77)
        image = image if mode == "LAB" else image.convert(mode)
    else:
        image = image.convert(mode)
    options: dict[str, Any] = {}
    if random.random() < 0.3 and ending in (".png", ".jpg", ".webp", ".tif"):
        exif = Image.Exif()
        allowed = (1, 9) if ending == ".tif" else (0, 12)  # libtiff writes no others
        exif[EXIF_ORIENTATION] = int(random.integers(*allowed))
        options["exif"] = exif
    if random.random() < 0.1 and ending in (".png", ".jpg", ".webp", ".tif"):
        options["icc_profile"] = random.bytes(200)
    if ending in SEVERAL and random.random() < (0.9 if ending == ".mpo" else 0.2):
        options |= {"save_all": True, "append_images": _further(image, SEVERAL[ending], random)}
    if ending == ".jpg":
        options |= {"progressive": bool(random.integers(2)), "quality": int(random.integers(1, 96))}
    if ending == ".tif":
        options["compression"] = _choose(TIFF_COMPRESSIONS[mode in ("1", "F", "LAB")], random)
    if ending == ".webp":
        options["lossless"] = bool(random.integers(2))
    if ending == ".avif":
        options |= {"speed": 10, "quality": int(random.integers(1, 101))}
    if ending == ".png" and mode == "P" and random.random() < 0.5:
        options["transparency"] = int(random.integers(256))
    file = io.BytesIO()
    image.save(file, FORMATS.get(ending, ending[1:].upper()), **options)
    return file.getvalue()


def _further(image: Image.Image, may_be_larger: bool, random: Generator) -> list[Image.Image]:
    """Return one to three further pictures, which no writer takes for the same as the first."""
    found = []
    for _ in range(random.integers(1, 4)):
        further = image.transpose(_choose(SAME_SIZE, random))
        if may_be_larger:
            further = further.resize(_size(random))
        found.append(further)
    return found


def _deep(pixels: np.ndarray, random: Generator) -> tuple[str, bytes]:
    """Return a PNG of 16 bits, or a TIFF as tifffile writes them, of 8, 16 or 32 bits or floats."""
    channels = (1, 3, 4)[random.integers(3)]
    deep = pixels[..., :channels].astype(np.uint16) * 257
    if random.random() < 0.4:
        return ".png", cv2.imencode(".png", deep)[1].tobytes()
    dtype = (np.uint8, np.uint16, np.uint16, np.uint32, np.float32)[random.integers(5)]
    options = dict(TIFF_KINDS[random.integers(len(TIFF_KINDS))])
    byteorder, bigtiff = options.pop("byteorder", None), options.pop("bigtiff", False)
    values = deep.astype(dtype)
    if options.get("planarconfig"):
        values = np.moveaxis(values, -1, 0) if channels > 1 else values
        options = options if channels > 1 else {}
    file = io.BytesIO()
    with tifffile.TiffWriter(file, byteorder=byteorder, bigtiff=bigtiff) as writer:
        photometric = "rgb" if channels > 1 else ("minisblack", "miniswhite")[random.integers(2)]
        extra = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
        for index in range(random.integers(1, 3)):
            one = values[..., 0] if channels == 1 else values
            thumbnail = {"subfiletype": 1} if random.random() < 0.2 else {}
            inner = {"subifds": 1} if index == 0 and random.random() < 0.1 else {}
            more = extra | options | thumbnail | inner
            writer.write(one, photometric=photometric, **more)
            if inner:
                writer.write(one, photometric=photometric, **extra, **options)
    return ".tif", file.getvalue()
