"""What there is to paint with: versions, machine, device, precision, weights, one timed evaluation.

`neural_style doctor` prints it, and the benchmarks keep it beside their figures.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import tensorflow as tf

import neural_style
from neural_style.networks.compact import load_compact
from neural_style.networks.weights import VARIABLE, cached_file
from neural_style.runtime.device import device_scope, find_device
from neural_style.runtime.errors import StyleError
from neural_style.runtime.memory import of_machine, to_text
from neural_style.runtime.precision import choose_precision
from neural_style.settings.config import Config
from neural_style.transfer.painting import minimize
from neural_style.transfer.pictures import Pictures
from neural_style.transfer.planning import estimate_peak, plan
from neural_style.transfer.stylizer import Stylizer

LIBRARIES = ("tensorflow", "keras", "numpy", "opencv-python-headless", "Pillow")
# Iterations that are timed, after the first, which traces.
TIMED = 3
# Of pictures whose memory is estimated.
SIDES = (512, 1024, 2048, 4096)


def examine(config: Config) -> Iterator[tuple[str, str]]:
    """Yield what there is, each as a title and a line.

    Args:
        config: its device, precision, network and weights are looked at; `max_size` is the size of
            the evaluation that is timed. Its pictures are not read.

    Raises:
        StyleError: nothing can be painted, and why; all but the evaluation was yielded before.
    """
    yield "versions", ", ".join(f"{name} {number}" for name, number in versions().items())
    yield "machine", machine()
    yield "memory", memory()
    device, why = find_device(config.device)
    yield "device", f"{device}; not {config.device}, {why}" if why else device
    yield "GPUs", gpus()
    with device_scope(device):
        precision, why = choose_precision(config.precision, device)
        yield "precision", f"{precision}: {why}"
        yield "threads", threads()
        yield from weights(config)
        config = replace(config, device=device)
        yield "sizes", sizes(replace(config, precision=precision))
        yield "evaluation", timed_evaluation(config)


def versions() -> dict[str, str]:
    """Return the versions of Python, this package and the libraries that it computes with."""
    found = {"neural_style": neural_style.__version__, "Python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:  # a wheel of another name: tensorflow-cpu
            found[name] = "installed under another name"
    return found


def machine() -> str:
    """Return the system, the processor and how many of its cores may be used."""
    return f"{platform.platform()}, {processor()}, {cores()} cores"


def processor() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> str:
    """Return how much memory there is, and how much of it is free."""
    total, free = of_machine()
    if total is None:
        return "unknown"
    found = f"{total / 2**30:.1f} GB"
    return found if free is None else f"{found}, of which {free / 2**30:.1f} GB are free"


def peak_memory() -> int:
    """Return the bytes of memory that this process has held at most; 0 if unknown."""
    try:
        import resource  # not on Windows
    except ImportError:
        return 0
    unit = 1 if platform.system() == "Darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def gpus() -> str:
    """Return the GPUs that TensorFlow sees, or why it sees none."""
    found = tf.config.list_physical_devices("GPU")
    if found:
        return ", ".join(f"/gpu:{index} {_describe(gpu)}" for index, gpu in enumerate(found))
    if not tf.test.is_built_with_gpu_support():
        return "none: this TensorFlow is built without GPU support"
    if not shutil.which("nvidia-smi") and not Path("/proc/driver/nvidia").exists():
        return "none: there is no NVIDIA driver"
    return (
        "none: there is an NVIDIA driver, but TensorFlow finds no CUDA libraries or no GPU that "
        "it may use; pip install 'neural_style[gpu]' brings the libraries"
    )


def _describe(gpu: tf.config.PhysicalDevice) -> str:
    details = tf.config.experimental.get_device_details(gpu)
    capability = ".".join(map(str, details.get("compute_capability", ["unknown"])))
    return f"{details.get('device_name', 'GPU')} (compute capability {capability})"


def threads() -> str:
    """Return how operations use the cores."""
    inside = tf.config.threading.get_intra_op_parallelism_threads() or cores()
    beside = tf.config.threading.get_inter_op_parallelism_threads()
    if beside == 1:
        return (
            f"{inside} for each operation, one operation at a time: so sums are always taken in "
            "the same order, and the same settings give the same picture"
        )
    return f"{inside} for each operation, {beside or 'many'} operations at a time"


def weights(config: Config) -> Iterator[tuple[str, str]]:
    """Yield each place of weights and whether they are there."""
    path = os.environ.get(VARIABLE)
    if path:
        there = "" if os.path.isfile(os.path.expanduser(path)) else ", which does not exist"
        yield VARIABLE, f"{path}{there}"
    else:
        yield VARIABLE, "not set"
    cached = cached_file(config.network)
    state = f"at {cached}" if cached.is_file() else "not here; downloaded when first used"
    yield f"imagenet {config.network}", state
    try:
        load_compact()
        yield "compact", "came with neural_style, whole"
    except StyleError as error:
        yield "compact", str(error)


def sizes(config: Config) -> str:
    """Return what memory squares of SIDES pixels will take, and which are cut into tiles."""
    found = []
    for side in SIDES:
        try:
            tiling = plan(config, (side, side))
        except StyleError:
            found.append(f"{side} x {side} pixels do not fit")
            continue
        tiles = "" if len(tiling.cut((side, side))) == 1 else " in tiles"
        peak = estimate_peak(config, (side, side), tiling.side)
        found.append(f"{side} x {side} pixels take {to_text(peak)}{tiles}")
    return ", ".join(found)


def timed_evaluation(config: Config) -> str:
    """Time iterations of the optimiser on a square of noise of max_size.

    Raises:
        StyleError: no weights, or as in `stylize`.
    """
    side = config.max_size
    shape = (2 + len(config.style_imgs), side, side, 3)
    content, start, *styles = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
    began = time.perf_counter()
    pictures = Pictures(content, None, tuple(styles), None, start)
    with Stylizer(config) as stylizer:
        network = stylizer.network(config)
        steps = minimize(config, stylizer.objective(config, pictures), start, 1 + TIMED)
        next(steps)
        first = next(steps)  # until here it traces
        started = time.perf_counter()
        last = list(steps)[-1]
        seconds = time.perf_counter() - started
    evaluation = seconds / (last.evaluations - first.evaluations)
    whole = started - began + config.max_iterations * seconds / TIMED
    peak = peak_memory()
    return (
        f"{evaluation:.2f} s for one loss and its gradient at {side} x {side} pixels, through "
        f"{network.description} in {network.precision}; {config.max_iterations} iterations at "
        f"this size take about {whole:.0f} s"
        + (f"; {peak / 2**30:.1f} GB of memory at most" if peak else "")
    )
