"""What each layer of a network costs at an input size: shapes, parameters, multiply-accumulates, activation memory.

Nothing is computed but shapes. One multiply-accumulate (MAC) is two floating-point operations; as in torchvision's and
timm's tables only convolutions and linear layers count, without their biases. Activations are counted in float32, one
picture, each layer's output once: what a training step has to keep, before anything saves memory.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, fx, nn

from core.architectures.costs.shortfall import Shortfall, shortfall_of
from core.architectures.graph.interpreter import ShapeInterpreter
from core.architectures.graph.operation import Operation, holds_tensor, precision
from core.architectures.graph.output_size import output_side
from core.architectures.graph.tracing import Layer, Traced, trace
from core.architectures.graph.windows import Window, windows_of_convolution, windows_of_pool
from core.architectures.loading import skeleton
from core.architectures.zoo.backbones import BackboneEntry

Shape = tuple[int, ...]
"""Of one picture: (channels, height, width), or (features,)."""
Windows = tuple[Window, Window]

BYTES = 4  # of a number in float32
CONVOLUTIONS = frozenset({"conv2d"})
WINDOWED_POOLS = frozenset({"maxpool2d", "avgpool2d"})


@dataclass(frozen=True, kw_only=True)
class LayerCost:
    """One layer at one input size.

    `inputs` are the shapes of what it is given, weights aside; `windows` those of a convolution or a pool, along height
    and width, `rounds_up` with ceil_mode. `formula` writes `parameters` as products and sums of numbers, `macs_formula`
    the `macs`; both are empty where there are none.
    """

    layer: Layer
    inputs: tuple[Shape, ...]
    output: Shape
    windows: Windows | None = None
    groups: int = 1
    rounds_up: bool = False
    parameters: int = 0
    formula: str = ""
    macs: int = 0
    macs_formula: str = ""

    @property
    def maps(self) -> tuple[int, int, int]:
        """Return channels, height and width of the output; numbers without a place have one place."""
        if len(self.output) != 3:
            return self.output[-1], math.prod(self.output[:-1]), 1
        sides = list(self.output)
        channels = sides.pop(self.layer.channel_axis - 1)
        return channels, sides[0], sides[1]

    @property
    def activation_bytes(self) -> int:
        """Return the memory that its output takes."""
        return BYTES * math.prod(self.output)

    @property
    def sides(self) -> tuple[str, ...]:
        """Return how height and width of the output follow from the input's, as formulas; empty without a window."""
        if self.windows is None or len(self.inputs[0]) != 3:
            return ()
        pairs = zip(self.inputs[0][1:], self.windows, strict=True)
        return tuple(output_side(side, window, rounds_up=self.rounds_up) for side, window in pairs)


@dataclass(frozen=True)
class Totals:
    """Sums over layers."""

    parameters: int = 0
    macs: int = 0
    activation_bytes: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.parameters + other.parameters,
            self.macs + other.macs,
            self.activation_bytes + other.activation_bytes,
        )


@dataclass(frozen=True)
class Costs:
    """A network's layers at one input size (height, width); where the picture is too small, up to the `shortfall`."""

    size: tuple[int, int]
    layers: tuple[LayerCost, ...]
    shortfall: Shortfall | None = None

    @functools.cached_property
    def totals(self) -> Totals:
        """Return the sums over all layers."""
        return sum((_totals(cost) for cost in self.layers), Totals())

    @functools.cached_property
    def by_stage(self) -> dict[str, Totals]:
        """Return the sums over each stage's layers, by the stage's label, in the order the data takes."""
        found: dict[str, Totals] = {}
        for cost in self.layers:
            found[cost.layer.stage] = found.get(cost.layer.stage, Totals()) + _totals(cost)
        return found

    def of(self, name: str) -> LayerCost:
        """Return one layer's. Raises `KeyError` where there is none of that name."""
        return {cost.layer.name: cost for cost in self.layers}[name]


def _totals(cost: LayerCost) -> Totals:
    return Totals(cost.parameters, cost.macs, cost.activation_bytes)


@dataclass(frozen=True, eq=False)
class Blueprint:
    """A network without weights, traced: what its costs at any input size are read from.

    Of `model` nothing but shapes and settings is read.
    """

    model: nn.Module
    traced: Traced
    owned: dict[fx.Node, tuple[nn.Parameter, ...]] = field(default_factory=dict)

    def costs(self, height: int, width: int | None = None) -> Costs:
        """Return what the network costs for a picture of that size in pixels; `width` is by default the height."""
        size = (height, height if width is None else width)
        walk = _Measured(self)
        batch = torch.empty(1, 3, *size, device="meta", dtype=precision(self.model))
        try:
            with torch.no_grad():
                walk.run(batch)
        except (RuntimeError, ValueError):
            return Costs(size, tuple(walk.found), walk.shortfall())
        return Costs(size, tuple(walk.found))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Return the layers in the order the data takes."""
        return tuple(self.traced.layers.values())


def blueprint(entry: BackboneEntry) -> Blueprint:
    """Return a backbone's blueprint, in milliseconds whatever its size."""
    model = skeleton(entry)
    traced = trace(model, entry.stages)
    return Blueprint(model, traced, _owners(model, traced))


def blueprint_of(model: nn.Module) -> Blueprint:
    """Return the blueprint of any network that torch.fx can trace; `model` is left as it is."""
    traced = trace(model)
    return Blueprint(model, traced, _owners(model, traced))


def _owners(model: nn.Module, traced: Traced) -> dict[fx.Node, tuple[nn.Parameter, ...]]:
    """Return the parameters of each layer; those that two layers share count for the first."""
    modules, parameters = dict(model.named_modules()), dict(model.named_parameters())
    seen: set[int] = set()
    owned: dict[fx.Node, list[nn.Parameter]] = {}
    for node in traced.graph.nodes:
        if node.op == "call_module":
            owner, own = node, list(modules[str(node.target)].parameters())
        elif node.op == "get_attr" and str(node.target) in parameters:
            owner, own = _first_layer_behind(node, traced), [parameters[str(node.target)]]
        else:
            continue
        fresh = [parameter for parameter in own if id(parameter) not in seen]
        seen.update(map(id, fresh))
        if fresh and owner is not None:
            owned.setdefault(owner, []).extend(fresh)
    return {node: tuple(own) for node, own in owned.items()}


def _first_layer_behind(node: fx.Node, traced: Traced) -> fx.Node | None:
    for user in node.users:
        found = user if user in traced.layers else _first_layer_behind(user, traced)
        if found is not None:
            return found
    return None


class _Measured(ShapeInterpreter):
    """Runs a blueprint on the meta device and writes down what each layer costs."""

    def __init__(self, blueprint: Blueprint) -> None:
        super().__init__(blueprint.model, blueprint.traced.graph)
        self.found: list[LayerCost] = []
        self._blueprint = blueprint
        self._node: fx.Node | None = None

    def run_node(self, n: fx.Node) -> Any:
        """Run a node, remembered in case it fails."""
        self._node = n
        return super().run_node(n)

    def visit(self, node: fx.Node, result: Any) -> None:
        """Write down a layer."""
        layer = self._blueprint.traced.layers.get(node)
        if layer is not None and holds_tensor(result):
            self.found.append(_cost(layer, self.operation(node, result), self._blueprint.owned.get(node, ())))

    def shortfall(self) -> Shortfall | None:
        """Return why the node that was run last could not be."""
        if self._node is None:
            return None
        operation = self.operation(self._node, None)
        layer = self._blueprint.traced.layers.get(self._node)
        return shortfall_of(layer.name if layer else str(self._node), operation, windows_of(operation))


def _cost(layer: Layer, operation: Operation, owned: tuple[nn.Parameter, ...]) -> LayerCost:
    shape = operation.shape[1:]
    parameters, formula = sum(parameter.numel() for parameter in owned), _formula(operation, owned)
    macs, macs_formula = _macs(operation, shape)
    return LayerCost(
        layer=layer,
        inputs=tuple(_inputs(operation)),
        output=shape,
        windows=windows_of(operation),
        groups=int(operation.value("groups", 6, 1)) if operation.kind in CONVOLUTIONS else 1,
        rounds_up=operation.kind in WINDOWED_POOLS
        and bool(operation.value("ceil_mode", 5 if "max" in operation.kind else 4, False)),
        parameters=parameters,
        formula=formula,
        macs=macs,
        macs_formula=macs_formula,
    )


def windows_of(operation: Operation) -> Windows | None:
    """Return the windows of a convolution or a pool along height and width; None of anything else."""
    if operation.kind in CONVOLUTIONS:
        return windows_of_convolution(operation)
    return windows_of_pool(operation) if operation.kind in WINDOWED_POOLS else None


def _inputs(operation: Operation) -> Iterator[Shape]:
    for value in (*operation.args, *operation.kwargs.values()):
        for part in value if isinstance(value, list | tuple) else (value,):
            if isinstance(part, Tensor) and not isinstance(part, nn.Parameter):
                yield tuple(part.shape[1:])


def _formula(operation: Operation, owned: tuple[nn.Parameter, ...]) -> str:
    """Return a layer's parameters as a sum of products: kernel × inputs of a group × outputs, biases after it."""
    if not owned:
        return ""
    weight, *others = owned
    if operation.kind in CONVOLUTIONS and weight.dim() == 4:
        outputs, inputs, height, width = weight.shape
        first = f"{height}×{width}×{inputs}×{outputs}"
    elif weight.dim() == 2:
        first = f"{weight.shape[1]}×{weight.shape[0]}"
    elif others and all(other.shape == weight.shape for other in others):
        return f"{len(owned)}×" + "×".join(map(str, weight.shape))
    else:
        first = "×".join(map(str, weight.shape))
    return " + ".join([first, *("×".join(map(str, other.shape)) for other in others)])


def _macs(operation: Operation, shape: Shape) -> tuple[int, str]:
    if operation.kind in CONVOLUTIONS:
        outputs, inputs, height, width = operation.value("weight", 1).shape
        formula = f"{shape[1]}×{shape[2]}×{height}×{width}×{inputs}×{outputs}"
        return math.prod(shape[1:]) * outputs * inputs * height * width, formula
    if operation.kind == "linear":
        outputs, inputs = operation.value("weight", 1).shape
        before = "".join(f"{side}×" for side in shape[:-1])
        return math.prod(shape[:-1]) * inputs * outputs, f"{before}{inputs}×{outputs}"
    return 0, ""
