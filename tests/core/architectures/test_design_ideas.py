"""The small calculations are those of real convolutions; gradients vanish, explode and survive as the papers say."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.architectures.costs.costs import blueprint_of
from core.architectures.receptive_field.fields import fields_of
from core.architectures.teaching.design_ideas import IDEAS, Convolution, Design, Idea
from core.architectures.teaching.gradient_flow import Chain, gradient_norms

SIDE = 9


def settings_of(idea: Idea) -> Iterator[dict[str, str]]:
    names = [setting.name for setting in idea.settings]
    ends = [
        (setting.values[0], setting.values[len(setting.values) // 2], setting.values[-1]) for setting in idea.settings
    ]
    for values in itertools.product(*ends):
        yield dict(zip(names, values, strict=True))


class Real(nn.Module):
    """The network that a design stands for: what has no branch comes first, branches are concatenated."""

    def __init__(self, design: Design) -> None:
        super().__init__()
        branches: dict[str, list[nn.Module]] = {}
        for step in design.steps:
            branches.setdefault(step.branch, []).append(real(step))
        self.shared = nn.Sequential(*branches.pop("", []))
        self.branches = nn.ModuleList([nn.Sequential(*steps) for steps in branches.values()])

    def forward(self, x: Tensor) -> Tensor:
        x = self.shared(x)
        return torch.cat([branch(x) for branch in self.branches], 1) if len(self.branches) else x


def real(step: Convolution) -> nn.Conv2d:
    with torch.device("meta"):
        return nn.Conv2d(
            step.inputs, step.outputs, step.kernel, padding=step.kernel // 2, groups=step.groups, bias=False
        )


class Coloured(nn.Module):
    """Lets a network that wants many channels take a picture."""

    def __init__(self, inner: nn.Module, channels: int) -> None:
        super().__init__()
        with torch.device("meta"):
            self.first = nn.Conv2d(3, channels, 1, bias=False)
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(self.first(x))


@pytest.mark.parametrize("name", IDEAS)
def test_designs_cost_and_see_what_real_networks_do(name: str) -> None:
    idea = IDEAS[name]
    for settings in settings_of(idea):
        designs = idea.designs(settings)
        assert len({(design.steps[0].inputs, design.field) for design in designs if name == "small_kernels"}) <= 1
        for design in designs:
            channels = design.steps[0].inputs
            model = Coloured(Real(design), channels)
            totals = blueprint_of(model).costs(SIDE).totals
            assert totals.parameters - 3 * channels == design.parameters
            assert totals.macs - 3 * channels * SIDE**2 == design.macs(SIDE)
            fields = [field for field in fields_of(model, (63, 63)).values() if field is not None]
            assert fields[-1].size == (design.field, design.field)
            assert all(step.formula.split(" = ")[0].count("×") == 3 for step in design.steps)


@pytest.mark.parametrize("name", IDEAS)
def test_defaults_show_what_the_idea_says(name: str) -> None:
    idea = IDEAS[name]
    first, *others = idea.designs(idea.values())
    if name != "inverted":
        assert all(other.parameters < first.parameters for other in others)
    assert all(0 < design.depth <= len(design.steps) for design in (first, *others))


def test_the_published_ratios() -> None:
    one, stack = IDEAS["small_kernels"].designs({"channels": "64", "window": "7"})
    assert stack.parameters / one.parameters == pytest.approx(27 / 49)
    ordinary, _grouped, depthwise = IDEAS["separable"].designs({"channels": "128", "groups": "4"})
    assert depthwise.parameters / ordinary.parameters == pytest.approx(1 / 128 + 1 / 9)


def torch_norms(chain: Chain) -> np.ndarray:
    """Compute the same with modules and `backward`."""
    random = torch.Generator().manual_seed(chain.seed)
    width = 12
    convolutions = [nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(chain.depth)]
    for convolution in convolutions:
        drawn = torch.randn(width, width, 3, 3, generator=random) * chain.scale * (2 / (9 * width)) ** 0.5
        convolution.weight = nn.Parameter(drawn)
    last = torch.randn(10, width, generator=random) / width**0.5
    x = torch.randn(8, width, 16, 16, generator=random)
    labels = torch.randint(10, (8,), generator=random)
    norms = [nn.BatchNorm2d(width) if chain.normalised else nn.Identity() for _ in range(chain.depth)]
    for index in range(0, chain.depth, 2):
        inner = torch.relu(norms[index](convolutions[index](x)))
        outer = norms[index + 1](convolutions[index + 1](inner))
        x = torch.relu(outer + x) if chain.residual else torch.relu(outer)
    nn.CrossEntropyLoss()(x.mean((2, 3)) @ last.T, labels).backward()
    return np.array([float(convolution.weight.grad.norm()) for convolution in convolutions])  # type: ignore[union-attr]


@pytest.mark.parametrize(("residual", "normalised"), list(itertools.product([False, True], repeat=2)))
def test_gradients_are_those_of_backward(residual: bool, normalised: bool) -> None:
    chain = Chain(depth=8, residual=residual, normalised=normalised, scale=0.9, seed=3)
    assert gradient_norms(chain) == pytest.approx(torch_norms(chain), rel=1e-4)
    assert gradient_norms(chain) == pytest.approx(gradient_norms(chain), abs=0)


def test_what_the_lecture_says_of_gradients() -> None:
    plain, residual = (gradient_norms(Chain(depth=40, residual=kind, scale=0.7)) for kind in (False, True))
    assert plain.max() < 1e-5 < 0.1 < residual.min()  # vanished, and saved
    exploded = gradient_norms(Chain(depth=40, scale=1.5))
    assert exploded.min() > 1e3
    tamed = gradient_norms(Chain(depth=40, residual=True, normalised=True, scale=1.5))
    assert 0.01 < tamed.min() < tamed.max() < 100


@pytest.mark.parametrize("depth", [3, 0, 62])
def test_a_chain_that_makes_no_sense_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match="no chain"):
        Chain(depth=depth)
