"""Receptive-field rules of convolutions, pools and paddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.architectures.graph.operation import Operation
from core.architectures.graph.windows import PaddingMode, Window, windows_of_convolution, windows_of_pool
from core.architectures.receptive_field.maps import HEIGHT, WIDTH, Maps, UnsupportedOperationError

MODES: dict[str, PaddingMode] = {"reflect": "reflect", "replic": "replicate", "circular": "circular"}
"""Ways to pad with cells of the map, by how the names of modules (`ReplicationPad2d`) and of modes begin."""


def _slide(operation: Operation, maps: Maps, windows: Sequence[Window]) -> Maps:
    """Return the maps that windows, of height and width, make of maps whose last two axes are those."""
    shown = _as_maps(maps)
    height, width = (
        axis.through(window, cells)
        for axis, window, cells in zip((shown.height, shown.width), windows, operation.shape[-2:], strict=True)
    )
    return Maps(height, width, shown.names)


def _as_maps(maps: Maps) -> Maps:
    """Return maps as (1, channels, height, width); axes of one cell may have lost their names in a reshape."""
    lost = len(maps.names) != 4 or any(maps.names[:2])
    wrong = {(HEIGHT, maps.names[-2]), (WIDTH, maps.names[-1])} - {(HEIGHT, HEIGHT), (WIDTH, WIDTH)}
    if lost or any(name or getattr(maps, expected).cells != 1 for expected, name in wrong):
        raise UnsupportedOperationError("windows that move along other axes than height and width")
    return replace(maps, names=("", "", HEIGHT, WIDTH))


def convolution(operation: Operation, maps: Maps) -> Maps:
    """Follow a convolution: its kernel, stride, padding and dilation along both axes."""
    return _slide(operation, maps, windows_of_convolution(operation))


def pool(operation: Operation, maps: Maps) -> Maps:
    """Follow a maximum or an average over windows, the last of which may overhang (`ceil_mode`)."""
    return _slide(operation, maps, windows_of_pool(operation))


def adaptive_pool(operation: Operation, maps: Maps) -> Maps:
    """Follow a pool whose windows divide the map into a given number of cells."""
    shown = _as_maps(maps)
    height, width = operation.shape[-2:]
    return Maps(shown.height.divided(height), shown.width.divided(width), shown.names)


def padded(operation: Operation, maps: Maps) -> Maps:
    """Follow `F.pad` and its modules: numbers before and after each axis, the last axis first; negative ones crop."""
    numbers = operation.value("padding" if operation.module else "pad", 1)
    asked = operation.kind if operation.module else str(operation.value("mode", 2, "constant"))
    mode: PaddingMode = next((mode for begin, mode in MODES.items() if asked.startswith(begin)), "zeros")
    for name, cells, before in zip(reversed(maps.names), reversed(operation.shape), numbers[::2], strict=False):
        window = Window(padding=before, mode=mode)
        maps = maps.change(name, lambda axis, window=window, cells=cells: axis.through(window, cells))  # type: ignore[misc]
    return maps
