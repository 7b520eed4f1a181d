"""What convolutions, pools and paddings do to receptive fields: windows that move along height and width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from torch import nn

from core.architectures.graph.interpreter import Call
from core.architectures.receptive_field.axis import PaddingMode, Window
from core.architectures.receptive_field.maps import HEIGHT, WIDTH, Maps, Unknown

MODES: dict[str, PaddingMode] = {"reflect": "reflect", "replic": "replicate", "circular": "circular"}
"""Ways to pad with cells of the map, by how the names of modules (`ReplicationPad2d`) and of modes begin."""


def _pair(value: Any) -> tuple[Any, Any]:
    if isinstance(value, int):
        return value, value
    return (value[0], value[-1]) if value else (None, None)  # one number, two, or none at all


def _slide(call: Call, maps: Maps, windows: Sequence[Window]) -> Maps:
    """Return the maps that windows, of height and width, make of maps whose last two axes are those."""
    shown = _as_maps(maps)
    height, width = (
        axis.behind(window, cells)
        for axis, window, cells in zip((shown.height, shown.width), windows, call.shape[-2:], strict=True)
    )
    return Maps(height, width, shown.names)


def _as_maps(maps: Maps) -> Maps:
    """Return maps as (1, channels, height, width); axes of one cell may have lost their names in a reshape."""
    lost = len(maps.names) != 4 or any(maps.names[:2])
    wrong = {(HEIGHT, maps.names[-2]), (WIDTH, maps.names[-1])} - {(HEIGHT, HEIGHT), (WIDTH, WIDTH)}
    if lost or any(name or getattr(maps, expected).cells != 1 for expected, name in wrong):
        raise Unknown("windows that move along other axes than height and width")
    return replace(maps, names=("", "", HEIGHT, WIDTH))


def convolution(call: Call, maps: Maps) -> Maps:
    return _slide(call, maps, windows_of_convolution(call))


def windows_of_convolution(call: Call) -> tuple[Window, Window]:
    """Return the windows of a convolution along height and width."""
    kernels = call.module.kernel_size if isinstance(call.module, nn.Conv2d) else call.value("weight", 1).shape[-2:]
    mode: PaddingMode = call.value("padding_mode", 99, "zeros")
    dilations = _pair(call.value("dilation", 5, 1))
    padding = call.value("padding", 4, 0)
    if padding == "same":  # of an odd total PyTorch puts the larger half behind
        padding = tuple(dilation * (kernel - 1) // 2 for kernel, dilation in zip(kernels, dilations, strict=True))
    paddings = _pair(0 if padding == "valid" else padding)
    strides = _pair(call.value("stride", 3, 1))
    height, width = zip(kernels, strides, paddings, dilations, strict=True)
    return Window(*height, mode), Window(*width, mode)


def pool(call: Call, maps: Maps) -> Maps:
    return _slide(call, maps, windows_of_pool(call))


def windows_of_pool(call: Call) -> tuple[Window, Window]:
    """Return the windows of a pool along height and width; whether padding counts changes what it divides by."""
    dilations = _pair(call.value("dilation", 4, 1)) if call.kind.startswith("max") else (1, 1)
    kernels = _pair(call.value("kernel_size", 1))
    strides = _pair(call.value("stride", 2) or kernels)
    paddings = _pair(call.value("padding", 3, 0))
    height, width = zip(kernels, strides, paddings, dilations, strict=True)
    return Window(*height), Window(*width)


def adaptive_pool(call: Call, maps: Maps) -> Maps:
    shown = _as_maps(maps)
    height, width = call.shape[-2:]
    return Maps(shown.height.divided(height), shown.width.divided(width), shown.names)


def padded(call: Call, maps: Maps) -> Maps:
    """Follow `F.pad` and its modules: numbers before and after each axis, the last axis first; negative ones crop."""
    numbers = call.value("padding" if call.module else "pad", 1)
    asked = call.kind if call.module else str(call.value("mode", 2, "constant"))
    mode: PaddingMode = next((mode for begin, mode in MODES.items() if asked.startswith(begin)), "zeros")
    for name, cells, before in zip(reversed(maps.names), reversed(call.shape), numbers[::2], strict=False):
        window = Window(padding=before, mode=mode)
        maps = maps.change(name, lambda axis, window=window, cells=cells: axis.behind(window, cells))  # type: ignore[misc]
    return maps
