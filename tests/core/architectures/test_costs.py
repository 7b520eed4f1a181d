"""What layers cost: against torchvision's and torchinfo's own figures, real forward passes, and the formulas shown."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn

from core import torchvision_compat
from core.architectures.costs.costs import Blueprint, blueprint, blueprint_of
from core.architectures.graph.output_size import output_side, output_size
from core.architectures.graph.windows import Window
from core.architectures.loading import load, skeleton
from core.architectures.zoo.backbones import BACKBONES, BackboneEntry, families, of_family

torchvision_compat.declare()
import torchinfo  # noqa: E402
from torchvision.models import get_model_weights  # noqa: E402

each_backbone = pytest.mark.parametrize("name", BACKBONES)
SMALLEST = [min(of_family(family), key=lambda entry: entry.parameters) for family in families()]
FULL_SIZE = [next(e for e in of_family(family) if e.source != "convscope") for family in families()]


def value_of(formula: str) -> int:
    """Return what a product of numbers, or a sum of them, comes to."""
    return sum(math.prod(int(factor) for factor in part.split("×")) for part in formula.split("+"))


def published(entry: BackboneEntry) -> dict[str, Any]:
    meta: dict[str, Any] = get_model_weights(entry.builder)[entry.imagenet].meta
    return meta


@each_backbone
def test_parameters_and_macs_are_the_published_ones(name: str) -> None:
    entry = BACKBONES[name]
    totals = blueprint(entry).costs(entry.input_size).totals
    assert totals.parameters == entry.parameters
    if entry.source == "torchvision":
        meta = published(entry)
        if not entry.auxiliary:  # torchvision counts the classifiers of Inception-v3 that only training uses
            assert totals.parameters == meta["num_params"]
        rounding = 0.0005  # the published figure has three decimals
        assert totals.macs / 1e9 == pytest.approx(meta["_ops"], rel=0.01, abs=rounding)


@each_backbone
def test_formulas_come_to_the_figures_beside_them(name: str) -> None:
    entry = BACKBONES[name]
    plan = blueprint(entry)
    costs = plan.costs(entry.input_size)
    assert costs.shortfall is None
    assert [cost.layer for cost in costs.layers] == list(plan.layers)
    for cost in costs.layers:
        assert value_of(cost.formula or "0") == cost.parameters
        assert value_of(cost.macs_formula.replace(" ", "") or "0") == cost.macs
        assert all(int(text.split("= ")[1]) == side for text, side in zip(cost.sides, cost.output[1:], strict=False)), (
            cost
        )
    columns = [costs.totals.parameters, costs.totals.macs, costs.totals.activation_bytes]
    stages = costs.by_stage.values()
    assert columns == [sum(getattr(each, part) for each in stages) for part in vars(costs.totals)]
    assert list(costs.by_stage) == [stage.label for stage in entry.stages]


@pytest.mark.parametrize("entry", SMALLEST, ids=lambda entry: entry.name)
def test_totals_are_those_of_torchinfo(entry: BackboneEntry) -> None:
    costs = blueprint(entry).costs(entry.input_size)
    theirs = torchinfo.summary(
        load(entry.name).model, (1, 3, entry.input_size, entry.input_size), verbose=0, depth=20, device="cpu"
    )
    assert costs.totals.parameters == theirs.total_params
    weighed = 0
    for info in theirs.summary_list:  # it counts biases too, normalisations, and a linear layer as if at one place
        bias = 0 if getattr(info.module, "bias", None) is None else info.module.bias.numel()
        if isinstance(info.module, nn.Conv2d):
            weighed += info.macs - bias * math.prod(info.output_size[2:])
        elif isinstance(info.module, nn.Linear):
            weighed += (info.macs - bias) * math.prod(info.output_size[1:-1])
    assert costs.totals.macs == weighed


@pytest.mark.parametrize("entry", [*SMALLEST, *FULL_SIZE], ids=lambda entry: entry.name)
def test_shapes_are_those_of_a_real_pass_at_three_sizes(entry: BackboneEntry) -> None:
    plan = blueprint(entry)
    model = skeleton(entry).to_empty(device="cpu").eval()
    for tensor in [*model.parameters(), *model.buffers()]:
        tensor.zero_()
    sizes = [(64, 64)] if entry.name == "tiny_vgg" else [(96, 96), (112, 144), (224, 224)]
    for size in sizes:
        seen = seen_in_a_pass(model, size)
        costs = plan.costs(*size)
        assert costs.shortfall is None
        for cost in costs.layers:
            if cost.layer.name in seen:
                assert (cost.inputs[0], cost.output) in seen[cost.layer.name]
        assert len(seen.keys() & {cost.layer.name for cost in costs.layers}) > 10


def seen_in_a_pass(model: nn.Module, size: tuple[int, int]) -> dict[str, list[tuple[tuple[int, ...], ...]]]:
    """Return the shapes of what goes into and comes out of each innermost module, by its name."""
    seen: dict[str, list[tuple[tuple[int, ...], ...]]] = {}
    handles = []
    for name, module in model.named_modules():
        if not list(module.children()):

            def keep(_module: nn.Module, given: Any, output: Any, name: str = name) -> None:
                seen.setdefault(name, []).append((tuple(given[0].shape[1:]), tuple(output.shape[1:])))

            handles.append(module.register_forward_hook(keep))
    with torch.inference_mode():
        model(torch.zeros(1, 3, *size))
    for handle in handles:
        handle.remove()
    return seen


def test_a_picture_that_is_too_small_is_told_where_and_why() -> None:
    plan = blueprint(BACKBONES["inception_v3"])
    least = int(published(BACKBONES["inception_v3"])["min_size"][0])
    assert plan.costs(least).shortfall is None
    found = plan.costs(least - 1)
    assert found.shortfall is not None
    assert found.shortfall.layer == "Mixed_7a.branch3x3_2.conv"
    assert found.shortfall.formula == "⌊(2 + 2·0 − 1·(3 − 1) − 1)/2⌋ + 1 = 0"
    assert found.shortfall.layer not in {cost.layer.name for cost in found.layers}
    assert found.layers == found.layers[: len(found.layers)]
    assert len(found.layers) < len(plan.layers)
    assert plan.costs(299).shortfall is None  # nothing stays of the failure


def test_a_network_for_one_size_says_so() -> None:
    found = blueprint(BACKBONES["tiny_vgg"]).costs(96).shortfall
    assert found is not None
    assert (found.layer, found.given, found.wanted) == ("head.linear", "5760", "2560")


@pytest.mark.parametrize("side", range(1, 40))
@pytest.mark.parametrize("rounds_up", [False, True])
def test_output_sides_are_those_of_pytorch(side: int, rounds_up: bool) -> None:
    for kernel, stride, padding, dilation in [(3, 2, 1, 1), (2, 2, 0, 1), (3, 2, 0, 1), (3, 3, 1, 1), (2, 3, 1, 2)]:
        pool = nn.MaxPool2d(kernel, stride, padding, dilation, ceil_mode=rounds_up)
        window = Window(kernel, stride, padding, dilation)
        places = output_size(side, window, rounds_up=rounds_up)
        try:
            expected = pool(torch.zeros(1, 1, side, side)).shape[-1]
        except RuntimeError:
            assert places <= 0
        else:
            assert places == expected
            assert output_side(side, window, rounds_up=rounds_up).endswith(f" = {expected}")


class Unusual(nn.Module):
    """Shares a convolution, has a weight outside of any module and a branch whose result is not used."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.again = self.conv
        self.scale = nn.Parameter(torch.ones(3, 1, 1))
        self.head = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.again(self.conv(x)) * self.scale
        return self.head(y.mean((2, 3)))


def test_shared_weights_count_once_and_loose_ones_too() -> None:
    model = Unusual()
    costs = blueprint_of(model).costs(8, 6)
    assert costs.totals.parameters == sum(parameter.numel() for parameter in model.parameters())
    convolutions = [cost for cost in costs.layers if cost.layer.kind == "Conv2d"]
    assert [cost.parameters for cost in convolutions] == [3 * 3 * 9 + 3, 0]
    assert [cost.macs for cost in convolutions] == [8 * 6 * 3 * 3 * 9] * 2
    assert not any(parameter.is_meta for parameter in model.parameters())


def test_a_blueprint_holds_no_weights() -> None:
    plan: Blueprint = blueprint(BACKBONES["vgg19"])
    assert all(parameter.is_meta for parameter in plan.model.parameters())
