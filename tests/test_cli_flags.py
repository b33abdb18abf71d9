"""Flags of the command line, and the Config that they give."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path

import pytest

from neural_style.commands.main import parse
from neural_style.settings.config import Config
from neural_style.settings.files import preset_names

CONFIGS = Path(__file__).parent.parent / "configs"
REQUIRED = ["-content_img", "a.png", "-style_imgs", "b.png"]


def parsed(*arguments: str) -> Config:
    """Return the Config of a command line that has the required flags already."""
    return parse(["neural_style", *REQUIRED, *arguments])[1]


@pytest.fixture
def refused(capsys):
    """Return a function that expects a command line to be refused, and gives its one line."""

    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as stop:
            parse(["neural_style", *arguments])
        assert stop.value.code == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("neural_style: ")
        assert captured.err.count("\n") == 1
        return captured.err.removeprefix("neural_style: ").rstrip("\n")

    return run


@pytest.mark.parametrize("dashes", ["-", "--"])
def test_one_dash_or_two(dashes):
    assert parsed(f"{dashes}max_size", "300").max_size == 300
    assert parsed(f"{dashes}max_size=300").max_size == 300


@pytest.mark.parametrize(
    ("arguments", "setting", "value"),
    [
        (["-style_imgs_weights", "0.5"], "style_imgs_weights", (0.5,)),
        (["-style_layers", "conv1_1", "pool2"], "style_layers", ("conv1_1", "pool2")),
        (["-content_weight", "5e0"], "content_weight", 5),
        (["-tv_weight", "1e-3"], "tv_weight", 1e-3),
        (["-tv_weight", ".5E-2"], "tv_weight", 5e-3),
        (["-img_name", "one"], "img_name", "one"),
        (["-image_name", "one"], "img_name", "one"),
        (["--image_name", "one"], "img_name", "one"),
        (["-img_name", "one", "-image_name", "two"], "img_name", "two"),
        (["-original_colors"], "original_colors", True),
        (["-original_colors", "1"], "original_colors", True),
        (["-original_colors", "0"], "original_colors", False),
        (["-original_colors=false"], "original_colors", False),
    ],
)
def test_flag(arguments, setting, value):
    assert getattr(parsed(*arguments), setting) == value


def test_several_values_extend_over_repeated_flags():
    config = parsed("-style_imgs", "c.png", "d.png", "--style_imgs", "e.png")
    assert config.style_imgs == ("b.png", "c.png", "d.png", "e.png")


@pytest.mark.parametrize("mask", [["-style_mask"], ["-style_mask", "1"], ["--style_mask=1"]])
def test_style_mask_alone_or_with_1(mask):
    config = parsed(*mask, "-style_mask_imgs", "m.png")
    assert config.style_mask is True
    assert config.style_mask_imgs == ("m.png",)
    assert parsed("-style_mask_imgs", "m.png", *mask) == config


def test_style_mask_0_is_off():
    assert parsed("-style_mask", "0").style_mask is False


def test_the_reports_commands_are_understood():
    simple = "-content_img pengu.jpg -style_imgs rok.jpg -max_size 1000 -max_iterations 50"
    config = parse(["neural_style", *simple.split(), "-device", "/gpu:0"])[1]
    assert (config.content_img, config.max_size, config.device) == ("pengu.jpg", 1000, "/gpu:0")
    blend = "-style_imgs rok.jpg starry-night.jpg -style_imgs_weights 0.5 0.5"
    config = parse(["neural_style", "-content_img", "pengu.jpg", *blend.split()])[1]
    assert config.style_imgs == ("rok.jpg", "starry-night.jpg")
    assert config.style_imgs_weights == (0.5, 0.5)
    masked = "-style_imgs rok.jpg -style_mask 1 -style_mask_imgs face_mask.png"
    config = parse(["neural_style", "-content_img", "pengu.jpg", *masked.split()])[1]
    assert config.style_mask
    assert config.style_mask_imgs == ("face_mask.png",)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-max_siz", "3"], "there is no flag -max_siz; did you mean 'max_size'?"),
        (["-content", "a.png"], "there is no flag -content; did you mean 'content_"),
        (["--style_image", "a.png"], "there is no flag --style_image; did you mean 'style_im"),
        (["-styel_weight=3"], "there is no flag -styel_weight; did you mean 'style_weight'?"),
        (["-zzzz"], "there is no flag -zzzz; --help shows all"),
        (["-v"], "there is no flag -v; did you mean 've"),
        (["-network", "vgg19", "stray"], "unrecognized arguments: stray"),
        (["-max_size"], "-max_size: expected one argument"),
        (["-content_weight", "-1e-3"], "content_weight: received -0.001, must be at least 0"),
        (["-style_imgs_weights", "-.5"], "style_imgs_weights: received -0.5, must be at least 0"),
        (["-seed=-1"], "seed: received -1, must be at least 0"),
        (["-tv_weight", "-inf"], "must be a number"),
        (["-style_mask", "m.png"], "style_mask: received 'm.png', allowed are 1 and 0"),
        (["-preset", "gatis"], "config: gatis does not exist; give a YAML file"),
    ],
)
def test_a_refused_flag_is_one_line(refused, arguments, message):
    assert message in refused(*REQUIRED, *arguments)


def test_flags_override_config_which_overrides_preset(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("max_size: 100\nseed: 1\n")
    for order in itertools.permutations(
        [["-preset", "gatys"], ["-config", str(path)], ["-seed", "2"]]
    ):
        config = parsed(*itertools.chain(*order))
        assert config.max_iterations == 400  # of the preset alone
        assert config.max_size == 100  # of the preset and the file
        assert config.seed == 2  # of the file and the flag


@pytest.mark.parametrize("name", preset_names())
def test_the_command_in_a_presets_header_is_understood(name):
    header = (CONFIGS / f"{name}.yaml").read_text().replace("\\\n#", "")
    command = re.search(rf"neural_style -preset {name} .*", header)[0]
    config = parse(shlex.split(command))[1]
    assert config.content_img or config.style_imgs
