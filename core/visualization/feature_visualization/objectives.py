"""Objectives of activation maximisation, which can be added, scaled and negated.

An objective maps the outputs of layers, by name, to one score for each picture of a batch. Outputs have the shape
(pictures, channels, height, width); `LOGITS` stands for the network's outputs before the softmax, as maps of 1×1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    Values = Mapping[str, torch.Tensor]

LOGITS = ""
LEAST_SIMILARITY = 0.1
"""What a direction's cosine counts as at least, so that the ascent can begin where nothing points that way yet."""


class Objective:
    """What is to be made large. Objectives are frozen records: they hash, pickle and print as the code that makes them.

    `-objective` asks for the opposite, `2 * objective` weighs it, `one + other` asks for both.
    """

    @property
    def layers(self) -> frozenset[str]:
        """Return the layers whose outputs the score follows from."""
        raise NotImplementedError

    def __call__(self, values: Values) -> torch.Tensor:
        """Return the score of each picture, (pictures,)."""
        raise NotImplementedError

    def __neg__(self) -> Objective:
        return Weighted(-1.0, self)

    def __mul__(self, factor: float) -> Objective:
        return Weighted(float(factor), self)

    __rmul__ = __mul__

    def __add__(self, other: Objective) -> Objective:
        return Sum(self, other)

    def __sub__(self, other: Objective) -> Objective:
        return Sum(self, -other)


@dataclass(frozen=True)
class OfLayer(Objective):
    """An objective that one layer's output decides."""

    layer: str

    @property
    def layers(self) -> frozenset[str]:
        return frozenset({self.layer})


@dataclass(frozen=True)
class Channel(OfLayer):
    """The mean of a channel's map: what the channel looks for, anywhere in the picture."""

    index: int

    def __call__(self, values: Values) -> torch.Tensor:
        return values[self.layer][:, self.index].mean((1, 2))


@dataclass(frozen=True)
class Channels(OfLayer):
    """The mean of another channel's map for each picture of a batch: many channels are looked at in one pass."""

    indices: tuple[int, ...]

    def __call__(self, values: Values) -> torch.Tensor:
        maps = values[self.layer]
        return maps[list(range(len(maps))), list(self.indices)].mean((1, 2))


@dataclass(frozen=True)
class Unit(OfLayer):
    """One cell of a channel's map: what the unit looks for, in its receptive field."""

    channel: int
    row: int
    column: int

    def __call__(self, values: Values) -> torch.Tensor:
        return values[self.layer][:, self.channel, self.row, self.column]


@dataclass(frozen=True)
class Logit(Objective):
    """The logit of a class. Its probability would also grow where only the other logits fall."""

    index: int

    @property
    def layers(self) -> frozenset[str]:
        return frozenset({LOGITS})

    def __call__(self, values: Values) -> torch.Tensor:
        return values[LOGITS][:, self.index, 0, 0]


@dataclass(frozen=True)
class Direction(OfLayer):
    """How far, and how exclusively, the cells of a layer point into one direction of its channel space.

    The mean over all cells of a·w/|w|, times the cosine between a and w, of which `LEAST_SIMILARITY` counts at least
    (Carter et al. 2019, "Activation Atlas", doi:10.23915/distill.00015). `weights` are w, one number a channel.
    """

    weights: tuple[float, ...]

    def __call__(self, values: Values) -> torch.Tensor:
        import torch

        cells = values[self.layer]
        weights = torch.tensor(self.weights, dtype=cells.dtype)
        along = torch.einsum("nchw,c->nhw", cells, weights / weights.norm().clamp(min=1e-12))
        cosine = along / cells.norm(dim=1).clamp(min=1e-12)
        scores: torch.Tensor = (along * cosine.clamp(min=LEAST_SIMILARITY)).mean((1, 2))
        return scores


@dataclass(frozen=True)
class Diversity(OfLayer):
    """How unlike the textures of the pictures of a batch are: minus the mean cosine between their Gram matrices.

    The Gram matrix says which channels of a layer respond together, wherever that is. It is taken of the positive
    part, what a ReLU would let through. From -1, all alike, to 0. (Olah et al. 2017, "Feature Visualization",
    doi:10.23915/distill.00007.)
    """

    def __call__(self, values: Values) -> torch.Tensor:
        import torch

        cells = values[self.layer].relu().flatten(2)
        grams = torch.bmm(cells, cells.transpose(1, 2)).flatten(1)
        unit = grams / grams.norm(dim=1, keepdim=True).clamp(min=1e-12)
        cosines = unit @ unit.T
        others = max(1, len(cells) - 1)
        likeness: torch.Tensor = (cosines.sum(dim=1) - cosines.diagonal()) / others
        return -likeness


@dataclass(frozen=True)
class Weighted(Objective):
    """A multiple of an objective; of a negative factor, its opposite."""

    factor: float
    of: Objective

    @property
    def layers(self) -> frozenset[str]:
        return self.of.layers

    def __call__(self, values: Values) -> torch.Tensor:
        return self.factor * self.of(values)


@dataclass(frozen=True)
class Sum(Objective):
    """Two objectives at once."""

    first: Objective
    second: Objective

    @property
    def layers(self) -> frozenset[str]:
        return self.first.layers | self.second.layers

    def __call__(self, values: Values) -> torch.Tensor:
        return self.first(values) + self.second(values)
