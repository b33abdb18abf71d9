"""The whole way from a Config to a Result."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf

from neural_style.guidance.masks import (
    coverage,
    covered,
    feathered,
    inside_at,
    is_black,
    load_mask,
    mask_at,
    region_at,
)
from neural_style.guidance.regions import Regions, load_regions
from neural_style.images.color import keep_colors, luminance_only
from neural_style.images.color_transfer import match_colors
from neural_style.images.picture import Picture, enlarge, reduced_size, resize, shows
from neural_style.images.read import find_picture, read_picture
from neural_style.networks.registry import Network, open_network, structure
from neural_style.networks.vgg import MEAN
from neural_style.optimizers.preconditioners import pink
from neural_style.optimizers.registry import OPTIMISERS
from neural_style.optimizers.step import Step
from neural_style.runtime.device import device_scope
from neural_style.runtime.errors import StyleError
from neural_style.runtime.interrupts import check, waiting
from neural_style.runtime.memory import left, to_text
from neural_style.settings.config import Config
from neural_style.transfer.checkpoint import Checkpoints, Run, identity_of
from neural_style.transfer.objective import Guide, MaskAt, Objective, one_mask_each
from neural_style.transfer.planning import estimate_peak, plan
from neural_style.transfer.recolor import check_colours_taken, recolour
from neural_style.transfer.result import Result
from neural_style.transfer.sources import read_source, say_if_not_enlarged
from neural_style.transfer.tiling import Tiling

logger = logging.getLogger("neural_style")

# The noise that a picture starts from is within so many grey levels of the mean colour.
NOISE = 20.0
# The deepest layers see one position for each 16 pixels.
LEAST_SIDE = 16


@dataclass(frozen=True)
class Inputs:
    """The pictures of one transfer, all of one size.

    Attributes:
        content: the photograph, [H, W, 3], float32, [0, 255]; with `original_colors` it still has
            them.
        alpha: the photograph's, [H, W], or None.
        styles: [h, w, 3] each, of sizes of their own.
        masks: one for each style, [h, w] of any size, float32; None without masks.
        init: where the optimisation starts.
        regions: the label maps, of any sizes; None without.
    """

    content: np.ndarray
    alpha: np.ndarray | None
    styles: tuple[np.ndarray, ...]
    masks: tuple[np.ndarray, ...] | None
    init: np.ndarray
    regions: Regions | None = None

    def reduced(self, size: tuple[int, int]) -> Inputs:
        """Return them at a smaller size; masks go from any size to the layers' by themselves."""
        alpha = None if self.alpha is None else resize(self.alpha, size)
        growth = np.divide(size, self.content.shape[:2])
        styles = tuple(_resized(style, growth * style.shape[:2]) for style in self.styles)
        content, init = resize(self.content, size), resize(self.init, size)
        return Inputs(content, alpha, styles, self.masks, init, self.regions)

    def pictures(self) -> dict[str, Picture]:
        """Return them by the names under which they are kept beside the result."""
        named = {"content": Picture(self.content, self.alpha), "init": Picture(self.init)}
        for k, style in enumerate(self.styles, 1):
            named[f"style_{k}"] = Picture(style)
        for k, mask in enumerate(self.masks or (), 1):
            named[f"mask_{k}"] = Picture(np.repeat(mask[..., None], 3, -1))
        if self.regions:
            sheet = self.regions.draw(self.content, self.styles)
            named["regions"] = Picture(sheet.astype(np.float32))
        return named


def stylize(
    config: Config,
    on_step: Callable[[Step], object] | None = None,
    inputs: Inputs | None = None,
    checkpoints: Checkpoints | None = None,
    adjust: Callable[[], Mapping[str, Any]] | None = None,
) -> Result:
    """Paint a photograph in the style of other pictures.

    Args:
        config: all settings. Settings of files (img_name, overwrite, resume, ...) are not looked
            at: nothing is written, but by `checkpoints`.
        on_step: called with a Step after each iteration; `step.image` is the image then. If it
            returns False, the run is stopped there.
        inputs: what `load_inputs(config)` has given, if it was called already.
        checkpoints: where the run is kept while it goes on, and may be found to go on from.
        adjust: called between two Steps for settings that shall have other values from here on:
            those of `config.LIVE`. If any differs, the optimiser begins anew from the image as it
            is, with the iterations that are left.

    Returns:
        The Result. Of the pictures that the optimiser went through (the last of them, if it began
        anew) it is the one of least loss. `ended` tells how the run ended; Ctrl-C after the first
        iteration keeps the best until then. Its config names the network and the precision that
        were used, where they were `auto`. With `transfer` color it is `recolor.recolour`'s, and
        with `strength` 0 the photograph, both without a step.

    Raises:
        StyleError: something that the user can mend; or the run has moved nothing.
        KeyboardInterrupt: Ctrl-C before there was anything to show.
    """
    if config.transfer == "color":
        return recolour(config)
    inputs = inputs or load_inputs(config)
    if config.strength == 0:
        return Result(Picture(inputs.content, inputs.alpha), config, (), inputs.pictures())
    if inputs.masks:
        logger.info("masks: %s", coverage(inputs.masks, inputs.content.shape[:2]))
    for _, line in inputs.regions.legend() if inputs.regions else ():
        logger.info("region %s", line)
    run = Run()
    ended = "finished"
    try:
        with waiting(), device_scope(config.device) as device:
            seen = _with_all_terms(config) if adjust else config
            draft = network = build_network(seen, device)
            config = replace(config, model_weights=network.source, precision=network.precision)
            used = network.description
            if config.draft_weights:
                draft = build_network(replace(seen, model_weights=config.draft_weights), device)
                used = f"{used}; {draft.description}"
            if checkpoints:
                sizes = scale_sizes(config, inputs.content.shape[:2])
                run = checkpoints.open(identity_of(config, used, inputs.pictures(), sizes))

            def network_for(is_last: bool, exact: bool) -> Network:
                if not exact:
                    return network if is_last else draft
                weights = config.model_weights if is_last else config.draft_weights
                weights = weights or config.model_weights
                return build_network(
                    replace(seen, model_weights=weights, precision="float32"), device
                )

            for now, longer in _paint(config, inputs, network_for, run, adjust):
                if checkpoints and now is not config:
                    checkpoints.adjusted(now)
                config = now
                is_iteration = len(longer.history) > len(run.history)
                run, step = longer, longer.last
                if is_iteration:
                    if step.note:
                        logger.debug("iteration %d: %s", step.iteration, step.note)
                    is_told_to_stop = on_step and on_step(step) is False
                    if is_told_to_stop and len(run.history) < config.max_iterations:
                        ended = "stopped"
                        break
                    if checkpoints:
                        checkpoints.keep(run)
                check()
    except KeyboardInterrupt:
        if not run.history:
            raise
        ended = "interrupted"
    if ended == "finished":
        ended = _how_it_ended(config, run)
    elif checkpoints:
        checkpoints.keep(run, now=True)
    picture = finish(config, inputs, run.best.image)
    return Result(picture, config, run.history, inputs.pictures(), ended)


def _how_it_ended(config: Config, run: Run) -> str:
    """Return whether a run that was not stopped has finished or converged.

    Raises:
        StyleError: it has moved nothing, and the start would be shown for its picture.
    """
    if not run.history:
        raise StyleError(
            "nothing was painted: from where it starts the loss cannot be lowered; give another "
            "init_img_type (content or random), other pictures or other weights"
        )
    if len(run.history) < config.max_iterations:
        return "converged"
    if run.best.iteration == 0:
        advice = "a smaller learning_rate" if config.optimizer == "adam" else "other weights"
        raise StyleError(
            f"nothing was painted: none of {len(run.history)} iterations has lowered the loss; "
            f"use {advice}"
        )
    return "finished"


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
    inputs = load_inputs(config)
    image = np.asarray(image, np.float32)
    if image.shape != inputs.content.shape:
        raise StyleError(
            f"image: received the shape {image.shape}, must be {inputs.content.shape} as the "
            "content's at this max_size"
        )
    if config.precision == "auto":
        config = replace(config, precision="float32")
    with device_scope(config.device) as device:
        objective = build_objective(config, inputs, build_network(config, device))
        tensor = tf.constant(image[None])
        terms, gradient = objective.value_and_gradient(tensor, tf.constant(1.0))
    return {name: float(value) for name, value in terms.items()} | {"gradient": gradient.numpy()[0]}


def load_inputs(config: Config) -> Inputs:
    """Read the pictures that a Config names, at the size of the transfer.

    Raises:
        StyleError: one is missing, unreadable or too small.
    """
    styles = [
        _read(config, source, config.style_imgs_dir, f"style_imgs[{k}]")
        for k, source in enumerate(config.style_imgs, 1)
    ]
    if config.content_img is not None:
        photograph = _read(config, config.content_img, config.content_img_dir, "content_img")
        say_if_not_enlarged(config, photograph.size)
    else:
        photograph = Picture(styles[0].rgb)  # for its size alone
    size = reduced_size(photograph.size, config.max_size)
    if min(size) < LEAST_SIDE:
        raise StyleError(
            f"content_img: {photograph.size[1]} x {photograph.size[0]} pixels become "
            f"{size[1]} x {size[0]} at max_size {config.max_size}; each side must keep at least "
            f"{LEAST_SIDE}: raise max_size, or cut the picture"
        )
    content = resize(photograph.rgb, size)
    alpha = None if photograph.alpha is None else resize(photograph.alpha, size)
    resized = _styles_at_size(config, [style.rgb for style in styles], size)
    if config.keeps_colors and _matches(config, "before"):
        resized = tuple(match_colors(style, [content], config.color_match) for style in resized)
    masks = None

    def read(source: Any, setting: str) -> Picture:
        return read_picture(source, setting, left(config.max_memory_bytes), config.max_size)

    if config.style_mask:
        masks = tuple(
            load_mask(
                find_picture(source, config.content_img_dir, "style_mask_imgs"),
                (photograph.size, size),
                read,
            )
            for source in config.style_mask_imgs
        )
        if config.mask_feather:
            masks = tuple(feathered(mask, size, config.mask_feather) for mask in masks)
            for k in (k for k, mask in enumerate(masks, 1) if is_black(mask)):
                raise StyleError(
                    f"mask_feather: {config.mask_feather:g} pixels leave nothing of mask {k}: use "
                    "fewer pixels, or paint a larger area"
                )
    regions = None
    if config.content_regions is not None:
        maps = [
            find_picture(source, config.style_imgs_dir, "style_regions")
            for source in config.style_regions
        ]
        own = find_picture(config.content_regions, config.content_img_dir, "content_regions")
        regions = load_regions(
            (own, (photograph.size, size)),
            [(found, (style.size,)) for found, style in zip(maps, styles, strict=True)],
            read,
        )
    init = _initial_image(config, content, resized)
    return Inputs(content, alpha, resized, masks, init, regions)


def build_network(config: Config, device: str) -> Network:
    """Load the network of a Config, with all layers that its losses need, and say which it is."""
    return open_network(config.network_spec(), device)


def build_objective(
    config: Config, inputs: Inputs, network: Network, tile: int | None = None
) -> Objective:
    """Compute the targets of the pictures, as the network sees them.

    Where memory would not do for the pictures as a whole, they are cut into tiles.

    Args:
        config: the settings.
        inputs: the pictures.
        network: with all layers that the losses need.
        tile: the side that tiles shall have where memory allows; None for the largest.

    Raises:
        StyleError: it would not do for the smallest tiles.
    """
    size = inputs.content.shape[:2]
    config = replace(config, model_weights=network.source)
    guides = _guides(config, inputs)
    regions = len(guides) if guides and inputs.regions else 0
    tiling = plan(config, size, tile, regions)
    count = len(tiling.cut(size))
    if count > 1:
        peak = to_text(estimate_peak(config, size, tiling.side, regions))
        side = max(tiling.largest(size))
        logger.info("painting in %d tiles of %d px, to take no more than %s", count, side, peak)
    content_layers, style_layers = config.active_layers()
    styles = inputs.styles if config.style_weight else ()
    content = inputs.content
    if _luminance_alone(config):
        content = luminance_only(content, config.color_convert_type)
        styles = [luminance_only(style, config.color_convert_type) for style in styles]
    objective = Objective(
        network.features,
        content[None],
        [style[None] for style in styles],
        guides,
        content_layers=content_layers,
        style_layers=style_layers,
        **_weights(config),
        content_loss_function=config.content_loss_function,
        content_distance=config.content_distance,
        style_distance=config.style_distance,
        tv_norm=config.tv_norm,
        layers_of_styles=config.layers_of_styles() if styles else None,
        by_area=config.mask_normalization == "area" or inputs.regions is not None,
        tiling=tiling,
    )
    _weigh(objective, config)
    _say_if_smaller(tiling, objective)
    return objective


def _guides(config: Config, inputs: Inputs) -> list[Guide] | None:
    """Return which styles go where, as the objective takes it; None for all of them everywhere."""
    if not config.style_weight:
        return None
    if inputs.masks:
        return one_mask_each([mask_at(mask) for mask in inputs.masks])
    if inputs.regions is None:
        return None
    size = inputs.content.shape[:2]

    seen = structure(config.model_weights, config.style_layers, config.network).values()

    def at_layers(region: np.ndarray, size: tuple[int, int]) -> MaskAt:
        inside = config.region_boundary == "inside"
        return inside_at(region, size, seen) if inside else region_at(region)

    guides = []
    for mask, sources in inputs.regions.masks():
        if config.mask_feather:
            mask = feathered(mask, size, config.mask_feather)
        styles = [(k, at_layers(part, inputs.styles[k].shape[:2])) for k, part in sources]
        guides.append(Guide(at_layers(mask, size), styles, [k for k, _ in sources]))
    return guides


def scale_sizes(config: Config, size: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the (height, width) at which to paint, the coarsest first, the last as given.

    Their longer sides grow from `min_size` by a constant factor. Scales that would not be smaller
    than the next, or with a side below 16 pixels, are left out.
    """
    longest = max(size)
    growth = (longest / config.min_size) ** (1 / max(1, config.scales - 1))
    sides = [round(longest / growth**k) for k in range(1, config.scales)]
    coarser = {reduced_size(size, side) for side in sides if side < longest}
    coarser = sorted(found for found in coarser if min(found) >= LEAST_SIDE)
    return [*coarser, tuple(size)]


def scale_iterations(config: Config, scales: int) -> list[int]:
    """Divide max_iterations among the finest so many scales, by their shares; each has at least 1.

    Each is rounded down, and what is left over goes to the coarsest.
    """
    shares = (config.scale_shares or (1.0,) * config.scales)[-scales:]
    spare = config.max_iterations - scales
    found = [1 + int(spare * share / (sum(shares) or 1)) for share in shares]
    found[0] += config.max_iterations - sum(found)
    return found


def _paint(
    config: Config,
    inputs: Inputs,
    network_for: Callable[[bool, bool], Network],
    run: Run,
    adjust: Callable[[], Mapping[str, Any]] | None = None,
) -> Iterator[tuple[Config, Run]]:
    """Yield the Config and the run behind each further Step, scale after scale.

    Args:
        config: the settings.
        inputs: at full size.
        network_for: gives the network of the last scale (True), or of those before; of the
            settings' precision, or (True) in float32.
        run: where it goes on, or an empty one.
        adjust: see `stylize`.
    """
    sizes = scale_sizes(config, inputs.content.shape[:2])
    iterations = scale_iterations(config, len(sizes))
    for scale in range(run.last.scale if run.last else 1, len(sizes) + 1):
        seen = inputs.reduced(sizes[scale - 1])
        init, after, tile = seen.init, None, None
        if run.last and run.last.scale < scale:
            init = _next_start(config, seen.init, run.best.image)
            run = run.anew()
        elif run.last:
            after, tile = run.last, run.tile
        first = sum(step.scale < scale for step in run.history)
        objective = None
        goes_on = True
        while goes_on:
            goes_on = False
            if objective is None:
                network = network_for(scale == len(sizes), run.exact)
                computed = replace(config, precision=network.precision)
                computed = _with_all_terms(computed) if adjust else computed
                objective = build_objective(computed, seen, network, tile)
                run = replace(run, tile=objective.tiling.side)
                tiling = objective.tiling
            if adjust:  # it was built with a weight for every term
                _weigh(objective, config)
            before = run.history[run.began - 1] if run.began else None
            left = iterations[scale - 1] - (run.began - first)
            for step in minimise(config, objective, init, left, _moved(after, before, -1)):
                tiling = _say_if_smaller(tiling, objective)
                run = run.extended(_moved(replace(step, scale=scale), before))
                yield config, run
                adjusted = _adjusted(config, adjust() if adjust else {})
                if adjusted is not config:
                    goes_on = True
                    config, init, after = adjusted, run.last.image, None
                    run = run.anew(run.exact)
                    break
            else:
                is_early = len(run.history) - first < iterations[scale - 1]
                if is_early and network.precision != "float32":
                    logger.info("%s tells no more: going on in float32", network.precision)
                    goes_on = True
                    init, after, objective = run.last.image, None, None
                    run = run.anew(exact=True)


def _adjusted(config: Config, weights: Mapping[str, Any]) -> Config:
    """Return the Config with other weights, or itself if none differs.

    Raises:
        StyleError: a value that is not allowed, or a setting that cannot change any more.
    """
    adjusted = config.adjusted(weights)
    same = all(getattr(adjusted, name) == getattr(config, name) for name in weights)
    return config if same else adjusted


def _with_all_terms(config: Config) -> Config:
    """Return the Config with a weight for each term that its pictures allow.

    So the objective has the term, and its weight can be raised from 0 later.
    """
    return replace(
        config,
        content_weight=config.content_weight or float(config.content_img is not None),
        style_weight=config.style_weight or float(bool(config.style_imgs)),
    )


def _weigh(objective: Objective, config: Config) -> None:
    """Give an Objective the weights of a Config, or those that its strength comes to."""
    for name, weight in _weights(config).items():
        getattr(objective, name).assign(weight)
    if config.strength is not None:
        objective.set_strength(config.strength, config.style_weight, config.tv_weight)


def _weights(config: Config) -> dict[str, Any]:
    """Return the weights of an Objective by the names of its variables."""
    return {
        "content_weight": config.content_weight,
        "style_weight": config.style_weight,
        "tv_weight": config.tv_weight,
        "content_layer_weights": config.content_layer_weights or [1.0] * len(config.content_layers),
        "style_layer_weights": config.style_layer_weights or [1.0] * len(config.style_layers),
        "style_weights": config.style_imgs_weights or [1.0] * len(config.style_imgs),
    }


def _next_start(config: Config, init: np.ndarray, coarser: np.ndarray) -> np.ndarray:
    """Return where a scale starts: the last one's image enlarged, with the start's fine detail.

    What the coarser scale could not see of the photograph is there from the beginning. Noise has no
    detail to keep.

    Args:
        config: the settings.
        init: where a run at this scale alone would start, [H, W, 3].
        coarser: the last scale's image, [h, w, 3].
    """
    size = init.shape[:2]
    if config.init_img_type == "random":
        return enlarge(coarser, size)
    return init + enlarge(coarser - resize(init, coarser.shape[:2]), size)


def _moved(step: Step | None, before: Step | None, sign: int = 1) -> Step | None:
    """Return a Step of one scale as one of the run that `before` is of, or (-1) the other way."""
    if step is None or before is None:
        return step
    return replace(
        step,
        iteration=step.iteration + sign * before.iteration,
        evaluations=step.evaluations + sign * before.evaluations,
        seconds=step.seconds + sign * before.seconds,
    )


def minimise(
    config: Config,
    objective: Objective,
    init: np.ndarray,
    iterations: int,
    after: Step | None = None,
) -> Iterator[Step]:
    """Return the generator of Steps of the optimiser that the Config names.

    Args:
        config: names the optimiser.
        objective: to minimise.
        init: where to start, [H, W, 3].
        iterations: how many at most.
        after: a Step to go on from; of `lbfgs` or `adam`.
    """
    given: dict[str, Any] = {}
    if config.optimizer == "adam":
        given["learning_rate"] = config.learning_rate
    elif config.optimizer == "lbfgs" and not config.style_mask:  # it would reach beyond the masks
        given["precondition"] = pink
    if config.keep_in_range:
        given["bounds"] = (0.0, 255.0)
    if after:
        given["after"] = after
    optimiser = OPTIMISERS[config.optimizer]
    return optimiser(objective, tf.constant(init[None]), iterations, **given)


def _say_if_smaller(before: Tiling, objective: Objective) -> Tiling:
    """Say it in a line if memory has run out since, and return the tiling now."""
    if objective.tiling is not before:
        logger.warning("memory ran out; going on in tiles of at most %d px", objective.tiling.side)
    return objective.tiling


def finish(config: Config, inputs: Inputs, image: np.ndarray) -> Picture:
    """Return an image of the optimiser as a picture: full size, in range, recoloured, with alpha.

    With `keep_background` it comes to lie on the photograph at the very end.

    Raises:
        StyleError: nothing of it can be shown: values that are not finite, or black alone.
    """
    if not shows(image, inputs.content):
        raise StyleError(
            "the optimisation left no picture, only black or values that are not finite: use "
            "smaller weights or a smaller learning_rate"
        )
    image = np.clip(enlarge(image, inputs.content.shape[:2]), 0, 255)
    if config.keeps_colors and config.color_match == "auto" and config.content_img is not None:
        image = keep_colors(image, inputs.content, config.color_convert_type)
    elif _matches(config, "after"):
        references = [inputs.content] if config.keeps_colors else inputs.styles
        weights = () if config.keeps_colors else config.style_imgs_weights
        image = match_colors(image, references, config.color_match, weights)
        check_colours_taken(image, inputs.content)
    if config.keep_background:
        painted = np.minimum(covered(inputs.masks, inputs.content.shape[:2]), 1)[..., None]
        image = inputs.content + painted * (image - inputs.content)  # where painted is 0, exactly
    return Picture(image, inputs.alpha)


def _read(config: Config, source: Any, folder: str, setting: str) -> Picture:
    picture = read_source(config, source, folder, setting)
    if min(picture.size) < LEAST_SIDE:
        name = "the array" if hasattr(source, "__array__") else source
        raise StyleError(
            f"{setting}: {name} is {picture.size[1]} x {picture.size[0]} pixels; each side must "
            f"have at least {LEAST_SIDE}: give a larger picture"
        )
    return picture


def _styles_at_size(
    config: Config, styles: list[np.ndarray], size: tuple[int, int]
) -> tuple[np.ndarray, ...]:
    """Return the styles at the sizes at which they are compared with a picture of a size."""
    scales = np.broadcast_to(config.style_scale or 1.0, len(styles))
    found = []
    for style, scale in zip(styles, scales, strict=True):
        keeps = config.style_fit == "keep"
        fitted = np.multiply(style.shape[:2], max(size) / max(style.shape)) if keeps else size
        found.append(_resized(style, np.multiply(fitted, scale)))
    return tuple(found)


def _resized(picture: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return a picture at a size that is rounded, and no smaller than the network can see."""
    return resize(picture, tuple(max(LEAST_SIDE, round(length)) for length in size))


def _initial_image(
    config: Config, content: np.ndarray, styles: tuple[np.ndarray, ...]
) -> np.ndarray:
    """Return where the optimisation starts, [H, W, 3], float32."""
    source = config.init_img_type
    name = source if isinstance(source, str) else None
    if name == "content":
        init = content
    elif name == "style":
        if not styles:
            raise StyleError("init_img_type: style needs style_imgs; give one, or use content")
        init = resize(styles[0], content.shape[:2])
    elif name == "random":
        noise = np.random.default_rng(config.seed).uniform(-NOISE, NOISE, content.shape)
        noise = (noise + MEAN).astype(np.float32)
        init = config.noise_ratio * noise + (1 - config.noise_ratio) * content
    else:
        picture = _read(config, source, config.content_img_dir, "init_img_type")
        init = resize(picture.rgb, content.shape[:2])
    if _luminance_alone(config):
        init = luminance_only(init, config.color_convert_type)
    return init.astype(np.float32, copy=False)


def _luminance_alone(config: Config) -> bool:
    chroma_is_kept = config.keeps_colors and config.color_match == "auto"
    return chroma_is_kept and config.color_convert_time == "before"


def _matches(config: Config, time: str) -> bool:
    """Tell whether colours are matched then."""
    return config.color_match != "auto" and config.color_convert_time == time
