"""Imports point one way; the public names are the ones promised."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import neural_style

PACKAGE = Path(neural_style.__file__).parent

# A module may import modules of earlier rows only, or what is named beside it in its own row.
ROWS = [
    {"errors", "interrupts", "quiet", "streams", "machine"},
    {"layers", "images", "fields", "formats", "settings_text", "mat_reader", "memory_limits"},
    {"deep"},
    {"reading", "writing"},
    {"record"},
    {"config", "drawing", "tiling", "colour_matching"},
    {"colour", "segmentation", "sources", "weights"}
    | {"features", "losses", "optimise", "precision", "spectrum"},
    {"compact", "distances", "regions", "soundness"},
    {"masks"},
    {"objective", "result", "networks"},
    {"checkpoint", "memory", "recolour"},
    {"transfer"},
    {"progress", "reconstruct", "doctor", "matching", "sheet"},
    {"training.settings", "training.pictures", "training.batches", "training.fitting"},
    {"training.student"},
    {"training.pool"},
    {"training.distillation"},
    {"studio.settings", "studio.messages", "studio.masking", "studio.controls"}
    | {"studio.disk", "studio.attempts", "studio.aliases", "studio.bodies", "studio.routes"}
    | {"studio.journal"},
    {"studio.worker", "studio.visitors", "studio.orders", "studio.callers"},
    {"studio.painter"},
    {"studio.jobs"},
    {"studio.view", "studio.layout", "studio.studio"},
    {"studio.api", "studio.guard"},
    {"studio.page"},
    {"studio.server"},
    {"cli", "distill"},
    {"__main__"},
]
RANK = {name: rank for rank, row in enumerate(ROWS) for name in row}
# Reading a config from a PNG is the one exception, inside a function: images knows the formats.
WITHOUT_FILES = {"losses", "objective", "optimise", "features"}


def modules() -> list[str]:
    """Return the names below the package, such as `losses` and `training.pool`."""
    paths = [path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("*.py")]
    return sorted(".".join(path.parts) for path in paths if path.name != "__init__")


def imported(name: str) -> set[str]:
    """Return every module that is named in an import anywhere in a module."""
    found = set()
    for node in ast.walk(ast.parse((PACKAGE / f"{name.replace('.', '/')}.py").read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "neural_style.studio":
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module}
    return found


def inner(name: str) -> set[str]:
    return {
        module.partition(".")[2] for module in imported(name) if module.startswith("neural_style.")
    }


def test_every_module_has_its_row():
    assert set(modules()) == set(RANK)


@pytest.mark.parametrize("name", modules())
def test_imports_point_one_way(name: str):
    assert {other for other in inner(name) if RANK[other] >= RANK[name]} == set()


@pytest.mark.parametrize("name", sorted(WITHOUT_FILES))
def test_mathematics_touches_no_file_flag_or_console(name: str):
    assert imported(name).isdisjoint({"pathlib", "absl", "argparse", "rich", "logging", "sys"})
    assert inner(name).isdisjoint({"images", "config"})


@pytest.mark.parametrize("name", modules())
def test_absl_is_for_the_command_line_alone(name: str):
    uses_absl = any(module.partition(".")[0] == "absl" for module in imported(name))
    assert uses_absl == (name in ("cli", "distill"))


def test_exported_names():
    assert neural_style.__all__ == [
        "Config",
        "Result",
        "Step",
        "StyleError",
        "evaluate",
        "stylize",
    ]
    for name in neural_style.__all__:
        assert getattr(neural_style, name).__name__ == name
    assert set(neural_style.__all__) <= set(dir(neural_style))


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'styleize'"):
        neural_style.styleize  # noqa: B018


def test_package_and_config_load_without_tensorflow():
    code = (
        "import sys, neural_style; neural_style.Config; "
        "print([m for m in ('tensorflow', 'keras', 'numpy', 'cv2') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
