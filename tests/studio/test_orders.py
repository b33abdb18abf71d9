"""From an order to a Config, and back from the settings in a result."""

from pathlib import Path

import numpy as np
import pytest

from neural_style.images.picture import Picture
from neural_style.images.write import write_picture
from neural_style.runtime.errors import StyleError
from neural_style.settings.config import Config
from neural_style.studio.orders import MASKS, REGIONS, Order, StyleOrder, config_of, order_of


def keep(path: str) -> str:
    return f"kept/{Path(path).name}"


def config(**changes) -> Config:
    order = {"photograph": "up/lake.jpg", "styles": (StyleOrder("up/wave.jpg"),)}
    return config_of(Order(**(order | changes)), keep)


def test_pictures_are_kept_and_the_rest_is_default():
    assert config() == Config(content_img="kept/lake.jpg", style_imgs=["kept/wave.jpg"])


def test_what_is_said_of_styles():
    found = config(
        styles=(
            StyleOrder("a.jpg", weight=2, layers="relu1_1,relu2_1"),
            StyleOrder("b.jpg", scale=0.5),
        ),
        settings={"style_layers": ("relu1_1", "relu2_1", "relu4_1")},
    )
    assert found.style_imgs_weights == (2, 1)
    assert found.style_scale == (1, 0.5)
    assert found.style_imgs_layers == ("relu1_1,relu2_1", "relu1_1,relu2_1,relu4_1")


def test_masks_count_only_where_styles_go_by_masks():
    styles = (StyleOrder("a.jpg", mask="m.png"),)
    assert not config(styles=styles).style_mask
    assert config(styles=styles, where=MASKS).style_mask_imgs == ("kept/m.png",)


def test_regions():
    styles = (StyleOrder("a.jpg", regions="s.png"),)
    found = config(styles=styles, where=REGIONS, regions="c.png")
    assert (found.content_regions, found.style_regions) == ("kept/c.png", ("kept/s.png",))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"photograph": None}, "Photograph: there is none yet"),
        ({"styles": ()}, "Style 1: there is none yet"),
        ({"where": MASKS}, "Style 1 has no mask"),
        ({"where": REGIONS}, "Style 1 or the photograph has no regions"),
        ({"where": "nowhere" * 1000}, "where: received 'nowhere"),
        ({"settings": {"max_size": -1}}, "max_size: received -1, must be at least 16"),
        ({"settings": {"max_iterations": -5}}, "max_iterations: received -5"),
        ({"styles": (StyleOrder("a.jpg", weight=-1),)}, "style_imgs_weights: received -1"),
        ({"styles": (StyleOrder("a.jpg", layers="x" * 10_000),)}, "style_imgs_layers: received"),
    ],
)
def test_what_is_missing_or_not_allowed_is_said_in_a_short_sentence(changes, message):
    with pytest.raises(StyleError) as refused:
        config(**changes)
    assert str(refused.value).startswith(message)
    assert len(str(refused.value)) < 500


def result(tmp_path: Path, **settings) -> Path:
    path = tmp_path / "result.png"
    pixels = Picture(np.full((8, 8, 3), 99, np.float32))
    write_picture(path, pixels, 8, Config(**settings).to_yaml())
    return path


def test_an_order_comes_back_from_its_result(tmp_path):
    settings = {
        "content_img": "lake.jpg",
        "style_imgs": ["a.jpg", "b.jpg"],
        "style_imgs_weights": [1, 3],
        "style_scale": [2],
        "style_mask": True,
        "style_mask_imgs": ["m.png", "n.png"],
        "style_weight": 123,
        "keep_background": True,
    }
    found, missing = order_of(result(tmp_path, **settings), lambda name: f"kept/{name}")
    assert missing == []
    again = config_of(found, lambda path: path.removeprefix("kept/"))
    assert again == Config(**(settings | {"style_scale": [2, 2]}))


def test_pictures_that_are_gone_are_named(tmp_path):
    path = result(tmp_path, content_img="lake.jpg", style_imgs=["a.jpg"])
    found, missing = order_of(path, {"lake.jpg": "kept/lake.jpg"}.get)
    assert missing == ["a.jpg"]
    assert found.photograph == "kept/lake.jpg"


def test_names_in_settings_lead_to_no_other_file(tmp_path):
    asked = []

    def find(name: str) -> None:
        asked.append(name)

    path = result(
        tmp_path, content_img="/etc/passwd", style_imgs=["../../secret.png"], content_img_dir="/etc"
    )
    order_of(path, find)
    assert asked == ["secret.png", "passwd"]


def test_a_result_whose_settings_the_page_does_not_allow(tmp_path):
    path = result(tmp_path, content_img="a.jpg", style_imgs=["b.jpg"], model_weights="/x/evil.h5")
    with pytest.raises(StyleError, match=r"model_weights: received '/x/evil.h5', allowed here are"):
        order_of(path, {}.get)


def test_settings_that_call_each_other_are_refused_at_once(tmp_path):
    """Nine lists of nine lists ...: YAML's aliases make gigabytes of a few lines."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, 12)]
    bomb = "\n".join(lines).replace("a11:", "style_imgs:").replace("&a11", "")
    path = tmp_path / "bomb.png"
    write_picture(path, Picture(np.zeros((8, 8, 3), np.float32)), 8, bomb)
    with pytest.raises(StyleError) as refused:
        order_of(path, {}.get)
    assert len(str(refused.value)) < 1000
