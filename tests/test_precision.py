"""What `auto` chooses and why; that bfloat16 paints what float32 paints."""

import dataclasses
import logging
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import neural_style as ns
from neural_style import precision
from neural_style.compact import HEADS, build_compact, load_compact
from neural_style.features import build_features
from neural_style.losses import gram
from neural_style.precision import choose_precision
from neural_style.weights import load_weights


@pytest.fixture
def processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that makes the machine's processor one with the features named."""

    def has(features: str) -> None:
        path = tmp_path / "cpuinfo"
        path.write_text(f"processor\t: 0\nflags\t\t: fpu sse2 {features} avx2\n")
        monkeypatch.setattr(precision, "PROCESSOR", path)

    return has


@pytest.mark.parametrize(
    ("features", "chosen", "why"),
    [
        ("amx_bf16 avx512_bf16", "bfloat16", "/cpu:0 has AMX-BF16"),
        ("avx512_bf16", "bfloat16", "/cpu:0 has AVX512-BF16"),
        ("avx512f amx_tile", "float32", "/cpu:0 is not known to have units for bfloat16"),
    ],
)
def test_auto_on_a_processor(processor, features: str, chosen: str, why: str):
    processor(features)
    assert choose_precision("auto", "/cpu:0") == (chosen, why)


def test_auto_on_a_processor_that_tells_nothing(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(precision, "PROCESSOR", tmp_path / "missing")
    assert choose_precision("auto", "/cpu:0")[0] == "float32"


@pytest.mark.parametrize(
    ("details", "chosen"),
    [
        ({"compute_capability": (9, 0)}, "bfloat16"),
        ({"compute_capability": (8, 0)}, "bfloat16"),
        ({"compute_capability": (7, 5)}, "float32"),
        ({}, "float32"),
    ],
)
def test_auto_on_a_gpu(monkeypatch, details: dict, chosen: str):
    of = {"first": {"compute_capability": (6, 0)}, "second": details}
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: list(of))
    monkeypatch.setattr(tf.config.experimental, "get_device_details", of.get)
    assert choose_precision("auto", "/gpu:1")[0] == chosen
    assert choose_precision("auto", "/gpu:0")[0] == "float32"


@pytest.mark.parametrize("asked", ["float32", "bfloat16"])
def test_what_is_asked_for_is_taken(processor, asked: str):
    processor("" if asked == "bfloat16" else "avx512_bf16")
    assert choose_precision(asked, "/cpu:0") == (asked, "as asked for")


def test_float16_is_refused():
    with pytest.raises(ns.StyleError, match=r"precision: float16 ends at 65504.*use bfloat16"):
        ns.Config(content_img="a", style_imgs="b", precision="float16")


def test_weights_and_activations_are_in_it(random_weights):
    weights = load_weights(random_weights)[0]
    model = build_features(weights, ["relu1_1", "conv2_2"], dtype="bfloat16")
    assert {variable.dtype for variable in model.variables} == {"bfloat16"}
    # Grey levels have eight bits as bfloat16 has, but without the mean colour they need more.
    picture = tf.random.uniform([1, 16, 16, 3], 0, 255)
    assert model.get_layer("normalise")(picture).dtype == tf.float32
    found = model(picture)
    expected = build_features(weights, ["relu1_1", "conv2_2"])(picture)
    for name, activations in found.items():
        assert activations.dtype == tf.bfloat16
        difference = tf.norm(tf.cast(activations, tf.float32) - expected[name])
        assert 0 < float(difference / tf.norm(expected[name])) < 0.02


def test_gram_matrices_of_compact_in_bfloat16_are_float32():
    """And near those of float32; the first layer has four and a half pieces of the sum."""
    picture = tf.random.stateless_uniform([1, 16, 144, 3], [1, 2], 0, 255)
    rough, exact = (
        build_compact(load_compact(), list(HEADS), dtype)(picture)
        for dtype in ("bfloat16", "float32")
    )
    for name, activations in rough.items():
        assert activations.features.dtype == tf.bfloat16
        found, expected = gram(activations), gram(exact[name])
        assert found.dtype == tf.float32
        assert tf.norm(found - expected) < 0.02 * tf.norm(expected), name


@pytest.mark.parametrize(("features", "chosen"), [("avx512_bf16", "bfloat16"), ("", "float32")])
def test_the_result_names_what_auto_chose(config, processor, caplog, features, chosen):
    """So that another machine makes the same picture again; one line says why."""
    processor(features)
    with caplog.at_level(logging.INFO, "neural_style"):
        logging.getLogger("neural_style").propagate = True
        result = ns.stylize(config())
    assert result.config.precision == chosen
    assert result.history[0].terms["total"] > 0
    said = {record.getMessage() for record in caplog.records}  # some come twice, see test_compact
    (line,) = [message for message in said if message.startswith("network ")]
    assert f"; computes in {chosen}: /cpu:0 " in line


def test_evaluate_judges_in_float32(config, processor, photograph):
    processor("avx512_bf16")
    image = photograph.astype(np.float32) + 5
    judged, exact, rough = (
        ns.evaluate(config(precision=name), image)["total"]
        for name in ("auto", "float32", "bfloat16")
    )
    assert judged == exact != rough
    assert rough == pytest.approx(exact, rel=0.05)


def test_same_config_same_picture(config):
    settings = config(precision="bfloat16")
    np.testing.assert_array_equal(ns.stylize(settings).image, ns.stylize(settings).image)


def test_masks_and_several_styles(config, painting):
    half = np.zeros((40, 48), np.uint8)
    half[:, :24] = 255
    settings = config(
        precision="bfloat16",
        style_imgs=[painting, painting[::-1].copy()],
        style_mask=True,
        style_mask_imgs=[half, 255 - half],
        max_iterations=5,
    )
    totals = [step.total for step in ns.stylize(settings).history]
    assert totals[-1] < totals[0]


@pytest.mark.slow
@pytest.mark.shared
def test_fifty_iterations_reach_the_loss_of_float32(shared: Path, reference_weights: str):
    """Judged in float32; and no search of L-BFGS stalls in bfloat16's noise."""
    reached, spent = {}, {}
    for name in ("float32", "bfloat16"):
        config = ns.Config(
            content_img="lion.png",
            style_imgs="kandinsky.png",
            content_img_dir=str(shared / "golden"),
            style_imgs_dir=str(shared / "golden"),
            model_weights=reference_weights,
            precision=name,
            device="/cpu:0",
        )
        last = []
        result = ns.stylize(config, lambda step, last=last: last.append(step.image))
        judge = dataclasses.replace(config, precision="float32")
        reached[name] = ns.evaluate(judge, last[-1])["total"]
        spent[name] = result.history[-1].evaluations
        assert [step.note for step in result.history] == [""] * 50
    assert reached["bfloat16"] == pytest.approx(reached["float32"], rel=0.08)
    assert spent["bfloat16"] <= 1.2 * spent["float32"]
