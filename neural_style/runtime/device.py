"""The device to compute on: the one asked for, or the CPU in its place."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

import tensorflow as tf

logger = logging.getLogger("neural_style")


@contextlib.contextmanager
def device_scope(asked: str) -> Iterator[str]:
    """Run on the device that is asked for, or say why not and run on the CPU.

    Args:
        asked: `/cpu:N` or `/gpu:N`, with or without the slash.

    Yields:
        The device that it is.
    """
    with contextlib.suppress(RuntimeError):  # TensorFlow runs already: as its owner has set it
        # Side by side, repeated gradients of one image were seen to differ in their rounding, most
        # likely by the order in which they are summed, and so did pictures. One operation at a
        # time, each with all threads, they did not.
        tf.config.threading.set_inter_op_parallelism_threads(1)
    device, why = find_device(asked)
    if why:
        logger.warning("device %s: %s; running on the CPU", asked, why)
    with tf.device(device):
        yield device


def find_device(asked: str) -> tuple[str, str]:
    """Return the device that a setting means on this machine.

    Returns:
        The device, `/cpu:0` if the one asked for is not there; and then why, else an empty string.
    """
    kind, _, number = asked.strip("/").partition(":")
    found = tf.config.list_physical_devices(kind.upper())
    if int(number) < len(found):
        return asked, ""
    if kind == "gpu" and not tf.test.is_built_with_gpu_support():
        return "/cpu:0", "this TensorFlow is built without GPU support"
    if not found:
        return "/cpu:0", "TensorFlow sees no GPU"
    return "/cpu:0", f"TensorFlow sees only {len(found)} of this kind"
