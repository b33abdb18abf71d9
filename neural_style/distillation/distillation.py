"""A run of the training: what is drawn, computed, learned and kept."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from neural_style.distillation.batches import relative_error
from neural_style.distillation.fitting import Fit
from neural_style.distillation.pictures import Pictures
from neural_style.distillation.pool import Pool
from neural_style.distillation.settings import Settings
from neural_style.distillation.student import DTYPE, Student
from neural_style.losses.gram import gram
from neural_style.networks.compact import CONVOLUTIONS, HEADS, STYLE_LAYERS
from neural_style.networks.layers import CHANNELS, NETWORKS
from neural_style.networks.vgg import build_features
from neural_style.networks.weights import Weights
from neural_style.runtime.errors import StyleError, first_line
from neural_style.runtime.files import write_file

# What an error in a layer costs. With the losses' normalisation a style layer counts by the fourth
# power of its activations' size: relu4_1 has twenty times as much to say as any other.
LAYER_WEIGHTS = {
    "relu1_1": 1.0,
    "relu2_1": 1.5,
    "relu3_1": 1.5,
    "relu4_1": 4.0,
    "conv4_2": 1.0,
    "relu5_1": 0.3,
}


class Distillation:
    """A run of the training: teacher, student, optimiser, pictures, pool, and what was drawn."""

    def __init__(self, teacher: Weights, pictures: Pictures, settings: Settings):
        """Build the networks; call `start` or `restore` next.

        Args:
            teacher: weights of VGG19.
            pictures: to learn from.
            settings: see there.
        """
        self.settings = settings
        self.pictures = pictures
        self.random = np.random.default_rng(settings.seed)
        self.student = Student()
        self.pool = Pool(settings, pictures, self.student)
        self._weights = teacher
        self._teacher = self._build_teacher(list(HEADS))
        self._optimizer = keras.optimizers.Adam(
            settings.learning_rate, global_clipnorm=settings.clip
        )
        self._optimizer.build(self.student.trainable_variables)
        # Of the weights, which are what is learned. Keras's optimizers have such averages too, but
        # no public way to read them without overwriting the weights.
        self._averages = [
            tf.Variable(variable.value, trainable=False)
            for variable in self.student.trainable_variables
        ]
        self.step = 0
        self.seconds = 0.0
        # For every 50 steps the last of them, and the means of what `advance` returns.
        self.curve: list[dict[str, float]] = []
        self._recent: list[dict[str, float]] = []

    def start(self) -> None:
        """Set the student's weights by least squares, so that it does roughly what VGG19 does."""
        random, pictures = self.random, self.pictures
        images = np.stack([pictures.augmented(random) for _ in range(self.settings.fitted)])
        trunk = self.student.trunk
        for block, count in enumerate(CONVOLUTIONS, 1):
            # Of block 5, relu5_1 alone is wanted; before, a block ends where VGG19's does.
            last = NETWORKS["vgg19"][block - 1] if block < len(CONVOLUTIONS) else 1
            for index in range(1, count + 1):
                layer = trunk.get_layer(f"block{block}_conv{index}")
                target = f"conv{block}_{last if index == count else min(index, last)}"
                fit = self._fit(images, layer.input, target, 3, 2500)
                layer.set_weights(fit.convolution(layer.filters))
        for name, head in self.student.heads.items():
            fit = self._fit(images, trunk.outputs[HEADS[name][0] - 1], name, 1, 10000)
            kernel, bias, scale = fit.head()
            head.set_weights([kernel, bias])
            self.student.scales[name].assign(scale)

    def _fit(self, images: np.ndarray, source: Any, target: str, width: int, rows: int) -> Fit:
        """Return the fit of the teacher's layer to the student's tensor before it."""
        inputs = tf.function(keras.Model(self.student.trunk.input, source), autograph=False)
        outputs = self._build_teacher([target])
        fit = Fit(width, source.shape[-1], CHANNELS[int(target[4]) - 1])
        for first in range(0, len(images), 16):
            some = images[first : first + 16]
            fit.add(inputs(some), outputs(some)[target], rows, self.random)
        return fit

    def _build_teacher(self, layers: Sequence[str]) -> Any:
        return tf.function(
            build_features(self._weights, layers, batch_size=None, dtype=DTYPE),
            autograph=False,
            reduce_retracing=True,
        )

    def advance(self) -> dict[str, float]:
        """Train on one batch.

        Returns:
            The errors of `activations` and `grams`, and of `painted` grams: relative squared
            errors, means over the pictures, weighted and summed over the layers.
        """
        started = time.perf_counter()
        fresh = self.settings.batch - self.settings.on_policy
        photographs = [self.pictures.augmented(self.random) for _ in range(fresh)]
        images = np.concatenate([np.stack(photographs), self.pool.paint(self.random)])
        self._optimizer.learning_rate = self._learning_rate()
        activations, styles = self._train(images)
        self.step += 1
        self.seconds += time.perf_counter() - started
        errors = {
            "activations": float(activations),
            "grams": float(tf.reduce_mean(styles[:fresh])),
            "painted": float(tf.reduce_mean(styles[fresh:])),
        }
        self._recent.append(errors)
        if self.step % 50 == 0:
            means = {k: round(float(np.mean([e[k] for e in self._recent])), 4) for k in errors}
            self.curve.append({"step": self.step} | means)
            self._recent = []
        return errors

    def weights(self) -> Weights:
        """Return the averaged weights; there are some after the first step."""
        variables = self.student.trainable_variables
        values = {v.path: a.numpy() for v, a in zip(variables, self._averages, strict=True)}
        return self.student.weights_for_compact(values)

    def save(self, path: Path) -> None:
        """Write all that is needed to go on as if there had been no break."""
        state = {name: getattr(self, name) for name in ("step", "seconds", "curve")}
        state["random"] = self.random.bit_generator.state
        state["settings"] = dataclasses.asdict(self.settings)
        arrays = {name: np.asarray(value) for name, value in self._variables().items()}
        arrays |= {f"pool/{name}": array for name, array in self.pool.arrays.items()}
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, state=json.dumps(state), **arrays)
        write_file(path, file.getvalue())

    def restore(self, path: Path) -> None:
        """Read what `save` has written.

        Settings may differ, if pool and crop are the same: what follows goes by the new ones.

        Raises:
            StyleError: the file is not a checkpoint, or one of another network or pool.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                state = json.loads(str(arrays["state"]))
                for name, variable in self._variables().items():
                    variable.assign(arrays[name])
                for name, array in self.pool.arrays.items():
                    array[:] = arrays[f"pool/{name}"]
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise StyleError(
                f"checkpoint: {path} cannot be used ({first_line(error)}); it may be damaged or of "
                "other settings (pool, crop). Move it away to start anew"
            ) from error
        self.random.bit_generator.state = state["random"]
        self.step, self.seconds, self.curve = state["step"], state["seconds"], state["curve"]

    def _variables(self) -> dict[str, Any]:
        """Return every variable by its name in a checkpoint."""
        groups = {
            "student": self.student.trainable_variables,
            "optimizer": self._optimizer.variables,
            "average": self._averages,
        }
        named = {f"{g}/{i:03}": v for g, vs in groups.items() for i, v in enumerate(vs)}
        return named | {f"scale/{name}": v for name, v in self.student.scales.items()}

    def _learning_rate(self) -> float:
        """Return it for the next step: rising, constant, then falling along a cosine."""
        settings = self.settings
        rate = settings.learning_rate * min(1.0, (self.step + 1) / max(1, settings.warm_up))
        falling = settings.decay * settings.steps
        left = settings.steps - self.step
        if left < falling:
            rate *= 0.5 - 0.5 * np.cos(np.pi * left / falling)
        return float(rate)

    @tf.function(autograph=False)
    def _train(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Take one step of Adam on the student; return both errors, Gram's for each picture."""
        targets = self._teacher(images)
        with tf.GradientTape() as tape:
            predictions = self.student(images)
            activations, styles = 0.0, 0.0
            for name, weight in LAYER_WEIGHTS.items():
                target = tf.cast(targets[name], tf.float32) / self.student.scales[name]
                error = relative_error(tf.cast(predictions[name], tf.float32), target)
                activations += weight * error
                if name in STYLE_LAYERS:
                    styles += weight * relative_error(_gram(predictions[name]), _gram(target))
            activations = tf.reduce_mean(activations)
            loss = activations + self.settings.gram_weight * tf.reduce_mean(styles)
        variables = self.student.trainable_variables
        self._optimizer.apply(tape.gradient(loss, variables), variables)
        # The averages begin with the weights behind the first step.
        decay = tf.where(self._optimizer.iterations > 1, self.settings.averaging, 0.0)
        for average, variable in zip(self._averages, variables, strict=True):
            average.assign(decay * average + (1 - decay) * variable)
        return activations, styles


def _gram(activations: tf.Tensor) -> tf.Tensor:
    """Return each picture's Gram matrix divided by the number of positions, [B, C, C], float32."""
    return gram(activations) / math.prod(activations.shape[1:3])
