"""Bad input: one line with what was received and what to do, and nothing half-written."""

from __future__ import annotations

import contextlib
import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import cv2
import h5py
import numpy as np
import pytest
import tifffile
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from neural_style.commands.main import parse
from neural_style.images import picture as images
from neural_style.images import read as reading
from neural_style.images import write as writing
from neural_style.images.read import read_picture, read_settings_text
from neural_style.networks.layers import convolutions
from neural_style.runtime.errors import StyleError
from neural_style.settings.config import FIELDS

FLAGS = ["-content_img", "a.png", "-style_imgs", "b.png", "-device", "/cpu:0"]
BAD_INPUT, BAD_FLAGS = 1, 2


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch, photograph, painting) -> None:
    """Work in a folder with a.png, a photograph, and b.png, a painting."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photograph).save("a.png")
    Image.fromarray(painting).save("b.png")


@pytest.fixture
def refused(run_cli):
    """Return a function that expects a command to be refused, and gives its exit code and line."""

    def run(*arguments: object) -> tuple[int, str]:
        before = {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.is_file()}
        code, out, err = run_cli(*FLAGS, *arguments)
        assert out == ""
        assert err.startswith("neural_style: ")
        assert err.count("\n") == 1
        after = {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.is_file()}
        assert after == before
        assert not list(Path().glob("image_output/*"))
        return code, err.removeprefix("neural_style: ").rstrip("\n")

    return run


def encoded(pixels: np.ndarray, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def noise(bits: int = 8, channels: int = 3) -> np.ndarray:
    dtype = {8: np.uint8, 16: np.uint16}[bits]
    return np.random.default_rng(0).integers(0, 2**bits, (24, 32, channels), dtype)


def deep_png() -> bytes:
    return cv2.imencode(".png", noise(16))[1].tobytes()


def deep_tiff(**options: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, noise(16), photometric="rgb", metadata=None, **options)
    return file.getvalue()


def lzw_tiff() -> bytes:
    return cv2.imencode(".tif", noise(16), [cv2.IMWRITE_TIFF_COMPRESSION, 5])[1].tobytes()


# Every kind of picture that has its own way through the reader.
WHOLE = {
    "jpg": lambda: encoded(noise(), "JPEG", exif=b"Exif\0\0II*\0" + bytes(8)),
    "png": lambda: encoded(noise(), "PNG", icc_profile=b"no profile"),
    "palette.png": lambda: encoded(noise()[..., 0] // 64, "PNG"),
    "webp": lambda: encoded(noise(), "WEBP"),
    "tif": lambda: encoded(noise(), "TIFF"),
    "lzw.tif": lambda: encoded(noise(), "TIFF", compression="tiff_lzw"),
    "deep.png": deep_png,
    "deep.tif": deep_tiff,
    "deep_lzw.tif": lzw_tiff,
    "deflate.tif": lambda: deep_tiff(compression="zlib"),
}


def huge_png(width: int, height: int) -> bytes:
    """Return a PNG whose header says that it is this large."""
    data = bytearray(encoded(noise(), "PNG"))
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


# Pictures


@pytest.mark.parametrize("flag", ["-content_img", "-style_imgs", "-init_img_type"])
def test_missing_picture(refused, flag):
    code, line = refused(flag, "nothing.png")
    assert code == BAD_INPUT
    assert "there is no file nothing.png, neither from here nor in image_input" in line
    assert line.startswith(flag.lstrip("-"))


def test_missing_picture_names_the_nearest(refused):
    Path("image_input").mkdir()
    Path("image_input/lake.jpg").touch()
    assert refused("-content_img", "lkae.jpg")[1].endswith("; did you mean 'lake.jpg'?")


def test_folder_for_a_picture(refused):
    Path("folder.png").mkdir()
    code, line = refused("-content_img", "folder.png")
    assert (code, line) == (
        BAD_INPUT,
        "content_img: folder.png is a folder; give a picture in it",
    )


def test_empty_file(refused):
    Path("empty.png").touch()
    code, line = refused("-content_img", "empty.png")
    assert code == BAD_INPUT
    assert line == "content_img: empty.png is empty (0 bytes); give a picture"


def test_text_named_png(refused):
    Path("text.png").write_text("not a picture\n" * 10)
    code, line = refused("-content_img", "text.png")
    assert code == BAD_INPUT
    assert line.startswith("content_img: text.png is not a picture that can be read; give a JPEG")


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize("part", [0.3, 0.9])
def test_truncated_picture(refused, kind, part):
    data = WHOLE[kind]()
    Path(f"cut.{kind}").write_bytes(data[: int(len(data) * part)])
    code, line = refused("-content_img", f"cut.{kind}")
    assert code == BAD_INPUT
    assert line.startswith(f"content_img: cut.{kind} ")
    assert "; give a " in line


@pytest.mark.parametrize("kind", WHOLE)
def test_whole_picture_is_read(kind):
    """What the truncated ones are cut from is fine."""
    Path(f"whole.{kind}").write_bytes(WHOLE[kind]())
    assert read_picture(f"whole.{kind}").size == (24, 32)


@pytest.mark.parametrize("flag", ["-content_img", "-style_imgs", "-init_img_type"])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 5), (15, 40)])
def test_tiny_picture(refused, flag, width, height):
    Image.new("RGB", (width, height)).save("tiny.png")
    code, line = refused(flag, "tiny.png")
    assert code == BAD_INPUT
    assert f"tiny.png is {width} x {height} pixels; each side must have at least 16" in line


def test_picture_that_becomes_tiny(refused):
    Image.new("RGB", (20, 400)).save("thin.png")
    code, line = refused("-content_img", "thin.png", "-max_size", "100")
    assert code == BAD_INPUT
    assert "20 x 400 pixels become 5 x 100 at max_size 100" in line


def test_huge_header(refused):
    Path("huge.png").write_bytes(huge_png(20000, 20000))
    code, line = refused("-content_img", "huge.png")
    assert code == BAD_INPUT
    assert "huge.png is 20000 x 20000 pixels, allowed are" in line
    assert "reduce it first" in line


def test_picture_libraries_add_no_lines_of_their_own():
    """They write past Python, so this is seen only from outside."""
    data = bytearray(WHOLE["lzw.tif"]())
    data[50:60] = b"\xff" * 10  # libtiff: Using code not yet in table
    Path("bad.tif").write_bytes(data)
    command = [sys.executable, "-m", "neural_style", *FLAGS, "-content_img", "bad.tif"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == BAD_INPUT
    assert done.stderr.startswith("neural_style: content_img: bad.tif ")
    assert done.stderr.count("\n") == 1


# Numbers, counts and layers


@pytest.mark.parametrize("flag", ["-content_weight", "-style_weight", "-tv_weight"])
@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("-5", "received -5, must be at least 0"),
        ("nan", "received nan, must be a number"),
        ("-nan", "received -nan, must be a number"),
        ("inf", "received inf, must be a number"),
        ("much", "received 'much', must be a number"),
    ],
)
def test_weight_that_is_none(refused, flag, value, message):
    assert refused(flag, value) == (BAD_FLAGS, f"{flag[1:]}: {message}")


def test_five_styles_with_two_weights(refused):
    code, line = refused("-style_imgs", *"cdef", "-style_imgs_weights", "1", "2")
    assert code == BAD_FLAGS
    assert line.startswith("style_imgs_weights: received 2 weights for 5 styles; give one for each")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-style_layers", "relu9_1"], "style_layers: layer 'relu9_1' is not in vgg19"),
        (["-content_layers", "conv42"], "did you mean 'conv4_2'?"),
        (["-network", "vgg16", "-content_layers", "conv4_4"], "not in vgg16 (vgg19 has it)"),
    ],
)
def test_unknown_layer(refused, arguments, message):
    code, line = refused(*arguments)
    assert code == BAD_FLAGS
    assert message in line
    assert "its layers are conv1_1, relu1_1, ..." in line


# Masks


@pytest.mark.parametrize("masks", [[], ["-style_mask_imgs", "a.png", "b.png"]])
def test_mask_count(refused, masks):
    code, line = refused("-style_mask", *masks)
    assert code == BAD_FLAGS
    assert f"received {len(masks[1:])} masks for 1 styles; give one for each style" in line


def test_masks_without_style_mask(refused):
    code, line = refused("-style_mask_imgs", "a.png")
    assert code == BAD_FLAGS
    assert "add -style_mask" in line


@pytest.mark.parametrize(
    ("width", "height", "colour", "message"),
    [
        (48, 40, "black", "mask.png is all black, so its style would go nowhere: paint the area"),
        (40, 40, "white", "mask.png is 40 x 40 pixels, the photograph 48 x 40: make a mask of"),
    ],
)
def test_mask_that_does_not_fit(refused, width, height, colour, message):
    Image.new("RGB", (width, height), colour).save("mask.png")
    code, line = refused("-style_mask", "-style_mask_imgs", "mask.png")
    assert code == BAD_INPUT
    assert line.startswith(f"style_mask_imgs: {message}")


@pytest.mark.parametrize(
    ("content", "style", "message"),
    [
        ("red40x40", "red32x32", "content_regions: maps/red40x40.png is 40 x 40 pixels, its pict"),
        ("red48x40", "red48x40", "style_regions: maps/red48x40.png is 48 x 40 pixels, its pictur"),
        ("a", "red32x32", "content_regions: a.png has 1"),
        ("red48x40", "blue32x32", "content_regions has the colours #ff0000, style_regions #0000ff"),
        ("red48x40", "nothing", "style_regions: there is no file nothing.png"),
    ],
)
def test_label_maps_that_do_not_fit(refused, content, style, message):
    Path("maps").mkdir()
    for name in ("red40x40", "red48x40", "red32x32", "blue32x32"):
        size = tuple(map(int, name.lstrip("redblu").split("x")))
        Image.new("RGB", size, name.rstrip("0123456789x")).save(f"maps/{name}.png")
    content, style = (
        f"maps/{name}.png" if Path(f"maps/{name}.png").exists() else f"{name}.png"
        for name in (content, style)
    )
    code, line = refused("-content_regions", content, "-style_regions", style)
    assert code == BAD_INPUT
    assert line.startswith(message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-content_regions", "a.png"], "style_regions: received 0 label maps for 1 styles"),
        (["-style_regions", "b.png"], "content_regions is missing"),
        (["-keep_background"], "keep_background: there are no masks"),
        (["-style_imgs", "c.png@m.png"], "style_imgs: received b.png without a mask"),
    ],
)
def test_regions_and_masks_that_do_not_go_together(refused, arguments, message):
    code, line = refused(*arguments)
    assert code == BAD_FLAGS
    assert line.startswith(message)


def test_missing_mask(refused):
    code, line = refused("-style_mask", "-style_mask_imgs", "nothing.png")
    assert code == BAD_INPUT
    assert line.startswith("style_mask_imgs: there is no file nothing.png")


# Where the result goes


def test_unwritable_output_folder(refused):
    code, line = refused("-img_output_dir", "a.png/out")
    assert code == BAD_INPUT
    assert line.startswith("img_output_dir: a.png/out cannot be written (Not a directory); choose")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-img_name", "x.jpg", "-bits", "16"], BAD_INPUT, "x.jpg: 16 bits need .png or .tif"),
        (["-img_name", "x.gif"], BAD_INPUT, "x.gif: pictures are written as .png, .jpg, .webp or"),
        (["-img_name", "x.y.HEIC"], BAD_INPUT, "x.y.HEIC: pictures are written as .png, .jpg"),
        (["-img_name", "x.jp2", "-transfer", "color"], BAD_INPUT, "x.jp2: pictures are written"),
        (["-img_name", "content.png"], BAD_INPUT, "img_name: received 'content.png'"),
        (["-img_name", "a/b"], BAD_FLAGS, "img_name: received 'a/b', must be a plain name"),
    ],
)
def test_name_of_the_result(refused, arguments, code, message):
    received, line = refused(*arguments)
    assert received == code
    assert message in line


# Settings from files


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed: [1", "settings.yaml is not YAML in line 1, column 9: "),
        ("contnet_weight: 5", "unknown key 'contnet_weight'; did you mean 'content_weight'?"),
        ("content_weight: heavy", "content_weight: received 'heavy', must be a number"),
        ("- 1", "settings.yaml holds no settings"),
    ],
)
def test_bad_settings(refused, text, message):
    Path("settings.yaml").write_text(text)
    code, line = refused("-config", "settings.yaml")
    assert code == BAD_FLAGS
    assert message in line


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.png", "config: a.png holds no settings of neural_style; give a result as it was"),
        ("nothing.yaml", "config: nothing.yaml does not exist; give a YAML file"),
        (".", "config: . is a folder; give a YAML file"),
        ("text.png", "config: text.png cannot be read as a picture"),
    ],
)
def test_config_without_settings(refused, name, message):
    Path("text.png").write_text("seed: 3")
    code, line = refused("-config", name)
    assert code == BAD_FLAGS
    assert line.startswith(message)


# Weights of the network


@pytest.fixture
def small_weights() -> Callable[[str, str], None]:
    """Return a function that writes a network's first block of weights."""

    def write(path: str, network: str, count: int) -> None:
        with h5py.File(path, "w") as file:
            for name, channels_in, channels_out in convolutions(network)[:count]:
                layer = name.replace("conv", "block").replace("_", "_conv")
                file[f"{layer}/{layer}/kernel:0"] = np.zeros(
                    (3, 3, channels_in, channels_out), "f4"
                )
                file[f"{layer}/{layer}/bias:0"] = np.zeros(channels_out, "f4")

    return write


def test_weights_cut_in_half(refused, small_weights):
    small_weights("whole.h5", "vgg19", 2)
    data = Path("whole.h5").read_bytes()
    Path("half.h5").write_bytes(data[: len(data) // 2])
    code, line = refused("-model_weights", "half.h5")
    assert code == BAD_INPUT
    assert f"half.h5 ({len(data) // 2} bytes) cannot be read as weights of vgg19" in line
    assert "get it again or give another" in line


def test_weights_with_missing_layers(refused, small_weights):
    small_weights("two.h5", "vgg19", 2)
    code, line = refused("-model_weights", "two.h5")
    assert code == BAD_INPUT
    assert (
        "two.h5 does not hold vgg19: for conv2_1 it has nothing, expected (3, 3, 64, 128)" in line
    )


def test_weights_of_the_other_network(refused, random_weights):
    arguments = ["-model_weights", random_weights, "-network", "vgg16"]
    code, line = refused(*arguments)
    assert code == BAD_INPUT
    assert "which vgg16 has not; it looks like vgg19: add -network vgg19" in line


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("text.h5", "text.h5 (7 bytes) cannot be read as weights of vgg19"),
        ("text.mat", "text.mat (7 bytes) cannot be read as weights of vgg19"),
        ("text.txt", "text.txt ends in '.txt', allowed are .h5, .weights.h5 and .mat"),
        ("nothing.h5", "there is no file nothing.h5; give a file that you have"),
        (".", ". is a folder; give a file"),
    ],
)
def test_weights_that_are_none(refused, name, message):
    for text in ("text.h5", "text.mat", "text.txt"):
        Path(text).write_text("weights")
    code, line = refused("-model_weights", name)
    assert code == BAD_INPUT
    assert line.startswith(f"model_weights: {message}")


def test_weights_of_the_variable(refused, monkeypatch):
    monkeypatch.setenv("NEURAL_STYLE_WEIGHTS", "from_the_variable.h5")
    code, line = refused()
    assert code == BAD_INPUT
    assert "there is no file from_the_variable.h5" in line


# Any bytes at all

BYTES = st.integers(0, 255)
EDITS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), BYTES), max_size=6)
MAGIC = [
    b"",
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"II*\0",
    b"MM\0*",
    b"RIFF\0\0\0\0WEBP",
    b"GIF89a",
    b"BM",
    b"\0\0\0\x18ftypheic",
    b"%!PS-Adobe-3.0 EPSF-3.0\n{} loop\n",
]


def is_picture_or_refused(data: bytes) -> None:
    """Read bytes; whatever is raised but a StyleError fails the test."""
    path = Path("bytes")
    path.write_bytes(data)
    # A header may say millions of pixels, which are read in seconds.
    with mock.patch.object(reading, "MAX_PIXELS", 2**20), contextlib.suppress(StyleError):
        picture = read_picture(path)
        assert picture.rgb.ndim == 3
        assert np.isfinite(picture.rgb).all()


@given(st.sampled_from(MAGIC), st.binary(max_size=200))
@settings(max_examples=150, deadline=None, derandomize=True)
@example(b"\x89PNG\r\n\x1a\n", b"")
@example(b"MM\0*", b"\0\0\0\x08")
def test_random_bytes_are_a_picture_or_refused(start, rest):
    is_picture_or_refused(start + rest)


@pytest.mark.parametrize("kind", WHOLE)
@given(in_the_header=EDITS, anywhere=EDITS, kept=st.none() | st.floats(0.01, 1))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_a_damaged_file_is_a_picture_or_refused(kind, in_the_header, anywhere, kept):
    data = bytearray(WHOLE[kind]())
    for place, value in in_the_header:
        data[int(place * 200)] = value
    for place, value in anywhere:
        data[int(place * len(data))] = value
    is_picture_or_refused(bytes(data[: int(len(data) * kept)] if kept else data))


@given(in_the_header=EDITS, kept=st.none() | st.floats(0.01, 1))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_a_damaged_result_is_settings_or_refused(in_the_header, kept):
    picture = images.Picture(noise().astype(np.float32))
    writing.write_picture("result.png", picture, settings="seed: 3\n")
    data = bytearray(Path("result.png").read_bytes())
    for place, value in in_the_header:
        data[int(place * 100)] = value
    Path("result.png").write_bytes(data[: int(len(data) * kept)] if kept else data)
    with contextlib.suppress(StyleError):
        assert isinstance(read_settings_text(Path("result.png")), str)


# Messages, whatever they repeat

LONG = {
    "letters": "x" * 10_000,
    "words": "ab " * 3_000,
    "digits": "9" * 10_000,
    "lines": "a\nb\x1b[31m" * 1_000,
}
POSITIONS = [
    *([f"-{name}", ...] for name in FIELDS),
    *(["-preset", ...], ["-config", ...], ["-no_such_flag_" + "x" * 10_000], [...]),
    *(["sheet", "-vary", ..., "1"], ["sheet", "-vary", "seed", ...]),
    *(["mask", ...], ["mask", "a.png", "-box", ...], ["mask", "a.png", "-clusters", ...]),
    *(["reconstruct", ..., "-max_size", ...], ["studio", "-port", ...]),
]


@pytest.mark.parametrize("value", LONG.values(), ids=LONG)
def test_messages_are_short_and_on_one_line(capsys, value):
    """Of each setting and each place of a flag, as far as the flags are read."""
    for position in POSITIONS:
        arguments = [value if part is ... else part for part in position]
        if not arguments[0][0].isalpha() or arguments[0] == value:
            arguments = [*FLAGS, *arguments]
        with contextlib.suppress(SystemExit):
            parse(["neural_style", *arguments])
        err = capsys.readouterr().err
        assert len(err) <= 650, position
        assert err.count("\n") == bool(err), position
        assert err.rstrip("\n").isprintable(), position


@pytest.mark.parametrize("rate", ["256", "1e10", "1e300"])
def test_learning_rate_beyond_grey_levels(refused, rate):
    code, line = refused("-optimizer", "adam", "-learning_rate", rate)
    assert code == BAD_FLAGS
    assert line.startswith("learning_rate: received ")
    assert line.endswith(", must be at most 255")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scales", "1e300"),
        ("device", "/gpu:" + "9" * 5000),
        ("max_memory", "9" * 400 + "G"),
        ("style_imgs_weights", "1e300"),
    ],
)
def test_numbers_that_are_too_large(refused, name, value):
    code, line = refused(f"-{name}", value, "-max_iterations", "1e300")
    assert code == BAD_FLAGS
    assert line.startswith(f"{name}: received ")
