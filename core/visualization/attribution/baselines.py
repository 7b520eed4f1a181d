"""Baseline images for attribution and occlusion: grey, blurred, noise."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from core.i18n import N_
from core.images.preprocessing import FloatArray, Preprocessing, from_array

if TYPE_CHECKING:
    import torch
    from PIL import Image

BASELINES = (("grey", N_("Grey")), ("black", N_("Black")), ("blurred", N_("Blurred")))
"""What a picture can be compared with: the mean colour of ImageNet, black, or itself without any detail."""
BLUR = 5 / 224  # standard deviation of the blur by the side of the picture, as RISE has it


def baseline(kind: str, pixels: torch.Tensor, preprocessing: Preprocessing) -> torch.Tensor:
    """Return the baseline of a preprocessed picture, (1, 3, height, width), itself preprocessed.

    Raises `KeyError` unless `kind` is a key of `BASELINES`.
    """
    import torch

    if kind == "grey":
        return torch.zeros_like(pixels)
    if kind == "black":
        mean, std = (
            pixels.new_tensor(values)[None, :, None, None] for values in (preprocessing.mean, preprocessing.std)
        )
        return (-mean / std).expand_as(pixels).clone()
    if kind == "blurred":
        return blurred(pixels)
    raise KeyError(kind)


def blurred(pixels: torch.Tensor) -> torch.Tensor:
    """Return a picture under a Gaussian of `BLUR` times its side, mirrored at its edges."""
    import torch
    from torch.nn import functional as F

    deviation = BLUR * pixels.shape[-1]
    reach = min(math.ceil(3 * deviation), min(pixels.shape[-2:]) - 1)
    places = torch.arange(-reach, reach + 1, dtype=pixels.dtype)
    kernel = torch.exp(-((places / deviation) ** 2) / 2)
    kernel = (kernel / kernel.sum()).expand(3, 1, 1, -1)
    padded = F.pad(pixels, (reach,) * 4, mode="reflect")
    return F.conv2d(F.conv2d(padded, kernel, groups=3), kernel.transpose(2, 3), groups=3)


def baseline_image(kind: str, batch: FloatArray, preprocessing: Preprocessing) -> Image.Image:
    """Return the baseline of a preprocessed picture as an RGB image."""
    import torch

    return from_array(baseline(kind, torch.from_numpy(np.array(batch)), preprocessing).numpy(), preprocessing)
