"""Domain distance: how far images are from a backbone's training data, measured in its features.

Batch normalisation stores mean and variance of each channel's input over the training pictures; those of other pictures
can be laid beside them (as in Li et al. 2018, "Adaptive Batch Normalization", arXiv:1603.04779).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from core.architectures.features import normalised
from core.architectures.zoo.records import HEAD
from core.compute import permit
from core.hooks import borrow

if TYPE_CHECKING:
    from core.architectures.loading import Backbone

Doubles = NDArray[np.float64]
AT_ONCE = 16
EPSILON = 1e-12


@dataclass(frozen=True, eq=False)
class Inputs:
    """What enters one batch normalisation: mean (n, channels) and mean square of each picture, and what is stored.

    `mean` and `deviation` (channels,) are the layer's own, over its training pictures.
    """

    means: Doubles
    squares: Doubles
    mean: Doubles
    deviation: Doubles

    def distance(self, chosen: NDArray[np.intp] | None = None) -> float:
        """Return how far the pictures are from the stored statistics, in stored standard deviations.

        It is the 2-Wasserstein distance of two normal distributions, root mean square over the channels: 0 where mean
        and deviation are those stored. `chosen` pictures, else all.
        """
        picked = slice(None) if chosen is None else chosen
        mean = self.means[picked].mean(0)
        deviation = np.sqrt(np.maximum(self.squares[picked].mean(0) - mean**2, 0))
        apart = (mean - self.mean) ** 2 + (deviation - self.deviation) ** 2
        return float(np.sqrt((apart / self.deviation**2).mean()))


def normalisations(backbone: Backbone) -> dict[str, str]:
    """Return the batch normalisations of a network that stand before the head, with the labels of their stages."""
    modules = dict(backbone.model.named_modules())
    return {
        layer.name: layer.stage
        for layer in backbone.graph.layers
        if layer.stage != HEAD
        and isinstance(modules.get(layer.name), nn.BatchNorm2d)
        and modules[layer.name].running_mean is not None
    }


def inputs_of(backbone: Backbone, images: NDArray[np.uint8]) -> dict[str, Inputs]:
    """Return what enters each batch normalisation when `images` (n, side, side, 3) pass; empty for a network without.

    Only those that are modules of their own are looked at.
    """
    names = normalisations(backbone)
    modules: Mapping[str, Any] = dict(backbone.model.named_modules())
    sums: dict[str, list[tuple[Doubles, Doubles]]] = {name: [] for name in names}

    def watcher(name: str) -> Any:
        def note(_module: nn.Module, inputs: Any, _output: Any) -> None:
            values = inputs[0].flatten(2)
            sums[name].append((values.mean(2).double().numpy(), values.square().mean(2).double().numpy()))

        return note

    for start in range(0, len(images), AT_ONCE):
        batch = normalised(images[start : start + AT_ONCE], backbone.preprocessing)
        with borrow(backbone.model) as loan, permit(), torch.inference_mode():
            for name in names:
                loan.watch(modules[name], watcher(name))
            backbone.model(batch)
    found = {}
    for name in names:
        means, squares = (np.concatenate(parts) for parts in zip(*sums[name], strict=True))
        stored = modules[name]
        deviation = (stored.running_var.double() + EPSILON).sqrt().numpy()
        found[name] = Inputs(means, squares, stored.running_mean.double().numpy(), deviation)
    return found


def by_stage(
    inputs: Mapping[str, Inputs], stages: Mapping[str, str], chosen: NDArray[np.intp] | None = None
) -> dict[str, float]:
    """Return the mean distance over the normalisations of each stage."""
    found: dict[str, list[float]] = {}
    for name, tensor in inputs.items():
        found.setdefault(stages[name], []).append(tensor.distance(chosen))
    return {stage: float(np.mean(distances)) for stage, distances in found.items()}


def entropies(logits: NDArray[np.float32]) -> Doubles:
    """Return the entropy of each answer (n,), as a share (0..1) of that of a guess: log of the number of classes."""
    shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return np.asarray(-(np.exp(logs) * logs).sum(1) / np.log(logits.shape[1]))
