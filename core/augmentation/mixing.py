"""MixUp and CutMix with the labels that follow, each one row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.augmentation.sampling import seed_of
from core.augmentation.transforms.arguments import build
from core.i18n import N_
from core.registry import Registry

Pixels = NDArray[np.uint8]
MIXED_SIDE = 160  # pixels: what is mixed has one size
KEY = 900  # beyond the keys of steps, so that mixing draws numbers of its own


@dataclass(frozen=True, kw_only=True)
class Mix:
    """A way to mix two pictures and their labels: `builds` is its name in torchvision.transforms.v2."""

    name: str
    title: str
    idea: str
    harm: str
    builds: str


MIXES: Registry[Mix] = Registry(
    N_("way to mix"),
    (
        Mix(
            name="mixup",
            title=N_("MixUp"),
            idea=N_("λ of one picture and 1 − λ of the other, labels likewise (Zhang et al. 2017)."),
            harm=N_("Ghosts that no camera makes; for boxes and masks there is no right answer."),
            builds="MixUp",
        ),
        Mix(
            name="cutmix",
            title=N_("CutMix"),
            idea=N_("A rectangle of one picture in the other; labels by area (Yun et al. 2019)."),
            harm=N_("The rectangle may hide what the label names, or show only background."),
            builds="CutMix",
        ),
    ),
)


@dataclass(frozen=True, eq=False)
class Mixed:
    """A mixed picture (side, side, 3): places of the two it is made of, and the share of each in its label."""

    image: Pixels
    first: int
    second: int
    share: float


def mix(pictures: Sequence[Pixels], name: str, alpha: float, seed: int, count: int) -> Iterator[Mixed]:
    """Yield `count` mixes of pairs of pictures, neighbours in turn; λ is drawn from Beta(α, α)."""
    import torch

    from core.architectures.zoo.initialisation import Seeded

    squares = [_square(picture) for picture in pictures]
    for number in range(count):
        first, second = number % len(squares), (number + 1) % len(squares)
        batch = torch.from_numpy(np.stack([squares[first], squares[second]])).permute(0, 3, 1, 2).float() / 255
        with Seeded(seed_of(seed, number, KEY)):
            transform: Any = build(MIXES[name].builds, {"alpha": alpha, "num_classes": 2})
            made, labels = transform(batch, torch.tensor([0, 1]))
        pixels = (made[0].permute(1, 2, 0) * 255).round().clamp(0, 255).byte().numpy()
        yield Mixed(pixels, first, second, float(labels[0, 0]))


def _square(pixels: Pixels) -> Pixels:
    """Return the middle of a picture as a square of the size that is mixed."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = Image.fromarray(pixels[top : top + side, left : left + side])
    return np.asarray(middle.resize((MIXED_SIDE, MIXED_SIDE), Image.Resampling.BICUBIC))
