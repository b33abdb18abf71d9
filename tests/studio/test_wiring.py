"""Every handler of the page receives what it asks for; nobody else may call the page's own."""

import inspect

import gradio as gr
import pytest
from gradio.helpers import special_args
from stand_ins import make_studio

from neural_style.studio.page import build

OPEN = {"paint", "preview", "stop", "mask"}


@pytest.fixture(scope="module")
def functions(tmp_path_factory) -> list:
    return list(build(make_studio(tmp_path_factory.mktemp("page"))).fns.values())


def test_every_handler_is_given_its_request_and_event(functions):
    """As Gradio calls it: what it does not put in, the handler would miss."""
    request, event = gr.Request(), gr.SelectData(None, {"index": 0, "value": ""})
    for function in functions:
        inputs = [None] * len(function.inputs)
        arguments, *_ = special_args(function.fn, inputs, request, event)
        bound = inspect.signature(function.fn).bind(*arguments).arguments
        for parameter in inspect.signature(function.fn, eval_str=True).parameters.values():
            if parameter.annotation is gr.Request:
                assert bound[parameter.name] is request, function.name


def test_programs_reach_the_api_alone(functions):
    public = {function.api_name for function in functions if function.api_visibility == "public"}
    assert public == OPEN
