"""Fused inference copies of a traced network: batch normalisation folded in, channels last, only the wanted outputs.

Each normalisation is taken into the convolution before it, and convolutions have their weights channels last, as
processors like them. The values are the network's own up to rounding; the network is left as it is.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from core import limits
from core.architectures.graph.capture import LayerGraph, Recompute, layer_output
from core.architectures.graph.prepacked_conv import PackedConvolution, is_possible


@dataclass(frozen=True, eq=False)
class FusedModel:
    """Maps a batch to the network's answer and to the outputs of some layers, as far as they are asked for.

    `stored` are the layers whose outputs it gives; those of others follow from them by the network's `recipes`.
    """

    module: fx.GraphModule
    answers: bool
    stored: tuple[str, ...]
    recipes: Mapping[str, Recompute]

    def run(self, batch: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """Return the answer, (B, classes), which has to have been asked for, and the outputs of stored layers by name.

        Raises `ValueError` where it has not.
        """
        if not self.answers:
            raise ValueError("this copy was made for the outputs of layers only")
        *outputs, answer = self.module(batch)
        return answer, dict(zip(self.stored, outputs, strict=True))

    def outputs(self, batch: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the outputs of stored layers by name."""
        return dict(zip(self.stored, self.module(batch), strict=False))

    def output(self, layer: str, outputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return what a layer puts out that was asked for, from what `run` gave."""
        return layer_output(layer, outputs, self.recipes)


_Key = tuple[tuple[str, ...], bool, bool]
_fused_models: WeakKeyDictionary[LayerGraph, dict[_Key, FusedModel]] = WeakKeyDictionary()
_making = threading.Lock()


def fused_model(
    graph: LayerGraph, layers: Sequence[str] = (), *, answers: bool = True, single: bool = False
) -> FusedModel:
    """Return `fuse` of a network, kept for the next time; of at most `limits.FUSED_MODELS_KEPT` of them.

    Whoever asks has borrowed the model.
    """
    key = (tuple(layers), answers, single)
    with _making:
        known = _fused_models.get(graph, {})
        if key not in known:
            while sum(map(len, _fused_models.values())) >= limits.FUSED_MODELS_KEPT:
                _forget_oldest()
            _fused_models.setdefault(graph, {})[key] = fuse(graph, layers, answers=answers, single=single)
        return _fused_models[graph][key]


def _forget_oldest() -> None:
    graph, known = next(iter(_fused_models.items()))
    known.pop(next(iter(known)))
    if not known:
        del _fused_models[graph]


def fuse(graph: LayerGraph, layers: Sequence[str] = (), *, answers: bool = True, single: bool = False) -> FusedModel:
    """Return the part of a network that its answer, or only some `layers`, follow from.

    With `single` it is made for one picture at a time; batches work too, and take longer. Whoever asks has borrowed the
    model. Raises `KeyError` for a layer that is not there.
    """
    stored = tuple(dict.fromkeys(stored_layer(graph, layer) for layer in layers))
    module, nodes, answer = copy_of(graph)
    wanted = [nodes[layer] for layer in stored]
    finish(graph, module, [*wanted, answer] if answers else wanted)
    if single:
        _pack(module)
    return FusedModel(module, answers, stored, graph.recipes)


def stored_layer(graph: LayerGraph, layer: str) -> str:
    """Return the layer whose output can be had, and from which that of `layer` follows; mostly itself.

    Where a graph cannot be run in parts, those are the ones that it keeps. Raises `KeyError` where there is none.
    """
    if graph.overwritten is not None:
        if layer not in graph.nodes:
            raise KeyError(layer)
        return layer
    while layer in graph.recipes:
        layer = graph.recipes[layer].source
    if layer not in graph.kept:
        raise KeyError(layer)
    return layer


def copy_of(graph: LayerGraph) -> tuple[fx.GraphModule, dict[str, fx.Node], fx.Node]:
    """Return a copy of a graph without its output, the nodes in it that compute the layers, and the answer's.

    Of a graph that overwrites what it computes, its layers are the copies that it keeps.
    """
    part = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    nodes = list(graph.module.graph.nodes)
    part.graph_copy(graph.module.graph, copies)
    result, kept = nodes[-1].args[0]
    if graph.overwritten is None:
        by_layer = dict(zip(graph.kept, kept, strict=True))
    else:
        by_name = {node.name: node for node in nodes}
        by_layer = {layer: by_name[name] for layer, name in graph.nodes.items()}
    module = fx.GraphModule(graph.module, part).eval()
    return module, {layer: copies[node] for layer, node in by_layer.items()}, copies[result]


def finish(
    graph: LayerGraph, module: fx.GraphModule, wanted: Iterable[fx.Node], number_type: torch.dtype = torch.float32
) -> None:
    """Let a copy of `graph` put out the values of `wanted` and nothing else, quickly, in numbers of a type."""
    part = module.graph
    part.output(tuple(_kept_apart(node, part) for node in wanted))
    _drop_unused(part, graph.overwritten is not None)
    _fuse(module)
    _own_weights(module, number_type)
    module.delete_all_unused_submodules()
    module.recompile()


def _kept_apart(node: fx.Node, graph: fx.Graph) -> fx.Node:
    """Return a node whose value nothing overwrites."""
    if not node.users:
        return node
    with graph.inserting_after(node):
        return graph.call_function(torch.clone, (node,))


def _drop_unused(graph: fx.Graph, is_functional: bool) -> None:
    """Erase what the output does not follow from; of a graph that overwrites values, only what comes after it."""
    for node in reversed(list(graph.nodes)):
        if node.op in {"output", "placeholder"}:
            continue
        if not node.users:
            graph.erase_node(node)
        elif not is_functional:
            return


def _fuse(module: fx.GraphModule) -> None:
    """Take each normalisation into the convolution before it, where that serves nothing else."""
    for node in list(module.graph.nodes):
        norm = module.get_submodule(str(node.target)) if node.op == "call_module" else None
        if not isinstance(norm, nn.BatchNorm2d):
            continue
        (before,) = node.all_input_nodes
        if before.op != "call_module" or list(before.users) != [node]:
            continue
        convolution = module.get_submodule(str(before.target))
        if isinstance(convolution, nn.Conv2d) and norm.running_mean is not None:
            before.target = f"{before.target}_with_{node.name}"
            module.add_submodule(before.target, fuse_conv_bn_eval(convolution, norm))
            node.replace_all_uses_with(before)
            module.graph.erase_node(node)


def _own_weights(module: fx.GraphModule, number_type: torch.dtype) -> None:
    """Give weights of their own to what needs them of another type or order; convolutions are fastest channels last."""
    for node in module.graph.find_nodes(op="call_module"):
        shared = module.get_submodule(node.target)
        is_convolution = isinstance(shared, nn.Conv2d)
        if is_convolution or (number_type != torch.float32 and any(True for _ in shared.state_dict())):
            own = copy.deepcopy(shared).requires_grad_(False).to(number_type)
            if is_convolution:
                own = own.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            node.target = f"{node.target}_own"
            module.add_submodule(node.target, own)
    if number_type != torch.float32:
        for node in module.graph.find_nodes(op="get_attr"):
            _convert(node, number_type)


def _pack(module: fx.GraphModule) -> None:
    for node in module.graph.find_nodes(op="call_module"):
        own = module.get_submodule(node.target)
        if isinstance(own, nn.Conv2d) and is_possible(own):
            module.set_submodule(node.target, PackedConvolution(own))


def _convert(node: fx.Node, number_type: torch.dtype) -> None:
    """Let all that use a weight that belongs to no module have it in another type."""
    with node.graph.inserting_after(node):
        own = node.graph.call_method("to", (node, number_type))
    node.replace_all_uses_with(own, delete_user_cb=lambda user: user is not own)
