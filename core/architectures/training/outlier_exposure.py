"""Outlier exposure: patterns, noise and shuffled pieces on which a network is trained to be undecided."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from core.architectures.training.augmentation import normalise

TILES = (4, 24)  # pixels of a patch that is repeated
PIECES = (8, 16)  # a side, of a jumbled picture
ZOOM = (4, 10)  # pixels of a patch that fills the whole picture
GRAINS = (2, 32)  # a side, of noise
SPARSENESS = (1, 2, 8, 24)  # the higher, the fewer grains are bright


def draw_outliers(images: Tensor, side: int, random: torch.Generator) -> Tensor:
    """Return as many normalised pictures of nothing (n, 3, side, side) as there are `images` (n, height, width, 3).

    They are made of `images`, uint8, in four ways: a patch repeated, pieces jumbled, a patch enlarged, and noise. A
    network that is to be undecided about such pictures is less sure about others that it was not taught (Hendrycks et
    al. 2018, arXiv:1812.04606). All chance comes from `random`, a generator of the CPU.
    """
    pixels = normalise(images)
    parts = pixels.chunk(4)
    makers = (_repeated, _jumbled, _enlarged)
    made = [make(part, random) for make, part in zip(makers, parts, strict=False)]
    made += [_noise(len(part), pixels.shape[-1], random).to(pixels.device) for part in parts[3:]]
    outliers = F.interpolate(torch.cat(made), side, mode="bilinear", antialias=True, align_corners=False)
    return outliers.contiguous(memory_format=torch.channels_last)


def _whole(low: int, high: int, random: torch.Generator) -> int:
    return int(torch.randint(low, high + 1, (), generator=random))


def _patch(pixels: Tensor, length: int, random: torch.Generator) -> Tensor:
    top, left = (_whole(0, pixels.shape[-1] - length, random) for _ in range(2))
    return pixels[..., top : top + length, left : left + length]


def _repeated(pixels: Tensor, random: torch.Generator) -> Tensor:
    side = pixels.shape[-1]
    patch = _patch(pixels, _whole(*TILES, random), random)
    times = -(-side // patch.shape[-1])
    return patch.repeat(1, 1, times, times)[..., :side, :side]


def _jumbled(pixels: Tensor, random: torch.Generator) -> Tensor:
    pieces = PIECES[_whole(0, len(PIECES) - 1, random)]
    cut = F.unfold(pixels, pixels.shape[-1] // pieces, stride=pixels.shape[-1] // pieces)
    order = torch.randperm(pieces**2, generator=random).to(pixels.device)
    return F.fold(cut[..., order], pixels.shape[-1], pixels.shape[-1] // pieces, stride=pixels.shape[-1] // pieces)


def _enlarged(pixels: Tensor, random: torch.Generator) -> Tensor:
    return F.interpolate(_patch(pixels, _whole(*ZOOM, random), random), pixels.shape[-1], mode="bicubic")


def _noise(count: int, side: int, random: torch.Generator) -> Tensor:
    grains = _whole(*GRAINS, random)
    sparseness = SPARSENESS[_whole(0, len(SPARSENESS) - 1, random)]
    common = torch.rand(count, 1, grains, grains, generator=random)
    colour = torch.rand(count, 3, grains, grains, generator=random)
    mixed = (0.7 * common + 0.3 * colour) ** sparseness
    return F.interpolate(4 * mixed - 2, side, mode="bicubic")
