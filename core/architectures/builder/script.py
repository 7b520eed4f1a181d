"""The PyTorch module of a built network, as source code that needs PyTorch alone."""

from __future__ import annotations

import inspect
import re

from core.architectures.builder.blocks import KINDS
from core.architectures.builder.stack import CHANNELS, CLASSES, SIDE, Stack, outputs_of
from core.architectures.zoo import tiny
from core.scripts import render_script


def write_script(stack: Stack) -> str:
    """Return the module's text: the definitions of the blocks that are used, then the network."""
    needed = {name for step in stack.steps for name in KINDS[step.kind].uses}
    definitions = [name for name, thing in vars(tiny).items() if name in needed]
    sources = [re.sub(r"\s*# type: ignore.*", "", inspect.getsource(getattr(tiny, name))) for name in definitions]
    blocks, channels = [], CHANNELS
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
        blocks.append(call)
        channels = outputs_of(step, channels)
    described = ", ".join(KINDS[step.kind].name for step in stack.steps) or "no blocks at all"
    return render_script(
        "built_network",
        described=described,
        definitions=[source.rstrip() for source in sources],
        blocks=blocks,
        channels=CHANNELS,
        classes=CLASSES,
        side=SIDE,
        last=channels,
    )
