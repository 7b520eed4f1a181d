"""Explains windowed operations: convolution, linear layer, pooling."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.architectures.graph.operation import Operation
from core.architectures.graph.windows import Window, windows_of_convolution, windows_of_pool
from core.visualization.activations.activation_capture import Maps
from core.visualization.arithmetic.records import Mask, Numbers, Pool, Slide, Source, WeightedSum

Place = tuple[int, int, int]
"""The channel, the row and the column of the cell that is explained."""


def convolution(operation: Operation, source: Source, layer: str, place: Place) -> WeightedSum:
    """Return the arithmetic of one cell of a convolution."""
    channel, row, column = place
    weight: Tensor = operation.value("weight", 1)
    bias: Tensor | None = operation.value("bias", 2)
    groups = int(operation.value("groups", 6, 1))
    mode = str(operation.value("padding_mode", 99, "zeros"))
    per_group = weight.shape[1]
    first = channel // (weight.shape[0] // groups) * per_group
    channels = np.arange(first, first + per_group)
    rows, columns = _slides(operation, source.maps)
    inside, patches = _under(source.maps[first : first + per_group], (rows, row), (columns, column), mode)
    return WeightedSum(
        layer=layer,
        kind="convolution",
        source=source,
        channels=channels,
        patches=patches,
        inside=inside,
        kernels=_numbers(weight[channel]),
        bias=None if bias is None else float(bias[channel]),
        rows=rows,
        columns=columns,
        groups=groups,
        padding_mode=mode,
    )


def linear(operation: Operation, source: Source, layer: str, place: Place) -> WeightedSum:
    """Return the arithmetic of one output of a linear layer: a convolution with kernels of 1×1."""
    channel, row, column = place
    bias: Tensor | None = operation.value("bias", 2)
    inputs, height, width = source.maps.shape
    return WeightedSum(
        layer=layer,
        kind="linear",
        source=source,
        channels=np.arange(inputs),
        patches=source.maps[:, row, column].astype(np.float64)[:, None, None],
        inside=np.ones((1, 1), dtype=bool),
        kernels=_numbers(operation.value("weight", 1)[channel])[:, None, None],
        bias=None if bias is None else float(bias[channel]),
        rows=_still(height),
        columns=_still(width),
        groups=1,
        padding_mode="zeros",
    )


def pool(operation: Operation, source: Source, layer: str, place: Place) -> Pool | None:
    """Return the arithmetic of one cell of a pool; None where it is of a kind that is not known."""
    channel, row, column = place
    slides = _pool_slides(operation, source.maps)
    if slides is None:
        return None
    rows, columns = slides
    inside, patch = _under(source.maps[channel : channel + 1], (rows, row), (columns, column), "zeros")
    own = operation.value("divisor_override", 6) if operation.kind == "avgpool2d" else None
    is_average = operation.kind in {"avgpool2d", "adaptiveavgpool2d", "mean"}
    return Pool(
        layer=layer,
        method="average" if is_average else "maximum",
        source=source,
        channel=channel,
        patch=patch[0],
        inside=inside,
        rows=rows,
        columns=columns,
        divisor=float(own or rows.counted[row] * columns.counted[column]),
        has_own_divisor=bool(own),
    )


def _slides(operation: Operation, maps: Maps) -> tuple[Slide, Slide]:
    """Return how the windows of a convolution lie along height and width."""
    sizes = zip(maps.shape[1:], _result_size(operation), windows_of_convolution(operation), strict=True)
    return _both(
        Slide(cells, _firsts(window, places), (window.kernel,) * places, window.dilation)
        for cells, places, window in sizes
    )


def _pool_slides(operation: Operation, maps: Maps) -> tuple[Slide, Slide] | None:
    sizes = list(zip(maps.shape[1:], _result_size(operation), strict=True))
    if operation.kind in {"adaptiveavgpool2d", "adaptivemaxpool2d"}:
        return _both(_divided(cells, out) for cells, out in sizes)
    if operation.kind == "mean":
        return _both(_divided(cells, 1) for cells, _ in sizes) if _is_over_places(operation) else None
    if operation.kind not in {"maxpool2d", "avgpool2d"}:
        return None
    counts_padding = bool(operation.value("count_include_pad", 5, True))
    return _both(
        _moved(cells, places, window, counts_padding)
        for (cells, places), window in zip(sizes, windows_of_pool(operation), strict=True)
    )


def _moved(cells: int, places: int, window: Window, counts_padding: bool) -> Slide:
    """Return windows of a pool; behind the padding (ceil_mode) nothing is counted, whatever is asked for."""
    firsts = _firsts(window, places)
    low, high = (-window.padding, cells + window.padding) if counts_padding else (0, cells)
    counted = tuple(min(first + window.kernel, high) - max(first, low) for first in firsts)
    return Slide(cells, firsts, (window.kernel,) * places, window.dilation, counted)


def _firsts(window: Window, places: int) -> tuple[int, ...]:
    """Return where the window begins at each of its places."""
    return tuple(window.stride * index - window.padding for index in range(places))


def _divided(cells: int, out: int) -> Slide:
    """Return the windows of an adaptive pool, which cover everything and may overlap."""
    firsts = tuple(cell * cells // out for cell in range(out))
    ends = (-(-(cell + 1) * cells // out) for cell in range(out))
    sizes = tuple(end - first for first, end in zip(firsts, ends, strict=True))
    return Slide(cells, firsts, sizes, counted=sizes)


def _still(cells: int) -> Slide:
    return Slide(cells, tuple(range(cells)), (1,) * cells)


def _is_over_places(operation: Operation) -> bool:
    """Return whether a mean is taken over height and width, and nothing else."""
    asked = operation.kwargs.get(
        "dim", operation.args[1:] if len(operation.args) > 2 else operation.args[1] if len(operation.args) > 1 else ()
    )
    dims = asked if isinstance(asked, list | tuple) else (asked,)
    return operation.source.dim() == 4 and {dim % 4 for dim in dims if not isinstance(dim, bool)} == {2, 3}


def _under(maps: Maps, vertical: tuple[Slide, int], horizontal: tuple[Slide, int], mode: str) -> tuple[Mask, Numbers]:
    """Return which cells under a window are cells of the maps, and its numbers (channels, height, width)."""
    inside = np.logical_and.outer(vertical[0].inside(vertical[1]), horizontal[0].inside(horizontal[1]))
    down, across = (_read_at(slide.covered(cell), slide.cells, mode) for slide, cell in (vertical, horizontal))
    values = maps[:, down][:, :, across].astype(np.float64)
    return inside, np.where(inside, values, 0.0) if mode == "zeros" else values


def _read_at(places: NDArray[np.int64], cells: int, mode: str) -> NDArray[np.int64]:
    """Return where numbers are read for places that may lie outside; where it is zeros, anywhere."""
    if mode == "circular":
        return places % cells
    if mode == "reflect":
        places = np.abs(places)
        places = np.minimum(places, 2 * (cells - 1) - places)
    return np.clip(places, 0, cells - 1)


def _result_size(operation: Operation) -> tuple[int, int]:
    """Return (height, width) of what comes out; a vector is a map of 1×1."""
    shape = operation.shape
    return (shape[-2], shape[-1]) if len(shape) == 4 else (1, 1)


def _numbers(tensor: Tensor) -> Numbers:
    numbers: Numbers = tensor.detach().to(torch.float64).numpy()
    return numbers


def _both(slides: Any) -> tuple[Slide, Slide]:
    height, width = slides
    return height, width
