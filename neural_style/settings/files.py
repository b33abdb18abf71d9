"""Settings in files: presets, YAML, and what the pictures of neural_style hold."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from neural_style.images.suffixes import WRITTEN
from neural_style.runtime.errors import StyleError, did_you_mean, shown
from neural_style.settings.text import parse, read_text

PACKAGE = Path(__file__).parent.parent


def load_settings(source: str | os.PathLike[str], names: Collection[str]) -> dict[str, Any]:
    """Read the settings of a preset, a YAML file, or a picture made by neural_style.

    Args:
        source: the preset's name, or the path.
        names: of the settings that it may have.

    Raises:
        StyleError: no such preset or file, not readable, or an unknown key.
    """
    path = _path_of(source)
    settings = parse(_read(path), path)
    for name in settings:
        if name not in names:
            hint = did_you_mean(name, names) if isinstance(name, str) else ""
            raise StyleError(f"config: {path} has the unknown key {shown(name)}{hint}")
    return {name: value for name, value in settings.items() if value is not None}


def preset_names() -> list[str]:
    """Return the names of the presets that come with the package."""
    return sorted(path.stem for path in _preset_folder().glob("*.yaml"))


def samples_folder() -> Path | None:
    """Return the samples: inside the package once installed, image_input/ in a checkout."""
    folders = (PACKAGE / "samples", PACKAGE.parent / "image_input")
    return next((folder for folder in folders if (folder / "lake.jpg").is_file()), None)


def _preset_folder() -> Path:
    """Return configs/: inside the package once installed, beside it in a checkout."""
    inside = PACKAGE / "configs"
    return inside if inside.is_dir() else PACKAGE.parent / "configs"


def _path_of(source: str | os.PathLike[str]) -> Path:
    """Return the path of a preset by its name, or that of a file that exists."""
    if str(source) in preset_names():
        return _preset_folder() / f"{source}.yaml"
    path = Path(os.path.expanduser(source))
    if os.path.isfile(path):
        return path
    if not os.fspath(source).strip():
        problem = "a name is missing"
    elif os.path.isdir(path):
        problem = f"{path} is a folder"
    else:
        problem = f"{path} {'is not a file' if os.path.exists(path) else 'does not exist'}"
    raise StyleError(
        f"config: {problem}; give a YAML file, a picture made by neural_style, or a preset "
        f"({', '.join(preset_names())})"
    )


def _read(path: Path) -> str:
    if path.suffix.lower() not in WRITTEN:
        return read_text(path)
    from neural_style.images.read import read_settings_text  # loads the picture libraries

    return read_settings_text(path)
