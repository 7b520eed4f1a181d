"""Insertion and deletion scores of an attribution map (Petsiuk et al. 2018, RISE)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.events import Event
from core.visualization.attribution.base import AttributionRequest, Floats, answer
from core.visualization.attribution.baselines import blurred

if TYPE_CHECKING:
    import torch

STEPS = 24
"""In how many equal parts the pixels are put in or taken out."""
RANDOM_CELLS = 8
"""Cells to a side of a map of chance, about as coarse as class activation maps."""


@dataclass(frozen=True, kw_only=True, eq=False)
class InsertionDeletion(Event):
    """The probability of a class after each part of the pixels, as far as it is known.

    `insertion` begins with the blurred picture and ends with the picture, `deletion` begins with the picture and ends
    with grey; both have one value for each of `shares`, the share of pixels changed, or fewer before the end.
    """

    target: int
    shares: NDArray[np.float64]
    insertion: NDArray[np.float64]
    deletion: NDArray[np.float64]

    @property
    def insertion_score(self) -> float:
        """Return the area under the curve of insertion, in [0, 1]; the higher, the better the map."""
        return area(self.insertion)

    @property
    def deletion_score(self) -> float:
        """Return the area under the curve of deletion, in [0, 1]; the lower, the better the map."""
        return area(self.deletion)


def insertion_deletion(
    request: AttributionRequest, evidence: Floats, target: int, steps: int = STEPS
) -> Iterator[InsertionDeletion]:
    """Yield how the probability of `target` goes up and down in the order of a map, (height, width) of any size.

    Pixels with more evidence come first, equal ones from the top left on. (Petsiuk, Das and Saenko 2018, "RISE",
    arXiv:1806.07421: insertion into the picture blurred, deletion to the mean colour.) Raises `ValueError` for a map
    that has no order because it is flat.
    """
    import torch

    if not np.ptp(evidence) > 0:
        raise ValueError("a flat map has no order")
    shares = np.linspace(0, 1, steps + 1)
    rank = torch.from_numpy(ranks(enlarge_map(evidence, request.side)))
    pixels = request.pixels
    pairs = ((blurred(pixels), pixels), (pixels, torch.zeros_like(pixels)))
    found: list[list[float]] = [[], []]
    for curve, (before, after) in zip(found, pairs, strict=True):
        for index in range(0, len(shares), request.at_once):
            chosen = shares[index : index + request.at_once]
            curve += _probabilities(request, _mixed(before, after, rank, chosen), target)
            yield InsertionDeletion(
                step=len(found[0]) + len(found[1]),
                total_steps=2 * len(shares),
                target=target,
                shares=shares,
                insertion=np.array(found[0]),
                deletion=np.array(found[1]),
            )


def score_map(request: AttributionRequest, evidence: Floats, target: int, steps: int = STEPS) -> InsertionDeletion:
    """Return the whole of `insertion_deletion`."""
    for judgement in insertion_deletion(request, evidence, target, steps):
        last = judgement
    return last


def area(curve: NDArray[np.float64]) -> float:
    """Return the area under a curve whose points are equally far apart between 0 and 1 (trapezoids)."""
    return float(np.trapezoid(curve, dx=1 / max(1, len(curve) - 1)))


def ranks(evidence: Floats) -> NDArray[np.int64]:
    """Return the place of each pixel in the order of evidence, 0 for the most; of the map's shape."""
    order = np.argsort(-evidence, axis=None, kind="stable")
    places = np.empty(evidence.size, np.int64)
    places[order] = np.arange(evidence.size)
    return places.reshape(evidence.shape)


def enlarge_map(evidence: Floats, side: tuple[int, int]) -> Floats:
    """Return a map at another (height, width), interpolated between the centres of its cells (bilinear)."""
    if evidence.shape == side:
        return evidence
    image = Image.fromarray(np.ascontiguousarray(evidence, np.float32))
    enlarged: Floats = np.asarray(image.resize((side[1], side[0]), Image.Resampling.BILINEAR))
    return enlarged


def chance(seed: int) -> Floats:
    """Return a map of random cells, which any method should beat."""
    return np.random.default_rng(seed).random((RANDOM_CELLS, RANDOM_CELLS), np.float32)


def _mixed(before: torch.Tensor, after: torch.Tensor, rank: torch.Tensor, shares: NDArray[np.float64]) -> torch.Tensor:
    """Return for each share the picture `before` whose first pixels are those of `after`, (B, 3, height, width)."""
    import torch

    counts = torch.from_numpy(np.rint(shares * rank.numel()).astype(np.int64))
    return torch.where(rank < counts[:, None, None, None], after, before)


def _probabilities(request: AttributionRequest, pictures: torch.Tensor, target: int) -> list[float]:
    probabilities: list[float] = answer(request, pictures).double().softmax(1)[:, target].tolist()
    return probabilities
