"""The channel axis of a layer's output."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def channels_first(output: Tensor, channel_axis: int) -> Tensor:
    """Return a view of a layer's output, (n, channels, height, width), wherever it has its channels.

    A vector of each picture, (n, channels), is maps of 1×1.
    """
    return output[:, :, None, None] if output.dim() == 2 else output.movedim(channel_axis, 1)
