"""Visitors' folders: what is kept, what is refused, and that nothing outside is ever touched."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from PIL import Image

from neural_style import Config, StyleError
from neural_style.images.picture import Picture
from neural_style.images.read import read_picture
from neural_style.images.write import write_picture
from neural_style.studio.settings import Settings
from neural_style.studio.visitors import Visitors

DATA = Path(__file__).resolve().parent.parent / "data"
ANN, BOB = "ann" * 10, "bob" * 10
GREY = np.full((20, 24, 3), 100, np.uint8)


@pytest.fixture
def visitors(tmp_path) -> Visitors:
    return Visitors(tmp_path / "studio", Settings())


def encoded(kind: str, level: int = 100, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full_like(GREY, level)).save(file, kind, **options)
    return file.getvalue()


@pytest.fixture
def keep(visitors, tmp_path):
    """Return a function that uploads bytes under a name."""

    def upload(data: bytes, name: str, token: str = ANN) -> Path:
        path = tmp_path / "uploaded"
        path.write_bytes(data)
        return visitors.keep_picture(token, path, name)

    return upload


def paint(visitors: Visitors, token: str, name: str = "result", size: int = 0) -> Path:
    """Write a result as a painter does, of so many more bytes; return the picture."""
    folder = visitors.new_folder(token) / name
    folder.mkdir()
    config = Config(content_img="lake.png", style_imgs=["ink.png"])
    write_picture(folder / f"{name}.png", Picture(GREY.astype(np.float32)), 8, config.to_yaml())
    (folder / "config.yaml").write_text(config.to_yaml())
    (folder / "content.png").write_bytes(encoded("PNG") + bytes(size))
    return folder / f"{name}.png"


# Pictures


@pytest.mark.parametrize(
    ("kind", "name", "kept"),
    [
        ("PNG", "lake.png", "lake.png"),
        ("JPEG", "Lake at dawn.JPG", "Lake_at_dawn.jpg"),
        ("JPEG", "lake.jpeg", "lake.jpeg"),
        ("JPEG", "lake.png", "lake.jpg"),  # as its content is
        ("PNG", "lake", "lake.png"),
        ("WEBP", "C:\\Users\\ann\\lake.webp", "lake.webp"),
        ("TIFF", "../../lake.tif", "lake.tif"),
        ("BMP", "lake.v2.bmp", "lake.v2.bmp"),
        ("GIF", ".gif", "picture.gif"),
        ("AVIF", "lake.avif", "lake.avif"),
        ("AVIF", "lake.heic", "lake.avif"),
        ("PNG", "...png", "picture.png"),
        ("PNG", "see \u00e4\u6e56@mask:0.5.png", "see_\u00e4\u6e56_mask_0.5.png"),
        ("PNG", "a\0b.png", "a_b.png"),
        ("PNG", "-flag.png", "flag.png"),
    ],
)
def test_pictures_are_kept_under_plain_names(keep, visitors, kind, name, kept):
    path = keep(encoded(kind), name)
    assert path.name == kept
    assert visitors.pictures(ANN) == [path]
    assert read_picture(path).size == (20, 24)


def test_the_same_content_is_kept_once_and_another_beside_it(keep, visitors):
    first = keep(encoded("PNG"), "lake.png")
    assert keep(encoded("PNG"), "lake.png") == first
    assert keep(encoded("PNG"), "other.png") == first
    second = keep(encoded("PNG", 7), "lake.png")
    third = keep(encoded("PNG", 8), "LAKE.png")
    assert (second.name, third.name) == ("lake_2.png", "LAKE_3.png")
    assert len(visitors.pictures(ANN)) == 3
    assert keep(encoded("PNG"), "lake.png", BOB) != first


def test_a_telephones_jpeg_of_two_pictures(keep):
    two = [Image.fromarray(GREY), Image.fromarray(GREY)]
    file = io.BytesIO()
    two[0].save(file, "MPO", save_all=True, append_images=two[1:])
    assert keep(file.getvalue(), "lake.jpg").name == "lake.jpg"


@pytest.mark.parametrize(
    ("name", "kept"),
    [("IMG_1.HEIC", "IMG_1.heic"), ("lake.heif", "lake.heif"), ("lake.jpg", "lake.heic")],
)
def test_a_telephones_heic(keep, name, kept):
    path = keep((DATA / "turned.heic").read_bytes(), name)
    assert path.name == kept
    assert read_picture(path).size == read_picture(DATA / "turned.heic").size


def test_a_heic_that_shows_a_part_of_too_many_pixels(keep):
    data = (DATA / "turned.heic").read_bytes()
    size = struct.pack(">4xII", 64, 64)  # of which it shows 64 x 48
    assert data.count(b"ispe" + size) == 1
    large = data.replace(size, struct.pack(">4xII", 9000, 8000))
    with pytest.raises(StyleError, match="9000 x 8000 pixels, allowed are 40 million"):
        keep(large, "lake.heic")


def test_painted_masks(visitors):
    mask = np.zeros((20, 24), np.uint8)
    mask[3:9] = 255
    path = visitors.keep_array(ANN, mask, "lake mask")
    assert path.name == "lake_mask.png"
    np.testing.assert_array_equal(read_picture(path).rgb[..., 0], mask)
    with pytest.raises(StyleError, match="has 9000 x 9000 pixels"):
        visitors.keep_array(ANN, np.zeros((9000, 9000), np.uint8), "large")


def bomb(width: int, height: int, depth: int = 8, color: int = 2) -> bytes:
    """Return a PNG of a few bytes whose header says that it is large."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("lake.png", encoded("PNG"))
    return file.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a picture"),
        (b"hello", "not a picture"),
        (SVG, "not a picture"),
        (b"<!doctype html><script>alert(1)</script>", "not a picture"),
        (zipped(), "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),  # runs programs
        (b"P6 20 20 255\n" + bytes(1200), "not a picture"),
        (encoded("TGA"), "not a picture"),  # which is read elsewhere
        ((DATA / "turned.heic").read_bytes()[:300], "not a picture"),
        (encoded("PNG")[:20], "not a picture"),
        (bomb(30000, 30000), "has 30000 x 30000 pixels, allowed are 40 million in all"),
        (bomb(2**31 - 1, 2**31 - 1), "has 2147483647 x 2147483647 pixels"),
        (encoded("PNG") + bytes(20_000_001), "the file has 20.0 MB, allowed are 20"),
    ],
)
def test_what_is_no_picture_or_too_large(keep, visitors, tmp_path, data, said):
    with pytest.raises(StyleError, match=said) as refusal:
        keep(data, "lake.png")
    assert "\n" not in str(refusal.value)
    assert str(tmp_path) not in str(refusal.value)
    assert visitors.pictures(ANN) == []


NAMES = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(["..", "/", "\\", ".", "\0", "~", "a", "png", "\n", ":", "%2e"])).map(
        "".join
    ),
)


@limits(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(name=NAMES, token=st.text(min_size=16, max_size=60))
@example(name="../" * 40 + "etc/passwd", token=ANN)
@example(name="/etc/passwd", token="../" * 10)
@example(name="x" * 10_000, token="/" * 16)
@example(name="\u202egnp.exe", token="\0" * 16)
@example(name="\ud800.png", token="\ud800" * 16)
def test_whatever_the_names_are_nothing_leaves_the_visitors_folder(visitors, tmp_path, name, token):
    (tmp_path / "uploaded").write_bytes(encoded("PNG"))
    path = visitors.keep_picture(token, tmp_path / "uploaded", name)
    assert path.parent == visitors.folder(token) / "pictures"
    assert path.parent.resolve().is_relative_to((tmp_path / "studio").resolve())
    assert path.is_file()
    assert path.suffix == ".png"
    assert not path.name.startswith((".", "-"))
    assert len(os.fsencode(path.name)) < 100
    assert token not in str(path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["studio", "uploaded"]
    with pytest.raises(StyleError):
        visitors.package(token, Path(name))


@pytest.mark.parametrize("token", ["", "short", "x" * 201, None, 7])
def test_tokens_that_are_none(visitors, token):
    with pytest.raises(StyleError, match="load the page again"):
        visitors.pictures(token)


def test_a_config_of_other_files_is_refused(visitors, keep, tmp_path):
    lake = keep(encoded("PNG"), "lake.png")
    ink = keep(encoded("PNG", 3), "ink.png")
    theirs = keep(encoded("PNG", 4), "theirs.png", BOB)
    good = {"content_img": lake, "style_imgs": [ink]}
    visitors.check(ANN, Config(**good))
    visitors.check(ANN, Config(**good, init_img_type="random"))
    for name, value in [
        ("content_img", "lake.png"),  # would be looked for elsewhere
        ("content_img", theirs),
        ("content_img", "/etc/passwd"),
        ("content_img", f"{lake.parent}/../pictures/lake.png"),
        ("style_imgs", [tmp_path / "uploaded"]),
        ("init_img_type", theirs),
        ("content_img", np.zeros((20, 20), np.uint8)),
    ]:
        with pytest.raises(StyleError, match=f"{name}: there is no such picture of yours"):
            visitors.check(ANN, Config(**(good | {name: value})))


# Results


def test_results_are_the_newest_first_and_stay(visitors, tmp_path):
    paths = [paint(visitors, ANN), paint(visitors, ANN, "lake"), paint(visitors, ANN)]
    for k, path in enumerate(paths):
        os.utime(path, (1000 + k, 1000 + k))
    assert visitors.results(ANN) == paths[::-1]
    assert visitors.results(BOB) == []
    again = Visitors(tmp_path / "studio", Settings())
    assert again.results(ANN) == paths[::-1]
    assert again.new_folder(ANN).name == "0004"


def test_a_package_makes_the_picture_again(visitors, keep):
    lake, _ = keep(encoded("PNG"), "lake.png"), keep(encoded("PNG", 3), "other.png")
    keep(encoded("PNG", 9), "ink.png")
    result = paint(visitors, ANN)
    with zipfile.ZipFile(visitors.package(ANN, result)) as package:
        assert package.namelist() == ["result.png", "config.yaml", "lake.png", "ink.png"]
        assert package.read("lake.png") == lake.read_bytes()
    assert visitors.results(ANN) == [result]
    with pytest.raises(StyleError, match="no such result of yours"):
        visitors.package(BOB, result)
    with pytest.raises(StyleError, match="no such result of yours"):
        visitors.package(ANN, result.with_name("config.yaml"))


def test_links_are_not_followed(visitors, keep, tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(encoded("PNG"))
    path = keep(encoded("PNG", 3), "lake.png")
    link = path.parent / "link.png"
    link.symlink_to(secret)
    result = paint(visitors, ANN)
    (result.parent.parent.parent / "0009").symlink_to(tmp_path)
    assert visitors.pictures(ANN) == [path]
    assert visitors.results(ANN) == [result]
    with pytest.raises(StyleError, match="no such picture"):
        visitors.check(ANN, Config(content_img=link, style_imgs=[path]))


# Disk


def taken(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def small(tmp_path) -> Visitors:
    """Visitors who may take 10 MB, 2.5 each."""
    return Visitors(tmp_path / "studio", Settings(most_disk=10))


def uploaded(visitors: Visitors, number: int, size: int = 1_000_000) -> Path:
    path = visitors.place / "cache" / f"{number:064x}" / "lake.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(encoded("PNG", number) + bytes(size))
    os.utime(path, (1000 + number, 1000 + number))
    return path


def test_the_oldest_results_make_room_for_a_result_and_for_nothing_else(small):
    tokens = [name * 10 for name in ("ann", "bob", "cat", "dan")]
    results = [paint(small, token, size=2_300_000) for token in tokens]
    for k, path in enumerate(results):
        os.utime(path.parent.parent, (1000 + k, 1000 + k))
    with pytest.raises(StyleError, match=r"there is no room left: .* may take 10 MB"):
        small.reserve("address 1", 2_400_000)
    assert all(path.exists() for path in results)
    running = {results[0].parent.parent}
    small.make_room("eve" * 10, running)
    assert [path.exists() for path in results] == [True, False, True, True]
    small.release(small.reserve("address 1", 2_400_000))


def test_a_visitor_who_has_too_much_loses_their_own(small, tmp_path):
    results = [paint(small, token, size=1_100_000) for token in (BOB, ANN, ANN)]
    for k, path in enumerate(results):
        os.utime(path.parent.parent, (1000 + k, 1000 + k))
    source = tmp_path / "uploaded"
    source.write_bytes(encoded("PNG") + bytes(1_200_000))
    small.keep_picture(ANN, source, "lake.png")
    assert [path.exists() for path in results] == [True, False, True]
    with pytest.raises(StyleError, match=r"a visitor's pictures may take 2\.5 MB"):
        small.reserve(ANN, 2_600_000)
    assert [path.exists() for path in results] == [True, False, True]


def test_uploads_that_nobody_uses_go_first_and_the_oldest_of_them(small, tmp_path):
    page = uploaded(small, 99)
    small.spare()
    uploads = [uploaded(small, k) for k in range(5)]
    kept = small.keep_picture(ANN, uploads[0], "lake.png")
    assert kept.samefile(uploads[0])  # which takes no room twice
    result = paint(small, BOB, size=2_000_000)
    small.release(small.reserve("address 1", 2_400_000))
    assert [path.exists() for path in uploads] == [True, False, True, True, True]
    small.reserve("address 2", 2_400_000)
    small.release(small.reserve("address 3", 2_000_000, {uploads[2]}))  # in use
    assert [path.exists() for path in uploads] == [True, False, True, False, False]
    small.reserve("address 3", 2_400_000)
    small.reserve("address 4", 1_500_000)
    assert [path.exists() for path in uploads] == [False] * 5
    assert not kept.exists()  # no result was made of it
    assert page.exists()
    assert result.exists()
    assert taken(small.place) <= 10_000_000


def test_pictures_that_results_were_made_of_and_files_of_others_stay(small):
    source = uploaded(small, 1, 2_000_000)
    kept = small.keep_picture(ANN, source, "lake.png")
    result = paint(small, ANN)  # made of lake.png
    other = small.place / "mine" / "pictures" / "cat.png"
    other.parent.mkdir(parents=True)
    other.write_bytes(bytes(6_000_000))
    with pytest.raises(StyleError, match="no room left"):
        small.reserve("address 1", 2_400_000)
    assert all(path.exists() for path in (kept, result, other))


def test_what_is_on_its_way_counts_before_it_is_there(small):
    tickets = [small.reserve(f"address {k}", 2_400_000) for k in range(4)]
    with pytest.raises(StyleError, match="no room left"):
        small.reserve("address 9", 2_400_000)
    with pytest.raises(StyleError, match="no room left for you"):
        small.reserve("address 1", 200_000)
    for ticket in tickets:
        small.release(ticket)
    small.reserve("address 9", 2_400_000)


# Memory


@pytest.mark.parametrize(
    ("kind", "depth", "color", "side", "is_allowed"),
    [
        ("rgb", 8, 2, 6000, True),
        ("rgb, 16 bits", 16, 2, 6000, False),
        ("rgb, 16 bits", 16, 2, 4400, True),
        ("alpha", 8, 6, 6000, False),
        ("alpha", 8, 6, 5400, True),
        ("alpha, 16 bits", 16, 6, 4400, False),
        ("grey, 16 bits", 16, 0, 6000, False),
        ("grey", 8, 0, 6000, True),
    ],
)
def test_bits_and_transparency_count_as_memory(keep, kind, depth, color, side, is_allowed):
    data = bomb(side, side, depth, color)
    if is_allowed:
        assert keep(data, "lake.png").exists()
    else:
        with pytest.raises(StyleError, match=r"allowed with 16 bits or transparency are \d+"):
            keep(data, "lake.png")


def test_every_page_of_a_file_counts(keep, tmp_path):
    pages = [Image.new("L", (20, 20)), Image.new("L", (7000, 7000))]
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    with pytest.raises(StyleError, match="7000 x 7000 pixels, allowed are 40 million"):
        keep(file.getvalue(), "lake.tif")


def test_messages_about_the_disk_name_no_folder(keep, visitors, monkeypatch):
    def full(path):
        raise StyleError(f"{path} cannot be written: No space left on device")

    monkeypatch.setattr("neural_style.studio.visitors.replacing", full)
    with pytest.raises(StyleError, match=r"^the picture cannot be kept: the server's disk"):
        keep(encoded("PNG"), "lake.png")
