"""The network compact: exact Gram matrices, its layers, its weights, and when it steps in."""

import logging
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from objectives import objective_of

import neural_style as ns
from neural_style import Config, StyleError
from neural_style.distillation.student import Student
from neural_style.images.picture import Picture
from neural_style.images.write import write_picture
from neural_style.losses.gram import gram
from neural_style.losses.style import one_mask_each
from neural_style.networks import compact, weights
from neural_style.networks.activations import Projection, size
from neural_style.networks.compact import (
    HEADS,
    blocks_before,
    build_compact,
    build_trunk,
    load_compact,
    pack,
    unpack,
)
from neural_style.networks.layers import CHANNELS
from neural_style.networks.registry import Network, NetworkSpec, load_network
from neural_style.networks.vgg import build_features
from neural_style.networks.weights import load_weights


@pytest.fixture(scope="module")
def small_weights():
    """Random weights for compact."""
    generator = np.random.default_rng(0)
    found = {
        layer.name: tuple(0.1 * generator.standard_normal(w.shape) for w in layer.weights)
        for layer in build_trunk().layers
        if layer.weights
    }
    for name, (block, channels) in HEADS.items():
        kernel = generator.standard_normal((compact.WIDTHS[block - 1], channels))
        found[name] = kernel, generator.standard_normal(channels)
    return {k: tuple(np.float32(array) for array in pair) for k, pair in found.items()}


def image(height: int, width: int) -> tf.Tensor:
    values = np.random.default_rng(0).uniform(0, 255, (1, height, width, 3))
    return tf.constant(values, tf.float32)


def load(weights: str, *layers: str, **options: str) -> Network:
    return load_network(NetworkSpec(weights, layers, precision="float32", **options))


def projection(seed: int = 0) -> Projection:
    generator = np.random.default_rng(seed)
    shapes = [(1, 5, 7, 3), (3, 11), (11,)]
    return Projection(*(tf.constant(generator.normal(size=s), tf.float32) for s in shapes))


class TestProjection:
    def mask(self) -> tf.Tensor:
        return tf.constant(np.random.default_rng(3).uniform(0, 1, (1, 5, 7, 1)), tf.float32)

    def test_dense_is_the_linear_map(self):
        seen = projection()
        expected = seen.features.numpy() @ seen.kernel.numpy() + seen.bias.numpy()
        np.testing.assert_allclose(seen.dense(), expected, rtol=1e-5, atol=1e-6)
        assert size(seen) == size(seen.dense()) == (5, 7)

    @pytest.mark.parametrize("masked", [False, True])
    def test_gram_is_that_of_the_dense_activations(self, masked: bool):
        mask = self.mask() if masked else None
        seen = projection()
        np.testing.assert_allclose(gram(seen, mask), gram(seen.dense(), mask), rtol=1e-4, atol=1e-4)

    @pytest.mark.parametrize("masked", [False, True])
    def test_gradient_of_the_gram_matrix(self, masked: bool):
        mask = self.mask() if masked else None
        seen = projection()
        gradients = []
        for form in (lambda s: s, Projection.dense):
            with tf.GradientTape() as tape:
                tape.watch(seen.features)
                loss = tf.reduce_sum(tf.square(gram(form(seen), mask) - 1.0))
            gradients.append(tape.gradient(loss, seen.features))
        np.testing.assert_allclose(gradients[0], gradients[1], rtol=1e-3, atol=1e-1)

    def test_mask_of_a_tensor(self):
        tensor = projection().dense()
        np.testing.assert_allclose(gram(tensor, self.mask()), gram(tensor * self.mask()))


def test_objective_is_that_of_the_dense_activations(small_weights):
    names = list(HEADS)
    projected = build_compact(small_weights, names)

    def expanded(picture):
        return {name: seen.dense() for name, seen in projected(picture).items()}

    mask = np.linspace(0, 1, 33 * 20, dtype=np.float32).reshape(33, 20)

    def mask_at(height, width):
        return tf.constant(mask[:: -(-33 // height), :: -(-20 // width)][:height, :width])

    found = []
    for features in (projected, expanded):
        objective = objective_of(
            features,
            image(33, 20),
            [image(33, 20)[:, ::-1], image(33, 20)[:, :, ::-1]],
            one_mask_each([mask_at, lambda h, w: 1 - mask_at(h, w)]),
            content_layers=["conv4_2"],
            style_layers=[name for name in names if name != "conv4_2"],
            content_weight=5.0,
            style_weight=1e4,
            tv_weight=1e-3,
            content_layer_weights=[1.0],
            style_layer_weights=[1.0] * 5,
            style_weights=[0.3, 0.7],
        )
        found.append(objective(image(33, 20) * 0.5))
    for name, value in found[0].items():
        assert float(value) == pytest.approx(float(found[1][name]), rel=1e-3), name


class TestNetwork:
    def test_layers_have_the_shapes_of_vgg19(self, small_weights, random_weights):
        seen = build_compact(small_weights, list(HEADS))(image(37, 19))
        expected = build_features(load_weights(random_weights)[0], list(HEADS))(image(37, 19))
        for name, activations in seen.items():
            assert activations.dense().shape == expected[name].shape
            assert HEADS[name][1] == CHANNELS[int(name[4]) - 1]

    def test_is_cut_behind_the_deepest_layer(self):
        assert build_trunk(2).layers[-1].name == "block2_conv2"

    def test_keras_names_are_accepted_and_kept(self, small_weights):
        seen = build_compact(small_weights, ["block2_conv1", "relu2_1"])(image(16, 16))
        np.testing.assert_array_equal(seen["block2_conv1"].dense(), seen["relu2_1"].dense())

    def test_relu4_2_is_what_conv4_2_has_above_0(self, small_weights):
        seen = build_compact(small_weights, ["relu4_2", "conv4_2", "block4_conv2"])(image(37, 19))
        expected = np.maximum(seen["conv4_2"].dense(), 0)
        assert expected.any()
        np.testing.assert_array_equal(seen["relu4_2"], expected)
        np.testing.assert_array_equal(seen["block4_conv2"], expected)
        assert blocks_before("relu4_2") == blocks_before("conv4_2")

    def test_layers_not_predicted(self, small_weights):
        with pytest.raises(StyleError, match=r"'relu3_2'.*predicts relu1_1.*conv4_2"):
            build_compact(small_weights, ["relu1_1", "relu3_2"])

    def test_training_and_painting_compute_the_same(self):
        student = Student()
        for scale in student.scales.values():
            scale.assign(3.0)
        values = {v.path: v.numpy() for v in student.trainable_variables}
        seen = build_compact(student.weights_for_compact(values), list(HEADS))(image(32, 32))
        for name, trained in student(image(32, 32)).items():
            difference = seen[name].dense() - 3 * tf.cast(trained, tf.float32)
            assert tf.norm(difference) < 0.03 * tf.norm(seen[name].dense()), name


class TestWeights:
    def test_of_the_package(self):
        assert compact.PACKAGED.stat().st_size <= 8e6
        found = load_compact()
        layers = {layer.name for layer in build_trunk().layers if layer.weights}
        assert set(found) == layers | set(HEADS)
        assert all(np.isfinite(array).all() for pair in found.values() for array in pair)

    def test_survive_packing(self, small_weights):
        found = unpack(pack(small_weights))
        for name, pair in small_weights.items():
            for array, again in zip(pair, found[name], strict=True):
                assert again.dtype == np.float32
                np.testing.assert_allclose(again, array, rtol=1e-3, atol=1e-6)

    def test_damaged(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        data = bytearray(compact.PACKAGED.read_bytes())
        data[len(data) // 2] ^= 1
        path = tmp_path / "compact.npz"
        path.write_bytes(data)
        monkeypatch.setattr(compact, "PACKAGED", path)
        with pytest.raises(StyleError, match=r"damaged.*install neural_style again"):
            load_compact()
        path.unlink()
        with pytest.raises(StyleError, match="should be at"):
            load_compact()


class TestChoice:
    """Which network is taken."""

    @pytest.fixture(autouse=True)
    def _offline(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
        monkeypatch.setattr(weights, "ADDRESS", "http://127.0.0.1:9/{0}_notop.h5")

    def test_offline_auto_is_compact_with_one_line(self, caplog: pytest.LogCaptureFixture):
        logging.getLogger("neural_style").propagate = True
        caplog.set_level(logging.INFO, "neural_style")  # tests of -quiet leave another
        network = load("auto", "relu1_1")
        assert isinstance(network.features(image(16, 16))["relu1_1"], Projection)
        assert network.source == "compact"
        assert network.description.startswith("compact")
        # A set: behind tests of the command line a record was seen to come twice.
        (message,) = {record.getMessage() for record in caplog.records}
        assert "NEURAL_STYLE_WEIGHTS" in message
        assert "\n" not in message

    def test_the_variable_comes_first(self, random_weights, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("NEURAL_STYLE_WEIGHTS", random_weights)
        assert load("auto", "relu1_1").description == f"vgg19, {random_weights}"
        monkeypatch.setenv("NEURAL_STYLE_WEIGHTS", "missing.h5")
        with pytest.raises(StyleError, match=r"missing\.h5"):
            load("auto", "relu1_1")

    def test_imagenet_and_files_never_become_compact(self):
        for source in ("imagenet", "missing.h5"):
            with pytest.raises(StyleError):
                load(source, "relu1_1")

    def test_it_does_not_stand_in_for_vgg16(self):
        with pytest.raises(StyleError, match="network: received 'vgg16'"):
            load("compact", "relu1_1", name="vgg16")
        with pytest.raises(StyleError, match="cannot be downloaded"):
            load("auto", "relu1_1", name="vgg16")

    @pytest.mark.parametrize("source", ["compact", "auto"])
    def test_it_has_average_pooling_and_says_so(self, source: str, caplog):
        """So presets with max pooling paint without VGG19 as well."""
        logging.getLogger("neural_style").propagate = True
        network = load(source, "relu5_1", pooling="max")
        assert "average pooling" in caplog.text
        plain = load("compact", "relu5_1")
        seen, expected = (each.features(image(32, 32))["relu5_1"] for each in (network, plain))
        np.testing.assert_array_equal(seen.features, expected.features)


class TestCommandLine:
    @pytest.fixture
    def flags(self, tmp_path: Path, photograph, painting, monkeypatch) -> list[str]:
        """Paint two small pictures on a machine that no network reaches."""
        monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
        monkeypatch.setattr(weights, "ADDRESS", "http://127.0.0.1:9/{0}_notop.h5")
        monkeypatch.chdir(tmp_path)
        write_picture(Path("a.png"), Picture(photograph.astype(np.float32)))
        write_picture(Path("b.png"), Picture(painting.astype(np.float32)))
        paths = ["-content_img", "a.png", "-style_imgs", "b.png"]
        return [*paths, "-max_iterations", "2", "-device", "/cpu:0"]

    def test_offline_it_paints_and_says_with_what(self, flags, run_cli):
        code, _, said = run_cli(*flags)
        assert code == 0
        assert Path("image_output/result/result.png").is_file()
        (line,) = [line for line in said.splitlines() if "NEURAL_STYLE_WEIGHTS" in line]
        assert "using the network compact" in line
        # So that the picture can be made again where VGG19 is at hand.
        assert Config.load("image_output/result/result.png").model_weights == "compact"

    def test_asked_for_it_warns_of_nothing(self, flags, run_cli):
        code, _, said = run_cli(*flags, "-model_weights", "compact")
        assert code == 0
        assert "network compact" in said
        assert "NEURAL_STYLE_WEIGHTS" not in said

    def test_a_layer_that_it_lacks_is_a_sentence(self, flags, run_cli):
        code, _, said = run_cli(*flags, "-model_weights", "compact", "-style_layers", "relu3_2")
        assert code == 1
        assert "relu3_2" in said.splitlines()[-1]
        assert "Traceback" not in said


@pytest.mark.parametrize("masked", [False, True])
def test_painting_with_two_styles(photograph, painting, masked: bool):
    half = np.zeros((40, 48), np.uint8)
    half[:, :24] = 255
    masks = {"style_mask": True, "style_mask_imgs": [half, 255 - half]} if masked else {}
    config = Config(
        content_img=photograph,
        style_imgs=[painting, painting[::-1].copy()],
        style_imgs_weights=[0.3, 0.7],
        model_weights="compact",
        max_iterations=5,
        device="/cpu:0",
        **masks,
    )
    result = ns.stylize(config)
    assert result.image.shape == (40, 48, 3)
    totals = [step.total for step in result.history]
    assert totals[-1] < 0.7 * totals[0]


@pytest.mark.slow
@pytest.mark.shared
def test_its_pictures_are_near_those_of_vgg19(shared: Path, reference_weights: str):
    """One small picture: the style's error, as VGG19 sees it, falls nearly as far."""
    layers = [name for name in HEADS if name != "conv4_2"]
    pictures = {"content_img": "tubingen.jpg", "style_imgs": "the_scream.jpg"}
    folders = {"content_img_dir": str(shared / "images" / "content")}
    folders["style_imgs_dir"] = str(shared / "images" / "style")
    settings = {"max_size": 96, "max_iterations": 30, "device": "/cpu:0"}
    judge = load(reference_weights, *layers).features

    def error(picture: np.ndarray, style: np.ndarray) -> float:
        pairs = zip(judge(picture[None]).values(), judge(style[None]).values(), strict=True)
        grams = [(gram(a), gram(b)) for a, b in pairs]
        return float(np.mean([tf.norm(a - b) / tf.norm(b) for a, b in grams]))

    results = {
        source: ns.stylize(Config(**pictures, **folders, **settings, model_weights=source))
        for source in (reference_weights, "compact")
    }
    inputs = results["compact"].inputs
    style, content = inputs["style_1"].rgb, inputs["content"].rgb
    errors = {source: error(result.picture.rgb, style) for source, result in results.items()}
    start = error(content, style)
    assert start - errors["compact"] > 0.6 * (start - errors[reference_weights])


def test_of_the_first_block_alone():
    """It is a map of positions, as it is beside deeper ones."""
    both = build_compact(load_compact(), ["relu1_1", "relu2_1"])
    alone = build_compact(load_compact(), ["relu1_1"])
    features = alone(image(33, 20))["relu1_1"].features
    assert features.shape == (1, 33, 20, features.shape[-1])
    np.testing.assert_allclose(features, both(image(33, 20))["relu1_1"].features, rtol=1e-5)
