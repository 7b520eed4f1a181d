"""Batches that differ from a base in one channel each, propagated by their difference alone.

Where a convolution or a linear layer mixes the channels, what it puts out differs from what it makes of the unchanged
value by what it makes of the one channel's change: for C channels a C-th of the work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional as F

from core.architectures.graph.tracing import ACTIVATION_FUNCTIONS, key_of, kind_of

ELEMENTWISE = ACTIVATION_FUNCTIONS - {"softmax", "prelu"}
BY_CHANNEL = ELEMENTWISE | {"maxpool2d", "avgpool2d", "adaptiveavgpool2d"}
"""What treats every channel alike, and none with another."""


@dataclass(frozen=True, eq=False)
class SingleChannels:
    """B versions of `base`, (1, C, height, width): in version i channel `channels[i]` is `maps[i]`, (height, width).

    With `is_flat` the network has them as vectors, in which the values of a channel follow one another.
    """

    base: torch.Tensor
    channels: torch.Tensor
    maps: torch.Tensor
    is_flat: bool = False

    @property
    def change(self) -> torch.Tensor:
        """Return by how much each version differs from the base in its channel, (B, height, width)."""
        return self.maps - self.base[0, self.channels]

    def whole(self) -> torch.Tensor:
        """Return the versions in full, (B, C, height, width), or (B, numbers) where they are flat."""
        versions = self.base.expand(len(self.channels), *self.base.shape[1:]).clone()
        versions[torch.arange(len(self.channels)), self.channels] = self.maps
        return versions.flatten(1) if self.is_flat else versions

    def moved(self, maps: torch.Tensor, base: torch.Tensor) -> SingleChannels:
        """Return versions of another base that differ from it in the same channels."""
        return replace(self, base=base.reshape(1, -1, *maps.shape[1:]), maps=maps)


@dataclass(frozen=True, eq=False)
class Follower:
    """Follows versions through the nodes of a graph. `bases` keeps what these make of the unchanged value."""

    module: fx.GraphModule
    bases: dict[fx.Node, torch.Tensor] = field(default_factory=dict)

    def follow(self, node: fx.Node, values: Mapping[fx.Node, Any]) -> SingleChannels | torch.Tensor | None:
        """Return what `node` makes of versions that differ in one channel each, None where that takes all channels.

        A tensor is the versions in full, (B, …): then their channels have been mixed.
        """
        single = values.get(node.all_input_nodes[0]) if len(node.all_input_nodes) == 1 else None
        if not isinstance(single, SingleChannels) or node.args[:1] != tuple(node.all_input_nodes):
            return None
        module = self.module.get_submodule(str(node.target)) if node.op == "call_module" else None
        kind = key_of(kind_of(node, {str(node.target): module} if module is not None else {}))
        if kind == "flatten":
            return replace(single, is_flat=True) if _flattens_all(node, module) else None
        if kind in ELEMENTWISE or (kind in BY_CHANNEL and not single.is_flat):
            maps = self._run(node, single.maps[:, None].clone())[:, 0]
            return single.moved(maps, self._base(node, single))
        return self._through(module, node, single) if module is not None else None

    def _through(
        self, module: nn.Module, node: fx.Node, single: SingleChannels
    ) -> SingleChannels | torch.Tensor | None:
        if isinstance(module, nn.Dropout | nn.Identity):
            return single
        if single.is_flat:
            return self._base(node, single) + _linear(module, single) if type(module) is nn.Linear else None
        if type(module) is nn.BatchNorm2d:
            return single.moved(_normalised(module, single), self._base(node, single))
        if type(module) is not nn.Conv2d or module.padding_mode != "zeros" or isinstance(module.padding, str):
            return None
        if module.groups == 1:
            base = self._base(node, single)
            return base + _convolved(module, single).view(-1, *base.shape[1:])
        if module.groups == module.in_channels == module.out_channels:
            return single.moved(_convolved_alone(module, single), self._base(node, single))
        return None

    def _base(self, node: fx.Node, single: SingleChannels) -> torch.Tensor:
        if node not in self.bases:
            base = single.base.flatten(1) if single.is_flat else single.base
            self.bases[node] = self._run(node, base.clone())
        return self.bases[node]

    def _run(self, node: fx.Node, value: torch.Tensor) -> torch.Tensor:
        """Return what a node makes of a value, which it may overwrite."""
        interpreter = fx.Interpreter(self.module, garbage_collect_values=False)
        interpreter.env = {node.all_input_nodes[0]: value}
        result: torch.Tensor = interpreter.run_node(node)
        return result


def _flattens_all(node: fx.Node, module: nn.Module | None) -> bool:
    """Return whether a node makes vectors of maps, channel after channel."""
    if isinstance(module, nn.Flatten):
        return (module.start_dim, module.end_dim) == (1, -1)
    return node.target in {torch.flatten, "flatten"} and node.args[1:] in {(1,), (1, -1)} and not node.kwargs


def _normalised(norm: nn.BatchNorm2d, single: SingleChannels) -> torch.Tensor:
    statistics = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    mean, variance, weight, bias = (None if each is None else each[single.channels] for each in statistics)
    return F.batch_norm(single.maps[None], mean, variance, weight, bias, mean is None, 0.0, norm.eps)[0]


def _linear(linear: nn.Linear, single: SingleChannels) -> torch.Tensor:
    """Return what a linear layer makes of the changes, (B, numbers)."""
    change = single.change.flatten(1)
    weights = linear.weight.view(linear.out_features, -1, change.shape[1])
    if change.shape[1] == 1:
        return change * weights[:, single.channels, 0].T
    channels = single.channels.tolist()
    return torch.stack([weights[:, channel] @ row for channel, row in zip(channels, change, strict=True)])  # no copies


def _convolved(convolution: nn.Conv2d, single: SingleChannels) -> torch.Tensor:
    """Return what a convolution makes of the changes, (B, channels, positions)."""
    windows = F.unfold(
        single.change[:, None],
        convolution.kernel_size,
        dilation=convolution.dilation,
        padding=convolution.padding,  # type: ignore[arg-type]  # numbers: see `_through`
        stride=convolution.stride,
    )
    weights = convolution.weight.transpose(0, 1)[single.channels].flatten(2)
    return weights @ windows


def _convolved_alone(convolution: nn.Conv2d, single: SingleChannels) -> torch.Tensor:
    """Return what a convolution of each channel by itself makes of the maps, (B, height, width)."""
    bias = None if convolution.bias is None else convolution.bias[single.channels]
    return F.conv2d(
        single.maps[None],
        convolution.weight[single.channels],
        bias,
        stride=convolution.stride,
        padding=convolution.padding,
        dilation=convolution.dilation,
        groups=len(single.channels),
    )[0]
