"""Masks of what was painted on the photograph."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from neural_style.images.picture import Picture
from neural_style.images.write import write_picture
from neural_style.runtime.errors import StyleError
from neural_style.studio.masking import mask_of, union

GREEN, RED = (0, 200, 83, 255), (229, 57, 53, 255)


@pytest.fixture
def photo(tmp_path) -> Path:
    """A bright square on dark ground, [60, 80]."""
    pixels = np.full((60, 80, 3), 40, np.float32)
    pixels[20:40, 30:60] = (220, 180, 60)
    pixels += np.random.default_rng(0).uniform(-5, 5, pixels.shape).astype(np.float32)
    write_picture(tmp_path / "photo.png", Picture(pixels))
    return tmp_path / "photo.png"


@pytest.fixture
def painted(tmp_path):
    """Return a function that paints patches (colour, rows, columns) on a clear layer."""

    def paint(*patches, size=(60, 80)) -> list:
        layer = np.zeros((*size, 4), np.uint8)
        for colour, rows, columns in patches:
            layer[rows, columns] = colour
        path = tmp_path / f"layer{len(list(tmp_path.iterdir()))}.png"
        Image.fromarray(layer).save(path)
        return [path]

    return paint


def test_the_brush_is_the_mask(photo, painted):
    layers = painted((GREEN, slice(5, 15), slice(10, 20)), (RED, slice(30, 40), slice(0, 9)))
    (ending, _, mask), (_, _, overlay) = mask_of(photo, "brush", layers, 4)
    assert ending == ""
    assert overlay[5:15, 10:20].mean() > 2 * overlay[:, 65:].mean()
    assert mask.shape == (60, 80, 3)
    assert set(np.unique(mask)) == {0, 255}
    assert (mask[5:15, 10:20] == 255).all()
    assert (mask == 255).sum() == 10 * 10 * 3


def test_a_layer_of_another_size_is_brought_to_the_photographs(photo, painted):
    layers = painted((GREEN, slice(0, 15), slice(0, 40)), size=(30, 40))
    mask = mask_of(photo, "brush", layers, 4)[0][2]
    assert (mask[:30] == 255).all()
    assert (mask[30:] == 0).all()


def test_what_lies_on_top_counts(photo, painted):
    below = painted((GREEN, slice(0, 20), slice(0, 20)))
    above = painted((RED, slice(0, 10), slice(0, 20)))
    mask = mask_of(photo, "brush", below + above, 4)[0][2]
    assert (mask[10:20, :20] == 255).all()
    assert (mask[:10] == 0).all()


def overlap(mask: np.ndarray) -> float:
    true = np.zeros((60, 80), bool)
    true[20:40, 30:60] = True
    found = mask[..., 0] > 127
    return (true & found).sum() / (true | found).sum()


def test_a_box_around_what_is_green_finds_the_subject(photo, painted):
    layers = painted((GREEN, slice(15, 17), slice(25, 66)), (GREEN, slice(44, 46), slice(25, 66)))
    mask = mask_of(photo, "box", layers, 4)[0][2]
    assert overlap(mask) > 0.9


def test_strokes_find_the_subject(photo, painted):
    layers = painted((GREEN, slice(28, 32), slice(35, 55)), (RED, slice(2, 6), slice(5, 75)))
    assert overlap(mask_of(photo, "strokes", layers, 4)[0][2]) > 0.9


def test_clusters_need_no_paint(photo):
    parts = mask_of(photo, "clusters", [], 2)
    assert len(parts) == 4  # the label map, two regions, the overlay


@pytest.mark.parametrize(
    ("tool", "patches", "message"),
    [
        ("brush", [], "nothing is painted green"),
        ("box", [(RED, slice(0, 9), slice(0, 9))], "nothing is painted green"),
        ("strokes", [(GREEN, slice(0, 9), slice(0, 9))], "nothing is painted red"),
        ("x" * 10_000, [(GREEN, slice(0, 9), slice(0, 9))], "tool: received 'xxx"),
    ],
)
def test_what_leads_to_no_mask_is_said_in_a_sentence(photo, painted, tool, patches, message):
    with pytest.raises(StyleError) as refused:
        mask_of(photo, tool, painted(*patches), 4)
    assert str(refused.value).startswith(message)
    assert len(str(refused.value)) < 300


def test_regions_together_are_one_mask(photo, tmp_path):
    parts = mask_of(photo, "clusters", [], 3)
    paths = []
    for k, (_, _, mask) in enumerate(parts[1:-1]):
        paths.append(str(tmp_path / f"region{k}.png"))
        write_picture(paths[-1], Picture(mask.astype(np.float32)))
    assert (union(paths) == 255).all()
    assert np.array_equal(union(paths[:1]), parts[1][2])
