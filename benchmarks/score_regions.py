"""How close regions come to their counterparts: docs/regions.md.

    python benchmarks/score_regions.py [--pairs 1 15 35 51] [--iterations 50 200] \\
        [--weights vgg19.h5] [--preset regions] [--size 256] [--shared FOLDER] [--out FOLDER]

Each pair of ../shared/images/regions has two pictures and label maps of their corresponding
regions. The error of a region is that of its guided Gram matrices G against its counterpart's A,

    sqrt(sum_l ||G_l - A_l||^2 / (N_l M_l)^2 / sum_l ||A_l||^2 / (N_l M_l)^2),

each divided by its region's share of the positions, layers l weighted as in the loss; `alike` is
the mean of the layers' own relative errors. Both are given at the start and, as parts of that,
after so many iterations, each number of them a run of its own.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from neural_style import Config, stylize
from neural_style.guidance.labels import hex_color
from neural_style.guidance.masks import region_at
from neural_style.losses.gram import gram
from neural_style.transfer.pictures import Pictures, load_pictures
from neural_style.transfer.stylizer import Stylizer

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("NEURAL_STYLE_SHARED", ROOT.parent / "shared"))
LEAST_SHARE = 1 / 3


def main() -> None:
    """Paint, compare, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", nargs="+", default=["1", "15", "35", "51"])
    parser.add_argument("--iterations", nargs="+", type=int, default=[50, 200])
    parser.add_argument("--weights", default=os.environ.get("NEURAL_STYLE_WEIGHTS", "imagenet"))
    parser.add_argument("--preset", help="a preset or a YAML file; the defaults if not given")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--out", type=Path, help="where the pictures go, if they shall be kept")
    parser.add_argument("--device", default="/cpu:0")
    arguments = parser.parse_args()
    counts = arguments.iterations
    shown = [f"{way} {count}" for count in counts for way in ("after", "alike after")]
    print(f"| pair | region | area | from | error | {' | '.join(shown)} |")
    print("|---" * (5 + len(shown)) + "|")
    parts = []
    for pair in arguments.pairs:
        config = config_of_pair(
            arguments.shared / "images" / "regions",
            pair,
            *([arguments.preset] if arguments.preset else []),
            model_weights=arguments.weights,
            max_size=arguments.size,
            device=arguments.device,
        )
        pictures = load_pictures(config)
        judge = Judge(config, pictures)
        before = judge.errors(pictures.content)
        after = []
        for count in counts:
            result = stylize(replace(config, max_iterations=count), pictures=pictures)
            after.extend(judge.errors(result.picture.rgb) / before)
            if arguments.out:
                result.save(arguments.out / f"regions_{pair}_{count}.png")
        for region, (colour, areas) in enumerate(judge.regions):
            own = [found[region] for found in after]
            numbers = " | ".join([f"{before[0][region]:.2f}", *(f"{part:.2f}" for part in own)])
            print(f"| {pair} | {colour} | {areas} | {numbers} |", flush=True)
        parts.append(np.transpose(after))
    met = (np.concatenate(parts) <= LEAST_SHARE).sum(0)
    total = sum(map(len, parts))
    print(f"| | at most a third | | | | {' | '.join(f'{count} of {total}' for count in met)} |")


def config_of_pair(folder: Path, pair: str, *sources: str, **settings: Any) -> Config:
    """Return the settings for a pair.

    Args:
        folder: has in1.png, in1_labels.png, tar1.png, tar1_labels.png for pair 1.
        pair: its number.
        *sources: presets or files.
        **settings: more of them.
    """
    return Config.load(
        *sources,
        content_img=folder / f"in{pair}.png",
        style_imgs=[folder / f"tar{pair}.png"],
        content_regions=folder / f"in{pair}_labels.png",
        style_regions=[folder / f"tar{pair}_labels.png"],
        **settings,
    )


class Judge:
    """Compares regions of a picture with their counterparts in a style, in float32.

    Attributes:
        regions: for each region that has a counterpart its colour, and the areas of both.
    """

    def __init__(self, config: Config, pictures: Pictures):
        """Compute the style's guided Gram matrices.

        Args:
            config: names the network and the layers; of one style.
            pictures: its pictures, with label maps.
        """
        with Stylizer(config) as stylizer:
            self._network = stylizer.network(replace(config, precision="float32"))
        self._layers = config.active_layers()[1]
        weights = np.asarray(config.style_layer_weights or [1.0] * len(self._layers))
        self._weights = weights / weights.sum()
        regions = pictures.regions
        parts = zip(regions.content.colors, regions.masks(), regions.counterparts(), strict=True)
        known = [(colour, mask, own[0][1]) for colour, (mask, own), found in parts if found]
        self._masks = [mask for _, mask, _ in known]
        wanted = [mask for _, _, mask in known]
        self._wanted = self._grams(pictures.styles[0], wanted)
        self.regions = [
            (hex_color(colour), f"{100 * mask.mean():.0f} % | {100 * of_style.mean():.0f} %")
            for colour, mask, of_style in known
        ]

    def errors(self, image: np.ndarray) -> np.ndarray:
        """Return the error of each region, layers as in the loss and layers alike, [2, K].

        Args:
            image: [H, W, 3], RGB, [0, 255].
        """
        found = self._grams(image, self._masks)
        distances, sizes = np.zeros((2, len(self._layers), len(self._masks)))
        for place, (grams, wanted) in enumerate(zip(found, self._wanted, strict=True)):
            distances[place] = np.square(grams - wanted).sum((1, 2)) / grams.shape[-1] ** 2
            sizes[place] = np.square(wanted).sum((1, 2)) / grams.shape[-1] ** 2
        as_in_loss = np.sqrt(self._weights @ distances / (self._weights @ sizes))
        return np.stack([as_in_loss, np.sqrt(distances / sizes).mean(0)])

    def _grams(self, image: np.ndarray, masks: list[np.ndarray]) -> list[np.ndarray]:
        """Return for each layer the guided Gram matrices, by their areas, [K, C, C]."""
        activations = self._network.features(tf.constant(image[None], tf.float32))
        found = []
        for name in self._layers:
            size = activations[name].shape[1:3]
            at_layer = [region_at(mask)(*size)[None, ..., None] for mask in masks]
            grams = [gram(activations[name], at)[0] / tf.reduce_sum(at**2) for at in at_layer]
            found.append(np.stack(grams))
        return found


if __name__ == "__main__":
    main()
