"""The whole loss: weights, layers, masks, styles, on a network of two small layers."""

import numpy as np
import pytest
import tensorflow as tf
from objectives import objective_of, set_strength, terms_of

from neural_style.guidance.masks import mask_at, region_at
from neural_style.losses.content import content_loss, squared_distance
from neural_style.losses.gram import gram
from neural_style.losses.style import one_mask_each
from neural_style.losses.style_distances import STYLE_DISTANCES, style_loss
from neural_style.losses.term import Guide
from neural_style.transfer.objective import Objective

KERNEL = tf.constant(np.random.default_rng(9).normal(size=(3, 3, 3, 4)), tf.float32)


def features(image: tf.Tensor) -> dict[str, tf.Tensor]:
    """Two layers, the second of half the size."""
    first = tf.nn.relu(tf.nn.conv2d(image / 100, KERNEL, 1, "SAME"))
    return {"first": first, "second": tf.nn.avg_pool2d(first, 2, 2, "SAME")}


def picture(seed: int) -> tf.Tensor:
    values = np.random.default_rng(seed).uniform(0, 255, (1, 7, 9, 3))
    return tf.constant(values, tf.float32)


def objective(
    styles: int = 1,
    masks=None,
    guides=None,
    features=features,
    photograph=None,
    style=None,
    **changes,
) -> Objective:
    pictures = [picture(10 + k) if style is None else style for k in range(styles)]
    guides = one_mask_each(masks) if masks else guides
    photograph = picture(1) if photograph is None else photograph
    return objective_of(features, photograph, pictures, guides, **settings(styles, **changes))


def settings(styles: int = 1, **changes) -> dict:
    weights = {"content_weight": 5.0, "style_weight": 1e4, "tv_weight": 1e-3}
    layers = {"content_layers": ["second"], "style_layers": ["first", "second"]}
    return {**weights, **layers, "style_weights": [1.0] * styles, **changes}


def test_terms_by_hand():
    """Layer weights sum to 1 and are divided by the number of layers; total is weighted."""
    image = picture(2)
    seen, content, style = features(image), features(picture(1)), features(picture(10))
    layer = {}
    for name in ("first", "second"):
        positions = np.prod(seen[name].shape[1:3])
        target = gram(style[name])
        layer[name] = style_loss(gram(seen[name]), target, tf.ones(1), positions)[0]
    expected = {
        "content": content_loss(
            squared_distance(seen["second"], content["second"]), tf.size(seen["second"]).numpy()
        )[0],
        "style": (0.25 * layer["first"] + 0.75 * layer["second"]) / 2,
        "tv": tf.reduce_sum(tf.image.total_variation(image)),
    }
    terms = objective(style_layer_weights=[1.0, 3.0])(image)
    for name, value in expected.items():
        assert float(terms[name]) == pytest.approx(float(value), rel=1e-5)
    total = 5 * terms["content"] + 1e4 * terms["style"] + 1e-3 * terms["tv"]
    assert float(terms["total"]) == pytest.approx(float(total), rel=1e-6)


def test_the_pictures_themselves_cost_nothing():
    assert float(objective()(picture(1))["content"]) == pytest.approx(0, abs=1e-6)
    assert float(objective()(picture(10))["style"]) == pytest.approx(0, abs=1e-6)


def test_styles_are_weighted_and_divided_by_their_number():
    image = picture(2)
    single = [
        objective(2, style_weights=weights)(image)["style"] for weights in ([1.0, 0], [0, 1.0])
    ]
    both = objective(2, style_weights=[1.0, 3.0])(image)["style"]
    assert float(both) == pytest.approx(float(0.25 * single[0] + 0.75 * single[1]), rel=1e-4)
    alone = objective(1)(image)["style"]
    assert float(single[0]) == pytest.approx(float(alone) / 2, rel=1e-4)


@pytest.mark.parametrize("styles", [1, 2])
def test_masks_of_ones_equal_no_masks(styles: int):
    ones = [mask_at(np.full((7, 9), 255, np.float32))] * styles
    weights = {"style_weights": [0.3, 0.7][:styles]}
    masked, plain = objective(styles, ones, **weights), objective(styles, **weights)
    for image in (picture(2), picture(3)):
        for name, value in plain(image).items():
            assert float(masked(image)[name]) == pytest.approx(float(value), rel=1e-4)


def test_masked_style_reaches_only_where_its_mask_is_white():
    mask = np.zeros((7, 9), np.float32)
    mask[:, :4] = 255
    masked = objective(1, [mask_at(mask)], content_weight=0.0, tv_weight=0.0)
    image = picture(2)
    with tf.GradientTape() as tape:
        tape.watch(image)
        total = masked(image)["total"]
    strength = tf.reduce_sum(tf.abs(tape.gradient(total, image)), [0, 1, 3])
    assert np.all(strength[:4] > 0)
    np.testing.assert_array_equal(strength[7:], 0)  # beyond area, pooling and convolution


def test_gradient_against_finite_differences():
    loss = objective(2, style_weight=10.0)
    image = picture(2)
    with tf.GradientTape() as tape:
        tape.watch(image)
        total = loss(image)["total"]
    gradient = tape.gradient(total, image)
    # Along the gradient, where the change is large against float32's rounding of the loss.
    direction = gradient / tf.norm(gradient)
    slope = float(tf.reduce_sum(gradient * direction))
    above, below = (float(loss(image + h * direction)["total"]) for h in (2.0, -2.0))
    assert slope == pytest.approx((above - below) / 4, rel=1e-2)


def test_eager_equals_graph():
    loss = objective(2)
    eager, graph = loss(picture(2)), tf.function(loss)(picture(2))
    for name, value in eager.items():
        assert float(graph[name]) == pytest.approx(float(value), rel=1e-5)


def test_changing_a_weight_costs_no_new_trace():
    traces = []

    def counted(image):
        traces.append(None)
        return features(image)

    loss = objective(2, features=counted)

    def evaluate() -> float:
        return float(loss.value_and_gradient(picture(2), tf.constant(1.0))[0]["total"])

    before = evaluate()
    count = len(traces)
    changed = {
        "content_weight": 50.0,
        "style_weights": [0.0, 1.0],
        "style_layer_weights": [0.0, 1.0],
    }
    loss.weigh(terms_of(**settings(2, **changed)))
    after = evaluate()
    assert len(traces) == count
    expected = objective(2, **changed)(picture(2))
    assert after == pytest.approx(float(expected["total"]), rel=1e-5)
    assert after != pytest.approx(before, rel=1e-2)


def spread(image: tf.Tensor) -> dict[str, tf.Tensor]:
    """Two layers of single pixels, so that positions do not know their neighbours."""
    kernel = tf.constant(np.random.default_rng(1).normal(size=(1, 1, 3, 4)), tf.float32)
    first = tf.nn.relu(tf.nn.conv2d(image / 100, kernel, 1, "SAME"))
    return {"first": first, "second": first}


class TestStrength:
    """One number in place of the ratio of the weights of content and style."""

    def test_the_ends(self):
        loss = objective()
        set_strength(loss, picture(1), 100, 1e4, 1e-3)
        assert float(loss.weights["content"]) == 0 < float(loss.weights["style"])
        set_strength(loss, picture(1), 0, 1e4, 1e-3)
        assert (
            float(loss.weights["style"])
            == float(loss.weights["tv"])
            == 0
            < float(loss.weights["content"])
        )
        terms, gradient = loss.value_and_gradient(picture(1), tf.constant(1.0))
        assert float(terms["total"]) == 0
        np.testing.assert_array_equal(gradient, 0)

    @pytest.mark.parametrize("distance", STYLE_DISTANCES)
    def test_by_hand(self, distance):
        """At 50 the whole style counts four times the whole content."""
        loss = objective(2, style_distance=distance)
        flat = tf.zeros([1, 7, 9, 3]) + tf.reduce_mean(picture(1), [1, 2], keepdims=True)
        set_strength(loss, picture(1), 50, 1e4, 1e-3)
        terms = loss(flat)
        content = float(loss.weights["content"] * terms["content"])
        style = float(loss.weights["style"] * terms["style"])
        assert style == pytest.approx(4 * content, rel=1e-3)
        set_strength(loss, picture(1), 80, 1e4, 1e-3)
        assert float(loss.weights["style"] * terms["style"]) == pytest.approx(
            4 * 4**1.5 * float(loss.weights["content"] * terms["content"]), rel=1e-3
        )

    def test_smoothness_keeps_its_weight_beside_the_style(self):
        loss = objective()
        for strength in (3, 50, 100):
            set_strength(loss, picture(1), strength, 1e4, 5e-2)
            assert float(loss.weights["tv"] / loss.weights["style"]) == pytest.approx(
                5e-6, rel=1e-5
            )

    def test_the_units_of_the_losses_do_not_matter(self):
        """The gradient has one direction, whatever factors the losses have."""
        losses = objective(), objective(content_loss_function=3)
        for strength in (1, 30, 70, 99):
            directions = []
            for loss, style_weight in zip(losses, (1e4, 3.0), strict=True):
                set_strength(loss, picture(1), strength, style_weight, 0.0)
                _, gradient = loss.value_and_gradient(picture(2), tf.constant(1.0))
                directions.append(gradient / tf.norm(gradient))
            np.testing.assert_allclose(*directions, atol=1e-4)

    @pytest.mark.parametrize("by_area", [True, False])
    def test_inside_a_mask_it_is_that_of_the_whole(self, by_area):
        """Of a picture beside its double, one is painted: as if it were alone."""
        left = np.zeros((7, 18), np.float32)
        left[:, :9] = 255
        image, photograph, style = (tf.concat([picture(k)] * 2, 2) for k in (2, 1, 10))
        gradients = []
        for guides in (None, one_mask_each([mask_at(left)])):
            loss = objective(
                guides=guides,
                features=spread,
                photograph=photograph,
                style=style,
                by_area=by_area,
            )
            set_strength(loss, photograph, 40, 1e4, 0.0)
            _, gradient = loss.value_and_gradient(image, tf.constant(1.0))
            gradients.append(gradient[:, :, :9] / tf.norm(gradient[:, :, :9]))
        np.testing.assert_allclose(*gradients, atol=1e-4)

    def test_it_costs_no_new_trace(self):
        loss = objective(2)
        set_strength(loss, picture(1), 30, 1e4, 1e-3)
        traced = loss.tiled.graphs.whole.experimental_get_tracing_count()
        before = loss.value_and_gradient(picture(2), tf.constant(1.0))[0]["total"]
        set_strength(loss, picture(1), 90, 1e4, 1e-3)
        after = loss.value_and_gradient(picture(2), tf.constant(1.0))[0]["total"]
        assert loss.tiled.graphs.whole.experimental_get_tracing_count() == traced
        assert float(after) != pytest.approx(float(before), rel=1e-2)

    def test_a_flat_photograph_has_nothing_to_lose(self):
        grey = tf.fill([1, 7, 9, 3], 100.0)
        loss = objective(features=spread, photograph=grey)
        set_strength(loss, grey, 50, 1e4, 1e-3)
        assert np.isfinite(float(loss.weights["content"]))
        assert np.isfinite(float(loss(picture(2))["total"]))


def test_without_styles_or_content_layers():
    assert float(objective(0)(picture(2))["style"]) == 0
    none = objective(1, content_layers=[], content_layer_weights=[])
    assert float(none(picture(2))["content"]) == 0


@pytest.mark.parametrize(
    ("distance", "content"),
    [
        ("gram", "raw"),
        ("wasserstein", "centred"),
        ("mean_std", "normalised"),
        ("sliced", "raw"),
    ],
)
def test_a_batch_gives_the_sums_of_its_pictures(distance: str, content: str):
    """Each term has one value a picture, and each picture the gradient that it has alone."""
    images = [picture(2), picture(3)]
    loss = objective(style_distance=distance, content_distance=content)
    terms, gradient = loss.value_and_gradient(tf.concat(images, 0), tf.constant(1.0))
    alone = [loss.value_and_gradient(image, tf.constant(1.0)) for image in images]
    for name, value in terms.items():
        expected = sum(float(terms_of_one[name]) for terms_of_one, _ in alone)
        assert float(value) == pytest.approx(expected, rel=1e-4)
    expected = np.concatenate([of_one for _, of_one in alone], 0)
    largest = np.abs(expected).max()
    np.testing.assert_allclose(gradient, expected, rtol=1e-3, atol=1e-4 * largest)


def parts(seed: int, count: int = 3) -> list[np.ndarray]:
    """Return the masks of regions that divide a picture, [7, 9] each."""
    labels = np.random.default_rng(seed).integers(0, count, (7, 9))
    return [(labels == label).astype(np.float32) for label in range(count)]


def guided(guides: list[Guide], styles: int = 1, **changes) -> Objective:
    return objective(styles, guides=guides, by_area=True, **changes)


def test_guided_gram_matrices_of_a_partition_add_up_to_the_whole():
    """Also where the layer's positions are larger than the pixels and lie in two regions."""
    guides = [Guide(region_at(part), [(0, region_at(part))], [0]) for part in parts(4)]
    loss = guided(guides)
    for image in (picture(2), picture(3)):
        sums = loss.tiled.graphs.sums_of(image, None, loss.maps)["style"]
        for name, activations in features(image).items():
            np.testing.assert_allclose(tf.reduce_sum(sums[name], 0), gram(activations), rtol=1e-5)


def test_each_region_is_compared_with_its_counterpart_by_area():
    """By hand: means over the region against means over the style's, by the region's share."""
    own, theirs = parts(4, 2), parts(5, 2)
    guides = [
        Guide(region_at(a), [(0, region_at(b))], [0]) for a, b in zip(own, theirs, strict=True)
    ]
    changes = {"style_layers": ["first"], "style_layer_weights": [1.0]}
    found = guided(guides, **changes)(picture(2))["style"]
    image, style = features(picture(2))["first"][0], features(picture(10))["first"][0]
    expected = 0.0
    for a, b in zip(own, theirs, strict=True):
        pixels, wanted = image.numpy()[a > 0], style.numpy()[b > 0]
        means = pixels.T @ pixels / a.sum(), wanted.T @ wanted / b.sum()
        expected += a.mean() * np.square(means[0] - means[1]).sum() / (4 * 4**2)
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_one_region_equals_no_masks():
    ones = region_at(np.ones((7, 9), np.float32))
    guide = Guide(ones, [(0, ones), (1, ones)], [0, 1])
    weights = {"style_weights": [0.3, 0.7]}
    found, plain = guided([guide], 2, **weights), objective(2, **weights)
    for name, value in plain(picture(2)).items():
        assert float(found(picture(2))[name]) == pytest.approx(float(value), rel=1e-5)


@pytest.mark.parametrize("styles", [1, 2])
def test_masks_of_ones_equal_no_masks_by_area_too(styles: int):
    ones = one_mask_each([mask_at(np.full((7, 9), 255, np.float32))] * styles)
    weights = {"style_weights": [0.3, 0.7][:styles]}
    found, plain = guided(ones, styles, **weights), objective(styles, **weights)
    for name, value in plain(picture(2)).items():
        assert float(found(picture(2))[name]) == pytest.approx(float(value), rel=1e-5)


def test_a_small_region_is_drawn_as_strongly_as_a_large_one():
    """The style's term of a region does not depend on what else is in the picture."""
    left = np.zeros((7, 9), np.float32)
    left[:, :3] = 1
    whole = region_at(np.ones((7, 9), np.float32))
    gradients = []
    for guides in (
        [Guide(region_at(left), [(0, whole)], [0]), Guide(region_at(1 - left), [(0, whole)], [0])],
        [Guide(region_at(left), [(0, whole)], [0])],
    ):
        loss = guided(guides, content_weight=0.0, tv_weight=0.0)
        _, gradient = loss.value_and_gradient(picture(2), tf.constant(1.0))
        gradients.append(gradient.numpy()[:, :, 0])
    np.testing.assert_allclose(*gradients, rtol=1e-4)
    assert np.abs(gradients[0]).max() > 0


def test_regions_of_several_styles():
    """A style alone in its region has it as if it were alone; of two, weights count."""
    own, theirs = parts(4, 2), [region_at(part) for part in parts(5, 2)]
    first, second = map(region_at, own)
    both = [Guide(first, [(0, theirs[0])], [0]), Guide(second, [(1, theirs[1])], [1])]
    found = guided(both, 2, style_weights=[0.2, 0.8])(picture(2))["style"]
    alone = [
        guided([guide], 2, style_weights=weights)(picture(2))["style"]
        for guide, weights in zip(both, ([1.0, 0], [0, 1.0]), strict=True)
    ]
    assert float(found) == pytest.approx(float(alone[0] + alone[1]), rel=1e-4)
    mixed = guided([Guide(first, [(0, theirs[0]), (1, theirs[0])], [0, 1])], 2)
    singles = [
        guided([Guide(first, [(k, theirs[0])], [k])], 2)(picture(2))["style"] for k in (0, 1)
    ]
    mixed.weigh(terms_of(**settings(2, by_area=True, style_weights=[1.0, 3.0])))
    expected = (0.25 * singles[0] + 0.75 * singles[1]) / 2
    assert float(mixed(picture(2))["style"]) == pytest.approx(float(expected), rel=1e-4)


def test_a_style_without_weight_leaves_its_region_alone():
    guide = Guide(region_at(parts(4)[0]), [(0, region_at(parts(5)[0]))], [0])
    loss = guided([guide], 2, style_weights=[0.0, 1.0], content_weight=0.0, tv_weight=0.0)
    terms, gradient = loss.value_and_gradient(picture(2), tf.constant(1.0))
    assert float(terms["style"]) == 0
    np.testing.assert_array_equal(gradient, 0)


def test_the_features_of_a_style_are_computed_once_for_all_its_regions():
    calls = []

    def counted(image):
        tf.py_function(lambda: calls.append(None), [], [])
        return features(image)

    guides = [Guide(region_at(part), [(0, region_at(part))], [0]) for part in parts(4, 5)]
    counts = []
    for used in (guides[:1], guides):
        calls.clear()
        guided(used, features=counted)
        counts.append(len(calls))
    assert counts[0] == counts[1]


def test_styles_of_another_size_are_compared_by_their_means():
    """A style tiled twice over has twice the positions and the same style."""
    wide = tf.concat([picture(10)] * 2, 2)
    kernel = tf.constant(np.random.default_rng(1).normal(size=(1, 1, 3, 4)), tf.float32)

    def pointwise(image):
        return {"first": tf.nn.relu(tf.nn.conv2d(image / 100, kernel, 1, "SAME"))}

    def loss(style, distance: str, guides=None) -> float:
        objective = objective_of(
            pointwise,
            picture(1),
            [style],
            guides,
            content_layers=[],
            style_layers=["first"],
            style_distance=distance,
            by_area=guides is not None,
        )
        return float(objective(picture(2))["style"])

    ones = region_at(np.ones((7, 9), np.float32))
    for distance in STYLE_DISTANCES:
        expected = pytest.approx(loss(picture(10), distance), rel=1e-3)
        assert loss(wide, distance) == expected
        assert loss(wide, distance, [Guide(ones, [(0, ones)], [0])]) == expected


def test_styles_in_layers_of_their_own():
    """In each layer a style counts as if it were alone; where both are compared, as two."""
    image, layers = picture(2), [["first"], ["second"]]
    found = objective(2, layers_of_styles=layers, style_weights=[1.0, 5.0])(image)["style"]
    alone = [
        objective(2, layers_of_styles=[[name]] * 2, style_weights=weights)(image)["style"]
        for name, weights in (("first", [1.0, 0.0]), ("second", [0.0, 1.0]))
    ]
    # Alone, too, each is one of two styles of its layer.
    assert float(found) == pytest.approx(2 * float(alone[0] + alone[1]), rel=1e-4)
    everywhere = objective(2, layers_of_styles=[["first", "second"]] * 2)(image)["style"]
    assert float(everywhere) == pytest.approx(float(objective(2)(image)["style"]), rel=1e-6)


@pytest.mark.parametrize("changes", [{"style_distance": name} for name in STYLE_DISTANCES])
def test_the_pictures_themselves_cost_nothing_in_any_distance(changes):
    apart = float(objective(**changes)(picture(2))["style"])
    assert apart > 0
    assert abs(float(objective(**changes)(picture(10))["style"])) < 1e-4 * apart


def test_smoothness_by_squares_is_the_same_at_every_size():
    """A picture and the same mirrored beside it: the seam adds nothing."""
    image = picture(2)
    for norm, factor in (("l1", 2), ("l2", 1)):
        terms = [
            objective(tv_norm=norm, content_layers=[], style_weight=0.0)(image)["tv"],
            objective_of(
                features,
                tf.concat([picture(1)] * 2, 2),
                [],
                None,
                content_layers=[],
                style_layers=[],
                content_weight=0.0,
                style_weight=0.0,
                tv_weight=1.0,
                content_layer_weights=[],
                style_layer_weights=[],
                style_weights=[],
                tv_norm=norm,
            )(tf.concat([image, image[:, :, ::-1]], 2))["tv"],
        ]
        assert float(terms[1]) == pytest.approx(factor * float(terms[0]), rel=1e-5)
