"""Imports point one way; the public names are the ones promised."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import neural_style

PACKAGE = Path(neural_style.__file__).parent

# A room may import rooms of earlier rows only.
ROOMS = [
    {"runtime"},
    {"images", "networks"},
    {"losses", "optimizers", "settings"},
    {"guidance"},
    {"transfer"},
    {"distillation"},
    {"studio"},
    {"commands"},
    {"__main__"},
]
ROOM_RANK = {name: rank for rank, row in enumerate(ROOMS) for name in row}
# Within a room a module may import modules of earlier rows only.
ROWS = {
    "runtime": [
        {"errors", "interrupts", "quiet", "streams", "memory", "precision", "hashing"},
        {"files", "memory_limits", "device"},
    ],
    "images": [
        {"picture", "formats", "suffixes"},
        {"deep", "write", "color", "color_transfer", "drawing"},
        {"read"},
    ],
    "networks": [
        {"layers", "activations", "mat_reader", "loss_scaling"},
        {"vgg", "weights"},
        {"compact"},
        {"registry"},
        {"keras_model"},
    ],
    "losses": [{"gram", "term"}, {"content", "style_distances"}, {"style", "variation"}],
    "optimizers": [
        {"step", "preconditioners"},
        {"problem"},
        {"adam", "direction", "keras_optimizer", "line_search"},
        {"lbfgs"},
        {"tfp"},
        {"registry"},
    ],
    "settings": [
        {"fields", "text", "machine"},
        {"short_forms", "checks", "files"},
        {"config"},
    ],
    "guidance": [
        {"labels", "kmeans"},
        {"clusters", "requests", "regions"},
        {"subject", "marks", "masks"},
        {"segmentation"},
        {"matching"},
    ],
    "transfer": [
        {"tiling", "record", "sources", "soundness", "graphs"},
        {"tiled", "planning", "result", "pictures"},
        {"objective", "checkpoint", "recolor", "pyramid", "terms"},
        {"strength", "finish"},
        {"painting"},
        {"stylizer"},
        {"stylize"},
    ],
    "distillation": [
        {"settings", "pictures", "batches", "fitting"},
        {"student"},
        {"pool"},
        {"distillation"},
    ],
    "studio": [
        {"settings", "messages", "masking", "controls", "journal"}
        | {"disk", "attempts", "aliases", "bodies", "routes"},
        {"worker", "visitors", "orders", "callers"},
        {"painter"},
        {"jobs"},
        {"view", "layout", "studio"},
        {"api", "guard", "form"},
        {"picture_events", "mask_events", "outcome_events"},
        {"page"},
        {"server"},
    ],
    "commands": [
        {"messages", "progress", "examination"},
        {"parser", "writing"},
        {"command", "flags", "painting"},
        {"stylize", "reconstruct", "mask", "sheet", "studio", "doctor", "distill"},
        {"main"},
    ],
    "__main__": [{"__main__"}],
}
RANK = {
    (f"{room}.{name}" if name != room else name): rank
    for room, rows in ROWS.items()
    for rank, row in enumerate(rows)
    for name in row
}
ROOM_PACKAGES = {f"neural_style.{room}" for room in ROWS}
RANK["studio.studio"] = RANK.pop("studio")
RANK["distillation.distillation"] = RANK.pop("distillation")
# What computes.
MATHEMATICS = (
    "losses.",
    "optimizers.",
    "transfer.objective",
    "transfer.graphs",
    "transfer.strength",
    "networks.vgg",
    "networks.loss_scaling",
    "networks.activations",
)


def modules() -> list[str]:
    """Return the names below the package, such as `losses` and `training.pool`."""
    paths = [path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("*.py")]
    return sorted(".".join(path.parts) for path in paths if path.name != "__init__")


def parsed(name: str) -> ast.Module:
    return ast.parse((PACKAGE / f"{name.replace('.', '/')}.py").read_text())


def imported(tree: ast.AST) -> set[str]:
    """Return every module that is named in an import anywhere in some code."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= modules if node.module in ROOM_PACKAGES else {node.module}
    return names


def inner(tree: ast.AST) -> set[str]:
    return {
        module.partition(".")[2] for module in imported(tree) if module.startswith("neural_style.")
    }


def at_run_time(tree: ast.Module) -> ast.Module:
    """Return the code without what is below `if TYPE_CHECKING`."""
    return ast.Module([node for node in tree.body if not is_type_checking(node)], [])


def is_type_checking(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def test_every_module_has_its_row():
    assert set(modules()) == set(RANK)


def room_of(name: str) -> str:
    return name.partition(".")[0]


@pytest.mark.parametrize("name", modules())
def test_imports_point_one_way(name: str):
    def is_earlier(other: str) -> bool:
        if room_of(other) == room_of(name):
            return RANK[other] < RANK[name]
        return ROOM_RANK[room_of(other)] < ROOM_RANK[room_of(name)]

    # Within its room a module may name the type of what it works for.
    tree = parsed(name)
    rooms = {other for other in inner(tree) if room_of(other) != room_of(name)}
    others = inner(at_run_time(tree)) | rooms
    assert [other for other in sorted(others) if not is_earlier(other)] == []


@pytest.mark.parametrize("name", [name for name in modules() if name.startswith(MATHEMATICS)])
def test_mathematics_touches_no_file_flag_or_console(name: str):
    assert imported(parsed(name)).isdisjoint(
        {"pathlib", "absl", "argparse", "rich", "logging", "sys"}
    )
    assert {room_of(other) for other in inner(parsed(name))}.isdisjoint({"images", "settings"})


@pytest.mark.parametrize("name", modules())
def test_absl_is_for_the_command_line_alone(name: str):
    uses_absl = any(module.partition(".")[0] == "absl" for module in imported(parsed(name)))
    assert uses_absl == (name == "commands.main")


# Lines at most, and what is longer, with the reason.
LENGTHS = {"module": 450, "function": 60, "class": 250}
LONGER = {
    "settings.config.Config": "its 62 fields are the schema of all settings, each written once",
}


def lengths(name: str) -> list[tuple[str, str, int]]:
    """Return the kind, the name and the lines of a module and all that is defined in it."""
    text = (PACKAGE / f"{name.replace('.', '/')}.py").read_text()
    lines = [("module", name, len(text.splitlines()))]
    for node in ast.walk(parsed(name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            lines.append((kind, f"{name}.{node.name}", node.end_lineno - node.lineno + 1))
    return lines


def test_nothing_is_longer_than_one_can_read():
    longer = {
        thing for name in modules() for kind, thing, lines in lengths(name) if lines > LENGTHS[kind]
    }
    assert longer == set(LONGER)


@pytest.mark.parametrize("name", modules())
def test_below_transfer_nobody_takes_a_config(name: str):
    """It hands out narrow values, so that nobody invents a photograph to get a network."""
    below = {room for row in ROOMS[: ROOMS.index({"transfer"})] for room in row} - {"settings"}
    words = {node.id for node in ast.walk(parsed(name)) if isinstance(node, ast.Name)}
    assert room_of(name) not in below or "Config" not in words


def test_exported_names():
    assert neural_style.__all__ == [
        "Config",
        "Result",
        "Step",
        "StyleError",
        "Stylizer",
        "Term",
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
