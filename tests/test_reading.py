"""Reading pictures: which formats, which of several pictures, and within which memory."""

from __future__ import annotations

import logging
import os
import stat
import threading
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from neural_style.images import formats
from neural_style.images.read import Cost, Room, read_picture, read_settings_text
from neural_style.images.suffixes import NOT_WRITTEN, WRITTEN
from neural_style.runtime import memory as machine
from neural_style.runtime.errors import StyleError
from neural_style.runtime.files import write_file

RED, GREEN = (255, 0, 0), (0, 255, 0)
DATA = Path(__file__).parent / "data"
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n{} loop\n%%EOF\n"


@pytest.fixture
def lines(caplog):
    """Return a function to the lines that were logged."""
    caplog.set_level(logging.INFO, "neural_style")
    return lambda: "\n".join(caplog.messages)


def flat(colour, height=20, width=30) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def smooth(height: int, width: int, channels: int = 3) -> np.ndarray:
    """Return waves, [H, W, C], uint8, that survive being reduced."""
    y, x = np.mgrid[:height, :width]
    waves = [127 + 100 * np.sin(x / 40 + i) * np.cos(y / 50) for i in range(channels)]
    return np.stack(waves, -1).astype(np.uint8)


# Formats


def test_postscript_under_another_name_is_no_picture(tmp_path, monkeypatch):
    monkeypatch.setattr("subprocess.check_call", lambda *_, **__: pytest.fail("ran a program"))
    (tmp_path / "a.png").write_bytes(POSTSCRIPT)
    with pytest.raises(StyleError, match=r"^picture: .*a.png is not a picture that can be read"):
        read_picture(tmp_path / "a.png")
    with pytest.raises(StyleError, match="cannot be read as a picture"):
        read_settings_text(tmp_path / "a.png")


def test_no_module_opens_pictures_by_itself():
    """Image.open without a list of formats tries PostScript."""
    package = Path(formats.__file__).parent
    opening = [
        path.name
        for path in package.rglob("*.py")
        if any("Image.open(" in line and "formats=" not in line for line in path.open())
    ]
    assert opening == []


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif", "gif", "bmp", "ppm", "jp2", "tga"])
def test_formats_that_are_opened(tmp_path, suffix):
    Image.fromarray(flat((200, 40, 40))).save(tmp_path / f"a.{suffix}")
    assert np.abs(read_picture(tmp_path / f"a.{suffix}").rgb - (200, 40, 40)).max() <= 8


def test_avif_is_read(tmp_path):
    Image.fromarray(flat((200, 40, 40))).save(tmp_path / "a.avif", quality=90)
    assert np.abs(read_picture(tmp_path / "a.avif").rgb - (200, 40, 40)).max() <= 6


def test_heic_is_read_and_turned_once():
    """Its upper left quarter is red; 6 in both of its marks turns it by 90 degrees clockwise."""
    picture = read_picture(DATA / "turned.heic")
    assert picture.size == (64, 48)
    quarters = [picture.rgb[y, x] for y in (16, 48) for x in (12, 36)]
    wanted = [(40, 60, 220), (220, 40, 40), (230, 220, 60), (40, 200, 40)]
    assert np.abs(np.array(quarters) - wanted).max() <= 4


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_tiff_of_floats_is_refused(tmp_path, channels, dtype):
    kind = "minisblack" if channels == 1 else "rgb"
    pixels = np.ones((20, 30, channels), dtype).squeeze()
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric=kind)
    with pytest.raises(StyleError, match="holds floats: save it with 8 or 16 bits"):
        read_picture(tmp_path / "a.tif")


@pytest.mark.parametrize(
    "start", [b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n", b"v/1\x01\x02\0\0\0", b"PF\n3 2\n-1.0\n"]
)
def test_formats_of_floats_are_refused(tmp_path, start):
    (tmp_path / "a.hdr").write_bytes(start + bytes(100))
    with pytest.raises(StyleError, match="holds floats: save it with 8 or 16 bits"):
        read_picture(tmp_path / "a.hdr")


def test_a_tiff_of_32_bits_is_not_cut_in_silence(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.full((20, 30), 2**20, np.int32))
    with pytest.raises(StyleError, match="its pixels have 32 bits"):
        read_picture(tmp_path / "a.tif")


def test_a_picture_without_pixels_is_damaged(tmp_path):
    """The length of a TIFF's only page is of a type that does not exist, so it is 0."""
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((20, 30, 3), np.uint16), photometric="rgb")
    data = bytearray((tmp_path / "a.tif").read_bytes())
    place = data.index(b"\x01\x01\x04\x00")  # the tag's number and type
    data[place + 2] = 88
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(StyleError, match=r"a.tif is damaged .*; give a whole picture"):
        read_picture(tmp_path / "a.tif")


@pytest.mark.timeout(20)
def test_a_chain_of_pages_that_leads_back_into_itself_ends(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for level in (50, 200):
            file.write(flat([level] * 3), photometric="rgb", metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        first, second = (page.offset for page in file.pages)
    data = bytearray((tmp_path / "a.tif").read_bytes())
    link = second + 2 + 12 * int.from_bytes(data[second : second + 2], "little")
    assert data[link : link + 4] == bytes(4)  # there is no third
    for offset in (first, second):
        data[link : link + 4] = offset.to_bytes(4, "little")
        (tmp_path / "b.tif").write_bytes(data)
        picture = read_picture(tmp_path / "b.tif")
        assert picture.size == (20, 30)
        assert picture.rgb.max() == 50


@pytest.mark.shared
@pytest.mark.parametrize("name", ["zero_mask.tif", "eps_loop.png", "clear.png"])
def test_what_went_wrong_is_refused(shared, name):
    with pytest.raises(StyleError, match=r"is damaged|is not a picture|is transparent everywhere"):
        read_picture(shared / "faults" / name)


# Transparency and arrays


def test_what_is_transparent_everywhere_is_refused(tmp_path):
    clear = np.zeros((20, 30, 4), np.uint8)
    Image.fromarray(clear).save(tmp_path / "a.png")
    for source in (tmp_path / "a.png", clear):
        with pytest.raises(StyleError, match=r"^style_imgs\[1\]: .* is transparent everywhere"):
            read_picture(source, "style_imgs[1]")
    clear[3, 3, 3] = 9
    assert read_picture(clear).alpha.max() > 0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_up_to_one_are_refused(dtype):
    for array in (np.linspace(0, 1, 600).reshape(20, 30), np.eye(20), np.full((9, 9, 3), 0.5)):
        with pytest.raises(StyleError, match=r"as if white were 1, .*: multiply by 255"):
            read_picture(array.astype(dtype))
    assert read_picture(np.zeros((20, 30), dtype)).rgb.max() == 0


def test_floats_a_little_out_of_range_are_cut():
    picture = read_picture(np.array([[-0.0009, 7, 255.0009]]))
    assert picture.rgb[0, :, 0].tolist() == [0, 7, 255]
    for array in ([[-0.002, 7.0]], [[7.0, 255.002]]):
        with pytest.raises(StyleError, match=r"floats must be in \[0, 255\]$"):
            read_picture(np.array(array))


@given(st.floats(-0.01, 256), st.floats(0, 1))
@settings(deadline=None, derandomize=True)
def test_any_floats_are_a_picture_in_range_or_refused(most, share):
    array = np.array([[most, most * share]], np.float32)
    try:
        rgb = read_picture(array).rgb
    except StyleError:
        assert most <= 1.002 or most > 255.0009
    else:
        assert 0 <= rgb.min() <= rgb.max() <= 255


# Files of several pictures


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "avif"])
def test_of_an_animation_it_is_the_first_and_a_line_says_so(tmp_path, suffix, lines):
    frames = [Image.fromarray(flat(colour)) for colour in (RED, GREEN, RED)]
    path = tmp_path / f"a.{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    picture = read_picture(path, "content_img")
    assert picture.rgb[5, 5, 0] > 250
    assert picture.rgb[5, 5, 1] < 5
    assert lines() == f"content_img: {path} holds 3 pictures, of which number 1 is taken"


def test_of_several_sizes_it_is_the_largest(tmp_path, lines):
    small, large = Image.fromarray(flat(RED)), Image.fromarray(flat(GREEN, 40, 60))
    small.save(tmp_path / "a.tif", save_all=True, append_images=[large, large])
    small.save(tmp_path / "a.mpo", save_all=True, append_images=[large])
    for name, count in (("a.tif", 3), ("a.mpo", 2)):
        picture = read_picture(tmp_path / name)
        assert picture.size == (40, 60)
        assert picture.rgb[5, 5, 1] > 250
        assert f"{name} holds {count} pictures, of which number 2 is taken" in lines()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_thumbnail_does_not_count(tmp_path, dtype, lines):
    """Also where it is larger than what it is a copy of, and with 16 bits."""
    unit = np.iinfo(dtype).max // 255
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(flat(RED, 80, 90).astype(dtype) * unit, photometric="rgb", subfiletype=1)
        file.write(flat((1, 200, 3)).astype(dtype) * unit + (unit > 1), photometric="rgb")
    picture = read_picture(tmp_path / "a.tif")
    assert picture.size == (20, 30)
    np.testing.assert_allclose(picture.rgb[0, 0], np.array([1, 200, 3]) + (unit > 1) / 257)
    assert "holds 2 pictures, of which number 2 is taken" in lines()


def test_of_a_raw_file_the_thumbnail_is_not_painted(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.dng") as file:
        file.write(flat(RED), photometric="rgb", subfiletype=1, subifds=1)
        file.write(np.ones((40, 60), np.uint16), photometric="cfa", extratags=[])
    with pytest.raises(StyleError, match=r"is a camera's raw file, .*: develop it"):
        read_picture(tmp_path / "a.dng")


def test_one_picture_makes_no_line(tmp_path, lines):
    for suffix in ("gif", "tif", "png", "jpg"):
        Image.fromarray(flat(RED)).save(tmp_path / f"a.{suffix}")
        read_picture(tmp_path / f"a.{suffix}")
    assert lines() == ""


# Memory


def test_what_fits_is_not_reduced():
    assert Room(None, 10).reduction((1000, 1000), Cost(20, 5)) == 1
    assert Room(20 * 10**6, 10).reduction((1000, 1000), Cost(20, 5)) == 1


def test_what_does_not_fit_is_reduced_as_little_as_will_do():
    # 5 MB to decode, and 20 / 4 or 20 / 16 for the picture.
    assert Room(10 * 10**6, 10).reduction((1000, 1000), Cost(20, 5)) == 2
    assert Room(9 * 10**6, 10).reduction((1000, 1000), Cost(20, 5)) == 4
    assert Room(9 * 10**6, 251).reduction((1000, 1000), Cost(20, 5)) == 0
    assert Room(9 * 10**6, None).reduction((1000, 1000), Cost(20, 5)) == 0
    assert Room(4 * 10**6, 1).reduction((1000, 1000), Cost(20, 5)) == 0
    # A JPEG's decoder takes a quarter of it, too.
    assert Room(7 * 10**6, 10).reduction((1000, 1000), Cost(20, 5, True)) == 2
    assert Room(7 * 10**6, 10).reduction((1000, 1000), Cost(20, 5, True, 6)) == 8


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 10**9), st.integers(1, 600))
@settings(deadline=None, derandomize=True)
def test_a_reduction_keeps_what_is_needed_and_fits(height, width, most, needed):
    factor = Room(most, needed).reduction((height, width), Cost(20, 5))
    assert factor <= 1 or max(height, width) // factor >= needed
    if factor > 1:
        assert height * width * (5 + 20 / factor**2) <= most < 20 * height * width


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tif"])
def test_a_large_picture_is_reduced_while_it_is_read(tmp_path, suffix, channels, lines):
    pixels = smooth(600, 800, 3 if suffix == "jpg" else channels)
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(pixels).save(path, quality=95)
    whole = read_picture(path).rgb
    a_pixel = 22.9 if suffix == "webp" or pixels.shape[-1] == 4 else 11
    picture = read_picture(path, "content_img", int(600 * 800 * a_pixel), 400)
    assert picture.size == (300, 400)
    reference = whole.reshape(300, 2, 400, 2, 3).mean((1, 3))
    assert np.abs(picture.rgb - reference).mean() < 1.5
    assert f"{path} was reduced to 400 x 300 pixels while it was read" in lines()


def test_16_bits_are_reduced_as_such(tmp_path, lines):
    pixels = smooth(600, 800).astype(np.uint16) * 257 + 100
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb")
    picture = read_picture(tmp_path / "a.tif", "content_img", 600 * 800 * 26, 1)
    assert picture.size == (150, 200)
    reference = read_picture(tmp_path / "a.tif").rgb.reshape(150, 4, 200, 4, 3).mean((1, 3))
    np.testing.assert_allclose(picture.rgb, reference, atol=1 / 128)
    assert "was reduced to 200 x 150" in lines()


def test_what_does_not_fit_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    Image.new("L", (4096, 4096)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("decoded"))
    message = (
        "^content_img: .*a.png is 4096 x 4096 pixels, to read it takes 272M of memory, and 50M "
        "are left: reduce it first, or raise max_memory$"
    )
    with pytest.raises(StyleError, match=message):
        read_picture(tmp_path / "a.png", "content_img", 50 * 2**20, 512)


def test_what_is_left_of_the_memory(monkeypatch):
    monkeypatch.setattr(machine, "taken", lambda: 2**28)
    assert machine.left(2**30) == 2**30 - 2**28
    assert machine.left(2**20) == machine.LEAST_LEFT
    monkeypatch.setattr(machine, "allowed", lambda: None)
    assert machine.left() is None


# Files


def test_endings_are_not_both():
    assert not set(WRITTEN) & set(NOT_WRITTEN)


def test_the_umask_is_not_touched(tmp_path, monkeypatch):
    """Another thread would make files that all may write."""
    before = os.umask(0o027)
    try:
        monkeypatch.setattr(os, "umask", lambda mask: pytest.fail("changed"))
        thread = threading.Thread(target=write_file, args=(tmp_path / "a", b""))
        thread.start()
        thread.join()
    finally:
        monkeypatch.undo()
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_pixels_beyond_the_end_of_the_file_are_not_waited_for(tmp_path):
    """A strip that is said to lie 4 GB further on: nothing is to be allocated up to there."""
    path = tmp_path / "a.tif"
    pixels = np.random.default_rng(0).integers(0, 255, (40, 30, 3), np.uint8)
    tifffile.imwrite(path, pixels, photometric="rgb", rowsperstrip=10)
    with tifffile.TiffFile(path) as file:
        offsets = file.pages[0].tags["StripOffsets"]
        place, last = offsets.valueoffset + 4, offsets.value[1]
    data = path.read_bytes()
    assert data[place : place + 4] == last.to_bytes(4, "little")
    path.write_bytes(data[:place] + (2**32 - 1).to_bytes(4, "little") + data[place + 4 :])
    with pytest.raises(
        StyleError, match="cannot be read: it ends before its pixels do; give a whol"
    ):
        read_picture(path)
