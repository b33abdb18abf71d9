"""Paint a large picture in little memory, and compare with a small one painted as a whole.

    python benchmarks/large.py [--size 7680 4320] [--max_memory 7.2G] [--iterations 10]
        [--model_weights compact] [--optimizer adam] [--precision auto] [--whole 1024]

Both are painted by the command line, each in a process of its own, whose peak of memory the
operating system tells. Seconds count from the first iteration to the last, since the very first
evaluation traces.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from neural_style.images.picture import Picture, resize
from neural_style.images.write import write_picture
from neural_style.runtime.precision import choose_precision
from neural_style.settings.config import Config
from neural_style.transfer.planning import estimate_peak, plan


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, nargs=2, default=(7680, 4320), metavar=("W", "H"))
    parser.add_argument("--whole", type=int, default=1024, help="side of the small picture, or 0")
    parser.add_argument("--max_memory", default="7.2G")
    parser.add_argument("--iterations", type=int, default=10)
    parser.add_argument("--model_weights", default="compact")
    parser.add_argument("--optimizer", default="adam")
    parser.add_argument("--precision", default="auto")
    arguments = parser.parse_args()
    runs = [(tuple(arguments.size), arguments.max_memory)]
    if arguments.whole:
        runs.insert(0, ((arguments.whole, arguments.whole), "64G"))
    pace = []
    for (width, height), max_memory in runs:
        config = Config(
            content_img="content.png",
            style_imgs=["style.png"],
            max_size=max(width, height),
            max_memory=max_memory,
            optimizer=arguments.optimizer,
            model_weights=arguments.model_weights,
            precision=choose_precision(arguments.precision, "/cpu:0")[
                0
            ],  # which the estimate counts
        )
        tiling = plan(config, (height, width))
        estimate = estimate_peak(config, (height, width), tiling.side)
        peak, seconds, total = paint(config, (height, width), arguments.iterations)
        pace.append(seconds / (width * height / 1e6))
        tiles = len(tiling.cut((height, width)))
        print(
            f"{width} x {height}: {tiles} tile{'s' * (tiles > 1)} (side {tiling.side}), "
            f"peak {peak / 1e9:.2f} GB (estimated {estimate / 1e9:.2f}), "
            f"{seconds:.2f} s an evaluation, {pace[-1]:.3f} s a megapixel, loss {total:.5g}",
            flush=True,
        )
    if len(pace) == 2:
        print(f"seconds a megapixel: {pace[1] / pace[0]:.2f} times those of the small picture")


def paint(config: Config, size: tuple[int, int], iterations: int) -> tuple[int, float, float]:
    """Return the peak of memory in bytes, the seconds of an evaluation, and the last loss."""
    with tempfile.TemporaryDirectory() as folder:
        random = np.random.default_rng(0)
        for name in ("content", "style"):
            coarse = random.uniform(0, 255, (size[0] // 16, size[1] // 16, 3)).astype(np.float32)
            write_picture(Path(folder) / f"{name}.png", Picture(resize(coarse, size)))
        command = [
            *(sys.executable, "-m", "neural_style"),
            *("-content_img", f"{folder}/content.png", "-style_imgs", f"{folder}/style.png"),
            *("-max_size", str(config.max_size), "-max_memory", config.max_memory),
            *("-optimizer", config.optimizer, "-max_iterations", str(iterations)),
            *("-model_weights", config.model_weights, "-device", "/cpu:0"),
            *("-precision", config.precision),
            *("-print_iterations", "1", "-img_output_dir", folder),
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"the command failed: {' '.join(command)}")
        with (Path(folder) / "result" / "history.csv").open() as file:
            history = list(csv.DictReader(file))
    first, last = history[0], history[-1]
    evaluations = int(last["evaluations"]) - int(first["evaluations"])
    seconds = (float(last["seconds"]) - float(first["seconds"])) / max(evaluations, 1)
    return usage.ru_maxrss * 1024, seconds, float(last["total"])


if __name__ == "__main__":
    main()
