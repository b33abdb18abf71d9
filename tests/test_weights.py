"""Weights from every kind of file, and what is said of bad ones."""

import hashlib
import http.server
import re
import struct
import sys
import threading
import tracemalloc
import zlib
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from neural_style import StyleError
from neural_style.networks import mat_reader, weights
from neural_style.networks.layers import convolutions
from neural_style.networks.weights import load_weights


@pytest.fixture(scope="module")
def expected(random_weights):
    return load_weights(random_weights)[0]


def assert_same(found: weights.Weights, expected: weights.Weights) -> None:
    assert set(found) == set(expected)
    for name, (kernel, bias) in expected.items():
        np.testing.assert_array_equal(found[name][0], kernel)
        np.testing.assert_array_equal(found[name][1], bias)


def model_with(expected: weights.Weights, **options) -> keras.Model:
    model = keras.applications.VGG19(include_top=False, weights=None, **options)
    for name, pair in expected.items():
        layer = name.replace("conv", "block").replace("_", "_conv")
        model.get_layer(layer).set_weights(pair)
    return model


def test_first_and_last_layer(expected):
    assert expected["conv1_1"][0].shape == (3, 3, 3, 64)
    assert expected["conv5_4"][0].shape == (3, 3, 512, 512)
    assert [array.dtype for array in expected["conv3_4"]] == [np.float32, np.float32]


@pytest.mark.parametrize("name", ["vgg19.h5", "vgg19.weights.h5"])
def test_files_saved_by_keras(expected, tmp_path: Path, name: str):
    path = tmp_path / name
    model = model_with(expected)
    model.save_weights(path) if ".weights" in name else model.save(path)
    assert_same(load_weights(str(path))[0], expected)


def test_vgg16(tmp_path: Path):
    path = tmp_path / "vgg16.weights.h5"
    model = keras.applications.VGG16(include_top=False, weights=None)
    model.save_weights(path)
    found, _ = load_weights(str(path), "vgg16")
    kernel = model.get_layer("block5_conv3").get_weights()[0]
    np.testing.assert_array_equal(found["conv5_3"][0], kernel)


def matconvnet(path: Path, expected: weights.Weights, old: bool) -> None:
    """Write a file as MatConvNet has it: RGB input, a cell array of structs."""
    import scipy.io

    layers = []
    for name, (kernel, bias) in expected.items():
        if name == "conv1_1":
            kernel = kernel[:, :, ::-1]
        if old:
            pair = {"filters": kernel, "biases": bias[None]}
        else:
            pair = {"weights": np.array([kernel, bias[:, None]], dtype=object)}
        layers += [{"type": "conv", "name": name, **pair}, {"type": "relu", "name": "relu"}]
    layers.append({"type": "conv", "name": "fc6", "weights": np.array([0, 0], dtype=object)})
    scipy.io.savemat(path, {"layers": np.array(layers, dtype=object)})


@pytest.mark.parametrize("old", [True, False])
def test_matconvnet(expected, tmp_path: Path, old: bool):
    path = tmp_path / "imagenet-vgg-verydeep-19.mat"
    matconvnet(path, expected, old)
    assert_same(load_weights(str(path))[0], expected)


@pytest.mark.shared
def test_a_mat_that_crashes_its_reader_is_refused(shared: Path):
    path = shared / "faults" / "crash.mat"
    with pytest.raises(StyleError, match=r"crash\.mat .* damaged.*reader crashed, with signal"):
        load_weights(str(path))


def test_a_reader_that_crashes_or_never_ends_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "a.mat"
    path.write_bytes(b"x")
    program = tmp_path / "python"
    monkeypatch.setattr(mat_reader.sys, "executable", str(program))
    program.write_text("#!/bin/sh\nkill -SEGV $$\n")
    program.chmod(0o700)
    with pytest.raises(StyleError, match="its reader crashed, with signal 11"):
        load_weights(str(path))
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(mat_reader, "TIMEOUT", 0.2)
    with pytest.raises(StyleError, match=r"its reader came to no end within 0\.2 s"):
        load_weights(str(path))


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory on Linux alone")
def test_a_mat_that_claims_to_be_huge_is_refused(tmp_path: Path):
    """A compressed matrix whose data, says their tag, are of 2 GB."""
    integers, doubles, matrix, compressed = 5, 9, 14, 15
    parts = struct.pack("<IIII", 6, 8, 6, 0)  # flags: of doubles
    parts += struct.pack("<IIII", integers, 8, 2**14, 2**14)
    parts += struct.pack("<HH4s", 1, 4, b"abcd")  # the name
    parts += struct.pack("<II", doubles, 2**31 - 8) + bytes(64)
    data = zlib.compress(struct.pack("<II", matrix, len(parts)) + parts)
    header = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H2s", 0x100, b"IM")
    path = tmp_path / "huge.mat"
    path.write_bytes(header + struct.pack("<II", compressed, len(data)) + data)
    with pytest.raises(StyleError, match="a few of its bytes claim to be gigabytes"):
        load_weights(str(path))


def test_matconvnet_without_scipy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.mat"
    path.write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(StyleError, match=r"pip install 'neural_style\[mat\]'"):
        load_weights(str(path))


def test_variable_is_the_default_and_an_argument_overrides_it(
    random_weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NEURAL_STYLE_WEIGHTS", random_weights)
    assert load_weights("auto")[1] == random_weights
    with pytest.raises(StyleError, match=r"other\.h5"):
        load_weights(str(tmp_path / "other.h5"))


def damaged_files(folder: Path, good: str) -> dict[str, tuple[Path, str]]:
    """Return bad files by what is wrong with them, each with what its message must say."""
    whole = Path(good).read_bytes()
    half = folder / "half.h5"
    half.write_bytes(whole[: len(whole) // 2])
    text = folder / "text.h5"
    text.write_text("not weights\n" * 100)
    empty = folder / "empty.h5"
    empty.write_bytes(b"")
    other = folder / "picture.png"
    other.write_bytes(b"x")
    mat = folder / "half.mat"
    mat.write_bytes(b"MATLAB 5.0 MAT-file" + bytes(200))
    foreign = folder / "foreign.h5"
    with h5py.File(foreign, "w") as file:
        file["dense/kernel:0"] = np.zeros((4, 4))
    nan = folder / "nan.h5"
    with h5py.File(nan, "w") as file:
        for name, channels_in, channels_out in convolutions("vgg19"):
            file[f"{name}/kernel"] = np.full((3, 3, channels_in, channels_out), np.nan, np.float16)
            file[f"{name}/bias"] = np.zeros(channels_out)
    return {
        "half": (half, "damaged, cut short"),
        "text": (text, "damaged, cut short"),
        "empty": (empty, "damaged, cut short"),
        "half mat": (mat, "damaged, cut short"),
        "folder": (folder, "is a folder"),
        "missing": (folder / "no.h5", "there is no file"),
        "suffix": (other, r"allowed are \.h5"),
        "foreign": (foreign, "for conv1_1 it has nothing"),
        "nan": (nan, "not finite"),
    }


def test_bad_files(random_weights, tmp_path: Path):
    for path, problem in damaged_files(tmp_path, random_weights).values():
        with pytest.raises(StyleError, match=problem) as error:
            load_weights(str(path))
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("names", "given", "problem"),
    [
        (["kernel"], {"shape": (2**15,) * 3, "chunks": (1, 1, 1)}, "(32768, 32768, 32768)"),
        (["kernel"], {"shape": (2**9,) * 3}, "(512, 512, 512)"),
        (
            ["kernel"],
            {"shape": (3, 3, 3, 64), "maxshape": (None,) * 4, "chunks": (2**7,) * 4},
            "(128, 128, 128, 128)",
        ),
        (map(str, range(20)), {"shape": (9, 2**18)}, "more than a kernel and a bias"),
    ],
    ids=["terabytes", "half a gigabyte", "a chunk of a gigabyte", "many"],
)
def test_what_claims_to_be_huge_is_refused_before_it_is_read(tmp_path: Path, names, given, problem):
    path = tmp_path / "huge.h5"
    with h5py.File(path, "w") as file:
        for name in names:  # of no byte: HDF5 fills them in
            file.create_dataset(f"conv1_1/{name}", dtype=np.float32, fillvalue=1, **given)
    tracemalloc.start()
    with pytest.raises(StyleError, match=re.escape(problem)):
        load_weights(str(path))
    assert tracemalloc.get_traced_memory()[1] < 2**25
    tracemalloc.stop()


def test_weights_of_the_other_network(random_weights):
    with pytest.raises(StyleError, match="looks like vgg19: add -network vgg19"):
        load_weights(random_weights, "vgg16")


class TestDownload:
    """keras.applications' download, with a server of our own and with none."""

    @pytest.fixture(autouse=True)
    def _empty_cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))

    def test_without_a_network(self, monkeypatch: pytest.MonkeyPatch):
        self.point_to(monkeypatch, "http://127.0.0.1:9/vgg19_notop.h5")
        with pytest.raises(StyleError, match=r"cannot be downloaded.*NEURAL_STYLE_WEIGHTS"):
            load_weights("auto")

    def test_a_server_that_never_answers(self, monkeypatch: pytest.MonkeyPatch):
        import socket

        monkeypatch.setattr(weights, "TIMEOUT", 0.3)
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.point_to(monkeypatch, f"http://127.0.0.1:{server.getsockname()[1]}/a.h5")
            with pytest.raises(StyleError, match=r"cannot be downloaded \(.*(timed out|0\.3 s)"):
                load_weights("imagenet")

    def test_a_download_that_fails(self, monkeypatch: pytest.MonkeyPatch):
        self.point_to(monkeypatch, "http://127.0.0.1:9/vgg19_notop.h5")
        monkeypatch.setattr(weights, "_unreachable", lambda *_: "")

        def fail(**_):
            raise Exception("URL fetch failure on x: 503\nmore")  # as Keras does

        monkeypatch.setitem(weights.CONSTRUCTORS, "vgg19", fail)
        with pytest.raises(StyleError, match=r"could not be downloaded \(URL fetch .* 503\)"):
            load_weights("imagenet")

    def test_weights_of_keras_are_converted(self, expected, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(weights, "_unreachable", lambda *_: "")
        model = model_with(expected)
        monkeypatch.setitem(weights.CONSTRUCTORS, "vgg19", lambda **_: model)
        found, where = load_weights("imagenet")
        assert_same(found, expected)
        assert where == "ImageNet weights of Keras"

    def test_a_cached_file_needs_no_network(self, expected, monkeypatch: pytest.MonkeyPatch):
        self.point_to(monkeypatch, "http://127.0.0.1:9/vgg19_notop.h5")
        path = weights.cached_file("vgg19")
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
        monkeypatch.setitem(weights.CONSTRUCTORS, "vgg19", lambda **_: model_with(expected))
        assert_same(load_weights("auto")[0], expected)

    def test_reachable(self):
        handler = http.server.SimpleHTTPRequestHandler
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            address = f"http://127.0.0.1:{server.server_port}/"
            assert weights._unreachable(address, 5) == ""
            assert "404" in weights._unreachable(address + "nothing", 5)
            server.shutdown()

    @staticmethod
    def point_to(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
        monkeypatch.setattr(weights, "ADDRESS", address)


@pytest.mark.shared
def test_reference_weights(reference_weights: str):
    found, where = load_weights(reference_weights)
    assert where == reference_weights
    # Edge detectors: the first kernels nearly sum to zero.
    kernel, _ = found["conv1_1"]
    assert abs(kernel.sum((0, 1, 2))).mean() < abs(kernel).sum((0, 1, 2)).mean() / 2


def test_weights_are_known_by_their_values(
    random_weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog
):
    found, _ = load_weights(random_weights)
    print_of_it = weights.fingerprint(found)
    swapped = found | {"conv3_3": found["conv3_2"]}
    swapped["conv3_2"] = found["conv3_3"]  # as a bit in a file's index does it
    assert weights.fingerprint(swapped) != print_of_it
    caplog.set_level("INFO", "neural_style")
    load_weights(random_weights)
    assert "are none that neural_style knows: if they are your own, all is well" in caplog.text
    caplog.clear()
    monkeypatch.setattr(weights, "KNOWN", {print_of_it})
    load_weights(random_weights)
    assert caplog.text == ""
    monkeypatch.setattr(weights, "KNOWN", set())
    md5 = hashlib.md5(Path(random_weights).read_bytes()).hexdigest()
    monkeypatch.setattr(weights, "KERAS_FILES", {md5})
    load_weights(random_weights)
    assert caplog.text == ""


@pytest.mark.shared
def test_reference_weights_are_known(reference_weights: str):
    assert weights.fingerprint(load_weights(reference_weights)[0]) in weights.KNOWN
