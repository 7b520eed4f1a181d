"""A shape interpreter: runs a traced network on meta tensors, operation by operation."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from torch import Tensor, fx, nn

from core.architectures.graph.operation import Operation
from core.architectures.graph.shape_rules import result_of
from core.architectures.graph.tracing import key_of, kind_of

OPERATIONS = frozenset({"call_module", "call_function", "call_method"})


class ShapeInterpreter(fx.Interpreter):
    """Runs a graph on tensors without memory and lets `visit` see each operation with its result.

    The model may have its weights wherever they are: nothing is computed but shapes.
    """

    def __init__(self, model: nn.Module, graph: fx.Graph) -> None:
        super().__init__(model, graph=graph)
        self._modules = dict(model.named_modules())
        self._latest: tuple[fx.Node, Operation] | None = None  # what is carried out now, without its result

    def run_node(self, n: fx.Node) -> Any:
        """Run a node and visit it."""
        result = self._carried_out(n) if n.op in OPERATIONS else super().run_node(n)
        self.visit(n, result)
        return result

    def _carried_out(self, node: fx.Node) -> Any:
        operation = self.operation(node, None)
        self._latest = node, operation
        ruled = result_of(operation)
        return getattr(self, node.op)(node.target, operation.args, operation.kwargs) if ruled is None else ruled

    def get_attr(self, target: Any, args: Any, kwargs: Any) -> Any:
        """Return a weight or a buffer of the model, without its numbers."""
        value = super().get_attr(target, args, kwargs)
        return value.to("meta") if isinstance(value, Tensor) and not value.is_meta else value

    def call_module(self, target: Any, args: Any, kwargs: Any) -> Any:
        """Return what a module gives, of which a copy without numbers is run where the model has them."""
        module = self._modules[str(target)]
        if any(not value.is_meta for value in (*module.parameters(), *module.buffers())):
            module = to_meta(module)
        return module(*args, **kwargs)

    def visit(self, node: fx.Node, result: Any) -> None:
        """Look at a node and what it has put out."""
        raise NotImplementedError

    def operation(self, node: fx.Node, result: Any) -> Operation:
        """Return a node's operation as it was carried out."""
        if self._latest and self._latest[0] is node:
            return replace(self._latest[1], result=result)
        args, kwargs = self.fetch_args_kwargs_from_env(node)
        module = self._modules[str(node.target)] if node.op == "call_module" else None
        kind = key_of(kind_of(node, self._modules))
        return Operation(kind, module, node.target, tuple(args), dict(kwargs), result)


def to_meta(model: nn.Module) -> nn.Module:
    """Return a copy of a model that has its shapes but no numbers, in eval mode."""
    copies: dict[int, Any] = {
        **{id(value): nn.Parameter(value.to("meta"), requires_grad=False) for value in model.parameters()},
        **{id(value): value.to("meta") for value in model.buffers()},
    }
    return copy.deepcopy(model, copies).eval()
