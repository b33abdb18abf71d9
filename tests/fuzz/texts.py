"""Settings and flags with the values that nobody would think of."""

from __future__ import annotations

from pathlib import Path

from mutations import mutated
from numpy.random import Generator

from neural_style.commands.main import COMMANDS, build_parser
from neural_style.settings.config import FIELDS
from neural_style.settings.files import load_settings, preset_names

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
HOSTILE = (
    *("", " ", "nan", "-nan", "inf", "-inf", ".inf", "1e400", "-1e-400", "-0", "0x10", "0o17"),
    *(
        "1_000",
        "9" * 5000,
        "1e99999",
        "-1",
        "0",
        "1.5",
        "true",
        "no",
        "~",
        "null",
        "NULL",
        "\u0660",
    ),
    *("a\nb", "a\rb", "a\tb", "a\u2028b", "a\x85b", "\x1b[31m", "\x7f", "\udcff", "\U0001f600"),
    *("-", "--", "---", "--=", "=", "@", ":", "@x:1", "a.png@b.png:1e9", "a.png:nan", "a.png@"),
    *("/", "/dev/null", "/proc/self/mem", "..", "../" * 200, "~", "~nobody/x", "~root", "*", "?"),
    *("x" * 10_000, "%s%n%d", "{}", "{0}", "$HOME", "`id`", "'", '"', "\\", "conv4_2,conv9_9"),
    *("relu1_1 relu1_1", "block1_conv1", "compact", "imagenet", "auto", "/gpu:99", "/cpu:-1"),
    *("1G", "1e9G", "-1G", "0", "999999999999999999999G", "10%", "0,0,0,0", "1,2", "-1,-1,5,5"),
)
YAML_VALUES = (
    *("&a [*a]", "*nothing", "!!python/object:os.system x", "!!binary //8=", "!!binary x"),
    *("2024-13-45", "2024-01-01", "12:30:45", "[" * 3000, "{" * 500, "[1, [2, [3]]]", "{a: 1}"),
    *('"\\UFFFFFFFF"', '"\\ud800"', '"\\x00"', '"unended', "'", "? x", "- 1", "|\n  text", ">-"),
    *("<<: *x", "!!int x", "!!float", "!!set {a}", "%YAML 9.9", "---", "...", "\t", "\x00", "`x`"),
    *("[" + "1, " * 5000 + "1]", "!!timestamp x", "0b2", "1e5e5", "!<tag:x> 1", "[nan, .inf, -1]"),
)
ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1")


def make_yaml(random: Generator) -> bytes:
    """Return settings in YAML: lines of presets and lines made up, some damaged."""
    presets = sorted(CONFIGS.glob("*.yaml"))
    lines = presets[random.integers(len(presets))].read_text(encoding="utf-8").splitlines()
    for _ in range(random.integers(0, 6)):
        lines.insert(int(random.integers(len(lines) + 1)), _yaml_line(random))
    text = "\n".join(lines)
    encoding = ENCODINGS[random.integers(len(ENCODINGS))]
    data = text.encode(encoding, "surrogatepass" if "utf" in encoding else "replace")
    return mutated(data, random) if random.random() < 0.5 else data


def _yaml_line(random: Generator) -> str:
    name = _choice(tuple(FIELDS), random)
    if random.random() < 0.1:
        name = _choice(HOSTILE, random)
    return f"{name}: {_choice(YAML_VALUES + HOSTILE, random)}"


def make_flags(random: Generator, files: list[str]) -> list[str]:
    """Return arguments for the command line, most of them flags that there are.

    Args:
        random: what chance decides.
        files: names that there are too.
    """
    command = COMMANDS[random.integers(len(COMMANDS))]
    arguments = [] if command is COMMANDS[0] else [command.name]
    if command.name in ("reconstruct", "mask") and random.random() < 0.9:
        arguments.append(_value(random, files))
    elif random.random() < 0.8:
        arguments += ["-content_img", "a.png", "-style_imgs", "b.png"]
    known = sorted(build_parser(command).flags)
    for _ in range(random.integers(1, 7)):
        name = _choice(known, random)
        if random.random() < 0.1:
            name = _misspelt(name, random)
        values = [_value(random, files) for _ in range(random.choice([0, 1, 1, 1, 1, 2, 5]))]
        if values and random.random() < 0.1:
            arguments.append(f"{name}={values[0]}")
        else:
            arguments += [name, *values]
    return arguments


def _misspelt(name: str, random: Generator) -> str:
    place = int(random.integers(len(name)))
    return (name[:place], name[:place] + name[place + 1 :], name + "x")[random.integers(3)]


def _value(random: Generator, files: list[str]) -> str:
    kind = random.random()
    if kind < 0.4:
        return _choice(HOSTILE, random)
    if kind < 0.6:
        return _choice(files, random)
    if kind < 0.7:
        return _choice(preset_names(), random)
    if kind < 0.9:  # a value of a setting, of this one or of another
        values = list(load_settings(_choice(preset_names(), random), FIELDS).values())
        values = [str(field.default) for field in FIELDS.values()] + list(map(str, values))
        return _choice(values, random)
    return str(random.normal() * 10.0 ** random.integers(-9, 10))


def _choice(options: tuple[str, ...] | list[str], random: Generator) -> str:
    return options[random.integers(len(options))]
