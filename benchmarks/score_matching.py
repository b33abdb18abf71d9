"""How well the regions of `mask -match` overlap those that people have drawn: docs/masks.md.

    python benchmarks/score_matching.py [--weights vgg19.h5 compact] [--shared FOLDER]

Each pair of ../shared/images/regions has two pictures and the label maps of their corresponding
regions. The overlap is intersection over union, its mean over a pair's regions and both pictures;
which of our regions stands for which of theirs is chosen so that it is the greatest, and is the
same in both pictures. What has no counterpart among ours overlaps by 0. The pairs 1, 15 and 51 are
outdoors; 35, a room, is not in the mean.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from scipy.optimize import linear_sum_assignment

from neural_style.guidance.matching import LAYERS, match_masks
from neural_style.guidance.requests import Request
from neural_style.images.read import read_picture
from neural_style.networks.registry import NetworkSpec

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("NEURAL_STYLE_SHARED", ROOT.parent / "shared"))
OUTDOORS, OTHERS = (1, 15, 51), (35,)
MAX_SIZE = 512  # as by default
LEAST_AREA = 0.005  # colours of less are those between two regions


def main() -> None:
    """Match, compare, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    usual = [os.environ.get("NEURAL_STYLE_WEIGHTS", "imagenet"), "compact"]
    parser.add_argument("--weights", nargs="+", default=usual)
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--device", default="/cpu:0")
    arguments = parser.parse_args()
    folder = arguments.shared / "images" / "regions"
    pairs = [*OUTDOORS, *OTHERS]
    print(f"| network | regions | {' | '.join(map(str, pairs))} | mean of {len(OUTDOORS)} |")
    print("|---" * (3 + len(pairs)) + "|")
    for weights in arguments.weights:
        for as_drawn in (False, True):
            scores = [
                overlap_of_pair(folder, pair, weights, as_drawn, arguments.device) for pair in pairs
            ]
            shown = " | ".join(f"{score:.2f}" for score in scores)
            mean = np.mean(scores[: len(OUTDOORS)])
            name = "compact" if weights == "compact" else "VGG19"
            regions = "as many as drawn" if as_drawn else "by itself"
            print(f"| {name} | {regions} | {shown} | {mean:.2f} |", flush=True)


def overlap_of_pair(folder: Path, pair: int, weights: str, as_drawn: bool, device: str) -> float:
    """Match the two pictures of a pair; return the overlap of the regions with those drawn.

    Args:
        folder: has in1.png, in1_labels.png, tar1.png, tar1_labels.png for pair 1.
        pair: its number.
        weights: of the network, as for `NetworkSpec`.
        as_drawn: as many regions as were drawn; else as many as are found.
        device: to run on.
    """
    drawn = [label_codes(folder / f"{kind}{pair}_labels.png") for kind in ("in", "tar")]
    count = len(common_labels(drawn))
    paths = [str(folder / f"{kind}{pair}.png") for kind in ("in", "tar")]
    spec = NetworkSpec(weights, LAYERS)
    request = Request(match=paths[1], clusters=count if as_drawn else None)
    parts = match_masks(paths[0], request, MAX_SIZE, spec, device)
    maps = {part.ending: part.pixels for part in parts}
    codes = [maps[ending].astype(int) @ (1, 256, 256**2) for ending in ("", "_style")]
    return overlap(codes, drawn)


def label_codes(path: Path) -> np.ndarray:
    """Return a number for each pixel of a label map whose channels are 0 or 255."""
    return (read_picture(path).rgb > 127).astype(int) @ (1, 2, 4)


def common_labels(maps: list[np.ndarray]) -> list[int]:
    """Return the labels that all maps have, but for those of next to no area."""
    return [
        label
        for label in np.unique(maps[0])
        if all((labels == label).mean() > LEAST_AREA for labels in maps)
    ]


def overlap(found: list[np.ndarray], drawn: list[np.ndarray]) -> float:
    """Return the mean intersection over union by the best assignment that all maps share.

    Args:
        found: label maps, [H, W], int.
        drawn: as many others, each of the same size as its counterpart.
    """
    theirs = common_labels(drawn)
    ours = np.unique(np.concatenate([labels.ravel() for labels in found]))
    table = np.zeros((len(ours), len(theirs)))
    for one, other in zip(found, drawn, strict=True):
        for i, label in enumerate(ours):
            for j, region in enumerate(theirs):
                a, b = one == label, other == region
                table[i, j] += (a & b).sum() / (a | b).sum() / len(drawn)
    best = linear_sum_assignment(table, maximize=True)
    return table[best].sum() / len(theirs)


if __name__ == "__main__":
    main()
