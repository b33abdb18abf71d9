"""What is computed of a picture at once, as graphs that outlive it.

A network and terms make the graphs; sizes, targets, masks and weights are what they are given. So
the next picture of a size is painted by the graphs of the last one, without tracing any.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from neural_style.losses.term import IMAGE, Maps, Shapes, Tensors, Term, View
from neural_style.networks.activations import Activations, channels, features_of, part
from neural_style.networks.activations import size as layer_size

Features = Callable[[tf.Tensor], Mapping[str, Activations]]
# By the terms' names: their statistics, their maps, and the values that they are given.
Sums = dict[str, Tensors]
MapsOfTerms = dict[str, Maps]
Values = dict[str, Mapping[str, Any]]


class Aim(NamedTuple):
    """What a picture is compared with by the terms, and what each of them counts, by their names.

    Attributes:
        maps: of their targets, on the picture.
        values: of their targets, and their parameters.
        weights: theirs.
    """

    maps: MapsOfTerms
    values: Values
    weights: Tensors


# Nothing here needs AutoGraph, whose translation of the network takes seconds.
graph = tf.function(autograph=False)


class Graphs:
    """The graphs of a network and terms.

    A `window` is the pixels of a tile's crop that are the tile's own: the first row and column, and
    those behind the last, [2, 2], int32; None for all.

    Attributes:
        terms: in their order, by name.
        strides: pixels between the positions of each layer; without them pictures cannot be cut.
        sums_of_pictures: statistics of whole pictures, where `Tiled` remembers them.
    """

    def __init__(
        self,
        features: Features,
        terms: Sequence[Term],
        strides: Mapping[str, int] | None = None,
    ):
        """Trace nothing yet.

        Args:
            features: maps an image to activations by layer, all of the terms' layers.
            terms: no two of one name. Their weights and parameters are not looked at.
            strides: see above.
        """
        self._features = features
        self.terms = {term.name: term for term in terms}
        self.strides = {**strides, IMAGE: 1} if strides else None
        self.sums_of_pictures: dict[Hashable, Tensors] = {}
        self._shapes: dict[tuple[int, int], Shapes] = {}

    def shapes(self, size: tuple[int, int]) -> Shapes:
        """Return each layer's shape for a picture of this height and width, and IMAGE's."""
        if size not in self._shapes:
            self._shapes[size] = {**_layer_shapes(self._features, size), IMAGE: (*size, 3)}
        return self._shapes[size]

    def terms_of(self, sums: Sums, aim: Aim, shapes: Shapes) -> Tensors:
        """Return each term, summed over the batch, and their weighted total."""
        terms = {
            name: tf.reduce_sum(term.value(sums[name], aim.values[name], shapes))
            for name, term in self.terms.items()
        }
        weighted = [aim.weights[name] * value for name, value in terms.items()]
        return terms | {"total": functools.reduce(operator.add, weighted)}

    def sums_of(self, image: tf.Tensor, window: tf.Tensor | None, maps: MapsOfTerms) -> Sums:
        """Return each term's statistics of a tile; over all tiles they are to be added.

        Args:
            image: the tile's crop, [B, h, w, 3].
            window: see above.
            maps: the terms' at the crop.
        """
        activations = self._features(image)
        return {
            name: term.statistics(self._view(term, image, activations, window, maps[name]))
            for name, term in self.terms.items()
        }

    @graph
    def whole(self, image: tf.Tensor, aim: Aim, scale: tf.Tensor) -> tuple[Tensors, tf.Tensor]:
        """Return the terms of a picture as a whole, and the scaled total's gradient."""
        shapes = self.shapes(tuple(image.shape[1:3]))
        with tf.GradientTape() as tape:
            tape.watch(image)
            terms = self.terms_of(self.sums_of(image, None, aim.maps), aim, shapes)
            scaled = terms["total"] * scale
        return terms, tape.gradient(scaled, image)

    @graph
    def sums(self, image: tf.Tensor, window: tf.Tensor | None, maps: MapsOfTerms) -> Sums:
        """Return `sums_of`."""
        return self.sums_of(image, window, maps)

    @graph
    def derivatives(
        self, sums: Sums, aim: Aim, scale: tf.Tensor, size: tuple[int, int]
    ) -> tuple[Tensors, Sums]:
        """Return the terms, and the derivatives of the scaled total by the sums."""
        with tf.GradientTape() as tape:
            tape.watch(sums)
            terms = self.terms_of(sums, aim, self.shapes(size))
            scaled = terms["total"] * scale
        return terms, tape.gradient(scaled, sums, unconnected_gradients="zero")

    @graph
    def pull_back(
        self,
        image: tf.Tensor,
        window: tf.Tensor | None,
        maps: MapsOfTerms,
        derivatives: Sums,
    ) -> tf.Tensor:
        """Return the derivative by a tile's crop, given those by its sums."""
        with tf.GradientTape() as tape:
            tape.watch(image)
            sums = self.sums_of(image, window, maps)
        return tape.gradient(sums, image, output_gradients=derivatives)

    @graph
    def features(
        self, image: tf.Tensor, window: tf.Tensor | None, layers: tuple[str, ...]
    ) -> Tensors:
        """Return the features of layers at a tile's own positions."""
        activations = self._features(image)
        return {name: features_of(self._own(name, activations[name], window)) for name in layers}

    @graph
    def statistics(
        self, name: str, image: tf.Tensor, window: tf.Tensor | None, maps: Maps
    ) -> Tensors:
        """Return the statistics of a tile that the term of this name wants."""
        view = self._view(self.terms[name], image, self._features(image), window, maps)
        return self.terms[name].statistics(view)

    def _view(
        self,
        term: Term,
        image: tf.Tensor,
        activations: Mapping[str, Activations],
        window: tf.Tensor | None,
        maps: Maps,
    ) -> View:
        begin, end = (None, None) if window is None else tf.unstack(window)
        own = {name: self._own(name, activations[name], window) for name in term.layers}
        own_maps = {
            name: [self._own(name, map_, window) for map_ in of_layer]
            for name, of_layer in maps.items()
        }
        return View(image, own, own_maps, begin, end)

    def _own(self, layer: str, activations: Activations, window: tf.Tensor | None) -> Activations:
        """Return the part of a layer's activations that is a tile's own."""
        if window is None:
            return activations
        stride = self.strides[layer]
        return part(activations, window[0] // stride, -(-window[1] // stride))


def _layer_shapes(features: Features, size: tuple[int, int]) -> dict[str, tuple[int, int, int]]:
    """Return height, width and channels of each layer for a picture, which is not computed."""
    shapes = {}

    @tf.function(input_signature=[tf.TensorSpec([1, *size, 3])], autograph=False)
    def look(image: tf.Tensor) -> None:
        for name, activations in features(image).items():
            shapes[name] = (*layer_size(activations), channels(activations))

    look.get_concrete_function()
    return shapes
