"""The whole way from a Config to a Result, and the loss of a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from neural_style.optimizers.step import Step
from neural_style.runtime.errors import StyleError
from neural_style.settings.config import Config
from neural_style.transfer.checkpoint import Checkpoints
from neural_style.transfer.pictures import Pictures, load_pictures
from neural_style.transfer.result import Result
from neural_style.transfer.stylizer import Stylizer


def stylize(
    config: Config,
    on_step: Callable[[Step], object] | None = None,
    pictures: Pictures | None = None,
    checkpoints: Checkpoints | None = None,
    adjust: Callable[[], Mapping[str, Any]] | None = None,
    **own: Any,
) -> Result:
    """Paint a photograph in the style of other pictures.

    For more than one, a `Stylizer` keeps what the next picture can use.

    Args:
        config: all settings. Settings of files (img_name, overwrite, resume, ...) are not looked
            at: nothing is written, but by `checkpoints`.
        on_step: called with a Step after each iteration; `step.image` is the image then. If it
            returns False, the run is stopped there.
        pictures: what `load_pictures(config)` has given, if it was called already.
        checkpoints: see `Stylizer.paint`.
        adjust: see `Stylizer.paint`.
        **own: terms, network, content_layers, style_layers and optimizer of your own, see
            `Stylizer`.

    Returns:
        The Result. Its picture is the one of least loss since the optimizer last began; after
        Ctrl-C, the best until then. `ended` tells how the run ended. Its config names the network
        and the precision that were used, where they were `auto`. With `transfer` color it is
        `recolor.recolor`'s, and with `strength` 0 the photograph, both without a step.

    Raises:
        StyleError: something that the user can mend; or the run has moved nothing.
        KeyboardInterrupt: Ctrl-C before there was anything to show.
    """
    with Stylizer(config, **own) as stylizer:
        return paint(stylizer, on_step, pictures, checkpoints=checkpoints, adjust=adjust)


def paint(
    stylizer: Stylizer,
    on_step: Callable[[Step], object] | None = None,
    pictures: Pictures | None = None,
    config: Config | None = None,
    checkpoints: Checkpoints | None = None,
    adjust: Callable[[], Mapping[str, Any]] | None = None,
) -> Result:
    """Paint one picture to its end, or until `on_step` returns False, or Ctrl-C.

    Arguments, result and errors as for `stylize` and `Stylizer.paint`.
    """
    interrupted = False
    try:
        for step in stylizer.paint(pictures, config, checkpoints, adjust):
            if on_step and on_step(step) is False:
                break
    except KeyboardInterrupt:
        if not stylizer.history:
            raise
        interrupted = True
    return stylizer.result(interrupted)


def evaluate(config: Config, image: np.ndarray) -> dict[str, Any]:
    """Compute the loss of an image, and its gradient, under a Config.

    Args:
        config: the settings. The precision `auto` is float32 here, whatever the device has: what
            judges pictures must not depend on the machine.
        image: [H, W, 3], RGB, in [0, 255] or beyond, of the photograph's reduced size.

    Returns:
        content, style and tv (floats, unweighted), total (weighted), and gradient (float32,
        [H, W, 3], of the total with respect to the image).

    Raises:
        StyleError: the image has another size; or as in `stylize`.
    """
    pictures = load_pictures(config)
    image = np.asarray(image, np.float32)
    if image.shape != pictures.content.shape:
        raise StyleError(
            f"image: received the shape {image.shape}, must be {pictures.content.shape} as the "
            "content's at this max_size"
        )
    if config.precision == "auto":
        config = replace(config, precision="float32")
    with Stylizer(config) as stylizer:
        objective = stylizer.objective(config, pictures)
        tensor = tf.constant(image[None])
        terms, gradient = objective.value_and_gradient(tensor, tf.constant(1.0))
    return {name: float(value) for name, value in terms.items()} | {"gradient": gradient.numpy()[0]}
