"""What `auto` chooses and why; that bfloat16 and float16 paint what float32 paints."""

import dataclasses
import logging
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from objectives import objective_of

import neural_style as ns
from neural_style.guidance.masks import mask_at
from neural_style.losses.gram import gram
from neural_style.losses.style import one_mask_each
from neural_style.networks.compact import HEADS, build_compact, load_compact
from neural_style.networks.registry import NetworkSpec, load_network
from neural_style.networks.vgg import build_features
from neural_style.networks.weights import load_weights
from neural_style.runtime import precision
from neural_style.runtime.precision import choose_precision
from neural_style.transfer.objective import Objective
from neural_style.transfer.tiling import Tiling


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


@pytest.mark.parametrize("asked", ["float32", "bfloat16", "float16"])
def test_what_is_asked_for_is_taken(processor, asked: str):
    processor("" if asked == "bfloat16" else "avx512_bf16")
    assert choose_precision(asked, "/cpu:0") == (asked, "as asked for")


def test_weights_and_activations_are_in_it(random_weights):
    weights = load_weights(random_weights)[0]
    model = build_features(weights, ["relu1_1", "conv2_2"], dtype="bfloat16")
    assert {variable.dtype for variable in model.variables} == {"bfloat16"}
    # Grey levels have eight bits as bfloat16 has, but without the mean colour they need more.
    picture = tf.random.uniform([1, 16, 16, 3], 0, 255)
    assert model.get_layer("preprocess")(picture).dtype == tf.float32
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


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_same_config_same_picture(config, precision: str):
    settings = config(precision=precision)
    np.testing.assert_array_equal(ns.stylize(settings).image, ns.stylize(settings).image)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_masks_and_several_styles(config, painting, precision: str):
    half = np.zeros((40, 48), np.uint8)
    half[:, :24] = 255
    settings = config(
        precision=precision,
        style_imgs=[painting, painting[::-1].copy()],
        style_mask=True,
        style_mask_imgs=[half, 255 - half],
        max_iterations=5,
    )
    totals = [step.total for step in ns.stylize(settings).history]
    assert totals[-1] < totals[0]


# float16, whose range is narrow

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1", "conv4_2")
SIZE = (44, 61)


def objective(precision: str, source: str, pooling: str = "avg", **changes) -> Objective:
    noise = np.random.default_rng(3).uniform(0, 255, (2, 1, *SIZE, 3)).astype(np.float32)
    arguments = {
        "content_layers": LAYERS[5:],
        "style_layers": LAYERS[:5],
        "content_weight": 5.0,
        "style_weight": 1e4,
        "tv_weight": 1e-3,
        "content_layer_weights": [1.0],
        "style_layer_weights": [1.0] * 5,
        "style_weights": [1.0],
        "guides": None,
    } | changes
    layers = [*arguments["content_layers"], *arguments["style_layers"]]
    spec = NetworkSpec(source, tuple(layers), pooling=pooling, precision=precision)
    features = load_network(spec).features
    return objective_of(features, noise[0], [0.4 * noise[1]], **arguments)


def assert_near(rough: Objective, exact: Objective, scale: float = 1.0) -> None:
    """The loss is within 1 %, and the gradient within 10 %: their cosine is above 0.995.

    Without max pooling, which has to choose between equals, the latter was within 2 %.
    """
    image = tf.random.stateless_uniform([1, *SIZE, 3], [4, 5], 0, 255)
    terms, gradient = rough.value_and_gradient(image, tf.constant(scale))
    expected, expected_gradient = exact.value_and_gradient(image, tf.constant(scale))
    for name, value in expected.items():
        assert float(terms[name]) == pytest.approx(float(value), rel=0.01), name
    largest = tf.reduce_max(tf.abs(expected_gradient))
    gradient, expected_gradient = gradient / largest, expected_gradient / largest
    difference = tf.norm(gradient - expected_gradient) / tf.norm(expected_gradient)
    assert 0 < float(difference) < 0.1


@pytest.fixture(
    scope="module",
    params=[
        "random, avg",
        "random, max",
        "compact, avg",
        pytest.param("reference, avg", marks=pytest.mark.shared),
    ],
)
def both(request, random_weights, reference_weights) -> tuple[Objective, Objective]:
    """Return an objective in float16 and in float32, without the total variation."""
    source, pooling = request.param.split(", ")
    source = {"random": random_weights, "reference": reference_weights}.get(source, source)
    return tuple(objective(name, source, pooling, tv_weight=0) for name in ("float16", "float32"))


@pytest.mark.parametrize(
    ("content_weight", "style_weight", "scale"),
    [(5, 1e4, 1.0), (5, 1e-3, 1.0), (5, 1e9, 1.0), (5, 1e9, 1e-14), (1, 0, 1e-9), (1e-9, 1e9, 1e9)],
)
def test_float16_under_any_weights(both, content_weight, style_weight, scale):
    """Gradients within the network go from 1e-9 to 1e19; float16 ends at 65504."""
    for found in both:
        found.weights |= {
            "content": tf.constant(content_weight, tf.float32),
            "style": tf.constant(style_weight, tf.float32),
        }
    assert_near(*both, scale)


def test_the_gradient_of_float16_may_be_zero():
    """At the photograph, without style, there is nothing to divide by."""
    content = np.full((1, 16, 16, 3), 90, np.float32)
    found = objective_of(
        load_network(NetworkSpec("compact", ("conv4_2",), precision="float16")).features,
        content,
        [],
        None,
        content_layers=["conv4_2"],
        style_layers=[],
        content_weight=1.0,
        style_weight=0.0,
        tv_weight=0.0,
        content_layer_weights=[1.0],
        style_layer_weights=[],
        style_weights=[],
    )
    terms, gradient = found.value_and_gradient(tf.constant(content), tf.constant(1.0))
    assert float(terms["total"]) == 0
    assert np.all(gradient.numpy() == 0)


def test_float16_in_tiles_and_under_masks(random_weights):
    few = {
        "content_layers": ["conv2_2"],
        "style_layers": ["relu1_1", "relu2_1"],
        "style_layer_weights": [1.0, 1.0],
        "guides": one_mask_each([mask_at(np.tri(20, 30, 5, np.float32) * 255)]),
    }
    tiling = Tiling(32, 8, {"relu1_1": 1, "relu2_1": 2, "conv2_2": 2})
    assert len(tiling.cut(SIZE)) == 6
    exact = objective("float32", random_weights, **few)
    assert_near(objective("float16", random_weights, tiling=tiling, **few), exact)


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
