"""What outlives a picture: networks and graphs; and pictures that are stopped."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import func_graph

import neural_style as ns
from neural_style.transfer import painting
from neural_style.transfer import stylizer as room
from neural_style.transfer.checkpoint import Checkpoints
from neural_style.transfer.pictures import load_pictures
from neural_style.transfer.result import ResultFolder


def picture(seed: int, size=(40, 48)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (*size, 3), np.uint8)


def config(content: int = 0, style: int = 1, **changes) -> ns.Config:
    settings = {
        "content_img": picture(content),
        "style_imgs": [picture(style)],
        "model_weights": "compact",
        "device": "/cpu:0",
        "max_iterations": 3,
    }
    return ns.Config(**(settings | changes))


@pytest.fixture
def built(monkeypatch) -> list[str]:
    """What was built: a line for each graph that is traced, and each network that is opened."""
    lines: list[str] = []

    def noted(function, line):
        def call(*args, **options):
            lines.append(line)
            return function(*args, **options)

        return call

    name = "func_graph_from_py_func"
    monkeypatch.setattr(func_graph, name, noted(getattr(func_graph, name), "graph"))
    monkeypatch.setattr(room, "open_network", noted(room.open_network, "network"))
    return lines


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimizer": "adam"},
        {"style_distance": "wasserstein", "strength": 60},
        {"scales": 2, "min_size": 24},
    ],
)
def test_the_second_picture_builds_and_traces_nothing(built, changes):
    with ns.Stylizer(config(**changes)) as stylizer:
        first = list(stylizer.paint())
        assert built.count("network") == 1
        assert built.count("graph") > 2  # that they are counted
        built.clear()
        second = list(stylizer.paint(config=config(2, 3, **changes)))
        assert built == []
    assert len(first) == len(second) == 3


def test_the_second_picture_is_that_of_a_stylizer_of_its_own():
    """Also with other weights, which the graphs do not know."""
    other = config(2, 3, style_weight=3e3, tv_weight=1.0)
    with ns.Stylizer(config()) as stylizer:
        list(stylizer.paint())
        list(stylizer.paint(config=other))
        found = stylizer.result().image
    np.testing.assert_array_equal(found, ns.stylize(other).image)


def test_a_style_is_looked_at_once(monkeypatch):
    """A film has one style for all its frames."""
    looked = []
    with ns.Stylizer(config()) as stylizer:
        objective = stylizer.objective(config(), load_pictures(config()))
        graphs = objective.tiled.graphs
        whole = graphs.statistics
        monkeypatch.setattr(graphs, "statistics", lambda *a: looked.append(a[0]) or whole(*a))
        stylizer.objective(config(5), load_pictures(config(5)))
        assert looked == []
        stylizer.objective(config(5, 6), load_pictures(config(5, 6)))
        assert looked == ["style"]


def test_whoever_reads_the_steps_may_stop():
    with ns.Stylizer(config(max_iterations=50)) as stylizer:
        for step in stylizer.paint():
            if step.iteration == 4:
                break
        result = stylizer.result()
    assert result.ended == "stopped"
    assert len(result.history) == 4
    assert result.image.shape == (40, 48, 3)


def test_a_result_needs_a_picture():
    with ns.Stylizer(config()) as stylizer:
        with pytest.raises(ValueError, match="call paint first"):
            stylizer.result()
        stylizer.paint()
        with pytest.raises(ValueError, match="nothing is painted yet"):
            stylizer.result()


def test_only_so_many_graphs_are_kept(monkeypatch):
    monkeypatch.setattr(room, "GRAPHS", 2)
    with ns.Stylizer(config()) as stylizer:
        for size in (20, 24, 28):
            list(stylizer.paint(config=config(max_size=size, max_iterations=1)))
        assert len(stylizer._graphs) == 2


class Blue(ns.Term):
    """The mean of the square of blue."""

    name = "blue"

    def statistics(self, view):
        return {"square": tf.reduce_sum(view.pixels[..., 2] ** 2, [1, 2])}

    def value(self, sums, values, shapes):
        height, width, _ = shapes["image"]
        return sums["square"] / (height * width)


def test_a_term_of_ones_own_by_hand():
    steps = []
    term = Blue(weight=2.0)
    alone = config(style_weight=0, tv_weight=0, style_imgs=[], content_weight=1e-9)
    result = ns.stylize(alone, steps.append, terms=[term])
    level = np.float32(result.inputs["init"].rgb[..., 2])
    assert steps[-1].terms["blue"] < 0.5 * np.mean(level**2)
    assert steps[-1].total == pytest.approx(2 * steps[-1].terms["blue"], rel=1e-3)


def test_a_term_of_ones_own_in_tiles(monkeypatch):
    """It sees each pixel once."""
    pictures = {"content_img": picture(0, (150, 160)), "style_imgs": [picture(1, (150, 160))]}
    first = {"content_layers": ["relu1_1"], "style_layers": ["relu1_1"]}
    settings = config(**pictures, **first, max_iterations=1, content_weight=0, style_weight=1e-9)
    whole, tiled = [], []
    plan = room.plan
    ns.stylize(settings, whole.append, terms=[Blue(1.0)])
    monkeypatch.setattr(
        room, "plan", lambda config, size, side, *rest: plan(config, size, 128, *rest)
    )
    ns.stylize(settings, tiled.append, terms=[Blue(1.0)])
    assert tiled[0].terms["blue"] == pytest.approx(whole[0].terms["blue"], rel=1e-4)


def test_a_term_on_a_layer_that_nothing_else_uses():
    class Deep(ns.Term):
        name = "deep"
        layers = ("relu4_1",)

        def statistics(self, view):
            features = view.activations["relu4_1"]
            dense = features if tf.is_tensor(features) else features.dense()
            return {"sum": tf.reduce_sum(dense, [1, 2, 3])}

        def value(self, sums, values, shapes):
            return sums["sum"]

    steps = []
    first = {"content_layers": ["relu1_1"], "style_layers": ["relu1_1"]}
    ns.stylize(config(**first), steps.append, terms=[Deep(1e-3)])
    assert np.isfinite(steps[-1].terms["deep"])


@pytest.mark.parametrize("name", ["content", "style", "tv", "total"])
def test_two_terms_of_one_name_are_refused(name):
    term = Blue()
    term.name = name
    with pytest.raises(ns.StyleError, match=f"terms: received the names {name}, each must differ"):
        ns.stylize(config(), terms=[term])


def test_a_network_of_ones_own():
    import keras

    network = keras.Sequential(
        [
            keras.Input((None, None, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(4, 3, activation="relu", name="first"),
            keras.layers.Conv2D(6, 3, strides=2, activation="relu", name="second"),
        ]
    )
    layers = {"content_layers": ["second"], "style_layers": ["first", "second"]}
    steps = []
    result = ns.stylize(config(strength=60), steps.append, network=network, **layers)
    assert steps[-1].total < steps[0].total
    assert result.ended == "finished"
    with pytest.raises(ns.StyleError, match="has no layer 'third'"):
        ns.stylize(config(), network=network, style_layers=["third"])
    with pytest.raises(ns.StyleError, match="go together"):
        ns.stylize(config(), network=network)
    with pytest.raises(ns.StyleError, match="go together"):
        ns.stylize(config(), style_layers=["first"])
    with pytest.raises(ns.StyleError, match="region_boundary: inside needs to know"):
        ns.stylize(config(region_boundary="inside"), network=network, **layers)


def test_an_optimizer_of_keras():
    import keras

    steps = []
    optimizer = keras.optimizers.Adam(learning_rate=2.0)
    settings = config(max_iterations=5, keep_in_range=True)
    result = ns.stylize(settings, steps.append, optimizer=optimizer)
    assert steps[-1].total < steps[0].total
    assert result.image.shape == (40, 48, 3)
    with pytest.raises(ns.StyleError, match="optimizer: "):
        ns.stylize(config(), optimizer="nonsense")


def test_ctrl_c_between_two_scales_keeps_the_picture_of_the_first(monkeypatch):
    objective = ns.Stylizer.objective
    sizes = []

    def pressed(self, config, pictures, *rest):
        sizes.append(pictures.content.shape[:2])
        if len(sizes) == 2:
            raise KeyboardInterrupt
        return objective(self, config, pictures, *rest)

    monkeypatch.setattr(ns.Stylizer, "objective", pressed)
    result = ns.stylize(config(scales=2, min_size=24, max_iterations=4))
    assert result.ended == "interrupted"
    assert len(result.history) == 2
    assert result.image.shape == (40, 48, 3)


def test_ctrl_c_where_another_optimizer_begins_keeps_the_best(monkeypatch):
    """New weights begin it anew; there is no picture of the new loss yet."""
    minimize = painting.minimize
    begun = []

    def pressed(*arguments):
        begun.append(arguments)
        if len(begun) == 2:
            raise KeyboardInterrupt
        return minimize(*arguments)

    monkeypatch.setattr(painting, "minimize", pressed)
    steps = []

    def adjust() -> dict[str, float]:
        return {"tv_weight": 1.0} if len(steps) > 2 else {}

    result = ns.stylize(config(max_iterations=9), steps.append, adjust=adjust)
    assert result.ended == "interrupted"
    assert len(result.history) == 3


def test_ctrl_c_right_after_a_run_is_resumed_keeps_its_picture(tmp_path, monkeypatch):
    settings = config(max_iterations=6, img_output_dir=str(tmp_path))
    folder = ResultFolder(settings, (40, 48))
    first = ns.stylize(settings, lambda step: step.iteration < 3, checkpoints=Checkpoints(folder))

    def pressed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(painting, "minimize", pressed)
    again = Checkpoints(ResultFolder(settings, (40, 48)), resume=True)
    second = ns.stylize(settings, checkpoints=again)
    assert second.ended == "interrupted"
    assert len(first.history) == len(second.history) == 3
    np.testing.assert_array_equal(first.image, second.image)
