"""The report's own numbers: losses, gradients, and where its optimisers get to."""

import json
from pathlib import Path

import numpy as np
import pytest

import neural_style as ns
from neural_style.images.read import read_picture

pytestmark = pytest.mark.shared

# Names only, as a parametrised test needs them before the reference data are known to be there.
LOSSES = [
    "simple",
    "multiple",
    "masked",
    "masked_one",
    "max_pooling",
    "other_layers",
    "odd_size",
    "odd_size_masked",
]
OPTIMISATIONS = [(name, opt) for name in LOSSES[:3] for opt in ("lbfgs", "adam")]


def golden(shared: Path, file: str, **wanted: str) -> dict:
    cases = json.loads((shared / "golden" / file).read_text())
    (case,) = [c for c in cases if all(c[key] == value for key, value in wanted.items())]
    return case


def config_of(shared: Path, reference_weights: str, case: dict, **settings) -> ns.Config:
    return ns.Config(
        content_img=case["content"],
        style_imgs=case["styles"],
        style_imgs_weights=case["style_imgs_weights"],
        style_mask=case["masks"] is not None,
        style_mask_imgs=case["masks"] or (),
        pooling_type=case["pooling"],
        content_layers=case["content_layers"],
        style_layers=case["style_layers"],
        content_weight=case["content_weight"],
        style_weight=case["style_weight"],
        tv_weight=case["tv_weight"],
        content_img_dir=str(shared / "golden"),
        style_imgs_dir=str(shared / "golden"),
        model_weights=reference_weights,
        precision="float32",  # the report's
        device="/cpu:0",
        **settings,
    )


def test_every_case_is_tested(shared: Path):
    losses = json.loads((shared / "golden" / "report_losses.json").read_text())
    assert [case["name"] for case in losses] == LOSSES
    runs = json.loads((shared / "golden" / "report_optimisation.json").read_text())
    assert [(case["name"], case["optimizer"]) for case in runs] == OPTIMISATIONS


@pytest.mark.parametrize("name", LOSSES)
def test_losses(shared: Path, reference_weights: str, name: str):
    case = golden(shared, "report_losses.json", name=name)
    content = read_picture(shared / "golden" / case["content"]).rgb
    noise = np.random.default_rng(case["noise_seed"]).uniform(-20, 20, (1, *content.shape))
    image = (content + noise[0]).astype(np.float32)
    found = ns.evaluate(config_of(shared, reference_weights, case), image)
    for term in ("content", "style", "tv", "total"):
        assert found[term] == pytest.approx(case[f"{term}_loss"], rel=1e-3), term
    norm = np.linalg.norm(found["gradient"].astype(np.float64))
    assert norm == pytest.approx(case["gradient_l2"], rel=1e-3)
    np.testing.assert_allclose(
        found["gradient"][10, 20], case["gradient_rgb_at_y10_x20"], rtol=1e-2, atol=1e-6 * norm
    )


# Optimisers go the same way over any loss, and above the losses of all cases are the report's: one
# run of L-BFGS is enough for each day.
EACH_DAY = {("simple", "lbfgs")}


@pytest.mark.parametrize(
    ("name", "optimizer"),
    [pytest.param(*it, marks=() if it in EACH_DAY else pytest.mark.slow) for it in OPTIMISATIONS],
)
def test_optimisation(shared: Path, reference_weights: str, name: str, optimizer: str):
    """L-BFGS is to be as good as the report's with as little work, Adam to be the same."""
    case = golden(shared, "report_losses.json", name=name)
    report = golden(shared, "report_optimisation.json", name=name, optimizer=optimizer)
    config = config_of(
        shared,
        reference_weights,
        case,
        optimizer=optimizer,
        max_iterations=report["iterations"],
    )
    last = ns.stylize(config).history[-1]
    if optimizer == "lbfgs":
        assert last.total <= 1.05 * report["final_total_loss"]
        assert last.evaluations <= 1.2 * report["loss_evaluations"]
    else:
        assert last.total == pytest.approx(report["final_total_loss"], rel=0.05)
