"""Windows that convolutions and pools move along height and width: kernel, stride, padding, dilation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from torch import nn

from core.architectures.graph.operation import Operation

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]


@dataclass(frozen=True)
class Window:
    """What a convolution or a pool does along one axis: taps `dilation` apart, moved by `stride` from cell to cell.

    `padding` is what comes before the first cell; negative, it leaves cells out. With `mode` "zeros" padding holds
    nothing of the picture; the other modes are those of `nn.Conv2d.padding_mode` and repeat cells of the map.
    """

    kernel: int = 1
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    mode: PaddingMode = "zeros"


def _pair(value: Any) -> tuple[Any, Any]:
    if isinstance(value, int):
        return value, value
    return (value[0], value[-1]) if value else (None, None)  # one number, two, or none at all


def windows_of_convolution(operation: Operation) -> tuple[Window, Window]:
    """Return the windows of a convolution along height and width."""
    kernels = (
        operation.module.kernel_size
        if isinstance(operation.module, nn.Conv2d)
        else operation.value("weight", 1).shape[-2:]
    )
    mode: PaddingMode = operation.value("padding_mode", 99, "zeros")
    dilations = _pair(operation.value("dilation", 5, 1))
    padding = operation.value("padding", 4, 0)
    if padding == "same":  # of an odd total PyTorch puts the larger half behind
        padding = tuple(dilation * (kernel - 1) // 2 for kernel, dilation in zip(kernels, dilations, strict=True))
    paddings = _pair(0 if padding == "valid" else padding)
    strides = _pair(operation.value("stride", 3, 1))
    height, width = zip(kernels, strides, paddings, dilations, strict=True)
    return Window(*height, mode), Window(*width, mode)


def windows_of_pool(operation: Operation) -> tuple[Window, Window]:
    """Return the windows of a pool along height and width; whether padding counts changes what it divides by."""
    dilations = _pair(operation.value("dilation", 4, 1)) if operation.kind.startswith("max") else (1, 1)
    kernels = _pair(operation.value("kernel_size", 1))
    strides = _pair(operation.value("stride", 2) or kernels)
    paddings = _pair(operation.value("padding", 3, 0))
    height, width = zip(kernels, strides, paddings, dilations, strict=True)
    return Window(*height), Window(*width)
