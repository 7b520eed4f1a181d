"""Training augmentation for a whole batch at once: crop, zoom, flip, colour, mixup."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from core.architectures.loading import TINY_PREPROCESSING


@dataclass(frozen=True, kw_only=True)
class AugmentationRange:
    """How much views differ from their picture; validates itself and raises `ValueError`.

    `least_area` and `most_area` bound the share of the picture's area that a view shows (over 1 it stands in a margin
    of the mean colour), `stretch` its aspect ratio, `colour` the factors of brightness, contrast and saturation (0.25:
    from 0.75 to 1.25).
    """

    least_area: float = 0.35
    most_area: float = 1.1
    stretch: float = 4 / 3
    colour: float = 0.25

    def __post_init__(self) -> None:
        if not (0 < self.least_area <= self.most_area and self.stretch >= 1):
            raise ValueError(f"areas {self.least_area} to {self.most_area}, stretch {self.stretch} are no ranges")
        if not 0 <= self.colour < 1:
            raise ValueError(f"colour {self.colour} has to lie between 0 and 1")


def normalise(images: Tensor) -> Tensor:
    """Return uint8 pictures (n, height, width, 3) as the networks want them: float32, (n, 3, height, width)."""
    mean, std = (torch.tensor(values, device=images.device) for values in _statistics())
    return ((images.float() / 255 - mean) / std).permute(0, 3, 1, 2)


def augment(images: Tensor, side: int, variety: AugmentationRange, random: torch.Generator) -> Tensor:
    """Return a normalised view (n, 3, side, side) of each of the uint8 pictures (n, height, width, 3).

    All chance comes from `random`, a generator of the CPU, so that every device draws the same views.
    """
    count, device = len(images), images.device
    pixels = normalise(_jitter(images, variety.colour, random))
    grid = F.affine_grid(_placements(count, variety, random).to(device), [count, 3, side, side], align_corners=False)
    views = F.grid_sample(pixels, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return views.contiguous(memory_format=torch.channels_last)


def mix(views: Tensor, labels: Tensor, classes: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return each view mixed with another of the batch, and for each the shares of the classes (n, classes).

    One share, drawn from `random`, holds for the whole batch (mixup, Zhang et al. 2017, arXiv:1710.09412, alpha 1). A
    network that learns from mixtures memorises less.
    """
    share = float(torch.rand((), generator=random))
    order = torch.randperm(len(views), generator=random).to(views.device)
    shares = F.one_hot(labels, classes).float()
    return share * views + (1 - share) * views[order], share * shares + (1 - share) * shares[order]


def _statistics() -> tuple[tuple[float, ...], tuple[float, ...]]:
    return TINY_PREPROCESSING.mean, TINY_PREPROCESSING.std


def _between(low: float, high: float, count: int, random: torch.Generator) -> Tensor:
    return torch.rand(count, generator=random) * (high - low) + low


def _jitter(images: Tensor, strength: float, random: torch.Generator) -> Tensor:
    """Return the pictures with brightness, contrast and saturation changed, as floats in 0..255."""
    count, device = len(images), images.device
    brightness, contrast, saturation = (
        _between(1 - strength, 1 + strength, count, random).to(device).view(-1, 1, 1, 1) for _ in range(3)
    )
    pixels = images.float() * brightness
    average = pixels.mean(dim=(1, 2, 3), keepdim=True)
    pixels = average + (pixels - average) * contrast
    grey = pixels.mean(dim=3, keepdim=True)
    return (grey + (pixels - grey) * saturation).clamp(0, 255)


def _placements(count: int, variety: AugmentationRange, random: torch.Generator) -> Tensor:
    """Return for each view the affine matrix (n, 2, 3) that says where in its picture it lies; half are mirrored."""
    area = _between(variety.least_area, variety.most_area, count, random)
    limit = math.log(variety.stretch)
    ratio = _between(-limit, limit, count, random).exp()
    width, height = (area * ratio).sqrt(), (area / ratio).sqrt()
    x, y = (_between(-1, 1, count, random) * (1 - length) for length in (width, height))
    mirrored = torch.where(torch.rand(count, generator=random) < 0.5, -1.0, 1.0)
    zero = torch.zeros(count)
    rows = (torch.stack([width * mirrored, zero, x], dim=1), torch.stack([zero, height, y], dim=1))
    return torch.stack(rows, dim=1)
