"""What outlives a picture: the device, the networks, their graphs.

    with Stylizer(config) as stylizer:
        for step in stylizer.paint():
            print(step.iteration, step.total)
        result = stylizer.result()

The second picture of a size costs no building and no tracing.
"""

from __future__ import annotations

import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from neural_style.losses.term import Term
from neural_style.networks.keras_model import network_of
from neural_style.networks.layers import stride
from neural_style.networks.registry import Network, blocks_by_layer, open_network
from neural_style.optimizers.registry import open_optimizer
from neural_style.optimizers.step import Step
from neural_style.runtime.device import device_scope
from neural_style.runtime.errors import StyleError
from neural_style.runtime.interrupts import check, waiting
from neural_style.runtime.memory import to_text
from neural_style.settings.config import Config
from neural_style.transfer.checkpoint import Checkpoints
from neural_style.transfer.graphs import Graphs
from neural_style.transfer.objective import Objective, weights_of
from neural_style.transfer.painting import Painting
from neural_style.transfer.pictures import Pictures
from neural_style.transfer.planning import estimate_peak, plan
from neural_style.transfer.result import Result
from neural_style.transfer.strength import weights_for_strength
from neural_style.transfer.terms import content_of, references_of, terms_of, with_all_terms
from neural_style.transfer.tiled import Tiled
from neural_style.transfer.tiling import Tiling

if TYPE_CHECKING:
    import keras

logger = logging.getLogger("neural_style")

Key = TypeVar("Key")
T = TypeVar("T")
# Networks and graphs that are held at once, those that were used last: a run may take three
# or four networks (of the drafts and of the last scale, each in float32 too), and graphs for each
# scale.
NETWORKS = 4
GRAPHS = 16


class Stylizer:
    """Paints pictures one after another, and keeps what the next one can use."""

    def __init__(
        self,
        config: Config,
        *,
        terms: Sequence[Term] = (),
        network: keras.Model | None = None,
        content_layers: Sequence[str] = (),
        style_layers: Sequence[str] = (),
        optimizer: keras.optimizers.Optimizer | None = None,
    ):
        """Load nothing yet.

        Args:
            config: all settings; those of files are not looked at.
            terms: of the loss, added to content, style and total variation.
            network: a Keras model in place of the Config's: it takes RGB in [0, 255], float32,
                [B, H, W, 3], and its layers have the names below. Its pictures are not cut into
                tiles.
            content_layers: of that network; none for no content.
            style_layers: of that network; none for no style.
            optimizer: in place of the Config's.

        Raises:
            StyleError: two terms of one name; layers without a network, or a network without; or
                no optimizer of Keras's.
        """
        self.config = config
        self.device = config.device
        self.optimizer = None if optimizer is None else open_optimizer(optimizer)
        self._added = tuple(terms)
        self._model = network
        self._layers = (tuple(content_layers), tuple(style_layers))
        self._networks: OrderedDict[Hashable, Network] = OrderedDict()
        self._graphs: OrderedDict[tuple[Network, Hashable], Graphs] = OrderedDict()
        self._painting: Painting | None = None
        self._scope = contextlib.ExitStack()
        names = ["content", "style", "tv", "total", *(term.name for term in terms)]
        if len(set(names)) < len(names):
            raise StyleError(
                f"terms: received the names {', '.join(names[4:])}, each must differ from the "
                "others and from content, style, tv and total: name them otherwise"
            )
        if (network is not None) != bool(content_layers or style_layers):
            raise StyleError(
                "network: a network of your own and the names of its layers go together: give "
                "network, and content_layers or style_layers or both, or none of them"
            )
        if network is not None and config.region_boundary == "inside":
            raise StyleError(
                "region_boundary: inside needs to know what the layers of a network see, which "
                "is not known of a network of your own: use resize"
            )

    def __enter__(self) -> Stylizer:
        with contextlib.ExitStack() as scope:
            scope.enter_context(waiting())
            self.device = scope.enter_context(device_scope(self.config.device))
            self._scope = scope.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._scope.close()
        self._networks.clear()
        self._graphs.clear()

    def paint(
        self,
        pictures: Pictures | None = None,
        config: Config | None = None,
        checkpoints: Checkpoints | None = None,
        adjust: Callable[[], Mapping[str, Any]] | None = None,
    ) -> Iterator[Step]:
        """Paint a picture, and yield a Step after each iteration.

        Whoever reads the Steps may stop at any: `result` gives the best picture until then.

        Args:
            pictures: what `load_pictures` has given for the Config, if it was called already.
            config: the settings of this picture, with the device of the Stylizer's; None for its
                own.
            checkpoints: where the run is kept while it goes on, and may be found to go on from.
            adjust: called between two Steps for settings that shall have other values from here
                on: those of `config.LIVE`. If any differs, the optimizer begins anew from the image
                as it is, with the iterations that are left.

        Raises:
            StyleError: something that the user can mend.
            KeyboardInterrupt: Ctrl-C.
        """
        self._painting = Painting(self, config or self.config, pictures, checkpoints, adjust)
        return iter(self._painting)

    @property
    def history(self) -> tuple[Step, ...]:
        """A Step, without its image, for each iteration of the picture that was painted last."""
        return self._painting.history if self._painting else ()

    def result(self, interrupted: bool = False) -> Result:
        """Return the picture that was painted last.

        Args:
            interrupted: whether it was Ctrl-C or a signal that stopped it.

        Raises:
            StyleError: the run has moved nothing, or left no picture.
        """
        if self._painting is None:
            raise ValueError("there is no picture yet: call paint first")
        return self._painting.result(interrupted)

    def terms(self, config: Config) -> list[Term]:
        """Return all terms of the loss, with the weights of a Config."""
        layers = None if self._model is None else self._layers
        return [*terms_of(config, layers), *self._added]

    def network(self, config: Config) -> Network:
        """Return the network of a Config, with all layers that the terms need.

        Raises:
            StyleError: its weights are missing, damaged or of another network; or as for layers.
        """
        layers = tuple(dict.fromkeys(layer for term in self.terms(config) for layer in term.layers))
        if self._model is not None:
            return _kept(self._networks, layers, NETWORKS, lambda: network_of(self._model, layers))
        spec = replace(config.network_spec(), layers=layers)
        network = _kept(self._networks, spec, NETWORKS, lambda: open_network(spec, self.device))
        # Graphs of a network that is let go of would hold its weights.
        for key in [key for key in self._graphs if key[0] not in self._networks.values()]:
            del self._graphs[key]
        return network

    def objective(
        self,
        config: Config,
        pictures: Pictures,
        network: Network | None = None,
        side: int | None = None,
        has_all_terms: bool = False,
    ) -> Objective:
        """Return the loss of a Config, aimed at pictures.

        Where memory would not do for the pictures as a whole, they are cut into tiles.

        Args:
            config: the settings.
            pictures: of one size.
            network: with all layers that the terms need; None for the Config's.
            side: of the tiles, where memory allows; None for the largest.
            has_all_terms: whether it has the terms whose weight is 0 as well, so that their weights
                can be raised later (see `weigh`); then the network must have their layers.

        Raises:
            StyleError: memory would not do for the smallest tiles.
        """
        network = network or self.network(config)
        size = pictures.content.shape[:2]
        weights = config = replace(config, model_weights=network.source)
        if has_all_terms:
            config = with_all_terms(config)
        references = references_of(config, pictures)
        terms = self.terms(config)
        layers = [layer for term in terms for layer in term.layers]
        tiling = strides = None
        if self._model is None:
            regions = len(references.guides or ()) if pictures.regions else 0
            tiling = _plan(config, size, side, regions, layers)
            blocks = blocks_by_layer(network.source, layers, config.network)
            strides = {layer: stride(blocks[layer]) for layer in layers}
        graphs = _kept(
            self._graphs,
            (network, (tuple(terms), size)),
            GRAPHS,
            lambda: Graphs(network.features, terms, strides),
        )
        objective = Objective(Tiled(graphs, tiling, check), terms, references)
        self.weigh(objective, weights, pictures)
        return objective

    def weigh(self, objective: Objective, config: Config, pictures: Pictures) -> None:
        """Give an objective the weights of a Config, or those that its strength comes to."""
        # It may have a term whose weight is 0 now, with a parameter for each of its layers.
        objective.weigh(self.terms(with_all_terms(config)))
        objective.weights = weights_of(self.terms(config))
        if config.strength is not None:
            objective.weights |= weights_for_strength(
                objective,
                content_of(config, pictures),
                config.strength,
                config.style_weight,
                config.tv_weight,
            )


def _plan(
    config: Config, size: tuple[int, int], side: int | None, regions: int, layers: Sequence[str]
) -> Tiling:
    """Return how to cut pictures of a size, and say so if it takes more than one tile."""
    tiling = plan(config, size, side, regions, layers)
    count = len(tiling.cut(size))
    if count > 1:
        peak = to_text(estimate_peak(config, size, tiling.side, regions, layers))
        longest = max(tiling.largest(size))
        logger.info("painting in %d tiles of %d px, to take no more than %s", count, longest, peak)
    return tiling


def _kept(values: OrderedDict[Key, T], key: Key, count: int, make: Callable[[], T]) -> T:
    """Return the value of a key, made if it is not there; those used last are kept, so many."""
    if key not in values:
        while len(values) >= count:
            values.popitem(last=False)
        values[key] = make()
    values.move_to_end(key)
    return values[key]
