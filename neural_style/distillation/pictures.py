"""Folders of pictures, and random crops of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from neural_style.images.picture import resize
from neural_style.images.read import read_picture
from neural_style.runtime.errors import StyleError

ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
# The shorter side with which pictures are in memory, in crops, at most.
MAX_SIDE = 2.5


class Pictures:
    """Folders of pictures, from which crops are drawn."""

    def __init__(self, folders: Sequence[Path], crop: int, photographs: float):
        """Read them all.

        Args:
            folders: photographs, then folders of other pictures, if there are any.
            crop: side of the crops.
            photographs: share of the first folder.

        Raises:
            StyleError: a folder that is missing, empty, or holds a damaged picture.
        """
        self._side = crop
        self._photographs = photographs
        self._folders = [self._read(folder) for folder in folders]

    def crop(self, random: np.random.Generator, photographs: float | None = None) -> np.ndarray:
        """Return a random crop of a random picture at a random scale, perhaps mirrored.

        The scale is such that the crop has the statistics of a whole picture of about its size:
        from the whole shorter side in the crop to the picture as it was read.

        Args:
            random: draws it.
            photographs: share of the first folder, if another than at other times.

        Returns:
            [S, S, 3], uint8.
        """
        share = self._photographs if photographs is None else photographs
        number = 0
        if len(self._folders) > 1 and random.random() > share:
            number = int(random.integers(1, len(self._folders)))
        folder = self._folders[number]
        picture = folder[random.integers(len(folder))]
        side, shorter = self._side, min(picture.shape[:2])
        scale = side / shorter * max(1.0, shorter / side) ** random.random()
        height, width = (max(side, round(scale * length)) for length in picture.shape[:2])
        picture = resize(picture, (height, width))
        y, x = (random.integers(length - side + 1) for length in (height, width))
        picture = picture[y : y + side, x : x + side]
        return picture[:, ::-1] if random.random() < 0.5 else picture

    def augmented(self, random: np.random.Generator) -> np.ndarray:
        """Return a crop that may be blended, blurred, of another contrast, plain, or noisy.

        Returns:
            [S, S, 3], float32, [0, 255].
        """
        picture: np.ndarray = self.crop(random).astype(np.float32)
        if random.random() < 0.1:
            share = random.uniform(0.2, 0.8)
            picture = share * picture + (1 - share) * self.crop(random)
        if random.random() < 0.15:
            picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.5, 4))
        if random.random() < 0.2:
            contrast, brightness = random.uniform(0.4, 1.5), random.uniform(-40, 40)
            picture = (picture - 127.5) * contrast + 127.5 + brightness
        if random.random() < 0.05:
            picture = np.zeros_like(picture) + random.uniform(0, 255, 3)
        if random.random() < 0.25:
            noise: np.ndarray = random.standard_normal(picture.shape, np.float32)
            if random.random() < 0.3:
                noise = 2 * cv2.GaussianBlur(noise, (0, 0), random.uniform(0.5, 2))
            picture = picture + noise * random.uniform(2, 40)
        return np.asarray(np.clip(picture, 0, 255), np.float32)

    def _read(self, folder: Path) -> list[np.ndarray]:
        if not folder.is_dir():
            raise StyleError(f"pictures: there is no folder {folder}")
        pictures = []
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in ENDINGS:
                picture = read_picture(path, "pictures").rgb
                scale = min(1.0, MAX_SIDE * self._side / min(picture.shape[:2]))
                height, width = (round(scale * length) for length in picture.shape[:2])
                pictures.append(np.rint(resize(picture, (height, width))).astype(np.uint8))
        if not pictures:
            raise StyleError(
                f"pictures: the folder {folder} holds none ({', '.join(ENDINGS)}); give folders "
                "with pictures"
            )
        return pictures
