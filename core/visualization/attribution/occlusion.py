"""Occlusion: the logits with a patch of the image covered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.i18n import N_
from core.settings import Choice, Integer
from core.visualization.attribution.base import AttributionMethod, AttributionRequest, Floats, Settings, Steps, answer
from core.visualization.attribution.baselines import BASELINES, baseline

if TYPE_CHECKING:
    import torch

PATCH = Integer(
    name="patch",
    label=N_("Square in %"),
    default=25,
    minimum=5,
    maximum=90,
    help=N_("The side of the square that is covered, in per cent of the picture's."),
)
PATCH_STRIDE = Integer(
    name="patch_stride",
    label=N_("Stride in %"),
    default=33,
    minimum=10,
    maximum=100,
    help=N_("How far the square moves from place to place, in per cent of its own side."),
)
COVER = Choice(name="cover", label=N_("Covered with"), default="grey", options=BASELINES)
MEASURE = Choice(
    name="measure",
    label=N_("Measured by"),
    default="probability",
    options=(("probability", N_("Probability")), ("logit", N_("Logit"))),
    help=N_("What falls when the square covers evidence: the probability, which other classes move too, or the logit."),
)


@dataclass(frozen=True)
class OcclusionPatch:
    """A square of `side` pixels whose corner is at `top` and `left`; it may reach over the right and lower edges."""

    top: int
    left: int
    side: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Covered:
    """What the network answers with a square covered: logits and probabilities of all classes, (classes,)."""

    square: OcclusionPatch
    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]


def patch_and_stride(settings: Settings, side: int) -> tuple[int, int]:
    """Return the side and the stride of the square in pixels for a picture of `side` pixels."""
    patch = max(1, round(side * int(settings["patch"]) / 100))
    return patch, max(1, round(patch * int(settings["patch_stride"]) / 100))


def places(height: int, width: int, patch: int, stride: int) -> list[OcclusionPatch]:
    """Return all squares of a sweep, row by row; the last ones may reach over the edges, as in captum."""
    rows, columns = (1 + max(0, -(-(length - patch) // stride)) for length in (height, width))
    return [OcclusionPatch(row * stride, column * stride, patch) for row in range(rows) for column in range(columns)]


def occlusion(request: AttributionRequest, settings: Settings) -> Steps:
    """Yield by how much the measure falls when a pixel is covered, the mean over all squares that cover it.

    Pixels that no square has covered yet are 0. The squares and the mean are those of captum's `Occlusion`, which can
    neither be watched nor stopped.
    """
    height, width = request.side
    squares = places(height, width, *patch_and_stride(settings, min(height, width)))
    sums = np.zeros((len(request.targets), height, width))
    counts = np.zeros((height, width))
    before = _measured(request, settings, request.pixels)[0]
    done = 0
    for chosen, values in _sweep(request, settings, squares):
        for square, value in zip(chosen, values, strict=True):
            window = (slice(square.top, square.top + square.side), slice(square.left, square.left + square.side))
            sums[:, window[0], window[1]] += (before - value)[:, None, None]
            counts[window] += 1
        done += len(chosen)
        yield done, len(squares), (sums / np.maximum(counts, 1)).astype(np.float32)


def cover(request: AttributionRequest, settings: Settings, square: OcclusionPatch) -> Covered:
    """Return what the network answers with one square covered; one of side 0 covers nothing."""
    pixels = request.pixels
    filling = baseline(settings["cover"], pixels, request.backbone.preprocessing)
    logits = answer(request, _covered(pixels, filling, [square]))
    return Covered(square=square, logits=logits[0].numpy(), probabilities=logits[0].softmax(0).numpy())


def _sweep(
    request: AttributionRequest, settings: Settings, squares: list[OcclusionPatch]
) -> Iterator[tuple[list[OcclusionPatch], Floats]]:
    pixels = request.pixels
    filling = baseline(settings["cover"], pixels, request.backbone.preprocessing)
    for index in range(0, len(squares), request.at_once):
        chosen = squares[index : index + request.at_once]
        yield chosen, _measured(request, settings, _covered(pixels, filling, chosen))


def _covered(pixels: torch.Tensor, filling: torch.Tensor, squares: list[OcclusionPatch]) -> torch.Tensor:
    """Return the picture once for each square, (B, 3, height, width), with that covered."""
    pictures = pixels.repeat(len(squares), 1, 1, 1)
    for picture, square in zip(pictures, squares, strict=True):
        window = (slice(square.top, square.top + square.side), slice(square.left, square.left + square.side))
        picture[:, window[0], window[1]] = filling[0, :, window[0], window[1]]
    return pictures


def _measured(request: AttributionRequest, settings: Settings, pictures: torch.Tensor) -> Floats:
    """Return what is measured of each target, (B, targets)."""
    logits = answer(request, pictures)
    values = logits.softmax(1) if settings["measure"] == "probability" else logits
    measured: Floats = values[:, list(request.targets)].numpy()
    return measured


def _passes(settings: Settings, side: int = 224) -> int:
    return len(places(side, side, *patch_and_stride(settings, side))) + 1


OCCLUSION = AttributionMethod(
    name="occlusion",
    title=N_("Occlusion"),
    idea=N_("Covers the picture with a square, place by place, and maps by how much the class becomes less likely."),
    paper="Zeiler and Fergus (2014). Visualizing and understanding convolutional networks",
    url="https://arxiv.org/abs/1311.2901",
    needs="pixels",
    explain=occlusion,
    passes=lambda _channels, settings: _passes(settings),
    signed=True,
    settings=(PATCH, PATCH_STRIDE, COVER, MEASURE),
)
