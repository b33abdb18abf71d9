"""The command line: flags to Config, help, and whole runs with the files that they leave."""

from __future__ import annotations

import itertools
import logging
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

import neural_style
from neural_style import __version__
from neural_style.commands import cli
from neural_style.images.read import read_picture, read_settings_text
from neural_style.settings.config import FIELDS, Config
from neural_style.settings.files import preset_names

CONFIGS = Path(__file__).parent.parent / "configs"
CONSOLE_SCRIPT = Path(sys.executable).with_name("neural_style")
REQUIRED = ["-content_img", "a.png", "-style_imgs", "b.png"]


def parsed(*arguments: str) -> Config:
    """Return the Config of a command line that has the required flags already."""
    return cli.parse(["neural_style", *REQUIRED, *arguments]).config


def start(*arguments: object, **options: object) -> subprocess.Popen:
    command = [sys.executable, "-m", "neural_style", *map(str, arguments)]
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}

    def hear_ctrl_c() -> None:  # also where the tests themselves run in the background, deaf to it
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    return subprocess.Popen(command, env=environment, preexec_fn=hear_ctrl_c, **pipes, **options)


@pytest.fixture
def pictures(tmp_path, monkeypatch, photograph, painting) -> Path:
    """Work in a folder with a.png, a photograph, and b.png, a painting; return it."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photograph).save("a.png")
    Image.fromarray(painting).save("b.png")
    return tmp_path


@pytest.fixture
def short_run(pictures, random_weights) -> list[str]:
    """Return the flags of a run of seconds."""
    few = ["-max_iterations", "3", "-device", "/cpu:0"]
    return [*REQUIRED, "-model_weights", random_weights, *few]


@pytest.fixture
def refused(capsys):
    """Return a function that expects a command line to be refused, and gives its one line."""

    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as stop:
            cli.parse(["neural_style", *arguments])
        assert stop.value.code == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("neural_style: ")
        assert captured.err.count("\n") == 1
        return captured.err.removeprefix("neural_style: ").rstrip("\n")

    return run


# Flags


@pytest.mark.parametrize("dashes", ["-", "--"])
def test_one_dash_or_two(dashes):
    assert parsed(f"{dashes}max_size", "300").max_size == 300
    assert parsed(f"{dashes}max_size=300").max_size == 300


@pytest.mark.parametrize(
    ("arguments", "setting", "value"),
    [
        (["-style_imgs_weights", "0.5"], "style_imgs_weights", (0.5,)),
        (["-style_layers", "conv1_1", "pool2"], "style_layers", ("conv1_1", "pool2")),
        (["-content_weight", "5e0"], "content_weight", 5),
        (["-tv_weight", "1e-3"], "tv_weight", 1e-3),
        (["-tv_weight", ".5E-2"], "tv_weight", 5e-3),
        (["-img_name", "one"], "img_name", "one"),
        (["-image_name", "one"], "img_name", "one"),
        (["--image_name", "one"], "img_name", "one"),
        (["-img_name", "one", "-image_name", "two"], "img_name", "two"),
        (["-original_colors"], "original_colors", True),
        (["-original_colors", "1"], "original_colors", True),
        (["-original_colors", "0"], "original_colors", False),
        (["-original_colors=false"], "original_colors", False),
    ],
)
def test_flag(arguments, setting, value):
    assert getattr(parsed(*arguments), setting) == value


def test_several_values_extend_over_repeated_flags():
    config = parsed("-style_imgs", "c.png", "d.png", "--style_imgs", "e.png")
    assert config.style_imgs == ("b.png", "c.png", "d.png", "e.png")


@pytest.mark.parametrize("mask", [["-style_mask"], ["-style_mask", "1"], ["--style_mask=1"]])
def test_style_mask_alone_or_with_1(mask):
    config = parsed(*mask, "-style_mask_imgs", "m.png")
    assert config.style_mask is True
    assert config.style_mask_imgs == ("m.png",)
    assert parsed("-style_mask_imgs", "m.png", *mask) == config


def test_style_mask_0_is_off():
    assert parsed("-style_mask", "0").style_mask is False


def test_the_reports_commands_are_understood():
    simple = "-content_img pengu.jpg -style_imgs rok.jpg -max_size 1000 -max_iterations 50"
    config = cli.parse(["neural_style", *simple.split(), "-device", "/gpu:0"]).config
    assert (config.content_img, config.max_size, config.device) == ("pengu.jpg", 1000, "/gpu:0")
    blend = "-style_imgs rok.jpg starry-night.jpg -style_imgs_weights 0.5 0.5"
    config = cli.parse(["neural_style", "-content_img", "pengu.jpg", *blend.split()]).config
    assert config.style_imgs == ("rok.jpg", "starry-night.jpg")
    assert config.style_imgs_weights == (0.5, 0.5)
    masked = "-style_imgs rok.jpg -style_mask 1 -style_mask_imgs face_mask.png"
    config = cli.parse(["neural_style", "-content_img", "pengu.jpg", *masked.split()]).config
    assert config.style_mask
    assert config.style_mask_imgs == ("face_mask.png",)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-max_siz", "3"], "there is no flag -max_siz; did you mean 'max_size'?"),
        (["-content", "a.png"], "there is no flag -content; did you mean 'content_"),
        (["--style_image", "a.png"], "there is no flag --style_image; did you mean 'style_im"),
        (["-styel_weight=3"], "there is no flag -styel_weight; did you mean 'style_weight'?"),
        (["-zzzz"], "there is no flag -zzzz; --help shows all"),
        (["-v"], "there is no flag -v; did you mean 've"),
        (["-network", "vgg19", "stray"], "unrecognized arguments: stray"),
        (["-max_size"], "-max_size: expected one argument"),
        (["-content_weight", "-1e-3"], "content_weight: received -0.001, must be at least 0"),
        (["-style_imgs_weights", "-.5"], "style_imgs_weights: received -0.5, must be at least 0"),
        (["-seed=-1"], "seed: received -1, must be at least 0"),
        (["-tv_weight", "-inf"], "must be a number"),
        (["-style_mask", "m.png"], "style_mask: received 'm.png', allowed are 1 and 0"),
        (["-preset", "gatis"], "config: gatis does not exist; give a YAML file"),
    ],
)
def test_a_refused_flag_is_one_line(refused, arguments, message):
    assert message in refused(*REQUIRED, *arguments)


def test_flags_override_config_which_overrides_preset(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("max_size: 100\nseed: 1\n")
    for order in itertools.permutations(
        [["-preset", "gatys"], ["-config", str(path)], ["-seed", "2"]]
    ):
        config = parsed(*itertools.chain(*order))
        assert config.max_iterations == 400  # of the preset alone
        assert config.max_size == 100  # of the preset and the file
        assert config.seed == 2  # of the file and the flag


@pytest.mark.parametrize("name", preset_names())
def test_the_command_in_a_presets_header_is_understood(name):
    header = (CONFIGS / f"{name}.yaml").read_text().replace("\\\n#", "")
    command = re.search(rf"neural_style -preset {name} .*", header)[0]
    config = cli.parse(shlex.split(command)).config
    assert config.content_img or config.style_imgs


def test_reconstruct_has_ten_jobs():
    given = ["reconstruct", "a.png", "-max_size", "64", "-content_img_dir", "here"]
    namespace = cli.parse(["neural_style", *given])
    assert namespace.command == "reconstruct"
    assert len(namespace.jobs) == 10
    for _, config in namespace.jobs:
        assert config.max_size == 64
        folder = config.style_imgs_dir if config.style_imgs else config.content_img_dir
        assert folder == "here"


# Help


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
        "import sys; from neural_style.commands.cli import run\n"
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


# Whole runs


def test_a_run_writes_its_files_and_its_png_makes_the_picture_again(run_cli, short_run):
    flags = ["-init_img_type", "random", "-seed", "4", "-save_every", "2"]
    code, out, err = run_cli(*short_run, *flags)
    assert (code, out) == (0, "image_output/result/result.png\n")
    assert "iteration 3/3" in err
    folder = Path("image_output/result")
    assert {path.name for path in folder.glob("[!.]*")} == {
        *("result.png", "result_00002.png", "content.png", "init.png", "style_1.png"),
        *("config.yaml", "history.csv", "history.png"),
    }
    for path in folder.glob("*.png"):
        assert Image.open(path).size == ((640, 400) if path.name == "history.png" else (48, 40))
    assert len((folder / "history.csv").read_text().splitlines()) == 1 + 3
    assert (folder / "config.yaml").read_text() == read_settings_text(folder / "result.png")
    painted = read_picture(folder / "result.png").rgb
    assert not np.array_equal(painted, read_picture(folder / "init.png").rgb)

    code, out, _ = run_cli("--config", folder / "result.png")
    assert (code, out) == (0, "image_output/result_2/result_2.png\n")
    assert np.array_equal(read_picture(out.strip()).rgb, painted)


def test_alpha_and_16_bits_are_kept_and_quiet_says_nothing(run_cli, short_run, photograph):
    alpha = np.linspace(0, 255, 40 * 48).reshape(40, 48).astype(np.uint8)
    Image.fromarray(np.dstack([photograph, alpha])).save("a.png")
    code, out, err = run_cli(*short_run, "--quiet", "-img_name", "x.tif", "-bits", "16")
    assert (code, out, err) == (0, "image_output/x/x.tif\n", "")
    pixels = tifffile.imread(out.strip())
    assert pixels.dtype == np.uint16
    assert np.array_equal(pixels[..., 3], alpha.astype(np.uint16) * 257)
    assert (pixels[..., :3] % 257 != 0).any()  # not 8 bits in 16
    assert np.array_equal(read_picture("image_output/x/content.png").alpha, alpha / np.float32(255))


def test_jpeg_in_another_folder_replaced_with_overwrite(run_cli, short_run):
    arguments = [*short_run, "-image_name", "x.jpg", "-img_output_dir", "deep/er", "-overwrite"]
    for seed in (1, 2):
        code, out, _ = run_cli(*arguments, "-seed", seed)
        assert (code, out) == (0, "deep/er/x/x.jpg\n")
    with Image.open(out.strip()) as image:
        assert (image.format, image.size) == ("JPEG", (48, 40))
    assert "seed: 2\n" in Path("deep/er/x/config.yaml").read_text()
    assert [path.name for path in Path("deep/er").iterdir()] == ["x"]


@pytest.mark.parametrize("flags", [[], ["-verbose"]])
def test_tensorflows_warnings_are_for_verbose_alone(run_cli, short_run, monkeypatch, flags):
    heard = []
    tensorflow = logging.getLogger("tensorflow")

    def stylize(config: Config) -> int:
        heard.append(tensorflow.isEnabledFor(logging.WARNING))
        return 0

    monkeypatch.setattr(cli, "_stylize", stylize)
    run_cli(*short_run, *flags)
    assert heard == [bool(flags)]
    assert tensorflow.isEnabledFor(logging.WARNING)


# Runs that are stopped, as programs of their own


def first_line_with(text: str, run: subprocess.Popen, seconds: float = 120) -> str:
    """Return what a run has said up to the first line with a text."""
    said, end = "", time.monotonic() + seconds
    while time.monotonic() < end:
        line = run.stderr.readline()
        said += line
        if text in line:
            return said
        if not line:
            break
    run.kill()
    pytest.fail(f"no line with {text!r} in {said!r}")


def test_ctrl_c_keeps_the_best_picture(short_run, pictures):
    run = start(*short_run, "-max_iterations", "100000", "-print_iterations", "1")
    said = first_line_with("iteration 1/100000", run)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=60)
    said += err
    assert run.returncode == 130, said
    assert out == "image_output/result/result.png\n"
    assert re.search(
        r"neural_style: interrupted at iteration (\d+); the best so far is kept; the same command "
        r"with -resume goes on after iteration \1\n$",
        said,
    )
    # Its own lines are all that it says: nothing of TensorFlow's.
    own = r"weights |network |iteration |painted |neural_style: "
    assert [line for line in said.splitlines() if not re.match(own, line)] == []
    for path in pictures.glob("image_output/result/*.png"):
        with Image.open(path) as image:
            image.load()
    assert not list(pictures.rglob("*.part"))
    assert "seed: 0\n" in read_settings_text(pictures / "image_output/result/result.png")


def test_a_kill_leaves_no_half_written_file(short_run, pictures):
    flags = ["-max_iterations", "100000", "-print_iterations", "1", "-save_every", "1"]
    run = start(*short_run, *flags)
    first_line_with("iteration 4/", run)
    run.kill()
    run.communicate(timeout=60)
    assert run.returncode == -signal.SIGKILL
    written = list(pictures.glob("image_output/*/[!.]*"))
    assert len(written) >= 3
    for path in written:
        assert re.fullmatch(r"result_\d{5}\.png", path.name)
        with Image.open(path) as image:
            image.load()
            assert image.size == (48, 40)


@pytest.mark.parametrize("weights", ["compact", "imagenet"])
def test_a_user_without_home_and_name(tmp_path, weights):
    """As `docker run --user 12345` has it."""
    samples = Path(neural_style.__file__).parent.parent
    code = (
        "import pwd, sys\n"
        "def unknown(user): raise KeyError(user)\n"
        "pwd.getpwuid = pwd.getpwnam = unknown\n"
        f"sys.path.insert(0, {str(samples)!r})\n"
        "from neural_style.networks import weights\n"
        "weights.ADDRESS = 'http://127.0.0.1:9/{0}/no_such_file.h5'\n"
        "from neural_style.commands.cli import run\n"
        "run()"
    )
    folder = samples / "image_input"
    flags = ["-content_img", folder / "lake.jpg", "-style_imgs", folder / "strokes.jpg"]
    flags += ["-max_size", "64", "-max_iterations", "1", "-device", "/cpu:0"]
    done = subprocess.run(
        [sys.executable, "-c", code, *flags, "-model_weights", weights],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={},
        timeout=120,
    )
    assert "Traceback" not in done.stderr
    if weights == "compact":
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "image_output/result/result.png").exists()
    else:
        assert done.returncode == 1
        assert "weights of vgg19 are not on this machine and cannot be" in done.stderr
