"""The benchmarks: that they compare what is the same, and say what they measured."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import neural_style as ns
from neural_style.transfer.pictures import load_pictures

PATH = Path(__file__).resolve().parent.parent / "benchmarks" / "bench.py"


@pytest.fixture(scope="module")
def bench(load_benchmark):
    return load_benchmark("bench")


@pytest.fixture
def _weights(random_weights, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NEURAL_STYLE_WEIGHTS", random_weights)


@pytest.mark.usefixtures("_weights")
def test_the_reference_computes_our_loss(bench):
    """On a size that is odd at every block."""
    content, style, image = bench.noise(37, 3)
    total, gradient = bench.plain_loss(content, style)(tf.constant(image[None]))
    config = ns.Config(content_img=content, style_imgs=[style], device="/cpu:0")
    expected = ns.evaluate(config, image)
    assert float(total) == pytest.approx(expected["total"], rel=1e-4)
    error = np.linalg.norm(gradient[0] - expected["gradient"])
    assert error < 1e-4 * np.linalg.norm(expected["gradient"])


@pytest.mark.usefixtures("_weights")
def test_pytorch_computes_our_loss(bench, monkeypatch: pytest.MonkeyPatch):
    torch = pytest.importorskip("torch")
    seen = []
    backward = torch.Tensor.backward
    monkeypatch.setattr(
        torch.Tensor, "backward", lambda total: (seen.append(float(total)), backward(total))[1]
    )
    next(bench.pytorch(37))
    content, image, style = bench.noise(37, 3)
    config = ns.Config(content_img=content, style_imgs=[style], device="/cpu:0")
    assert seen[0] == pytest.approx(ns.evaluate(config, image)["total"], rel=1e-3)


def test_shapes_and_operations_of_the_convolutions(bench):
    shapes = list(bench.convolution_shapes(37))
    assert len(shapes) == 13
    assert shapes[0] == (37, 3, 64)
    assert shapes[2] == (19, 64, 128)
    assert shapes[-1] == (3, 512, 512)
    # At 16 px, forward and back: conv1_1 has 16^2 positions of 9 * 3 products with 64 kernels.
    by_hand = [16**2 * (3 * 64 + 64 * 64), 8**2 * (64 * 128 + 128 * 128)]
    by_hand += [4**2 * (128 * 256 + 3 * 256 * 256), 2**2 * (256 * 512 + 3 * 512 * 512)]
    by_hand += [512 * 512]
    assert bench.convolution_operations(16) == 2 * 2 * 9 * sum(by_hand)


def test_table(bench):
    found = {
        "conditions": {"machine": "an abacus"},
        "rows": [
            {"size": 256, "row": row, "seconds": 4 / fast, "peak": 2**30, "times_as_fast": fast}
            | more
            for row, fast, more in [
                ("reference", 1.0, {"rate": 1e12, "of_convolutions": 0.2}),
                ("vgg19, bfloat16", 4.0, {"rate": 4e12, "of_convolutions": 0.8}),
                ("compact, bfloat16", 8.0, {}),
                ("PyTorch, float32", 2.0, {"rate": 2e12, "of_convolutions": None}),
            ]
        ],
        "runs": [],
    }
    text = bench.table(found)
    assert "- machine: an abacus" in text
    assert "| 256 | reference | 1.00 | 20 % | 1.000 | 4.000 | 1.00 |" in text
    assert "| 256 | vgg19, bfloat16 | 4.00 | 80 % | 4.000 | 1.000 | 1.00 |" in text
    assert "| 256 | PyTorch, float32 | 2.00 |  | 2.000 | 2.000 | 1.00 |" in text
    assert "| 256 | compact, bfloat16 | 8.00 |  |  | 0.500 | 1.00 |" in text


@pytest.mark.slow
@pytest.mark.usefixtures("_weights")
def test_a_group_is_timed_in_turns(bench):
    """In a process for each kind there is."""
    ours = {"kind": "ours", "size": 32, "precision": "bfloat16"}
    cases = {
        "reference": {"kind": "reference", "size": 32},
        "vgg19": ours | {"network": "vgg19"},
        "compact": ours | {"network": "compact"},
        "convolutions alone": {"kind": "convolutions", "size": 32, "precision": "bfloat16"},
    }
    found = bench.compare(cases, 32, 2)
    assert [row["row"] for row in found] == list(cases)
    one, vgg19, compact, alone = found
    assert one["times_as_fast"] == alone["of_convolutions"] == 1
    for row in found:
        assert row["times_as_fast"] == one["seconds"] / row["seconds"]
        assert 0 < row["seconds"] < 60
        assert row["peak"] > 50e6
    assert vgg19["rate"] == bench.convolution_operations(32) / vgg19["seconds"]
    assert vgg19["of_convolutions"] == alone["seconds"] / vgg19["seconds"]
    assert "rate" not in compact


def test_every_group_has_the_reference_first(bench):
    found = bench.groups(512)
    assert {next(iter(group)) for group in found} == {"reference"}
    (five,) = [case for group in found for row, case in group.items() if "five" in row]
    assert five["styles"] == 5
    assert all("five styles" not in row for group in bench.groups(256) for row in group)


def test_a_process_that_fails_is_shown(bench):
    with pytest.raises(SystemExit, match=r"(?s)bench: .*'nothing'.*KeyError"):
        bench.start({"kind": "nothing"})


@pytest.mark.slow
@pytest.mark.usefixtures("_weights")
@pytest.mark.parametrize("kind", ["run ours", "run reference"])
def test_a_run_goes_down(bench, kind: str):
    """From the content picture; as the judge has it, who computes in float32."""
    config = bench.run_config(32, "vgg19", "float32", 6)
    start = ns.evaluate(config, load_pictures(config).init)["total"]
    case = {"kind": kind, "size": 32, "iterations": 6}
    case |= {"network": "vgg19", "precision": "bfloat16"} if kind == "run ours" else {}
    run = subprocess.run(
        [sys.executable, PATH, "--worker", json.dumps(case)],
        input="go\n",
        capture_output=True,
        text=True,
    )
    found = json.loads(run.stdout.splitlines()[1])
    assert found["iterations"] == 6
    assert found["evaluations"] >= 6
    assert found["seconds"] > 0 < found["processor"]
    assert found["loss"] < 0.5 * start
