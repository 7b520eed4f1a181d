"""A built network as a Python module of its own, which needs PyTorch alone."""

from __future__ import annotations

import inspect
import re

from core.architectures.builder.stack import CHANNELS, CLASSES, KINDS, SIDE, Stack, outputs_of
from core.architectures.zoo import tiny

HEAD = '''\
"""A network built with ConvScope: {described}.

Maps pictures (N, {channels}, height, width) to logits (N, {classes}).
"""

from collections import OrderedDict
from itertools import pairwise

import torch
from torch import Tensor, nn
'''
BODY = '''\
class Network(nn.Module):
    """{described}."""

    def __init__(self, classes: int = {classes}) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
{blocks}
        )
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear({last}, classes))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(x))


if __name__ == "__main__":
    network = Network()
    print(sum(parameter.numel() for parameter in network.parameters()), "parameters")
    print(tuple(network.eval()(torch.zeros(1, {channels}, {side}, {side})).shape))
'''


def script(stack: Stack) -> str:
    """Return the module's text: the definitions of the blocks that are used, then the network."""
    needed = {name for step in stack.steps for name in KINDS[step.kind].uses}
    definitions = [name for name, thing in vars(tiny).items() if name in needed]
    sources = [re.sub(r"\s*# type: ignore.*", "", inspect.getsource(getattr(tiny, name))) for name in definitions]
    lines, channels = [], CHANNELS
    for step in stack.steps:
        kind = KINDS[step.kind]
        call = kind.call.format(
            inputs=channels,
            width=step.width,
            stride=step.stride,
            half=step.width // 2,
            eighth=step.width // 8,
            halves=step.stride == 2,
        )
        lines.append(f"            {call},")
        channels = outputs_of(step, channels)
    described = ", ".join(KINDS[step.kind].name for step in stack.steps) or "no blocks at all"
    values = {"described": described, "channels": CHANNELS, "classes": CLASSES, "side": SIDE, "last": channels}
    parts = [HEAD.format(**values), *sources, BODY.format(**values, blocks="\n".join(lines))]
    return "\n\n".join(part.rstrip() + "\n" for part in parts)
