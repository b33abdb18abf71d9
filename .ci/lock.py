"""Write requirements-ci.lock: what CI installs, each package with its version and its hash.

pip resolves what the extra `dev` needs, for the Python and the machine that this runs on; nothing
is installed. Run it by `make lock`.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements-ci.lock"
# The machine of CI. On others, pip would choose other files, and some other packages.
FOR = "Python 3.11 on Linux x86_64"
HEADER = f"""\
# What CI installs, for {FOR}. Made by `make lock`; do not edit.
"""


def resolve() -> list[dict[str, Any]]:
    """Return what pip would install, as `pip install --report` tells it."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
    # Wheels alone: nothing of what is installed runs while it is.
    command += ["--quiet", "--only-binary", ":all:", "--report", "-", f"{ROOT}[dev]"]
    # No settings of this machine, which may have packages of its own.
    environment = {name: value for name, value in os.environ.items() if name != "PIP_FIND_LINKS"}
    environment["PIP_CONFIG_FILE"] = os.devnull
    report = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(report)["install"]


def locked(packages: list[dict[str, Any]]) -> str:
    """Return the lock's text; the project itself is not in it."""
    lines = []
    for package in packages:
        source = package["download_info"]
        if "archive_info" in source:
            name, version = (package["metadata"][key] for key in ("name", "version"))
            digest = source["archive_info"]["hashes"]["sha256"]
            name = name.lower().replace("_", "-")
            lines.append(f"{name}=={version} --hash=sha256:{digest}\n")
    return HEADER + "".join(sorted(lines))


if __name__ == "__main__":
    here = f"Python {'.'.join(platform.python_version_tuple()[:2])} on {platform.system()} "
    here += platform.machine()
    if here != FOR:
        sys.exit(f"the lock is for {FOR}, this is {here}: make PYTHON=python3.11 lock, there")
    LOCK.write_text(locked(resolve()), encoding="utf-8")
    print(f"{LOCK.name} written")
