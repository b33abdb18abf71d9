"""Whether two checkouts paint the same pictures, pixel for pixel.

    python benchmarks/same_pictures.py OLD_CHECKOUT [--only NAME ...] [--as_written]

Each run of RUNS is painted by the command line of the old checkout and of this one, on the samples,
at 128 px, through compact and, if NEURAL_STYLE_WEIGHTS names a file, through VGG19. It prints a
line for each, and exits with 1 if any picture differs.

TensorFlow's graph optimizer may multiply the constants of two graphs of the same formulas in
another order, and what differs by rounding then differs the more the longer it is painted. With
--as_written it is switched off on both sides: so pictures differ only if the formulas do.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
LAKE = ["-content_img", "lake.jpg", "-style_imgs", "strokes.jpg"]
STILL_LIFE = ["-content_img", "still_life.jpg", "-style_imgs", "glass.jpg"]
MASK = ["-style_mask", "1", "-style_mask_imgs", "still_life_mask.png"]
REGIONS = ["-content_regions", "lake_labels.png", "-style_regions", "strokes_labels.png"]
SHORT = ["-max_iterations", "20"]
RUNS = {
    "one style": [*LAKE, *SHORT],
    "several styles": [
        *("-content_img", "lake.jpg", "-style_imgs", "wave.jpg", "abstract.jpg"),
        *("-style_imgs_weights", "0.5", "0.5", *SHORT),
    ],
    "masks": [*STILL_LIFE, *MASK, *SHORT],
    "masks, background kept": [*STILL_LIFE, *MASK, "-keep_background", *SHORT],
    "adam": [*LAKE, "-optimizer", "adam", *SHORT],
    "fast": ["-preset", "fast", *LAKE],
    "thorough": ["-preset", "thorough", *LAKE],
    "quality": ["-preset", "quality", *LAKE, "-max_iterations", "30"],
    "regions": ["-preset", "regions", *LAKE, *REGIONS, *SHORT],
    "wasserstein": ["-preset", "wasserstein", *LAKE, *SHORT],
    "sliced": ["-preset", "sliced", *LAKE, *SHORT],
    "original colors": ["-preset", "original_colors", *LAKE, *SHORT],
    "strength": [*LAKE, "-strength", "50", *SHORT],
    "tiles": [*LAKE, "-optimizer", "adam", "-max_iterations", "3", "-max_size", "512"],
}
# Where memory allows no whole picture.
TILED = {"tiles": {"compact": "900M", "vgg19": "1000M"}}
# Runs the command line of the checkout that is named first, whatever the working folder has.
PROGRAM = """
import runpy, sys
sys.path[0] = sys.argv.pop(1)
if sys.argv.pop(1) == "as written":
    import tensorflow as tf
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
import neural_style
assert neural_style.__file__.startswith(sys.path[0]), neural_style.__file__
runpy.run_module("neural_style", run_name="__main__", alter_sys=True)
"""


def paint(checkout: Path, flags: list[str], folder: Path, graphs: str = "") -> np.ndarray:
    """Return the picture that a checkout paints, by graphs that are optimized or `as written`."""
    own = ["-device", "/cpu:0", "-precision", "float32", "-quiet", "-img_output_dir", str(folder)]
    size = [] if "-max_size" in flags else ["-max_size", "128"]
    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(checkout), graphs, *flags, *size, *own],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with Image.open(folder / "result" / "result.png") as image:
        return np.asarray(image)


def main() -> int:
    """Compare all runs; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("--only", nargs="+", choices=RUNS, default=list(RUNS), metavar="NAME")
    parser.add_argument("--as_written", action="store_const", const="as written", default="")
    arguments = parser.parse_args()
    networks = {"compact": "compact"}
    if os.environ.get("NEURAL_STYLE_WEIGHTS"):
        networks["vgg19"] = os.environ["NEURAL_STYLE_WEIGHTS"]
    differ = 0
    for network, weights in networks.items():
        for name in arguments.only:
            flags = [*RUNS[name], "-model_weights", weights]
            if name in TILED:
                flags += ["-max_memory", TILED[name][network]]
            with tempfile.TemporaryDirectory() as folder:
                pictures = [
                    paint(checkout.resolve(), flags, Path(folder) / kind, arguments.as_written)
                    for kind, checkout in (("old", arguments.old), ("new", ROOT))
                ]
            distance = int(np.abs(np.subtract(*pictures, dtype=int)).max())
            differ += distance > 0
            print(f"{network:8} {name:24} {'same' if not distance else f'differs by {distance}'}")
            sys.stdout.flush()
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
