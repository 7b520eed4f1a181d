"""Gradient norms through deep chains, with and without batch normalisation and residual connections.

A chain of 3×3 convolutions of the same width, freshly drawn, is given random pictures and labels once; of each layer's
weights the gradient's norm is told. After He et al. (2015), arXiv:1512.03385, and Ioffe and Szegedy (2015),
arXiv:1502.03167.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

WIDTH, PICTURES, SIDE, CLASSES = 12, 8, 16, 10
DEEPEST = 60


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A network of `depth` convolutions, two to a block; `residual` adds a block's input to what it computes.

    `normalised` puts batch normalisation after each convolution. `scale` multiplies the standard deviation that the
    weights are drawn with, 1 being He's. Raises `ValueError` for a depth that is not even, or too large.
    """

    depth: int = 20
    residual: bool = False
    normalised: bool = False
    scale: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.depth % 2 or not 2 <= self.depth <= DEEPEST or self.scale <= 0:
            raise ValueError(f"{self} is no chain of blocks of two")


def gradient_norms(chain: Chain) -> NDArray[np.float64]:
    """Return the norm of the gradient of each convolution's weights, from the first to the last: (depth,)."""
    import torch
    from torch.nn import functional as F

    random = torch.Generator().manual_seed(chain.seed)
    weights = [_drawn(chain, random).requires_grad_() for _ in range(chain.depth)]
    last = torch.randn(CLASSES, WIDTH, generator=random) / WIDTH**0.5
    x = torch.randn(PICTURES, WIDTH, SIDE, SIDE, generator=random)
    labels = torch.randint(CLASSES, (PICTURES,), generator=random)
    with torch.inference_mode(False), torch.enable_grad():
        for first, second in zip(weights[::2], weights[1::2], strict=True):
            inner = _convolved(x, first, chain.normalised).relu()
            outer = _convolved(inner, second, chain.normalised)
            x = (outer + x if chain.residual else outer).relu()
        loss = F.cross_entropy(x.mean((2, 3)) @ last.T, labels)
        gradients = torch.autograd.grad(loss, weights)
    return np.array([float(gradient.norm()) for gradient in gradients])


def _drawn(chain: Chain, random: torch.Generator) -> torch.Tensor:
    import torch

    spread = chain.scale * (2 / (9 * WIDTH)) ** 0.5
    drawn: torch.Tensor = torch.randn(WIDTH, WIDTH, 3, 3, generator=random) * spread
    return drawn


def _convolved(x: torch.Tensor, weight: torch.Tensor, normalised: bool) -> torch.Tensor:
    from torch.nn import functional as F

    y = F.conv2d(x, weight, padding=1)
    return F.batch_norm(y, None, None, training=True) if normalised else y
