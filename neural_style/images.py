"""Read, resize and write pictures: the only module that knows file formats.

In memory a picture is RGB, float32, in [0, 255], [H, W, 3], in sRGB.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import struct
import tempfile
import warnings
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
import tifffile
from PIL import Image, ImageCms, UnidentifiedImageError

from neural_style.errors import StyleError, did_you_mean, first_line

# 16384 x 16384: a header that says more is a mistake or an attack.
MOST_PIXELS = 2**28
Image.MAX_IMAGE_PIXELS = None  # the check is ours, and comes before any pixel is decoded
logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # it has a line for each damaged tag

# A mask whose aspect differs by more than this was made for another picture.
ASPECT_TOLERANCE = 0.01

# So many are converted to whole numbers at once: what is between takes little memory.
ROWS_AT_ONCE = 256

SETTINGS_KEY = "neural_style"  # of the text in a PNG that holds the settings; first line elsewhere
LONGEST_COMMENT = 65533  # bytes, of a JPEG
DESCRIPTION = 0x010E  # the tag of TIFF and EXIF for a picture's description
WRITTEN = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
SIXTEEN_BITS = (".png", ".tif", ".tiff")
WITHOUT_ALPHA = (".jpg", ".jpeg")
LONGEST_SIDE = {".webp": 16383, ".jpg": 65500, ".jpeg": 65500}
PART = ".part"  # ends the name of a file that is being written
EXIF_ORIENTATION = 0x0112
# Colour channels of the TIFFs whose 16 bits are kept.
TIFF_COLOURS = {
    tifffile.PHOTOMETRIC.RGB: 3,
    tifffile.PHOTOMETRIC.MINISBLACK: 1,
    tifffile.PHOTOMETRIC.MINISWHITE: 1,
}


@dataclass(frozen=True)
class Picture:
    """A picture in memory.

    Attributes:
        rgb: [H, W, 3], float32, [0, 255], over white where it was transparent.
        alpha: [H, W], float32, [0, 1], or None if it has no transparency.
    """

    rgb: np.ndarray
    alpha: np.ndarray | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.rgb.shape[0], self.rgb.shape[1]


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


def read_picture(source: Any, setting: str = "picture") -> Picture:
    """Read a picture from a file, or take an array for one.

    Read is what Pillow reads, and 16 bits in PNG and TIFF: grey, palette, CMYK, alpha; turned as
    EXIF says, ICC profiles converted to sRGB, of several frames the first. (16-bit pictures with a
    profile that is not sRGB lose their lower 8 bits in that.)

    Args:
        source: a path; or an array [H, W], [H, W, 1], [H, W, 3] or [H, W, 4], uint8, uint16, or
            float in [0, 255].
        setting: its name in messages.

    Raises:
        StyleError: not a readable picture.
    """
    if not isinstance(source, str | os.PathLike):
        return _from_pixels(_checked_array(np.asarray(source), setting))
    path = Path(source)
    try:
        if path.stat().st_size == 0:
            raise StyleError(f"{setting}: {path} is empty (0 bytes); give a picture")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what we read all the same
            return _decode(path, setting)
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


def resize(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize [H, W] or [H, W, C] to (height, width) by area interpolation, as the report does."""
    if pixels.shape[:2] == tuple(size):
        return pixels
    return cv2.resize(pixels, (size[1], size[0]), interpolation=cv2.INTER_AREA)


def enlarge(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize [H, W, C] to a larger (height, width) by cubic interpolation; values may overshoot."""
    if pixels.shape[:2] == tuple(size):
        return pixels
    return cv2.resize(pixels, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)


def reduced_size(size: tuple[int, int], max_size: int) -> tuple[int, int]:
    """Return (height, width) reduced so that neither exceeds max_size; never enlarged.

    The shorter side is cut to whole pixels, as in the report.
    """
    height, width = size
    longest = max(height, width)
    if longest <= max_size:
        return size
    return max(1, int(height * max_size / longest)), max(1, int(width * max_size / longest))


def same_aspect(size: tuple[int, int], sizes: Iterable[tuple[int, int]]) -> bool:
    """Tell whether a mask or label map has the aspect of one of some (height, width)."""
    aspect = size[1] / size[0]
    return any(abs(aspect * h / w - 1) <= ASPECT_TOLERANCE for h, w in sizes)


def luminance(picture: Picture) -> np.ndarray:
    """Return the brightness [H, W] in [0, 255] (ITU-R BT.601), over black where transparent."""
    grey = picture.rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    if picture.alpha is None:
        return grey
    return np.maximum(grey - 255 * (1 - picture.alpha), 0)  # rgb is over white


def is_finite(array: np.ndarray) -> bool:
    """Tell whether all values are finite, without an array of answers as large as a picture."""
    return bool(np.isfinite(array.min()) and np.isfinite(array.max()))


def to_unit(rgb: np.ndarray) -> np.ndarray:
    """Return levels in [0, 255] as float32 in [0, 1], which OpenCV's conversions take.

    What lies outside is cut off.
    """
    return np.clip(rgb, 0, 255).astype(np.float32) / np.float32(255)


def to_pixels(picture: Picture, bits: int = 8) -> np.ndarray:
    """Return the picture rounded to uint8 or uint16, [H, W, 3], or [H, W, 4] with its alpha.

    With alpha, the white that a Picture lies over is taken out of the colours again, so that over
    white a viewer shows the Picture as it is.

    Raises:
        StyleError: it holds values that are not finite.
    """
    if not is_finite(picture.rgb):
        raise StyleError(
            "the picture holds values that are not finite and was not saved: use smaller weights"
        )
    most, dtype = {8: (255, np.uint8), 16: (65535, np.uint16)}[bits]
    channels = 3 if picture.alpha is None else 4
    pixels = np.empty((*picture.size, channels), dtype)
    for first in range(0, len(pixels), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        values = picture.rgb[rows] / np.float32(255)
        if picture.alpha is not None:
            alpha = picture.alpha[rows, :, None]
            # What is all but clear has no colour to speak of; the floor keeps its division in
            # range.
            values = 1 - (1 - values) / np.maximum(alpha, np.float32(1 / 255))
            values = np.concatenate([values, alpha], -1)
        pixels[rows] = np.rint(np.clip(values, 0, 1) * most)
    return pixels


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


def write_file(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all.

    Raises:
        StyleError: it cannot be written.
    """
    with replacing(path) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file to write under a temporary name; at the end it is moved to its own.

    What was there before stays until then, and for good if anything fails.

    Raises:
        StyleError: it cannot be written.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=PART)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(handle)  # or a power cut may leave the name, moved, and no content
            os.chmod(temporary, 0o666 & ~_umask())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise StyleError(f"{path} cannot be written: {error.strerror}") from error


def read_settings_text(path: Path) -> str:
    """Return the settings that neural_style has embedded in a picture; no pixel is decoded.

    Raises:
        StyleError: not a picture, or one without settings.
    """
    try:
        with Image.open(path) as image:
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


def _marked(settings: str) -> bytes:
    """Return settings as a picture's comment, or nothing for none."""
    return f"{SETTINGS_KEY}\n{settings}".encode() if settings else b""


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
    if not np.isfinite(array).all() or array.min() < 0 or array.max() > 255:
        raise StyleError(
            f"{setting}: received values from {array.min():g} to {array.max():g}, floats must be "
            "in [0, 255]"
        )
    return array.astype(np.float32)


def _decode(path: Path, setting: str) -> Picture:
    try:
        image = Image.open(path)
    except UnidentifiedImageError:
        image = None
    if image is None:
        # Pillow knows not all TIFFs of 16 bits.
        deep = _deep_pixels(path)
        if deep is None:
            raise StyleError(
                f"{setting}: {path} is not a picture that can be read; give a JPEG, PNG, WebP, "
                "TIFF, BMP or PPM"
            )
        return _from_pixels(deep)
    with image:
        width, height = image.size
        if width * height > MOST_PIXELS:
            raise StyleError(
                f"{setting}: {path} is {width} x {height} pixels, allowed are {MOST_PIXELS} in "
                "all; reduce it first"
            )
        image.load()
        orientation = image.getexif().get(EXIF_ORIENTATION, 1)
        profile = _foreign_profile(image)
        pixels = None if profile else _deep_pixels(path)
        if pixels is None:
            pixels = _pixels(image, profile)
    return _from_pixels(_turn(pixels, orientation))


def _pixels(image: Image.Image, profile: ImageCms.ImageCmsProfile | None) -> np.ndarray:
    """Return [H, W, C] of a Pillow image in sRGB."""
    if image.mode.startswith("I"):  # 16 bits of grey; Pillow's own conversion would cut them
        deep = np.clip(np.asarray(image), 0, 65535).astype(np.uint16)
        if profile is None:
            return deep[..., None]
        image = Image.fromarray((deep >> 8).astype(np.uint8))
    if image.mode == "F":
        raise ValueError("its pixels are floats, only 8 and 16 bits per channel are read")
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("RGB")
    elif image.mode not in ("L", "RGB", "CMYK", "LAB"):
        image = image.convert("RGB")
    if profile is not None:
        with contextlib.suppress(ImageCms.PyCMSError):  # a profile for other channels than these
            image = ImageCms.profileToProfile(
                image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
    pixels = np.asarray(image.convert("RGB"))
    return pixels if alpha is None else np.dstack([pixels, np.asarray(alpha)])


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
        return profile  # of grey or CMYK
    change = np.abs(np.asarray(converted).astype(int) - cube)
    return profile if change.max() > 2 else None


def _deep_pixels(path: Path) -> np.ndarray | None:
    """Return [H, W, C], uint16, of a PNG or TIFF of 16 bits, or None if it is none.

    Pillow cuts those of more than one channel to 8 bits without a word.
    """
    with path.open("rb") as file:
        start = file.read(25)
    if start.startswith(b"\x89PNG\r\n\x1a\n") and start[24] == 16:
        return _with_opencv(path)
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        with contextlib.suppress(Exception):  # whatever a damaged file makes it raise
            return _deep_tiff(path)
    return None


def _deep_tiff(path: Path) -> np.ndarray | None:
    """Return [H, W, C], uint16, turned as it says, of a TIFF of 16 bits, or None if it is none."""
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        colours = TIFF_COLOURS.get(page.photometric, 0)
        premultiplied = tifffile.EXTRASAMPLE.ASSOCALPHA in page.extrasamples
        too_large = page.imagewidth * page.imagelength > MOST_PIXELS
        if page.dtype != np.uint16 or not colours or premultiplied or too_large:
            return None
        planar = page.samplesperpixel > 1 and page.planarconfig == tifffile.PLANARCONFIG.SEPARATE
        try:
            pixels = page.asarray()
        except (KeyError, ValueError):  # a compression for which it wants another library
            pixels = None if planar else _with_opencv(path)  # which misreads planes
        else:
            pixels = np.moveaxis(pixels, 0, -1) if planar else np.atleast_3d(pixels)
            orientation = page.tags.get(EXIF_ORIENTATION)
            pixels = _turn(pixels, orientation.value if orientation else 1)
        if pixels is None:
            return None
        if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
            pixels = 65535 - pixels
        has_alpha = page.extrasamples[:1] == (tifffile.EXTRASAMPLE.UNASSALPHA,)
        alpha = pixels[..., colours : colours + has_alpha]
        grey_or_rgb = pixels[..., :colours]
        if has_alpha and colours == 1:
            grey_or_rgb = np.repeat(grey_or_rgb, 3, -1)
        return np.concatenate([grey_or_rgb, alpha], -1)


def _with_opencv(path: Path) -> np.ndarray | None:
    """Return [H, W, C], uint16, RGB, or None if OpenCV reads something else or nothing."""
    array = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if array is None or array.dtype != np.uint16:
        return None
    array = np.atleast_3d(array)
    blue_first = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}
    return array[..., blue_first[array.shape[-1]]]


def _turn(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn and mirror as EXIF's orientation (1 to 8) says."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def _from_pixels(pixels: np.ndarray) -> Picture:
    """Return the Picture of [H, W, C], C being 1, 3 or 4."""
    unit = 257.0 if pixels.dtype == np.uint16 else 1.0
    values = pixels.astype(np.float32) / np.float32(unit)
    if values.shape[-1] == 1:
        values = np.repeat(values, 3, -1)
    if values.shape[-1] == 3:
        return Picture(np.ascontiguousarray(values))
    alpha = values[..., 3] / 255.0
    if alpha.min() == 1:
        return Picture(np.ascontiguousarray(values[..., :3]))
    over_white = 255.0 + (values[..., :3] - 255.0) * alpha[..., None]
    return Picture(np.ascontiguousarray(over_white), np.ascontiguousarray(alpha))


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


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
