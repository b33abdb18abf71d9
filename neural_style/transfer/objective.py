"""A network and weighted terms, aimed at pictures: one callable of the image.

E(x) = alpha * L_content(x) + beta * L_style(x) + gamma * L_tv(x), equation 7 of the paper with the
report's normalization and total variation term, and whatever terms are added.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from neural_style.losses.term import References, Tensors, Term
from neural_style.runtime.errors import StyleError
from neural_style.transfer.graphs import Aim, MapsOfTerms, Values
from neural_style.transfer.tiled import Tiled


class Objective:
    """The loss of an image of one size against the terms' targets.

    Calling it with an image [B, H, W, 3] (RGB, float32, in [0, 255]) returns each term (a scalar,
    unweighted, summed over the batch) by its name, and `total` (weighted).

    Attributes:
        tiled: the graphs, and how pictures are cut.
        size: height and width of the image.
        weights: of each term. A new one takes effect at the next evaluation, without a new trace.
        maps: of the terms' targets, by their names.
    """

    def __init__(self, tiled: Tiled, terms: Sequence[Term], references: References):
        """Compute the targets.

        Args:
            tiled: of graphs for such terms.
            terms: those of the graphs, but for weights and parameters.
            references: of which the terms take what they need.

        Raises:
            StyleError: memory runs out even with the smallest tiles; or a term needs the picture as
                a whole, and it would be cut.
        """
        self.tiled = tiled
        self.size: tuple[int, int] = tuple(references.content.shape[1:3])
        for term in terms:
            if not term.additive and tiled.tiling and len(tiled.tiling.cut(self.size)) > 1:
                raise StyleError(
                    f"{term.label} needs the whole picture at once, which takes more than "
                    "max_memory: use a smaller max_size, or do without it"
                )
        targets = {term.name: term.target(references, tiled) for term in terms}
        self.maps: MapsOfTerms = {name: target.maps for name, target in targets.items()}
        self._targets: Values = {name: target.values for name, target in targets.items()}
        self.weigh(terms)

    def weigh(self, terms: Sequence[Term]) -> None:
        """Take over the weights and the parameters of terms that are the same but for them."""
        self.weights = weights_of(terms)
        self._values: Values = {
            term.name: {**self._targets[term.name], **term.parameters()} for term in terms
        }

    def __call__(self, image: tf.Tensor) -> Tensors:
        """Return the terms for the image, as a whole."""
        graphs = self.tiled.graphs
        sums = graphs.sums_of(tf.convert_to_tensor(image), None, self.maps)
        aim = Aim(self.maps, self._values, self.weights)
        return graphs.terms_of(sums, aim, graphs.shapes(self.size))

    def value_and_gradient(self, image: tf.Tensor, scale: tf.Tensor) -> tuple[Tensors, tf.Tensor]:
        """Return the terms for the image, and the gradient of their total times `scale`.

        Args:
            image: [B, H, W, 3], float32.
            scale: a scalar.

        Raises:
            StyleError: memory runs out even with the smallest tiles.
        """
        aim = Aim(self.maps, self._values, self.weights)
        return self.tiled.value_and_gradient(image, aim, scale)


def weights_of(terms: Sequence[Term]) -> Tensors:
    """Return the terms' weights by their names."""
    return {term.name: tf.constant(term.weight, tf.float32) for term in terms}
