"""Layers of the teacher fitted by least squares to what the student has before them."""

from __future__ import annotations

import numpy as np
import tensorflow as tf


class Fit:
    """A layer of the teacher fitted by least squares to what the student has before it."""

    def __init__(self, width: int, inputs: int, outputs: int):
        """Begin.

        Args:
            width: of the kernel.
            inputs: channels before it.
            outputs: channels of the teacher's layer.
        """
        self._width, self._inputs = width, inputs
        columns = width * width * inputs + 1  # one for the bias
        self._inner = np.zeros((columns, columns))
        self._cross = np.zeros((columns, outputs))
        self._square = np.zeros((outputs, outputs))
        self._active = np.zeros((outputs, outputs))
        self._rows = 0

    def add(self, x: tf.Tensor, y: tf.Tensor, rows: int, random: np.random.Generator) -> None:
        """Take some positions of some pictures into account."""
        ones, w = [1, 1, 1, 1], self._width
        x = tf.image.extract_patches(tf.cast(x, tf.float32), [1, w, w, 1], ones, ones, "SAME")
        x = tf.reshape(x, [-1, x.shape[-1]])
        y = tf.reshape(tf.cast(y, tf.float32), [-1, y.shape[-1]])
        indices = random.permutation(len(x))[:rows]
        x, y = tf.gather(x, indices), tf.gather(y, indices)
        x = tf.concat([x, tf.ones_like(x[:, :1])], 1)
        active = tf.nn.relu(y)
        self._inner += tf.matmul(x, x, transpose_a=True).numpy()
        self._cross += tf.matmul(x, y, transpose_a=True).numpy()
        self._square += tf.matmul(y, y, transpose_a=True).numpy()
        self._active += tf.matmul(active, active, transpose_a=True).numpy()
        self._rows += len(x)

    def convolution(self, width: int) -> tuple[np.ndarray, np.ndarray]:
        """Return kernel and bias for the channels that tell most of all others.

        They are scaled so that activations behind the ReLU have an RMS of 1.
        """
        channels = telling_channels(self._active, width)
        size = np.sqrt(self._active[channels, channels].sum() / (self._rows * width))
        solution = self._solve(self._cross[:, channels] / size)
        shape = (self._width, self._width, self._inputs, width)
        return solution[:-1].reshape(shape), solution[-1]

    def head(self) -> tuple[np.ndarray, np.ndarray, float]:
        """Return kernel and bias for all channels divided by their RMS, and the RMS."""
        size = np.sqrt(np.trace(self._square) / (self._rows * len(self._square)))
        solution = self._solve(self._cross / size)
        return solution[:-1], solution[-1], size

    def _solve(self, cross: np.ndarray) -> np.ndarray:
        ridge = 1e-4 * np.trace(self._inner) / len(self._inner)
        return np.linalg.solve(self._inner + ridge * np.eye(len(self._inner)), cross)


def telling_channels(gram: np.ndarray, count: int) -> np.ndarray:
    """Return the channels that explain most of all, each beside those before it.

    Pivoted Cholesky, where the pivot is the channel whose removal leaves the least of the rest.
    """
    rest = gram.copy()
    channels: list[int] = []
    floor = 1e-9 * np.trace(gram)
    for _ in range(count):
        pivots = np.diag(rest)
        usable = pivots > floor
        gain = np.where(usable, (rest**2).sum(0) / np.where(usable, pivots, 1.0), 0.0)
        gain[channels] = -1.0
        best = int(np.argmax(gain))
        channels.append(best)
        if usable[best]:
            rest -= np.outer(rest[best], rest[best]) / rest[best, best]
    return np.array(channels)
