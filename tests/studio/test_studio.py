"""Whose pictures are whose, and what a browser is shown of them."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from stand_ins import ADA, BEN, make_studio, upload

from neural_style.runtime.errors import StyleError
from neural_style.settings.config import Config
from neural_style.studio.jobs import Progress
from neural_style.studio.studio import COOKIE, Studio, visitor_of


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return make_studio(tmp_path)


def test_uploads_and_samples_are_kept_among_the_visitors_own(studio):
    for path in (upload(studio), str(studio.samples / "lake.jpg")):
        kept = Path(studio.keep(ADA, path))
        assert kept.name == Path(path).name
        assert kept.read_bytes() == Path(path).read_bytes()
        assert studio.visitors.folder(ADA) in kept.parents


@pytest.mark.parametrize("path", ["/etc/passwd", "", None, "{folder}/../secret.png", "{other}"])
def test_what_was_not_uploaded_is_refused(studio, tmp_path, path):
    Image.new("RGB", (20, 20)).save(tmp_path / "secret.png")
    other = studio.visitors.keep_array(BEN, np.zeros((9, 9, 3), np.uint8), "theirs.png")
    path = path and path.format(folder=studio.cache.parent, other=other)
    with pytest.raises(StyleError, match="not uploaded"):
        studio.keep(ADA, path)


def test_a_link_out_of_the_uploads_is_no_upload(studio, tmp_path):
    Image.new("RGB", (20, 20)).save(tmp_path / "secret.png")
    (studio.cache / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(StyleError, match="not uploaded"):
        studio.keep(ADA, str(studio.cache / "link.png"))


def test_an_upload_that_is_gone_is_asked_for_again(studio):
    path = upload(studio)
    Path(path).unlink()
    with pytest.raises(StyleError, match=r"me\.png is not on the server any more: upload it again"):
        studio.keep(ADA, path)


def test_a_copy_to_be_seen_takes_no_room_and_is_the_newest(studio):
    kept = Path(studio.keep(ADA, upload(studio)))
    seen = Path(studio.public_copy(kept))
    assert studio.cache in seen.parents
    assert seen.samefile(kept)
    assert studio.public_copy(kept) == str(seen)
    kept.unlink()
    Image.new("RGB", (20, 20), "green").save(kept)
    again = Path(studio.public_copy(kept))
    assert again != seen
    assert again.read_bytes() == kept.read_bytes()


def test_an_array_is_kept_and_may_be_shown(studio):
    copy = Path(studio.public_array(ADA, np.full((9, 8, 3), 7, np.uint8), "mask.png"))
    assert copy.name == "mask.png"
    assert studio.cache in copy.parents
    assert (np.asarray(Image.open(copy)) == np.full((9, 8, 3), 7)).all()
    (kept,) = studio.visitors.pictures(ADA)
    assert copy.samefile(kept)


def test_a_photograph_for_masks(studio):
    photograph = studio.photograph(ADA, upload(studio))
    assert photograph.name == "me.png"
    assert studio.visitors.folder(ADA) in photograph.parents
    with pytest.raises(StyleError, match="Photograph: there is none yet"):
        studio.photograph(ADA, None)


def test_only_pictures_of_ones_own_are_painted(studio):
    mine, theirs = studio.keep(ADA, upload(studio)), studio.keep(BEN, upload(studio))
    studio.submit(ADA, Config(content_img=mine, style_imgs=[mine]))
    with pytest.raises(StyleError, match="no such picture of yours"):
        studio.submit(ADA, Config(content_img=mine, style_imgs=[theirs]))
    assert len(studio.desk.submitted) == 1


def test_to_go_on_there_must_be_a_picture_that_was_stopped(studio):
    with pytest.raises(StyleError, match="there is no picture that was stopped"):
        studio.go_on(ADA)
    mine = studio.keep(ADA, upload(studio))
    job = studio.submit(ADA, Config(content_img=mine, style_imgs=[mine]))
    with pytest.raises(StyleError, match="there is no picture that was stopped"):
        studio.go_on(ADA)
    job.progress = Progress(state="stopped", result=Path("x.png"))
    studio.go_on(ADA)
    again = studio.desk.submitted[1]
    assert (again.visitor, again.config) == (ADA, job.config)
    assert (again.folder, again.resume) == (job.folder, True)


def test_names_are_found_among_ones_own_before_the_samples(studio):
    assert studio.find(ADA)("lake.jpg") == studio.samples / "lake.jpg"
    mine = studio.visitors.keep_array(ADA, np.zeros((9, 9, 3), np.uint8), "lake.png")
    assert studio.find(ADA)("lake.png") == mine
    assert studio.find(BEN)("lake.png") is None
    assert studio.find(ADA)("../samples/lake.jpg") is None


@pytest.mark.parametrize(
    ("cookies", "session", "token"),
    [
        ({COOKIE: ADA}, "s" * 20, ADA),
        ({COOKIE: "short"}, "s" * 20, "s" * 20),
        ({COOKIE: "A/../" + "a" * 27}, "s" * 20, "s" * 20),
        ({}, "s" * 20, "s" * 20),
    ],
)
def test_who_asks(cookies, session, token):
    assert visitor_of(SimpleNamespace(cookies=cookies, session_hash=session)) == token


def test_who_has_no_name_gets_one():
    request = SimpleNamespace(cookies={}, session_hash=None)
    assert visitor_of(request) != visitor_of(request)
