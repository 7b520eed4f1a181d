"""Fine-tunes a transfer network by gradient descent, reproducibly by its seed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from core.architectures.features import AT_ONCE, normalised
from core.images.preprocessing import Preprocessing
from core.training_loop import minibatches, steps_per_epoch, take_step
from core.transfer.data.labelled_images import Labels
from core.transfer.training.transfer_network import TransferNetwork

WARM_UP = 0.1  # share of the steps in which the rates rise


@dataclass(frozen=True, kw_only=True)
class FineTuningConfig:
    """How a network is trained: AdamW, one cycle of warm-up and cosine.

    `rate` is that of the head, `trunk_rate` that of the last stage; each stage before it has `decay` times the rate of
    the one behind. `shift` is how far, as a share of the side, a picture is moved at random; `flip` mirrors half of
    them. `statistics` says whether batch normalisation in trained stages learns new statistics.
    """

    epochs: int = 12
    batch: int = 32
    rate: float = 3e-3
    trunk_rate: float = 1e-3
    decay: float = 0.6
    weight_decay: float = 1e-2
    shift: float = 1 / 16
    flip: bool = False
    statistics: bool = True


@dataclass(frozen=True)
class Epoch:
    """How an epoch went: `number` counts from 1, `loss` is its mean."""

    number: int
    loss: float


def fine_tune(
    network: TransferNetwork,
    images: NDArray[np.uint8],
    labels: Labels,
    preprocessing: Preprocessing,
    recipe: FineTuningConfig,
    seed: int,
) -> Iterator[Epoch]:
    """Train what is not frozen of a network on images (n, side, side, 3), and yield how each epoch went."""
    random = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(list(_groups(network, recipe)), weight_decay=recipe.weight_decay)
    total = steps_per_epoch(len(images), recipe.batch) * recipe.epochs
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _share_of_rate(step, total))
    inputs, targets = normalised(images, preprocessing), torch.from_numpy(labels)
    for epoch in range(recipe.epochs):
        network.train()
        if not recipe.statistics:
            _keep_statistics(network)
        losses = []
        for chosen in minibatches(len(images), recipe.batch, random):
            logits = network(augmented(inputs[chosen], recipe, random))
            losses.append(take_step(F.cross_entropy(logits, targets[chosen]), optimizer, schedule))
        yield Epoch(epoch + 1, float(np.mean(losses)))
    network.eval()


def predict(network: TransferNetwork, images: NDArray[np.uint8], preprocessing: Preprocessing) -> NDArray[np.float32]:
    """Return the logits (n, classes) of images."""
    network.eval()
    found = []
    with torch.inference_mode():
        for start in range(0, len(images), AT_ONCE):
            found.append(network(normalised(images[start : start + AT_ONCE], preprocessing)).numpy())
    return np.concatenate(found)


def augmented(batch: Tensor, recipe: FineTuningConfig, random: torch.Generator) -> Tensor:
    """Return a batch (n, 3, side, side) whose pictures are moved, and mirrored, at random; edges are reflected."""
    far = round(recipe.shift * batch.shape[-1])
    if far:
        padded = F.pad(batch, (far, far, far, far), mode="reflect")
        moves = torch.randint(0, 2 * far + 1, (len(batch), 2), generator=random).tolist()
        side = batch.shape[-1]
        batch = torch.stack([image[:, y : y + side, x : x + side] for image, (y, x) in zip(padded, moves, strict=True)])
    if recipe.flip:
        mirrored = torch.rand(len(batch), generator=random) < 0.5
        batch = torch.where(mirrored[:, None, None, None], batch.flip(3), batch)
    return batch


def _groups(network: TransferNetwork, recipe: FineTuningConfig) -> Iterator[dict[str, object]]:
    yield {"params": list(network.linear.parameters()), "lr": recipe.rate}
    rate = recipe.trunk_rate
    for stage in reversed(network.modules_by_stage):
        trained = [parameter for parameter in network.parameters_of(stage) if parameter.requires_grad]
        if trained:
            yield {"params": trained, "lr": rate}
        rate *= recipe.decay


def _share_of_rate(step: int, total: int) -> float:
    rise = max(1, round(WARM_UP * total))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, total - rise)))


def _keep_statistics(network: TransferNetwork) -> None:
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
