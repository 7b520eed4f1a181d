"""Aligns the stages of several backbones by their resolution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.visualization.activations.activation_capture import Activations


@dataclass(frozen=True)
class StageOutput:
    """The output of a stage: its label, its last layer, and the shape (channels, height, width) of that layer."""

    label: str
    layer: str
    shape: tuple[int, int, int]


@dataclass(frozen=True)
class Level:
    """Stages at one resolution: each input pixel side is divided by `reduction`; None where a backbone has none."""

    reduction: int
    outputs: tuple[StageOutput | None, ...]


def align(captures: Sequence[tuple[int, Activations]]) -> tuple[Level, ...]:
    """Return the levels of several backbones, the finest first, each with one place per backbone.

    `captures` gives (side of the input in pixels, activations) for each. A backbone with several stages at one
    resolution is represented by the last; outputs without spatial extent are left out.
    """
    found = [_by_reduction(side, activations) for side, activations in captures]
    reductions = sorted(set().union(*found)) if found else []
    return tuple(Level(reduction, tuple(stages.get(reduction) for stages in found)) for reduction in reductions)


def stage_outputs(activations: Activations) -> tuple[StageOutput, ...]:
    """Return the output of each stage, in the order the data takes."""
    stages = [list(layers) for _label, layers in groupby(activations.layers, lambda layer: layer.stage)]
    return tuple(
        StageOutput(layers[-1].stage, layers[-1].name, activations.shapes[layers[-1].name]) for layers in stages
    )


def _by_reduction(side: int, activations: Activations) -> dict[int, StageOutput]:
    """Return the last stage at each reduction, rounded to a power of two (Inception's 299 / 35 counts as 8)."""
    return {
        2 ** round(math.log2(side / output.shape[1])): output
        for output in stage_outputs(activations)
        if output.shape[1] > 1 and output.shape[2] > 1
    }
