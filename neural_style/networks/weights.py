"""Find, verify, download or convert the weights of the network."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import math
import os
import re
import socket
import sys
import threading
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.error import HTTPError

import keras
import numpy as np

from neural_style.networks.layers import convolutions
from neural_style.networks.mat_reader import read_mat
from neural_style.runtime.errors import StyleError, first_line, shortened

logger = logging.getLogger("neural_style")

Weights = dict[str, tuple[np.ndarray, np.ndarray]]
# What a file has by the names of layers, not checked yet.
Arrays = Mapping[str, Sequence[np.ndarray]]

# Fingerprints of weights as they are loaded.
KNOWN = {
    # VGG19 of this project's tests, its last two blocks in 8 bits.
    "de97299f4f6b306ef5b289574b55d7b3ba19975d0879a93f2f6337bde875663e",
}
# MD5 of the files that keras.applications downloads, as it has them itself.
KERAS_FILES = {"253f8cb515780f3b799900260a226db6", "6d6bbae143d832006294945121d1f1fc"}

VARIABLE = "NEURAL_STYLE_WEIGHTS"
# Where keras.applications fetches them from.
ADDRESS = (
    "https://storage.googleapis.com/tensorflow/keras-applications/{0}/"
    "{0}_weights_tf_dim_ordering_tf_kernels_notop.h5"
)
CONSTRUCTORS = {"vgg19": keras.applications.VGG19, "vgg16": keras.applications.VGG16}
# Without an answer from the server for so long, there is no network.
TIMEOUT = 8.0  # seconds
REMEDY = (
    f"give a file that you have with -model_weights PATH or {VARIABLE}=PATH "
    "(a Keras .h5 or .weights.h5 file, or imagenet-vgg-verydeep-19.mat)"
)


def load_weights(source: str, network: str = "vgg19") -> tuple[Weights, str]:
    """Load the convolutions' weights of a network.

    Args:
        source: `imagenet` (the download of keras.applications, hash checked and cached), a path
            (.h5 in Keras's layout, .weights.h5, or MatConvNet's .mat), or `auto`: the path in the
            variable NEURAL_STYLE_WEIGHTS if it is set, else `imagenet`.
        network: `vgg19` or `vgg16`.

    Returns:
        Kernel [3, 3, C_in, C_out] and bias [C_out], float32, by the convolution's name, for an
        input in BGR order; and a few words on where they came from.

    Raises:
        StyleError: the file is missing, damaged or of another network, or no download is possible.
    """
    if source == "auto":
        source = os.environ.get(VARIABLE) or "imagenet"
    if source == "imagenet":
        return _check(_download(network), network, "the download"), "ImageNet weights of Keras"
    path = Path(os.path.expanduser(source))
    weights = _check(_read(path, network), network, str(path))
    if not is_known(weights, path):
        logger.info(
            "weights %s are none that neural_style knows: if they are your own, all is well, else "
            "the file may be damaged",
            path,
        )
    return weights, str(path)


def is_known(weights: Weights, path: Path) -> bool:
    """Tell whether weights are known by a fingerprint of their values, or their file by its MD5."""
    if fingerprint(weights) in KNOWN:
        return True
    with open(path, "rb") as file:
        digest = hashlib.md5(usedforsecurity=False)
        while piece := file.read(2**20):
            digest.update(piece)
    return digest.hexdigest() in KERAS_FILES


def fingerprint(weights: Weights) -> str:
    """Return the SHA-256 of all kernels and biases, float32, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        for array in weights[name]:
            digest.update(np.ascontiguousarray(array, np.float32).data)
    return digest.hexdigest()


def cached_file(network: str) -> Path:
    """Return where Keras keeps the weights that it has downloaded."""
    name = ADDRESS.format(network).rpartition("/")[2]
    home = os.path.expanduser(os.environ.get("KERAS_HOME") or "~/.keras")
    if home.startswith("~"):  # a user without a home, whom Keras sends there
        home = "/tmp/.keras"
    return Path(home) / "models" / name


def _download(network: str) -> Arrays:
    """Let keras.applications find its file in the cache, or fetch it."""
    address = ADDRESS.format(network)
    if not cached_file(network).is_file():
        problem = _unreachable(address, TIMEOUT)
        if problem:
            raise StyleError(
                f"the weights of {network} are not on this machine and cannot be downloaded "
                f"({problem}): {REMEDY}"
            )
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)  # get_file takes none, and would wait for ever
    try:
        with contextlib.redirect_stdout(sys.stderr):  # where Keras's progress bar belongs
            model = CONSTRUCTORS[network](include_top=False, weights="imagenet")
    except Exception as error:  # Keras raises a bare Exception for a failed download
        raise StyleError(
            f"the weights of {network} could not be downloaded ({first_line(error)}): {REMEDY}"
        ) from error
    finally:
        socket.setdefaulttimeout(before)
    return {
        layer.name.replace("block", "conv").replace("_conv", "_"): tuple(layer.get_weights())
        for layer in model.layers
        if "_conv" in layer.name
    }


def _unreachable(address: str, seconds: float) -> str:
    """Return why nothing answers at the address within so many seconds, or an empty string.

    In a thread of its own, since looking up a name knows no time-out.
    """
    problem = [f"no answer within {seconds:g} s"]

    def ask() -> None:
        request = urllib.request.Request(address, method="HEAD")
        try:
            urllib.request.urlopen(request, timeout=seconds).close()
            problem[0] = ""
        except OSError as error:
            reason = getattr(error, "reason", error)
            problem[0] = first_line(error if isinstance(error, HTTPError) else reason)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return problem[0]


def _read(path: Path, network: str) -> Arrays:
    if os.path.isdir(path):  # pathlib raises for names that are too long
        raise StyleError(f"model_weights: {path} is a folder; {REMEDY}")
    if not os.path.isfile(path):
        raise StyleError(f"model_weights: there is no file {path}; {REMEDY}")
    read: dict[str, Callable[[Path, str], Arrays]] = {
        ".h5": _read_h5,
        ".hdf5": _read_h5,
        ".mat": _read_mat,
    }
    if path.suffix.lower() not in read:
        raise StyleError(
            f"model_weights: {path} ends in {path.suffix!r}, allowed are .h5, .weights.h5 and "
            f".mat; {REMEDY}"
        )
    try:
        return read[path.suffix.lower()](path, network)
    except StyleError:
        raise
    except Exception as error:  # whatever a parser makes of a damaged file
        raise StyleError(
            f"model_weights: {path} ({path.stat().st_size} bytes) cannot be read as weights of "
            f"{network}: it is damaged, cut short or something else ({first_line(error)}); "
            "get it again or give another"
        ) from error


def _read_h5(path: Path, network: str) -> Arrays:
    """Read the layouts of Keras 1 to 3: kernels and biases in groups, one for each layer.

    Layers are told by their names (`block4_conv2`, `conv4_2`), or, as in a .weights.h5 file that
    numbers them (`conv2d`, `conv2d_1`, ...), by their order.
    """
    import h5py  # comes with Keras; only wanted here

    arrays: dict[str, list[np.ndarray]] = {}
    max_size = _largest_kernel(network)
    with h5py.File(path, "r") as file:

        def visit(name: str, item: object) -> None:
            layer = re.search(r"(block|conv)\d_(conv)?\d|conv2d(_\d+)?(?=/)", name)
            if isinstance(item, h5py.Dataset) and layer:
                # A few bytes may say that they are terabytes, in all or in a chunk.
                for shape in (item.shape or (), item.chunks or ()):
                    if math.prod(shape) > max_size:
                        raise ValueError(f"{shortened(name)} has the shape {shape}")
                pair = arrays.setdefault(layer[0], [])
                if len(pair) == 2:
                    raise ValueError(f"{shortened(layer[0])} has more than a kernel and a bias")
                pair.append(np.asarray(item, np.float32))

        file.visititems(visit)
    order = [name for name, _, _ in convolutions(network)]
    weights: dict[str, Sequence[np.ndarray]] = {}
    for layer, pair in arrays.items():
        if layer.startswith("conv2d"):
            index = int(layer.partition("_")[2] or 0)
            name = order[index] if index < len(order) else layer
        else:
            name = re.sub(r"block(\d)_conv(\d)", r"conv\1_\2", layer)
        weights[name] = tuple(sorted(pair, key=np.ndim, reverse=True))
    return weights


def _largest_kernel(network: str) -> int:
    """Return how many numbers the largest array of a network has."""
    return max(9 * before * after for _, before, after in convolutions(network))


def _read_mat(path: Path, network: str) -> Weights:
    """Read MatConvNet's imagenet-vgg-verydeep-16 and -19, which the report uses.

    Its kernels are [height, width, in, out] as TensorFlow's; it takes RGB, our model feeds BGR.
    """
    try:
        import scipy.io  # noqa: F401 - whether it is there
    except ImportError:
        raise StyleError(
            f"model_weights: reading {path} needs SciPy; install it with "
            "pip install 'neural_style[mat]'"
        ) from None
    weights = read_mat(path)
    if "conv1_1" in weights:
        kernel, bias = weights["conv1_1"]
        weights["conv1_1"] = np.ascontiguousarray(kernel[:, :, ::-1]), bias
    return weights


def _check(arrays: Arrays, network: str, source: str) -> Weights:
    """Return the weights if there is one of the right shape for each convolution, all finite."""
    expected = convolutions(network)
    weights: Weights = {}
    for name, channels_in, channels_out in expected:
        shapes = [(3, 3, channels_in, channels_out), (channels_out,)]
        received = [np.shape(array) for array in arrays.get(name, ())]
        if received != shapes:
            text = " and ".join(map(str, received)) or "nothing"
            raise StyleError(
                f"model_weights: {source} does not hold {network}: for {name} it has {text}, "
                f"expected {shapes[0]} and {shapes[1]}; {_other_network(arrays, network)}"
                "give the weights of this network"
            )
        kernel, bias = arrays[name]
        if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
            raise StyleError(
                f"model_weights: {source} has values in {name} that are not finite; get it again"
            )
        weights[name] = kernel, bias
    surplus = set(arrays) - {name for name, _, _ in expected}
    if surplus:
        raise StyleError(
            f"model_weights: {source} has {', '.join(sorted(surplus))}, which {network} has not; "
            f"{_other_network(arrays, network)}give the weights of this network"
        )
    return weights


def _other_network(arrays: Arrays, network: str) -> str:
    """Return a hint if the layers are those of the other network."""
    other = {"vgg19": "vgg16", "vgg16": "vgg19"}[network]
    fits = set(arrays) == {name for name, _, _ in convolutions(other)}
    return f"it looks like {other}: add -network {other}, or " if fits else ""
