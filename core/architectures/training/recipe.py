"""Training recipes: all hyperparameters, one recipe for each embedded network."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from core.architectures.training.augmentation import AugmentationRange


@dataclass(frozen=True, kw_only=True)
class TrainingRecipe:
    """SGD with Nesterov momentum and one-cycle learning rates; validates itself and raises `ValueError`.

    `lr` is the peak, reached after `warm_up` of all steps and followed by half a cosine down to zero. `sides` are the
    sides of the views in pixels, each for its share of `growth` of the epochs: small views first cost little.
    In the last `settling` of the epochs views are as `settled` says, close to what the app shows the network, and for
    each picture `strange` pictures of nothing are mixed in, which count `doubt` in the loss.
    `memory` is how much of the averaged weights survives a step. `smoothing` softens the labels. In a share `mixing` of
    the batches each view is mixed with another.

    `teachers` are embedded networks whose averaged answers count `trust` in the loss, the labels the rest; both
    sides are softened by `temperature`.
    """

    epochs: int
    batch: int = 128
    lr: float = 0.15
    warm_up: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 3e-4
    smoothing: float = 0.1
    mixing: float = 0.5
    memory: float = 0.999
    sides: tuple[int, ...] = (32, 48, 64)
    growth: tuple[float, ...] = (0.25, 0.25, 0.5)
    variety: AugmentationRange = field(default_factory=AugmentationRange)
    settled: AugmentationRange = field(
        default_factory=lambda: AugmentationRange(least_area=0.5, most_area=1.0, stretch=1.15, colour=0.2)
    )
    settling: float = 0.15
    strange: float = 1 / 16
    doubt: float = 0.3
    teachers: tuple[str, ...] = ()
    trust: float = 0.7
    temperature: float = 2.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch < 2 or self.lr <= 0 or not 0 <= self.warm_up < 1:
            raise ValueError(f"{self.epochs} epochs of batches of {self.batch} at {self.lr} are no training")
        if len(self.sides) != len(self.growth) or not math.isclose(sum(self.growth), 1):
            raise ValueError(f"sides {self.sides} need as many shares, which add up to 1, not {self.growth}")
        if not 0 <= self.trust <= 1 or self.temperature <= 0:
            raise ValueError(f"trust {self.trust} has to lie in 0..1, temperature {self.temperature} above 0")

    def side(self, epoch: int) -> int:
        """Return the side of the views in an epoch, counted from 0, in pixels."""
        done, end = epoch / self.epochs, 0.0
        for side, share in zip(self.sides, self.growth, strict=True):
            end += share
            if done < end - 1e-9:
                return side
        return self.sides[-1]

    def is_settling(self, epoch: int) -> bool:
        """Return whether an epoch, counted from 0, is one of the last."""
        return epoch >= self.epochs * (1 - self.settling)

    def lr_at(self, progress: float) -> float:
        """Return the learning rate after a share of all steps (Smith & Topin 2017, arXiv:1708.07120)."""
        if progress < self.warm_up:
            return self.lr * (progress + 1e-3) / (self.warm_up + 1e-3)
        return self.lr * (1 + math.cos(math.pi * (progress - self.warm_up) / (1 - self.warm_up))) / 2


_TAUGHT = TrainingRecipe(epochs=32, teachers=("tiny_resnet",))

RECIPES = {
    "tiny_resnet": TrainingRecipe(epochs=64),
    "tiny_vgg": replace(_TAUGHT, epochs=24, sides=(64,), growth=(1.0,)),  # its linear layer takes no other size
    "tiny_inception": _TAUGHT,
    "tiny_xception": _TAUGHT,
    "tiny_squeezenet": _TAUGHT,
    "tiny_mobilenet": _TAUGHT,
}
"""The networks in the order in which they are trained: a teacher comes before those whom it teaches."""
