"""The training of compact: it learns, goes on where it stopped, and says what is wrong."""

import json
from pathlib import Path

import numpy as np
import pytest

from neural_style import StyleError
from neural_style.distillation.distillation import Distillation
from neural_style.distillation.fitting import Fit, telling_channels
from neural_style.distillation.pictures import Pictures
from neural_style.distillation.settings import Settings
from neural_style.images.picture import Picture
from neural_style.images.write import write_picture
from neural_style.networks import compact
from neural_style.networks.weights import load_weights

TINY = {"batch": 3, "crop": 32, "on_policy": 1, "pool": 2, "fitted": 8, "warm_up": 1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three small pictures of smooth colours."""
    path = tmp_path_factory.mktemp("pictures")
    y, x = np.mgrid[0:40, 0:56]
    for k in range(3):
        waves = np.stack([np.sin((x + 9 * k) / 5), np.cos(y / (4 + k)), np.sin((x - y) / 9)], -1)
        write_picture(path / f"{k}.png", Picture(127 + 100 * waves.astype(np.float32)))
    (path / "notes.txt").write_text("not a picture")
    return path


@pytest.fixture(scope="module")
def teacher(random_weights: str):
    return load_weights(random_weights)[0]


def distillation(teacher, folder: Path, **changes) -> Distillation:
    settings = Settings(**(TINY | changes))
    pictures = Pictures([folder, folder], settings.crop, settings.photographs)
    return Distillation(teacher, pictures, settings)


@pytest.mark.slow
def test_the_loss_falls_and_a_run_goes_on_with_the_same_numbers(teacher, folder, tmp_path: Path):
    run = distillation(teacher, folder, steps=24, decay=0.0)
    run.start()
    errors = []
    for step in range(24):
        if step == 20:
            run.save(tmp_path / "checkpoint.npz")
        errors.append(run.advance())
    assert np.isfinite([list(e.values()) for e in errors]).all()
    losses = [e["activations"] + 0.5 * e["grams"] for e in errors]
    assert np.mean(losses[-6:]) < 0.9 * np.mean(losses[:6])

    other = distillation(teacher, folder, steps=24, decay=0.0)
    other.restore(tmp_path / "checkpoint.npz")
    assert other.step == 20
    for expected in errors[20:]:
        assert other.advance() == pytest.approx(expected, rel=1e-3)
    for name, pair in run.weights().items():
        for array, again in zip(pair, other.weights()[name], strict=True):
            np.testing.assert_allclose(again, array, rtol=1e-2, atol=1e-3 * abs(array).max())


def test_the_learning_rate_rises_stays_and_falls():
    run = Distillation.__new__(Distillation)
    run.settings = Settings(steps=100, warm_up=10, decay=0.5, learning_rate=1.0)
    rates = []
    for run.step in range(100):
        rates.append(run._learning_rate())
    np.testing.assert_allclose(rates[:10], np.arange(1, 11) / 10)
    np.testing.assert_allclose(rates[10:51], 1)
    assert rates[75] == pytest.approx(0.5)
    assert 0 < rates[99] < 0.01


def test_a_fit_finds_the_layer_that_made_the_data():
    random = np.random.default_rng(0)
    x = random.normal(size=(2, 12, 12, 3)).astype(np.float32)
    kernel = random.normal(size=(3, 5))
    fit = Fit(1, 3, 5)
    fit.add(x, (x @ kernel + 2).astype(np.float32), 1000, random)
    found, bias, scale = fit.head()
    np.testing.assert_allclose(found * scale, kernel, atol=1e-2)
    np.testing.assert_allclose(bias * scale, 2, atol=1e-2)


def test_telling_channels_are_not_copies_of_each_other():
    random = np.random.default_rng(0)
    base = random.normal(size=(100, 3)) * [9, 3, 1]
    channels = base[:, [0, 0, 1, 2, 1]]
    chosen = telling_channels(channels.T @ channels, 3)
    assert {0: 0, 1: 0, 2: 1, 4: 1, 3: 2}.keys() >= set(chosen)
    assert np.linalg.matrix_rank(channels[:, chosen]) == 3


@pytest.mark.slow
def test_command_writes_weights_and_record(random_weights, folder, tmp_path: Path, run_cli):
    out = tmp_path / "small.npz"
    config = tmp_path / "settings.yaml"
    config.write_text("\n".join(f"{name}: {value}" for name, value in TINY.items()))
    flags = ["--teacher", random_weights, "--pictures", folder, "--out", out, "--config", config]
    code, _, said = run_cli("distill", *flags, "--steps", 1)
    assert code == 0
    assert "step 1 of 1" in said
    code, _, said = run_cli("distill", *flags, "--steps", 2)
    assert code == 0
    assert "going on from step 1" in said
    record = json.loads(out.with_suffix(".json").read_text())
    assert record["steps"] == 2
    assert record["settings"] == vars(Settings(**TINY, steps=2))
    weights = compact.unpack(out.read_bytes())
    assert set(compact.HEADS) < set(weights)
    compact.build_compact(weights, list(compact.HEADS))


def test_a_folder_without_pictures(random_weights, tmp_path: Path, run_cli):
    empty = tmp_path / "empty"
    empty.mkdir()
    flags = ["--teacher", random_weights, "--pictures", empty, "--out", tmp_path / "a.npz"]
    code, _, said = run_cli("distill", *flags)
    assert code == 1
    assert f"the folder {empty} holds none" in said
    assert said.count("\n") == 1
    with pytest.raises(StyleError, match="there is no folder"):
        Pictures([tmp_path / "missing"], 32, 0.5)


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (["--steps", "0"], "steps: received 0"),
        (["--on_policy", "4"], "on_policy: received 4"),
        (["--out", "a.h5"], "must end in .npz"),
        (["--crops", "3"], "there is no flag --crops; did you mean 'crop'?"),
        (["-steps", "many"], "steps: received 'many', must be a whole number"),
        (["-config", "gone.yaml"], "config: gone.yaml does not exist"),
    ],
)
def test_bad_flags(flags, problem: str, run_cli):
    needed = ["--teacher", "a.h5", "--pictures", "b", "--out", "c.npz"]
    code, _, said = run_cli("distill", *needed, *flags)
    assert code == 2
    assert problem in said


def test_a_damaged_checkpoint(teacher, folder, tmp_path: Path):
    (tmp_path / "a.npz").write_bytes(b"not a checkpoint")
    with pytest.raises(StyleError, match="cannot be used"):
        distillation(teacher, folder).restore(tmp_path / "a.npz")


def test_crops(folder):
    random = np.random.default_rng(0)
    pictures = Pictures([folder], 32, 0.5)
    for _ in range(20):
        assert pictures.crop(random).shape == (32, 32, 3)
        augmented = pictures.augmented(random)
        assert augmented.dtype == np.float32
        assert augmented.min() >= 0
        assert augmented.max() <= 255
