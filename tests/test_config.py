"""Config: its defaults, conversions and checks, and its way through YAML."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neural_style.runtime.errors import StyleError
from neural_style.settings.config import FIELDS, Config
from neural_style.settings.files import load_settings, preset_names

PICTURES = {"content_img": "lake.jpg", "style_imgs": ["wave.jpg"]}
CONFIGS = Path(__file__).parent.parent / "configs"

# The table of the requirements.
DEFAULTS = {
    "style_imgs_weights": (),
    "content_img_dir": "image_input",
    "style_imgs_dir": "image_input",
    "img_output_dir": "image_output",
    "img_name": "result",
    "max_size": 512,
    "content_weight": 5,
    "style_weight": 1e4,
    "tv_weight": 1e-3,
    "content_layers": ("conv4_2",),
    "style_layers": ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"),
    "content_layer_weights": (),
    "style_layer_weights": (),
    "content_loss_function": 1,
    "style_mask": False,
    "style_mask_imgs": (),
    "mask_feather": 0.0,
    "mask_normalization": "report",
    "keep_background": False,
    "region_boundary": "resize",
    "content_regions": None,
    "style_regions": (),
    "model_weights": "auto",
    "network": "vgg19",
    "pooling_type": "avg",
    "device": "/gpu:0",
    "max_memory": "free",
    "optimizer": "lbfgs",
    "learning_rate": 1.0,
    "max_iterations": 50,
    "print_iterations": 50,
    "init_img_type": "content",
    "noise_ratio": 1.0,
    "seed": 0,
    "original_colors": False,
    "color_convert_type": "yuv",
    "color_convert_time": "after",
    "save_every": 0,
    "tensorboard": "",
    "overwrite": False,
    "quiet": False,
    "verbose": False,
}


def config_with(**given: object) -> Config:
    return Config(**(PICTURES | given))


def message_of(**given: object) -> str:
    with pytest.raises(StyleError) as error:
        config_with(**given)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.fixture
def yaml_file(tmp_path):
    """Return a function that writes a text to a YAML file and returns its path."""

    def write(text: str) -> Path:
        path = tmp_path / "settings.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


# Defaults


@pytest.mark.parametrize("name", DEFAULTS)
def test_default_is_that_of_the_requirements(name):
    assert getattr(config_with(), name) == DEFAULTS[name]


def test_settings_beyond_the_table_are_few_and_known():
    beyond = {"content_img", "style_imgs", "bits", "resume", "precision"}
    beyond |= {"scales", "scale_shares", "min_size", "draft_weights", "transfer", "color_match"}
    beyond |= {"style_fit", "style_scale", "style_imgs_layers", "border_type", "keep_in_range"}
    beyond |= {"content_distance", "style_distance", "tv_norm", "strength"}
    assert set(FIELDS) - set(DEFAULTS) == beyond


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        (
            (1, 2, 3),
            "scale_shares: received 3 weights for 2 scales; give one for each, or none for",
        ),
        ((0, 0), "scale_shares: received only zeros, at least one must be above 0"),
        ((1, -1), "scale_shares: received -1, must be at least 0"),
    ],
)
def test_bad_shares(shares, message):
    assert message_of(scales=2, scale_shares=shares).startswith(message)


def test_a_draft_needs_a_scale_before_the_last():
    assert config_with(scales=2, draft_weights="compact").draft_weights == "compact"
    assert message_of(draft_weights="compact") == (
        "draft_weights: received compact with scales 1; it is for the scales before the last: give "
        "scales 2 or more"
    )


def test_more_scales_than_iterations():
    assert config_with(scales=3, max_iterations=3).scales == 3
    assert message_of(scales=4, max_iterations=3) == (
        "scales: received 4 with 3 iterations; each scale needs one: lower scales, or raise "
        "max_iterations"
    )


@pytest.mark.parametrize("missing", ["content_img", "style_imgs"])
def test_required_pictures(missing):
    with pytest.raises(StyleError, match=f"^{missing} is missing"):
        Config(**{name: value for name, value in PICTURES.items() if name != missing})


def test_without_weight_a_picture_is_not_required():
    assert Config(style_imgs="a.png", content_weight=0).content_img is None
    assert Config(content_img="a.png", style_weight=0).style_imgs == ()


def test_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        config_with().max_size = 3


# Conversions


@pytest.mark.parametrize(
    ("name", "given", "converted"),
    [
        ("max_size", "300", 300),
        ("max_size", 300.0, 300),
        ("max_size", "3e2", 300),
        ("max_size", np.int64(300), 300),
        ("content_weight", "5e0", 5.0),
        ("content_weight", 5, 5.0),
        ("content_weight", " 5 ", 5.0),
        ("tv_weight", "0", 0.0),
        ("style_imgs_weights", "2", (2.0,)),
        ("style_imgs_weights", [1], (1.0,)),
        ("style_imgs", "one.jpg", ("one.jpg",)),
        ("style_imgs", Path("one.jpg"), (Path("one.jpg"),)),
        ("content_layers", "relu4_2", ("relu4_2",)),
        ("bits", "16", 16),
        ("img_output_dir", Path("somewhere"), "somewhere"),
        ("original_colors", "1", True),
        ("original_colors", "TRUE", True),
        ("original_colors", 0, False),
        ("original_colors", "no", False),
        ("device", "cpu", "/cpu:0"),
        ("device", "/GPU:1", "/gpu:1"),
        ("device", "/device:GPU:1", "/gpu:1"),
    ],
)
def test_conversion(name, given, converted):
    value = getattr(config_with(**{name: given}), name)
    assert value == converted
    assert type(value) is type(converted)


def test_an_array_may_stand_for_a_picture_and_for_several():
    array = np.zeros((20, 20, 3), np.uint8)
    config = Config(content_img=array, style_imgs=array)
    assert config.content_img is array
    assert config.style_imgs[0] is array
    assert len(config.style_imgs) == 1


# Checks


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("max_size", 15, "received 15, must be at least 16"),
        ("max_size", "12.5", "received 12.5, must be a whole number"),
        ("max_size", "big", "received 'big', must be a whole number"),
        ("max_size", True, "received True, must be a whole number"),
        ("content_weight", -1, "received -1, must be at least 0"),
        ("style_weight", "-1e-3", "received -0.001, must be at least 0"),
        ("tv_weight", "nan", "received nan, must be a number"),
        ("tv_weight", float("inf"), "received inf, must be a number"),
        ("content_weight", None, "received None, must be a number"),
        ("strength", 100.5, "received 100.5, must be at most 100"),
        ("strength", "-1", "received -1, must be at least 0"),
        ("strength", "nan", "received nan, must be a number"),
        ("strength", "much", "received 'much', must be a number"),
        ("style_imgs_weights", [-1], "received -1, must be at least 0"),
        ("style_imgs_weights", ["nan"], "received nan, must be a number"),
        ("style_imgs_weights", [0], "received only zeros"),
        ("style_imgs_weights", [1, 2], "received 2 weights for 1 styles"),
        ("content_layer_weights", [1, 1], "received 2 weights for 1 content layers"),
        ("style_layer_weights", [1], "received 1 weights for 5 style layers"),
        ("content_layers", [], "received none"),
        ("content_layers", ["conv9_1"], "layer 'conv9_1' is not in vgg19"),
        ("style_layers", ["relu1_1", "relu1_1"], "received relu1_1 relu1_1, name each layer once"),
        ("style_layers", ["relu1_1", "block1_conv1"], "name each layer once"),
        ("content_loss_function", 4, "received 4, allowed are 1, 2, 3"),
        ("network", "vgg18", "received 'vgg18', allowed are vgg19, vgg16; did you mean 'vgg1"),
        ("pooling_type", "mean", "received 'mean', allowed are avg, max"),
        ("bits", 12, "received 12, allowed are 8, 16"),
        ("precision", "float46", "allowed are auto, float32, bfloat16, float16; did you mean"),
        ("learning_rate", 0, "received 0, must be above 0"),
        ("max_iterations", 0, "received 0, must be at least 1"),
        ("print_iterations", 0, "received 0, must be at least 1"),
        ("noise_ratio", 1.5, "received 1.5, must be at most 1"),
        ("seed", -1, "received -1, must be at least 0"),
        ("seed", 10**400, "must be a whole number"),
        ("original_colors", "perhaps", "received 'perhaps', allowed are 1 and 0"),
        ("img_name", "a/b", "received 'a/b', must be a plain name"),
        ("img_name", "..", "received '..', must be a plain name"),
        ("img_name", "", "received '', must be a plain name"),
        ("img_output_dir", 3, "received 3, must be text"),
        ("device", "tpu", "received 'tpu', allowed are /cpu:0, /gpu:0"),
        ("device", "/gpu:x", "received '/gpu:x', allowed are"),
        ("content_img", 3, "received 3, must be a path or an array"),
        ("content_img", "", "received '', must be a path or an array"),
        ("style_imgs", [None], "received None, must be a path or an array"),
        ("init_img_type", None, "received None, must be a path or an array"),
        ("style_mask_imgs", ["m.png"], "is given but style_mask is off"),
        ("keep_background", True, "there are no masks to tell what the background is: add"),
        ("style_scale", [1, 2], "received 2 for 1 styles; give one for all, one for each"),
        ("style_scale", 0.01, "received 0.01, must be at least 0.1"),
        ("style_fit", "crop", "received 'crop', allowed are stretch, keep"),
        ("style_imgs_layers", ["relu1_1", "relu2_1"], "received 2 entries for 1 styles"),
        ("style_imgs_layers", ["relu1_1,relu1_2"], "received 'relu1_2', allowed are the style_la"),
        ("style_imgs_layers", ["relu1_1,"], "received '', allowed are the style_layers relu1_1"),
        ("style_distance", "wasserstien", "did you mean 'wasserstein'?"),
        ("content_distance", "norm", "allowed are raw, centred, normalised"),
        ("tv_norm", "l3", "received 'l3', allowed are l1, l2"),
        ("border_type", "edges", "received 'edges', allowed are zeros, edge; did you mean"),
        ("mask_normalization", "aera", "allowed are report, area; did you mean 'area'?"),
    ],
)
def test_a_refused_value_is_named_with_what_is_allowed(name, value, message):
    received = message_of(**{name: value})
    assert received.startswith(name)
    assert message in received


def test_each_style_needs_its_mask():
    received = message_of(style_mask=True, style_mask_imgs=["a.png", "b.png"])
    assert "received 2 masks for 1 styles" in received


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"transfer": "colour"},
            "transfer: received 'colour', allowed are both, style, color; did",
        ),
        ({"color_match": "mean"}, "color_match: received 'mean', allowed are auto, histogram,"),
        (
            {"transfer": "color", "original_colors": True},
            "transfer: color takes the styles' colours and original_colors keeps the photograph's",
        ),
        (
            {"transfer": "color", "style_imgs": (), "style_weight": 0},
            "transfer: color needs style_imgs",
        ),
        (
            {"color_match": "linear", "style_imgs": (), "style_weight": 0},
            "color_match: linear needs style_imgs",
        ),
        (
            {"transfer": "color", "content_img": None, "content_weight": 0},
            "transfer: color needs content_img",
        ),
        (
            {"transfer": "style", "content_img": None, "content_weight": 0},
            "transfer: style needs content_img",
        ),
        (
            {"transfer": "color", "style_mask": True, "style_mask_imgs": "m.png"},
            "style_mask: transfer color gives a picture the styles' colours as a whole",
        ),
        (
            {"color_match": "histogram", "style_mask": True, "style_mask_imgs": "m.png"},
            "style_mask: color_match histogram gives a picture",
        ),
        (
            {"color_match": "linear", "color_convert_time": "before"},
            "color_convert_time: before makes the styles take the photograph's colours, which "
            "needs transfer style",
        ),
    ],
)
def test_colours_that_cannot_be_had_are_refused(given, message):
    assert message_of(**given).startswith(message)


@pytest.mark.parametrize(
    "given",
    [
        {"transfer": "style", "style_mask": True, "style_mask_imgs": "m.png"},
        {"original_colors": True, "color_match": "linear", "color_convert_time": "before"},
        {"transfer": "color", "color_convert_time": "before"},
        {"color_match": "linear", "content_img": None, "content_weight": 0},
        {"original_colors": True, "content_img": None, "content_weight": 0},
    ],
)
def test_colours_that_can_be_had_are_not(given):
    assert config_with(**given)


def test_something_must_have_weight():
    assert "are both 0" in message_of(content_weight=0, style_weight=0)


def test_strength_stands_for_both_weights():
    config = config_with(strength="60", content_weight=0)
    assert config.strength == 60
    assert config.active_layers() == (config.content_layers, config.style_layers)
    assert "strength: received 60 with style_weight 0" in message_of(strength=60, style_weight=0)
    assert message_of(strength=100, content_img=None).startswith("content_img is missing")


@pytest.mark.parametrize("weight", ["content_weight", "style_weight"])
class TestStrengthAndWeights:
    """Of strength and the weights whose ratio it decides, what is given last counts."""

    def test_together_they_are_refused(self, weight):
        with pytest.raises(StyleError, match=f"^strength: received 60 with {weight}, and str"):
            Config.load(**PICTURES, strength=60, **{weight: 3})

    def test_strength_overrides_a_presets_weights(self, weight, yaml_file):
        path = yaml_file(f"{weight}: 3\n")
        config = Config.load(path, **PICTURES, strength=60)
        assert (config.strength, getattr(config, weight)) == (60, 3)

    def test_a_weight_overrides_a_presets_strength(self, weight, yaml_file):
        path = yaml_file("strength: 60\n")
        assert Config.load(path, **PICTURES).strength == 60
        assert Config.load(path, **PICTURES, **{weight: 3}).strength is None

    def test_settings_that_a_result_keeps_have_both(self, weight, yaml_file):
        config = config_with(strength=60, **{weight: 3})
        assert Config.load(yaml_file(config.to_yaml())) == config


# Files


def test_a_later_source_overrides_an_earlier_one_and_keywords_override_all(yaml_file):
    path = yaml_file("max_size: 100\nseed: 1\n")
    config = Config.load("gatys", path, **PICTURES, seed=2)
    assert config.max_iterations == 400  # of the preset alone
    assert config.max_size == 100  # of the preset and the file
    assert config.seed == 2  # of the file and the keyword
    assert config.tv_weight == DEFAULTS["tv_weight"]


def test_yaml_is_version_1_2(yaml_file):
    path = yaml_file(
        "content_weight: 5e0\ntv_weight: 1e-3\nimg_name: no\nstyle_mask: false\nseed: 010\n"
    )
    config = Config.load(path, **PICTURES)
    assert (config.content_weight, config.tv_weight) == (5, 1e-3)
    assert config.img_name == "no"
    assert config.style_mask is False
    assert config.seed == 10


def test_an_empty_file_and_empty_values_set_nothing(yaml_file):
    assert load_settings(yaml_file(""), FIELDS) == {}
    assert load_settings(yaml_file("# nothing\nseed:\n"), FIELDS) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_sise: 3", r"has the unknown key 'max_sise'; did you mean 'max_size'\?"),
        ("content: 3", r"unknown key 'content'; did you mean 'content_"),
        ("7: 3", "unknown key 7"),
        ("seed: 1\nmax_size: 300\nseed: 2", r"line 3, column 1: found duplicate key .seed."),
        ("seed: [1,\nmax_size: 2", r"is not YAML in line 2, column 12: expected .,. or"),
        ("\tseed: 1", r"in line 1, column 1: "),
        ("seed: *one", r"has an alias \(\*one\) in line 1"),
        ("seed: !python/object 1", "line 1, column 7: could not determine a constructor"),
        ("seed: 2024-13-45", "is not YAML: month must be in"),
        ("seed: 1\n---\nseed: 2", "line 2, column 1: but found another document"),
        ("[" * 5000, "has lists in lists, more than 8 deep"),
        ("just words", "holds no settings; write one 'name: value' on each line"),
        ("- seed", "holds no settings"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence(yaml_file, text, message):
    path = yaml_file(text)
    with pytest.raises(StyleError, match=message) as error:
        Config.load(path, **PICTURES)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(f"config: {path} ")


@pytest.mark.parametrize("name", ["nothing.yaml", "~no_such_user/a.yaml", "x" * 5000])
def test_a_missing_file_names_the_presets(name):
    with pytest.raises(
        StyleError, match=r"does not exist; .* preset \(blend, .*gatys, .*report.*\)"
    ):
        load_settings(name, FIELDS)


def test_a_folder_and_binary_data_are_no_config(tmp_path):
    with pytest.raises(StyleError, match="is a folder"):
        load_settings(tmp_path, FIELDS)
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StyleError, match="cannot be read as text"):
        load_settings(tmp_path / "a.yaml", FIELDS)


# Round trip

# What a file's name may have.
LETTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
TEXTS = st.text(LETTERS, min_size=1).filter(lambda text: not text.startswith("array in memory"))
NAMES = TEXTS.filter(lambda text: "/" not in text and text not in (".", ".."))
POSITIVE = st.floats(0, allow_infinity=False, allow_nan=False)
SETTINGS = st.fixed_dictionaries(
    {"content_img": TEXTS, "style_imgs": st.lists(TEXTS, min_size=1)},
    optional={
        "img_name": NAMES,
        "img_output_dir": st.text(LETTERS),
        "max_size": st.integers(16, 2**40),
        "content_weight": POSITIVE,
        "style_weight": st.floats(1e-300, 1e300),
        "strength": st.none() | st.floats(0, 100),
        "noise_ratio": st.floats(0, 1),
        "original_colors": st.booleans(),
        "style_layers": st.lists(st.sampled_from(["relu1_1", "conv5_4", "pool3"]), min_size=1)
        | st.permutations(["block1_conv1", "block5_pool"]),
        "init_img_type": TEXTS,
    },
).filter(
    lambda given: len(set(given.get("style_layers", ()))) == len(given.get("style_layers", ()))
)


@given(SETTINGS)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_settings_come_back_from_yaml(tmp_path_factory, given):
    config = Config(**given)
    path = tmp_path_factory.mktemp("yaml") / "config.yaml"
    path.write_bytes(config.to_yaml().encode())
    assert Config.load(path) == config


@pytest.mark.parametrize("name", ["\x85", "a\u2028b", "\u2029.jpg", "a\nb", "a b"])
def test_names_with_rare_line_breaks_come_back_from_yaml(yaml_file, name):
    config = config_with(content_img=name, style_imgs=[name])
    assert Config.load(yaml_file(config.to_yaml())) == config


def test_a_name_that_is_not_unicode_comes_back_from_yaml(yaml_file):
    name = b"\xe9t\xe9.jpg".decode(errors="surrogateescape")  # as Python gives file names
    path = yaml_file(config_with(content_img=name).to_yaml())
    assert Config.load(path).content_img == name


@given(st.text(string.printable, max_size=40))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_text_is_settings_or_is_refused(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("yaml") / "config.yaml"
    path.write_text(text)
    with contextlib.suppress(StyleError):
        assert set(load_settings(path, FIELDS)) <= set(FIELDS)


def test_settings_of_the_run_are_not_kept():
    text = config_with(quiet=True, save_every=3).to_yaml()
    kept = {line.partition(":")[0] for line in text.splitlines() if not line.startswith("-")}
    left_out = {"overwrite", "resume", "save_every", "print_iterations", "tensorboard"}
    left_out |= {"quiet", "verbose", "max_memory"}
    assert kept == set(FIELDS) - left_out


def test_an_array_becomes_a_note_that_cannot_be_loaded(yaml_file):
    text = config_with(content_img=np.zeros((20, 30, 3), np.uint8)).to_yaml()
    assert "content_img: array in memory, 20 x 30 x 3\n" in text
    path = yaml_file(text)
    with pytest.raises(StyleError, match=r"^content_img: it was an array in memory, 20 x 30 x 3"):
        Config.load(path)
    assert Config.load(path, content_img="again.png").content_img == "again.png"


# Presets


def test_keep_in_range_needs_an_optimiser_with_bounds():
    with pytest.raises(StyleError, match=r"^keep_in_range: .*; use lbfgs or adam$"):
        config_with(optimizer="tfp_lbfgs", keep_in_range=True)


def test_presets_are_those_of_the_folder():
    assert preset_names() == sorted(path.stem for path in CONFIGS.glob("*.yaml"))
    wanted = {"report", "gatys", "original_colors", "masked", "blend"}
    assert set(preset_names()) >= wanted | {"reconstruct_content", "reconstruct_style"}


@pytest.mark.parametrize("name", preset_names())
def test_preset_loads_and_says_how_it_is_used(name):
    masks = {"style_mask_imgs": ["a.png", "b.png"]} if name == "masked" else {}
    config = Config.load(name, content_img="lake.jpg", style_imgs=["a.jpg", "b.jpg"], **masks)
    for key, value in load_settings(name, FIELDS).items():
        assert getattr(config, key) == (tuple(value) if isinstance(value, list) else value)
    header = re.match(r"(#.*\n)+", (CONFIGS / f"{name}.yaml").read_text())[0]
    assert f"neural_style -preset {name} " in header
    assert "Expect" in header


class TestShortForm:
    """style@mask:weight in style_imgs."""

    def test_it_is_the_settings_of_their_own(self):
        long = config_with(
            style_imgs=["sky.jpg", "stone.jpg"],
            style_mask=True,
            style_mask_imgs=["sky.png", "rest.png"],
            style_imgs_weights=[0.7, 1],
        )
        short = config_with(style_imgs=["sky.jpg@sky.png:0.7", "stone.jpg@rest.png"])
        assert short == long
        assert dataclasses.replace(short) == short

    @pytest.mark.parametrize(
        ("given", "style", "weights", "masks"),
        [
            ("a.jpg:2", "a.jpg", (2.0,), ()),
            ("a.jpg:.5e1", "a.jpg", (5.0,), ()),
            ("a.jpg@m.png", "a.jpg", (), ("m.png",)),
            ("me@home.x/a.jpg@m.png:3", "me@home.x/a.jpg", (3.0,), ("m.png",)),
            ("me@home/a.jpg", "me@home/a.jpg", (), ()),
            ("my.dir/a.jpg@my.dir/m.png:1", "my.dir/a.jpg", (1.0,), ("my.dir/m.png",)),
            (r"C:\pictures\a.jpg", r"C:\pictures\a.jpg", (), ()),
            (r"C:\a.jpg@C:\m.png:3", r"C:\a.jpg", (3.0,), (r"C:\m.png",)),
            ("a.jpg@", "a.jpg@", (), ()),
            ("@m.png", "@m.png", (), ()),
        ],
    )
    def test_what_is_what(self, given, style, weights, masks):
        config = config_with(style_imgs=given)
        assert (config.style_imgs, config.style_imgs_weights) == ((style,), weights)
        assert (config.style_mask_imgs, config.style_mask) == (masks, bool(masks))

    @pytest.mark.parametrize("name", ["a@b.jpg", "a.jpg:2", "a.jpg@b.png:3"])
    def test_a_file_of_that_very_name_is_that(self, name, tmp_path, monkeypatch):
        (tmp_path / name).touch()
        assert config_with(style_imgs=name, style_imgs_dir=str(tmp_path)).style_imgs == (name,)
        monkeypatch.chdir(tmp_path)
        assert config_with(style_imgs=name).style_imgs == (name,)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            (
                {"style_imgs": "a.jpg@m.png", "style_mask_imgs": ["n.png"]},
                "style_mask_imgs is given, and style_imgs has m.png for it too",
            ),
            (
                {"style_imgs": "a.jpg@m.png", "style_mask_imgs": np.zeros((4, 4), np.uint8)},
                "style_mask_imgs is given, and style_imgs has m.png for it too",
            ),
            (
                {"style_imgs": "a.jpg:2", "style_imgs_weights": [3]},
                "style_imgs_weights is given, and style_imgs has 2 for it too",
            ),
            (
                {"style_imgs": ["a.jpg@m.png", "b.jpg"]},
                "style_imgs: received b.jpg without a mask beside styles with one",
            ),
            ({"style_imgs": "a.jpg:-1"}, "style_imgs_weights: received -1, must be at least 0"),
            ({"style_imgs": "a.jpg:0"}, "style_imgs_weights: received only zeros"),
        ],
    )
    def test_what_does_not_go_together_is_refused(self, changes, message):
        assert message_of(**changes).startswith(message)
