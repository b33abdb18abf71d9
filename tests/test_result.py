"""The result's folder: its name, what is in it, and what is not left behind."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neural_style.images.picture import Picture
from neural_style.images.read import read_picture, read_settings_text
from neural_style.optimizers.step import Step
from neural_style.runtime.errors import StyleError
from neural_style.settings.config import Config
from neural_style.transfer import record
from neural_style.transfer.result import Result, ResultFolder, history_csv

HALF = ".neural_style-0123456789abcdef.part"  # as a kill leaves it
GREY = Picture(np.full((20, 24, 3), 100, np.float32))


def config_for(folder: Path, **given: object) -> Config:
    return Config(content_img="a.png", style_imgs="b.png", img_output_dir=folder, **given)


def result_of(config: Config, picture: Picture = GREY, names: tuple[str, ...] = ()) -> Result:
    steps = [Step(k, 10.0 / k, {"style": 9 / k, "total": 10 / k}, k / 2, 2 * k) for k in (1, 2)]
    return Result(picture, config, tuple(steps), dict.fromkeys(names, GREY))


def write(config: Config, **given: object) -> Path:
    return ResultFolder(config).write(result_of(config, **given))


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name != record.NAME}


# The result itself


def test_image_is_rounded_and_without_alpha():
    picture = Picture(np.full((2, 3, 3), 99.6, np.float32), np.zeros((2, 3), np.float32))
    image = result_of(config_for("x"), picture).image
    assert image.dtype == np.uint8
    assert image.shape == (2, 3, 3)
    assert (image == 100).all()


def test_save_writes_where_it_is_told_with_the_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    result = result_of(config_for("x", bits=16))
    assert result.save("~/out.png") == tmp_path / "out.png"
    assert read_settings_text(tmp_path / "out.png") == result.config.to_yaml()
    assert result.save(tmp_path / "eight.png", bits=8).stat().st_size > 0
    depths = [(tmp_path / name).read_bytes()[24] for name in ("out.png", "eight.png")]
    assert depths == [16, 8]


@pytest.mark.parametrize("bits", [12, -8])
def test_save_refuses_other_depths(tmp_path, bits):
    with pytest.raises(StyleError, match=f"received {bits}, allowed are 8 and 16"):
        result_of(config_for("x")).save(tmp_path / "out.png", bits)


# Names


def test_a_second_run_takes_the_next_free_name(tmp_path):
    config = config_for(tmp_path / "new" / "folder")
    paths = [write(config) for _ in range(3)]
    expected = ["result/result.png", "result_2/result_2.png", "result_3/result_3.png"]
    assert [str(path.relative_to(tmp_path / "new" / "folder")) for path in paths] == expected


def test_a_file_of_the_name_is_left_alone(tmp_path):
    (tmp_path / "result").write_text("mine")
    for overwrite in (False, True):
        assert write(config_for(tmp_path, overwrite=overwrite)).parent == tmp_path / "result_2"
        assert (tmp_path / "result").read_text() == "mine"
        for path in (tmp_path / "result_2").iterdir():
            path.unlink()
        (tmp_path / "result_2").rmdir()


def test_two_runs_at_once_do_not_share_a_folder(tmp_path):
    folders = [ResultFolder(config_for(tmp_path)) for _ in range(2)]
    assert folders[0].path == tmp_path / "result" / "result.png"
    assert folders[1].path == tmp_path / "result_2" / "result_2.png"


@pytest.mark.parametrize(
    ("img_name", "bits", "path"),
    [
        ("out", 8, "out/out.png"),
        ("out.jpg", 8, "out/out.jpg"),
        ("out.JPG", 8, "out/out.JPG"),
        ("out.webp", 8, "out/out.webp"),
        ("out.tif", 16, "out/out.tif"),
        ("v1.2", 16, "v1.2/v1.2.png"),
        ("v1.2.png", 8, "v1.2/v1.2.png"),
        ("a b", 8, "a b/a b.png"),
    ],
)
def test_the_ending_of_the_name_is_the_format(tmp_path, img_name, bits, path):
    written = write(config_for(tmp_path, img_name=img_name, bits=bits))
    assert written == tmp_path / path
    assert read_picture(written).rgb == pytest.approx(GREY.rgb, abs=1)


@pytest.mark.parametrize("img_name", ["out.jpg", "out.webp"])
def test_16_bits_need_another_format(tmp_path, img_name):
    with pytest.raises(StyleError, match="16 bits need"):
        ResultFolder(config_for(tmp_path / "x", img_name=img_name, bits=16))
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("img_name", ["content", "init.jpg", "style", "mask_2", "history"])
def test_a_name_that_the_result_needs_for_itself_is_refused(tmp_path, img_name):
    with pytest.raises(StyleError, match=f"^img_name: received '{img_name}', the name of a file"):
        ResultFolder(config_for(tmp_path, img_name=img_name))


# Contents


def test_all_files_are_written(tmp_path):
    config = config_for(tmp_path)
    folder = write(config, names=("content", "init", "style_1")).parent
    assert names_in(folder) == {
        "result.png",
        "content.png",
        "init.png",
        "style_1.png",
        "config.yaml",
        "history.csv",
        "history.png",
    }
    assert (folder / "config.yaml").read_text() == config.to_yaml()
    assert read_settings_text(folder / "result.png") == config.to_yaml()
    assert Image.open(folder / "history.png").size == (640, 400)
    with (folder / "history.csv").open() as file:
        rows = [list(row.values()) for row in csv.DictReader(file)]
    assert rows == [["1", "9", "10", "0.500", "2", "1"], ["2", "4.5", "5", "1.000", "4", "1"]]


def test_history_of_no_step_has_its_heading():
    assert history_csv(()) == "iteration,content,style,tv,total,seconds,evaluations,scale\n"


def test_alpha_is_kept(tmp_path):
    alpha = np.linspace(0, 1, 20 * 24, dtype=np.float32).reshape(20, 24)
    path = write(config_for(tmp_path), picture=Picture(GREY.rgb, alpha))
    assert np.abs(read_picture(path).alpha - alpha).max() < 0.003


def test_a_snapshot_has_the_iteration_in_its_name(tmp_path):
    folder = ResultFolder(config_for(tmp_path, img_name="v1.2.jpg"))
    assert folder.write_snapshot(30, GREY) == tmp_path / "v1.2" / "v1.2_00030.jpg"
    assert names_in(tmp_path / "v1.2") == {"v1.2_00030.jpg"}


def test_a_sheet_is_written_with_its_pictures(tmp_path):
    folder = ResultFolder(config_for(tmp_path, img_name="sheet"))
    image = np.full((20, 24, 3), 100, np.uint8)
    path = folder.write_sheet([[("style relu1_1", image)], [("content", image)]])
    assert path == tmp_path / "sheet" / "sheet.png"
    assert names_in(path.parent) == {"sheet.png", "style_relu1_1.png", "content.png"}
    assert np.array_equal(read_picture(path.parent / "content.png").rgb, GREY.rgb)


# Overwriting


def test_overwrite_replaces_and_removes_what_is_stale(tmp_path):
    before = ResultFolder(config_for(tmp_path))
    before.write_snapshot(7, GREY)
    before.write(result_of(config_for(tmp_path), names=("style_1", "style_2", "mask_1")))
    (before.folder / "notes.txt").write_text("mine")

    config = config_for(tmp_path, overwrite=True, img_name="result.jpg", seed=5)
    after = ResultFolder(config)
    after.write_snapshot(3, GREY)
    after.write(result_of(config, names=("style_1",)))
    assert after.folder == before.folder
    assert names_in(after.folder) == {
        "result.jpg",
        "result_00003.jpg",
        "style_1.png",
        "config.yaml",
        "history.csv",
        "history.png",
        "notes.txt",
    }
    assert "seed: 5\n" in (after.folder / "config.yaml").read_text()


def test_overwrite_by_colours_alone_leaves_no_start_and_no_curve(tmp_path):
    write(config_for(tmp_path), names=("content", "init", "style_1"))
    config = config_for(tmp_path, overwrite=True, transfer="color")
    colours = replace(result_of(config, names=("content", "style_1")), history=())
    folder = ResultFolder(config).write(colours).parent
    wanted = {"result.png", "content.png", "style_1.png", "config.yaml", "history.csv"}
    assert names_in(folder) == wanted


def test_overwrite_of_nothing_is_a_first_run(tmp_path):
    assert write(config_for(tmp_path, overwrite=True)) == tmp_path / "result" / "result.png"


# Folders of earlier runs


def test_files_that_earlier_runs_have_left(tmp_path):
    for name in ("result", "result_2", "result_10", "result_x", "results", "other", "result_3"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "left").touch()
    (tmp_path / "result_3" / "left").unlink()
    (tmp_path / "result_4").touch()
    found = ResultFolder(config_for(tmp_path)).left_behind("left")
    assert found == [tmp_path / name / "left" for name in ("result_10", "result_2", "result")]


def test_a_folder_is_taken_over_and_cleared_of_what_is_half_written(tmp_path):
    path = write(config_for(tmp_path))
    (path.parent / HALF).touch()
    folder = ResultFolder(config_for(tmp_path))
    folder.go_on_in(path.parent)
    assert not (path.parent / HALF).exists()
    assert folder.write(result_of(config_for(tmp_path))) == path


def test_finished_is_a_result_of_the_same_settings(tmp_path):
    def finished(**given: object) -> Path | None:
        return ResultFolder(config_for(tmp_path, **given)).finished()

    assert finished() is None
    paths = [write(config_for(tmp_path, seed=seed)) for seed in (1, 2)]
    assert finished(seed=1, overwrite=True) == paths[0]
    assert finished(seed=2) == paths[1]
    assert finished(seed=3) is finished(seed=1, img_name="result.jpg") is None
    paths[0].unlink()
    assert finished(seed=1) is None


def test_finished_with_what_auto_came_down_to(tmp_path):
    config = config_for(tmp_path)
    found = replace(config, model_weights="compact", precision="bfloat16")
    path = ResultFolder(config).write(result_of(found))
    assert ResultFolder(config).finished() == path
    other = config_for(tmp_path, model_weights="imagenet")
    assert ResultFolder(other).finished() is None


# Nothing before the first file, and no place to write


def test_nothing_is_made_before_the_first_file(tmp_path):
    folder = ResultFolder(config_for(tmp_path / "out"))
    assert names_in(tmp_path / "out") == set()
    folder.write_snapshot(1, GREY)
    assert names_in(tmp_path / "out") == {"result"}


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(StyleError, match=r"^img_output_dir: .*file/out cannot be written \(Not a"):
        ResultFolder(config_for(tmp_path / "file" / "out"))

    def refuse(**options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(
        StyleError, match=r"cannot be written \(Permission denied\); choose another"
    ):
        ResultFolder(config_for(tmp_path))


def test_a_name_too_long_for_the_disk_is_refused_at_once(tmp_path):
    with pytest.raises(StyleError, match="a name of 300 characters; use at most 200"):
        ResultFolder(config_for(tmp_path, img_name="x" * 300))


def test_a_size_too_large_for_the_format_is_refused_at_once(tmp_path):
    with pytest.raises(StyleError, match="allows 16383 on a side"):
        ResultFolder(config_for(tmp_path, img_name="a.webp"), (100, 20000))


class TestWhatEarlierRunsHaveLeft:
    """Folders and settings that cannot be read are of no run of ours; tests may run as root."""

    @pytest.fixture
    def folder(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        settings = Config(content_img="a", style_imgs="b", img_output_dir="out")
        for name in ("result", "result_2"):
            (tmp_path / "out" / name).mkdir(parents=True)
            (tmp_path / "out" / name / f"{name}.png").touch()
        (tmp_path / "out/result/config.yaml").write_text(settings.to_yaml())
        return ResultFolder(settings)

    def test_settings_that_are_not_utf_8(self, folder):
        Path("out/result_2/config.yaml").write_bytes(b"\xff\xfe")
        assert folder.finished() == Path("out/result/result.png")

    def test_settings_that_cannot_be_read(self, folder, monkeypatch):
        Path("out/result_2/config.yaml").touch()
        read_text = Path.read_text

        def refuse(path, *arguments, **options):
            if path.parent.name == "result_2":
                raise PermissionError(13, "Permission denied")
            return read_text(path, *arguments, **options)

        monkeypatch.setattr(Path, "read_text", refuse)
        assert folder.finished() == Path("out/result/result.png")

    def test_names_that_are_no_folders(self, folder):
        Path("out/result_3").touch()
        Path("out/result_4").symlink_to("nowhere")
        Path("out/result_5").symlink_to("result_5")
        assert folder.finished() == Path("out/result/result.png")

    def test_a_folder_that_cannot_be_listed(self, folder, monkeypatch):
        def refuse(path):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "iterdir", refuse)
        with pytest.raises(StyleError, match=r"^resume: out cannot be read \(Permission denied\)"):
            folder.finished()


class TestTheUsersFiles:
    """What this program has not written, or somebody has changed since, is never removed."""

    NAMES = (
        *("result.psd", "result_2019.txt", "result_styleguide.pdf", "style_reference.png"),
        *("mask_mine.png", "style_9.png", ".notes.part", "checkpoint.npz"),
    )

    @pytest.fixture
    def folder(self, tmp_path) -> Path:
        """A result with a snapshot, two styles, and files of the user's beside them."""
        results = ResultFolder(config_for(tmp_path))
        results.write_snapshot(3, GREY)
        results.write(result_of(config_for(tmp_path), names=("style_1", "style_2")))
        for name in self.NAMES:
            (results.folder / name).write_text(f"the user's {name}")
        return results.folder

    def overwrite(self, folder: Path) -> None:
        ResultFolder(config_for(folder.parent, overwrite=True)).write(
            result_of(config_for(folder.parent))
        )

    def unharmed(self, folder: Path) -> bool:
        return all((folder / name).read_text() == f"the user's {name}" for name in self.NAMES)

    def test_overwriting(self, folder):
        self.overwrite(folder)
        assert self.unharmed(folder)
        assert not (folder / "style_2.png").exists()
        assert not (folder / "result_00003.png").exists()

    def test_of_ours_what_was_changed(self, folder):
        (folder / "style_2.png").write_text("drawn over")
        self.overwrite(folder)
        assert (folder / "style_2.png").read_text() == "drawn over"

    def test_resuming_removes_nothing(self, folder):
        results = ResultFolder(config_for(folder.parent))
        results.go_on_in(folder)
        before = names_in(folder)
        results.write(result_of(config_for(folder.parent)))
        assert names_in(folder) == before
        assert self.unharmed(folder)

    @pytest.mark.parametrize(
        "text", ["", "[]", "null", '{"../style_2.png": ""}', '{"a": 1', "\ud800", "[" * 100_000]
    )
    def test_without_a_record_nothing_is_removed(self, folder, text):
        (folder / record.NAME).write_bytes(text.encode("utf-8", "surrogatepass"))
        self.overwrite(folder)
        assert (folder / "style_2.png").exists()
        assert self.unharmed(folder)

    def test_links_are_not_followed(self, folder, tmp_path):
        outside = tmp_path / "outside.png"
        (folder / "style_2.png").rename(outside)
        (folder / "style_2.png").symlink_to(outside)
        self.overwrite(folder)
        assert outside.exists()
        assert (folder / "style_2.png").is_symlink()
