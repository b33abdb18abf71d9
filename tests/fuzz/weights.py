"""Weights of networks in the layouts that are read, whole, lacking, surplus and hostile."""

from __future__ import annotations

import functools
import io
from pathlib import Path

import h5py
import numpy as np
from mutations import mutated
from numpy.random import Generator

from neural_style.networks.layers import convolutions

try:
    import scipy.io
except ImportError:  # as when it is not installed: .mat files are refused
    scipy = None

NETWORKS = ("vgg19", "vgg16")
# Where the kernel of a layer lies, and how its bias ends.
LAYOUTS = ("{0}/{0}/kernel:0", "{0}/{0}_1/kernel:0", "layers/{1}/vars/0", "{0}/kernel")


def make_weights(random: Generator) -> tuple[str, bytes, str]:
    """Return the ending of the file's name, its bytes, and the network that it is said to be of."""
    network = NETWORKS[random.integers(2)]
    kind = random.random()
    if scipy and kind < 0.3:
        ending, data = ".mat", _matlab(network)
    elif kind < 0.6:
        ending, data = ".h5", _hostile(network, random)
    else:
        layout = LAYOUTS[random.integers(len(LAYOUTS))]
        ending, data = (".h5", ".weights.h5")[random.integers(2)], _keras(network, layout)
    if random.random() < 0.05:
        ending = (".mat", ".h5", ".hdf5", ".npz", "")[random.integers(5)]
    if random.random() < 0.1:
        network = NETWORKS[random.integers(2)]
    return ending, mutated(data, random), network


def _paths(network: str, layout: str) -> list[tuple[str, str, tuple[int, ...]]]:
    """Return where kernel and bias of each layer lie, and the kernel's shape."""
    found = []
    for index, (name, *channels) in enumerate(convolutions(network)):
        keras = name.replace("conv", "block").replace("_", "_conv")
        path = layout.format(keras, f"conv2d_{index}" if index else "conv2d")
        bias = path.replace("kernel", "bias").replace("vars/0", "vars/1")
        found.append((path, bias, (3, 3, *channels)))
    return found


@functools.cache
def _keras(network: str, layout: str) -> bytes:
    """Return a file of a few kB: all but the first kernels are one number, which HDF5 fills in."""
    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        for index, (kernel, bias, shape) in enumerate(_paths(network, layout)):
            if index < 2:
                file[kernel] = np.random.default_rng(0).normal(0, 0.1, shape).astype(np.float32)
            else:
                file.create_dataset(kernel, shape, np.float32, fillvalue=0.01)
            file[bias] = np.zeros(shape[-1], np.float32)
    return data.getvalue()


def _hostile(network: str, random: Generator) -> bytes:
    """Return a file of the right layout, one entry of which is not what it should be."""
    data = io.BytesIO(_keras(network, LAYOUTS[random.integers(len(LAYOUTS))]))
    with h5py.File(data, "r+") as file:
        names: list[str] = []
        file.visit(lambda name: names.append(name) if name[-1] in "0l1s" else None)
        name = [name for name in names if isinstance(file[name], h5py.Dataset)][random.integers(20)]
        shape = file[name].shape
        kind = random.integers(12)
        if kind == 10:
            file[f"{name}_too"] = np.zeros(3)
            file[name][...] = np.nan
            return _closed(file, data)
        del file[name]
        if kind == 0:
            file[name] = np.zeros((*shape, 2), np.float32)
        elif kind == 1:
            file[name] = np.full(shape, (np.nan, np.inf, -np.inf)[random.integers(3)], np.float32)
        elif kind == 2:
            file[name] = "a text"
        elif kind == 3:
            file[name] = np.zeros(shape, np.complex64)
        elif kind == 4:  # says that it is of terabytes
            huge = (2 ** int(random.integers(10, 20)),) * int(random.integers(2, 4))
            file.create_dataset(name, huge, np.float32, fillvalue=1, chunks=(1,) * len(huge))
        elif kind == 5:
            file[name] = h5py.SoftLink("/" + name)
        elif kind == 6:
            file[name] = h5py.ExternalLink("/etc/passwd", "/")
        elif kind == 7:
            file.create_group(name)
        elif kind == 8:
            file[name] = np.full(shape, 1e300)  # too large for float32
        elif kind == 9:
            file[name] = np.zeros(shape, [("a", "f4"), ("b", "i4")])
        return _closed(file, data)


def _closed(file: h5py.File, data: io.BytesIO) -> bytes:
    file.close()
    return data.getvalue()


@functools.cache
def _matlab(network: str) -> bytes:
    layers = []
    for name, *channels in convolutions(network):
        pair = np.empty(2, object)
        pair[:] = np.zeros((3, 3, *channels), np.float32), np.zeros(channels[-1], np.float32)
        layers.append({"type": "conv", "name": name, "weights": pair})
    data = io.BytesIO()
    scipy.io.savemat(data, {"layers": layers}, do_compression=True)
    return data.getvalue()


def write_weights(folder: Path, random: Generator) -> tuple[Path, str]:
    """Write such a file; return its path and the network."""
    ending, data, network = make_weights(random)
    path = folder / f"weights{ending}"
    path.write_bytes(data)
    return path, network
