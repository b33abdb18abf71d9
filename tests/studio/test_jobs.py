"""The desk: who is painted when, what is refused, and what a job tells. No TensorFlow here."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from neural_style import Config, StyleError
from neural_style.studio.jobs import Desk, Job
from neural_style.studio.messages import Orders, Painted, StepReport
from neural_style.studio.settings import Settings

TIME = 20.0
GREY = np.full((4, 5, 3), 100, np.uint8)


def config(**changes: object) -> Config:
    return Config(**({"content_img": "lake.jpg", "style_imgs": ["ink.jpg"]} | changes))


class Easel:
    """Stands in for a painter: each step waits until `step` is called."""

    def __init__(self, niceness: int, device: str):
        self.niceness, self.device = niceness, device
        self.steps = threading.Semaphore(0)
        self.orders = Orders()
        self.painted: list[tuple[Config, Path, bool]] = []
        self.previewed: list[Config] = []
        self.closed = False

    def warm(self) -> None:
        pass

    def order(self, orders: Orders) -> None:
        self.orders = orders

    def step(self, count: int = 1) -> None:
        self.steps.release(count)

    def paint(self, task, tell):
        config = task.config
        self.orders = Orders()
        self.painted.append((config, task.folder, task.resume))
        if config.seed == 13:
            raise StyleError("unlucky")
        if config.seed == 14:
            raise RuntimeError("a bug")
        for iteration in range(1, config.max_iterations + 1):
            assert self.steps.acquire(timeout=TIME)
            count = config.max_iterations
            tell(StepReport(iteration, count, 1, 1, iteration, 1.0, 1 / iteration))
            tell(GREY)
            if self.orders.stop:
                break
        return Painted(task.folder / "result.png", self.orders.stop)

    def call(self, task, *args):
        if task != "preview":
            return (task, *args)
        assert self.steps.acquire(timeout=TIME)
        self.previewed.append(args[0])
        return GREY

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def make_desk():
    """Return a function from settings to a desk and its easels, the quick one first."""
    made: list[tuple[Desk, list[Easel]]] = []

    def make(**settings: object) -> tuple[Desk, list[Easel]]:
        easels: list[Easel] = []

        def easel(niceness: int, device: str) -> Easel:
            easels.append(Easel(niceness, device))
            return easels[-1]

        made.append((Desk(Settings(**settings), easel), easels))
        return made[-1]

    yield make
    for desk, easels in made:
        for easel in easels:
            easel.step(10000)
        desk.close()


def until(job: Job, state: str):
    """Return the job's progress once it is in a state."""
    progress = job.progress
    end = time.monotonic() + TIME
    while progress.state != state:
        assert time.monotonic() < end, progress
        assert not progress.ended, progress
        progress = job.wait(progress.version, TIME)
    return progress


def test_a_job_from_the_queue_to_its_result(make_desk):
    desk, (quick, easel) = make_desk()
    assert (quick.niceness, easel.niceness, easel.device) == (0, 10, "/gpu:0")
    job = desk.submit("ann", config(max_iterations=3), Path("a"))
    assert desk.job("ann") is job
    assert desk.job("bob") is None
    progress = until(job, "painting")
    assert (progress.step.iteration, progress.step.iterations) == (0, 3)
    assert progress.picture is None
    easel.step()
    while progress.picture is None:
        progress = job.wait(progress.version, TIME)
    assert (progress.step.iteration, progress.step.seconds_left) == (1, 1.0)
    assert progress.totals == (1.0,)
    easel.step(2)
    progress = until(job, "done")
    assert progress.totals == (1, 1 / 2, 1 / 3)
    assert progress.result == Path("a/result.png")
    assert (progress.step.seconds_left, progress.message) == (None, "")
    assert desk.job("ann") is None
    assert job.wait(-1) is progress
    assert job.wait(progress.version, 0.01) is progress  # nothing newer will come


def test_versions_grow_with_each_change(make_desk):
    desk, (_, easel) = make_desk()
    job = desk.submit("ann", config(max_iterations=5), Path("a"))
    easel.step(5)
    seen = [job.progress]
    while not seen[-1].ended:
        seen.append(job.wait(seen[-1].version, TIME))
    versions = [progress.version for progress in seen]
    assert versions == sorted(set(versions))


def test_others_wait_and_see_their_place(make_desk):
    desk, (_, easel) = make_desk()
    names = ["ann", "bob", "cem", "dan"]
    jobs = [desk.submit(name, config(max_iterations=1), Path(name)) for name in names]
    until(jobs[0], "painting")
    assert [job.progress.place for job in jobs] == [0, 1, 2, 3]
    assert desk.jobs() == jobs
    jobs[2].stop()
    assert jobs[2].progress.state == "stopped"
    assert jobs[2].progress.result is None
    assert jobs[3].progress.place == 2
    easel.step()
    until(jobs[1], "painting")
    assert (jobs[1].progress.place, jobs[3].progress.place) == (0, 1)
    easel.step(2)
    until(jobs[3], "done")
    assert [folder.name for _, folder, _ in easel.painted] == ["ann", "bob", "dan"]


def test_one_job_at_a_time_on_each_device(make_desk):
    desk, (_, *easels) = make_desk(devices=("/gpu:0", "/gpu:1"))
    assert [easel.device for easel in easels] == ["/gpu:0", "/gpu:1"]
    jobs = [desk.submit(name, config(max_iterations=1), Path(name)) for name in "abc"]
    until(jobs[0], "painting")
    until(jobs[1], "painting")
    assert jobs[2].progress.state == "waiting"
    for easel in easels:
        easel.step(2)
    for job in jobs:
        until(job, "done")


def test_what_is_refused(make_desk):
    desk, _ = make_desk(most_waiting=2, most_size=1000, most_iterations=100)
    jobs = [desk.submit("ann", config(), Path("a"))]
    until(jobs[0], "painting")
    with pytest.raises(StyleError, match="yours is waiting or being painted already"):
        desk.submit("ann", config(), Path("b"))
    desk.submit("bob", config(), Path("b"))
    with pytest.raises(StyleError, match="yours is waiting or being painted already"):
        desk.submit("bob", config(), Path("b"))
    desk.submit("cem", config(), Path("c"))
    with pytest.raises(StyleError, match="2 pictures are waiting already, as many as this server"):
        desk.submit("dan", config(), Path("d"))
    for given, said in [
        (config(max_size=1001), "max_size: received 1001, this server allows at most 1000"),
        (config(max_iterations=101), "max_iterations: received 101, this server allows at most"),
        (config(model_weights="/etc/passwd"), "model_weights: files are not read here"),
        (config(draft_weights="x.h5", scales=2), "draft_weights: files are not read here"),
    ]:
        for ask in (
            lambda given=given: desk.submit("eve", given, Path("e")),
            lambda given=given: desk.preview("eve", given),
        ):
            with pytest.raises(StyleError, match=said):
                ask()
    with pytest.raises(StyleError, match="resume: optimizer tfp_lbfgs keeps no checkpoints"):
        desk.submit("eve", config(optimizer="tfp_lbfgs"), Path("e"), resume=True)


def test_nobody_waits_if_nobody_may(make_desk):
    desk, (_, easel) = make_desk(most_waiting=0)
    job = desk.submit("ann", config(max_iterations=1), Path("a"))
    until(job, "painting")
    with pytest.raises(StyleError, match="0 pictures are waiting already"):
        desk.submit("bob", config(), Path("b"))
    easel.step()
    until(job, "done")
    easel.step()
    until(desk.submit("bob", config(max_iterations=1), Path("b")), "done")


def test_a_hundred_at_once_over_the_queue(make_desk):
    desk, (_, easel) = make_desk(most_waiting=5)
    outcomes: list[str] = []

    def ask(k: int) -> None:
        try:
            desk.submit(f"visitor {k}", config(max_iterations=1), Path(str(k)))
            outcomes.append("taken")
        except StyleError:
            outcomes.append("refused")

    threads = [threading.Thread(target=ask, args=(k,)) for k in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("taken") == 6  # one is painted, five wait
    assert len(outcomes) == 100
    jobs = desk.jobs()
    easel.step(6)
    for job in jobs:
        until(job, "done")


def test_stop_and_go_on(make_desk):
    desk, (_, easel) = make_desk()
    job = desk.submit("ann", config(max_iterations=9), Path("a"))
    until(job, "painting")
    job.stop()
    assert job.progress.state == "stopping"
    easel.step()
    progress = until(job, "stopped")
    assert progress.result == Path("a/result.png")
    assert progress.totals == (1.0,)
    job.stop()  # too late to change anything
    assert job.progress == progress
    again = desk.submit("ann", job.config, Path("a"), resume=True)
    assert again.progress.totals == (1.0,)  # those before are known
    assert (again.progress.step.iteration, again.progress.step.iterations) == (1, 9)
    until(again, "painting")
    assert easel.painted[-1][2]
    assert not easel.painted[-1][0].resume  # the painter is told, the settings are the same


def test_weights_while_it_waits_and_while_it_is_painted(make_desk):
    desk, (_, easel) = make_desk()
    first = desk.submit("ann", config(max_iterations=5), Path("a"))
    second = desk.submit("bob", config(max_iterations=1), Path("b"))
    until(first, "painting")
    first.reweigh(style_weight="20", tv_weight=0)
    assert (first.config.style_weight, first.config.tv_weight) == (20, 0)
    assert easel.orders.weights == {"style_weight": 20, "tv_weight": 0}
    for weights, said in [
        ({"style_weight": -1}, "style_weight: received -1"),
        ({"style_imgs_weights": [1, 2]}, "received 2 weights for 1 styles"),
        ({"max_size": 64}, "max_size cannot change while it paints"),
    ]:
        with pytest.raises(StyleError, match=said):
            first.reweigh(**weights)
    assert first.config.style_weight == 20
    second.reweigh(style_weight=7)
    easel.step(6)
    until(second, "done")
    assert easel.painted[-1][0].style_weight == 7


def test_orders_that_come_before_the_painter_has_begun_are_given_again(make_desk):
    desk, (_, easel) = make_desk()
    job = desk.submit("ann", config(max_iterations=9), Path("a"))
    until(job, "painting")
    job.stop()
    easel.orders = Orders()  # lost
    easel.step(2)
    assert len(until(job, "stopped").totals) <= 2


@pytest.mark.parametrize(("seed", "said"), [(13, "unlucky"), (14, "something went wrong in the")])
def test_a_job_that_fails_does_not_hold_the_next(make_desk, seed: int, said: str):
    desk, (_, easel) = make_desk()
    easel.step()
    job = desk.submit("ann", config(seed=seed), Path("a"))
    assert until(job, "failed").message.startswith(said)
    until(desk.submit("ann", config(max_iterations=1), Path("a")), "done")


# Previews and masks


def test_the_newest_preview_wins(make_desk):
    desk, (quick, _) = make_desk()
    answers: dict[int, object] = {}

    def ask(k: int, visitor: str) -> threading.Thread:
        def run() -> None:
            answers[k] = desk.preview(visitor, config(seed=k))

        thread = threading.Thread(target=run)
        thread.start()
        time.sleep(0.05)
        return thread

    threads = [ask(1, "ann"), ask(2, "ann"), ask(3, "bob"), ask(4, "ann")]
    quick.step(9)
    for thread in threads:
        thread.join(TIME)
    assert [answers[k] is None for k in (1, 2, 3, 4)] == [False, True, False, False]
    assert quick.previewed[0].seed == 1  # had begun
    assert sorted(asked.seed for asked in quick.previewed) == [1, 3, 4]


def test_previews_do_not_wait_for_jobs(make_desk):
    desk, (quick, _) = make_desk()
    until(desk.submit("ann", config(), Path("a")), "painting")
    quick.step()
    assert desk.preview("ann", config()) is GREY
    assert desk.call("masks", Path("lake.png"), None) == ("masks", Path("lake.png"), None)


# The end


def test_close_stops_all_and_waits_for_the_pictures(make_desk):
    desk, easels = make_desk()
    first = desk.submit("ann", config(max_iterations=9), Path("a"))
    second = desk.submit("bob", config(), Path("b"))
    until(first, "painting")
    threading.Timer(0.2, easels[1].step).start()
    desk.close()
    assert first.progress.state == "stopped"
    assert first.progress.result == Path("a/result.png")
    assert second.progress.state == "stopped"
    assert all(easel.closed for easel in easels)
    with pytest.raises(StyleError, match="closing"):
        desk.submit("cem", config(), Path("c"))


def test_close_does_not_wait_for_ever(make_desk):
    desk, easels = make_desk()
    until(desk.submit("ann", config(), Path("a")), "painting")
    began = time.monotonic()
    desk.close(0.1)
    assert time.monotonic() - began < 5
    assert all(easel.closed for easel in easels)
