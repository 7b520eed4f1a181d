"""Receptive-field rules: what each operation does to the fields of its inputs.

A rule takes a call (what is called, with which values) and the maps of its inputs and returns the maps of its output.
What no rule is known for is not guessed: `UnsupportedOperationError` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest

import torch
from torch import Tensor

from core.architectures.graph.operation import Operation
from core.architectures.graph.tracing import ACTIVATION_FUNCTIONS
from core.architectures.graph.windows import Window
from core.architectures.receptive_field import window_rules as windows
from core.architectures.receptive_field.axis import Axis, merged
from core.architectures.receptive_field.maps import Maps, Names, UnsupportedOperationError

POINTWISE = (
    (ACTIVATION_FUNCTIONS - {"softmax"})
    | {"identity", "contiguous", "clone", "detach", "to", "float", "half", "double", "type", "localresponsenorm"}
    | {"dropout", "dropout1d", "dropout2d", "alphadropout", "featurealphadropout", "stochasticdepth", "channelshuffle"}
    | {"abs", "neg", "exp", "log", "sqrt", "rsqrt", "square", "pow", "reciprocal", "clamp", "clip", "sign", "round"}
    | {"hardshrink", "softshrink", "tanhshrink", "softsign", "logsigmoid", "threshold", "rrelu", "erf", "softmax2d"}
)
"""Operations whose every number follows from the number, or the channels, at the same place."""
MERGES = frozenset({"add", "sub", "mul", "truediv", "div", "divide", "multiply", "subtract", "addcmul", "where"})
COMPARISONS = frozenset({"maximum", "minimum", "fmax", "fmin"})
REDUCTIONS = frozenset({"mean", "sum", "amax", "amin", "std", "var", "prod", "logsumexp", "max", "min"})
REARRANGEMENTS = frozenset({"permute", "transpose", "movedim", "moveaxis", "swapaxes", "swapdims"})
RESHAPES = frozenset({"view", "reshape", "flatten", "unflatten", "viewas", "reshapeas", "squeeze", "unsqueeze"})


Rule = Callable[[Operation, Maps], Maps]


def follow(operation: Operation, inputs: Sequence[Maps]) -> Maps:
    """Return the maps of what a call puts out; `inputs` are those of the tensors that depend on the picture.

    Raises `UnsupportedOperationError` where no rule is known for the call, or none for what it is called with.
    """
    maps = _ruled(operation, inputs)
    named = [(name, cells) for name, cells in zip(maps.names, operation.shape, strict=False) if name]
    if len(maps.names) != len(operation.shape) or any(getattr(maps, name).cells != cells for name, cells in named):
        raise UnsupportedOperationError(f"{operation.kind} with an output of {operation.shape}")
    return maps


def _ruled(operation: Operation, inputs: Sequence[Maps]) -> Maps:
    if (
        operation.kind in MERGES
        or operation.kind in COMPARISONS
        or (operation.kind in {"max", "min"} and len(inputs) > 1)
    ):
        return _broadcast(inputs)
    if operation.kind in {"cat", "concat", "concatenate"}:
        return _concatenated(operation, inputs)
    rule = RULES.get(operation.kind)
    if rule is None or len(inputs) != 1:
        raise UnsupportedOperationError(operation.kind)
    return rule(operation, inputs[0])


def _same(_call: Operation, maps: Maps) -> Maps:
    return maps


# --- what mixes places -----------------------------------------------------------------------------------------------


def _reduction(operation: Operation, maps: Maps) -> Maps:
    """Follow a mean, a sum, a maximum: along the axes it is taken over, all places are mixed."""
    rank = len(maps.names)
    asked = operation.kwargs.get(
        "dim", operation.kwargs.get("axis", operation.args[1] if len(operation.args) > 1 else None)
    )
    if operation.kind in {"std", "var"} and isinstance(asked, bool):
        raise UnsupportedOperationError("a deviation with its old arguments")
    dims = range(rank) if asked is None or asked == () else (asked,) if isinstance(asked, int) else tuple(asked)
    if (
        len(operation.args) > 2
        and operation.target == operation.kind
        and all(isinstance(value, int) for value in operation.args[1:])
    ):
        dims = tuple(value for value in operation.args[1:] if not isinstance(value, bool))  # x.mean(2, 3)
    gone = {dim % rank for dim in dims}
    return _mixed(maps, gone, drop=len(operation.shape) < rank)


def _mixed(maps: Maps, dims: set[int], drop: bool) -> Maps:
    """Return maps in which all places along some axes are one, which is dropped or left with a single cell."""
    names = maps.names
    for dim in dims:
        maps = maps.change(names[dim], Axis.mixed)
    return replace(maps, names=tuple(name for dim, name in enumerate(names) if not (drop and dim in dims)))


def _linear(_call: Operation, maps: Maps) -> Maps:
    last = len(maps.names) - 1
    mixed = _mixed(maps, {last} if maps.names[last] else set(), drop=False)
    return replace(mixed, names=(*maps.names[:last], ""))


def _normalised(maps: Maps, dims: Sequence[int]) -> Maps:
    """Return maps whose cells keep their place but depend, by mean and deviation, on all others along some axes."""
    for dim in dims:
        maps = maps.change(maps.names[dim], Axis.normalised)
    return maps


def _batch_norm(operation: Operation, maps: Maps) -> Maps:
    """Follow a batch normalisation, pointwise unless it has no statistics but those of the batch."""
    if operation.module is not None:
        own = operation.module.running_mean is not None
    else:
        own = operation.value("running_mean", 1) is not None and not operation.value("training", 5, False)
    return maps if own else _normalised(maps, range(len(maps.names)))


def _layer_norm(operation: Operation, maps: Maps) -> Maps:
    rank, normalised = len(maps.names), operation.value("normalized_shape", 1)
    return _normalised(maps, range(rank - len(tuple(normalised)), rank))


def _over_places(_call: Operation, maps: Maps) -> Maps:
    return _normalised(maps, range(len(maps.names)))


def _softmax(operation: Operation, maps: Maps) -> Maps:
    dim = operation.value("dim", 1)
    if dim is None:
        raise UnsupportedOperationError("a softmax over an axis that is not named")
    return _normalised(maps, [dim % len(maps.names)])


# --- what rearranges -------------------------------------------------------------------------------------------------


def _rearranged(operation: Operation, maps: Maps) -> Maps:
    """Follow a permutation of axes, read off a tensor in which each size tells its axis."""
    rank = len(maps.names)
    marked = torch.empty(tuple(range(rank)), device="meta")
    rest = operation.args[1:]
    if isinstance(operation.target, str):
        order = getattr(marked, operation.target)(*rest, **operation.kwargs).shape
    else:
        order = operation.target(marked, *rest, **operation.kwargs).shape
    return replace(maps, names=tuple(maps.names[axis] for axis in order))


def _reshaped(operation: Operation, maps: Maps) -> Maps:
    """Follow a change of shape: an axis that becomes part of another one, or falls to pieces, is flattened."""
    before, after = tuple(operation.source.shape), operation.shape
    names = [""] * len(after)
    for old, new in _groups(before, after):
        if len(old) == len(new) == 1:
            names[new[0]] = maps.names[old[0]]
        else:
            maps = _mixed(maps, set(old), drop=False)
    return replace(maps, names=tuple(names))


def _groups(before: Sequence[int], after: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Return which axes, of more than one cell, hold the same numbers before and after: the smallest such groups."""
    olds = [axis for axis, size in enumerate(before) if size != 1]
    news = [axis for axis, size in enumerate(after) if size != 1]
    groups = []
    while olds and news:
        old, new = [olds.pop(0)], [news.pop(0)]
        sizes = before[old[0]], after[new[0]]
        while sizes[0] != sizes[1]:
            if sizes[0] < sizes[1]:
                old.append(olds.pop(0))
                sizes = sizes[0] * before[old[-1]], sizes[1]
            else:
                new.append(news.pop(0))
                sizes = sizes[0], sizes[1] * after[new[-1]]
        groups.append((old, new))
    return groups


def _divided_channels(operation: Operation, maps: Maps) -> Maps:
    """Follow `chunk` and `split`, whose parts depend on the same pixels unless they are parts of the picture."""
    dim = operation.kwargs.get("dim", operation.args[2] if len(operation.args) > 2 else 0)
    if maps.names[dim % len(maps.names)]:
        raise UnsupportedOperationError("maps cut into pieces")
    return maps


def _attribute(operation: Operation, maps: Maps) -> Maps:
    """Follow `.values` of a maximum and its indices; no attribute of a tensor has a rule."""
    if isinstance(operation.args[0], Tensor):
        raise UnsupportedOperationError("an attribute of maps")
    return maps


def _item(operation: Operation, maps: Maps) -> Maps:
    """Follow an index: one of several tensors, or a part of one, whose places it may cut or skip."""
    if not isinstance(operation.args[0], Tensor):
        return maps
    index = operation.args[1] if isinstance(operation.args[1], tuple) else (operation.args[1],)
    if Ellipsis in index:
        place, rest = index.index(Ellipsis), sum(part is not None for part in index) - 1
        index = (*index[:place], *[slice(None)] * (len(maps.names) - rest), *index[place + 1 :])
    sizes, names, left = list(operation.source.shape), list(maps.names), []
    for part in index:
        if part is None:
            left.append("")
            continue
        name, size = names.pop(0), sizes.pop(0)
        if isinstance(part, slice):
            maps = maps.change(name, _cut(part, size))
            left.append(name)
        elif not isinstance(part, int) or name:
            raise UnsupportedOperationError("an index that picks single places")
    return replace(maps, names=(*left, *names))


def _cut(part: slice, size: int) -> Callable[[Axis], Axis]:
    cells = range(size)[part]
    return lambda axis: axis.through(Window(stride=cells.step, padding=-cells.start), len(cells))


# --- what puts together ----------------------------------------------------------------------------------------------


def _broadcast(inputs: Sequence[Maps]) -> Maps:
    """Return the maps of arithmetic between tensors, of which those with a single cell are stretched."""
    columns = zip_longest(*(reversed(maps.names) for maps in inputs), fillvalue="")
    found = [{name for name in column if name} for column in columns]
    if any(len(names) > 1 for names in found):
        raise UnsupportedOperationError("arithmetic between height and width")
    names = tuple(names.pop() if names else "" for names in reversed(found))
    return _together(inputs, names)


def _concatenated(operation: Operation, inputs: Sequence[Maps]) -> Maps:
    dim = operation.kwargs.get("dim", operation.kwargs.get("axis", operation.args[1] if len(operation.args) > 1 else 0))
    if any(maps.names[dim] for maps in inputs):
        raise UnsupportedOperationError("maps put side by side in space")
    return _broadcast(inputs)


def _together(inputs: Sequence[Maps], names: Names) -> Maps:
    try:
        return Maps(merged([maps.height for maps in inputs]), merged([maps.width for maps in inputs]), names)
    except ValueError as error:
        raise UnsupportedOperationError(str(error)) from error


RULES: dict[str, Rule] = {
    **dict.fromkeys(POINTWISE, _same),
    **dict.fromkeys(REDUCTIONS, _reduction),
    **dict.fromkeys(REARRANGEMENTS, _rearranged),
    **dict.fromkeys(RESHAPES, _reshaped),
    **dict.fromkeys(("maxpool2d", "maxpool2dwithindices"), windows.pool),
    **dict.fromkeys(("avgpool2d",), windows.pool),
    **dict.fromkeys(("adaptiveavgpool2d", "adaptivemaxpool2d"), windows.adaptive_pool),
    **dict.fromkeys(
        ("pad", "zeropad2d", "constantpad2d", "reflectionpad2d", "replicationpad2d", "circularpad2d"), windows.padded
    ),
    **dict.fromkeys(("chunk", "split"), _divided_channels),
    **dict.fromkeys(("softmax", "logsoftmax", "softmin"), _softmax),
    **dict.fromkeys(("groupnorm", "instancenorm"), _over_places),
    **dict.fromkeys(("batchnorm", "batchnorm2d", "instancenorm2d"), _batch_norm),
    "layernorm": _layer_norm,
    "conv2d": windows.convolution,
    "linear": _linear,
    "getattr": _attribute,
    "getitem": _item,
}
"""What is known to happen to receptive fields, by kind of operation."""
