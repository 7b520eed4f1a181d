"""Class logits as a differentiable function of the image, or of one layer's output."""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import fx, nn

from core.architectures.graph.capture import LayerGraph, layer_output
from core.architectures.graph.checkpointing import Values
from core.architectures.graph.differentiable import SegmentRunner
from core.architectures.graph.tracing import ACTIVATION_FUNCTIONS, BOOKKEEPING, ROLES, key_of, kind_of

RECTIFIERS = frozenset({"relu", "relu6"})
AVERAGES = ROLES["pooling"] - {"maxpool", "adaptivemaxpool"} | {"avgpool2d", "adaptiveavgpool2d"}
PASSING_ON = AVERAGES | BOOKKEEPING | {"dropout", "identity"}
"""What may stand between a network's last rectifier and its answer: what enters it is then the score."""


PLANS_KEPT = 16  # of each network


@dataclass(frozen=True, eq=False)
class Scores:
    """Maps a picture, (B, 3, height, width), or what the layer puts out, (1, …), to the scores, (B, classes).

    `start` is the node whose value is given, `besides` what else is known. The scores are the logits, except where the
    network rectifies its logits, as SqueezeNet does: there they are what enters that rectifier, as a logit of zero has
    no gradient. Whoever calls it has borrowed the model. The value that is passed in may be overwritten.
    """

    runner: SegmentRunner
    start: fx.Node
    besides: Values

    def __call__(self, value: torch.Tensor) -> torch.Tensor:
        """Return the scores, with the history of their gradient."""
        runner, values = self.runner, {**self.besides, self.start: value}
        if self.start.op != "placeholder" and self.start in runner.nodes:  # run too, as it may overwrite what it reads
            runner = replace(runner, interpreter=partial(runner.interpreter, replaced=(self.start, value)))
            del values[self.start]
        scores: torch.Tensor = runner.finish(values)
        return scores


@dataclass(frozen=True, eq=False)
class _Plan:
    """What has to be run behind a layer, and the layers that are known besides; the picture is the layer ""."""

    runner: SegmentRunner
    start: fx.Node
    besides: Mapping[fx.Node, str]


_plans: WeakKeyDictionary[LayerGraph, dict[tuple[str, int, int | None], _Plan]] = WeakKeyDictionary()
_planning = threading.Lock()


def scores_of_picture(graph: LayerGraph, segment_bytes: int | None = None, *, guided: bool = False) -> Scores:
    """Return the scores as a function of the picture; `segment_bytes` is that of `differentiable_output`.

    With `guided`, a rectifier lets only positive gradients through on their way back, besides doing what it does
    (Springenberg et al. 2015, arXiv:1412.6806).
    """
    nodes = list(graph.module.graph.nodes)
    (start,) = graph.module.graph.find_nodes(op="placeholder")
    guides = frozenset(rectifiers(graph)) if guided else frozenset()
    return Scores(_runner(graph, nodes[:-1], segment_bytes, guides), start, {})


def scores_behind(
    graph: LayerGraph,
    layer: str,
    batch: torch.Tensor,
    kept: Mapping[str, torch.Tensor],
    segment_bytes: int | None = None,
) -> tuple[Scores, torch.Tensor]:
    """Return the scores as a function of what `layer` puts out, and what it puts out for `batch`, one picture.

    Only what comes behind the layer is run; all else is taken from the `kept` outputs of one pass. Raises `KeyError`
    for a layer that is not there.
    """
    with torch.no_grad():
        output = _ordinary(layer_output(layer, kept, graph.recipes))
        plan = _plan(graph, layer, kept, segment_bytes)
        besides = {
            node: _ordinary(layer_output(name, kept, graph.recipes) if name else batch)
            for node, name in plan.besides.items()
        }
    return Scores(plan.runner, plan.start, besides), output


def needed_behind(graph: LayerGraph, layer: str) -> tuple[str, ...]:
    """Return the layers whose outputs `scores_behind` needs besides that of `layer` itself, where it can have them."""
    _start, _needed, besides = _walk_back(graph, layer, lambda _name: True)
    return tuple(name for name in besides.values() if name)


def rectifiers(graph: LayerGraph) -> tuple[fx.Node, ...]:
    """Return the nodes that are rectifiers, ReLU and ReLU6, as modules and as functions."""
    return tuple(node for node, kind in _activations(graph) if kind in RECTIFIERS)


def other_activations(graph: LayerGraph) -> int:
    """Return how many activation functions are no rectifiers, gates included: those cannot be guided."""
    return sum(kind not in RECTIFIERS for _node, kind in _activations(graph))


def _activations(graph: LayerGraph) -> Iterator[tuple[fx.Node, str]]:
    names = set(graph.nodes.values())
    modules = dict(graph.module.named_modules())
    for node in graph.module.graph.nodes:
        if node.name in names and (kind := key_of(kind_of(node, modules))) in ACTIVATION_FUNCTIONS:
            yield node, kind


def _plan(graph: LayerGraph, layer: str, kept: Mapping[str, torch.Tensor], segment_bytes: int | None) -> _Plan:
    """Return what has to be run, thought out once for each layer."""
    with _planning:
        plans = _plans.setdefault(graph, {})
        key = (layer, len(kept), segment_bytes)
        if key not in plans:
            if len(plans) >= PLANS_KEPT:
                plans.clear()
            plans[key] = _think_out(graph, layer, kept, segment_bytes)
        return plans[key]


def _think_out(graph: LayerGraph, layer: str, kept: Mapping[str, torch.Tensor], segment_bytes: int | None) -> _Plan:
    nodes = list(graph.module.graph.nodes)
    start, needed, besides = _walk_back(graph, layer, lambda name: _is_of_one_picture(name, kept, graph))
    if graph.overwritten is None:  # it can only be run from its beginning
        return _Plan(_runner(graph, nodes[1:-1], None), start, {nodes[0]: ""})
    return _Plan(_runner(graph, [node for node in nodes if node in needed], segment_bytes), start, besides)


def _walk_back(
    graph: LayerGraph, layer: str, is_known: Callable[[str], bool]
) -> tuple[fx.Node, set[fx.Node], dict[fx.Node, str]]:
    """Return the node of `layer`, what has to be run behind it, and the known layers that needs; the picture is ""."""
    nodes = list(graph.module.graph.nodes)
    start = next(node for node in nodes if node.name == graph.nodes[layer])
    if graph.overwritten is None:
        return start, set(), {}
    names = {node: name for name, node in graph.nodes.items()}
    depending = {start}
    for node in nodes:
        if not depending.isdisjoint(node.all_input_nodes):
            depending.add(node)
    needed: set[fx.Node] = set()
    besides: dict[fx.Node, str] = {}
    unseen = [nodes[-1].args[0][0]]  # the graph puts out (the model's output, what it keeps)
    while unseen:
        node = unseen.pop()
        name = "" if node.op == "placeholder" else names.get(node.name)
        if node is start or node in needed:
            continue
        if node not in depending and name is not None and (not name or is_known(name)):
            besides[node] = name
        else:
            needed.add(node)
            unseen += node.all_input_nodes
    return start, needed, besides


def _is_of_one_picture(layer: str, kept: Mapping[str, torch.Tensor], graph: LayerGraph) -> bool:
    while layer not in kept and layer in graph.recipes:
        layer = graph.recipes[layer].source
    value = kept.get(layer, None)
    return isinstance(value, torch.Tensor) and value.dim() > 0 and len(value) == 1


def _runner(
    graph: LayerGraph, nodes: Iterable[fx.Node], segment_bytes: int | None, guides: frozenset[fx.Node] = frozenset()
) -> SegmentRunner:
    result, kept = list(graph.module.graph.nodes)[-1].args[0]  # the graph puts out (the model's output, what it keeps)
    bounded = segment_bytes is not None and graph.overwritten is not None
    last = _last_rectifier(result, graph.module)
    return SegmentRunner(
        module=graph.module,
        nodes=[*(node for node in nodes if node is not result), result],
        counted=frozenset(kept),
        overwritten=graph.overwritten or frozenset(),
        segment_bytes=float(segment_bytes or 0) if bounded else float("inf"),
        interpreter=partial(_Interpreter, passed=last, guides=guides - {last}),
    )


def _last_rectifier(result: fx.Node, module: nn.Module) -> fx.Node | None:
    """Return the rectifier behind which the network only averages or rearranges; None where there is none."""
    node = result
    while node.op in {"call_module", "call_function", "call_method"}:
        modules = {str(node.target): module.get_submodule(str(node.target))} if node.op == "call_module" else {}
        kind = key_of(kind_of(node, modules))
        if kind in RECTIFIERS:
            return node
        if kind not in PASSING_ON or len(node.all_input_nodes) != 1:
            return None
        node = node.all_input_nodes[0]
    return None


def _ordinary(value: torch.Tensor) -> torch.Tensor:
    """Return a copy that gradients may be taken beside: what was captured in inference mode must not be kept for it."""
    return value.detach().clone()


class _Guide(torch.autograd.Function):
    """Hands a value on; of its gradient only what is positive."""

    @staticmethod
    def forward(_context: Any, value: torch.Tensor) -> torch.Tensor:
        return value.clone()

    @staticmethod
    def backward(_context: Any, *gradients: torch.Tensor) -> torch.Tensor:
        return gradients[0].clamp(min=0)


def _guided(value: torch.Tensor) -> torch.Tensor:
    guided: torch.Tensor = _Guide.apply(value)  # type: ignore[no-untyped-call]
    return guided


@dataclass(eq=False)
class _Interpreter:
    """Runs nodes as `fx.Interpreter` does, which walks through all modules first, only to know their names.

    The rectifier `passed` does nothing, those among `guides` are guided, and one value may be `replaced`.
    """

    module: fx.GraphModule
    garbage_collect_values: bool
    passed: fx.Node | None
    guides: frozenset[fx.Node]
    replaced: tuple[fx.Node, torch.Tensor] | None = None
    env: Values = field(default_factory=dict)

    def run_node(self, node: fx.Node) -> Any:
        """Return the value of a node from those in `env`."""
        if self.replaced is not None and node is self.replaced[0]:
            self._compute(node)
            return self.replaced[1]
        if node is self.passed:
            return self.env[node.all_input_nodes[0]]
        value = self._compute(node)
        return _guided(value) if node in self.guides else value

    def _compute(self, node: fx.Node) -> Any:
        target: Any = node.target
        if node.op == "get_attr":
            return operator.attrgetter(target)(self.module)
        positional = fx.node.map_arg(node.args, self.env.__getitem__)
        named = fx.node.map_arg(node.kwargs, self.env.__getitem__)
        if node.op == "call_method":
            return getattr(positional[0], target)(*positional[1:], **named)
        function = self.module.get_submodule(target) if node.op == "call_module" else target
        return function(*positional, **named)
