"""What a Config means for the loss: its terms, and what they compare a picture with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from neural_style.guidance.masks import feathered, inside_at, mask_at, region_at
from neural_style.images.color import luminance_only
from neural_style.losses.content import Content
from neural_style.losses.style import Style, one_mask_each
from neural_style.losses.term import Guide, MaskAt, References, Term
from neural_style.losses.variation import TotalVariation
from neural_style.networks.registry import blocks_by_layer
from neural_style.settings.config import Config
from neural_style.transfer.pictures import Pictures, luminance_alone


def terms_of(
    config: Config, layers: tuple[tuple[str, ...], tuple[str, ...]] | None = None
) -> list[Term]:
    """Return content, style and total variation with the weights of a Config.

    Args:
        config: the settings.
        layers: of content and of style, in place of the Config's, equally weighted.
    """
    content_layers, style_layers = config.active_layers() if layers is None else layers
    style_layers = style_layers if config.style_imgs else ()
    own = layers is not None
    return [
        Content(
            content_layers,
            config.content_distance,
            config.content_loss_function,
            weight=config.content_weight,
            layer_weights=() if own else config.content_layer_weights,
        ),
        Style(
            style_layers,
            config.style_distance,
            config.mask_normalization == "area" or config.content_regions is not None,
            weight=config.style_weight,
            layer_weights=() if own else config.style_layer_weights,
            style_weights=config.style_imgs_weights or (1.0,) * len(config.style_imgs),
            layers_by_style=None if own else config.layers_of_styles(),
        ),
        TotalVariation(config.tv_norm, config.tv_weight),
    ]


def with_all_terms(config: Config) -> Config:
    """Return the Config with a weight for each term that its pictures allow.

    So the objective has the term, and its weight can be raised from 0 later.
    """
    return replace(
        config,
        content_weight=config.content_weight or float(config.content_img is not None),
        style_weight=config.style_weight or float(bool(config.style_imgs)),
    )


def references_of(config: Config, pictures: Pictures) -> References:
    """Return what the terms of a Config compare a picture with."""
    styles: Sequence[np.ndarray] = pictures.styles if config.style_weight else ()
    if luminance_alone(config):
        styles = [luminance_only(style, config.color_convert_type) for style in styles]
    guides = guides_of(config, pictures)
    return References(content_of(config, pictures), [style[None] for style in styles], guides)


def content_of(config: Config, pictures: Pictures) -> np.ndarray:
    """Return the photograph as it is painted from, [1, H, W, 3]."""
    content = pictures.content
    if luminance_alone(config):
        content = luminance_only(content, config.color_convert_type)
    return content[None]


def guides_of(config: Config, pictures: Pictures) -> list[Guide] | None:
    """Return which styles go where; None for all of them everywhere."""
    if not config.style_weight:
        return None
    if pictures.masks:
        return one_mask_each([mask_at(mask) for mask in pictures.masks])
    if pictures.regions is None:
        return None
    size = pictures.content.shape[:2]
    blocks = blocks_by_layer(config.model_weights, config.style_layers, config.network).values()

    def at_layers(region: np.ndarray, size: tuple[int, int]) -> MaskAt:
        inside = config.region_boundary == "inside"
        return inside_at(region, size, blocks) if inside else region_at(region)

    guides = []
    for mask, sources in pictures.regions.masks():
        if config.mask_feather:
            mask = feathered(mask, size, config.mask_feather)
        styles = [(k, at_layers(part, pictures.styles[k].shape[:2])) for k, part in sources]
        guides.append(Guide(at_layers(mask, size), styles, [k for k, _ in sources]))
    return guides
