"""The transfer network: a backbone without its head, and a new linear head."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torch import Tensor, fx, nn

from core.architectures.features import channel_means, stage_ends
from core.architectures.graph.tracing import Layer, trace
from core.architectures.zoo.initialisation import Seeded
from core.hooks import borrow

if TYPE_CHECKING:
    from core.architectures.loading import Backbone


class TransferNetwork(nn.Module):
    """A trunk up to the end of a stage, then the mean of each channel over all places, then one linear layer.

    `modules_by_stage` names the modules of each stage of the trunk that have parameters or statistics.
    """

    def __init__(
        self, trunk: fx.GraphModule, channel_axis: int, linear: nn.Linear, modules_by_stage: dict[str, tuple[str, ...]]
    ) -> None:
        super().__init__()
        self.trunk, self.linear = trunk, linear
        self.channel_axis = channel_axis
        self.modules_by_stage = modules_by_stage
        self._frozen: tuple[str, ...] = ()

    def forward(self, batch: Tensor) -> Tensor:
        """Map pictures (n, 3, side, side), normalised, to logits (n, classes)."""
        return self.answer(self.trunk(batch))

    def answer(self, output: Tensor) -> Tensor:
        """Map what the trunk puts out to logits (n, classes)."""
        logits: Tensor = self.linear(channel_means(output, self.channel_axis))
        return logits

    @property
    def bytes(self) -> int:
        """Return the memory that parameters and buffers take, in bytes."""
        return sum(tensor.nbytes for tensor in (*self.parameters(), *self.buffers()))

    def freeze(self, stages: tuple[str, ...]) -> None:
        """Leave the parameters and the running statistics of some stages as they are, also in training mode."""
        self._frozen = stages
        for stage in self.modules_by_stage:
            for module in self.modules_of(stage):
                for parameter in module.parameters(recurse=False):
                    parameter.requires_grad_(stage not in stages)
        self.train(self.training)

    def train(self, mode: bool = True) -> TransferNetwork:
        """Set the training mode of all that is not frozen."""
        super().train(mode)
        for stage in self._frozen:
            for module in self.modules_of(stage):
                module.eval()
        return self

    def modules_of(self, stage: str) -> Iterator[nn.Module]:
        """Return the modules of a stage that have parameters or statistics of their own."""
        return (self.trunk.get_submodule(name) for name in self.modules_by_stage[stage])

    def parameters_of(self, stage: str) -> list[nn.Parameter]:
        """Return the parameters of a stage."""
        return [parameter for module in self.modules_of(stage) for parameter in module.parameters(recurse=False)]


def with_new_head(backbone: Backbone, classes: int, stage: str = "", seed: int = 0) -> TransferNetwork:
    """Return a copy of a backbone up to the end of `stage`, by default the last one, with a head for other classes.

    The head is drawn with `seed`; the backbone is left as it is. Raises `KeyError` for a stage that is not there.
    """
    stage = stage or list(stage_ends(backbone))[-1]
    layer, channels = feature_layer(backbone, stage)
    with borrow(backbone.model):
        model = copy.deepcopy(backbone.model)
    traced = trace(model, backbone.entry.stages)
    node = next(node for node, traced_layer in traced.layers.items() if traced_layer.name == layer.name)
    output = next(node for node in traced.graph.nodes if node.op == "output")
    output.args = (node,)
    trunk = fx.GraphModule(model, traced.graph)
    trunk.graph.eliminate_dead_code()
    trunk.delete_all_unused_submodules()
    trunk.recompile()
    kept = {name for name, _module in trunk.named_modules()}
    stages = stage_modules(backbone)
    names = list(stages)
    own = {
        earlier: tuple(name for name in stages[earlier] if name in kept) for earlier in names[: names.index(stage) + 1]
    }
    with Seeded(seed):
        linear = nn.Linear(channels, classes)
    network = TransferNetwork(trunk, layer.channel_axis, linear, own)
    network.freeze(())
    return network.eval()


def feature_layer(backbone: Backbone, stage: str = "") -> tuple[Layer, int]:
    """Return the layer that the features of a stage, by default the last one, are taken from, and their number."""
    from core.architectures.costs.costs import blueprint

    ends = stage_ends(backbone)
    name = ends[stage or list(ends)[-1]]
    layer = next(layer for layer in backbone.graph.layers if layer.name == name)
    return layer, blueprint(backbone.entry).costs(backbone.preprocessing.crop).of(name).maps[0]


def stage_modules(backbone: Backbone) -> dict[str, tuple[str, ...]]:
    """Return for each stage but the head the names of the modules with parameters of their own that belong to it.

    A parameter that belongs to no module of a layer (a scale, a class token) goes with the layer that uses it.
    """
    stages: dict[str, list[str]] = {stage: [] for stage in stage_ends(backbone)}
    modules = dict(backbone.model.named_modules())
    starts = {layer.name: layer.stage for layer in backbone.graph.layers}
    for name, module in modules.items():
        own = [*module.parameters(recurse=False), *module.buffers(recurse=False)]
        stage = _stage_of(name, starts) if own else None
        if stage in stages:
            stages[stage].append(name)
    return {stage: tuple(names) for stage, names in stages.items()}


def _stage_of(name: str, layers: dict[str, str]) -> str | None:
    """Return the stage of a module: that of its own layer, else of the first layer within it or after its parent's."""
    if name in layers:
        return layers[name]
    inside = next((stage for layer, stage in layers.items() if layer.startswith(f"{name}.")), None)
    if inside is not None or "." not in name:
        return inside
    return _stage_of(name.rpartition(".")[0], layers)


def parameters_up_to(backbone: Backbone) -> dict[str, int]:
    """Return for each stage but the head how many parameters the network has from its input to the end of the stage."""
    modules = dict(backbone.model.named_modules())
    counts, so_far = {}, 0
    for stage, names in stage_modules(backbone).items():
        so_far += sum(parameter.numel() for name in names for parameter in modules[name].parameters(recurse=False))
        counts[stage] = so_far
    return counts
