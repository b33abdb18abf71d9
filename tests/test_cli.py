"""The command line: commands, their help, and how they end."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from neural_style import StyleError, __version__
from neural_style.commands.command import Command
from neural_style.commands.main import COMMANDS, main
from neural_style.commands.messages import messages
from neural_style.settings.config import FIELDS

CONSOLE_SCRIPT = Path(sys.executable).with_name("neural_style")


def test_every_setting_is_a_flag_and_its_help_shows_its_default(run_cli):
    code, out, _ = run_cli("--help")
    assert code == 0
    entries = re.split(r"\n  (?=-)", out)
    for name, field in FIELDS.items():
        entry = next(text for text in entries if re.match(rf"-{name}\b", text))
        assert f"--{name}" in entry
        entry = " ".join(entry.split())
        assert field.metadata["help"] in entry
        default = field.default
        if default is None or default is False or default in ("", ()):
            assert "default" not in entry
        else:
            text = " ".join(default) if isinstance(default, tuple) else str(default)
            assert f"(default: {text})" in entry


@pytest.mark.parametrize("flag", ["-version", "--version"])
def test_version(run_cli, flag):
    assert run_cli(flag) == (0, f"{__version__}\n", "")


@pytest.mark.parametrize("flag", ["-h", "-help"])
def test_help_is_the_same_by_all_its_names(run_cli, flag):
    assert run_cli(flag) == run_cli("--help")


@pytest.mark.parametrize("arguments", ["--help", "--version", "reconstruct --help", "sheet --help"])
def test_help_loads_nothing_heavy(arguments):
    program = (
        "import sys; from neural_style.commands.main import run\n"
        "try: run()\n"
        "finally: print(sorted({'tensorflow', 'keras', 'numpy', 'cv2', 'PIL'} & {*sys.modules}))"
    )
    command = [sys.executable, "-c", program, *arguments.split()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.skipif(not CONSOLE_SCRIPT.exists(), reason="the package is not installed")
def test_the_module_and_the_console_script_are_the_same():
    commands = [[sys.executable, "-m", "neural_style"], [CONSOLE_SCRIPT]]
    outputs = [subprocess.check_output([*command, "--help"], text=True) for command in commands]
    assert outputs[0] == outputs[1]
    assert outputs[0].startswith("usage: neural_style [flags]")


# A command that is added


def greet(name: str) -> int:
    if name == "nobody":
        raise StyleError("name: received nobody; give somebody")
    if name == "Ctrl-C":
        raise KeyboardInterrupt
    with messages():
        print(f"hello {name}")
    return 0


def read_name(values: dict[str, str]) -> str:
    if "name" not in values:
        raise StyleError("name is missing: give -name")
    return values["name"]


GREET = Command(
    name="greet",
    usage="neural_style greet -name NAME",
    description="Say hello.",
    add_flags=lambda parser: parser.add("name", metavar="NAME", help="whom to greet"),
    read=read_name,
    run=greet,
    overview="neural_style greet -name Ada    hello",
)


@pytest.fixture
def run_with_greet(capsys):
    """Return a function that runs the command line with one more command: (code, out, err)."""

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["neural_style", *arguments], (*COMMANDS, GREET))
        except SystemExit as stop:
            code = stop.code or 0
        return code, *capsys.readouterr()

    return run


def test_a_command_is_added_by_handing_it_to_main(run_with_greet):
    assert run_with_greet("greet", "--name", "Ada") == (0, "hello Ada\n", "")
    code, out, _ = run_with_greet("greet", "-help")
    assert (code, out.splitlines()[0]) == (0, "usage: neural_style greet -name NAME")
    assert "Help:\n  -h, -help, --help" in out
    assert "-name NAME, --name NAME whom to greet" in " ".join(out.split())
    assert "max_size" not in out
    code, out, _ = run_with_greet("--help")
    assert code == 0
    assert "\n  neural_style greet -name Ada    hello\n\nFlags take" in out


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        ([], 2, "name is missing: give -name"),
        (["-nam", "Ada"], 2, "there is no flag -nam; did you mean 'name'?; --help shows all"),
        (["-name", "nobody"], 1, "name: received nobody; give somebody"),
        (["-name", "Ctrl-C"], 130, "interrupted before the picture was done; none was written"),
    ],
)
def test_an_added_command_ends_as_the_others_do(run_with_greet, arguments, code, line):
    assert run_with_greet("greet", *arguments) == (code, "", f"neural_style: {line}\n")


def test_without_it_there_is_no_such_command(run_cli):
    code, _, err = run_cli("greet")
    assert code == 2
    assert "unrecognized arguments: greet" in err
