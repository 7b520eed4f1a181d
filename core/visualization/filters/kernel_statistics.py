"""Statistics of kernels: norms, dead and similar filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.compute import permit
from core.visualization.filters.kernels import Kernels, KernelSource, gains, kernels

if TYPE_CHECKING:
    import torch

    from core.architectures.loading import Backbone

Figures = NDArray[np.float32]

DEAD_BELOW = 0.01
"""A filter is dead that is weaker than this share of the layer's median, or than a tenth of it of the strongest."""
ALIKE_ABOVE = 0.95
"""Two filters are duplicates whose cosine similarity is above this, and opposites where it is below minus this."""
PAIRS_KEPT = 200
ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class Pair:
    """Two filters of almost the same direction, or of the opposite one where the cosine is negative."""

    first: int
    second: int
    cosine: float

    @property
    def is_opposite(self) -> bool:
        """Return whether one is about the other times a negative number."""
        return self.cosine < 0


@dataclass(frozen=True, eq=False)
class Similarity:
    """For each filter the other that is most like it, whatever the sign (-1 for none), and their cosine, (out,).

    `pairs` are the most alike, at most `PAIRS_KEPT`, of `duplicates` whose cosine is positive and `opposites` whose
    is negative.
    """

    closest: NDArray[np.intp]
    cosines: Figures
    pairs: tuple[Pair, ...]
    duplicates: int
    opposites: int

    @property
    def alike(self) -> NDArray[np.bool_]:
        """Return which filters are a duplicate or the opposite of another."""
        alike: NDArray[np.bool_] = np.abs(self.cosines) > ALIKE_ABOVE
        return alike


@dataclass(frozen=True, eq=False)
class Filters:
    """The filters of a convolution and their figures, arrays of shape (out,), read-only.

    `norms` are the L2 norms of the kernels. `gains` are what the batch normalisation that follows multiplies by,
    signed, None where none does; `strengths` are the norms of the kernels that then act, |gain| × norm.
    """

    convolution: KernelSource
    kernels: Kernels
    norms: Figures
    gains: Figures | None
    strengths: Figures
    dead: NDArray[np.bool_]
    likeness: Similarity

    @property
    def bytes(self) -> int:
        """Return about how much memory it takes."""
        return self.kernels.nbytes + 64 * len(self.norms)

    @property
    def reach(self) -> float:
        """Return the largest weight, whatever its sign."""
        return max(float(self.kernels.max()), -float(self.kernels.min()))

    def rank(self, number: int) -> int:
        """Return the place of a filter when the largest norms come first, from 1 on."""
        return int((self.norms > self.norms[number]).sum()) + 1

    def input_shares(self, number: int) -> Figures:
        """Return how much of a filter's squared norm each of the input channels that it sees has, float32."""
        squares = (self.kernels[number].astype(np.float64) ** 2).sum((1, 2))
        total = squares.sum()
        shares: Figures = (squares / total if total > 0 else squares).astype(np.float32)
        return shares

    def is_silenced(self, number: int) -> bool:
        """Return whether a dead filter's own kernel is not weak, but what the normalisation multiplies it by."""
        return bool(self.dead[number]) and not is_dead(self.norms)[number]


def examine(backbone: Backbone, convolution: KernelSource) -> Filters:
    """Return the filters of `convolution` with all their figures. Raises `UserError` when the server stays busy."""
    weights = kernels(backbone, convolution)
    gain = gains(backbone, convolution)
    with permit():
        norms = norms_of(weights)
        strengths = norms if gain is None else np.abs(gain) * norms
        dead = is_dead(strengths)
        likeness = likeness_of(weights, norms, dead, convolution.groups)
    for array in (norms, strengths, dead, likeness.closest, likeness.cosines):
        array.flags.writeable = False
    return Filters(convolution, weights, norms, gain, strengths, dead, likeness)


def norms_of(weights: Kernels) -> Figures:
    """Return the L2 norm of each kernel of (out, in, height, width), float32 (out,)."""
    flat = weights.reshape(len(weights), -1)
    blocks = [flat[start : start + ROWS_AT_ONCE].astype(np.float64) for start in range(0, len(flat), ROWS_AT_ONCE)]
    norms: Figures = np.concatenate([np.sqrt((block**2).sum(1)) for block in blocks]).astype(np.float32)
    return norms


def is_dead(strengths: Figures) -> NDArray[np.bool_]:
    """Return which filters are so weak that what they put out is the same for every picture, as far as one can see.

    That is below `DEAD_BELOW` of the median, and of the strongest where so many are dead that the median is as well.
    """
    reference = max(float(np.median(strengths)), float(strengths.max()) / 10)
    dead: NDArray[np.bool_] = strengths <= DEAD_BELOW * reference
    return dead


def likeness_of(weights: Kernels, norms: Figures, dead: NDArray[np.bool_], groups: int = 1) -> Similarity:
    """Return how alike the filters of (out, in / groups, height, width) are that see the same input channels.

    Dead filters have no direction and are left out. Compared are some hundred filters at a time, so that thousands of
    them need little memory beside the weights.
    """
    import torch

    search = _Search(len(weights))
    size = len(weights) // groups
    for group in range(groups) if size > 1 else ():
        numbers = group * size + np.flatnonzero(~dead[group * size : (group + 1) * size])
        directions = weights[numbers].reshape(len(numbers), -1) / norms[numbers, None]
        with torch.inference_mode():
            search.compare(torch.from_numpy(directions), numbers)
    return search.found()


class _Search:
    """Collects the closest other filter of each, and the pairs that are most alike."""

    def __init__(self, count: int) -> None:
        self._closest = np.full(count, -1, np.intp)
        self._cosines = np.zeros(count, np.float32)
        self._pairs: list[Pair] = []
        self._counts = {True: 0, False: 0}

    def compare(self, directions: torch.Tensor, numbers: NDArray[np.intp]) -> None:
        """Compare filters with unit `directions` (n, weights) with one another; `numbers` are their own."""
        for start in range(0, len(numbers), ROWS_AT_ONCE):
            rows = numbers[start : start + ROWS_AT_ONCE]
            cosines = (directions[start : start + ROWS_AT_ONCE] @ directions[start:].T).clamp(-1, 1)
            cosines.diagonal().zero_()
            self._keep_closest(rows, numbers[start:], cosines)
            self._keep_closest(numbers[start:], rows, cosines.T)
            self._keep_pairs(rows, numbers[start:], cosines.triu(1))

    def found(self) -> Similarity:
        """Return what was found, the most alike pairs first."""
        pairs = sorted(self._pairs, key=lambda pair: (-abs(pair.cosine), pair.first, pair.second))
        return Similarity(
            self._closest, self._cosines, tuple(pairs[:PAIRS_KEPT]), self._counts[True], self._counts[False]
        )

    def _keep_closest(self, rows: NDArray[np.intp], columns: NDArray[np.intp], cosines: torch.Tensor) -> None:
        best, places = cosines.abs().max(1, keepdim=True)
        better = best[:, 0].numpy() > np.abs(self._cosines[rows])
        self._closest[rows[better]] = columns[places[:, 0].numpy()[better]]
        self._cosines[rows[better]] = cosines.gather(1, places)[:, 0].numpy()[better]

    def _keep_pairs(self, rows: NDArray[np.intp], columns: NDArray[np.intp], cosines: torch.Tensor) -> None:
        import torch

        self._counts[True] += int((cosines > ALIKE_ABOVE).sum())
        self._counts[False] += int((cosines < -ALIKE_ABOVE).sum())
        best, places = cosines.abs().flatten().topk(min(PAIRS_KEPT, cosines.numel()))
        places = places[best > ALIKE_ABOVE]
        first, second = torch.div(places, len(columns), rounding_mode="floor"), places % len(columns)
        values = cosines.flatten()[places].tolist()
        found = zip(rows[first.numpy()].tolist(), columns[second.numpy()].tolist(), values, strict=True)
        pairs = [*self._pairs, *(Pair(a, b, value) for a, b, value in found)]
        self._pairs = sorted(pairs, key=lambda pair: -abs(pair.cosine))[:PAIRS_KEPT]
