"""How good the pictures are that `compact` paints, judged by VGG19: the table in docs/compact.md.

    python benchmarks/score_compact.py [--teacher vgg19.h5] [--shared FOLDER] [--out FOLDER]

Each content is painted with its style at 256 px in 50 L-BFGS iterations in float32, once through
VGG19 and once through compact. VGG19 judges: e is the mean over relu1_1 to relu5_1 of
||G - A|| / ||A||, G the picture's Gram matrix and A the style's, and

    score = (e_content - e_compact) / (e_content - e_vgg19),

so 0 is the photograph as it was, 1 as good as VGG19. None of the pictures was trained on.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from neural_style import Config, stylize
from neural_style.images.read import read_picture
from neural_style.losses.gram import gram
from neural_style.networks.registry import NetworkSpec, load_network
from neural_style.transfer.pictures import load_pictures

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("NEURAL_STYLE_SHARED", ROOT.parent / "shared"))
LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
# From ../shared/images where it says `shared`, else from image_input. Settings of the training were
# chosen with the first four in sight.
PAIRS = [
    ("shared/content/tubingen.jpg", "shared/style/the_scream.jpg"),
    ("shared/content/golden_gate.jpg", "shared/style/wave_kanagawa.jpg"),
    ("shared/content/face.jpg", "shared/style/woman-with-hat-matisse.jpg"),
    ("shared/content/lion.jpg", "shared/style/kandinsky.jpg"),
    ("shared/content/chicago.jpg", "glass.jpg"),
    ("lake.jpg", "strokes.jpg"),
    ("shared/content/tubingen.jpg", "shared/style/starry-night.jpg"),
    ("shared/content/stata.jpg", "shared/style/shipwreck.jpg"),
    ("shared/content/taj_mahal.jpg", "shared/style/kandinsky.jpg"),
    ("shared/content/java.jpg", "shared/style/the_scream.jpg"),
    ("shared/content/02390.jpg", "shared/style/seated-nude.jpg"),
    ("still_life.jpg", "wave.jpg"),
    ("shared/content/golden_gate.jpg", "ink.jpg"),
    ("lake.jpg", "shared/style/woman-with-hat-matisse.jpg"),
]


def main() -> None:
    """Paint, judge, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--teacher", default=os.environ.get("NEURAL_STYLE_WEIGHTS", "imagenet"))
    parser.add_argument("--shared", type=Path, default=SHARED / "images")
    parser.add_argument("--out", type=Path, default=ROOT / "image_output" / "score_compact")
    parser.add_argument("--record", type=Path, help="JSON of neural_style distill to note it in")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = []
    print("| pair | e content | e VGG19 | e compact | score |\n|---|---|---|---|---|")
    for pair in PAIRS:
        paths = [_path(name, arguments.shared) for name in pair]
        if not all(path.is_file() for path in paths):
            print(f"{paths[0].stem} x {paths[1].stem}: not here", file=sys.stderr)
            continue
        row = score(*paths, arguments)
        rows.append(row)
        print(
            f"| {row['pair']} | {row['content']:.4f} | {row['vgg19']:.4f} | {row['compact']:.4f} "
            f"| {row['score']:.3f} |",
            flush=True,
        )
    scores = [row["score"] for row in rows]
    print(f"| mean (least) | | | | **{np.mean(scores):.3f}** ({min(scores):.3f}) |")
    if arguments.record:
        record = json.loads(arguments.record.read_text())
        record["score"] = {"mean": np.mean(scores), "least": min(scores), "pairs": rows}
        arguments.record.write_text(json.dumps(record, indent=1) + "\n")


def score(content: Path, style: Path, arguments: argparse.Namespace) -> dict:
    """Return the errors of one pair and its score."""

    def config(weights: str) -> Config:
        pictures = {"content_img": content, "style_imgs": style, "max_size": 256}
        return Config(**pictures, model_weights=weights, precision="float32", device="/cpu:0")

    pictures = load_pictures(config("compact"))
    judge = load_network(NetworkSpec(arguments.teacher, LAYERS, precision="float32")).features

    @tf.function
    def grams(picture: tf.Tensor) -> list[tf.Tensor]:
        return [gram(seen) for seen in judge(picture[None]).values()]

    def error(picture: np.ndarray) -> float:
        pairs = zip(grams(picture), grams(pictures.styles[0]), strict=True)
        return float(np.mean([tf.norm(g - a) / tf.norm(a) for g, a in pairs]))

    row = {"pair": f"{content.stem} x {style.stem}", "content": error(pictures.content)}
    for name, weights in [("vgg19", arguments.teacher), ("compact", "compact")]:
        path = arguments.out / f"{content.stem}_{style.stem}_{name}.png"
        # Through VGG19 the picture is always the same one.
        if name == "compact" or not path.is_file():
            stylize(config(weights), pictures=pictures).save(path)
        row[name] = error(read_picture(path).rgb)
    row["score"] = (row["content"] - row["compact"]) / (row["content"] - row["vgg19"])
    return row


def _path(name: str, shared: Path | None) -> Path:
    if name.startswith("shared/"):
        return shared / name.removeprefix("shared/")
    return ROOT / "image_input" / name


if __name__ == "__main__":
    main()
