"""Controls and Config: what one shows, the other takes."""

import shlex

import gradio as gr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neural_style.commands.main import parse
from neural_style.runtime.errors import StyleError
from neural_style.settings.config import FIELDS, Config
from neural_style.settings.files import load_settings
from neural_style.studio import controls

PICTURES = {"content_img": "lake.jpg", "style_imgs": ["wave.jpg"]}


def test_every_setting_of_a_picture_is_a_control_or_has_a_place_of_its_own():
    left_out = {name for name, field in FIELDS.items() if field.metadata.get("of_run")}
    left_out |= {name for name, field in FIELDS.items() if field.metadata["group"] == "Result"}
    places = {*controls.PICTURES, *controls.OF_STYLES, *controls.OF_SERVER}
    assert {*controls.names(), *places} == set(FIELDS) - left_out
    assert len(controls.names()) == len(set(controls.names()))
    assert places.isdisjoint(controls.names())


@pytest.mark.parametrize("name", controls.names())
def test_a_control_says_what_its_setting_says(name):
    with gr.Blocks(analytics_enabled=False):
        control = controls.control(name)
    assert control.info == FIELDS[name].metadata["help"]
    assert control.label
    value = controls.parse(name, control.value)
    default = FIELDS[name].default
    assert (default if value is None else value) == default


def test_no_path_can_be_given_to_a_control():
    texts = {name for name in controls.names() if FIELDS[name].type is str}
    free = {name for name in texts if "choices" not in FIELDS[name].metadata}
    assert free - set(controls.ONLY) == set()
    assert isinstance(controls.control("init_img_type"), gr.Dropdown)
    for name in controls.ONLY:
        with pytest.raises(StyleError, match="allowed here are"):
            controls.parse(name, "/etc/passwd")


@pytest.mark.parametrize("preset", controls.PRESETS)
def test_a_preset_on_the_page_is_the_preset(preset):
    shown = controls.of_preset(preset)
    values = {name: controls.parse(name, value) for name, value in shown.items()}
    masked = load_settings(preset, FIELDS).get("style_imgs_weights")
    pictures = PICTURES | ({"style_imgs": ["a.jpg", "b.jpg"]} if masked else {})
    weights = {"style_imgs_weights": masked} if masked else {}
    assert Config(**pictures, **values, **weights) == Config.load(preset, **pictures)


def test_presets_that_the_page_does_not_offer_are_refused():
    with pytest.raises(StyleError, match=r"preset: received '../secret', allowed here are"):
        controls.of_preset("../secret")


def test_none_is_the_default():
    assert controls.parse("max_size", None) == FIELDS["max_size"].default


def test_a_number_that_is_not_given_is_none_and_not_zero():
    control = controls.control("strength")
    assert isinstance(control, gr.Textbox)
    assert control.value == ""
    assert controls.parse("strength", "") is None
    assert Config(**PICTURES, strength=controls.parse("strength", "60")).strength == 60


def test_an_open_quote_is_refused_in_a_sentence():
    with pytest.raises(StyleError, match="style_layers: received a quote that has no end"):
        controls.parse("style_layers", "'relu1_1")


def _config_of(command: str) -> Config:
    return parse(shlex.split(command))[1]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"max_size": 300, "style_weight": 1.5e-7, "tv_weight": 0.1 + 0.2},
        {"style_imgs": ["a b.jpg", "c'd.jpg"], "style_imgs_weights": [0.3, 0.7]},
        {"style_mask": True, "style_mask_imgs": ["it's a mask.png"], "keep_background": True},
        {"style_layers": ["relu1_1", "relu2_1"], "style_layer_weights": [1, 2]},
        {"transfer": "style", "original_colors": True},
    ],
)
def test_the_command_gives_the_config_again(changes):
    config = Config(**(PICTURES | changes))
    assert _config_of(controls.command(config, controls.PRESETS)) == config


@pytest.mark.parametrize("preset", controls.PRESETS)
def test_the_command_names_a_preset_where_that_is_shorter(preset):
    two = {"style_imgs": ["a.jpg", "b.jpg"]} if preset == "blend" else {}
    config = Config.load(preset, **(PICTURES | two))
    command = controls.command(config, controls.PRESETS)
    assert _config_of(command) == config
    assert len(command) <= len(controls.command(config))


def test_a_preset_switch_is_switched_off_again():
    config = Config.load("original_colors", **PICTURES, original_colors=False)
    assert _config_of(controls.command(config, ["original_colors"])) == config


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 1e9, allow_nan=False), min_size=2, max_size=2).filter(sum),
    st.integers(16, 4000),
)
def test_numbers_survive_the_command(weights, size):
    config = Config(
        content_img="a.jpg",
        style_imgs=["b.jpg", "c.jpg"],
        style_imgs_weights=weights,
        max_size=size,
    )
    assert _config_of(controls.command(config)) == config
