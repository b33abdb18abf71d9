"""What must hold between the values of a Config, which are each allowed by themselves."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from neural_style.networks.layers import resolve_layer
from neural_style.runtime.errors import StyleError, did_you_mean, shown
from neural_style.settings.machine import parse_bytes

if TYPE_CHECKING:
    from neural_style.settings.config import Config

# Of weights relative to their sum, which float32 must hold.
MAX_SUM = 1e30


def check_all(config: Config) -> None:
    """Check what must hold between the values of a Config.

    Args:
        config: its values are converted, and within the limits of their fields.

    Raises:
        StyleError: the first thing that does not.
    """
    check_terms(config)
    check_styles(config)
    check_masks(config)
    check_regions(config)
    check_layers(config)
    check_colors(config)
    check_optimizer(config)
    check_scales(config)
    check_result(config)
    check_machine(config)


def check_terms(config: Config) -> None:
    """Check that something is painted, and the pictures that it needs are there."""
    if config.strength is not None and config.style_weight == 0:
        raise StyleError(
            f"strength: received {config.strength:g} with style_weight 0, which leaves no style "
            "to weigh: drop strength, or set style_weight above 0"
        )
    if config.content_weight == 0 == config.style_weight:
        raise StyleError(
            "content_weight and style_weight are both 0: set one above 0, or there is "
            "nothing to paint"
        )
    if config.content_img is None and config.active_layers()[0]:
        raise StyleError("content_img is missing: give the photograph to paint")
    if not config.style_imgs and config.style_weight > 0:
        raise StyleError("style_imgs is missing: give at least one picture to take style from")


def check_styles(config: Config) -> None:
    """Check the weights and sizes of the styles."""
    count = len(config.style_imgs)
    check_weights("style_imgs_weights", config.style_imgs_weights, count, "styles")
    if len(config.style_scale) not in (0, 1, count):
        raise StyleError(
            f"style_scale: received {len(config.style_scale)} for {count} styles; give one for "
            "all, one for each, or none"
        )


def check_masks(config: Config) -> None:
    """Check that each style has its mask, if any has."""
    if config.style_mask_imgs and not config.style_mask:
        raise StyleError(
            "style_mask_imgs is given but style_mask is off: add -style_mask, or drop the masks"
        )
    if config.style_mask and len(config.style_mask_imgs) != len(config.style_imgs):
        raise StyleError(
            f"style_mask_imgs: received {len(config.style_mask_imgs)} masks for "
            f"{len(config.style_imgs)} styles; give one for each style, in their order"
        )
    if config.keep_background and not config.style_mask:
        raise StyleError(
            "keep_background: there are no masks to tell what the background is: add "
            "-style_mask and style_mask_imgs"
        )
    if config.keep_background and config.content_img is None:
        raise StyleError("keep_background needs content_img; give the photograph")


def check_regions(config: Config) -> None:
    """Check that the photograph and each style have a label map, if any has."""
    if config.content_regions is None and not config.style_regions:
        return
    if config.content_regions is None:
        raise StyleError(
            "content_regions is missing: style_regions needs a label map of the photograph too"
        )
    if len(config.style_regions) != len(config.style_imgs):
        raise StyleError(
            f"style_regions: received {len(config.style_regions)} label maps for "
            f"{len(config.style_imgs)} styles; give one for each style, in their order"
        )
    if config.style_mask:
        raise StyleError(
            "style_mask: content_regions already says where styles go: drop the masks or the "
            "regions"
        )


def check_layers(config: Config) -> None:
    """Check that the network has the layers, and each has its weight."""
    for name, layers in [
        ("content_layers", config.content_layers),
        ("style_layers", config.style_layers),
    ]:
        if not layers:
            raise StyleError(f"{name}: received none, give at least one layer")
        try:
            resolved = {resolve_layer(layer, config.network) for layer in layers}
        except StyleError as error:
            raise StyleError(f"{name}: {error}") from None
        if len(resolved) < len(layers):
            raise StyleError(f"{name}: received {' '.join(layers)}, name each layer once")
    check_layers_of_styles(config)
    contents, styles = len(config.content_layers), len(config.style_layers)
    check_weights("content_layer_weights", config.content_layer_weights, contents, "content layers")
    check_weights("style_layer_weights", config.style_layer_weights, styles, "style layers")


def check_layers_of_styles(config: Config) -> None:
    """Check that the layers of each style are among the style_layers."""
    count = len(config.style_imgs_layers)
    if count not in (0, len(config.style_imgs)):
        raise StyleError(
            f"style_imgs_layers: received {count} entries for {len(config.style_imgs)} styles; "
            "give one for each, its layers joined by commas, or none"
        )
    for layer in [layer for layers in config.layers_of_styles() for layer in layers]:
        if layer not in config.style_layers:
            raise StyleError(
                f"style_imgs_layers: received {shown(layer)}, allowed are the style_layers "
                f"{', '.join(config.style_layers)}{did_you_mean(layer, config.style_layers)}"
            )


def check_colors(config: Config) -> None:
    """Check that the pictures whose colours are taken or kept are there."""
    if config.transfer == "color" and config.original_colors:
        raise StyleError(
            "transfer: color takes the styles' colours and original_colors keeps the "
            "photograph's: drop one of them"
        )
    matches = config.color_match != "auto"
    from_styles = config.transfer == "color" or (matches and not config.keeps_colors)
    name, value = ("color_match", config.color_match) if matches else ("transfer", config.transfer)
    if from_styles and not config.style_imgs:
        raise StyleError(
            f"{name}: {value} needs style_imgs, to take their colours; give at least one"
        )
    needs_photograph = config.transfer != "both" or (matches and config.keeps_colors)
    if needs_photograph and config.content_img is None:
        raise StyleError(f"{name}: {value} needs content_img; give the photograph")
    if from_styles and (config.style_mask or config.content_regions is not None):
        guides, noun = (
            ("style_mask", "masks") if config.style_mask else ("content_regions", "label maps")
        )
        raise StyleError(
            f"{guides}: {name} {value} gives a picture the styles' colours as a whole: drop the "
            f"{noun}"
        )
    if from_styles and config.transfer == "both" and config.color_convert_time == "before":
        raise StyleError(
            "color_convert_time: before makes the styles take the photograph's colours, which "
            "needs transfer style; with transfer both color_match gives the result the "
            "styles': use after"
        )


def check_optimizer(config: Config) -> None:
    """Check that the optimizer can do what is asked of it."""
    if config.resume and config.optimizer == "tfp_lbfgs":
        raise StyleError(
            "resume: optimizer tfp_lbfgs keeps no checkpoints to go on from; use lbfgs or adam"
        )
    if config.keep_in_range and config.optimizer == "tfp_lbfgs":
        raise StyleError("keep_in_range: optimizer tfp_lbfgs has no bounds; use lbfgs or adam")
    if not config.learning_rate > 0:
        raise StyleError(f"learning_rate: received {config.learning_rate:g}, must be above 0")


def check_scales(config: Config) -> None:
    """Check that each scale has an iteration and its share."""
    if config.scales > config.max_iterations:
        raise StyleError(
            f"scales: received {config.scales} with {config.max_iterations} iterations; each scale "
            "needs one: lower scales, or raise max_iterations"
        )
    if config.draft_weights and config.scales == 1:
        raise StyleError(
            f"draft_weights: received {config.draft_weights} with scales 1; it is for the scales "
            "before the last: give scales 2 or more"
        )
    check_weights("scale_shares", config.scale_shares, config.scales, "scales")


def check_result(config: Config) -> None:
    """Check that the result has the name of a file without folders."""
    name = config.img_name
    if os.path.basename(name) != name or name in ("", ".", ".."):
        raise StyleError(
            f"img_name: received {shown(name)}, must be a plain name; folders go into "
            "img_output_dir"
        )


def check_machine(config: Config) -> None:
    """Check that the device and the memory are written as they may be."""
    if not re.fullmatch("/(cpu|gpu):[0-9]{1,3}", config.device):
        raise StyleError(
            f"device: received {shown(config.device)}, allowed are /cpu:0, /gpu:0, /gpu:1, ..."
        )
    if config.max_memory.lower() != "free" and parse_bytes(config.max_memory) is None:
        raise StyleError(
            f"max_memory: received {shown(config.max_memory)}, must be a number with its unit such "
            "as 4G or 800M, or free"
        )


def check_weights(name: str, weights: Sequence[float], count: int, things: str) -> None:
    """Check weights that are relative to their sum; none are equal weights."""
    if weights and len(weights) != count:
        raise StyleError(
            f"{name}: received {len(weights)} weights for {count} {things}; give one for "
            "each, or none for equal weights"
        )
    if weights and sum(weights) == 0:
        raise StyleError(f"{name}: received only zeros, at least one must be above 0")
    if sum(weights) > MAX_SUM:
        raise StyleError(
            f"{name}: received {sum(weights):g} in all, must be at most {MAX_SUM:g}; "
            "they are relative to their sum: use smaller ones"
        )
