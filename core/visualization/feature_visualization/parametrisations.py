"""Image parametrisations: pixels, or Fourier coefficients in decorrelated colours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

COLOURS = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
"""The square root of the correlations of red, green and blue in ImageNet, one column for each uncorrelated colour.

From Olah et al. 2017, "Feature Visualization" (doi:10.23915/distill.00007), as its library lucid has it.
"""
COLOUR_MATRIX = COLOURS / COLOURS.norm(dim=0).max()
SPREAD = 0.01  # standard deviation of the first numbers
CALM = 4.0  # what frequencies are divided by, as in lucid: less saturated pictures


@dataclass(frozen=True, eq=False)
class Parametrisation:
    """Pictures that follow from `parameters`, the leaf that is adjusted, by `render`."""

    parameters: torch.Tensor
    render: Callable[[torch.Tensor], torch.Tensor]

    def pictures(self) -> torch.Tensor:
        """Return the pictures, float32 (pictures, 3, side, side), red, green and blue in 0..1."""
        return torch.sigmoid(self.render(self.parameters))


def parametrise(kind: str, decorrelated: bool, count: int, side: int, seed: int) -> Parametrisation:
    """Return `count` nearly grey pictures, of another noise each, as functions of their numbers.

    `kind` is "pixel" or "fourier"; with `decorrelated` the three channels that are adjusted are those colours that are
    uncorrelated in photographs. Nothing but `seed` decides the noise. Raises `KeyError` for another kind.
    """
    begin, values = {"pixel": (_pixel_noise, _same), "fourier": (_frequency_noise, frequencies_to_pixels)}[kind]
    random = torch.Generator().manual_seed(seed)
    parameters = torch.cat([begin(side, random) for _ in range(count)]).requires_grad_()

    def render(numbers: torch.Tensor) -> torch.Tensor:
        pixels = values(numbers, side)
        return mix_colours(pixels) if decorrelated else pixels

    return Parametrisation(parameters, render)


def frequencies_to_pixels(spectrum: torch.Tensor, side: int) -> torch.Tensor:
    """Return the pixels, (pictures, 3, side, side), of a spectrum (pictures, 3, side, side // 2 + 1, 2).

    The last axis holds real and imaginary parts. Each frequency is multiplied by `frequency_scale`, so that equal steps
    change large forms more than fine ones, as in photographs; then comes the inverse real Fourier transform.
    """
    scaled = torch.view_as_complex(spectrum * frequency_scale(side)[..., None])
    pixels: torch.Tensor = torch.fft.irfft2(scaled, s=(side, side), norm="ortho") / CALM
    return pixels


def frequency_scale(side: int) -> torch.Tensor:
    """Return 1 / frequency, in cycles a pixel, for each number of a spectrum; the mean counts as the lowest of them."""
    rows, columns = torch.fft.fftfreq(side), torch.fft.rfftfreq(side)
    frequencies = torch.hypot(rows[:, None], columns[None])
    return 1 / frequencies.clamp(min=1 / side)


def mix_colours(pixels: torch.Tensor) -> torch.Tensor:
    """Return red, green and blue from three uncorrelated colours, brightness first; (pictures, 3, height, width)."""
    return torch.einsum("nchw,dc->ndhw", pixels, COLOUR_MATRIX.to(pixels.dtype))


def _pixel_noise(side: int, random: torch.Generator) -> torch.Tensor:
    return SPREAD * torch.randn(1, 3, side, side, generator=random)


def _frequency_noise(side: int, random: torch.Generator) -> torch.Tensor:
    return SPREAD * torch.randn(1, 3, side, side // 2 + 1, 2, generator=random)


def _same(numbers: torch.Tensor, _side: int) -> torch.Tensor:
    return numbers
