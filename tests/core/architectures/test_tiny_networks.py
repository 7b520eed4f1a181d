"""The tiny networks are built from the blocks of their papers, small enough to ship and fit to be trained."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, fx, nn

from core.architectures.zoo import tiny
from core.architectures.zoo.backbones import BACKBONES
from core.architectures.zoo.initialisation import Seeded

NETWORKS = {name: entry for name, entry in BACKBONES.items() if entry.source == "convscope"}
FINAL_SIDE = {"tiny_vgg": 4}  # of the last stage's maps; 8 for the others

each_network = pytest.mark.parametrize("name", NETWORKS)


def build(name: str) -> nn.Module:
    with Seeded(0):
        return getattr(tiny, NETWORKS[name].builder)()


def pictures(count: int) -> Tensor:
    return torch.randn(count, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def modules(name: str, kind: type[nn.Module]) -> list[nn.Module]:
    found = [module for module in build(name).modules() if isinstance(module, kind)]
    assert found
    return found


def kinds(chain: nn.Module) -> list[str]:
    return [type(module).__name__ for module in chain.children()]


def conv_of(chain: nn.Module) -> nn.Conv2d:
    conv = chain.get_submodule("conv")
    assert isinstance(conv, nn.Conv2d)
    return conv


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """As in the app; beside other work several threads are many times slower."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# --- all six ---------------------------------------------------------------------------------------------------------


@each_network
def test_it_fits_into_the_budget_of_shipped_weights(name: str) -> None:
    assert 500_000 < NETWORKS[name].parameters < 1_450_000


def test_all_six_together_fit_into_it() -> None:
    stored = [sum(tensor.numel() for tensor in build(name).state_dict().values()) for name in NETWORKS]
    assert len(stored) == 6
    assert sum(stored) < 5_950_000  # in half precision, with the headers, below 12 MB


@each_network
def test_it_is_a_chain_of_stages_that_ends_in_maps_worth_looking_at(name: str) -> None:
    network = build(name).eval()
    parts = dict(network.named_children())
    assert list(parts) == [stage.start for stage in NETWORKS[name].stages]
    x = pictures(1)
    sides = {}
    for part, module in parts.items():
        x = module(x)
        sides[part] = x.shape[-1]
    assert x.shape == (1, 69)
    assert sides["stage4"] == FINAL_SIDE.get(name, 8)
    spatial = [sides[part] for part in parts if part != "head"]
    assert spatial == sorted(spatial, reverse=True)


@each_network
def test_untrained_it_is_finite_alive_and_undecided(name: str) -> None:
    network = build(name).eval()
    with torch.no_grad():
        probabilities = network(pictures(4)).softmax(dim=1)
    assert probabilities.isfinite().all()
    assert probabilities.std(dim=0).max() > 0
    assert probabilities.max() < 0.99


@each_network
def test_every_weight_learns(name: str) -> None:
    network = build(name).train()
    loss = nn.functional.cross_entropy(network(pictures(8)), torch.arange(8))
    loss.backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.isfinite().all(), key
        assert parameter.grad.abs().max() > 0, key


@each_network
def test_a_few_steps_tell_a_few_pictures_apart(name: str) -> None:
    network = build(name).train()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    x, y = pictures(8), torch.arange(8)
    losses = []
    torch.manual_seed(0)  # for the dropout
    for _ in range(5):
        loss = nn.functional.cross_entropy(network(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0], losses


@each_network
def test_it_can_be_traced_and_names_its_layers(name: str) -> None:
    network = build(name).eval()
    traced = fx.symbolic_trace(network)
    assert torch.equal(traced(pictures(1)), network(pictures(1)))
    called = [str(node.target) for node in traced.graph.nodes if node.op == "call_module"]
    assert len(called) == len(set(called))  # a module used twice would give two layers one name
    functions = {node.target for node in traced.graph.nodes if node.op == "call_function"}
    assert all(function in {torch.cat} or function.__name__ == "add" for function in functions)  # no functional ReLU


@each_network
def test_only_the_layer_that_gives_the_logits_has_a_bias(name: str) -> None:
    biased = [
        key
        for key, module in build(name).named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None
    ]
    assert len(biased) == 1
    assert biased[0].startswith("head.")


def test_the_initialisation_keeps_variances_through_depthwise_convolutions_too() -> None:
    with Seeded(0):
        chain = tiny.initialise(tiny.separable_conv(256, 256))
    x = torch.randn(4, 256, 16, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        out = chain.pointwise(chain.depthwise(x.relu()))
    assert out.square().mean().item() == pytest.approx(x.square().mean().item(), rel=0.15)


# --- VGG -------------------------------------------------------------------------------------------------------------


def test_vgg_has_nothing_but_3x3_convolutions_and_pools_that_halve() -> None:
    convolutions = modules("tiny_vgg", nn.Conv2d)
    assert len(convolutions) == 10
    assert {(conv.kernel_size, conv.stride, conv.padding, conv.groups) for conv in convolutions} == {
        ((3, 3), (1, 1), (1, 1), 1)
    }
    assert {(pool.kernel_size, pool.stride) for pool in modules("tiny_vgg", nn.MaxPool2d)} == {(2, 2)}
    assert kinds(tiny.vgg_block(3, 8, convolutions=2)) == ["Sequential", "Sequential", "MaxPool2d"]


# --- ResNet ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outputs", "stride", "projects"), [(16, 1, False), (32, 1, True), (16, 2, True)])
def test_a_basic_block_adds_to_its_shortcut_and_only_then_rectifies(outputs: int, stride: int, projects: bool) -> None:
    block = tiny.BasicBlock(16, outputs, stride).eval()
    assert isinstance(block.shortcut, nn.Identity) is not projects
    assert kinds(block.conv2) == ["Conv2d", "BatchNorm2d"]
    nn.init.zeros_(block.conv2.norm.weight)
    x = torch.randn(2, 16, 8, 8)
    assert torch.equal(block(x), block.shortcut(x).relu())


def test_resnet_has_two_basic_blocks_a_stage() -> None:
    assert len(modules("tiny_resnet", tiny.BasicBlock)) == 8
    shortcuts = [type(block.shortcut) for block in modules("tiny_resnet", tiny.BasicBlock)]
    assert shortcuts.count(nn.Identity) == 5


# --- Inception -------------------------------------------------------------------------------------------------------


def test_an_inception_block_puts_four_views_side_by_side() -> None:
    block = tiny.InceptionBlock(32, 64).eval()
    x = torch.randn(2, 32, 8, 8)
    branches = [block.branch1x1, block.branch3x3, block.branch5x5, block.branch_pool]
    assert torch.equal(block(x), torch.cat([branch(x) for branch in branches], dim=1))
    assert block(x).shape == (2, 64, 8, 8)
    kernels = [[conv.kernel_size[0] for conv in branch.modules() if isinstance(conv, nn.Conv2d)] for branch in branches]
    assert kernels == [[1], [1, 3], [1, 3, 3], [1]]
    reductions = [conv_of(branch.reduce) for branch in branches[1:3]]
    assert all(conv.out_channels < conv.in_channels for conv in reductions)


def test_a_grid_reduction_halves_by_convolution_and_pool() -> None:
    block = tiny.GridReduction(16, 48).eval()
    x = torch.randn(1, 16, 8, 8)
    assert block(x).shape == (1, 48, 4, 4)
    assert torch.equal(block(x)[:, 32:], nn.functional.max_pool2d(x, 3, stride=2, padding=1))


# --- Xception --------------------------------------------------------------------------------------------------------


def test_a_separable_convolution_is_depthwise_then_pointwise_with_nothing_between() -> None:
    chain = tiny.separable_conv(16, 32)
    assert [name for name, _ in chain.named_children()] == ["depthwise", "pointwise", "norm"]
    assert (chain.depthwise.groups, chain.depthwise.kernel_size) == (16, (3, 3))
    assert (chain.pointwise.groups, chain.pointwise.kernel_size) == (1, (1, 1))
    whole = nn.Conv2d(16, 32, 3, padding=1, bias=False)
    with torch.no_grad():  # the two in a row are one full convolution whose kernels are products
        whole.weight.copy_(chain.pointwise.weight * chain.depthwise.weight.transpose(0, 1))
    x = torch.randn(1, 16, 8, 8)
    assert torch.allclose(chain.pointwise(chain.depthwise(x)), whole(x), atol=1e-5)


@pytest.mark.parametrize("halve", [True, False])
def test_an_xception_block_rectifies_first_and_adds_last(halve: bool) -> None:
    block = tiny.XceptionBlock((8, 8, 8), halve).eval()
    assert kinds(block.chain) == ["ReLU", "Sequential", "ReLU", "Sequential"] + ["MaxPool2d"] * halve
    x = torch.randn(1, 8, 8, 8)
    before = x.clone()
    assert torch.equal(block(x), block.chain(x) + block.shortcut(x))
    assert torch.equal(x, before)  # the first ReLU leaves what the shortcut needs
    assert block(x).shape[-1] == (4 if halve else 8)


# --- SqueezeNet ------------------------------------------------------------------------------------------------------


def test_a_fire_module_squeezes_before_it_expands() -> None:
    fires = modules("tiny_squeezenet", tiny.Fire)
    assert len(fires) == 8
    for fire in fires:
        squeeze, small, large = (conv_of(part) for part in (fire.squeeze, fire.expand1x1, fire.expand3x3))
        assert (squeeze.kernel_size, small.kernel_size, large.kernel_size) == ((1, 1), (1, 1), (3, 3))
        assert squeeze.out_channels < small.out_channels + large.out_channels
        assert squeeze.out_channels < squeeze.in_channels
        assert fire.bypass == (squeeze.in_channels == small.out_channels + large.out_channels)
    assert [fire.bypass for fire in fires] == [False, True] * 4  # fire3, 5, 7 and 9, as in the paper


def test_squeezenet_ends_in_a_convolution_and_an_average() -> None:
    network = build("tiny_squeezenet")
    assert not any(isinstance(module, nn.Linear) for module in network.modules())
    assert kinds(network.head) == ["Dropout", "Conv2d", "AdaptiveAvgPool2d", "Flatten"]


# --- MobileNet -------------------------------------------------------------------------------------------------------


def test_an_inverted_residual_is_wide_within_and_its_bottleneck_linear() -> None:
    for block in modules("tiny_mobilenet", tiny.InvertedResidual):
        assert kinds(block.project) == ["Conv2d", "BatchNorm2d"]
        assert kinds(block.depthwise) == ["Conv2d", "BatchNorm2d", "ReLU6"]
        depthwise, project = conv_of(block.depthwise), conv_of(block.project)
        assert depthwise.groups == depthwise.in_channels == depthwise.out_channels == project.in_channels
        if not isinstance(block.expand, nn.Identity):
            assert conv_of(block.expand).out_channels == 6 * conv_of(block.expand).in_channels


def test_an_inverted_residual_joins_the_thin_ends_where_shapes_agree() -> None:
    x = torch.randn(1, 8, 8, 8)
    for outputs, stride, residual in ((8, 1, True), (8, 2, False), (16, 1, False)):
        block = tiny.InvertedResidual(8, outputs, stride).eval()
        nn.init.zeros_(block.project.norm.weight)
        assert torch.equal(block(x), x if residual else torch.zeros_like(block(x)))


def test_mobilenet_knows_no_other_activation_than_relu6() -> None:
    assert not any(isinstance(module, nn.ReLU) for module in build("tiny_mobilenet").modules())
    assert len(modules("tiny_mobilenet", nn.ReLU6)) == 2 * 12 + 1
