"""Shape inference by rule for the common operations, much faster than on meta tensors.

On tensors without memory PyTorch finds the shape of a result too, and for anything element by element takes a hundred
times as long as the rule, which is that it stays the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from core.architectures.graph.operation import Operation
from core.architectures.graph.output_size import output_size
from core.architectures.graph.tracing import ACTIVATION_FUNCTIONS, NORMALISATIONS
from core.architectures.graph.windows import windows_of_convolution, windows_of_pool

SAME = (ACTIVATION_FUNCTIONS | NORMALISATIONS | {"dropout", "identity", "stochasticdepth"}) - {"prelu"}
MERGES = frozenset({"add", "mul", "sub"})


def result_of(operation: Operation) -> Tensor | None:
    """Return a tensor on the meta device as the call would return it; None where no rule is known.

    Raises `RuntimeError` for a window that fits nowhere, as the call would.
    """
    if operation.kind in SAME:
        source = operation.args[0] if operation.args else None
        return source if isinstance(source, Tensor) and source.is_meta else None
    rule = RULES.get(operation.kind)
    return None if rule is None else rule(operation)


def _merge(operation: Operation) -> Tensor | None:
    values = [value for value in operation.args[:2] if isinstance(value, Tensor)]
    if len(operation.args) != 2 or not values or operation.kwargs or not any(value.is_meta for value in values):
        return None
    if len(values) == 1 or values[0].shape == values[1].shape:
        return next(value for value in values if value.is_meta)
    shapes = [value.shape for value in values]
    if len(shapes[0]) != len(shapes[1]):
        return None
    sides = [
        max(pair) if 1 in pair else pair[0] for pair in zip(*shapes, strict=True) if 1 in pair or len(set(pair)) == 1
    ]
    return _empty(sides, values[0]) if len(sides) == len(shapes[0]) else None


def _convolution(operation: Operation) -> Tensor | None:
    source, weight = operation.source, operation.value("weight", 1)
    if (
        not source.is_meta
        or source.dim() != 4
        or weight.shape[1] * int(operation.value("groups", 6, 1)) != source.shape[1]
    ):
        return None
    if isinstance(operation.value("padding", 4, 0), str):
        return None
    sides = [
        output_size(int(side), window)
        for side, window in zip(source.shape[2:], windows_of_convolution(operation), strict=True)
    ]
    return _windowed(source, int(weight.shape[0]), sides)


def _pool(operation: Operation) -> Tensor | None:
    source = operation.source
    rounds_up = bool(operation.value("ceil_mode", 5 if operation.kind.startswith("max") else 4, False))
    if not source.is_meta or source.dim() != 4 or operation.value("return_indices", 6, False) is True:
        return None
    windows = windows_of_pool(operation)
    sides = [
        output_size(int(side), window, rounds_up=rounds_up)
        for side, window in zip(source.shape[2:], windows, strict=True)
    ]
    if any(2 * window.padding > window.kernel for window in windows):
        return None
    return _windowed(source, int(source.shape[1]), sides)


def _windowed(source: Tensor, channels: int, sides: Sequence[int]) -> Tensor:
    if min(sides) < 1:
        raise RuntimeError(f"a window fits nowhere: {sides}")
    return _empty((source.shape[0], channels, *sides), source)


def _linear(operation: Operation) -> Tensor | None:
    source, weight = operation.source, operation.value("weight", 1)
    if not source.is_meta or source.shape[-1] != weight.shape[1]:
        return None
    return _empty((*source.shape[:-1], weight.shape[0]), source)


def _adaptive(operation: Operation) -> Tensor | None:
    source, size = operation.source, operation.value("output_size", 1)
    if not source.is_meta or source.dim() != 4:
        return None
    sides = (size, size) if isinstance(size, int) or size is None else tuple(size)
    found = [int(have) if want is None else int(want) for want, have in zip(sides, source.shape[2:], strict=True)]
    return _empty((*source.shape[:2], *found), source)


def _concatenated(operation: Operation) -> Tensor | None:
    parts = operation.args[0] if operation.args else ()
    dim = operation.args[1] if len(operation.args) > 1 else operation.kwargs.get("dim", 0)
    if not isinstance(parts, list | tuple) or not parts or not isinstance(dim, int):
        return None
    shapes = [list(part.shape) for part in parts if isinstance(part, Tensor) and part.is_meta]
    others = {tuple(side for axis, side in enumerate(shape) if axis != dim % len(shape)) for shape in shapes}
    if len(shapes) != len(parts) or len(others) != 1:
        return None
    shape = shapes[0]
    shape[dim] = sum(each[dim] for each in shapes)
    return _empty(shape, parts[0])


def _empty(shape: Sequence[int], like: Tensor) -> Tensor:
    return torch.empty(tuple(shape), dtype=like.dtype, device="meta")


RULES: dict[str, Callable[[Operation], Tensor | None]] = {
    **dict.fromkeys(MERGES, _merge),
    "conv2d": _convolution,
    "maxpool2d": _pool,
    "avgpool2d": _pool,
    "adaptiveavgpool2d": _adaptive,
    "linear": _linear,
    "cat": _concatenated,
}
