"""Pictures in and out: formats, bit depths, orientation, colour profiles, and whole files."""

from __future__ import annotations

import os
import stat
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from neural_style.images import read as reading
from neural_style.images.picture import Picture, enlarge, luminance, reduced_size, resize, to_pixels
from neural_style.images.read import find_picture, read_picture, read_settings_text
from neural_style.images.suffixes import WRITTEN
from neural_style.images.write import write_picture
from neural_style.runtime.errors import StyleError
from neural_style.runtime.files import write_file

SIZE = (6, 8)  # height, width of the pictures made here
ORIENTATIONS = range(1, 9)


def noise(channels: int = 3, bits: int = 8) -> np.ndarray:
    """Return [6, 8, channels], every value of the bit depth possible."""
    dtype = {8: np.uint8, 16: np.uint16}[bits]
    pixels = np.random.default_rng(channels).integers(0, 2**bits, (*SIZE, channels), dtype)
    return pixels[..., 0] if channels == 1 else pixels


def values(pixels: np.ndarray) -> np.ndarray:
    """Return pixels as a Picture holds them: float32, [0, 255], three channels."""
    scaled = pixels.astype(np.float32) / (257 if pixels.dtype == np.uint16 else 1)
    return np.repeat(scaled[..., None], 3, -1) if pixels.ndim == 2 else scaled


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def deep_png(pixels: np.ndarray, *chunks: bytes) -> bytes:
    """Return a PNG of 16 bits, with chunks behind its header; Pillow writes none of colour."""
    order = slice(None) if pixels.ndim == 2 else [2, 1, 0, 3][: pixels.shape[-1]]
    data = cv2.imencode(".png", pixels[..., order])[1].tobytes()
    return data[:33] + b"".join(chunks) + data[33:]


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


def turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Return the pixels as Pillow turns a picture with this orientation."""
    places = Image.fromarray(np.arange(SIZE[0] * SIZE[1], dtype=np.int32).reshape(SIZE))
    places.getexif()[0x0112] = orientation
    return pixels.reshape(-1, *pixels.shape[2:])[np.asarray(ImageOps.exif_transpose(places))]


# Round trips


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".TIFF"])
def test_lossless_formats_keep_every_pixel(tmp_path, suffix, bits):
    pixels = noise(bits=bits)
    write_picture(tmp_path / f"a{suffix}", Picture(values(pixels)), bits)
    again = read_picture(tmp_path / f"a{suffix}")
    assert np.array_equal(to_pixels(again, bits), pixels)
    assert again.alpha is None
    assert again.rgb.dtype == np.float32


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp"])
def test_lossy_formats_keep_the_picture(tmp_path, photograph, suffix):
    write_picture(tmp_path / f"a{suffix}", Picture(values(photograph)))
    again = read_picture(tmp_path / f"a{suffix}")
    assert np.abs(again.rgb - photograph).mean() < 2


@pytest.mark.parametrize(
    ("suffix", "bits"), [(".png", 8), (".png", 16), (".tif", 8), (".tif", 16), (".webp", 8)]
)
def test_alpha_is_kept(tmp_path, suffix, bits):
    alpha = np.linspace(0, 1, SIZE[0] * SIZE[1], dtype=np.float32).reshape(SIZE)
    write_picture(tmp_path / f"a{suffix}", Picture(values(noise()), alpha), bits)
    again = read_picture(tmp_path / f"a{suffix}")
    assert np.abs(again.alpha - alpha).max() <= 0.5 / (2**bits - 1) + 1e-6


def test_jpeg_drops_alpha_and_stays_over_white(tmp_path, photograph):
    picture = Picture(values(photograph), np.zeros(photograph.shape[:2], np.float32))
    write_picture(tmp_path / "a.jpg", picture)
    again = read_picture(tmp_path / "a.jpg")
    assert again.alpha is None
    assert np.abs(again.rgb - photograph).mean() < 2


def test_alpha_over_white_shows_the_picture_as_it_is(tmp_path, photograph):
    """What a viewer with a white page shows of the file is the picture, however soft its alpha."""
    alpha = np.tile(np.linspace(0.2, 1, photograph.shape[1], dtype=np.float32), (40, 1))
    over_white = 255 - (255 - values(photograph)) * alpha[..., None]
    write_picture(tmp_path / "a.png", Picture(over_white, alpha))
    with Image.open(tmp_path / "a.png") as image:
        page = Image.new("RGBA", image.size, "white")
        shown = np.asarray(Image.alpha_composite(page, image).convert("RGB"))
        np.testing.assert_allclose(np.asarray(image)[..., :3], photograph, atol=3)
    np.testing.assert_allclose(shown, over_white, atol=1.5)


def test_to_pixels_rounds_and_cuts():
    row = np.array([[-3.0, 0.49, 0.51, 254.4, 254.6, 300.0]], np.float32)
    picture = Picture(np.stack([row] * 3, -1))
    assert to_pixels(picture)[0, :, 0].tolist() == [0, 0, 1, 254, 255, 255]
    assert to_pixels(picture, 16)[0, :, 0].tolist() == [0, 126, 131, 65381, 65432, 65535]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_picture_that_is_not_finite_is_not_written(tmp_path, value):
    picture = Picture(np.full((4, 4, 3), value, np.float32))
    with pytest.raises(StyleError, match="not finite and was not saved"):
        write_picture(tmp_path / "a.png", picture)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "bits", "message"),
    [
        ("a.gif", 8, r"^a.gif: pictures are written as .png, .jpg, .webp or .tif"),
        ("a", 8, "pictures are written as"),
        ("a.jpg", 16, "^a.jpg: 16 bits need .png or .tif"),
        ("a.webp", 16, "^a.webp: 16 bits need .png or .tif"),
        ("a.png", 12, "^bits: received 12, allowed are 8 and 16"),
    ],
)
def test_a_format_that_cannot_be_written_is_refused(tmp_path, name, bits, message):
    with pytest.raises(StyleError, match=message):
        write_picture(tmp_path / name, Picture(values(noise())), bits)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "width"), [("a.webp", 16384), ("a.jpg", 65536)])
def test_a_size_that_the_format_does_not_allow_is_refused(tmp_path, name, width):
    picture = Picture(np.zeros((1, width, 3), np.float32))
    with pytest.raises(StyleError, match=rf"{name}: {width} x 1 pixels; .* use .png"):
        write_picture(tmp_path / name, picture)
    assert not list(tmp_path.iterdir())


# 16 bits


DEEP_TIFFS = {
    "plain": {},
    "big_endian": {"byteorder": ">"},
    "bigtiff": {"bigtiff": True},
    "deflate": {"compression": "zlib", "predictor": True},
    "not_for_opencv": {"compression": "lzma"},
    "tiled": {"tile": (16, 16)},
}


@pytest.mark.parametrize("options", DEEP_TIFFS.values(), ids=DEEP_TIFFS)
@pytest.mark.parametrize("channels", [1, 3])
def test_tiff_keeps_16_bits(tmp_path, channels, options):
    pixels = noise(channels, 16)
    kind = "minisblack" if channels == 1 else "rgb"
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric=kind, metadata=None, **options)
    assert np.array_equal(read_picture(tmp_path / "a.tif").rgb, values(pixels))


@pytest.mark.parametrize("channels", [1, 3])
def test_lzw_tiff_and_png_keep_16_bits(tmp_path, channels):
    pixels = noise(channels, 16)
    blue_first = pixels if channels == 1 else np.ascontiguousarray(pixels[..., ::-1])
    lzw = [cv2.IMWRITE_TIFF_COMPRESSION, 5]
    (tmp_path / "a.tif").write_bytes(cv2.imencode(".tif", blue_first, lzw)[1].tobytes())
    assert Image.open(tmp_path / "a.tif").info["compression"] == "tiff_lzw"
    (tmp_path / "a.png").write_bytes(deep_png(pixels))
    for name in ("a.tif", "a.png"):
        assert np.array_equal(read_picture(tmp_path / name).rgb, values(pixels))


def test_a_clear_colour_of_16_bits(tmp_path):
    pixels = noise(3, 16)
    clear = png_chunk(b"tRNS", struct.pack(">3H", *pixels[2, 3]))
    (tmp_path / "a.png").write_bytes(deep_png(pixels, clear))
    picture = read_picture(tmp_path / "a.png")
    assert np.argwhere(picture.alpha == 0).tolist() == [[2, 3]]
    expected = values(pixels)
    expected[2, 3] = 255
    assert np.allclose(picture.rgb, expected, atol=1e-4)


def test_what_tifffile_cannot_read_is_left_to_pillow(tmp_path, monkeypatch):
    tifffile.imwrite(tmp_path / "a.tif", noise(3, 16), photometric="rgb")

    def fail(*arguments: object) -> None:
        raise TypeError("as for a tag that it does not expect")

    monkeypatch.setattr(tifffile, "TiffFile", fail)
    rgb = read_picture(tmp_path / "a.tif").rgb
    assert np.abs(rgb - values(noise(3, 16))).max() <= 1
    assert np.array_equal(rgb, rgb.round())  # 8 bits


def test_planes_of_a_tiff_are_put_together(tmp_path):
    pixels = noise(3, 16)
    planes = np.ascontiguousarray(pixels.transpose(2, 0, 1))
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="rgb", planarconfig="separate")
    assert np.array_equal(read_picture(tmp_path / "a.tif").rgb, values(pixels))


def test_a_tiff_that_counts_from_white_is_not_inverted(tmp_path):
    pixels = noise(1, 16)
    tifffile.imwrite(tmp_path / "a.tif", 65535 - pixels, photometric="miniswhite")
    assert np.array_equal(read_picture(tmp_path / "a.tif").rgb, values(pixels))


def test_alpha_of_16_bits(tmp_path):
    pixels = noise(4, 16)
    (tmp_path / "a.png").write_bytes(deep_png(pixels))
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", extrasamples=["unassalpha"])
    alpha = pixels[..., 3] / 65535
    over_white = 255 + (values(pixels[..., :3]) - 255) * alpha[..., None]
    for name in ("a.png", "a.tif"):
        picture = read_picture(tmp_path / name)
        assert np.allclose(picture.alpha, alpha, atol=1e-6)
        assert np.allclose(picture.rgb, over_white, atol=1e-3)


def test_a_fourth_channel_that_is_not_alpha_is_left_out(tmp_path):
    pixels = noise(4, 16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", extrasamples=["unspecified"])
    picture = read_picture(tmp_path / "a.tif")
    assert picture.alpha is None
    assert np.array_equal(picture.rgb, values(pixels[..., :3]))


def test_premultiplied_alpha_of_16_bits(tmp_path):
    # Half clear white; 8 bits are kept.
    pixels = np.full((*SIZE, 4), 32768, np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb", extrasamples=["assocalpha"])
    picture = read_picture(tmp_path / "a.tif")
    assert np.allclose(picture.alpha, 0.5, atol=0.003)
    assert np.allclose(picture.rgb, 255, atol=1)


def test_cmyk_of_16_bits_is_not_taken_for_alpha(tmp_path):
    ink = np.zeros((*SIZE, 4), np.uint16)
    ink[..., 0] = 65535  # cyan alone
    tifffile.imwrite(tmp_path / "a.tif", ink, photometric="separated")
    picture = read_picture(tmp_path / "a.tif")
    assert picture.alpha is None
    assert picture.rgb[0, 0].tolist() == [0, 255, 255]


# What else Pillow reads


def test_grey_and_one_bit(tmp_path):
    Image.fromarray(noise(1)).save(tmp_path / "grey.png")
    assert np.array_equal(read_picture(tmp_path / "grey.png").rgb, values(noise(1)))
    black_and_white = noise(1) > 127
    Image.fromarray(black_and_white).save(tmp_path / "bits.png")
    expected = values(black_and_white.astype(np.uint8) * 255)
    assert np.array_equal(read_picture(tmp_path / "bits.png").rgb, expected)


def test_palette_with_and_without_transparency(tmp_path):
    indices = np.arange(SIZE[0] * SIZE[1], dtype=np.uint8).reshape(SIZE) % 3
    colours = np.array([[255, 0, 0], [0, 200, 0], [0, 0, 100]], np.uint8)
    image = Image.fromarray(indices, "P")
    image.putpalette(colours.tobytes())
    image.save(tmp_path / "opaque.png")
    image.save(tmp_path / "clear.png", transparency=1)
    opaque, clear = read_picture(tmp_path / "opaque.png"), read_picture(tmp_path / "clear.png")
    assert opaque.alpha is None
    assert np.array_equal(opaque.rgb, values(colours[indices]))
    assert np.array_equal(clear.alpha, indices != 1)
    white = np.where((indices == 1)[..., None], 255, colours[indices])
    assert np.array_equal(clear.rgb, white)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_laid_over_white(tmp_path, mode):
    pixels = noise(len(mode))
    Image.fromarray(pixels, mode).save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png")
    alpha = pixels[..., -1:] / 255
    expected = pixels[..., :-1] * alpha + 255 * (1 - alpha)
    assert np.allclose(picture.rgb, np.broadcast_to(expected, (*SIZE, 3)), atol=1e-3)
    assert np.allclose(picture.alpha, alpha[..., 0])


def test_alpha_that_hides_nothing_is_none(tmp_path):
    Image.fromarray(noise()).convert("RGBA").save(tmp_path / "a.png")
    picture = read_picture(tmp_path / "a.png")
    assert picture.alpha is None
    assert np.array_equal(picture.rgb, values(noise()))


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk(tmp_path, suffix):
    Image.new("CMYK", SIZE, (0, 255, 255, 0)).save(tmp_path / f"a.{suffix}", quality=100)
    assert np.abs(read_picture(tmp_path / f"a.{suffix}").rgb - [255, 0, 0]).max() <= 2


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_of_an_animation_the_first_frame_is_read(tmp_path, suffix):
    frames = [Image.new("RGB", SIZE, colour) for colour in ("#ff0000", "#00ff00")]
    path = tmp_path / f"a.{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
    assert Image.open(path).n_frames == 2
    assert np.abs(read_picture(path).rgb - [255, 0, 0]).max() <= 1


@pytest.mark.parametrize("suffix", ["bmp", "ppm", "webp"])
def test_other_formats(tmp_path, suffix):
    Image.fromarray(noise()).save(tmp_path / f"a.{suffix}", lossless=True)
    assert np.array_equal(read_picture(tmp_path / f"a.{suffix}").rgb, values(noise()))


# Orientation


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_orientation_of_8_bits(tmp_path, orientation):
    pixels = noise()
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif(orientation))
    Image.fromarray(pixels).save(tmp_path / "a.tif", tiffinfo={0x0112: orientation})
    for name in ("a.png", "a.tif"):
        assert np.array_equal(
            read_picture(tmp_path / name).rgb, values(turned(pixels, orientation))
        )


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_orientation_of_jpeg(tmp_path, photograph, orientation):
    image = Image.fromarray(photograph)
    image.save(tmp_path / "a.jpg", exif=exif(orientation), quality=95)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "a.jpg")), np.float32)
    assert np.array_equal(read_picture(tmp_path / "a.jpg").rgb, expected)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("channels", [1, 3])
def test_orientation_of_16_bits(tmp_path, channels, orientation):
    pixels = noise(channels, 16)
    kind = "minisblack" if channels == 1 else "rgb"
    tag = [(0x0112, 3, 1, orientation, True)]
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric=kind, metadata=None, extratags=tag)
    text = exif(orientation).tobytes().removeprefix(b"Exif\0\0")
    (tmp_path / "a.png").write_bytes(deep_png(pixels, png_chunk(b"eXIf", text)))
    with Image.open(tmp_path / "a.png") as image:
        assert image.getexif()[0x0112] == orientation
    for name in ("a.png", "a.tif"):
        assert np.array_equal(
            read_picture(tmp_path / name).rgb, values(turned(pixels, orientation))
        )


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_orientation_of_lzw_tiff_of_16_bits(tmp_path, orientation):
    # OpenCV reads it, which turns by itself.
    pixels = noise(1, 16)
    image, options = Image.fromarray(pixels), {"tiffinfo": {0x0112: orientation}}
    image.save(tmp_path / "a.tif", compression="tiff_lzw", **options)
    assert np.array_equal(read_picture(tmp_path / "a.tif").rgb, values(turned(pixels, orientation)))


# Colour profiles

# The primaries of sRGB under D50, as XYZ.
RED, GREEN, BLUE = (0.4360, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141)
D50 = (0.9642, 1.0, 0.8249)
LINEAR = b"curv" + bytes(8)
GAMMA_2_2 = b"curv" + bytes(4) + struct.pack(">IHH", 1, 563, 0)  # 2.2 * 256


def icc_profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Return an ICC profile, version 2, for a monitor."""
    place, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += name + struct.pack(">II", place + len(body), len(data))
        body += data
    header = struct.pack(">I4sI4s4s4s", place + len(body), b"", 0x02100000, b"mntr", space, b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + xyz(D50)[8:]
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def xyz(colour: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(part * 65536) for part in colour))


def rgb_profile(primaries: tuple, curve: bytes) -> bytes:
    names = zip((b"r", b"g", b"b"), primaries, strict=True)
    tags = {b"wtpt": xyz(D50)}
    for name, colour in names:
        tags |= {name + b"XYZ": xyz(colour), name + b"TRC": curve}
    return icc_profile(b"RGB ", tags)


def srgb_of_linear(pixels: np.ndarray) -> np.ndarray:
    """Return linear values [0, 255] as sRGB (IEC 61966-2-1)."""
    unit = pixels / 255
    return 255 * np.where(unit <= 0.0031308, 12.92 * unit, 1.055 * unit ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
def test_a_linear_profile_is_converted(tmp_path, suffix):
    profile = rgb_profile((RED, GREEN, BLUE), LINEAR)
    Image.fromarray(noise()).save(tmp_path / f"a.{suffix}", icc_profile=profile, lossless=True)
    picture = read_picture(tmp_path / f"a.{suffix}")
    assert np.abs(picture.rgb - srgb_of_linear(noise())).max() <= 2


def test_other_primaries_are_converted(tmp_path):
    # In this profile red is called green.
    profile = rgb_profile((GREEN, RED, BLUE), GAMMA_2_2)
    Image.new("RGB", SIZE, (200, 100, 150)).save(tmp_path / "a.png", icc_profile=profile)
    assert np.abs(read_picture(tmp_path / "a.png").rgb - [100, 200, 150]).max() <= 2


def test_a_profile_of_grey_is_converted(tmp_path):
    profile = icc_profile(b"GRAY", {b"wtpt": xyz(D50), b"kTRC": LINEAR})
    pixels = np.maximum(noise(1), 30)  # Little CMS is coarse at the dark end of a steep curve
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=profile)
    expected = srgb_of_linear(values(pixels))
    assert np.abs(read_picture(tmp_path / "a.png").rgb - expected).max() <= 2


def test_a_profile_of_grey_is_converted_in_16_bits(tmp_path):
    profile = icc_profile(b"GRAY", {b"wtpt": xyz(D50), b"kTRC": LINEAR})
    pixels = np.maximum(noise(1, 16), 7680)
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=profile)
    expected = srgb_of_linear(values(pixels))
    assert np.abs(read_picture(tmp_path / "a.png").rgb - expected).max() <= 4


def test_a_profile_leaves_alpha_alone(tmp_path):
    profile = rgb_profile((RED, GREEN, BLUE), LINEAR)
    pixels = np.full((*SIZE, 4), 60, np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=profile)
    picture = read_picture(tmp_path / "a.png")
    assert np.allclose(picture.alpha, 60 / 255)
    expected = 255 + (srgb_of_linear(np.float32(60)) - 255) * 60 / 255
    assert np.abs(picture.rgb - expected).max() <= 1


def test_16_bits_with_a_profile_are_converted(tmp_path):
    profile = zlib.compress(rgb_profile((RED, GREEN, BLUE), LINEAR))
    chunk = png_chunk(b"iCCP", b"linear\0\0" + profile)
    (tmp_path / "a.png").write_bytes(deep_png(noise(3, 16), chunk))
    expected = srgb_of_linear(values(noise(3, 16)))
    # Their lower 8 bits are lost, which the first step of the curve makes 13 levels.
    assert np.abs(read_picture(tmp_path / "a.png").rgb - expected).max() <= 14


@pytest.mark.parametrize("bits", [8, 16])
def test_an_srgb_profile_changes_nothing(tmp_path, bits):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    if bits == 8:
        Image.fromarray(noise()).save(tmp_path / "a.png", icc_profile=profile)
    else:
        chunk = png_chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(profile))
        (tmp_path / "a.png").write_bytes(deep_png(noise(3, 16), chunk))
    assert np.array_equal(read_picture(tmp_path / "a.png").rgb, values(noise(3, bits)))


@pytest.mark.parametrize("kept", [0, 10, 140, 300])
def test_a_damaged_profile_is_ignored(tmp_path, kept):
    profile = rgb_profile((GREEN, RED, BLUE), LINEAR)[:kept] + b"?"
    Image.fromarray(noise()).save(tmp_path / "a.png", icc_profile=profile)
    assert np.array_equal(read_picture(tmp_path / "a.png").rgb, values(noise()))


def test_a_profile_of_other_channels_is_ignored(tmp_path):
    profile = icc_profile(b"GRAY", {b"wtpt": xyz(D50), b"kTRC": LINEAR})
    Image.fromarray(noise()).save(tmp_path / "a.png", icc_profile=profile)
    assert np.array_equal(read_picture(tmp_path / "a.png").rgb, values(noise()))


# Arrays


@pytest.mark.parametrize(
    "array",
    [
        noise(),
        noise(1),
        noise(1)[..., None],
        noise(3, 16),
        noise().astype(np.float64),
        noise().astype(np.float16),
        noise()[:, ::-1],
    ],
    ids=["uint8", "grey", "one_channel", "uint16", "float64", "float16", "view"],
)
def test_an_array_is_a_picture(array):
    picture = read_picture(array)
    assert np.allclose(picture.rgb, values(array.squeeze()))
    assert picture.rgb.dtype == np.float32
    assert picture.size == SIZE
    assert picture.alpha is None


def test_an_array_of_four_channels_has_alpha():
    alpha = np.linspace(0, 255, SIZE[0] * SIZE[1]).reshape(SIZE).astype(np.uint8)
    picture = read_picture(np.dstack([noise(), alpha]))
    assert np.allclose(picture.alpha, alpha / 255)


def test_truth_values_are_black_and_white():
    assert np.unique(read_picture(noise(1) > 127).rgb).tolist() == [0, 255]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 4, 2), np.uint8), r"shape \(4, 4, 2\), allowed are \[H, W\]"),
        (np.zeros(4, np.uint8), r"shape \(4,\)"),
        (np.zeros((0, 4, 3), np.uint8), r"shape \(0, 4, 3\)"),
        (np.zeros((4, 4, 3), np.int64), "array of int64, allowed are uint8"),
        (np.full((4, 4, 3), 256.0), r"from 256 to 256, floats must be in \[0, 255\]"),
        (np.full((4, 4, 3), -1.0), "from -1 to -1"),
        (np.full((4, 4, 3), np.nan), "from nan to nan"),
    ],
)
def test_an_array_that_is_no_picture_is_refused(array, message):
    with pytest.raises(StyleError, match=rf"^style_imgs: received .*{message}"):
        read_picture(array, "style_imgs")


# Names


@pytest.fixture
def two_folders(tmp_path, monkeypatch):
    """Work in one folder beside another, each with its own here.png, the other with there.png."""
    for path in ("work/here.png", "other/here.png", "other/there.png"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "other"))
    return tmp_path


def test_a_path_comes_before_a_name_in_the_folder(two_folders):
    assert find_picture("here.png", "../other", "content_img") == Path("here.png")
    assert find_picture("there.png", "../other", "content_img") == Path("../other/there.png")


def test_a_tilde_is_the_home(two_folders):
    there = two_folders / "other/there.png"
    assert find_picture("~/there.png", "nowhere", "content_img") == there
    assert find_picture("there.png", "~", "content_img") == there


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("theer.png", r"no file theer.png, neither from here nor in ../other; did you mean 'there"),
        ("quite_different", "; check the name, or give a whole path"),
        (".", "is a folder; give a picture in it"),
        ("", "is a folder; give a picture in it"),
        ("here.png/more.png", "there is no file here.png/more.png"),
        ("~no_such_user/a.png", "there is no file ~no_such_user/a.png"),
        ("x" * 5000, "there is no file xxx"),
        ("a\0b", "there is no file"),
    ],
)
def test_a_name_that_is_no_picture(two_folders, name, message):
    with pytest.raises(StyleError, match=f"^content_img: .*{message}"):
        find_picture(name, "../other", "content_img")


# Whole files


def test_a_failure_in_the_middle_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    write_picture(path, Picture(values(noise())))
    before = path.read_bytes()

    def fail(*paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(StyleError, match=r"a.png cannot be written: No space left on device"):
        write_picture(path, Picture(values(noise()) / 2))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_in_the_middle_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    write_file(path, b"old")

    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(StyleError, match="cannot be written: No such file or directory"):
        write_file(tmp_path / "nowhere" / "a.png", b"")


def test_a_file_has_the_mode_of_any_other(tmp_path):
    write_file(tmp_path / "ours", b"")
    (tmp_path / "theirs").touch()
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("ours", "theirs")}
    assert len(modes) == 1


# Settings in a picture


@pytest.mark.parametrize(
    ("suffix", "bits"), [(suffix, 8) for suffix in WRITTEN] + [(".png", 16), (".tif", 16)]
)
def test_settings_come_back_and_the_picture_stays_readable(tmp_path, suffix, bits):
    text = "content_img: 'Zürich, 東京 🎨.jpg'\nseed: 3\n" * 50
    path = tmp_path / f"a{suffix}"
    write_picture(path, Picture(values(noise(bits=bits))), bits, text)
    assert read_settings_text(path) == text
    if suffix in (".png", ".tif", ".tiff"):
        assert np.array_equal(to_pixels(read_picture(path), bits), noise(bits=bits))
    with Image.open(path) as image:
        image.verify()  # checks every chunk's checksum


@pytest.mark.parametrize("suffix", WRITTEN)
def test_a_picture_without_settings_says_so(tmp_path, suffix):
    write_picture(tmp_path / f"a{suffix}", Picture(values(noise())))
    with pytest.raises(StyleError, match="holds no settings of neural_style"):
        read_settings_text(tmp_path / f"a{suffix}")


def test_the_comment_of_a_camera_is_no_settings(tmp_path):
    Image.fromarray(noise()).save(tmp_path / "a.jpg", comment=b"seed: 3\nby a camera")
    with pytest.raises(StyleError, match="holds no settings of neural_style"):
        read_settings_text(tmp_path / "a.jpg")


def test_settings_too_long_for_a_jpeg_are_left_out(tmp_path):
    write_picture(tmp_path / "a.jpg", Picture(values(noise())), 8, "seed: 3\n" * 9000)
    with pytest.raises(StyleError, match="holds no settings of neural_style"):
        read_settings_text(tmp_path / "a.jpg")


def test_settings_of_what_is_no_picture(tmp_path):
    (tmp_path / "a.png").write_text("seed: 3")
    with pytest.raises(StyleError, match="cannot be read as a picture"):
        read_settings_text(tmp_path / "a.png")


# Sizes and brightness


@pytest.mark.parametrize(
    ("size", "max_size", "expected"),
    [
        ((480, 640), 512, (384, 512)),
        ((640, 480), 512, (512, 384)),
        ((1000, 667), 512, (512, 341)),  # 341.504
        ((100, 101), 50, (49, 50)),  # 49.505 is cut, not rounded
        ((300, 400), 400, (300, 400)),
        ((30, 40), 400, (30, 40)),
        ((1, 1000), 100, (1, 100)),
    ],
)
def test_reduced_size_by_hand(size, max_size, expected):
    assert reduced_size(size, max_size) == expected


@given(st.tuples(st.integers(1, 20000), st.integers(1, 20000)), st.integers(16, 5000))
@settings(deadline=None, derandomize=True)
def test_reduced_size_is_never_larger_than_the_picture_or_the_limit(size, max_size):
    reduced = reduced_size(size, max_size)
    assert max(reduced) == min(max(size), max_size)
    assert min(reduced) >= 1
    scale = max(reduced) / max(size)
    for side, was in zip(reduced, size, strict=True):
        assert side == 1 or was * scale - 1 < side <= was * scale + 1e-9


def test_resize_is_by_area():
    pixels = values(noise())
    assert np.array_equal(
        resize(pixels, (3, 5)), cv2.resize(pixels, (5, 3), interpolation=cv2.INTER_AREA)
    )
    halved = pixels.reshape(3, 2, 4, 2, 3).mean((1, 3))
    assert np.allclose(resize(pixels, (3, 4)), halved, atol=1e-3)
    assert resize(pixels, SIZE) is pixels


def test_enlarge_keeps_a_slope_and_its_place():
    slope = np.tile(np.arange(8, dtype=np.float32)[None, :, None] * 10, (6, 1, 3))
    found = enlarge(slope, (12, 16))
    assert found.shape == (12, 16, 3)
    expected = (np.arange(16) + 0.5) / 2 * 10 - 5  # pixel centres
    assert np.allclose(found[5, 4:12], expected[4:12, None], atol=0.5)  # OpenCV is that far off
    assert enlarge(slope, (6, 8)) is slope


def test_luminance_by_hand():
    rgb = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [100, 100, 100]]], np.float32)
    assert np.allclose(luminance(Picture(rgb)), [[76.245, 149.685, 29.07, 100]])


def test_luminance_is_over_black(tmp_path):
    # White, black and white again, of which the half and all are clear.
    pixels = np.array([[[255] * 3 + [255], [0, 0, 0, 128], [255] * 3 + [128], [255] * 3 + [0]]])
    brightness = luminance(read_picture(pixels.astype(np.uint8)))
    assert np.allclose(brightness, [[255, 0, 128, 0]], atol=1e-3)


# What cannot be read is in test_bad_input.py.


def test_a_header_of_too_many_pixels_is_refused_before_they_are_decoded(tmp_path, monkeypatch):
    Image.fromarray(noise()).save(tmp_path / "a.png")
    monkeypatch.setattr(reading, "MAX_PIXELS", SIZE[0] * SIZE[1] - 1)
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("decoded"))
    with pytest.raises(StyleError, match=r"a.png is 8 x 6 pixels, allowed are 47 in all"):
        read_picture(tmp_path / "a.png")


def test_a_tiff_that_pillow_does_not_know_is_read_within_the_same_limit(tmp_path, monkeypatch):
    grey_and_alpha = noise(2, 16)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, grey_and_alpha, photometric="minisblack", extrasamples=["unassalpha"])
    with pytest.raises(UnidentifiedImageError):
        Image.open(path)
    picture = read_picture(path)
    assert np.allclose(picture.alpha, grey_and_alpha[..., 1] / 65535)
    over_white = 255 + (values(grey_and_alpha[..., 0]) - 255) * picture.alpha[..., None]
    assert np.allclose(picture.rgb, over_white, atol=1e-3)
    monkeypatch.setattr(reading, "MAX_PIXELS", SIZE[0] * SIZE[1] - 1)
    with pytest.raises(StyleError, match="is 8 x 6 pixels, allowed are 47 in all"):
        read_picture(path)
