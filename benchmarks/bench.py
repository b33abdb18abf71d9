"""How fast one loss and its gradient are, and in how much memory: the table in the README.

    python benchmarks/bench.py [--sizes 256 512 1024] [--rounds 5] [--iterations 50] [--out FOLDER]

Each row is a process of its own, so that its peak memory is its own. The processes of a group are
asked in turns, and the least time of each counts: so other work on the machine matters little to
the ratios, which come first. The memory of a group adds up. All go through noise and, without the
file in NEURAL_STYLE_WEIGHTS, random weights, which cost the same.

The reference is what the report does: a plain TensorFlow loop in float32, under SciPy's L-BFGS-B.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = "NEURAL_STYLE_WEIGHTS"
REFERENCE = "reference"
REFERENCE_CASE = {"kind": "reference"}
# The size at which one style is compared with five, whole runs with the reference's, and a picture
# in four tiles with the whole one; and the side of these tiles.
STYLES_SIZE, RUN_SIZE, TILED_SIZE, TILE = 512, 256, 1024, 592


def groups(size: int) -> list[dict[str, dict]]:
    """Return what is measured at a size: groups of processes that live side by side.

    A process is its kind and its settings, by its row of the table. Each group has the reference,
    so that ratios are of times taken in turns. Whatever is to be compared is one row more here.
    """
    found = []
    for precision in ("float32", "bfloat16"):
        vgg19 = {"kind": "ours", "network": "vgg19", "precision": precision}
        group = {f"vgg19, {precision}": vgg19}
        if precision == "bfloat16" and size == STYLES_SIZE:
            group["vgg19, bfloat16, five styles"] = vgg19 | {"styles": 5}
        if precision == "bfloat16" and size == TILED_SIZE:
            group["vgg19, bfloat16, four tiles"] = vgg19 | {"tile": TILE}
        group[f"convolutions alone, {precision}"] = {"kind": "convolutions", "precision": precision}
        found.append(group)
    found.append(
        {
            f"compact, {precision}": {"kind": "ours", "network": "compact", "precision": precision}
            for precision in ("float32", "bfloat16")
        }
    )
    if importlib.util.find_spec("torch"):
        found.append({"PyTorch, float32": {"kind": "pytorch"}})
    return [
        {row: case | {"size": size} for row, case in ({REFERENCE: REFERENCE_CASE} | group).items()}
        for group in found
    ]


def main() -> None:
    """Measure, print and write, or be one of the processes that are measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024])
    parser.add_argument("--rounds", type=int, default=5, help="how often each is timed")
    parser.add_argument("--iterations", type=int, default=50, help="of the runs; 0 for no runs")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--worker", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        answer(**arguments.worker)
        return
    from neural_style.runtime.files import write_file

    with tempfile.TemporaryDirectory() as folder:
        if not os.environ.get(WEIGHTS):
            os.environ[WEIGHTS] = write_random_weights(Path(folder) / "random.h5")
        found = {"conditions": conditions(), "rows": [], "runs": []}
        for size in arguments.sizes:
            for group in groups(size):
                found["rows"] += compare(group, size, arguments.rounds)
        if arguments.iterations:
            found["runs"] = runs(arguments.iterations)
    text = table(found)
    print(text)
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_file(arguments.out / "bench.md", text.encode())
    write_file(arguments.out / "bench.json", (json.dumps(found, indent=1) + "\n").encode())


def conditions() -> dict[str, str]:
    """Return the machine, the versions and what the precision `auto` is there."""
    from neural_style.commands.examination import machine, versions
    from neural_style.runtime.precision import choose_precision

    numbers = ", ".join(f"{name} {number}" for name, number in versions().items())
    return {
        "date": time.strftime("%Y-%m-%d"),
        "machine": machine(),
        "load at the start": f"{os.getloadavg()[0]:.1f}",
        "versions": numbers,
        "precision auto": ": ".join(choose_precision("auto", "/cpu:0")),
    }


def compare(group: dict[str, dict], size: int, rounds: int) -> list[dict]:
    """Return a row for each process of a group, timed in turns."""
    workers = {row: start(case) for row, case in group.items()}
    seconds = dict.fromkeys(workers, math.inf)
    for _ in range(rounds):
        for row, worker in workers.items():
            worker.stdin.write("go\n")
            worker.stdin.flush()
            seconds[row] = min(seconds[row], float(worker.stdout.readline()))
    found = []
    for row, worker in workers.items():
        entry = {"size": size, "row": row, "seconds": seconds[row]}
        entry["peak"] = int(worker.communicate()[0])
        entry["times_as_fast"] = seconds[REFERENCE] / seconds[row]
        if "compact" not in row:
            entry["rate"] = convolution_operations(size) / seconds[row]
            alone = next((seconds[other] for other in seconds if "alone" in other), None)
            entry["of_convolutions"] = alone and alone / seconds[row]
        found.append(entry)
        print(f"{size} px, {row}: {entry['times_as_fast']:.2f} times as fast", file=sys.stderr)
    return found


def start(case: dict) -> subprocess.Popen:
    """Start a process and wait until it is ready, so that no two build at once."""
    command = [sys.executable, __file__, "--worker", json.dumps(case)]
    worker = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    if worker.stdout.readline() != "ready\n":
        sys.exit(f"bench: {case} failed:\n{worker.communicate()[1]}")
    return worker


def runs(iterations: int) -> list[dict]:
    """Return the seconds and the loss, judged in float32, of whole runs."""
    found = []
    every = {row: case for group in groups(RUN_SIZE) for row, case in group.items()}
    for row, case in every.items():
        if case["kind"] in ("reference", "ours"):
            worker = start(case | {"kind": f"run {case['kind']}", "iterations": iterations})
            found.append({"row": row} | json.loads(worker.communicate("go\n")[0].splitlines()[0]))
    for entry in found:
        entry["times_as_fast"] = found[0]["seconds"] / entry["seconds"]
        entry["times_the_loss"] = entry["loss"] / found[0]["loss"]
    return found


def table(found: dict) -> str:
    """Return the figures as Markdown."""
    lines = ["# Benchmarks", "", "`make bench` has written this. Ratios are what counts: absolute"]
    lines += ["times wander with the machine and with what else it does.", ""]
    lines += [f"- {name}: {value}" for name, value in found["conditions"].items()]
    lines += ["", "One loss and its gradient, one style unless said otherwise:", ""]
    lines += ["| size | | times as fast | of the convolutions' rate | TFLOP/s | s | peak GB |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for entry in found["rows"]:
        rate, share = entry.get("rate"), entry.get("of_convolutions")
        lines.append(
            f"| {entry['size']} | {entry['row']} | {entry['times_as_fast']:.2f} "
            f"| {f'{100 * share:.0f} %' if share else ''} | {f'{rate / 1e12:.3f}' if rate else ''} "
            f"| {entry['seconds']:.3f} | {entry['peak'] / 2**30:.2f} |"
        )
    lines += ["", "The reference, a plain TensorFlow loop in float32, is timed in turns with each"]
    lines += ["group of rows below it. TFLOP/s count VGG19's convolutions and no other work; the"]
    lines += ["rate to compare with is that of convolutions alone in the group. PyTorch is"]
    lines += ["measured where it is installed.", ""]
    if found["runs"]:
        lines += [f"{found['runs'][0]['iterations']} iterations at {RUN_SIZE} px from the content"]
        lines += ["picture, start-up not counted; the reference is SciPy's L-BFGS-B. Losses are"]
        lines += ["VGG19's in float32. Runs come one after the other; where the machine does other"]
        lines += ["work, the processor's time is the better measure.", ""]
        lines += ["| | times as fast | times the loss | evaluations | s | processor's s |"]
        lines += ["|---|---|---|---|---|---|"]
        lines += [
            f"| {entry['row']} | {entry['times_as_fast']:.2f} | {entry['times_the_loss']:.3f} "
            f"| {entry['evaluations']} | {entry['seconds']:.1f} | {entry['processor']:.1f} |"
            for entry in found["runs"]
        ]
    return "\n".join(lines) + "\n"


def write_random_weights(path: Path) -> str:
    """Write a file of VGG19 with random weights (He et al., 2015) and return its path."""
    import h5py
    import numpy as np

    from neural_style.networks.layers import convolutions

    random = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        for name, n, m in convolutions("vgg19"):
            kernel = random.normal(0, np.sqrt(2 / (9 * n)), (3, 3, n, m)).astype(np.float32)
            file[f"{name}/kernel"], file[f"{name}/bias"] = kernel, np.zeros(m, np.float32)
    return str(path)


# The processes that are measured. Each yields the seconds of one evaluation whenever it is asked,
# after a first time that builds, traces and warms up.


def answer(kind: str, **case: object) -> None:
    """Take a line, answer with the seconds of one evaluation; at the end, the peak memory."""
    from neural_style.commands.examination import peak_memory

    evaluations = {
        "ours": ours,
        "reference": reference,
        "pytorch": pytorch,
        "convolutions": convolutions_alone,
        "run ours": run_ours,
        "run reference": run_reference,
    }[kind](**case)
    next(evaluations)
    print("ready", flush=True)
    for _ in sys.stdin:
        print(next(evaluations), flush=True)
    print(peak_memory(), flush=True)


def noise(size: int, count: int):
    """Return noise, [count, size, size, 3], float32."""
    import numpy as np

    return np.random.default_rng(0).uniform(0, 255, (count, size, size, 3)).astype(np.float32)


def ours(
    size: int, network: str, precision: str, styles: int = 1, tile: int | None = None
) -> Iterator[float]:
    """Yield seconds of an iteration of our L-BFGS for each evaluation that it took."""
    from neural_style import Config
    from neural_style.transfer.painting import minimize
    from neural_style.transfer.pictures import Pictures
    from neural_style.transfer.stylizer import Stylizer

    content, start, *targets = noise(size, 2 + styles)
    config = Config(
        content_img="noise",
        style_imgs=["noise"] * styles,
        model_weights="compact" if network == "compact" else os.environ[WEIGHTS],
        precision=precision,
        device="/cpu:0",
        max_iterations=10**6,
    )
    with Stylizer(config) as stylizer:
        pictures = Pictures(content, None, tuple(targets), None, start)
        objective = stylizer.objective(config, pictures, side=tile)
        steps = minimize(config, objective, start, config.max_iterations)
        before = [next(steps), next(steps), next(steps)][-1]
        yield 0.0
        while True:
            started = time.perf_counter()
            step = next(steps)
            yield (time.perf_counter() - started) / (step.evaluations - before.evaluations)
            before = step


def reference(size: int) -> Iterator[float]:
    """Yield seconds of one evaluation of the plain TensorFlow loop."""
    import tensorflow as tf

    content, start, style = noise(size, 3)
    evaluate = plain_loss(content, style)
    image = tf.constant(start[None])
    evaluate(image)
    while True:
        started = time.perf_counter()
        evaluate(image)[1].numpy()
        yield time.perf_counter() - started


def plain_loss(content, style) -> Callable:
    """Return the report's loss and gradient, float32, as plain TensorFlow has them.

    Default layers and weights; a function from an image [1, H, W, 3] to the total and its gradient.
    """
    import tensorflow as tf

    from neural_style.networks.layers import convolutions
    from neural_style.networks.weights import load_weights

    weights = {
        name: [tf.constant(array) for array in pair]
        for name, pair in load_weights(os.environ[WEIGHTS])[0].items()
    }
    style_layers = [f"relu{block}_1" for block in range(1, 6)]

    def features(image: tf.Tensor) -> dict[str, tf.Tensor]:
        x = tf.reverse(image - tf.constant((123.68, 116.779, 103.939)), [-1])
        found, block = {}, "1"
        for name, _, _ in convolutions("vgg19"):
            if name[4] != block:
                x, block = tf.nn.avg_pool2d(x, 2, 2, "SAME"), name[4]
            kernel, bias = weights[name]
            found[name] = tf.nn.bias_add(tf.nn.conv2d(x, kernel, 1, "SAME"), bias)
            x = found[name.replace("conv", "relu")] = tf.nn.relu(found[name])
            if name == "conv5_1":
                return found
        return found

    def gram(activations: tf.Tensor) -> tf.Tensor:
        flat = tf.reshape(activations, [-1, activations.shape[-1]])
        return tf.matmul(flat, flat, transpose_a=True)

    target = features(tf.constant(content[None]))["conv4_2"]
    seen = features(tf.constant(style[None]))
    grams = {name: gram(seen[name]) for name in style_layers}

    @tf.function
    def evaluate(image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(image)
            found = features(image)
            count = tf.cast(tf.size(target), tf.float32)
            total = 2.5 / tf.sqrt(count) * tf.reduce_sum(tf.square(found["conv4_2"] - target))
            for name in style_layers:
                positions = found[name].shape[1] * found[name].shape[2]
                divisor = 2.0 * found[name].shape[3] * positions
                difference = (gram(found[name]) - grams[name]) / divisor
                total += 1e4 / 25 * tf.reduce_sum(tf.square(difference))
            total += 1e-3 * tf.reduce_sum(tf.image.total_variation(image))
        return total, tape.gradient(total, image)

    return evaluate


def pytorch(size: int) -> Iterator[float]:
    """Yield seconds of one evaluation of the same loss in PyTorch, float32."""
    import numpy as np
    import torch
    from torch.nn import functional

    from neural_style.networks.layers import convolutions
    from neural_style.networks.weights import load_weights

    weights = {
        name: (torch.tensor(np.transpose(kernel, (3, 2, 0, 1))), torch.tensor(bias))
        for name, (kernel, bias) in load_weights(os.environ[WEIGHTS])[0].items()
    }
    mean = torch.tensor((123.68, 116.779, 103.939))[:, None, None]
    style_layers = [f"relu{block}_1" for block in range(1, 6)]

    def features(image: torch.Tensor) -> dict[str, torch.Tensor]:
        x = (image - mean).flip(1)
        found, block = {}, "1"
        for name, _, _ in convolutions("vgg19"):
            if name[4] != block:
                x = functional.avg_pool2d(x, 2, 2, ceil_mode=True, count_include_pad=False)
                block = name[4]
            found[name] = functional.conv2d(x, *weights[name], padding=1)
            x = found[name.replace("conv", "relu")] = torch.relu(found[name])
            if name == "conv5_1":
                return found
        return found

    def gram(activations: torch.Tensor) -> torch.Tensor:
        flat = activations.flatten(2)[0]
        return flat @ flat.T

    content, start, style = (
        torch.tensor(np.ascontiguousarray(np.transpose(picture[None], (0, 3, 1, 2))))
        for picture in noise(size, 3)
    )
    with torch.no_grad():
        target = features(content)["conv4_2"]
        grams = {name: gram(a) for name, a in features(style).items() if name in style_layers}

    def evaluate() -> float:
        image = start.clone().requires_grad_()
        found = features(image)
        total = 2.5 / target.numel() ** 0.5 * (found["conv4_2"] - target).square().sum()
        for name in style_layers:
            _, channels, height, width = found[name].shape
            difference = (gram(found[name]) - grams[name]) / (2.0 * channels * height * width)
            total = total + 1e4 / 25 * difference.square().sum()
        total = total + 1e-3 * (image[:, :, 1:] - image[:, :, :-1]).abs().sum()
        total = total + 1e-3 * (image[:, :, :, 1:] - image[:, :, :, :-1]).abs().sum()
        total.backward()
        return float(image.grad[0, 0, 0, 0])

    evaluate()
    while True:
        started = time.perf_counter()
        evaluate()
        yield time.perf_counter() - started


def convolutions_alone(size: int, precision: str) -> Iterator[float]:
    """Yield seconds of VGG19's convolutions and their gradients, with its own shapes."""
    import tensorflow as tf

    tf.config.threading.set_inter_op_parallelism_threads(1)  # each with all cores, as ours
    shapes = list(convolution_shapes(size))
    make = [
        (tf.random.normal([1, side, side, n]), tf.random.normal([3, 3, n, m]), [1, side, side, m])
        for side, n, m in shapes
    ]
    tensors = [(tf.cast(x, precision), tf.cast(kernel, precision)) for x, kernel, _ in make]
    ups = [tf.cast(tf.random.normal(shape), precision) for _, _, shape in make]

    @tf.function
    def both(tensors, ups):
        found = []
        for (x, kernel), up in zip(tensors, ups, strict=True):
            found.append(tf.nn.conv2d(x, kernel, 1, "SAME")[0, 0, 0, 0])
            back = tf.raw_ops.Conv2DBackpropInput(
                input_sizes=x.shape,
                filter=kernel,
                out_backprop=up,
                strides=[1, 1, 1, 1],
                padding="SAME",
            )
            found.append(back[0, 0, 0, 0])
        return tf.stack(found)

    both(tensors, ups)
    while True:
        started = time.perf_counter()
        both(tensors, ups).numpy()
        yield time.perf_counter() - started


def convolution_shapes(size: int) -> Iterator[tuple[int, int, int]]:
    """Yield side, input and output channels of VGG19's convolutions up to conv5_1."""
    from neural_style.networks.layers import convolutions

    for name, channels_in, channels_out in convolutions("vgg19"):
        if name > "conv5_1":
            return
        yield -(-size // 2 ** (int(name[4]) - 1)), channels_in, channels_out


def convolution_operations(size: int) -> int:
    """Return the multiplications and additions of these convolutions and of their gradients."""
    return 2 * sum(2 * 9 * side**2 * n * m for side, n, m in convolution_shapes(size))


# Whole runs, on pictures.


def run_config(size: int, network: str, precision: str, iterations: int):
    """Return the Config of a run on two samples."""
    from neural_style import Config

    return Config(
        content_img=ROOT / "image_input" / "lake.jpg",
        style_imgs=ROOT / "image_input" / "strokes.jpg",
        max_size=size,
        max_iterations=iterations,
        model_weights="compact" if network == "compact" else os.environ[WEIGHTS],
        precision=precision,
        device="/cpu:0",
    )


def judged(image, config, evaluations: int, began: tuple[float, float]) -> str:
    """Return what a run reached as JSON, its loss as VGG19 has it in float32.

    Args:
        image: its last one.
        config: its settings.
        evaluations: how many it took.
        began: `clocks()` at its start.
    """
    from neural_style import evaluate

    seconds, processor = (now - then for now, then in zip(clocks(), began, strict=True))
    judge = dataclasses.replace(config, precision="float32", model_weights=os.environ[WEIGHTS])
    found = {"iterations": config.max_iterations, "loss": evaluate(judge, image)["total"]}
    found |= {"seconds": seconds, "processor": processor, "evaluations": evaluations}
    return json.dumps(found)


def clocks() -> tuple[float, float]:
    """Return the time, and the time that the processor has given to this process."""
    return time.perf_counter(), time.process_time()


def run_ours(**case: object) -> Iterator[str]:
    """Yield what our L-BFGS reaches."""
    from neural_style.transfer.painting import minimize
    from neural_style.transfer.pictures import load_pictures
    from neural_style.transfer.stylizer import Stylizer

    config = run_config(**case)
    pictures = load_pictures(config)
    with Stylizer(config) as stylizer:
        objective = stylizer.objective(config, pictures)
        yield ""
        began = clocks()
        for step in minimize(config, objective, pictures.init, config.max_iterations):
            last = step
        yield judged(last.image, config, last.evaluations, began)


def run_reference(size: int, iterations: int) -> Iterator[str]:
    """Yield what SciPy's L-BFGS-B reaches over the plain TensorFlow loop, as the report does."""
    import numpy as np
    import tensorflow as tf
    from scipy.optimize import minimize

    from neural_style.transfer.pictures import load_pictures

    config = run_config(size, "vgg19", "float32", iterations)
    pictures = load_pictures(config)
    evaluate = plain_loss(pictures.content, pictures.styles[0])
    shape = (1, *pictures.content.shape)

    def function(flat: np.ndarray) -> tuple[float, np.ndarray]:
        total, gradient = evaluate(tf.constant(flat.reshape(shape), tf.float32))
        return float(total), gradient.numpy().ravel().astype(np.float64)

    yield ""
    began = clocks()
    flat = pictures.init.ravel().astype(np.float64)
    found = minimize(function, flat, jac=True, method="L-BFGS-B", options={"maxiter": iterations})
    yield judged(found.x.reshape(shape[1:]).astype(np.float32), config, found.nfev, began)


if __name__ == "__main__":
    main()
