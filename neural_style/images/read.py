"""Read pictures: files of many formats, and a caller's arrays."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from neural_style.images.deep import ORIENTATION, deep_pixels, is_deep, turn
from neural_style.images.formats import (
    DESCRIPTION,
    FLOATS,
    SETTINGS_KEY,
    TIFF,
    Page,
    TiffPage,
    open_image,
    page_of,
    start_of,
    tiff_page_of,
)
from neural_style.images.picture import ROWS_AT_ONCE, Picture
from neural_style.runtime.errors import StyleError, did_you_mean, first_line
from neural_style.runtime.memory import to_text

logger = logging.getLogger("neural_style")

# 16384 x 16384: a header that says more is a mistake or an attack.
MAX_PIXELS = 2**28
Image.MAX_IMAGE_PIXELS = None  # the check is ours, and comes before any pixel is decoded
logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # it has a line for each damaged tag

# Floats may leave their range by so much: rounding, of an interpolation for example.
TOLERANCE = 1e-3
LEVEL = 1 / 255  # what is less of alpha is nothing
# Formats that Pillow decodes without further copies, where they have neither alpha nor a profile.
LIGHT = ("PNG", "JPEG", "MPO", "TIFF", "GIF", "BMP", "PPM")
JPEG_SCALE = 8  # by so much a JPEG's decoder can reduce by itself


class Cost(NamedTuple):
    """Bytes for each pixel that reading takes at its peak, as measured.

    Attributes:
        whole: to read a picture as it is.
        reduced: to decode it, before it is reduced.
        jpeg: its decoder reduces it already.
        progressive: what a progressive JPEG takes all the same, since it is held whole.
    """

    whole: int
    reduced: int
    jpeg: bool = False
    progressive: int = 0


DEEP = Cost(27, 21)  # 16 bits


class Room(NamedTuple):
    """How much a picture may take while it is read.

    Attributes:
        max_bytes: of memory; None for no limit.
        min_side: the longer side that a picture must keep which is too large for that; None if it
            must not be reduced.
    """

    max_bytes: int | None = None
    min_side: int | None = None

    def reduction(self, size: tuple[int, int], cost: Cost) -> int:
        """Return by which power of two to reduce a picture of a size; 0 if none will do."""
        pixels, factor = size[0] * size[1], 2
        if self.max_bytes is None or cost.whole * pixels <= self.max_bytes:
            return 1
        while self.min_side and max(size) // factor >= self.min_side:
            decoded = pixels / min(factor, JPEG_SCALE) ** 2 if cost.jpeg else pixels
            taken = cost.reduced * decoded + cost.progressive * pixels
            if taken + cost.whole * pixels / factor**2 <= self.max_bytes:
                return factor
            factor *= 2
        return 0


def find_picture(name: Any, folder: str, setting: str) -> Any:
    """Return the path of a picture that is named by its path, or by its name in a folder.

    An array, which may stand where names may, is returned as it is.

    Raises:
        StyleError: there is no such file.
    """
    if hasattr(name, "__array__"):
        return name
    path = Path(os.path.expanduser(name))  # Path.expanduser raises for users that are not known
    candidates = [path, Path(os.path.expanduser(folder)) / path]
    for candidate in candidates:
        if os.path.isfile(candidate):
            return candidate
    for candidate in candidates:
        if os.path.isdir(candidate):
            raise StyleError(f"{setting}: {candidate} is a folder; give a picture in it")
    names: list[str] = []
    with contextlib.suppress(OSError, ValueError):
        names = os.listdir(candidates[1].parent)
    raise StyleError(
        f"{setting}: there is no file {name}, neither from here nor in {folder}"
        f"{did_you_mean(path.name, names) or '; check the name, or give a whole path'}"
    )


def read_picture(
    source: Any,
    setting: str = "picture",
    max_bytes: int | None = None,
    min_side: int | None = None,
    may_be_clear: bool = False,
) -> Picture:
    """Read a picture from a file, or take an array for one.

    Read are the formats of `formats.OPENED` and HEIF, 16 bits in PNG and TIFF; gray, palette, CMYK,
    alpha; turned as EXIF says, ICC profiles converted to sRGB. Of several pictures in a file it is
    the largest that is no thumbnail, of equal ones the first, and a line says so. (16-bit pictures
    with a profile that is not sRGB lose their lower 8 bits in that.)

    Args:
        source: a path; or an array [H, W], [H, W, 1], [H, W, 3] or [H, W, 4], uint8, uint16, bool,
            or float in [0, 255].
        setting: its name in messages.
        max_bytes: what reading a file may take, in bytes of memory; None for no limit.
        min_side: a picture that would take more is reduced while it is read, of which a line tells,
            but its longer side keeps so many pixels; None if it must not be reduced.
        may_be_clear: it may be transparent everywhere.

    Raises:
        StyleError: not a readable picture, one that is transparent everywhere, or one that takes
            too much memory.
    """
    if not isinstance(source, str | os.PathLike):
        picture = _from_pixels(_checked_array(np.asarray(source), setting))
        return picture if may_be_clear else _visible(picture, f"{setting}: the array given")
    path = Path(source)
    try:
        if path.stat().st_size == 0:
            raise StyleError(f"{setting}: {path} is empty (0 bytes); give a picture")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what we read all the same
            pixels = _decode(path, setting, Room(max_bytes, min_side))
            if not pixels.size:
                raise ValueError("it has no pixels")
            picture = _from_pixels(pixels)
    except OSError as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise StyleError(
            f"{setting}: {path} cannot be read: {problem}; give a whole picture"
        ) from error
    except StyleError:
        raise
    except Exception as error:  # whatever a parser makes of a damaged file
        raise StyleError(
            f"{setting}: {path} is damaged ({first_line(error)}); give a whole picture"
        ) from error
    return picture if may_be_clear else _visible(picture, f"{setting}: {path}")


def read_settings_text(path: Path) -> str:
    """Return the settings that neural_style has embedded in a picture; no pixel is decoded.

    Raises:
        StyleError: not a picture, or one without settings.
    """
    try:
        with open_image(path) as image:
            text = image.info.get(SETTINGS_KEY)
            if text is None:
                comment = image.info.get("comment") or image.getexif().get(DESCRIPTION) or b""
                text = _own(comment)
    except Exception as error:  # whatever a parser makes of a damaged file
        raise StyleError(
            f"config: {path} cannot be read as a picture ({first_line(error)})"
        ) from None
    if text is None:
        raise StyleError(
            f"config: {path} holds no settings of neural_style; give a result as it was written, "
            "or the config.yaml beside it"
        )
    return str(text)


def _own(comment: str | bytes) -> str | None:
    """Return what `_marked` has marked, or None."""
    if isinstance(comment, str):  # Pillow takes the bytes of EXIF for Latin-1
        comment = comment.encode("latin-1", "replace")
    mark, _, text = comment.partition(b"\n")
    return text.decode("utf-8") if mark == SETTINGS_KEY.encode() else None


def _visible(picture: Picture, name: str) -> Picture:
    """Return a picture of which something can be seen, or raise a StyleError."""
    if picture.alpha is not None and picture.alpha.max() < LEVEL:
        raise StyleError(
            f"{name} is transparent everywhere, so nothing of it can be seen: give a picture with "
            "something on it"
        )
    return picture


def _checked_array(array: np.ndarray, setting: str) -> np.ndarray:
    """Return a caller's array as [H, W, C], uint8, uint16, or float32 in [0, 255]."""
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[-1] not in (1, 3, 4) or not array.size:
        raise StyleError(
            f"{setting}: received an array of shape {array.shape}, allowed are [H, W], [H, W, 3] "
            "and [H, W, 4]"
        )
    if array.dtype == bool:
        return array.astype(np.uint8) * 255
    if array.dtype in (np.uint8, np.uint16):
        return array
    if not np.issubdtype(array.dtype, np.floating):
        raise StyleError(
            f"{setting}: received an array of {array.dtype}, allowed are uint8, uint16, and float "
            "in [0, 255]"
        )
    low, high = float(array.min()), float(array.max())
    if not (low >= -TOLERANCE and high <= 255 + TOLERANCE):  # nor if they are not numbers
        raise StyleError(
            f"{setting}: received values from {low:.7g} to {high:.7g}, floats must be in [0, 255]"
        )
    if 0 < high <= 1 + TOLERANCE:
        raise StyleError(
            f"{setting}: received values from {low:.3g} to {high:.3g}, as if white were 1, but "
            "floats must be in [0, 255]: multiply by 255"
        )
    clipped: np.ndarray = np.clip(array, 0, 255).astype(np.float32)
    return clipped


def _decode(path: Path, setting: str, room: Room) -> np.ndarray:
    """Return [H, W, C], uint8 or uint16, C being 1, 3 or 4, of what a file shows."""
    start = start_of(path)
    tiff = tiff_page_of(path) if start.startswith(TIFF) else None
    if start.startswith(FLOATS) or (tiff and tiff.dtype is not None and tiff.dtype.kind == "f"):
        raise StyleError(f"{setting}: {path} holds floats: save it with 8 or 16 bits")
    if tiff and tiff.is_raw_thumbnail:
        raise StyleError(
            f"{setting}: {path} is a camera's raw file, of which only the thumbnail can be read: "
            "develop it, and give it as PNG, JPEG or TIFF"
        )
    deep = is_deep(path, tiff)
    try:
        with open_image(path) as image:
            page = tiff or page_of(image)
    except UnidentifiedImageError:  # Pillow knows not all TIFFs of 16 bits
        if not (tiff and deep):
            raise StyleError(
                f"{setting}: {path} is not a picture that can be read; give a JPEG, PNG, WebP, "
                "TIFF, HEIC, AVIF, BMP or PPM"
            ) from None
        page = tiff
        factor = _reduction(tiff.size, f"{setting}: {path}", room, DEEP)
        pixels = deep_pixels(path, tiff)
        if pixels is None:
            raise ValueError("its 16 bits cannot be decoded") from None
        pixels = _reduced(pixels, factor)
    else:
        factor, pixels = _decode_opened(path, page, deep, f"{setting}: {path}", room)
    if page.count > 1:
        logger.info(
            "%s: %s holds %d pictures, of which number %d is taken",
            *(setting, path, page.count, page.index + 1),
        )
    if factor > 1:
        size = pixels.shape[:2]
        logger.info(
            "%s: %s was reduced to %d x %d pixels while it was read, since the whole of it would "
            "not fit into memory",
            *(setting, path, size[1], size[0]),
        )
    return pixels


def _cost(image: Image.Image) -> Cost:
    """Return what it takes to read an opened picture of 8 bits."""
    jpeg = image.format in ("JPEG", "MPO")
    copied = image.has_transparency_data or "icc_profile" in image.info
    light = image.format in LIGHT and not copied
    progressive = 6 if "progressive" in image.info else 0
    return Cost(17 if light else 23, 6 if light else 17, jpeg, progressive if jpeg else 0)


def _reduction(size: tuple[int, int], name: str, room: Room, cost: Cost) -> int:
    """Return by how much to reduce a picture of a (height, width) while it is read, 1 for nothing.

    Raises:
        StyleError: it has too many pixels, or takes too much memory however it is reduced.
    """
    height, width = size
    if not width * height:
        raise ValueError("it has no pixels")
    if width * height > MAX_PIXELS:
        raise StyleError(
            f"{name} is {width} x {height} pixels, allowed are {MAX_PIXELS} in all; reduce it first"
        )
    factor = room.reduction(size, cost)
    if not factor:
        raise StyleError(
            f"{name} is {width} x {height} pixels, to read it takes "
            f"{to_text(cost.whole * width * height)} of memory, and "
            f"{to_text(max(0, room.max_bytes or 0))} are left: reduce it first, or raise max_memory"
        )
    return factor


def _decode_opened(
    path: Path, page: Page, deep: bool, name: str, room: Room
) -> tuple[int, np.ndarray]:
    """Return by how much one of a file's pictures was reduced, and its [H, W, C]."""
    with open_image(path) as image:
        if page.index != image.tell():
            image.seek(page.index)
        cost = DEEP if deep else _cost(image)
        factor = rest = _reduction(image.size[::-1], name, room, cost)
        if cost.jpeg and factor > 1:
            scale = min(factor, JPEG_SCALE)
            image.draft(None, (max(1, image.width // scale), max(1, image.height // scale)))
            rest = factor // scale
        if any(tile[2] > path.stat().st_size for tile in image.tile):
            # Pillow would ask for memory up to there.
            raise OSError("it ends before its pixels do")
        image.load()
        orientation = image.getexif().get(ORIENTATION, 1)
        profile = _foreign_profile(image)
        pixels = None
        if deep and profile is None:
            pixels = deep_pixels(path, page if isinstance(page, TiffPage) else None)
        pixels = _pixels(image, profile, rest) if pixels is None else _reduced(pixels, factor)
    return factor, turn(pixels, orientation)


def _reduced(pixels: np.ndarray, factor: int) -> np.ndarray:
    """Return [H, W, C] reduced by a whole number."""
    if factor == 1:
        return pixels
    height, width = (max(1, side // factor) for side in pixels.shape[:2])
    reduced = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return reduced.reshape(height, width, -1)


def _pixels(
    image: Image.Image, profile: ImageCms.ImageCmsProfile | None, factor: int
) -> np.ndarray:
    """Return [H, W, C] of a Pillow image in sRGB, reduced by a factor."""
    if image.mode.startswith("I"):  # 16 bits of gray; Pillow's own conversion would cut them
        levels = np.asarray(image)
        if levels.min() < 0 or levels.max() > 65535:
            raise ValueError("its pixels have 32 bits, only 8 and 16 bits per channel are read")
        deep = _reduced(levels.astype(np.uint16)[..., None], factor)
        if profile is None:
            return deep
        image, factor = Image.fromarray((deep[..., 0] >> 8).astype(np.uint8)), 1
    if image.mode == "F":
        raise ValueError("its pixels are floats, only 8 and 16 bits per channel are read")
    if image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode not in ("L", "RGB", "CMYK", "LAB"):
        image = image.convert("RGB")
    if factor > 1:
        image = image.reduce(factor)
    colors = image if profile is None else _in_srgb(image, profile)
    if image.mode != "RGBA":
        return np.asarray(colors.convert("RGB"))
    if colors is image:
        return np.asarray(image)
    return np.dstack([np.asarray(colors.convert("RGB")), np.asarray(image.getchannel("A"))])


def _in_srgb(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    """Return an image whose colors are of a profile in sRGB, without its alpha."""
    opaque = image.convert("RGB") if image.mode == "RGBA" else image
    with contextlib.suppress(ImageCms.PyCMSError):  # a profile for other channels than these
        converted = ImageCms.profileToProfile(
            opaque, profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
        return converted or image  # None only where it works in place
    return image


def _foreign_profile(image: Image.Image) -> ImageCms.ImageCmsProfile | None:
    """Return the image's ICC profile, unless it has none or one that equals sRGB."""
    data = image.info.get("icc_profile")
    if not data:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
    except (OSError, ImageCms.PyCMSError):
        return None  # damaged: as good as none
    steps = np.linspace(0, 255, 9).round().astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(27, 27, 3)
    try:
        converted = ImageCms.profileToProfile(
            Image.fromarray(cube), profile, ImageCms.createProfile("sRGB")
        )
    except ImageCms.PyCMSError:
        return profile  # of gray or CMYK
    change = np.abs(np.asarray(converted).astype(int) - cube)
    return profile if change.max() > 2 else None


def _from_pixels(pixels: np.ndarray) -> Picture:
    """Return the Picture of [H, W, C], C being 1, 3 or 4."""
    unit = np.float32(257 if pixels.dtype == np.uint16 else 1)
    alpha = None
    if pixels.shape[-1] == 4:
        alpha = pixels[..., 3].astype(np.float32) / unit / np.float32(255)
        alpha = None if alpha.min() == 1 else alpha
    rgb = np.empty((*pixels.shape[:2], 3), np.float32)
    for first in range(0, len(pixels), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        values = pixels[rows, :, :3].astype(np.float32) / unit
        if alpha is not None:
            values = 255.0 + (values - 255.0) * alpha[rows, :, None]  # over white
        rgb[rows] = values  # of gray, three times
    return Picture(rgb, alpha)
