"""Captures the output of every layer of a model in one forward pass, at almost no cost over the bare pass."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional as F

from core.architectures.graph.tracing import (
    ACTIVATION_FUNCTIONS,
    BOOKKEEPING,
    OUT_OF_PLACE,
    Layer,
    Traced,
    key_of,
    operation,
    trace,
)
from core.architectures.zoo.backbones import Stage
from core.hooks import borrow

POINTWISE = ACTIVATION_FUNCTIONS - {"softmax"} | {"batchnorm2d", "dropout", "identity"}
"""Layers whose output is recomputed from their input when it is looked at, bit for bit, instead of being stored."""

VIEWS = BOOKKEEPING | {"expand", "narrow", "select", "unbind", "movedim", "swapaxes", "unfold", "detach", "dropout"}
"""Operations that may hand on the memory of their input."""


@dataclass(frozen=True, eq=False)
class Recompute:
    """How a pointwise layer's output follows from that of the layer `source`; refers to no other weights."""

    source: str
    apply: Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True, eq=False)
class LayerGraph:
    """A model's layers in forward order, and the one graph that captures them all.

    `module` maps an input (1, 3, H, W) to (output, outputs of the `kept` layers); `recipes` give the rest.
    `overwritten` names the nodes whose values the graph overwrites, from which it cannot be run again; None where that
    is any node. `nodes` gives the name of the node in the graph that computes each layer.
    """

    layers: tuple[Layer, ...]
    kept: tuple[str, ...]
    recipes: Mapping[str, Recompute]
    module: fx.GraphModule
    nodes: Mapping[str, str]
    overwritten: frozenset[str] | None = None

    def run(self, batch: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return the model's output for `batch` and the outputs of the kept layers, by name."""
        output, outputs = self.module(batch)
        return output, dict(zip(self.kept, outputs, strict=True))

    def bytes_for(self, side: int) -> int:
        """Return how much memory the kept outputs take for a picture of `side` pixels; nothing is computed for it.

        Whoever asks has borrowed the model.
        """
        weights = chain(self.module.named_parameters(), self.module.named_buffers())
        state = {name: tensor.to("meta") for name, tensor in weights}
        _, outputs = torch.func.functional_call(self.module, state, (torch.empty(1, 3, side, side, device="meta"),))
        return sum(value.nbytes for value in outputs if isinstance(value, torch.Tensor))


def layer_output(name: str, kept: Mapping[str, torch.Tensor], recipes: Mapping[str, Recompute]) -> torch.Tensor:
    """Return the output of the layer `name`: stored, or recomputed from the nearest stored layer before it."""
    if name in kept:
        return kept[name]
    recipe = recipes[name]
    return recipe.apply(layer_output(recipe.source, kept, recipes))


def layer_graph(model: nn.Module, stages: Sequence[Stage] = ()) -> LayerGraph:
    """Return the capturing graph of `model`; it shares the model's weights and leaves the model as it is.

    Normalisations and activation functions are not stored but recomputed when they are looked at: that keeps
    memory traffic, and with it the cost of capturing, close to a bare forward pass. An in-place operation stays in
    place only on a tensor that nobody else sees; each other one is replaced by its out-of-place copy, so that none
    can overwrite what was captured.
    """
    with borrow(model):
        traced = trace(model, stages)
        modules = dict(model.named_modules())
        overwriting = [node for node in traced.graph.nodes if _overwrites(node, modules)]
        if any(_is_felt_elsewhere(node, modules) or not _has_out_of_place_form(node) for node in overwriting):
            return _copying_graph(model, traced)
        return _recomputing_graph(model, traced, modules)


def _recomputing_graph(model: nn.Module, traced: Traced, modules: Mapping[str, nn.Module]) -> LayerGraph:
    recipes = {node: _recipe(node, traced.layers, modules) for node in traced.layers}
    kept = [node for node, recipe in recipes.items() if recipe is None]
    overwritten = set()
    for node in traced.graph.nodes:
        if not _overwrites_only_its_own(node, recipes):
            _make_out_of_place(node, modules)
        elif _overwrites(node, modules):
            overwritten.add(node.args[0].name)
    (output,) = traced.graph.find_nodes(op="output")
    output.args = ((output.args[0], tuple(kept)),)
    return LayerGraph(
        layers=tuple(traced.layers.values()),
        kept=tuple(traced.layers[node].name for node in kept),
        recipes={traced.layers[node].name: recipe for node, recipe in recipes.items() if recipe is not None},
        module=_graph_module(model, traced.graph),
        nodes=_node_names(traced),
        overwritten=frozenset(overwritten),
    )


def _copying_graph(model: nn.Module, traced: Traced) -> LayerGraph:
    """Return a graph that overwrites what the model overwrites and copies each layer's output before that.

    Slower, and right also where what is overwritten is read again under another name.
    """
    for node in traced.graph.find_nodes(op="placeholder"):
        with traced.graph.inserting_after(node):
            own = traced.graph.call_function(_copy, (node,))
        node.replace_all_uses_with(own, delete_user_cb=lambda user, own=own: user is not own)
    copies = []
    for node in traced.layers:
        with traced.graph.inserting_after(node):
            copies.append(traced.graph.call_function(_copy, (node,)))
    (output,) = traced.graph.find_nodes(op="output")
    output.args = ((output.args[0], tuple(copies)),)
    names = tuple(layer.name for layer in traced.layers.values())
    module = fx.GraphModule(model, traced.graph).eval()
    layers = tuple(traced.layers.values())
    return LayerGraph(layers=layers, kept=names, recipes={}, module=module, nodes=_node_names(traced))


def _node_names(traced: Traced) -> dict[str, str]:
    return {layer.name: node.name for node, layer in traced.layers.items()}


def _copy(value: object) -> object:
    return value.clone() if isinstance(value, torch.Tensor) else value


def _overwrites(node: fx.Node, modules: Mapping[str, nn.Module]) -> bool:
    """Return whether `node` works in place."""
    if node.op == "call_module":
        return bool(getattr(modules[str(node.target)], "inplace", False))
    if node.op not in {"call_function", "call_method"}:
        return False
    name = operation(node)
    underscored = name.endswith("_") and not name.endswith("__")
    return underscored or "out" in node.kwargs or node.target in OUT_OF_PLACE or _bound(node).get("inplace") is True


def _has_out_of_place_form(node: fx.Node) -> bool:
    """Return whether something computes the same out of place."""
    name = operation(node)
    if "out" in node.kwargs:
        return False
    if node.op == "call_method":
        return hasattr(torch.Tensor, name.rstrip("_"))
    return node.op != "call_function" or not name.endswith("_") or hasattr(torch, name.rstrip("_"))


def _is_felt_elsewhere(node: fx.Node, modules: Mapping[str, nn.Module]) -> bool:
    """Return whether any later node aliases the input that `node` overwrites."""
    later, following = set(), node.next
    while following.op != "root":
        later.add(following)
        following = following.next
    family: set[fx.Node] = set()
    unseen = node.all_input_nodes[:1]
    while unseen:
        member = unseen.pop()
        if member in family or member is node:
            continue
        family.add(member)
        unseen += [user for user in member.users if _hands_on(user, modules)]
        unseen += member.all_input_nodes[:1] if _hands_on(member, modules) else []
    return any(user in later and not _inspects(user) for member in family for user in member.users)


def _hands_on(node: fx.Node, modules: Mapping[str, nn.Module]) -> bool:
    """Return whether `node` may hand on the memory of its input rather than fill its own."""
    if node.op == "call_module":
        return isinstance(
            modules[str(node.target)], nn.Identity | nn.Flatten | nn.Unflatten | nn.modules.dropout._DropoutNd
        )
    return key_of(operation(node).strip("_")) in VIEWS


def _inspects(node: fx.Node) -> bool:
    return operation(node) in {"getattr", "size", "dim"}


def _recipe(node: fx.Node, layers: Mapping[fx.Node, Layer], modules: Mapping[str, nn.Module]) -> Recompute | None:
    source = node.args[0] if node.args else None
    if not isinstance(source, fx.Node) or source not in layers or len(node.all_input_nodes) != 1:
        return None
    if key_of(layers[node].kind) not in POINTWISE or node.op == "call_method":
        return None
    if node.op == "call_module":
        return Recompute(layers[source].name, _pure(modules[str(node.target)]))
    positional, named = _without_inplace(node)
    return Recompute(layers[source].name, functools.partial(_call_first, _twin(node.target), positional[1:], named))


def _call_first(
    function: Callable[..., torch.Tensor], rest: Sequence[object], named: Mapping[str, object], value: torch.Tensor
) -> torch.Tensor:
    return function(value, *rest, **named)


def _pure(module: nn.Module) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return what `module` computes in eval mode, whatever its flags say when it is called."""
    if isinstance(module, nn.BatchNorm2d):
        statistics = (module.running_mean, module.running_var, module.weight, module.bias)
        of_batch = module.running_mean is None
        return functools.partial(_call_first, F.batch_norm, statistics, {"training": of_batch, "eps": module.eps})
    return _out_of_place_copy(module).eval().forward  # not called: the copy shares the model's hooks


def _out_of_place_copy(module: nn.Module) -> nn.Module:
    copied = copy.copy(module)
    if hasattr(copied, "inplace"):
        copied.inplace = False  # type: ignore[assignment]
    return copied


def _overwrites_only_its_own(node: fx.Node, recipes: Mapping[fx.Node, Recompute | None]) -> bool:
    """Return whether what `node` may overwrite is a batch normalisation's fresh output, seen by `node` alone."""
    source = node.args[0] if node.args else None
    if node.op not in {"call_module", "call_function"} or not isinstance(source, fx.Node):
        return False
    recipe = recipes.get(source)
    is_fresh = recipe is not None and getattr(recipe.apply, "args", (None,))[0] is F.batch_norm
    return is_fresh and len(source.users) == 1


def _graph_module(model: nn.Module, graph: fx.Graph) -> fx.GraphModule:
    module = fx.GraphModule(model, graph)
    for node in graph.nodes:
        if node.meta.get("overwrites"):
            target = f"{node.target}_out_of_place"
            module.add_submodule(target, _out_of_place_copy(module.get_submodule(str(node.target))))
            node.target = target
    module.recompile()
    return module.eval()


def _make_out_of_place(node: fx.Node, modules: Mapping[str, nn.Module]) -> None:
    if node.op == "call_module":
        node.meta["overwrites"] = getattr(modules[str(node.target)], "inplace", False)
    elif node.op == "call_function":
        node.target = _twin(node.target)
        node.args, node.kwargs = _without_inplace(node)
    elif node.op == "call_method" and str(node.target).endswith("_") and not str(node.target).endswith("__"):
        node.target = str(node.target).rstrip("_")


def _twin(function: Any) -> Callable[..., Any]:
    """Return what computes the same as `function` out of place."""
    name = getattr(function, "__name__", "")
    if name.endswith("_") and not name.endswith("__"):
        return getattr(torch, name.rstrip("_"))  # type: ignore[no-any-return]
    return OUT_OF_PLACE.get(function, function)  # type: ignore[no-any-return]


def _bound(node: fx.Node) -> Mapping[str, object]:
    try:
        return inspect.signature(node.target).bind(*node.args, **node.kwargs).arguments  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return {}


def _without_inplace(node: fx.Node) -> tuple[tuple[fx.node.Argument, ...], dict[str, fx.node.Argument]]:
    """Return the arguments of a function call with its `inplace` argument, if it has one, switched off."""
    try:
        signature = inspect.signature(node.target)  # type: ignore[arg-type]
        bound = signature.bind(*node.args, **node.kwargs)
    except (TypeError, ValueError):
        return node.args, node.kwargs
    if "inplace" not in signature.parameters:
        return node.args, node.kwargs
    bound.arguments["inplace"] = False
    return bound.args, bound.kwargs
