"""What a term of the loss is: one summand, which knows the picture by sums over its positions.

The loss is a weighted sum of terms. A picture may be too large to be looked at as a whole, so a
term is asked in three steps, none of which sees more than it must:

1. `target`, once for a picture: what it is compared with.
2. `statistics`, for each tile: sums over the tile's own positions. Over all tiles they are added.
3. `value`, given the sums over the whole picture: the number to be minimized.

The gradient follows by the chain rule. A term of one's own is a class with these three methods, of
which `target` may be left as it is.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import tensorflow as tf

from neural_style.networks.activations import Activations, part

# The name under which the pixels themselves stand among the layers.
IMAGE = "image"

Tensors = dict[str, tf.Tensor]
# What lies on the picture, [1, h, w, c] each, several for each layer (or IMAGE).
Maps = Mapping[str, Sequence[tf.Tensor]]
# Height, width and channels of each layer, and of IMAGE.
Shapes = Mapping[str, tuple[int, int, int]]
# From the height and width of a layer to the mask there, [h, w].
MaskAt = Callable[[int, int], tf.Tensor]


@dataclass(frozen=True)
class Guide:
    """A part of the image, and the styles that go there.

    Attributes:
        mask: of the part, on the image; None for all of it.
        styles: their indices, each with the mask of what is taken of that style, or None for all.
        among: indices of the styles to the sum of whose weights theirs are relative.
    """

    mask: MaskAt | None
    styles: Sequence[tuple[int, MaskAt | None]]
    among: Sequence[int]


@dataclass(frozen=True)
class References:
    """What a picture is painted from.

    Attributes:
        content: [1, H, W, 3], RGB, float32, [0, 255]; of the size of the picture.
        styles: k of [1, h, w, 3], of any sizes.
        guides: which styles go where; None for all of them everywhere.
    """

    content: tf.Tensor
    styles: Sequence[tf.Tensor] = ()
    guides: Sequence[Guide] | None = None


@dataclass(frozen=True)
class View:
    """What a term sees at once: a picture, or a tile of it.

    Attributes:
        image: [B, h, w, 3], RGB, float32: the tile with its surroundings.
        activations: those of the tile's own positions, by layer.
        maps: the term's maps (see `Target`) at the tile's own positions.
        begin: with `end` the rectangle of `image` that is the tile's own; None for all of it.
        end: see begin.
    """

    image: tf.Tensor
    activations: Mapping[str, Activations]
    maps: Maps = field(default_factory=dict)
    begin: tf.Tensor | None = None
    end: tf.Tensor | None = None

    @property
    def pixels(self) -> tf.Tensor:
        """The tile's own pixels, [B, h, w, 3]."""
        return self.image if self.begin is None else part(self.image, self.begin, self.end)


@dataclass(frozen=True)
class Target:
    """What a term compares a picture with.

    Attributes:
        maps: what lies on the picture; each tile sees its part.
        values: whatever else `value` needs: tensors, in dicts and lists of any depth.
    """

    maps: Maps = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


class Observer(Protocol):
    """Looks at whole pictures for a term's target, tile after tile where they are large."""

    def shapes(self, size: tuple[int, int]) -> Shapes:
        """Return what each layer's shape is for a picture of this height and width."""

    def features(self, picture: tf.Tensor, layers: Sequence[str]) -> Tensors:
        """Return the features (see `activations.features_of`) of whole layers of a picture."""

    def sums(self, term: Term, picture: tf.Tensor, maps: Maps) -> Tensors:
        """Return a term's statistics of a whole picture, with maps that lie on that one."""


class Term(abc.ABC):
    """One summand of the loss. A term of one's own derives from it.

    Attributes:
        name: under which it stands in a Step's terms.
        weight: what its value is multiplied by.
        layers: the layers whose activations it sees; none if it is of the pixels alone.
        additive: whether its statistics of a whole are the sum of its tiles'. If not, the picture
            is never cut.
    """

    name: ClassVar[str]
    weight: float = 1.0
    layers: tuple[str, ...] = ()
    additive: bool = True

    def __init__(self, weight: float = 1.0):
        self.weight = weight

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"the term {self.name}"

    def target(self, references: References, observer: Observer) -> Target:
        """Return what pictures are compared with."""
        return Target()

    def parameters(self) -> Mapping[str, Any]:
        """Return further values that `value` is given, which may change while it paints."""
        return {}

    @abc.abstractmethod
    def statistics(self, view: View) -> Tensors:
        """Return sums over the view's positions, by names of its own, [B, ...] each."""

    @abc.abstractmethod
    def value(self, sums: Tensors, values: Mapping[str, Any], shapes: Shapes) -> tf.Tensor:
        """Return the term, [B].

        Args:
            sums: its statistics, summed over the whole picture.
            values: of its target, and its parameters. What may change from one picture to the next
                must come from here, since the graph outlives a picture.
            shapes: of the layers and the picture.
        """


def weighted_mean(losses: Sequence[tf.Tensor], weights: tf.Tensor) -> tf.Tensor:
    """Return the sum of losses [B], weights normalized to sum to 1, divided by their number."""
    if not losses:
        return tf.zeros([1])
    normalized = weights / tf.reduce_sum(weights)
    return tf.tensordot(normalized, tf.stack(losses), 1) / len(losses)


def equal_if_none(weights: Sequence[float], things: Sequence[Any]) -> tf.Tensor:
    """Return a weight for each of some things: those given, or, if there are none, 1."""
    return tf.constant(weights or [1.0] * len(things), tf.float32)
