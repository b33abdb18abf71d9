"""The loss of content, style and total variation on any network, for tests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import tensorflow as tf

from neural_style.losses.content import Content
from neural_style.losses.style import Style
from neural_style.losses.term import Guide, References, Term
from neural_style.losses.variation import TotalVariation
from neural_style.transfer.graphs import Graphs
from neural_style.transfer.objective import Objective
from neural_style.transfer.strength import weights_for_strength
from neural_style.transfer.tiled import Tiled
from neural_style.transfer.tiling import Tiling


def terms_of(
    *,
    content_layers: Sequence[str],
    style_layers: Sequence[str],
    content_weight: float = 1.0,
    style_weight: float = 1.0,
    tv_weight: float = 0.0,
    content_layer_weights: Sequence[float] = (),
    style_layer_weights: Sequence[float] = (),
    style_weights: Sequence[float] = (1.0,),
    content_loss_function: int = 1,
    content_distance: str = "raw",
    style_distance: str = "gram",
    tv_norm: str = "l1",
    by_area: bool = False,
    layers_of_styles: Sequence[Collection[str]] | None = None,
) -> list[Term]:
    """Return the three terms of these settings."""
    return [
        Content(
            tuple(content_layers),
            content_distance,
            content_loss_function,
            weight=content_weight,
            layer_weights=content_layer_weights,
        ),
        Style(
            tuple(style_layers) if style_weights else (),
            style_distance,
            by_area,
            weight=style_weight,
            layer_weights=style_layer_weights,
            style_weights=style_weights,
            layers_by_style=layers_of_styles,
        ),
        TotalVariation(tv_norm, tv_weight),
    ]


def objective_of(
    features: Callable[[tf.Tensor], Mapping[str, tf.Tensor]],
    content: tf.Tensor,
    styles: Sequence[tf.Tensor],
    guides: Sequence[Guide] | None = None,
    *,
    tiling: Tiling | None = None,
    added: Sequence[Term] = (),
    **settings,
) -> Objective:
    """Return the loss of these settings, and of further terms, aimed at pictures."""
    terms = [*terms_of(**settings), *added]
    graphs = Graphs(features, terms, tiling and tiling.strides)
    return Objective(Tiled(graphs, tiling), terms, References(content, styles, guides))


def set_strength(
    objective: Objective,
    content: tf.Tensor,
    strength: float,
    style_weight: float,
    tv_weight: float,
) -> None:
    """Give an objective the weights that a strength comes to."""
    objective.weights |= weights_for_strength(objective, content, strength, style_weight, tv_weight)
