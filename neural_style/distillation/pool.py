"""Pictures that are being painted through the network while it learns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from neural_style.distillation.batches import column, grams, mean_square
from neural_style.distillation.pictures import Pictures
from neural_style.distillation.settings import Settings
from neural_style.distillation.student import Student
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
        self.arrays = {
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
        chosen = random.permutation(self._settings.pool)[: self._settings.on_policy]
        for number in chosen:
            if arrays["age"][number] >= arrays["life"][number]:
                self._renew(number, random)
        state = {name: tf.constant(array[chosen], tf.float32) for name, array in arrays.items()}
        for name, value in self._step(state).items():
            arrays[name][chosen] = value
        return arrays["image"][chosen]

    def _renew(self, number: int, random: np.random.Generator) -> None:
        settings, pictures, arrays = self._settings, self._pictures, self.arrays
        content, style = pictures.crop(random, 0.9), pictures.crop(random, 0.15)
        kind = random.random()
        if kind < 0.7:
            image = content
        elif kind < 0.85:
            image = 127.5 + random.uniform(10, 60) * random.standard_normal(content.shape)
        else:
            image = pictures.crop(random)
        arrays["image"][number], arrays["content"][number] = image, content
        arrays["style"][number] = style
        arrays["mean"][number] = arrays["square"][number] = arrays["age"][number] = 0
        arrays["life"][number] = random.integers(settings.least_life, settings.most_life + 1)
        lowest, highest = np.log(settings.least_rate), np.log(settings.most_rate)
        arrays["rate"][number] = np.exp(random.uniform(lowest, highest))
        # Users change the weight of the content by more than that of the style.
        arrays["balance"][number] = 10 ** random.uniform(-1, 0.5)
        # L-BFGS paints large areas first, Adam and masked L-BFGS details (see `preconditioners`).
        arrays["filtered"][number] = random.random() < 0.5

    @tf.function(autograph=False)
    def _step(self, pool: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Take two steps of Adam on pictures, on their loss through the student as it is now.

        The steps get smaller with a picture's age, so that it comes to where the loss is low.
        """
        image, mean, square, age = (pool[name] for name in ("image", "mean", "square", "age"))
        count = image.shape[0]
        targets = self._student(tf.concat([pool["content"], pool["style"]], 0))
        content = tf.cast(targets[CONTENT_LAYER][:count], tf.float32)
        styles = {name: grams(targets[name][count:]) for name in STYLE_LAYERS}
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
        """Return the sum of pictures' losses with Config's weights (see `losses`), a scalar."""
        seen, scales = self._student(image), self._student.scales
        difference = tf.cast(seen[CONTENT_LAYER], tf.float32) - content
        count = tf.cast(tf.size(content[0]), tf.float32)
        factor = Config.content_weight * scales[CONTENT_LAYER] ** 2 * tf.sqrt(count) / 2
        loss = factor * tf.reduce_sum(balance * mean_square(difference))
        for name, target in styles.items():
            factor = Config.style_weight * scales[name] ** 4 / (4 * len(styles) ** 2)
            loss += factor * tf.reduce_sum(mean_square(grams(seen[name]) - target))
        return loss
