"""How much faster one loss and its gradient are through `compact` than through VGG19.

    python benchmarks/speed_compact.py [--size 512] [--rounds 8]

The networks take turns, and the least time of each counts, so that other work on the machine
matters little. VGG19 has random weights here, which cost the same.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from neural_style.losses.content import Content
from neural_style.losses.style import Style
from neural_style.losses.term import References
from neural_style.losses.variation import TotalVariation
from neural_style.networks.compact import HEADS, build_compact, load_compact
from neural_style.networks.layers import convolutions
from neural_style.networks.vgg import build_features
from neural_style.transfer.graphs import Graphs
from neural_style.transfer.objective import Objective
from neural_style.transfer.tiled import Tiled

STYLE_LAYERS = [name for name in HEADS if name.startswith("relu")]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=8)
    arguments = parser.parse_args()
    random = np.random.default_rng(0)
    pictures = [
        tf.constant(random.uniform(0, 255, (1, arguments.size, arguments.size, 3)), tf.float32)
        for _ in range(3)
    ]
    vgg19 = {
        name: (random.normal(0, np.sqrt(2 / (9 * c)), (3, 3, c, n)), np.zeros(n))
        for name, c, n in convolutions("vgg19")
    }
    for dtype in ("float32", "bfloat16"):
        networks = {
            "vgg19": build_features(vgg19, list(HEADS), dtype=dtype),
            "compact": build_compact(load_compact(), list(HEADS), dtype),
        }
        steps = {name: gradient(features, pictures) for name, features in networks.items()}
        best = dict.fromkeys(steps, float("inf"))
        for count in range(1 + arguments.rounds):
            for name, step in steps.items():
                started = time.perf_counter()
                step(pictures[2]).numpy()
                if count:  # the first one traces
                    best[name] = min(best[name], time.perf_counter() - started)
        print(
            f"{dtype}: vgg19 {best['vgg19']:.3f} s, compact {best['compact']:.3f} s, "
            f"{best['vgg19'] / best['compact']:.1f} times as fast",
            flush=True,
        )


def gradient(features, pictures):
    """Return the function from an image to the gradient of its loss."""
    terms = [
        Content(("conv4_2",), weight=5.0),
        Style(tuple(STYLE_LAYERS), weight=1e4),
        TotalVariation(weight=1e-3),
    ]
    references = References(pictures[0], [pictures[1]])
    objective = Objective(Tiled(Graphs(features, terms)), terms, references)

    def step(image):
        _, found = objective.value_and_gradient(image, tf.constant(1.0))
        return found

    return step


if __name__ == "__main__":
    main()
