"""The kernels of a layer: its own convolution's, or of the one whose channels it passes on."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from core.hooks import borrow
from core.i18n import N_

if TYPE_CHECKING:
    from torch import fx, nn

    from core.architectures.loading import Backbone

Kernels = NDArray[np.float32]
Layout = Literal["colour", "slices", "matrix"]

LARGEST_LINEAR = 4096 * 4096
"""A linear layer with more weights than that is not shown: its filters are single rows of numbers anyway."""
THROUGH = frozenset({"normalisation", "activation", "pooling"})
"""Roles of layers whose channel c follows from channel c of their input: alone, but for layer norms and softmax."""
UNMOVED = frozenset({"dropout", "dropout2d", "identity", "stochasticdepth", "contiguous", "detach", "clone", "permute"})
"""Kinds of layers and operations of which that is true as well."""
REARRANGING = frozenset({"flatten", "reshape", "view", "chunk", "split", "getitem", "transpose", "unbind", "squeeze"})
JOINING = frozenset({"cat", "concat", "concatenate"})

JOINED = N_("Several branches are joined here: each has some of the channels.")
MERGED = N_("Several branches meet here: filter c of each has a part in channel c.")
REARRANGED = N_("The channels of this layer were rearranged on the way, so that none is that of one filter.")
NOTHING_BEFORE = N_("No convolution comes before this layer: it works on the picture itself.")
TOO_LARGE = N_("This linear layer has more weights than can be shown here.")
UNKNOWN = N_("The kernels of this layer are not known.")


@dataclass(frozen=True)
class KernelSource:
    """A convolution, or a linear layer as one of 1×1, and where it stands in its network.

    `layer` is its name among the backbone's layers, `module` its path in the model. Its kernels have the `shape`
    (out, in / groups, kernel height, kernel width). `normalisation` is the path of the batch normalisation that alone
    reads its output, None where there is none.
    """

    layer: str
    module: str
    kind: Literal["convolution", "linear"]
    shape: tuple[int, int, int, int]
    groups: int = 1
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    normalisation: str | None = None

    @property
    def filters(self) -> int:
        """Return how many filters it has: one for each output channel."""
        return self.shape[0]

    @property
    def inputs(self) -> int:
        """Return how many channels it reads; each filter sees `shape[1]` of them."""
        return self.shape[1] * self.groups

    @property
    def is_depthwise(self) -> bool:
        """Return whether each filter sees one channel only."""
        return self.shape[1] == 1

    @property
    def layout(self) -> Layout:
        """Return how its kernels are best looked at: in colour, as slices, or all of them as one matrix."""
        if self.inputs == 3 and self.groups == 1:
            return "colour"
        return "matrix" if self.shape[2:] == (1, 1) else "slices"

    def group_of(self, number: int) -> int:
        """Return the group that a filter belongs to."""
        return number // (self.filters // self.groups)

    def inputs_of(self, number: int) -> range:
        """Return the input channels that a filter sees, in the order of its slices."""
        first = self.group_of(number) * self.shape[1]
        return range(first, first + self.shape[1])

    def filters_of(self, channel: int) -> range:
        """Return the filters that see an input channel."""
        size = self.filters // self.groups
        first = channel // self.shape[1] * size
        return range(first, first + size)


@dataclass(frozen=True)
class Branch:
    """A convolution whose output comes together with others' in a layer.

    Its filter f has a part in channel `first` + f of that layer, or is that channel where outputs are joined; None
    where that is not known.
    """

    convolution: KernelSource
    first: int | None

    def holds(self, channel: int) -> bool:
        """Return whether one of its filters has a part in a channel of the layer."""
        return self.first is not None and 0 <= channel - self.first < self.convolution.filters


def convolution_of(backbone: Backbone, layer: str) -> KernelSource | None:
    """Return the convolution whose filter c gives channel c of `layer`; None where there is none, see `why_none`.

    That is the layer itself, or the nearest convolution before it where only normalisations, activation functions,
    poolings and such lie between, which keep channels apart. Raises `KeyError` for an unknown layer.
    """
    return _convolution(backbone, _origin(backbone, _node(backbone, layer)))


def why_none(backbone: Backbone, layer: str) -> str:
    """Return why `layer` has no convolution of its own, marked for translation; empty where it has one."""
    origin = _origin(backbone, _node(backbone, layer))
    if _convolution(backbone, origin) is not None:
        return ""
    role, kind = _role_and_kind(backbone, origin)
    if role == "linear":
        return TOO_LARGE
    if role == "merge" and _sources(origin):
        return (JOINED if kind in JOINING else MERGED) if len(_sources(origin)) > 1 else NOTHING_BEFORE
    if kind in REARRANGING:
        return REARRANGED if _comes_from_convolution(backbone, origin) else NOTHING_BEFORE
    return NOTHING_BEFORE if origin.op == "placeholder" else UNKNOWN


def branches(backbone: Backbone, layer: str) -> tuple[Branch, ...]:
    """Return the convolutions whose outputs come together in `layer`, in the order the data takes.

    Empty where the layer has a convolution of its own. A branch that is no convolution's is left out.
    """
    origin = _origin(backbone, _node(backbone, layer))
    if _convolution(backbone, origin) is not None:
        return ()
    joins = _role_and_kind(backbone, origin)[1] in JOINING
    is_merge = _role_and_kind(backbone, origin)[0] == "merge"
    first: int | None = 0 if is_merge else None
    found = []
    for source in _sources(origin):
        convolution = _convolution(backbone, _origin(backbone, source))
        if convolution is not None:
            found.append(Branch(convolution, first))
        if joins:
            first = None if first is None or convolution is None else first + convolution.filters
    return tuple(found)


def kernels(backbone: Backbone, convolution: KernelSource) -> Kernels:
    """Return a copy of the kernels, float32 (out, in / groups, kernel height, kernel width), read-only."""
    with borrow(backbone.model):
        weight = backbone.model.get_submodule(convolution.module).weight.detach()  # type: ignore[operator]
        copied: Kernels = weight.reshape(convolution.shape).numpy().copy()
    copied.flags.writeable = False
    return copied


def gains(backbone: Backbone, convolution: KernelSource) -> NDArray[np.float32] | None:
    """Return what the batch normalisation that follows multiplies each channel by, γ/√(σ² + ε), signed, (out,).

    None where none follows. In eval mode, convolution and normalisation together are one convolution with the kernels
    multiplied by this.
    """
    if convolution.normalisation is None:
        return None
    with borrow(backbone.model):
        norm = backbone.model.get_submodule(convolution.normalisation)
        scale = (norm.running_var + norm.eps).rsqrt()  # type: ignore[operator]
        gain = scale if norm.weight is None else norm.weight.detach() * scale  # type: ignore[operator]
        found: NDArray[np.float32] = gain.numpy().copy()
    found.flags.writeable = False
    return found


def _node(backbone: Backbone, layer: str) -> fx.Node:
    name = backbone.graph.nodes[layer]
    found: dict[str, fx.Node] = {node.name: node for node in backbone.graph.module.graph.nodes}
    return found[name]


def _origin(backbone: Backbone, node: fx.Node) -> fx.Node:
    """Return the node whose channels `node` hands on one by one: a convolution, or where that is not so."""
    while True:
        role, kind = _role_and_kind(backbone, node)
        sources = _sources(node)
        keeps = role in THROUGH or kind in UNMOVED or (role == "merge" and _merges_nothing(node, kind))
        if len(sources) != 1 or not keeps:
            return node
        node = sources[0]


def _sources(node: fx.Node) -> list[fx.Node]:
    """Return the nodes whose values a node reads, without those that hold weights of their own."""
    return [source for source in node.all_input_nodes if source.op != "get_attr"]


def _merges_nothing(node: fx.Node, kind: str) -> bool:
    """Return whether a merge joins a single output, or scales one, channel by channel, by weights of its own."""
    if kind in JOINING:
        joined = node.args[0] if node.args else ()
        return isinstance(joined, list | tuple) and len(joined) == 1
    return len(node.all_input_nodes) == 2


def _role_and_kind(backbone: Backbone, node: fx.Node) -> tuple[str, str]:
    from core.architectures.graph.tracing import Layer, key_of, kind_of

    if node.op in {"placeholder", "get_attr", "output"}:
        return "other", node.op
    kind = kind_of(node, _modules(backbone))
    return Layer("", kind, "", 1).role, key_of(kind)


def _modules(backbone: Backbone) -> dict[str, nn.Module]:
    return dict(backbone.graph.module.named_modules())


def _comes_from_convolution(backbone: Backbone, node: fx.Node) -> bool:
    return any(_role_and_kind(backbone, earlier)[0] == "convolution" for earlier in _ancestors(node))


def _ancestors(node: fx.Node) -> Iterator[fx.Node]:
    unseen, seen = [node], {node}
    while unseen:
        for source in unseen.pop().all_input_nodes:
            if source not in seen:
                seen.add(source)
                unseen.append(source)
                yield source


def _convolution(backbone: Backbone, node: fx.Node) -> KernelSource | None:
    from torch import nn

    if node.op != "call_module":
        return None
    module = backbone.graph.module.get_submodule(str(node.target))
    layer = next((name for name, of in backbone.graph.nodes.items() if of == node.name), "")
    if isinstance(module, nn.Linear) and module.weight.numel() <= LARGEST_LINEAR:
        return KernelSource(layer, str(node.target), "linear", (*module.weight.shape, 1, 1))
    if not isinstance(module, nn.Conv2d):
        return None
    found = KernelSource(
        layer=layer,
        module=str(node.target),
        kind="convolution",
        shape=tuple(module.weight.shape),  # type: ignore[arg-type]
        groups=module.groups,
        stride=module.stride,  # type: ignore[arg-type]
        dilation=module.dilation,  # type: ignore[arg-type]
    )
    return dataclasses.replace(found, normalisation=_normalisation_after(backbone, node))


def _normalisation_after(backbone: Backbone, node: fx.Node) -> str | None:
    """Return the path of the batch normalisation that is the only reader of `node`, with statistics of its own."""
    from torch import nn

    readers = [user for user in node.users if user.op != "output"]
    if len(readers) != 1 or readers[0].op != "call_module":
        return None
    module = backbone.graph.module.get_submodule(str(readers[0].target))
    has_statistics = isinstance(module, nn.BatchNorm2d) and module.running_var is not None
    return str(readers[0].target) if has_statistics else None
