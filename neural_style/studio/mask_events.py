"""What happens where masks are made: of paint, of clusters, of regions that two pictures share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from neural_style.guidance.requests import Request
from neural_style.runtime.errors import StyleError
from neural_style.studio.form import Form, Updates, problem
from neural_style.studio.layout import Outcome
from neural_style.studio.orders import MASKS, REGIONS
from neural_style.studio.studio import Studio, visitor_of


class MaskOrder(NamedTuple):
    """What a mask is to be made of.

    Attributes:
        photograph: a path.
        layers: paths of what was painted on it.
        tool: of `masking.TOOLS`.
        clusters: how many regions, for that tool.
        style: the number of the style that the mask is for.
    """

    photograph: str | None
    layers: list[str]
    tool: str
    clusters: float
    style: int


@dataclass(frozen=True)
class MaskEvents:
    """The handlers of masks and regions.

    Attributes:
        studio: makes them.
        form: where they go.
        outcome: where it is said what is wrong.
        regions: holds the paths of the regions of clusters, to choose from.
    """

    studio: Studio
    form: Form
    outcome: Outcome
    regions: gr.State

    async def make(self, request: gr.Request, *values: Any) -> Updates:
        """Make a mask of what was painted, or regions of clusters.

        Args:
            request: who asks.
            *values: those of a `MaskOrder`.
        """
        order = MaskOrder(*values)
        token = visitor_of(request)
        studio = self.studio
        try:
            photograph = studio.photograph(token, order.photograph)
            layers = [Path(studio.keep(token, path)) for path in order.layers]
            task = ("mask_of", photograph, order.tool, layers, int(order.clusters))
            parts = await studio.run_in_thread(studio.desk.call, *task)
        except StyleError as error:
            return {self.outcome.message: problem(error)}
        updates = {self.form.places.overlay: parts[-1][2], self.outcome.message: problem()}
        if order.tool == "clusters":
            return updates | self._show_regions(token, photograph.stem, parts)
        name = f"{photograph.stem}_mask_{order.style}.png"
        mask = studio.public_array(token, parts[0][2], name)
        return updates | self._show_mask(order.style, mask)

    async def use(
        self, numbers: list[int], regions: list[str], style: int, request: gr.Request
    ) -> Updates:
        """Make a mask for a style of the regions of some numbers."""
        if not numbers:
            return {self.outcome.message: problem("Regions for the mask: choose at least one")}
        studio = self.studio
        paths = [Path(regions[number - 1]) for number in numbers]
        pixels = await studio.run_in_thread(studio.desk.call, "union", paths)
        name = paths[0].name.replace("_region_", "_mask_of_regions_")
        mask = studio.public_array(visitor_of(request), pixels, name)
        return {
            self.form.pictures.styles[style - 1].mask: mask,
            self.form.places.where: MASKS,
            self.outcome.message: problem(),
        }

    async def match(
        self, request: gr.Request, photograph: str | None, style: int, *pictures: str | None
    ) -> Updates:
        """Find regions that the photograph and a style share.

        Args:
            request: who asks.
            photograph: a path.
            style: the style's number.
            *pictures: the paths of all styles.
        """
        token = visitor_of(request)
        studio, places = self.studio, self.form.places
        try:
            content = studio.photograph(token, photograph)
            if not pictures[style - 1]:
                raise StyleError(f"Style {style}: there is none yet; upload a picture")
            painting = Path(studio.keep(token, pictures[style - 1]))
            task = ("masks", content, Request(match=str(painting)))
            parts = await studio.run_in_thread(studio.desk.call, *task)
        except StyleError as error:
            return {self.outcome.message: problem(error)}
        # Label map and overlay of the photograph, then those of the style.
        maps = [
            studio.public_array(token, pixels, f"{path.stem}_regions.png")
            for path, (_, _, pixels) in zip((content, painting), parts[::2], strict=True)
        ]
        return {
            places.regions: maps[0],
            self.form.pictures.styles[style - 1].regions: maps[1],
            places.overlay: parts[1][2],
            places.where: REGIONS,
            self.outcome.message: problem(),
        }

    def _show_mask(self, style: int, mask: str) -> Updates:
        places = self.form.places
        return {
            self.form.pictures.styles[style - 1].mask: mask,
            places.where: MASKS,
            places.pick: gr.update(visible=False),
            places.use: gr.update(visible=False),
        }

    def _show_regions(self, token: str, stem: str, parts: list) -> Updates:
        """Show a label map, and a mask of each region to choose from.

        Args:
            token: whose they are.
            stem: of the photograph's name.
            parts: as of `segmentation.make_masks`.
        """
        places = self.form.places
        label_map, *regions = parts[:-1]
        keep = self.studio.public_array
        choices = [(f"{k}: {remark}", k) for k, (_, remark, _) in enumerate(regions, 1)]
        return {
            places.regions: keep(token, label_map[2], f"{stem}_regions.png"),
            places.pick: gr.update(choices=choices, value=[], visible=True),
            places.use: gr.update(visible=True),
            self.regions: [
                keep(token, mask, f"{stem}_region_{k}.png")
                for k, (_, _, mask) in enumerate(regions, 1)
            ],
        }
