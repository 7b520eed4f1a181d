"""Silencing every channel of a layer, one at a time, beside as many whole forward passes with a hook."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks.harness import Pairs, Row, in_fresh_process, paired, timed

if TYPE_CHECKING:
    import torch
    from torch import nn

    from core.visualization.ablation.channel_ablation import Ablation, Logits

TOPIC = "visualization"
AGREE = 1e-4  # logits


@dataclass(frozen=True)
class Case:
    """A layer of 512 channels, the module whose output it is, and how many of the single passes are really run."""

    name: str
    backbone: str
    layer: str
    module: str
    run: int
    pairs: int


CASES = (
    Case("last_layer", "resnet18", "layer4.1.relu_1", "layer4", 64, 5),
    Case("block_before", "resnet18", "layer4.0.relu_1", "layer4.0", 64, 3),
    Case("last_layer", "vgg16", "features.29", "features.29", 16, 3),
)


def measure() -> Iterable[Row]:
    """Return for each layer how many times as fast as single passes it is, and whether both agree."""
    for case in CASES:
        yield from in_fresh_process(measure_case, case)


def measure_case(case: Case) -> list[Row]:
    """Return the rows of one layer; in a process of its own, prepared as the app prepares it."""
    from core.compute import prepare

    prepare()
    import torch

    from core.visualization.ablation.channel_ablation import importance

    ablation = _ablation(case)
    chosen = np.linspace(0, ablation.channels - 1, case.run).astype(int).tolist()
    batch = torch.from_numpy(np.array(ablation.batch))
    module = ablation.backbone.model.get_submodule(case.module)
    part = timed(lambda: _single_passes(ablation.backbone.model, module, batch, chosen))
    found = paired(
        lambda: part() * ablation.channels / case.run, timed(lambda: importance(ablation)), case.pairs, warm_up=1
    )
    ours = importance(ablation)[chosen]
    theirs = _single_passes(ablation.backbone.model, module, batch, chosen) - ablation.activations.logits
    return _rows(case, ablation, found, ours, theirs)


def _rows(case: Case, ablation: Ablation, found: Pairs, ours: Logits, theirs: Logits) -> list[Row]:
    name = f"knockout_{case.backbone}_{case.name}"
    peer = f"{ablation.channels} single forward passes with a hook"
    note = f"{case.layer}; {found.describe('CPU ms')}; {case.run} of the single passes run and counted for all"
    largest = float(np.abs(theirs).max())
    return [
        Row(
            topic=TOPIC,
            name=name,
            value=statistics.median(1 / ratio for ratio in found.ratios),
            unit="times as fast",
            versus=peer,
            note=note,
        ),
        Row(
            topic=TOPIC,
            name=f"{name}_agreement",
            value=float(np.abs(ours - theirs).max()),
            unit="largest difference of a logit",
            versus=peer,
            bound=f"<= {AGREE}",
            note=f"{ours.size} logits; the largest change by a channel is {largest:.3g}",
        ),
    ]


def _ablation(case: Case) -> Ablation:
    from core.architectures.loading import load
    from core.datasets.sample_images import sample
    from core.images.preprocessing import fit_to_input, to_array
    from core.visualization.ablation.channel_ablation import Ablation
    from core.visualization.activations.activation_capture import capture

    backbone = load(case.backbone)
    picture = sample("chelsea")
    batch = to_array(fit_to_input(picture, backbone.preprocessing).image, backbone.preprocessing)
    return Ablation(backbone=backbone, activations=capture(backbone, picture), batch=batch, layer=case.layer)


def _single_passes(model: nn.Module, module: nn.Module, batch: torch.Tensor, channels: list[int]) -> Logits:
    """Return the logits by silenced channel, (channels, classes), as one would do it without more ado."""
    import torch

    logits = []
    for channel in channels:

        def silence(_module: nn.Module, _inputs: object, output: torch.Tensor, channel: int = channel) -> torch.Tensor:
            changed = output.clone()
            changed[:, channel] = 0
            return changed

        handle = module.register_forward_hook(silence)
        with torch.inference_mode():
            logits.append(model(batch)[0].numpy())
        handle.remove()
    answers: Logits = np.stack(logits)
    return answers
