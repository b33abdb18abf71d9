"""The form: all that a visitor can set on the page, read as an Order and shown again."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from neural_style.studio import controls, layout
from neural_style.studio.layout import Pictures, Places
from neural_style.studio.orders import Order, StyleOrder

Updates = dict[Any, Any]  # what parts of the page shall show


@dataclass(frozen=True)
class Form:
    """All that a visitor can set on the page.

    Attributes:
        pictures: the left column.
        places: where styles go.
        settings: the controls of Config's fields, by name.
    """

    pictures: Pictures
    places: Places
    settings: dict[str, gr.components.Component]

    def inputs(self) -> list[gr.components.Component]:
        """Return all that an order is made of."""
        styles = [part for style in self.pictures.styles for part in style.all()]
        places = [self.places.where, self.places.regions]
        return [self.pictures.photograph, *places, *styles, *self.settings.values()]

    def uploads(self) -> list[layout.Upload]:
        """Return the places for pictures."""
        return [part for part in self.inputs() if isinstance(part, layout.Upload)]

    def order(self, values: Sequence[Any]) -> Order:
        """Return the order that the values of `inputs` stand for.

        Raises:
            StyleError: a setting that cannot be read.
        """
        photograph, where, regions, *rest = values
        parts = len(self.pictures.styles[0].all())
        styles = []
        for _ in self.pictures.styles:
            picture, weight, scale, layers, mask, map_ = rest[:parts]
            rest = rest[parts:]
            if picture:
                weight, scale = (1.0 if number is None else number for number in (weight, scale))
                styles.append(StyleOrder(picture, weight, scale, layers or "", mask, map_))
        settings = {
            name: controls.parse(name, value)
            for name, value in zip(self.settings, rest, strict=True)
        }
        return Order(photograph, tuple(styles), where, regions, settings)

    def show_preset(self, name: str) -> Updates:
        """Return what the controls show under a preset; under none, the defaults."""
        shown = controls.of_preset(name)
        return {part: shown[setting] for setting, part in self.settings.items()}

    def show(self, order: Order) -> Updates:
        """Return what all parts show of an order."""
        updates: Updates = {
            self.pictures.photograph: order.photograph,
            self.places.where: order.where,
            self.places.regions: order.regions,
        }
        empty = StyleOrder("")
        for k, place in enumerate(self.pictures.styles):
            style = order.styles[k] if k < len(order.styles) else empty
            values = vars(style).values()
            updates |= {
                part: value or None if isinstance(part, layout.Upload) else value
                for part, value in zip(place.all(), values, strict=True)
            }
        shown = controls.of_settings(order.settings)
        return updates | {part: shown[name] for name, part in self.settings.items()}


def problem(words: object = "") -> str:
    """Return the HTML of a message; none takes the last one away."""
    return f'<p role="alert">{html.escape(str(words))}</p>' if str(words) else ""
