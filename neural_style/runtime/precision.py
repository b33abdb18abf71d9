"""The floating-point format in which the network computes, and why it was chosen."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

# Processors with units for bfloat16, by Linux's names of their features.
UNITS = {"amx_bf16": "AMX-BF16", "avx512_bf16": "AVX512-BF16"}
PROCESSOR = Path("/proc/cpuinfo")
# The compute capability from which on NVIDIA's tensor cores have bfloat16.
TENSOR_CORES = (8, 0)


def choose_precision(precision: str, device: str) -> tuple[str, str]:
    """Return the format that a setting means on a device.

    Only the network's activations and weights are in it. Losses, the sums of Gram matrices, the
    image and the optimizer are float32 always.

    Args:
        precision: `float32`, `bfloat16`, `float16`, or `auto`: bfloat16 where the device has units
            for it.
        device: `/cpu:0`, `/gpu:0`, ...; it must be there.

    Returns:
        The format, and in a few words why.
    """
    if precision != "auto":
        return precision, "as asked for"
    if device.startswith("/cpu"):
        units = _processor_units()
    else:
        gpu = tf.config.list_physical_devices("GPU")[int(device.rpartition(":")[2])]
        capability = tf.config.experimental.get_device_details(gpu).get("compute_capability")
        units = "tensor cores" if capability and capability >= TENSOR_CORES else ""
    if units:
        return "bfloat16", f"{device} has {units}"
    return "float32", f"{device} is not known to have units for bfloat16"


def _processor_units() -> str:
    """Return the name of the processor's units for bfloat16, or an empty string."""
    try:
        features = set(PROCESSOR.read_text(encoding="utf-8", errors="replace").split())
    except OSError:  # not Linux
        return ""
    return next((unit for name, unit in UNITS.items() if name in features), "")
