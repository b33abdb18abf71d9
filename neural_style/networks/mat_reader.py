"""Read MatConvNet's .mat in a process of its own: SciPy's reader may crash on a damaged file.

`read_mat` starts `python -m neural_style.networks.mat_reader FILE OUT.npz` and takes the arrays
from there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

# Bytes of memory: trained weights hardly shrink when they are compressed.
SPARE, EXPANSION = 2**30, 4
TIMEOUT = 120.0  # seconds; the largest such file, VGG19 with all its layers, took a few


def read_mat(path: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return kernel [3, 3, C_in, C_out] and bias [C_out] by the convolution's name, as in the file.

    Raises:
        ValueError: it cannot be read, and why.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "weights.npz"
        reader = [sys.executable, "-m", "neural_style.networks.mat_reader"]
        command = [*reader, str(path.resolve()), str(out)]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=TIMEOUT,
                stdin=subprocess.DEVNULL,
                cwd=Path(__file__).parents[2],  # where the package is, installed or not
            )
        except subprocess.TimeoutExpired:
            raise ValueError(f"its reader came to no end within {TIMEOUT:g} s") from None
        if done.returncode < 0:
            raise ValueError(f"its reader crashed, with signal {-done.returncode}")
        if done.returncode:
            raise ValueError((done.stderr.strip().splitlines() or ["no reason given"])[-1])
        with np.load(out, allow_pickle=False) as arrays:
            names = [key.removesuffix("/kernel") for key in arrays if key.endswith("/kernel")]
            return {name: (arrays[f"{name}/kernel"], arrays[f"{name}/bias"]) for name in names}


def convert(path: str, out: str) -> None:
    """Write the convolutions of a .mat file as .npz.

    Raises:
        MemoryError: it takes far more memory than its size lets expect, on Linux.
    """
    import scipy.io

    _limit_memory(SPARE + EXPANSION * os.path.getsize(path))
    arrays = {}
    for layer in scipy.io.loadmat(path, simplify_cells=True)["layers"]:
        if layer["type"] == "conv" and layer["name"].startswith("conv"):
            # Files before 2015 say `filters` and `biases`.
            pair = layer.get("weights")
            if pair is None:
                pair = layer["filters"], layer["biases"]
            kernel, bias = (np.asarray(array, np.float32) for array in pair)
            arrays[f"{layer['name']}/kernel"] = kernel
            arrays[f"{layer['name']}/bias"] = bias.reshape(-1)
    np.savez(out, allow_pickle=False, **arrays)


def _limit_memory(more: int) -> None:
    """Let this process take so many bytes more than it has, where Linux tells how many it has."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return
    import resource  # not on Windows

    pages = int(statm.read_text().split()[0])
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + more
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


if __name__ == "__main__":
    try:
        convert(*sys.argv[1:])
    except MemoryError:
        sys.exit("a few of its bytes claim to be gigabytes")
