"""Checkpoints: what is kept, what is refused, and runs that are interrupted and go on."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from neural_style import Config, StyleError
from neural_style.commands import progress
from neural_style.images.picture import Picture
from neural_style.optimizers.lbfgs import lbfgs
from neural_style.optimizers.step import Step
from neural_style.runtime.hashing import digest as digest_of
from neural_style.transfer import checkpoint, record, tiling
from neural_style.transfer import stylize as transfer
from neural_style.transfer.checkpoint import Checkpoints, Run, identity_of
from neural_style.transfer.planning import estimate_peak
from neural_style.transfer.result import ResultFolder

ITERATIONS = 12
DISK_FULL = OSError(28, "No space left on device")


def step(iteration: int, total: float, value: float = 0.5, **given: object) -> Step:
    terms = {"content": total / 3, "total": total}
    tensor = tf.fill([1, 2, 3, 3], value)
    return Step(iteration, total, terms, iteration / 7, 2 * iteration, tensor=tensor, **given)


def run_of(*totals: float) -> Run:
    run = Run(tile=176)
    for iteration, total in enumerate(totals):
        state = {"scale": tf.constant(0.5), "idle": tf.constant(0)}
        state |= {"gradient": tf.random.stateless_normal([1, 2, 3, 3], [iteration, 0])}
        note = "stalled" if iteration == 2 else ""
        run = run.extended(step(iteration, total, iteration / 3, state=state, note=note))
    return run


def config(folder: Path | str = "x", **given: object) -> Config:
    return Config(content_img="a.png", style_imgs="b.png", img_output_dir=folder, **given)


GREY = {"content": Picture(np.full((2, 3, 3), 100, np.float32))}
IDENTITY = identity_of(config(), "vgg19, somewhere", GREY)


# A run


def test_the_best_is_the_least_and_of_equals_the_last():
    run = run_of(9, 4, 7, 4, 8)
    assert (run.last.iteration, run.best.iteration) == (4, 3)
    assert [step.total for step in run.history] == [4, 7, 4, 8]  # without the start
    assert all(step.tensor is step.state is None for step in run.history)
    assert run.best.state is None  # it would hold much memory for nothing
    assert run.best.tensor is not None
    assert run.last.state is not None


def test_a_scale_starts_anew_and_its_start_is_no_iteration():
    run = run_of(9, 4, 5)
    run = run.extended(dataclasses.replace(step(2, 20), scale=2))
    assert [step.total for step in run.history] == [4, 5]
    assert run.best.total == run.last.total == 20
    run = run.extended(dataclasses.replace(step(3, 19), scale=2))
    assert [(step.scale, step.total) for step in run.history] == [(1, 4), (1, 5), (2, 19)]
    assert run.best.total == 19


@pytest.mark.parametrize("totals", [(3,), (3, 2), (3, 2, 0.1 + 0.2, 1e-30, 1e30)])
def test_a_run_is_read_as_it_was_written(tmp_path, totals):
    run = run_of(*totals)
    checkpoint.write(tmp_path / "c.npz", run, IDENTITY)
    found = checkpoint.read(tmp_path / "c.npz", IDENTITY)
    assert found == run  # but for what Steps leave out of comparisons
    assert np.array_equal(found.best.tensor, run.best.tensor)
    assert np.array_equal(found.last.tensor, run.last.tensor)
    assert np.array_equal(found.last.state["gradient"], run.last.state["gradient"])
    assert found.last.image.shape == (2, 3, 3)


def test_nothing_is_copied_from_the_device_unless_asked():
    """A state shares the optimiser's tensors."""
    target = tf.range(9.0)
    steps = list(lbfgs(lambda x: {"total": tf.reduce_sum((x - target) ** 4)}, tf.ones([9]), 4))
    assert steps[4].state["s_0"] is steps[1].state["s_0"]
    assert isinstance(steps[4].state["gradient"], tf.Tensor)


# What is refused


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (identity_of(config(seed=3), "vgg19, somewhere", GREY), "(seed was 0 and is 3)"),
        (
            identity_of(config(style_layers=["conv1_1"], seed=1), "vgg19, somewhere", GREY),
            "(seed was 0 and is 1; style_layers was relu1_1 relu2_1 relu3_1 relu4_1 relu5_1 and "
            "is conv1_1)",
        ),
        (
            identity_of(config(), "compact", GREY),
            "(network was vgg19, somewhere and is compact)",
        ),
        (
            identity_of(
                config(), "vgg19, somewhere", {"content": Picture(GREY["content"].rgb + 1)}
            ),
            "(the picture content has changed)",
        ),
        (
            identity_of(
                config(),
                "vgg19, somewhere",
                {"content": Picture(GREY["content"].rgb, np.ones((2, 3), np.float32))},
            ),
            "(the picture content has changed)",
        ),
        (
            identity_of(config(), "vgg19, somewhere", {**GREY, "mask_1": GREY["content"]}),
            "(the picture mask_1 has changed)",
        ),
    ],
)
def test_a_checkpoint_of_another_run_is_refused_and_says_what_differs(tmp_path, now, said):
    checkpoint.write(tmp_path / "c.npz", run_of(3, 2), IDENTITY)
    with pytest.raises(StyleError) as error:
        checkpoint.read(tmp_path / "c.npz", now)
    assert str(error.value).startswith(f"resume: {tmp_path}/c.npz is of another run {said}; make")


def test_settings_of_the_run_alone_may_differ(tmp_path):
    checkpoint.write(tmp_path / "c.npz", run_of(3, 2), IDENTITY)
    now = config(overwrite=True, save_every=3, quiet=True, resume=True, print_iterations=2)
    checkpoint.read(tmp_path / "c.npz", identity_of(now, "vgg19, somewhere", GREY))


def test_another_layout_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "LAYOUT", 7)
    checkpoint.write(tmp_path / "c.npz", run_of(3, 2), IDENTITY)
    monkeypatch.undo()
    with pytest.raises(StyleError, match=r"another version .*\(its layout is 7, this version re"):
        checkpoint.read(tmp_path / "c.npz", IDENTITY)


@pytest.mark.parametrize("part", [0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_checkpoint_is_refused(tmp_path, part):
    path = tmp_path / "c.npz"
    checkpoint.write(path, run_of(3, 2, 1), IDENTITY)
    data = path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(StyleError, match=r"^resume: .*c.npz is damaged \(.+\); remove it, or drop"):
        checkpoint.read(path, IDENTITY)


@pytest.mark.parametrize("data", [b"seed: 3", b"PK\x05\x06" + bytes(18), b"\x93NUMPY"])
def test_what_is_no_checkpoint_is_refused(tmp_path, data):
    (tmp_path / "c.npz").write_bytes(data)
    with pytest.raises(StyleError, match="is damaged"):
        checkpoint.read(tmp_path / "c.npz", IDENTITY)


def test_a_checkpoint_with_any_byte_changed_is_refused_or_the_same(tmp_path):
    """Bytes that say nothing, such as the time of writing, may change."""
    path = tmp_path / "c.npz"
    run = run_of(3, 2, 1)
    checkpoint.write(path, run, IDENTITY)
    data = path.read_bytes()
    refused = 0
    for place in range(0, len(data), 7):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        try:
            found = checkpoint.read(path, IDENTITY)
        except StyleError:
            refused += 1
            continue
        assert found == run
        assert np.array_equal(found.last.tensor, run.last.tensor)
        assert np.array_equal(found.last.state["gradient"], run.last.state["gradient"])
    assert refused > 0.8 * len(range(0, len(data), 7))


# When, and what if it fails


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time that checkpoints see, as a list of one."""
    now = [1000.0]
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: now[0])
    return now


def kept(folder: Path) -> int:
    return checkpoint.read(folder / "result" / checkpoint.NAME, IDENTITY).last.iteration


def test_a_checkpoint_every_minute_and_when_asked_for(tmp_path, clock):
    checkpoints = Checkpoints(ResultFolder(config(tmp_path)))
    assert checkpoints.open(IDENTITY) == Run()
    clock[0] += 59
    checkpoints.keep(run_of(3))
    assert list(tmp_path.iterdir()) == []  # no folder either
    assert checkpoints.iteration is None
    clock[0] += 1
    checkpoints.keep(run_of(3, 2))
    assert kept(tmp_path) == checkpoints.iteration == 1
    clock[0] += 59
    checkpoints.keep(run_of(3, 2, 1))
    assert kept(tmp_path) == 1
    checkpoints.keep(run_of(3, 2, 1), now=True)
    assert kept(tmp_path) == checkpoints.iteration == 2
    checkpoints.remove()
    assert [path.name for path in (tmp_path / "result").iterdir()] == [record.NAME]


def test_a_checkpoint_that_takes_long_is_written_less_often(tmp_path, clock, monkeypatch):
    def slow(path: Path, *_: object) -> None:
        path.touch()
        clock[0] += 10

    monkeypatch.setattr(checkpoint, "write", slow)
    checkpoints = Checkpoints(ResultFolder(config(tmp_path)))
    checkpoints.open(IDENTITY)
    checkpoints.keep(run_of(3), now=True)
    clock[0] += 199
    checkpoints.keep(run_of(3, 2))
    assert checkpoints.iteration == 0
    clock[0] += 1
    checkpoints.keep(run_of(3, 2))
    assert checkpoints.iteration == 1


def test_a_folder_that_vanishes_as_a_checkpoint_is_written_ends_no_run(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "write", lambda path, *_: path.parent.rmdir())
    checkpoints = Checkpoints(ResultFolder(config(tmp_path)))
    checkpoints.open(IDENTITY)
    checkpoints.keep(run_of(3), now=True)
    assert checkpoints.iteration is None


def test_a_step_without_state_is_not_kept(tmp_path):
    """That is tfp_lbfgs."""
    checkpoints = Checkpoints(ResultFolder(config(tmp_path)))
    checkpoints.open(IDENTITY)
    checkpoints.keep(Run().extended(step(0, 3)), now=True)
    assert checkpoints.iteration is None
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what the disk is too full for: endings of names, at first none."""
    full: list[str] = []
    replacing, savez = checkpoint.replacing, np.savez

    def fill(file, **arrays: object) -> None:
        savez(file, **arrays)
        if checkpoint.NAME in full:
            file.seek(100)
            file.truncate()
            raise DISK_FULL

    monkeypatch.setattr(checkpoint.np, "savez", fill)

    def write_file(path: Path, data: bytes) -> None:
        with replacing(path) as file:
            file.write(data[: len(data) // 2])
            if path.name in full:
                raise DISK_FULL
            file.write(data[len(data) // 2 :])

    monkeypatch.setattr("neural_style.images.write.write_file", write_file)
    return full


def test_disk_full_is_said_once_and_the_last_checkpoint_stays(tmp_path, disk, caplog):
    checkpoints = Checkpoints(ResultFolder(config(tmp_path)))
    checkpoints.open(IDENTITY)
    checkpoints.keep(run_of(3, 2), now=True)
    disk.append(checkpoint.NAME)
    with caplog.at_level(logging.WARNING):
        checkpoints.keep(run_of(3, 2, 1), now=True)
        checkpoints.keep(run_of(3, 2, 1, 0), now=True)
    path = tmp_path / "result" / checkpoint.NAME
    assert caplog.messages == [
        f"{path} cannot be written: No space left on device; the run goes on, its last "
        "checkpoint is that of iteration 1"
    ]
    assert kept(tmp_path) == checkpoints.iteration == 1
    assert {path.name for path in path.parent.iterdir()} == {checkpoint.NAME, record.NAME}
    disk.clear()
    checkpoints.keep(run_of(3, 2, 1, 0, 0), now=True)
    assert kept(tmp_path) == checkpoints.iteration == 4


# Whole runs in this process


@pytest.fixture
def flags(tmp_path, monkeypatch, photograph, painting, random_weights) -> list[str]:
    """Return the flags of a run of seconds, in a folder of its own, kept at each iteration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    monkeypatch.setattr(checkpoint, "MOST_OF_THE_TIME", 1e9)
    Image.fromarray(photograph).save("a.png")
    Image.fromarray(painting).save("b.png")
    return [
        *("-content_img", "a.png", "-style_imgs", "b.png", "-model_weights", random_weights),
        *("-style_layers", "relu1_1", "relu2_1", "-content_layers", "conv2_2"),
        *("-max_iterations", str(ITERATIONS), "-print_iterations", "1", "-device", "/cpu:0"),
    ]


@pytest.fixture
def stop_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Return a function that lets Ctrl-C come at an iteration; 0 is never."""
    lines = progress._lines

    def set_iteration(iteration: int) -> None:
        def reader(*arguments: object) -> Callable[[Step], None]:
            read = lines(*arguments)

            def interrupted(step: Step) -> None:
                read(step)
                if step.iteration == iteration:
                    raise KeyboardInterrupt

            return interrupted

        monkeypatch.setattr(progress, "_lines", reader)

    return set_iteration


def files_in(folder: str = "image_output") -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


RESULT = Path("image_output/result/result.png")
CHECKPOINT = RESULT.with_name(checkpoint.NAME)
INTERRUPTED = 130


@pytest.mark.parametrize(
    "more",
    [[], ["-optimizer", "adam"], ["-scales", "2", "-min_size", "24"]],
    ids=["lbfgs", "adam", "two scales"],
)
def test_a_run_that_is_interrupted_again_and_again(run_cli, flags, stop_at, more):
    flags += [*more, "-init_img_type", "random"]
    assert run_cli(*flags)[0] == 0
    assert not CHECKPOINT.exists()
    whole = RESULT.read_bytes()
    history = RESULT.with_name("history.csv").read_text().splitlines()
    RESULT.with_name("config.yaml").unlink()
    RESULT.unlink()

    flags += ["-overwrite"]
    for iteration in (3, 6, 9):  # 6 is the last of the first of two scales
        stop_at(iteration)
        code, out, err = run_cli(*flags, "-resume")
        assert (code, out) == (INTERRUPTED, f"{RESULT}\n")
        assert err.endswith(
            f"interrupted at iteration {iteration}; the best so far is kept; the same command "
            f"with -resume goes on after iteration {iteration}\n"
        )
        assert CHECKPOINT.exists()
        assert RESULT.read_bytes() != whole
    stop_at(0)
    code, out, err = run_cli(*flags, "-resume")
    assert (code, out) == (0, f"{RESULT}\n")
    assert f"going on after iteration 9, from {CHECKPOINT}\n" in err
    assert "iteration 9/" not in err
    assert RESULT.read_bytes() == whole
    assert not CHECKPOINT.exists()
    resumed = RESULT.with_name("history.csv").read_text().splitlines()
    seconds = history[0].split(",").index("seconds")
    for before, after in zip(history, resumed, strict=True):
        before, after = before.split(","), after.split(",")
        del before[seconds], after[seconds]
        assert before == after


def test_a_run_in_tiles_goes_on_in_the_same_tiles(run_cli, flags, stop_at, monkeypatch):
    """Though there is more memory by then: in larger tiles sums would be rounded otherwise."""
    monkeypatch.setattr(tiling, "LEAST_SIDE", 16)
    flags += ["-precision", "float32"]
    layers = {"style_layers": ["relu1_1", "relu2_1"], "content_layers": ["conv2_2"]}
    least = estimate_peak(config(precision="float32", **layers), (40, 48), 32)
    tight = ["-max_memory", f"{(least + 1000) / 2**20}M"]
    code, _, err = run_cli(*flags, *tight)
    assert code == 0
    assert "painting in 4 tiles of 30 px" in err
    whole = RESULT.read_bytes()
    RESULT.with_name("config.yaml").unlink()
    RESULT.unlink()

    flags += ["-overwrite"]
    stop_at(4)
    assert run_cli(*flags, *tight)[0] == INTERRUPTED
    stop_at(0)
    code, _, err = run_cli(*flags, "-max_memory", "64G", "-resume")
    assert code == 0
    assert "painting in 4 tiles of 30 px" in err
    assert f"going on after iteration 4, from {CHECKPOINT}\n" in err
    assert RESULT.read_bytes() == whole
    assert run_cli(*flags, "-max_memory", "64G")[0] == 0
    assert RESULT.read_bytes() != whole  # so that the above says something


def test_nothing_to_resume(run_cli, flags):
    code, out, err = run_cli(*flags, "-resume")
    assert (code, out) == (0, f"{RESULT}\n")
    assert "there is no checkpoint to resume: starting from the beginning\n" in err


def test_a_finished_result_is_not_painted_again(run_cli, flags):
    run_cli(*flags)
    before = files_in()
    code, out, err = run_cli(*flags, "-resume")
    assert (code, out) == (0, f"{RESULT}\n")
    assert err == "finished already; drop -resume to paint it once more\n"
    assert files_in() == before
    code, out, _ = run_cli(*flags, "-resume", "-seed", "1")
    assert (code, out) == (0, "image_output/result_2/result_2.png\n")


def test_it_goes_on_in_the_folder_of_the_interrupted_run(run_cli, flags, stop_at):
    """Without -overwrite; others of the same name stay as they are."""
    run_cli(*flags)
    for seed in (1, 2):
        stop_at(2)
        assert run_cli(*flags, "-seed", seed)[0] == INTERRUPTED
    (
        RESULT.parent.with_name("result_2") / f".neural_style-{16 * 'a'}.part"
    ).touch()  # as a kill leaves it
    before = {path: data for path, data in files_in().items() if "result_2" not in str(path)}
    stop_at(0)
    code, out, _ = run_cli(*flags, "-seed", 1, "-resume")
    assert (code, out) == (0, "image_output/result_2/result_2.png\n")
    after = files_in()
    assert {path: data for path, data in after.items() if "result_2" not in str(path)} == before
    assert {path.name for path in Path("image_output/result_2").iterdir()} == {
        path.name if path != RESULT else "result_2.png" for path in RESULT.parent.iterdir()
    }


def test_a_run_that_was_stopped_behind_its_last_iteration(run_cli, flags, stop_at):
    stop_at(ITERATIONS)
    assert run_cli(*flags)[0] == INTERRUPTED
    interrupted = RESULT.read_bytes()
    stop_at(0)
    assert run_cli(*flags, "-resume")[:2] == (0, f"{RESULT}\n")
    assert RESULT.read_bytes() == interrupted
    assert not CHECKPOINT.exists()


def test_another_run_is_refused(run_cli, flags, stop_at, photograph):
    stop_at(2)
    run_cli(*flags)
    before = files_in()
    stop_at(0)
    code, out, err = run_cli(*flags, "-resume", "-tv_weight", "0")
    assert (code, out) == (1, "")
    assert "is of another run (tv_weight was 0.001 and is 0.0); make them equal" in err
    Image.fromarray(255 - photograph).save("a.png")
    code, out, err = run_cli(*flags, "-resume")
    assert (code, out) == (1, "")
    assert "(the picture content has changed; the picture init has changed)" in err
    assert files_in() == before


def test_a_damaged_one_is_refused_and_left_away(run_cli, flags, stop_at):
    stop_at(2)
    run_cli(*flags)
    CHECKPOINT.write_bytes(CHECKPOINT.read_bytes()[:-1000])
    before = files_in()
    stop_at(0)
    code, out, err = run_cli(*flags, "-resume")
    assert (code, out) == (1, "")
    assert f"neural_style: resume: {CHECKPOINT} is damaged (" in err
    assert files_in() == before
    assert run_cli(*flags)[1] == "image_output/result_2/result_2.png\n"


def test_disk_full_while_it_runs(run_cli, flags, disk):
    disk += [checkpoint.NAME, "result_00006.png"]
    code, out, err = run_cli(*flags, "-save_every", 3)
    assert (code, out) == (0, f"{RESULT}\n")
    full = [line for line in err.splitlines() if "No space left" in line]
    assert full == [
        f"{CHECKPOINT} cannot be written: No space left on device; the run goes on, its last "
        "checkpoint is none",
        "image_output/result/result_00006.png cannot be written: No space left on device; the run "
        "goes on",
    ]
    assert RESULT.with_name("result_00009.png").exists()
    assert not list(Path().rglob("*.part"))


def test_disk_full_at_the_end_loses_nothing(run_cli, flags, disk, monkeypatch):
    """Full wherever the result could go."""
    monkeypatch.setattr("tempfile.tempdir", str(Path("temporary").absolute()))
    disk.append("result.png")
    code, out, err = run_cli(*flags)
    assert (code, out) == (1, "")
    assert err.endswith(
        f"neural_style: {RESULT} cannot be written: No space left on device; the same command "
        f"with -resume goes on after iteration {ITERATIONS}\n"
    )
    disk.clear()
    assert run_cli(*flags, "-resume")[:2] == (0, f"{RESULT}\n")
    assert RESULT.exists()


def test_tfp_lbfgs_keeps_nothing_and_is_not_resumed(run_cli, flags, stop_at):
    stop_at(2)
    code, _, err = run_cli(*flags, "-optimizer", "tfp_lbfgs")
    assert code == INTERRUPTED
    assert err.endswith("interrupted at iteration 2; the best so far is kept\n")
    assert not CHECKPOINT.exists()
    code, out, err = run_cli(*flags, "-optimizer", "tfp_lbfgs", "-resume")
    assert (code, out) == (2, "")
    assert err.startswith("neural_style: resume: optimizer tfp_lbfgs keeps no checkpoints")


def test_reconstruct_is_not_resumed(run_cli, flags):
    code, out, err = run_cli("reconstruct", "a.png", "-resume")
    assert (code, out) == (2, "")
    assert err == (
        "neural_style: resume: reconstruct keeps no checkpoints to go on from; drop -resume\n"
    )


def test_api_writes_nothing_unless_asked(flags, photograph, painting, random_weights):
    settings = Config(
        content_img=photograph,
        style_imgs=[painting],
        model_weights=random_weights,
        max_iterations=2,
        device="/cpu:0",
        resume=True,
    )
    assert len(transfer.stylize(settings).history) == 2
    assert not Path("image_output").exists()


@pytest.fixture
def make_config(request):
    """The fixture `config` of all tests, whose name here is that of a function."""
    return request.getfixturevalue("config")


@pytest.mark.parametrize(("optimizer", "scales"), [("lbfgs", 2), ("adam", 1)])
def test_a_run_whose_weights_change_goes_on(tmp_path, make_config, optimizer, scales):
    """Stopped behind the change, and, going on with the settings of then, behind that once more."""
    more = {"max_iterations": 8, "min_size": 24, "img_output_dir": tmp_path}
    settings = make_config(optimizer=optimizer, scales=scales, **more)
    changed = {"style_weight": 50.0, "tv_weight": 0.1}

    def paint(config, stop, resume=False):
        last = []

        def on_step(step):
            last[:] = [step.iteration]
            if step.iteration == stop:
                raise KeyboardInterrupt

        def adjust():
            return changed if last[0:] and last[0] >= 2 else {}

        folder = ResultFolder(config, (40, 48))
        return transfer.stylize(
            config, on_step, checkpoints=Checkpoints(folder, resume), adjust=adjust
        )

    expected = paint(settings, 99)
    first = paint(settings, 3)
    assert first.interrupted
    assert first.config.style_weight == 50
    with pytest.raises(StyleError, match=r"tv_weight was 0\.1 and is 0\.001"):
        paint(settings, 99, resume=True)
    second = paint(first.config, 6, resume=True)
    assert second.interrupted
    result = paint(first.config, 99, resume=True)
    assert not result.interrupted
    np.testing.assert_array_equal(result.picture.rgb, expected.picture.rgb)
    assert [step.total for step in result.history] == [step.total for step in expected.history]


def mutated(path: Path, change: Callable[[dict, dict], object], rehash: bool = True) -> None:
    """Change a checkpoint's JSON and arrays in place, and make its hash anew."""
    with np.load(path) as file:
        arrays = dict(file)
    about = json.loads(arrays["about"].tobytes())
    change(about, arrays)
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    digest = arrays.pop("digest")
    if rehash:
        digest = np.frombuffer(digest_of(arrays), np.uint8)
    np.savez(path, digest=digest, **arrays)


def put(*place: str | int, value: object) -> Callable[[dict, dict], object]:
    def change(about: dict, _: dict) -> None:
        for part in place[:-1]:
            about = about[part]
        about[place[-1]] = value

    return change


def array(name: str, make: Callable[[np.ndarray], np.ndarray]) -> Callable[[dict, dict], object]:
    return lambda _, arrays: arrays.update({name: make(arrays[name])})


def filled(value: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda array: np.full_like(array, value)


MUTATIONS = {
    "iteration as text": put("last", "iteration", value="2"),
    "iteration beyond the history": put("last", "iteration", value=7),
    "iteration below 0": put("last", "iteration", value=-1),
    "iteration that is true": put("history", 0, "iteration", value=True),
    "history that skips": put("history", 1, "iteration", value=3),
    "history that is shorter": lambda about, _: about["history"].pop(),
    "history that is none": put("history", value={}),
    "history beyond max_iterations": lambda about, _: about["history"].extend(
        {**about["last"], "iteration": i} for i in range(3, 60)
    ),
    "total that is not finite": put("last", "total", value=float("nan")),
    "total of other terms": put("history", 0, "total", value=1.0),
    "total as text": put("best", "total", value="low"),
    "terms with another name": put("last", "terms", "other", value=1.0),
    "terms that are none": put("last", "terms", value=None),
    "terms of a huge number": put("last", "terms", "content", value=10**400),
    "seconds below 0": put("history", 0, "seconds", value=-1.0),
    "seconds that fall": put("history", 0, "seconds", value=1e9),
    "evaluations that fall": put("history", 0, "evaluations", value=10**6),
    "evaluations of a half": put("last", "evaluations", value=2.5),
    "scale of none": put("last", "scale", value=0),
    "scale beyond": put("last", "scale", value=2),
    "note that is long": put("last", "note", value="x" * 10_000),
    "note with a line break": put("last", "note", value="a\nb"),
    "tile of 0": put("tile", value=0),
    "tile as text": put("tile", value="176"),
    "tile beyond": put("tile", value=10**12),
    "began below 0": put("began", value=-1),
    "began beyond": put("began", value=3),
    "began as text": put("began", value="0"),
    "best of another total": put("best", "total", value=0.5),
    "best beyond the last": put("best", "iteration", value=9),
    "another part": put("other", value=1),
    "a part too few": lambda about, _: about.pop("tile"),
    "a fact too few": lambda about, _: about["last"].pop("note"),
    "identity that is none": put("identity", value=None),
    "settings that are none": put("identity", "settings", value=[]),
    "sizes of others": put("identity", "sizes", value=[[4, 4]]),
    "picture that is not finite": array("last", filled(np.nan)),
    "picture of another size": array("last", lambda it: np.zeros((1, 4, 6, 3), np.float32)),
    "picture of float64": array("last", np.float64),
    "picture of whole numbers": array("last", lambda it: it.astype(np.uint8)),
    "picture without its first axis": array("last", lambda it: it[0]),
    "picture of objects": array("last", lambda it: it.astype(object)),
    "no picture": lambda _, arrays: arrays.pop("last"),
    "a best too many": lambda _, arrays: arrays.update(best=arrays["last"]),
    "another array": lambda _, arrays: arrays.update(other=arrays["last"]),
    "gradient that is not finite": array("state/gradient", filled(np.inf)),
    "gradient of another shape": array("state/gradient", np.ravel),
    "no gradient": lambda _, arrays: arrays.pop("state/gradient"),
    "scale below 0": array("state/scale", filled(-1)),
    "scale that is a picture": lambda _, arrays: arrays.update(
        {"state/scale": arrays["state/gradient"]}
    ),
    "idle without end": array("state/idle", filled(10**6)),
    "another state": lambda _, arrays: arrays.update({"state/other": arrays["last"]}),
    "state of Adam": lambda _, arrays: arrays.update({"state/first": arrays["last"]}),
    "half a pair": lambda _, arrays: arrays.update({"state/s_0": arrays["last"]}),
    "pairs beyond the iterations": lambda _, arrays: arrays.update(
        {f"state/{name}_{i}": arrays["last"] for i in range(3) for name in ("s", "y")}
        | {f"state/rho_{i}": arrays["state/scale"] for i in range(3)}
    ),
}


@pytest.mark.parametrize("change", MUTATIONS.values(), ids=MUTATIONS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_values_that_no_run_has_are_refused_though_the_hash_is_right(tmp_path, change):
    path = tmp_path / "c.npz"
    checkpoint.write(path, run_of(3, 2, 1), IDENTITY)
    mutated(path, lambda *_: None)
    checkpoint.read(path, IDENTITY)  # so that the rest says something
    mutated(path, change)
    with pytest.raises(StyleError, match=r"^resume: .*c\.npz is damaged \(.+\); remove") as error:
        checkpoint.read(path, IDENTITY)
    assert len(str(error.value)) <= 600


@pytest.mark.parametrize("change", [array("last", lambda it: it + 1), put("tile", value=192)])
def test_values_that_a_run_may_have_are_refused_by_the_hash(tmp_path, change):
    path = tmp_path / "c.npz"
    checkpoint.write(path, run_of(3, 2, 1), IDENTITY)
    mutated(path, change, rehash=False)
    with pytest.raises(StyleError, match=r"its hash is of other values"):
        checkpoint.read(path, IDENTITY)


def test_adams_learning_rate_is_checked(tmp_path):
    identity = identity_of(config(optimizer="adam"), "vgg19, somewhere", GREY)
    moments = {name: tf.ones([1, 2, 3, 3]) for name in ("first", "second")}
    state = moments | {"scale": tf.constant(1.0), "learning_rate": tf.constant(1.0)}
    path = tmp_path / "c.npz"
    checkpoint.write(path, Run().extended(step(0, 3, state=state)), identity)
    checkpoint.read(path, identity)
    for name, value in [("learning_rate", 2), ("learning_rate", 0), ("second", -1)]:
        checkpoint.write(path, Run().extended(step(0, 3, state=state)), identity)
        mutated(path, array(f"state/{name}", filled(value)))
        with pytest.raises(StyleError, match=f"state/{name} is "):
            checkpoint.read(path, identity)


@pytest.mark.slow
@pytest.mark.parametrize("stops", [[1, 3], [2]], ids=["in both", "just in float32"])
def test_a_run_that_goes_on_in_float32_is_resumed(tmp_path, photograph, painting, caplog, stops):
    """Of bfloat16, from the style itself, which stalls after one iteration."""
    caplog.set_level(logging.INFO)
    settings = Config(
        content_img=photograph[:32, :32],
        style_imgs=[painting],
        model_weights="compact",
        precision="bfloat16",
        init_img_type="style",
        max_iterations=5,
        device="/cpu:0",
        img_output_dir=tmp_path,
    )

    def paint(stop: int | None = None, resume: bool = False) -> transfer.Result:
        checkpoints = Checkpoints(ResultFolder(settings, (32, 32)), resume)
        return transfer.stylize(
            settings, lambda step: step.iteration != stop, checkpoints=checkpoints
        )

    expected = paint()
    assert "bfloat16 tells no more: going on in float32" in caplog.messages
    for number, stop in enumerate(stops):
        assert paint(stop, resume=number > 0).ended == "stopped"
        with np.load(tmp_path / "result" / checkpoint.NAME) as file:
            assert json.loads(file["about"].tobytes())["exact"] == (stop > 1)
    caplog.clear()
    result = paint(resume=True)
    assert ("bfloat16 tells no more: going on in float32" in caplog.messages) == (stop == 1)
    np.testing.assert_array_equal(result.picture.rgb, expected.picture.rgb)
    assert [step.total for step in result.history] == [step.total for step in expected.history]
