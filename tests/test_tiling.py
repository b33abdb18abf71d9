"""Tiles: where they are cut, that together they give what the whole gives, and when memory ends."""

import itertools
import logging
import math
import os

import numpy as np
import objectives
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

import neural_style as ns
from neural_style.guidance.masks import mask_at, region_at
from neural_style.losses.style import one_mask_each
from neural_style.losses.term import Guide
from neural_style.networks.layers import blocks_before, layer_names, receptive_field_radius, stride
from neural_style.networks.registry import NetworkSpec, blocks_by_layer, load_network
from neural_style.optimizers.registry import OPTIMIZERS
from neural_style.runtime import memory as machine
from neural_style.transfer import planning as memory
from neural_style.transfer.objective import Objective
from neural_style.transfer.tiling import Span, Tiling, sides, spans

VGG_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1", "conv4_2")

# A network shaped like VGG, with three blocks of four channels each.
CONVOLUTIONS = (2, 1, 2)
BLOCKS = {
    f"layer{index}": tuple((count, 4) for count in CONVOLUTIONS[:index]) for index in (1, 2, 3)
}
KERNELS = [
    tf.constant(np.random.default_rng(9).normal(0, 0.4, (3, 3, 3 if i == 0 else 4, 4)), tf.float32)
    for i in range(sum(CONVOLUTIONS))
]
HALO = 12  # 2 * 1 + 1 * 2 + 2 * 4, which is a multiple of 4


def network(pooling: str = "AVG", kernels=None):
    def features(image: tf.Tensor) -> dict[str, tf.Tensor]:
        found, left = {}, iter(KERNELS if kernels is None else kernels)
        x = image / 100
        for index, count in enumerate(CONVOLUTIONS, 1):
            if index > 1:
                x = tf.nn.pool(x, [2, 2], pooling, [2, 2], "SAME")
            for _ in range(count):
                x = tf.nn.relu(tf.nn.conv2d(x, next(left), 1, "SAME"))
            found[f"layer{index}"] = x
        return found

    return features


def picture(seed: int, size: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 255, (1, *size, 3)).astype(np.float32)


SETTINGS = {
    "content_layers": ["layer2"],
    "style_layers": ["layer1", "layer2", "layer3"],
    "content_weight": 5.0,
    "style_weight": 1e4,
    "tv_weight": 1e-3,
    "style_layer_weights": [1.0, 2.0, 3.0],
}


def objective_of(
    size, tiling=None, features=None, styles=1, masks=None, guides=None, style=None, **changes
) -> Objective:
    arguments = SETTINGS | {"style_weights": [1.0] * styles, "tiling": tiling}
    # Darker, so that Gram matrices differ by more than rounding.
    pictures = [picture(10 + k, size) * 0.4 for k in range(styles)] if style is None else [style]
    return objectives.objective_of(
        features or network(),
        picture(1, size),
        pictures,
        one_mask_each(masks) if masks else guides,
        **(arguments | changes),
    )


def assert_equal(tiled: Objective, whole: Objective, size: tuple[int, int]) -> None:
    """The tolerances are those promised: 1e-5 for the loss, 1e-4 for the gradient."""
    image, scale = tf.constant(picture(2, size)), tf.constant(0.5)
    terms, gradient = tiled.value_and_gradient(image, scale)
    expected, expected_gradient = whole.value_and_gradient(image, scale)
    for name, value in expected.items():
        assert float(terms[name]) == pytest.approx(float(value), rel=1e-5), name
    difference = tf.norm(gradient - expected_gradient) / tf.norm(expected_gradient)
    assert float(difference) < 1e-4
    largest = tf.reduce_max(tf.abs(gradient - expected_gradient))
    assert float(largest) < 1e-4 * float(tf.reduce_max(tf.abs(expected_gradient)))


@pytest.fixture
def eagerly():
    """Without graphs, which would be traced anew for each example."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def test_radius_of_vgg_by_hand():
    """Two convolutions at distance 1, two at 2, four at 4, four at 8, one at 16."""
    blocks = blocks_before("relu5_1", "vgg19")
    assert blocks == ((2, 64), (2, 128), (4, 256), (4, 512), (1, 512))
    assert receptive_field_radius(blocks) == 2 * 1 + 2 * 2 + 4 * 4 + 4 * 8 + 1 * 16 == 70
    assert stride(blocks) == 16
    assert receptive_field_radius(blocks_before("relu5_1", "vgg16")) == 2 + 4 + 12 + 24 + 16
    pool = blocks_before("pool5", "vgg19")
    assert (stride(pool), receptive_field_radius(pool)) == (32, 2 + 4 + 16 + 32 + 64)
    assert Tiling.of({"relu5_1": blocks}, 1000) == Tiling(992, 80, {"relu5_1": 16})


def test_radius_of_compact_by_hand():
    found = blocks_by_layer("compact", ["relu5_1", "block4_conv1"], "vgg19")
    assert found["relu5_1"] == ((2, 32), (2, 64), (3, 128), (3, 256), (2, 256))
    assert receptive_field_radius(found["relu5_1"]) == 2 * 1 + 2 * 2 + 3 * 4 + 3 * 8 + 2 * 16
    assert stride(found["block4_conv1"]) == 8


@pytest.mark.parametrize("index", [1, 2, 3])
def test_a_position_sees_as_far_as_its_radius_and_no_farther(index: int):
    """With kernels of ones, the derivative is above 0 at just the pixels that are seen."""
    ones = [tf.ones_like(kernel) for kernel in KERNELS]
    name, position = f"layer{index}", 8
    image = tf.ones([1, 64, 64, 3])
    with tf.GradientTape() as tape:
        tape.watch(image)
        seen = network(kernels=ones)(image)[name][0, position, position, 0]
    rows = np.flatnonzero(np.abs(tape.gradient(seen, image).numpy()).sum((0, 2, 3)))
    step, reach = stride(BLOCKS[name]), receptive_field_radius(BLOCKS[name])
    assert (rows[0], rows[-1]) == (position * step - reach, (position + 1) * step - 1 + reach)


@pytest.mark.parametrize("name", layer_names("vgg19"))
def test_each_layer_of_vgg_sees_more_than_the_one_before(name: str):
    names = layer_names("vgg19")
    before = names[max(names.index(name) - 1, 0)]
    blocks = [blocks_before(each, "vgg19") for each in (before, name)]
    fields = [(stride(each), receptive_field_radius(each)) for each in blocks]
    assert fields[0] <= fields[1]


def test_spans_by_hand():
    # Three crops of at most 48 reach 100 with 8 of halo: 36 + 28 + 36 pixels of their own.
    assert spans(100, 48, 8, 4) == [
        Span(0, 36, 0, 44),
        Span(36, 64, 28, 72),
        Span(64, 100, 56, 100),
    ]
    assert spans(48, 48, 8, 4) == [Span(0, 48, 0, 48)]
    # At a layer of stride 4 the middle one has positions 7 to 17, of which 2 to 8 are its own.
    assert (Span(36, 64, 28, 72).crop(4), Span(36, 64, 28, 72).own(4)) == ((7, 18), (2, 9))
    # The far border need not lie on the grid: the last position is there with what it has.
    assert (Span(64, 101, 56, 101).crop(4), Span(64, 101, 56, 101).own(4)) == ((14, 26), (2, 12))


@given(
    length=st.integers(1, 3000),
    grid=st.sampled_from([1, 4, 16]),
    halos=st.integers(1, 6),
    more=st.integers(1, 40),
)
@settings(deadline=None)
def test_spans_are_the_axis(length: int, grid: int, halos: int, more: int):
    halo = grid * halos
    side = 2 * halo + grid * more
    found = spans(length, side, halo, grid)
    assert (found[0].start, found[-1].stop) == (0, length)
    for span, after in itertools.pairwise(found):
        assert span.stop == after.start
        assert span.stop % grid == 0
    for span in found:
        assert span.start < span.stop
        assert span.last - span.first <= side
        assert span.first % grid == 0
        assert span.first == max(span.start - halo, 0)
        assert span.last == min(span.stop + halo, length)
    assert len({span.last - span.first for span in found[:-1]}) <= 1  # few shapes to trace


@given(
    height=st.integers(33, 62),
    width=st.integers(33, 62),
    side=st.sampled_from([40, 48, 56]),
    pooling=st.sampled_from(["AVG", "MAX"]),
    styles=st.integers(1, 3),
    masked=st.booleans(),
    weights=st.lists(st.floats(0.1, 10), min_size=3, max_size=3),
    function=st.sampled_from([1, 2, 3]),
    distances=st.sampled_from(
        [("raw", "gram", "l1"), ("centred", "wasserstein", "l2"), ("normalised", "mean_std", "l1")]
    ),
)
@settings(max_examples=10, deadline=None)
@pytest.mark.usefixtures("eagerly")
def test_tiles_equal_the_whole(
    height, width, side, pooling, styles, masked, weights, function, distances
):
    size = (height, width)
    changes = {
        "features": network(pooling),
        "styles": styles,
        "style_weights": weights[:styles],
        "content_loss_function": function,
        **dict(zip(("content_distance", "style_distance", "tv_norm"), distances, strict=True)),
    }
    if masked:
        random = np.random.default_rng(height)
        changes["masks"] = [
            mask_at(random.uniform(0, 255, (40, 30)).astype(np.float32)) for _ in range(styles)
        ]
    tiling = Tiling(side, HALO, {name: stride(blocks) for name, blocks in BLOCKS.items()})
    tiled = objective_of(size, tiling, **changes)
    assert (len(tiling.cut(size)) > 1) == (side < max(size))
    assert_equal(tiled, objective_of(size, **changes), size)


@pytest.mark.parametrize(
    ("source", "name", "pooling"),
    [
        ("random", "vgg19", "avg"),
        pytest.param("random", "vgg19", "max", marks=pytest.mark.slow),
        ("compact", "vgg19", "avg"),
    ],
)
def test_tiles_equal_the_whole_in_real_networks(source, name, pooling, random_weights):
    source = random_weights if source == "random" else source
    size = (179, 215)
    spec = NetworkSpec(source, tuple(VGG_LAYERS), name, pooling, "float32")
    features = load_network(spec).features
    changes = {
        "features": features,
        "content_layers": ["conv4_2"],
        "style_layers": VGG_LAYERS[:5],
        "style_layer_weights": [1.0] * 5,
    }
    tiling = Tiling.of(blocks_by_layer(source, VGG_LAYERS, name), 0)
    assert tiling.halo == 80
    tiling = Tiling(192, tiling.halo, tiling.strides)
    assert len(tiling.cut(size)) == 2
    assert_equal(objective_of(size, tiling, **changes), objective_of(size, **changes), size)


@pytest.mark.usefixtures("eagerly")
def test_tiles_equal_the_whole_with_regions():
    """Of two styles; the second region is painted from both."""
    size = (50, 60)
    labels = np.random.default_rng(3).integers(0, 2, (5, 6)).repeat(10, 0).repeat(10, 1)
    own = [region_at((labels == label).astype(np.float32)) for label in (0, 1)]
    theirs = [region_at((label == labels.T).astype(np.float32)) for label in (0, 1)]
    guides = [
        Guide(own[0], [(0, theirs[0])], [0]),
        Guide(own[1], [(0, theirs[1]), (1, own[0])], [0, 1]),
    ]
    changes = {"styles": 2, "guides": guides, "by_area": True}
    tiling = Tiling(44, HALO, {name: stride(blocks) for name, blocks in BLOCKS.items()})
    assert len(tiling.cut(size)) > 1
    assert_equal(objective_of(size, tiling, **changes), objective_of(size, **changes), size)


@pytest.mark.usefixtures("eagerly")
def test_tiles_equal_the_whole_with_a_larger_style():
    size = (50, 60)
    tiling = Tiling(44, HALO, {name: stride(blocks) for name, blocks in BLOCKS.items()})
    large = picture(10, (70, 110)) * 0.4
    assert_equal(*(objective_of(size, how, style=large) for how in (tiling, None)), size)


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("distance", ["gram", "mean_std"])
def test_tiles_equal_the_whole_at_any_strength(distance):
    size = (50, 60)
    tiling = Tiling(44, HALO, {name: stride(blocks) for name, blocks in BLOCKS.items()})
    tiled, whole = (objective_of(size, how, style_distance=distance) for how in (tiling, None))
    for strength in (10, 60):
        for objective in (tiled, whole):
            objectives.set_strength(objective, picture(1, size), strength, 1e4, 1e-3)
        assert_equal(tiled, whole, size)


@pytest.mark.usefixtures("eagerly")
def test_the_sliced_distance_needs_the_whole_picture():
    tiling = Tiling(44, HALO, {name: stride(blocks) for name, blocks in BLOCKS.items()})
    with pytest.raises(ns.StyleError, match="style_distance: sliced needs the whole picture"):
        objective_of((50, 60), tiling, style_distance="sliced")
    whole = objective_of((40, 44), tiling, style_distance="sliced")
    assert float(whole(tf.constant(picture(2, (40, 44))))["style"]) > 0


@pytest.mark.usefixtures("eagerly")
def test_without_its_halo_a_tile_is_wrong():
    """That the tests above can fail."""
    size = (60, 60)
    strides = {name: stride(blocks) for name, blocks in BLOCKS.items()}
    with pytest.raises(AssertionError):
        assert_equal(objective_of(size, Tiling(32, 4, strides)), objective_of(size), size)


@pytest.mark.usefixtures("eagerly")
def test_weights_take_effect_at_the_next_evaluation():
    size = (50, 60)
    tiled = objective_of(size, Tiling(44, HALO, {n: stride(b) for n, b in BLOCKS.items()}))
    tiled.value_and_gradient(tf.constant(picture(2, size)), tf.constant(1.0))
    changed = {"content_weight": 50.0, "style_layer_weights": [3.0, 0.0, 1.0]}
    tiled.weigh(objectives.terms_of(**(SETTINGS | changed)))
    assert_equal(tiled, objective_of(size, **changed), size)


def test_one_trace_for_each_shape_of_tiles():
    traces = []

    def counted(image):
        traces.append(tuple(image.shape))
        return network()(image)

    size = (100, 150)
    tiling = Tiling(44, HALO, {name: stride(blocks) for name, blocks in BLOCKS.items()})
    tiled = objective_of(size, tiling, features=counted)
    image = tf.constant(picture(2, size))
    traces.clear()
    for _ in range(2):
        tiled.value_and_gradient(image, tf.constant(1.0))
    assert len(tiling.cut(size)) > 20
    assert len(traces) == 2 * len(set(traces)) <= 8  # two passes


def test_optimisers_go_the_same_way_over_tiles():
    size = (50, 60)
    tiling = Tiling(44, HALO, {name: stride(blocks) for name, blocks in BLOCKS.items()})
    for name in ("adam", "lbfgs"):
        whole, tiled = (
            list(OPTIMIZERS[name].minimize(loss, tf.constant(picture(2, size)), 4))[-1]
            for loss in (objective_of(size), objective_of(size, tiling))
        )
        assert tiled.total == pytest.approx(whole.total, rel=1e-3)
        assert tiled.total < 0.9 * float(objective_of(size)(picture(2, size))["total"])


class Shortage:
    """Makes every evaluation of more than so many pixels run out of memory."""

    def __init__(self, pixels: float, error: Exception):
        self.pixels, self.error = pixels, error
        self.raised = 0

    def __call__(self, image: tf.Tensor):
        if math.prod(image.shape[1:3]) > self.pixels and not tf.inside_function():
            self.raised += 1
            raise self.error
        return network()(image)


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize(
    "error", [tf.errors.ResourceExhaustedError(None, None, "OOM"), MemoryError()]
)
def test_memory_that_runs_out_makes_the_tiles_smaller(error: Exception):
    """The step is taken again, and is that of the whole picture."""
    size = (250, 300)
    features = Shortage(math.inf, error)
    tiling = Tiling.of(BLOCKS, 304)
    tiled = objective_of(size, tiling, features=features)
    assert tiled.tiled.tiling == tiling
    # Tiles of 0.7 times 304, which is 208 on the grid, have crops of 140 x 164: still too many.
    features.pixels = 140 * 164 - 1
    assert_equal(tiled, objective_of(size), size)
    assert tiled.tiled.tiling.side == 128
    assert features.raised == 2


@pytest.mark.usefixtures("eagerly")
def test_memory_that_runs_out_for_the_targets():
    features = Shortage(200 * 200, MemoryError())
    tiled = objective_of((250, 300), Tiling.of(BLOCKS, 304), features=features)
    assert_equal(tiled, objective_of((250, 300)), (250, 300))


@pytest.mark.usefixtures("eagerly")
def test_memory_that_does_not_do_for_the_smallest_tiles():
    features = Shortage(1000, MemoryError())
    with pytest.raises(ns.StyleError, match="even for tiles of 128 pixels: use a smaller max_size"):
        objective_of((250, 300), Tiling.of(BLOCKS, 304), features=features)
    with pytest.raises(MemoryError):
        objective_of((250, 300), features=features)


def config(**changes) -> ns.Config:
    array = np.zeros((32, 32, 3), np.uint8)
    return ns.Config(**({"content_img": array, "style_imgs": [array]} | changes))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("4G", 4 * 2**30),
        ("800M", 800 * 2**20),
        ("1.5g", 3 * 2**29),
        (".5 GB", 2**29),
        ("2GiB", 2**31),
        ("1T", 2**40),
        ("free", None),
        ("FREE", None),
    ],
)
def test_max_memory(text: str, count: int | None):
    assert config(max_memory=text).max_memory_bytes == count


@pytest.mark.parametrize("text", ["4", "0G", "-4G", "4X", "", "G", "4G4", "all", "1e3M", "0.0001K"])
def test_max_memory_that_is_none(text: str):
    with pytest.raises(ns.StyleError, match=r"max_memory: received .* such as 4G or 800M, or free"):
        config(max_memory=text)


def test_a_picture_that_fits_is_one_tile():
    settings_ = config(max_memory="64G", model_weights="compact")
    assert len(memory.plan(settings_, (500, 700)).cut((500, 700))) == 1


def test_a_run_that_goes_on_keeps_its_tiles():
    settings_ = config(max_memory="64G")
    assert memory.plan(settings_, (700, 900), 400).side == 400


@given(height=st.integers(600, 5000), width=st.integers(600, 5000), gigabytes=st.floats(2, 20))
@settings(max_examples=40, deadline=None)
def test_tiles_are_the_largest_that_fit(height: int, width: int, gigabytes: float):
    settings_ = config(max_memory=f"{gigabytes}G", optimizer="adam")
    size, limit = (height, width), gigabytes * 2**30
    try:
        side = memory.plan(settings_, size).side
    except ns.StyleError:
        assert memory.estimate_peak(settings_, size, 320) > limit
        return
    assert memory.estimate_peak(settings_, size, side) <= limit
    if side < max(size):
        assert memory.estimate_peak(settings_, size, side + 16) > limit


# By benchmarks/large.py, Adam in bfloat16; the operating system's figures.
@pytest.mark.parametrize(
    ("weights", "size", "side", "peak"),
    [
        ("compact", (1024, 1024), 1024, 1.46e9),
        ("compact", (2160, 3840), 1152, 2.68e9),
        ("compact", (2160, 3840), 2144, 3.69e9),
        ("compact", (2160, 3840), 3824, 5.10e9),
        ("compact", (4320, 7680), 2032, 7.77e9),
        ("vgg19.h5", (1024, 1024), 1024, 2.02e9),
        ("vgg19.h5", (1536, 2048), 832, 1.91e9),
        ("vgg19.h5", (1536, 2048), 1520, 2.26e9),
        ("vgg19.h5", (4320, 7680), 1184, 7.71e9),
    ],
)
def test_estimates_are_near_what_was_measured(weights, size, side, peak):
    settings_ = config(model_weights=weights, optimizer="adam", precision="bfloat16")
    assert 0.98 * peak < memory.estimate_peak(settings_, size, side) < 1.2 * peak


def test_estimates_grow_with_what_is_asked_for():
    size = (1000, 1000)
    plain = memory.estimate_peak(config(), size)
    assert memory.estimate_peak(config(model_weights="compact"), size) < plain
    assert memory.estimate_peak(config(), size, 500) < plain
    assert memory.estimate_peak(config(optimizer="adam"), size) < plain
    assert memory.estimate_peak(config(precision="bfloat16"), size) < plain
    assert memory.estimate_peak(config(precision="float16"), size) > plain
    assert memory.estimate_peak(config(), (1000, 1100)) > plain
    assert memory.estimate_peak(config(style_layers=["relu1_1"]), size) < plain
    masks = {"style_mask": True, "style_mask_imgs": [np.full((9, 9), 255, np.uint8)]}
    assert memory.estimate_peak(config(**masks), size) > plain
    assert memory.estimate_peak(config(), size, regions=1) > plain
    for weights in ({}, {"model_weights": "compact"}):  # the same for both, VGG's channels
        gram = memory.estimate_peak(config(**weights), size)
        sliced = memory.estimate_peak(config(**weights, style_distance="sliced"), size)
        assert sliced - gram == pytest.approx(16 * (64 + 32 + 16 + 8 + 2) * 1e6, abs=2)


def test_matching_colours_counts_where_it_takes_more_than_painting():
    plain = config(optimizer="adam")
    matched = config(optimizer="adam", transfer="style", color_match="histogram_lab")
    for size, side, times in [((1000, 1000), None, 1.0), ((8000, 8000), 320, 1.2)]:
        peaks = [memory.estimate_peak(each, size, side) for each in (plain, matched)]
        assert peaks[1] / peaks[0] == pytest.approx(times, abs=0.1 * (times > 1))


def test_sides_of_a_small_picture():
    layers = blocks_by_layer("vgg19", VGG_LAYERS)
    assert list(sides((100, 200), layers)) == [320]
    assert list(sides((340, 350), layers)) == [352, 336, 320]


def test_free_memory_is_what_there_is():
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 2**28 < memory.available() < total
    found, free = machine.of_machine()
    assert 0 < free < found <= total


@pytest.mark.parametrize("version", [1, 2])
def test_in_a_container_memory_is_what_is_left_to_it(tmp_path, monkeypatch, version: int):
    names = {
        1: ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
        2: ("memory.max", "memory.current"),
    }
    (tmp_path / "memory").mkdir()
    for name, count in zip(names[version], (2**26, 2**24), strict=True):
        (tmp_path / name).write_text(f"{count}\n")
    monkeypatch.setattr(machine, "GROUPS", tmp_path)
    assert machine.of_machine() == (2**26, 2**26 - 2**24)
    (tmp_path / names[version][0]).write_text("max\n")  # no limit
    assert machine.of_machine()[0] > 2**28


def test_memory_of_a_system_that_tells_little(tmp_path, monkeypatch):
    """Without Linux's files there is but the total; without that, nothing."""
    monkeypatch.setattr(machine, "GROUPS", tmp_path)
    monkeypatch.setattr(machine, "_number", lambda path, key: None)
    monkeypatch.setattr(machine.os, "sysconf", lambda name: 2**20)
    assert machine.of_machine() == (2**40, None)
    assert memory.available() == int(machine.SHARE * 2**40)
    monkeypatch.delattr(machine.os, "sysconf")
    assert machine.of_machine() == (None, None)
    assert memory.available() is None


def test_memory_that_no_tile_fits_into(run_cli, tmp_path, photograph):
    path = tmp_path / "photograph.png"
    ns_picture(path, photograph)
    code, _, error = run_cli(
        *("-content_img", path, "-style_imgs", path, "-model_weights", "compact"),
        *("-max_memory", "100M", "-img_output_dir", tmp_path),
    )
    assert code == 1
    assert "48 x 40 pixels takes at least" in error
    assert "max_memory is 100M: use a smaller max_size or the optimizer adam, or raise" in error


def ns_picture(path, array) -> None:
    from neural_style.images.picture import Picture
    from neural_style.images.write import write_picture

    write_picture(path, Picture(array.astype(np.float32)))


def test_what_does_not_fit_is_painted_in_tiles(monkeypatch, caplog):
    """One line says so, and the picture is that of the whole."""
    size = (150, 160)
    array = picture(5, size)[0]
    settings_ = config(
        content_img=array,
        style_imgs=[picture(6, size)[0]],
        model_weights="compact",
        content_layers=["relu3_1"],
        style_layers=["relu1_1", "relu2_1"],
        optimizer="adam",
        max_iterations=2,
        max_memory="64G",
        precision="float32",
    )
    whole = ns.stylize(settings_)
    limit = memory.estimate_peak(settings_, size, 128) + 1000
    monkeypatch.setattr(ns.Config, "max_memory_bytes", limit)
    monkeypatch.setattr(logging.getLogger("neural_style"), "propagate", True)  # cli turns it off
    with caplog.at_level(logging.INFO, "neural_style"):
        tiled = ns.stylize(settings_)
    (line,) = {record.message for record in caplog.records if "tiles" in record.message}
    assert "painting in 4 tiles of 100 px, to take no more than" in line
    assert tiled.history[-1].total == pytest.approx(whole.history[-1].total, rel=1e-4)
