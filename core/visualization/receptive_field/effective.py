"""The effective receptive field of a cell, by gradient (Luo et al. 2016)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core import limits
from core.architectures.graph.layout import channels_first
from core.compute import permit
from core.hooks import borrow

if TYPE_CHECKING:
    import torch

    from core.architectures.loading import Backbone
    from core.images.preprocessing import FloatArray

Sensitivity = NDArray[np.float32]


def takes_long(backbone: Backbone) -> bool:
    """Return whether an effective field takes seconds, because its memory has to be bounded; see below."""
    return backbone.capture_bytes > limits.GRADIENT_BYTES


def effective_receptive_field(
    backbone: Backbone, batch: torch.Tensor | FloatArray, layer: str, channel: int | None, row: int, column: int
) -> Sensitivity:
    """Return |∂a/∂x| by pixel, float32 (height, width), read-only: a is a cell's activation, x the `batch`.

    `batch` is one preprocessed picture, (1, 3, height, width); absolute values are summed over its three channels, so
    that the unit is activation per standard deviation of the input. a is the activation of `channel` at (`row`,
    `column`), or the sum over all channels where that is None. A vector is a map of 1×1. Where a is a ReLU's zero,
    no pixel moves it and all is zero. (Luo et al. 2016, "Understanding the effective receptive field in deep
    convolutional neural networks", arXiv:1701.04128.)

    The gradient is PyTorch's own, taken in eval mode; the backbone is left as it is. Raises `KeyError` for a layer, and
    `IndexError` for a channel or a cell that there is not, `ValueError` for a layer that shows no maps, `UserError`
    when the server stays busy.
    """
    import torch

    from core.architectures.graph.differentiable import differentiable_output

    graph = backbone.graph
    axis = {described.name: described.channel_axis for described in graph.layers}[layer]
    segment_bytes = limits.GRADIENT_BYTES // 2 if takes_long(backbone) else None
    with borrow(backbone.model), permit(), torch.inference_mode(False), torch.enable_grad():
        picture = torch.as_tensor(batch).detach().clone().requires_grad_()
        output = differentiable_output(graph, picture, layer, segment_bytes)
        activation = _activation(layer, output, axis, channel, row, column)
        gradient = torch.zeros_like(picture)
        if activation.requires_grad:
            (found,) = torch.autograd.grad(activation, picture, allow_unused=True)
            gradient = gradient if found is None else found
    sensitivity: Sensitivity = gradient.abs().sum(dim=1)[0].numpy()
    sensitivity.flags.writeable = False
    return sensitivity


def _activation(
    layer: str, output: torch.Tensor, channel_axis: int, channel: int | None, row: int, column: int
) -> torch.Tensor:
    """Return one cell's activation, or the sum of all its channels, as a tensor of one number."""
    if output.dim() not in {2, 4} or output.shape[0] != 1:
        raise ValueError(f"{layer} shows no maps: its output is {tuple(output.shape)}")
    maps = channels_first(output, channel_axis)[0]
    places = (row, column) if channel is None else (channel, row, column)
    if any(not 0 <= place < size for place, size in zip(reversed(places), reversed(maps.shape), strict=False)):
        raise IndexError(f"{layer} has no cell {places}: its maps are {tuple(maps.shape)}")
    return maps[:, row, column].sum() if channel is None else maps[channel, row, column]
