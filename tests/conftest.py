"""What tests share: the reference data, a network without training, and small pictures."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("NEURAL_STYLE_SHARED", ROOT.parent / "shared"))
REFERENCE_WEIGHTS = SHARED / "weights" / "vgg19_imagenet_notop.h5"

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if REFERENCE_WEIGHTS.is_file():
        return
    for item in items:
        if "shared" in item.keywords:
            reason = f"needs the reference data, which is not at {SHARED}"
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def load_benchmark() -> Callable[[str], ModuleType]:
    """Return a function that loads a script of benchmarks/ as a module, by its name."""

    def load(name: str) -> ModuleType:
        path = ROOT / "benchmarks" / f"{name}.py"
        specification = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        return module

    return load


@pytest.fixture(autouse=True)
def _away_from_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the user's weights or settings."""
    monkeypatch.delenv("NEURAL_STYLE_WEIGHTS", raising=False)


@pytest.fixture(scope="session")
def shared() -> Path:
    return SHARED


@pytest.fixture(scope="session")
def reference_weights() -> str:
    return str(REFERENCE_WEIGHTS)


@pytest.fixture(scope="session")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file in Keras's layout with random weights for VGG19: a network, if an untrained one.

    They are scaled so that activations keep their size from layer to layer (He et al., 2015).
    """
    import h5py

    from neural_style.networks.layers import convolutions

    path = tmp_path_factory.mktemp("weights") / "random.h5"
    generator = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        for name, channels_in, channels_out in convolutions("vgg19"):
            layer = name.replace("conv", "block").replace("_", "_conv")
            shape = (3, 3, channels_in, channels_out)
            scale = np.sqrt(2 / (9 * channels_in))
            kernel = generator.standard_normal(shape, np.float32) * np.float32(scale)
            file[f"{layer}/{layer}/kernel:0"] = kernel
            file[f"{layer}/{layer}/bias:0"] = np.zeros(channels_out, np.float32)
    return str(path)


@pytest.fixture
def photograph() -> np.ndarray:
    """A smooth coloured picture, [40, 48, 3], uint8, RGB."""
    y, x = np.mgrid[0:40, 0:48]
    waves = [np.sin(x / 7), np.cos(y / 5), np.sin((x + y) / 9)]
    return np.rint(127 + 100 * np.stack(waves, -1)).astype(np.uint8)


@pytest.fixture
def painting() -> np.ndarray:
    """Coloured noise over stripes, [32, 32, 3], uint8, RGB."""
    stripes = np.where(np.arange(32) % 8 < 4, 200, 40)[None, :, None]
    noise = np.random.default_rng(1).integers(-40, 40, (32, 32, 3))
    return (stripes + noise).astype(np.uint8)


@pytest.fixture
def config(photograph, painting, random_weights):
    """Return a function from changes to a Config of three quick iterations.

    Through VGG's first two blocks: with all five, each run spends another 0.7 s on building them.
    """
    import neural_style as ns

    def make(**changes) -> ns.Config:
        settings = {
            "content_img": photograph,
            "style_imgs": [painting],
            "model_weights": random_weights,
            "content_layers": ["conv2_2"],
            "style_layers": ["relu1_1", "relu2_1"],
            "max_iterations": 3,
            "device": "/cpu:0",
        }
        return ns.Config(**(settings | changes))

    return make


@pytest.fixture
def run_cli(capsys: pytest.CaptureFixture[str]):
    """Return a function that runs the command line in this process: (exit code, out, err)."""
    from neural_style.commands.main import main

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(["neural_style", *map(str, arguments)])
        except SystemExit as stop:  # help, or bad flags
            code = stop.code or 0
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run
