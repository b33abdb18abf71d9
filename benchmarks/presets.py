"""What presets, or settings in YAML files, reach beside the report's way, and in which time.

    python benchmarks/presets.py [fast FILE.yaml ...] [--size 512] [--content lake] [--weights FILE]

The report's way is SciPy's L-BFGS-B, 50 iterations at full size from the photograph, around a plain
float32 evaluation in TensorFlow. For each pair of pictures it and the presets take turns. Times are
from the settings to the picture, pictures read, network loaded and graphs traced. The losses are
those of the optimisers' last images, before they are clipped to [0, 255], at full size with the
default weights, judged by VGG19 in float32. With `--size`, all sizes of a preset shrink alike; it
is also how large `large` paints.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from scipy.optimize import minimize

from neural_style import Config, Step, evaluate, stylize
from neural_style.images.picture import enlarge
from neural_style.transfer.pictures import load_pictures
from neural_style.transfer.stylizer import Stylizer

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("NEURAL_STYLE_SHARED", ROOT.parent / "shared")) / "images"
# From ../shared/images where it says `shared`, else from image_input.
PAIRS = [
    ("shared/content/tubingen.jpg", "shared/style/the_scream.jpg"),
    ("shared/content/golden_gate.jpg", "shared/style/wave_kanagawa.jpg"),
    ("shared/content/taj_mahal.jpg", "shared/style/starry-night.jpg"),
    ("shared/content/chicago.jpg", "shared/style/kandinsky.jpg"),
    ("shared/content/stata.jpg", "shared/style/shipwreck.jpg"),
    ("shared/content/lion.jpg", "shared/style/woman-with-hat-matisse.jpg"),
    ("lake.jpg", "strokes.jpg"),
]
REPORT = "the report's way"


def main() -> None:
    """Paint, judge, print a table."""
    names = [Path(content).stem for content, _ in PAIRS]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("presets", nargs="*", default=["fast", "thorough", "preview"])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--content", nargs="+", choices=names, default=names, help="which pairs")
    parser.add_argument("--weights", default=os.environ.get("NEURAL_STYLE_WEIGHTS", "imagenet"))
    parser.add_argument("--device", default="/cpu:0")
    arguments = parser.parse_args()
    print(f"| pair | way | seconds | of {REPORT} | loss | of {REPORT} |\n|---|---|---|---|---|---|")
    for content, style in PAIRS:
        if Path(content).stem not in arguments.content:
            continue
        own = {
            "content_img": _path(content),
            "style_imgs": _path(style),
            "device": arguments.device,
        }
        plain = Config(max_size=arguments.size, model_weights=arguments.weights, **own)
        ways: dict[str, Callable[[], np.ndarray]] = {REPORT: lambda config=plain: report(config)}
        for name in arguments.presets:
            config = _shrunk(Config.load(name, **own), arguments.size)
            if config.model_weights == "auto":
                config = replace(config, model_weights=arguments.weights)
            ways[Path(name).stem] = lambda config=config: last_image(config)
        found: dict[str, tuple[float, float]] = {}
        for name, paint in ways.items():
            started = time.perf_counter()
            image = paint()
            seconds = time.perf_counter() - started
            image = enlarge(image, load_pictures(plain).content.shape[:2])
            found[name] = seconds, evaluate(plain, image)["total"]
            ratios = [value / base for value, base in zip(found[name], found[REPORT], strict=True)]
            pair = f"{Path(content).stem}, {Path(style).stem}"
            print(
                f"| {pair} | {name} | {seconds:.0f} | {ratios[0]:.2f} | {found[name][1]:.3g} | "
                f"{ratios[1]:.2f} |",
                flush=True,
            )


def last_image(config: Config) -> np.ndarray:
    """Paint with these settings; return the optimiser's last image, [H, W, 3]."""
    last: list[Step] = []
    stylize(config, on_step=lambda step: last.__setitem__(slice(None), [step]))
    return last[0].image


def report(config: Config) -> np.ndarray:
    """Paint as the report does; return the optimiser's last image, [H, W, 3]."""
    pictures = load_pictures(config)
    config = replace(config, precision="float32")
    with Stylizer(config) as stylizer:
        objective = stylizer.objective(config, pictures)

        @tf.function
        def evaluated(image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            with tf.GradientTape() as tape:
                tape.watch(image)
                total = objective(image)["total"]
            return total, tape.gradient(total, image)

        def for_scipy(flat: np.ndarray) -> tuple[float, np.ndarray]:
            image = tf.constant(flat.reshape(1, *pictures.init.shape), tf.float32)
            total, gradient = evaluated(image)
            return float(total), gradient.numpy().astype(np.float64).ravel()

        options = {"maxiter": 50, "maxfun": 1000, "ftol": 0, "gtol": 0}
        start = pictures.init.astype(np.float64).ravel()
        found = minimize(for_scipy, start, jac=True, method="L-BFGS-B", options=options)
    return found.x.reshape(pictures.init.shape).astype(np.float32)


def _shrunk(config: Config, size: int) -> Config:
    """Return the Config with its sizes changed alike, so that a full picture has this one."""
    full = Config(content_img="a", style_imgs="b").max_size
    factor = size / max(full, config.max_size)
    sizes = {name: round(getattr(config, name) * factor) for name in ("max_size", "min_size")}
    return replace(config, **sizes)


def _path(name: str) -> str:
    folder, _, rest = name.partition("/")
    return str(SHARED / rest if folder == "shared" else ROOT / "image_input" / name)


if __name__ == "__main__":
    main()
