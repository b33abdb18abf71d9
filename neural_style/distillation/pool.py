"""Pictures that are being painted through the network while it learns."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from neural_style.distillation.batches import column, mean_square
from neural_style.distillation.pictures import Pictures
from neural_style.distillation.settings import Settings
from neural_style.distillation.student import Student
from neural_style.losses.content import content_loss, squared_distance
from neural_style.losses.gram import gram
from neural_style.losses.style_distances import style_loss
from neural_style.losses.term import weighted_mean
from neural_style.networks.compact import CONTENT_LAYER, STYLE_LAYERS
from neural_style.optimizers.preconditioners import pink
from neural_style.settings.config import Config

# Adam's decays: a picture lives for some tens of steps.
MOMENTUM, SQUARES = 0.9, 0.98


class Pool:
    """Pictures that are being painted, each with a content and a style of its own."""

    def __init__(self, settings: Settings, pictures: Pictures, student: Student):
        """Begin with pictures that are at the end of their lives.

        Args:
            settings: see there.
            pictures: contents, styles and starts.
            student: paints.
        """
        self._student = student
        self._settings = settings
        self._pictures = pictures
        count, side = settings.pool, settings.crop
        shape = (count, side, side, 3)
        self.arrays: dict[str, np.ndarray] = {
            "image": np.zeros(shape, np.float32),
            "content": np.zeros(shape, np.uint8),
            "style": np.zeros(shape, np.uint8),
            "mean": np.zeros(shape, np.float32),
            "square": np.zeros(shape, np.float32),
            "age": np.zeros(count, np.int64),
            "life": np.zeros(count, np.int64),
            "rate": np.zeros(count, np.float32),
            "balance": np.ones(count, np.float32),
            "filtered": np.zeros(count, np.float32),
        }

    def paint(self, random: np.random.Generator) -> np.ndarray:
        """Paint some pictures a little further, those at the end of their lives renewed before.

        Returns:
            [on_policy, S, S, 3], float32, somewhat beyond [0, 255] at places.
        """
        arrays = self.arrays
        indices = random.permutation(self._settings.pool)[: self._settings.on_policy]
        for index in indices:
            if arrays["age"][index] >= arrays["life"][index]:
                self._renew(index, random)
        state = {name: tf.constant(array[indices], tf.float32) for name, array in arrays.items()}
        for name, value in self._step(state).items():
            arrays[name][indices] = value
        return arrays["image"][indices]

    def _renew(self, index: int, random: np.random.Generator) -> None:
        settings, pictures, arrays = self._settings, self._pictures, self.arrays
        content, style = pictures.crop(random, 0.9), pictures.crop(random, 0.15)
        kind = random.random()
        if kind < 0.7:
            image = content
        elif kind < 0.85:
            image = 127.5 + random.uniform(10, 60) * random.standard_normal(content.shape)
        else:
            image = pictures.crop(random)
        arrays["image"][index], arrays["content"][index] = image, content
        arrays["style"][index] = style
        arrays["mean"][index] = arrays["square"][index] = arrays["age"][index] = 0
        arrays["life"][index] = random.integers(settings.least_life, settings.most_life + 1)
        lowest, highest = np.log(settings.least_rate), np.log(settings.most_rate)
        arrays["rate"][index] = np.exp(random.uniform(lowest, highest))
        # Users change the weight of the content by more than that of the style.
        arrays["balance"][index] = 10 ** random.uniform(-1, 0.5)
        # L-BFGS paints large areas first, Adam and masked L-BFGS details (see `preconditioners`).
        arrays["filtered"][index] = random.random() < 0.5

    @tf.function(autograph=False)
    def _step(self, pool: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Take two steps of Adam on pictures, on their loss through the student as it is now.

        The steps get smaller with a picture's age, so that it comes to where the loss is low.
        Adam is written out, since Keras's has one count of steps and one rate for all: here each
        picture has its own, and another few of them are moved each time.
        """
        image, mean, square, age = (pool[name] for name in ("image", "mean", "square", "age"))
        count = image.shape[0]
        targets = self._student(tf.concat([pool["content"], pool["style"]], 0))
        content = targets[CONTENT_LAYER][:count]
        styles = {name: gram(targets[name][count:]) for name in STYLE_LAYERS}
        for _ in range(2):
            with tf.GradientTape() as tape:
                tape.watch(image)
                loss = self._transfer_loss(image, content, styles, pool["balance"])
            gradient = tape.gradient(loss, image)
            filtered = column(pool["filtered"])
            gradient = filtered * pink(gradient) + (1 - filtered) * gradient
            # To an RMS of 1, so that pictures with a small loss are painted just as well.
            gradient /= column(tf.sqrt(mean_square(gradient))) + 1e-12
            age += 1
            mean = MOMENTUM * mean + (1 - MOMENTUM) * gradient
            square = SQUARES * square + (1 - SQUARES) * tf.square(gradient)
            step = mean / column(1 - MOMENTUM**age)
            step /= tf.sqrt(square / column(1 - SQUARES**age)) + 1e-3
            rate = pool["rate"] * (1 - 0.9 * tf.minimum(1.0, age / pool["life"]))
            image = tf.clip_by_value(image - column(rate) * step, -64.0, 320.0)
        return {"image": image, "mean": mean, "square": square, "age": age}

    def _transfer_loss(
        self,
        image: tf.Tensor,
        content: tf.Tensor,
        styles: Mapping[str, tf.Tensor],
        balance: tf.Tensor,
    ) -> tf.Tensor:
        """Return the sum of the pictures' losses with Config's weights, a scalar.

        The student's activations are VGG19's divided by `scales`, which are taken out of the sums:
        so the sums can be taken in bfloat16.

        Args:
            image: [B, H, W, 3].
            content: the student's activations of the contents, [B, h, w, C].
            styles: the Gram matrices of the styles, one for each picture, [B, C, C], by layer.
            balance: what the content counts beside the style, [B].
        """
        activations, scales = self._student(image), self._student.scales
        distance = scales[CONTENT_LAYER] ** 2 * squared_distance(
            activations[CONTENT_LAYER], content
        )
        content_losses = content_loss(distance, math.prod(content.shape[1:]))
        style_losses = weighted_mean(
            [
                scales[name] ** 4 * _style_losses(activations[name], targets)
                for name, targets in styles.items()
            ],
            tf.ones(len(styles)),
        )
        losses = Config.content_weight * balance * content_losses
        return tf.reduce_sum(losses + Config.style_weight * style_losses)


def _style_losses(activations: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Return each picture's style loss in one layer, [B], given each one's own target."""
    positions = math.prod(activations.shape[1:3])
    matrices = zip(
        tf.split(gram(activations), activations.shape[0]), tf.unstack(targets), strict=True
    )
    losses = [
        style_loss(matrix, target[None], tf.ones(1), positions) for matrix, target in matrices
    ]
    return tf.concat(losses, 0)
