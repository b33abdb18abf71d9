"""What is set on the page becomes an order, and is shown again."""

import pytest
from stand_ins import make_page, values_of

from neural_style.runtime.errors import StyleError
from neural_style.studio import controls
from neural_style.studio.form import problem
from neural_style.studio.orders import MASKS, Order, StyleOrder


@pytest.fixture(scope="module")
def form():
    return make_page()[0]


def test_an_untouched_form_is_an_empty_order(form):
    order = form.order(values_of(form))
    assert (order.photograph, order.styles, order.where) == (None, (), "everywhere")
    assert set(order.settings) == set(controls.names())


def test_what_is_set_is_in_the_order(form):
    values = values_of(
        form,
        photograph="lake.png",
        style="ink.png",
        weight=None,  # an empty field
        mask="mask.png",
        where=MASKS,
        max_size=96,
        style_layers="relu1_1 relu2_1",
    )
    order = form.order(values)
    assert order.photograph == "lake.png"
    assert order.styles == (StyleOrder("ink.png", mask="mask.png"),)
    assert order.where == MASKS
    assert order.settings["max_size"] == 96
    assert order.settings["style_layers"] == ("relu1_1", "relu2_1")


def test_a_setting_that_cannot_be_read_is_said(form):
    with pytest.raises(StyleError, match="style_layers: received a quote that has no end"):
        form.order(values_of(form, style_layers="'relu1_1"))


def test_what_is_shown_of_an_order_is_that_order(form):
    values = values_of(form, photograph="lake.png", style="ink.png", weight=2.0, max_size=96)
    order = form.order(values)
    updates = form.show(order)
    assert form.order([updates[part] for part in form.inputs()]) == order


def test_places_without_a_style_are_emptied(form):
    updates = form.show(Order(styles=(StyleOrder("ink.png"),)))
    assert updates[form.pictures.styles[0].picture] == "ink.png"
    assert updates[form.pictures.styles[1].picture] is None


def test_a_preset_sets_the_controls(form):
    updates = form.show_preset("preview")
    assert set(updates) == set(form.settings.values())
    assert updates[form.settings["max_size"]] == 256
    assert form.show_preset("")[form.settings["max_size"]] != 256


def test_uploads_are_the_places_for_pictures(form):
    labels = [part.label for part in form.uploads()]
    assert labels[:2] == ["Photograph", "Regions: the photograph's label map"]
    assert len(labels) == 2 + 3 * len(form.pictures.styles)


def test_a_problem_is_text_and_no_html():
    assert problem(StyleError("<b> & more")) == '<p role="alert">&lt;b&gt; &amp; more</p>'
    assert problem() == ""
