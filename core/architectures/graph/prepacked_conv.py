"""A Conv2d for batch size 1 whose weights are prepacked for oneDNN.

PyTorch hands oneDNN the weights in its own order, and they are rearranged in every call: of a layer with many channels
and small maps that takes longer than the arithmetic. Here that is done once, as torch.compile does it. Of batches, for
which other orders are best, it would be slower.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def is_possible(convolution: nn.Conv2d) -> bool:
    """Return whether a convolution can be packed here: in float32, padded with zeros, on a processor with oneDNN."""
    return (
        bool(torch._C._has_mkldnn)
        and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
        and convolution.weight.dtype == torch.float32
        and convolution.padding_mode == "zeros"
        and not isinstance(convolution.padding, str)
    )


class PackedConvolution(nn.Module):
    """Computes what `convolution` does, without gradients; the weights are arranged for the size that comes first."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self._plain = convolution
        self._size: torch.Size | None = None
        self._packed: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        plain = self._plain
        if x.shape != self._size:
            self._size, self._packed = x.shape, self._pack(x.shape)
        result: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, self._packed, plain.bias, plain.padding, plain.stride, plain.dilation, plain.groups, "none", [], ""
        )
        return result

    def _pack(self, size: torch.Size) -> Tensor:
        plain = self._plain
        arrange: Any = torch._C._nn.mkldnn_reorder_conv2d_weight
        packed: Tensor = arrange(
            plain.weight.detach().to_mkldnn(),
            list(plain.padding),
            list(plain.stride),
            list(plain.dilation),
            plain.groups,
            list(size),
        )
        return packed
