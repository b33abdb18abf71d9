"""How alike the same strength looks, whatever the size, the network, the losses and the pictures.

    python benchmarks/strength.py [--strengths 20 50 80] [--weights vgg19.h5] [--only WORD]

Each row paints with one thing changed, and tells of each strength: how much of the photograph is
lost (the content loss relative to that of a flat picture of its mean colour), what is left of the
way to the style (the Wasserstein-2 style loss, relative likewise), and how like the photograph the
luminance is (SSIM). All are judged by VGG19 in float32; of masks, as if all that is lost had been
lost inside.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import numpy as np

from neural_style import Config, stylize
from neural_style.guidance.masks import covered
from neural_style.transfer.pictures import load_pictures
from neural_style.transfer.stylizer import Stylizer

BASE = {"content_img": "lake.jpg", "style_imgs": ["strokes.jpg"], "max_size": 192}
# What is changed in each row. Of a preset its settings, but for the size.
ROWS: dict[str, dict[str, Any]] = {
    "192 px, VGG19, gram": {},
    "128 px": {"max_size": 128},
    "256 px": {"max_size": 256},
    "384 px": {"max_size": 384},
    "compact": {"model_weights": "compact"},
    "wasserstein": {"style_distance": "wasserstein"},
    "mean_std": {"style_distance": "mean_std"},
    "centred": {"content_distance": "centred"},
    "normalised": {"content_distance": "normalised"},
    "content_loss_function 3": {"content_loss_function": 3},
    "max pooling": {"pooling_type": "max"},
    "a mask": {"style_mask": True, "style_mask_imgs": ["lake_mask.png"]},
    "a mask, by area": {
        "style_mask": True,
        "style_mask_imgs": ["lake_mask.png"],
        "mask_normalization": "area",
    },
    "two styles": {"style_imgs": ["strokes.jpg", "wave.jpg"]},
    "wave": {"style_imgs": ["wave.jpg"]},
    "ink": {"style_imgs": ["ink.jpg"]},
    "still_life, glass": {"content_img": "still_life.jpg", "style_imgs": ["glass.jpg"]},
    "preset quality": {"preset": "quality"},
    "sliced": {"style_distance": "sliced"},
}


def main() -> None:
    """Paint, judge, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--strengths", type=float, nargs="+", default=[20, 50, 80])
    parser.add_argument("--weights", default=os.environ.get("NEURAL_STYLE_WEIGHTS", "imagenet"))
    parser.add_argument("--only", default="", help="rows whose names have this in them")
    arguments = parser.parse_args()
    terms = ("content lost", "style left", "SSIM")
    columns = [f"{term} at {strength:g}" for term in terms for strength in arguments.strengths]
    print("| | " + " | ".join(columns) + " |\n|---" + "|---" * len(columns) + "|", flush=True)
    for name, changes in ROWS.items():
        if arguments.only not in name:
            continue
        settings = BASE | {"model_weights": arguments.weights, "device": "/cpu:0"} | changes
        preset = [settings.pop("preset")] if "preset" in settings else []
        judge = Judge(Config(**_plain(settings, arguments.weights)))
        found = []
        for strength in arguments.strengths:
            config = Config.load(*preset, strength=strength, **settings)
            found.append(judge(stylize(config).image, _share(config)))
        cells = [f"{row[k]:.2f}" for k in range(len(terms)) for row in found]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def _plain(settings: dict[str, Any], weights: str) -> dict[str, Any]:
    """Return the settings of the judge, who looks at the whole picture in the same way always."""
    pictures = {name: settings[name] for name in ("content_img", "style_imgs", "max_size")}
    how = {"style_distance": "wasserstein", "model_weights": weights, "precision": "float32"}
    return pictures | how | {"device": "/cpu:0"}


def _share(config: Config) -> float:
    """Return the share of the picture that masks cover."""
    pictures = load_pictures(config)
    return covered(pictures.masks, pictures.content.shape[:2]).mean() if pictures.masks else 1.0


class Judge:
    """What is lost of a photograph and left of the way to a style, as VGG19 sees it."""

    def __init__(self, config: Config):
        """Look at the pictures that the settings name."""
        pictures = load_pictures(config)
        self._photograph = pictures.content
        with Stylizer(config) as stylizer:
            self._objective = stylizer.objective(config, pictures)
        self._flat = self._terms(np.zeros_like(pictures.content) + pictures.content.mean((0, 1)))

    def __call__(self, image: np.ndarray, share: float) -> tuple[float, float, float]:
        """Return content lost, style left and SSIM of an image, [H, W, 3]."""
        content, style = np.divide(self._terms(image), self._flat)
        return content / share, style, similarity(image, self._photograph)

    def _terms(self, image: np.ndarray) -> tuple[float, float]:
        terms = self._objective(image[None].astype(np.float32))
        return float(terms["content"]), float(terms["style"])


def similarity(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean structural similarity of two pictures' luminance (Wang et al. 2004)."""
    first, second = (
        cv2.cvtColor(picture.astype(np.float32), cv2.COLOR_RGB2GRAY) for picture in (first, second)
    )
    means = _blurred(first), _blurred(second)
    spreads = [
        _blurred(one * other) - mean
        for one, other, mean in (
            (first, first, means[0] ** 2),
            (second, second, means[1] ** 2),
            (first, second, means[0] * means[1]),
        )
    ]
    small = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    same = (2 * means[0] * means[1] + small[0]) * (2 * spreads[2] + small[1])
    size = (means[0] ** 2 + means[1] ** 2 + small[0]) * (spreads[0] + spreads[1] + small[1])
    return float(np.mean(same / size))


def _blurred(values: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(values, (11, 11), 1.5)


if __name__ == "__main__":
    main()
