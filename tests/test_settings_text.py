"""Settings from anybody's text: settings, or one sentence, and soon."""

import os
import time
from pathlib import Path

import pytest

from neural_style import Config, StyleError
from neural_style.settings.config import FIELDS
from neural_style.settings.files import load_settings
from neural_style.settings.text import parse, read_text

LONG = "x" * 10_000


def test_plain_settings():
    assert parse("seed: 3\nstyle_imgs: [a.jpg, b.jpg]\nquiet: true\nstrength:", "x") == {
        "seed": 3,
        "style_imgs": ["a.jpg", "b.jpg"],
        "quiet": True,
        "strength": None,
    }
    assert parse("", "x") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('img_name: "\\UFFFFFFFF"', "is not YAML"),
        ("seed: 2020-13-45", "is not YAML"),
        ("seed: " + "1" * 5000, "is not YAML"),
        ("seed: 1\nseed: 2", "is not YAML in line 2"),
        ("seed: 1\n---\nseed: 2", "is not YAML"),
        ("img_name: a\0b", "is not YAML"),
        ("a: !!python/object/apply:os.system [ls]", "is not YAML"),
        ("[" * 100_000, "lists in lists"),
        ("- " * 50_000, "lists in lists"),
        ("a:\n" * 20_000, "more than 2000 names, values and brackets"),
        (f"a: &a [{LONG}]\nb: [*a, *a]", r"an alias \(\*a\) in line 2"),
        ("x" * 2**20, "more than 131072 characters"),
        ("seed: 2020-01-01", r"has for 'seed' datetime.*allowed are text"),
        ("img_name: !!binary aGk=", "allowed are text"),
        ("seed: {a: 1}", "allowed are text"),
        ("style_imgs: [a, [b]]", "allowed are text"),
        ("- 1", "holds no settings"),
    ],
)
def test_bad_text_is_refused_in_one_line_and_soon(text, message):
    began = time.perf_counter()
    with pytest.raises(StyleError, match=f"^config: x.yaml .*{message}") as error:
        parse(text, "x.yaml")
    assert time.perf_counter() - began < 5
    assert len(str(error.value)) <= 600
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1: 2", "unknown key 1"),
        ("? [a]\n: 1", "unknown key"),
        (f"? 0x{'f' * 6000}\n: 1", "unknown key a number of thousands of digits"),
        ("'a\\nb': 1", "unknown key"),
    ],
)
def test_unknown_keys_of_any_kind(tmp_path, text, message):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(StyleError, match=message):
        load_settings(tmp_path / "a.yaml", FIELDS)


@pytest.mark.parametrize("name", ["seed", "quiet", "img_name", "content_img", "max_memory"])
@pytest.mark.parametrize("value", ["0x" + "f" * 6000, ".nan", '"a\\0b"', '"\\ud800"', f'" {LONG}"'])
def test_values_that_no_setting_has_are_refused_in_one_short_line(name, value):
    settings = {"content_img": "a", "style_imgs": "b"} | parse(f"{name}: {value}", "x")
    if LONG in value and name in ("img_name", "content_img"):
        assert Config(**settings)  # its name is too long for the disk, which is found out later
        return
    with pytest.raises(StyleError, match=rf"^{name}: received ") as error:
        Config(**settings)
    assert len(str(error.value)) <= 600
    assert str(error.value).isprintable()


@pytest.mark.parametrize("source", ["", " "])
def test_no_name(source):
    with pytest.raises(StyleError, match=r"^config: a name is missing; give a YAML file"):
        load_settings(source, FIELDS)


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")  # a plain open would wait for ever
    for path in (tmp_path / "pipe.yaml", Path("/dev/zero")):
        with pytest.raises(StyleError, match=f"^config: {path} is not a file; give a YAML file"):
            load_settings(path, FIELDS)


def test_a_text_that_is_not_utf_8(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"img_name: caf\xe9")
    with pytest.raises(StyleError, match=r"a\.yaml cannot be read as text .*in UTF-8"):
        read_text(tmp_path / "a.yaml")
