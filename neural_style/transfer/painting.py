"""One picture while it is painted: its Steps, scale after scale, and then its Result."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from neural_style.guidance.masks import coverage
from neural_style.images.picture import Picture
from neural_style.networks.registry import Network
from neural_style.optimizers.preconditioners import pink
from neural_style.optimizers.registry import Optimizer, open_optimizer
from neural_style.optimizers.step import Step
from neural_style.runtime.errors import StyleError
from neural_style.runtime.interrupts import check
from neural_style.settings.config import Config
from neural_style.transfer.checkpoint import Checkpoints, Run, identity_of
from neural_style.transfer.finish import finish
from neural_style.transfer.objective import Objective
from neural_style.transfer.pictures import Pictures, load_pictures
from neural_style.transfer.pyramid import Scale, next_start, pyramid
from neural_style.transfer.recolor import recolor
from neural_style.transfer.result import Result
from neural_style.transfer.terms import with_all_terms

if TYPE_CHECKING:
    from neural_style.transfer.stylizer import Stylizer

logger = logging.getLogger("neural_style")


@dataclass(frozen=True)
class Start:
    """Where an optimizer begins.

    Attributes:
        image: [H, W, 3].
        run: until there. It is the painting's once there is a Step of the new optimizer: until
            then the picture that the last one has left is what there is to show.
        after: the Step of an interrupted run to go on from, or None.
    """

    image: np.ndarray
    run: Run
    after: Step | None = None


class Painting:
    """One picture. Iterating over it paints it; `result` may be asked for at any Step."""

    def __init__(
        self,
        stylizer: Stylizer,
        config: Config,
        pictures: Pictures | None = None,
        checkpoints: Checkpoints | None = None,
        adjust: Callable[[], Mapping[str, Any]] | None = None,
    ):
        """See `Stylizer.paint`."""
        self._stylizer = stylizer
        self._config = config
        self._asked = config  # before `auto` was decided
        self._given = pictures
        self._checkpoints = checkpoints
        self._adjust = adjust
        self._run = Run()
        self._is_done = False

    @functools.cached_property
    def _pictures(self) -> Pictures:
        return self._given or load_pictures(self._config)

    @property
    def history(self) -> tuple[Step, ...]:
        """A Step, without its image, for each iteration until now."""
        return self._run.history

    def __iter__(self) -> Iterator[Step]:
        """Yield a Step after each iteration."""
        if self._config.transfer != "color" and self._config.strength != 0:
            self._say_what_goes_where()
            yield from self._iterations()
        self._is_done = True

    def result(self, interrupted: bool = False) -> Result:
        """Return what was painted.

        Args:
            interrupted: whether it was Ctrl-C or a signal that stopped it.

        Raises:
            StyleError: the run has moved nothing, or left no picture.
        """
        config, run = self._config, self._run
        if config.transfer == "color":
            return recolor(config)
        if config.strength == 0:
            picture = Picture(self._pictures.content, self._pictures.alpha)
            return Result(picture, config, (), self._pictures.by_name())
        if run.best is None:
            raise ValueError("nothing is painted yet: iterate over the Steps first")
        is_whole = self._is_done or len(run.history) >= config.max_iterations
        if interrupted or not is_whole:
            ended = "interrupted" if interrupted else "stopped"
            if self._checkpoints:
                self._checkpoints.keep(run, now=True)
        else:
            ended = _how_it_ended(config, run, run.best)
        picture = finish(config, self._pictures, run.best.image)
        return Result(picture, config, run.history, self._pictures.by_name(), ended)

    def _say_what_goes_where(self) -> None:
        pictures = self._pictures
        if pictures.masks:
            logger.info("masks: %s", coverage(pictures.masks, pictures.content.shape[:2]))
        for _, line in pictures.regions.legend() if pictures.regions else ():
            logger.info("region %s", line)

    def _iterations(self) -> Iterator[Step]:
        """Open the networks, or a checkpoint, and yield a Step after each iteration."""
        scales = pyramid(self._config, self._pictures.content.shape[:2])
        network = self._network(scales[-1])
        description = network.description
        if self._config.draft_weights:
            description = f"{description}; {self._network(scales[0]).description}"
        # The settings beside the result are those that were used.
        self._config = replace(
            self._config, model_weights=network.source, precision=network.precision
        )
        if self._checkpoints:
            sizes = [scale.size for scale in scales]
            pictures = self._pictures.by_name()
            identity = identity_of(self._config, description, pictures, sizes)
            self._run = self._checkpoints.open(identity)
        first = self._run.last.scale if self._run.last else 1
        for scale in scales[first - 1 :]:
            count = len(self._run.history)
            for step in self._paint(scale):
                if len(self._run.history) > count:
                    count += 1
                    if step.note:
                        logger.debug("iteration %d: %s", step.iteration, step.note)
                    yield step
                    if self._checkpoints:
                        self._checkpoints.keep(self._run)
                check()

    def _paint(self, scale: Scale) -> Iterator[Step]:
        """Yield the Steps of one scale, from where the run is."""
        pictures = self._pictures.reduced(scale.size)
        run, side = self._run, None
        start: Start | None = Start(pictures.init, run)
        if run.last and run.best and run.last.scale < scale.number:
            image = next_start(self._config, pictures.init, run.best.image)
            start = Start(image, run.anew())
        elif run.last:
            start, side = Start(pictures.init, run, run.last), run.tile
        objective, is_exact = None, False
        while start:
            if objective is None or is_exact != start.run.exact:
                objective, is_exact = None, start.run.exact
                objective = self._objective(scale, pictures, side, is_exact)
            elif self._adjust:
                self._stylizer.weigh(objective, self._config, pictures)
            start = yield from self._minimize(scale, objective, start)

    def _minimize(
        self, scale: Scale, objective: Objective, start: Start
    ) -> Generator[Step, None, Start | None]:
        """Yield the Steps of one optimizer; return where the next begins, if it takes one."""
        run = start.run
        before = run.history[run.began - 1] if run.began else None
        done = sum(step.scale < scale.number for step in run.history)
        left = scale.iterations - (run.began - done)
        after = _since(start.after, before)
        optimizer = self._stylizer.optimizer
        for step in minimize(self._config, objective, start.image, left, after, optimizer):
            step = _behind(replace(step, scale=scale.number), before)
            tiling = objective.tiled.tiling
            side = None if tiling is None else tiling.side
            self._run = run = replace(run.extended(step), tile=side)
            yield step
            if self._is_adjusted():
                return Start(step.image, run.anew(run.exact))
        # The last Step is of an earlier process, if there was no iteration left in this one.
        if run.last and len(run.history) - done < scale.iterations:
            precision = self._network(scale, run.exact).precision
            if precision != "float32":
                logger.info("%s tells no more: going on in float32", precision)
                return Start(run.last.image, run.anew(exact=True))
        return None

    def _is_adjusted(self) -> bool:
        """Take over what settings are to be now, and tell whether any differs.

        Raises:
            StyleError: a value that is not allowed, or a setting that cannot change any more.
        """
        weights = self._adjust() if self._adjust else {}
        if not weights:
            return False
        adjusted = self._config.adjusted(weights)
        if all(getattr(adjusted, name) == getattr(self._config, name) for name in weights):
            return False
        self._config = adjusted
        if self._checkpoints:
            self._checkpoints.adjusted(adjusted)
        return True

    def _objective(
        self, scale: Scale, pictures: Pictures, side: int | None, is_exact: bool
    ) -> Objective:
        network = self._network(scale, is_exact)
        config = replace(self._config, precision=network.precision)
        has_all_terms = self._adjust is not None
        return self._stylizer.objective(config, pictures, network, side, has_all_terms)

    def _network(self, scale: Scale, is_exact: bool = False) -> Network:
        """Return the network of a scale; if the run must be exact, in float32."""
        asked = self._asked
        weights = asked.model_weights if scale.is_last else asked.draft_weights
        return self._stylizer.network(
            replace(
                with_all_terms(self._config) if self._adjust else self._config,
                model_weights=weights or asked.model_weights,
                precision="float32" if is_exact else asked.precision,
            )
        )


def minimize(
    config: Config,
    objective: Objective,
    init: np.ndarray,
    iterations: int,
    after: Step | None = None,
    optimizer: Optimizer | None = None,
) -> Iterator[Step]:
    """Return the generator of Steps of an optimizer.

    Args:
        config: the settings.
        objective: to minimize.
        init: where to start, [H, W, 3].
        iterations: how many at most.
        after: a Step to go on from; of `lbfgs` or `adam`.
        optimizer: None for the one that the Config names.
    """
    options: dict[str, Any] = {}
    if optimizer is None:
        optimizer = open_optimizer(config.optimizer)
        if config.optimizer == "adam":
            options["learning_rate"] = config.learning_rate
        elif config.optimizer == "lbfgs" and not config.style_mask:  # it reaches beyond masks
            options["precondition"] = pink
    if config.keep_in_range:
        options["bounds"] = (0.0, 255.0)
    if after:
        options["after"] = after
    return optimizer.minimize(objective, tf.constant(init[None]), iterations, **options)


def _how_it_ended(config: Config, run: Run, best: Step) -> str:
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
    if best.iteration == 0:
        advice = "a smaller learning_rate" if config.optimizer == "adam" else "other weights"
        raise StyleError(
            f"nothing was painted: none of {len(run.history)} iterations has lowered the loss; "
            f"use {advice}"
        )
    return "finished"


def _behind(step: Step, before: Step | None) -> Step:
    """Return a Step of one optimizer as one of the run, whose last Step it began `before`."""
    return _moved(step, before, 1)


def _since(step: Step | None, before: Step | None) -> Step | None:
    """Return a Step of the run as one of the optimizer that began behind `before`."""
    return step and _moved(step, before, -1)


def _moved(step: Step, before: Step | None, sign: int) -> Step:
    if before is None:
        return step
    return replace(
        step,
        iteration=step.iteration + sign * before.iteration,
        evaluations=step.evaluations + sign * before.evaluations,
        seconds=step.seconds + sign * before.seconds,
    )
