"""Traces a backbone to its named layers in the order of computation, functional ones included."""

from __future__ import annotations

import dis
import functools
import itertools
import operator
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

import torch
from torch import fx, nn

from core.architectures.zoo.backbones import Stage
from core.hooks import borrow

ACTIVATION_FUNCTIONS = frozenset(
    {"relu", "relu6", "hardtanh", "leakyrelu", "elu", "gelu", "silu", "mish", "sigmoid", "tanh", "hardswish"}
    | {"hardsigmoid", "softmax", "celu", "selu", "softplus", "prelu"}
)
NORMALISATIONS = frozenset({"batchnorm2d", "layernorm", "layernorm2d", "groupnorm", "batchnormact2d"})
ROLES: dict[str, frozenset[str]] = {
    "activation": ACTIVATION_FUNCTIONS,
    "normalisation": NORMALISATIONS,
    "convolution": frozenset({"conv"}),
    "pooling": frozenset({"maxpool", "avgpool", "adaptiveavgpool", "adaptivemaxpool", "mean"}),
    "merge": frozenset({"add", "cat", "mul", "sub"}),
    "linear": frozenset({"linear"}),
}
"""What layers are for, and the kinds that are for it."""
BY_BEGINNING = ("convolution", "pooling", "linear")
"""The roles whose kinds are known by how they begin (`conv2d`, `maxpool2d`)."""
BOOKKEEPING = frozenset(
    {"getattr", "getitem", "flatten", "reshape", "view", "permute", "transpose", "contiguous", "chunk", "split"}
    | {"size", "dim", "unsqueeze", "squeeze", "floordiv", "eq", "stochasticdepth"}
)
"""Operations that only rearrange or inspect what another layer has computed."""
OUT_OF_PLACE: dict[Any, Any] = {
    getattr(operator, f"i{name}"): getattr(operator, name) for name in ("add", "sub", "mul", "truediv", "matmul")
}
"""Python's augmented assignments, which PyTorch carries out in place, and what computes the same out of place."""
AS_THEY_ARE = frozenset({int, float, bool, str, type(None)})
"""Types whose values stand in a graph as they are."""
_tracing = threading.Lock()
"""Held while torch.fx traces: it replaces `nn.Module.__call__` for the whole process, and two would undo each other."""


@dataclass(frozen=True)
class Layer:
    """One layer of a backbone.

    `name` is the dotted path (`layer1.0.conv1`; a functional layer ends in its function's name), `kind` the class
    or function (`Conv2d`, `relu`, `add`), `stage` the label of the stage it belongs to, `channel_axis` the axis of
    the output, batch included, that holds the channels. `before` and `after` name the layers whose outputs enter
    and leave the activation function that this layer is or leads to; both are None where there is none.
    """

    name: str
    kind: str
    stage: str
    channel_axis: int
    before: str | None = None
    after: str | None = None

    @property
    def role(self) -> str:
        """Return what the layer is for: a key of `ROLES`, or "other"."""
        key = key_of(self.kind)
        exact = next((role for role, words in ROLES.items() if key in words), None)
        return exact or next((role for role in BY_BEGINNING if key.startswith(tuple(ROLES[role]))), "other")


@dataclass(frozen=True, eq=False)
class Traced:
    """A model's graph with, for each node that is a layer, its description, in the order the data takes."""

    graph: fx.Graph
    layers: dict[fx.Node, Layer]


def trace(model: nn.Module, stages: Sequence[Stage] = ()) -> Traced:
    """Return the graph and the layers of `model`, traced symbolically in eval mode, without hooks.

    Names are those of torchvision.models.feature_extraction. Layers before the first stage belong to it. Forward
    passes of other threads are not disturbed.
    """
    tracer = _tracer()
    with borrow(model), _tracing:
        graph = tracer.trace(model)
    names: dict[fx.Node, str] = dict(tracer.node_to_qualname)
    modules = dict(model.named_modules())
    nodes = [node for node in graph.nodes if _is_layer(node, modules)]
    return Traced(graph, dict(zip(nodes, _describe(nodes, names, modules, stages), strict=True)))


def _tracer() -> Any:
    """Return a tracer of this thread's calls alone, which names every operation by its place in the model."""
    from core import torchvision_compat  # noqa: F401

    # isort: split
    from torchvision.models.feature_extraction import NodePathTracer

    this_thread, names = threading.get_ident(), _Names()

    class Unpackable(fx.Proxy):
        """What stands for a tensor; it is unpacked as fx does it, without reading the bytecode anew each time."""

        def __iter__(self) -> Iterator[fx.Proxy]:
            caller = sys._getframe(1)
            parts = _unpacked_into(caller.f_code, caller.f_lasti)
            return self.tracer.iter(self) if parts is None else (self[part] for part in range(parts))  # type: ignore[index]

    class Tracer(NodePathTracer):  # type: ignore[misc]
        """Keeps the names of modules that end in a number, which torchvision takes for its own suffixes.

        While it traces, the modules that other threads call come here too; they compute what they would anyway.
        """

        def call_module(self, m: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
            if threading.get_ident() != this_thread:
                return forward(*args, **kwargs)
            return super().call_module(m, forward, args, kwargs)

        def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: Any) -> Any:
            if threading.get_ident() != this_thread:
                return attr_val
            return super().getattr(attr, attr_val, parameter_proxy_cache)

        def create_arg(self, a: Any) -> Any:
            if type(a) in AS_THEY_ARE:  # most arguments: a short way to what fx would return
                return a
            return a.node if type(a) is Unpackable else super().create_arg(a)

        def proxy(self, node: fx.Node) -> fx.Proxy:
            return Unpackable(node, self)

        def _get_node_qualname(self, module_qualname: str, node: fx.Node) -> str:
            if node.op == "call_module":
                return names.of_module(module_qualname)
            return names.of_function(f"{module_qualname}.{node}" if module_qualname else str(node))

    return Tracer()


@functools.lru_cache(maxsize=512)
def _unpacked_into(code: CodeType, index: int) -> int | None:
    """Return into how many names the instruction at a place of the bytecode unpacks; None where it does not."""
    found = next(get_instruction for get_instruction in dis.get_instructions(code) if get_instruction.offset >= index)
    return int(found.argval) if found.opname == "UNPACK_SEQUENCE" else None


class _Names:
    """Gives every operation a name of its own, as torchvision's tracer does, which reads all the names for each."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._numbers: dict[str, int] = {}  # the last number behind a name

    def of_module(self, name: str) -> str:
        """Return a module's name; where it is called again, with a number behind it."""
        numbered = (f"{name}_{number}" for number in itertools.count(1))
        return self._take(
            next(candidate for candidate in itertools.chain([name], numbered) if candidate not in self._taken)
        )

    def of_function(self, name: str) -> str:
        """Return the name of a function in its module: torch.fx numbers through all of them, this within the module."""
        plain, _, number = name.rpartition("_")
        name = plain if plain and number.isdecimal() else name
        last = self._numbers.get(name)
        return self._take(name if last is None else f"{name}_{last + 1}")

    def _take(self, name: str) -> str:
        self._taken.add(name)
        self._numbers[name] = 0
        plain, _, number = name.rpartition("_")
        if plain and number.isdecimal():
            self._numbers[plain] = int(number)
        return name


def kind_of(node: fx.Node, modules: Mapping[str, nn.Module]) -> str:
    """Return the class of the module that a node calls, or the name of its function; `iadd` is `add`."""
    if node.op == "call_module":
        return type(modules[str(node.target)]).__name__
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
    return OUT_OF_PLACE[node.target].__name__ if node.target in OUT_OF_PLACE else name.strip("_")


@functools.cache
def key_of(kind: str) -> str:
    """Return the spelling under which a class (`ReLU6`) and its function (`relu6`) are the same kind."""
    return kind.lower().replace("_", "")


def _is_layer(node: fx.Node, modules: dict[str, nn.Module]) -> bool:
    if node.op not in {"call_module", "call_function", "call_method"}:
        return False
    return key_of(kind_of(node, modules)) not in BOOKKEEPING


def _describe(
    nodes: list[fx.Node], names: dict[fx.Node, str], modules: dict[str, nn.Module], stages: Sequence[Stage]
) -> Iterator[Layer]:
    kinds = {node: kind_of(node, modules) for node in nodes}
    axes = _channel_axes(nodes[0].graph, modules) if nodes else {}
    remaining = list(stages)
    stage = remaining.pop(0).label if remaining else ""
    for node in nodes:
        if remaining and _is_within(names[node], remaining[0].start):
            stage = remaining.pop(0).label
        before, after = _around_activation(node, kinds)
        yield Layer(
            names[node],
            kinds[node],
            stage,
            axes.get(node, 1),
            names[before] if before else None,
            names[after] if after else None,
        )


def _is_within(name: str, start: str) -> bool:
    return name == start or name.startswith(start + ".")


def _around_activation(node: fx.Node, kinds: dict[fx.Node, str]) -> tuple[fx.Node | None, fx.Node | None]:
    """Return the layers whose outputs enter and leave the activation function that `node` is or leads to."""
    if key_of(kinds[node]) in ACTIVATION_FUNCTIONS:
        source = node.args[0] if node.args else None
        return (source, node) if isinstance(source, fx.Node) and source in kinds else (None, None)
    follower = _only_user(node)
    if follower is not None and follower in kinds:
        if key_of(kinds[follower]) in ACTIVATION_FUNCTIONS:
            return node, follower
        if key_of(kinds[follower]) in NORMALISATIONS:
            return _around_activation(follower, kinds)
    return None, None


def _only_user(node: fx.Node) -> fx.Node | None:
    users = list(node.users)
    return users[0] if len(users) == 1 else None


def _channel_axes(graph: fx.Graph, modules: dict[str, nn.Module]) -> dict[fx.Node, int]:
    """Return, for each node, which axis holds the channels: 1, unless a permutation has moved it."""
    axes: dict[fx.Node, int] = {}
    for node in graph.nodes:
        sources = [argument for argument in node.all_input_nodes if argument in axes]
        axis = axes[sources[0]] if sources and operation(node) not in {"view", "reshape", "flatten"} else 1
        order = _permutation(node, modules)
        axes[node] = order.index(axis) if order and axis in order else axis
    return axes


def operation(node: fx.Node) -> str:
    """Return the name of the module, function or method that a node calls."""
    return node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")


def _permutation(node: fx.Node, modules: dict[str, nn.Module]) -> list[int]:
    if node.op == "call_module":
        order = getattr(modules[str(node.target)], "dims", ())
    elif node.target in {torch.permute, "permute"}:
        order = node.kwargs.get("dims") or (node.args[1] if len(node.args) == 2 else node.args[1:])
    elif node.target in {torch.transpose, "transpose", torch.movedim, "movedim"}:
        return _moved(node)
    else:
        order = ()
    if not isinstance(order, list | tuple) or not all(isinstance(axis, int) for axis in order):
        return []
    return [int(axis) % len(order) for axis in order]


def _moved(node: fx.Node) -> list[int]:
    """Return the order of the four axes after a transposition or a move; none where the axes are not two numbers."""
    first, second = node.args[1:3] if len(node.args) >= 3 else (None, None)
    if not isinstance(first, int) or not isinstance(second, int):
        return []
    axes = torch.empty(0, 1, 2, 3, device="meta")  # each size tells its axis
    moved = axes.transpose(first, second) if "transpose" in str(node.target) else axes.movedim(first, second)
    return list(moved.shape)
