"""The paper's figure 1."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from neural_style.commands.main import parse
from neural_style.commands.reconstruct import reconstructions
from neural_style.settings.config import FIELDS
from neural_style.settings.files import load_settings


def test_ten_reconstructions():
    jobs = dict(reconstructions("a.png", max_iterations=7))
    assert list(jobs) == [
        *(f"content conv{k}_2" for k in range(1, 6)),
        *(f"style to relu{k}_1" for k in range(1, 6)),
    ]
    content, style = jobs["content conv4_2"], jobs["style to relu3_1"]
    assert (content.content_img, content.content_layers) == ("a.png", ("conv4_2",))
    assert (content.style_weight, content.init_img_type) == (0, "random")
    assert style.style_layers == ("relu1_1", "relu2_1", "relu3_1")
    assert (style.style_imgs, style.content_weight) == (("a.png",), 0)
    assert {config.max_iterations for config in jobs.values()} == {7}


def test_reconstruct_has_ten_jobs():
    given = ["reconstruct", "a.png", "-max_size", "64", "-content_img_dir", "here"]
    command, rows = parse(["neural_style", *given])
    assert command.name == "reconstruct"
    cells = [cell for row in rows for cell in row]
    assert len(cells) == 10
    for _, config in cells:
        assert config.max_size == 64
        folder = config.style_imgs_dir if config.style_imgs else config.content_img_dir
        assert folder == "here"


def test_sheet(run_cli, random_weights, photograph, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("pictures").mkdir()
    cv2.imwrite("pictures/a.png", photograph)
    code, out, _ = run_cli(
        *("reconstruct", "a.png", "-content_img_dir", "pictures", "-max_iterations", 1),
        *("-model_weights", random_weights),
    )
    assert code == 0
    assert out == "image_output/reconstruction/reconstruction.png\n"
    sheet = cv2.imread(out.strip())
    assert sheet.shape == (8 + 2 * (40 + 28), 8 + 5 * (48 + 8), 3)
    names = {path.stem for path in Path("image_output/reconstruction").glob("[!.]*")}
    assert {"reconstruction", "content_conv1_2", "style_to_relu5_1"} <= names
    assert len(names) == 11


def test_content_of_a_low_layer_gives_the_picture_back(random_weights, photograph):
    import neural_style as ns

    jobs = dict(reconstructions(photograph, model_weights=random_weights, max_iterations=60))
    result = ns.stylize(jobs["content conv1_2"])
    assert np.abs(result.image.astype(int) - photograph).mean() < 8


def test_bad_flags_are_refused(run_cli):
    code, _, err = run_cli("reconstruct")
    assert code == 2
    assert "picture" in err
    code, _, err = run_cli("reconstruct", "a.png", "-max_size", "big")
    assert code == 2
    assert "max_size: received 'big'" in err


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["-content_layers", "conv1_1"], "content_layers"),
        (["-style_layers", "relu1_1", "relu2_1"], "style_layers"),
        (["-content_img", "b.png"], "content_img"),
        (["-style_imgs", "b.png"], "style_imgs"),
        (["-style_imgs_dir", "b"], "style_imgs_dir"),
        (["-preset", "reconstruct_content"], "content_layers"),
        (["-config", "layers.yaml"], "style_layers"),
    ],
)
def test_what_it_sets_by_itself_is_refused(run_cli, tmp_path, monkeypatch, flags, named):
    monkeypatch.chdir(tmp_path)
    Path("layers.yaml").write_text("style_layers: [relu1_1]")
    code, out, err = run_cli("reconstruct", "a.png", *flags)
    assert (code, out) == (2, "")
    assert err.startswith(f"neural_style: {named}: reconstruct paints one picture by layers of its")
    assert err.count("\n") == 1


def test_a_preset_without_layers_is_honoured(tmp_path):
    _, rows = parse(["neural_style", "reconstruct", "a.png", "-preset", "preview"])
    sizes = {config.max_size for row in rows for _, config in row}
    assert sizes == {load_settings("preview", FIELDS)["max_size"]}


@pytest.mark.parametrize("flag", ["-config", "-preset"])
@pytest.mark.parametrize("command", [[], ["reconstruct", "a.png"], ["sheet", "-vary", "seed", 1]])
def test_an_empty_name_of_settings_is_refused(run_cli, flag, command):
    code, out, err = run_cli(*command, flag, "")
    assert (code, out) == (2, "")
    assert err.startswith("neural_style: config: a name is missing; give a YAML file")
