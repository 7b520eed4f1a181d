"""Finding receptive fields the naive way: which pixels have a gradient that is not zero.

With positive weights, positive pictures and no offsets nothing cancels and no activation function is flat, so that a
pixel has a gradient if and only if the cell depends on it. Max pools pick one of their inputs: they are replaced by
sums over the same windows, whatever their stride, padding, dilation and rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

Extent = tuple[int, int, int, int] | None


def positive(model: nn.Module, seed: int = 0) -> nn.Module:
    """Return the model in double precision with positive weights that average, normalisations that do nothing."""
    generator = torch.Generator().manual_seed(seed)
    model.double().eval().requires_grad_(False)
    for module in model.modules():
        for name, tensor in module.named_parameters(recurse=False):
            if tensor.dim() > 1 and min(tensor.shape[:2]) > 0 and not _is_scale(module):
                _draw(tensor, generator)
                tensor /= tensor[0].numel()
            else:
                tensor.fill_(0.0 if name == "bias" else 1.0)
        if isinstance(module, nn.BatchNorm2d) and module.running_mean is not None and module.running_var is not None:
            module.running_mean.zero_()
            module.running_var.fill_(1.0)
    return model


def _is_scale(module: nn.Module) -> bool:
    return not isinstance(module, nn.Conv2d | nn.Linear | nn.Bilinear)


def _draw(tensor: Tensor, generator: torch.Generator) -> None:
    numbers = torch.empty(min(tensor.numel(), 99_991), dtype=tensor.dtype).uniform_(0.5, 1.5, generator=generator)
    for part in tensor.view(-1).split(len(numbers)):
        part.copy_(numbers[: len(part)])


def picture(height: int, width: int, level: float = 1e-3) -> Tensor:
    """Return a positive picture, (1, 3, height, width), that asks for its gradient."""
    generator = torch.Generator().manual_seed(1)
    noise = torch.empty(1, 3, height, width, dtype=torch.float64).uniform_(0.9, 1.1, generator=generator)
    return (noise * level).requires_grad_()


class SumsForMaxima(TorchFunctionMode):
    """While it is entered, every max pool is a sum over the windows."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = getattr(func, "__name__", "")
        if name in {"max_pool2d", "max_pool2d_with_indices"}:
            return _sum_pool(func, *args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def _sum_pool(func: Callable[..., Any], maps: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Return what the max pool would, in its shape, with sums for maxima."""
    given = dict(
        zip(("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices"), args, strict=False)
    )
    given = {"stride": None, "padding": 0, "dilation": 1, "ceil_mode": False, **given, **kwargs}
    kernel_size, stride, padding, dilation, ceil_mode = (
        given[name] for name in ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
    )
    with torch.no_grad():
        rows, columns = func(maps, kernel_size, stride, padding, dilation, ceil_mode=ceil_mode).shape[-2:]
    (kh, kw), (ph, pw) = _two(kernel_size), _two(padding)
    stride = stride or kernel_size
    overhang = 3 * max(_two(kernel_size)) * max(_two(dilation)) + max(_two(stride))
    padded = F.pad(maps, (pw, overhang, ph, overhang))
    ones = torch.ones(maps.shape[1], 1, kh, kw, dtype=maps.dtype) / (kh * kw)
    return F.conv2d(padded, ones, None, stride, 0, dilation, maps.shape[1])[..., :rows, :columns]


def _two(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])


def extent(activation: Tensor, pixels: Tensor) -> Extent:
    """Return (top, left, bottom, right) of the pixels that move an activation, ends exclusive; None if none does."""
    if not activation.requires_grad:
        return None
    (gradient,) = torch.autograd.grad(activation, pixels, retain_graph=True, allow_unused=True)
    if gradient is None:
        return None
    moved = gradient[0].ne(0).any(0)
    rows, columns = moved.any(1).nonzero(), moved.any(0).nonzero()
    if not len(rows):
        return None
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
