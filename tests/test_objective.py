"""The whole loss: weights, layers, masks, styles, on a network of two small layers."""

import numpy as np
import pytest
import tensorflow as tf

from neural_style.losses import content_loss, gram, squared_distance, style_loss
from neural_style.masks import mask_at
from neural_style.objective import Objective

KERNEL = tf.constant(np.random.default_rng(9).normal(size=(3, 3, 3, 4)), tf.float32)


def features(image: tf.Tensor) -> dict[str, tf.Tensor]:
    """Two layers, the second of half the size."""
    first = tf.nn.relu(tf.nn.conv2d(image / 100, KERNEL, 1, "SAME"))
    return {"first": first, "second": tf.nn.avg_pool2d(first, 2, 2, "SAME")}


def picture(seed: int) -> tf.Tensor:
    values = np.random.default_rng(seed).uniform(0, 255, (1, 7, 9, 3))
    return tf.constant(values, tf.float32)


def objective(styles: int = 1, masks=None, **changes) -> Objective:
    settings = {
        "content_layers": ["second"],
        "style_layers": ["first", "second"],
        "content_weight": 5.0,
        "style_weight": 1e4,
        "tv_weight": 1e-3,
        "content_layer_weights": [1.0],
        "style_layer_weights": [1.0, 1.0],
        "style_weights": [1.0] * styles,
    }
    pictures = [picture(10 + k) for k in range(styles)]
    return Objective(features, picture(1), pictures, masks, **(settings | changes))


def test_terms_by_hand():
    """Layer weights sum to 1 and are divided by the number of layers; total is weighted."""
    image = picture(2)
    seen, content, style = features(image), features(picture(1)), features(picture(10))
    layer = {}
    for name in ("first", "second"):
        positions = np.prod(seen[name].shape[1:3])
        target = gram(style[name])[None]
        layer[name] = style_loss(gram(seen[name]), target, tf.ones(1), positions)
    expected = {
        "content": content_loss(
            squared_distance(seen["second"], content["second"]), tf.size(seen["second"]).numpy()
        ),
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
    loss = objective(2)

    @tf.function
    def run(image):
        traces.append(None)
        return loss(image)

    before = run(picture(2))
    loss.content_weight.assign(50.0)
    loss.style_weights.assign([0.0, 1.0])
    loss.style_layer_weights.assign([0.0, 1.0])
    after = run(picture(2))
    assert len(traces) == 1
    changed = {"style_weights": [0.0, 1.0], "style_layer_weights": [0.0, 1.0]}
    expected = objective(2, content_weight=50.0, **changed)(picture(2))
    assert float(after["total"]) == pytest.approx(float(expected["total"]), rel=1e-5)
    assert float(after["total"]) != pytest.approx(float(before["total"]), rel=1e-2)


def test_without_styles_or_content_layers():
    assert float(objective(0)(picture(2))["style"]) == 0
    none = objective(1, content_layers=[], content_layer_weights=[])
    assert float(none(picture(2))["content"]) == 0
