"""The lock of what CI installs: in step with setup.cfg, and of nothing but names and hashes."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LINE = re.compile(r"(?P<name>[a-z0-9.-]+)==(?P<version>[^\s]+) --hash=sha256:[0-9a-f]{64}")


def read_lock() -> dict[str, str]:
    """Return the versions by name; each line must be one of these, with a hash."""
    lines = (ROOT / "requirements-ci.lock").read_text(encoding="utf-8").splitlines()
    found = [LINE.fullmatch(line) for line in lines if not line.startswith("#")]
    assert all(found)
    return {canonicalize_name(line["name"]): line["version"] for line in found}


def wanted() -> list[Requirement]:
    """Return what setup.cfg requires for developers, but for the project itself."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    extras = dict(settings["options.extras_require"])
    lines = settings["options"]["install_requires"] + extras.pop("dev")
    for extra in ("mat", "studio", "tensorboard", "tfp"):
        assert extra in lines
        lines += extras[extra]
    return [Requirement(line) for line in lines.split("\n") if line and "[" not in line]


@pytest.mark.parametrize("requirement", wanted(), ids=str)
def test_the_lock_has_what_is_required(requirement):
    assert requirement.specifier.contains(read_lock()[canonicalize_name(requirement.name)])


def test_the_lock_can_build_the_project():
    """Without setuptools in it, building would fetch one that has no hash here."""
    assert int(read_lock()["setuptools"].partition(".")[0]) >= 77


@pytest.mark.parametrize("requirement", wanted(), ids=str)
def test_all_is_bounded_from_above(requirement):
    """A new major version is tried before it is let in; tifffile has dates for versions."""
    bounded = any(part.operator in ("<", "==", "~=") for part in requirement.specifier)
    assert bounded or requirement.name == "tifffile"
