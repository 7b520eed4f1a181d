"""Receptive fields agree with the published figures, and with which pixels really move a cell."""

from __future__ import annotations

import copy
import pickle
import random
from fractions import Fraction
from functools import cache

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.architectures.graph.capture import layer_graph
from core.architectures.graph.differentiable import differentiable_output
from core.architectures.graph.tracing import trace
from core.architectures.loading import skeleton
from core.architectures.receptive_field.fields import Box, Fields, ReceptiveField, fields_of, receptive_fields
from core.architectures.zoo.backbones import BACKBONES, families, of_family
from core.compute import prepare
from core.hooks import borrow
from tests.core.conftest import MakeBackbone
from tests.core.probing import SumsForMaxima, extent, picture, positive

TINY = tuple(name for name, entry in BACKBONES.items() if entry.source == "convscope")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    prepare()


@cache
def published(name: str, side: int | None = None) -> Fields:
    """Return the fields of a backbone of the registry, at its own input size unless told another."""
    entry = BACKBONES[name]
    return fields_of(skeleton(entry), (side or entry.input_size,) * 2)


def known(fields: Fields, layer: str) -> ReceptiveField:
    field = fields[layer]
    assert field is not None
    return field


# --- published figures ----------------------------------------------------------------------------------------------

FIGURES = [  # layer by layer; Araujo et al. give VGG-16 and Inception-v3 with their padding
    ("alexnet", "features.10", 163, 16),
    ("alexnet", "features.12", 195, 32),
    ("vgg16", "features.28", 196, 16),
    ("vgg16", "features.30", 212, 32),
    ("resnet18", "layer4.1.relu_1", 435, 32),
    ("resnet34", "layer4.2.relu_1", 899, 32),
    ("resnet50", "layer4.2.relu_2", 427, 32),
    ("mobilenet_v2", "features.18.2", 491, 32),
    ("inception_v3", "Mixed_7c.cat_2", 1311, 32),
    ("xception", "act4", 1083, 32),
    ("squeezenet1_0", "features.12.cat", 155, 16),
    ("squeezenet1_1", "features.12.cat", 207, 16),
]


@pytest.mark.parametrize(("name", "layer", "size", "stride"), FIGURES)
def test_sizes_and_strides_are_the_published_ones(name: str, layer: str, size: int, stride: int) -> None:
    field = known(published(name), layer)
    assert (field.size, field.height.stride, field.width.stride) == ((size, size), stride, stride)
    assert not field.is_whole
    assert field.local == field


@pytest.mark.parametrize(
    ("name", "layer", "padding"), [("vgg16", "features.30", 90), ("inception_v3", "Mixed_7c.cat_2", 618)]
)
def test_paddings_are_the_published_ones(name: str, layer: str, padding: int) -> None:
    field = known(published(name), layer)
    assert (field.height.padding, field.width.padding) == (padding, padding)
    assert field.height.start == Fraction(known(published(name), layer).size[0] - 1, 2) - padding  # type: ignore[index]


def test_the_stride_may_be_on_either_convolution_of_a_bottleneck() -> None:
    model = skeleton(BACKBONES["resnet50"])
    for block in model.modules():
        if hasattr(block, "conv3") and block.conv2.stride == (2, 2):
            block.conv1.stride, block.conv2.stride = (2, 2), (1, 1)  # type: ignore[union-attr, assignment]
    size = known(fields_of(model, (224, 224)), "layer4.2.relu_2").size
    # The 3×3 of three blocks now steps over twice the distance: 2·(8 + 16 + 32) - 2·(4 + 8 + 16) pixels more.
    assert size == (427 + 56, 427 + 56)


# --- the registry ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BACKBONES)
def test_every_layer_of_every_backbone_is_known_and_the_answer_comes_from_the_whole_picture(name: str) -> None:
    entry = BACKBONES[name]
    fields = published(name)
    assert list(fields) == [layer.name for layer in trace(skeleton(entry), entry.stages).layers.values()]
    for layer, field in fields.items():
        assert field is not None, layer
        row, column = (cells // 2 for cells in field.cells)
        box, clipped = field.box(row, column), field.clipped(row, column)
        assert box is not None, layer
        assert clipped is not None, layer
        assert (box.height, box.width) == field.size
        assert box.top <= clipped.top < clipped.bottom <= box.bottom
        assert box.left <= clipped.left < clipped.right <= box.right
    answer = known(fields, list(fields)[-1])
    assert answer.is_whole
    assert answer.local is None
    assert answer.cells == (1, 1)
    assert answer.box(0, 0) == Box(0, 0, entry.input_size, entry.input_size)


@pytest.mark.parametrize(
    ("name", "layer", "is_whole", "local"),
    [
        ("mobilenet_v3_small", "features.0.2", False, 3),
        ("mobilenet_v3_small", "features.1.block.0.2", False, 7),
        ("mobilenet_v3_small", "features.1.block.1.avgpool", True, None),
        ("mobilenet_v3_small", "features.1.block.1.scale_activation", True, None),
        ("mobilenet_v3_small", "features.1.block.1.mul", True, 7),
        ("mobilenet_v3_small", "features.2.block.1.0", True, 15),
        ("resnet18", "avgpool", True, None),
        ("vgg16", "avgpool", False, 212),  # 7×7 of 7×7: it mixes nothing
        ("vgg16", "classifier.0", True, None),
        ("mnasnet0_5", "mean", True, None),
        ("regnet_y_400mf", "trunk_output.block1.block1-0.f.se.mul", True, 7),
        ("convnext_tiny", "features.1.0.block.2", False, 28),  # a normalisation over channels alone
    ],
)
def test_gates_pools_and_flattened_maps_see_everything(
    name: str, layer: str, is_whole: bool, local: int | None
) -> None:
    field = known(published(name), layer)
    assert field.is_whole == is_whole
    assert (field.local and field.local.size) == (local and (local, local))


# --- against the gradient, on every kind of operation ---------------------------------------------------------------


class Branches(nn.Module):
    """Puts the outputs of its branches together."""

    def __init__(self, how: str, *branches: nn.Module) -> None:
        super().__init__()
        self.how, self.branches = how, nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        maps = [branch(x) for branch in self.branches]
        if self.how == "cat":
            return torch.cat(maps, 1)
        first, second = maps
        return {"add": first + second, "mul": first * second}[self.how]


class Function(nn.Module):
    """Does what a function does."""

    def __init__(self, function: object, **weights: Tensor) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)  # type: ignore[operator, no-any-return]


class Weighted(nn.Module):
    """Does what a function does with a learned kernel of 3×3."""

    def __init__(self, function: object) -> None:
        super().__init__()
        self.function, self.weight = function, nn.Parameter(torch.ones(4, 4, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, self.weight)  # type: ignore[operator, no-any-return]


class Gate(nn.Module):
    """Squeeze-and-excite; `flat`, its gate is computed on a vector."""

    def __init__(self, channels: int, flat: bool = False) -> None:
        super().__init__()
        self.flat = flat
        self.excite = nn.Linear(channels, channels) if flat else nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        if self.flat:
            return x * torch.sigmoid(self.excite(x.mean((2, 3)))).view(x.shape[0], -1, 1, 1)
        return torch.sigmoid(self.excite(F.adaptive_avg_pool2d(x, 1))) * x


class Shuffle(nn.Module):
    """Mixes two groups of channels, splits them and works on one half (Ma et al. 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels // 2, channels // 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.size()
        x = x.view(batch, 2, channels // 2, height, width).transpose(1, 2).contiguous().view(batch, -1, height, width)
        first, second = x.chunk(2, dim=1)
        return torch.cat([first, self.conv(second)], dim=1)


class Next(nn.Module):
    """Channels last, a normalisation over them and a linear layer on them, as in ConvNeXt; `scale` is learned."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, (5, 3), padding=(2, 1), groups=channels)
        self.linear = nn.Linear(channels, channels)
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.linear(self.depthwise(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return x + self.scale * y


class InPlace(nn.Module):
    """Adds to maps that are read again under their old name."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        x += self.conv(x)
        x.add_(self.conv(x))
        return self.conv(x)


def conv(kernel: object = 3, **options: object) -> nn.Conv2d:
    return nn.Conv2d(4, 4, kernel, **options)  # type: ignore[arg-type]


KINDS: dict[str, list[nn.Module]] = {
    "identity": [nn.Identity()],
    "7x7 stride 2": [conv(7, stride=2, padding=3), conv()],
    "no padding": [conv(), conv(5), conv(stride=2)],
    "pixels left over": [conv(stride=2), conv(padding=1, stride=2), conv(padding=1)],
    "1x7 and 7x1": [conv((1, 7), padding=(0, 3)), conv((7, 1), padding=(3, 0)), conv((1, 3), stride=(1, 2))],
    "dilation": [
        conv(dilation=2, padding=2),
        conv((3, 2), dilation=(1, 3)),
        conv(dilation=(3, 1), stride=2, padding=1),
    ],
    "even kernel": [conv(2, padding=1), conv(4, stride=3, padding=1)],
    "kernel smaller than stride": [conv(1, stride=2), conv(2, stride=3), conv(1, stride=2)],
    "same": [conv(4, padding="same"), conv((2, 3), padding="same", dilation=3), conv(padding="valid")],
    "groups": [conv(padding=1, groups=4), conv(1)],
    "padding without picture": [conv(1, padding=2), conv()],
    "reflected": [conv(5, padding=2, padding_mode="reflect"), conv(stride=2)],
    "replicated": [conv(5, padding=(4, 2), padding_mode="replicate"), conv(stride=2)],
    "circular": [conv(padding=1, padding_mode="circular"), conv(stride=2)],
    "pads": [nn.ZeroPad2d((1, 2, 3, 0)), conv(), nn.ReflectionPad2d((2, 0, 1, 3)), conv(2), nn.ZeroPad2d(-1), conv()],
    "pads of cells": [nn.ReplicationPad2d((2, 1, 0, 3)), conv(2), nn.CircularPad2d((2, 0, 1, 0)), conv(stride=2)],
    "functional convolutions": [
        Weighted(lambda x, weight: F.conv2d(x, weight, None, (2, 1), padding=(1, 0), dilation=(1, 2))),
        Weighted(lambda x, weight: torch.conv2d(x, weight, None, 1, (0, 2), (2, 1), 1)),
        Weighted(lambda x, weight: F.conv2d(x, weight, padding="same")),
    ],
    "functional pads": [
        Function(lambda x: F.pad(x, (0, 1, 0, 1))),
        conv(stride=2),
        Function(lambda x: F.pad(x, [1, 0, 2, 0, 2, 2], mode="constant", value=0.0)[:, 2:-2]),
        conv(stride=2),
    ],
    "max pools": [nn.MaxPool2d(3, 2, 1), nn.MaxPool2d((2, 3)), nn.MaxPool2d(2, stride=1, dilation=2)],
    "max pools, ceil": [nn.MaxPool2d(3, 2, ceil_mode=True), conv(padding=1), nn.MaxPool2d(2, 2, ceil_mode=True)],
    "ceil leaves a row to padding": [conv(2, stride=2), nn.MaxPool2d(2, 3, 1, ceil_mode=True), conv(2)],
    "average pools": [nn.AvgPool2d(3, 1, 1), nn.AvgPool2d((3, 2), (2, 3), 1, count_include_pad=False)],
    "average pools, ceil": [nn.AvgPool2d(3, 2, ceil_mode=True), nn.AvgPool2d(2, ceil_mode=True, padding=1)],
    "functional pools": [
        Function(lambda x: F.max_pool2d(x, 3, stride=2, padding=1, ceil_mode=True)),
        Function(lambda x: F.avg_pool2d(x, kernel_size=3, stride=1, padding=1)),
        Function(lambda x: F.max_pool2d(x, (2, 1))),
        Function(lambda x: F.avg_pool2d(x, (2, 3), 2, 0, True)),
    ],
    "branches": [
        Branches("cat", conv(1), nn.Sequential(conv(padding=1), conv((5, 3), padding=(2, 1))), nn.AvgPool2d(3, 1, 1)),
        nn.Conv2d(12, 4, 3, stride=2),
        Branches("add", nn.Identity(), conv((1, 7), padding=(0, 3))),
    ],
    "branches that begin apart": [
        Branches("add", conv(padding=(0, 2)), conv((5, 3), padding=(1, 2))),
        Branches("cat", conv(4, stride=2, padding=(3, 1)), conv(2, stride=2, padding=(2, 0))),
        nn.Conv2d(8, 4, 2),
    ],
    "product of branches": [conv(), Branches("mul", conv((3, 1), padding=(1, 0)), conv((1, 5), padding=(0, 2)))],
    "gates": [conv(stride=2), Gate(4), conv(), Gate(4, flat=True), conv((1, 3))],
    "adaptive pools": [conv(), nn.AdaptiveAvgPool2d((5, 7)), conv(2)],
    "adaptive pools of the size": [nn.AdaptiveAvgPool2d((18, 24)), nn.AdaptiveAvgPool2d((9, None)), conv()],
    "one axis pooled": [conv(), Function(lambda x: x.mean(2, keepdim=True)), conv((1, 3))],
    "global pools": [conv(), nn.AdaptiveAvgPool2d(1), conv(1)],
    "flattened": [conv(stride=3), nn.Flatten(), nn.LazyLinear(5), nn.Linear(5, 4)],
    "shuffle": [Shuffle(4), Shuffle(4), conv(stride=2)],
    "next": [conv(4, stride=4), Next(4), Next(4)],
    "in place": [InPlace(4), nn.ReLU(inplace=True)],
    "cropped": [
        conv(),
        Function(lambda x: x[:, :, 3:-2, 1::2]),
        conv(),
        Function(lambda x: x[..., 2:] * 2),
        Function(lambda x: x[:, 0].unsqueeze(1) + x),
    ],
    "reductions": [
        conv(),
        Function(lambda x: x * x.logsumexp(dim=3, keepdim=True)),
        Function(lambda x: x + x.mean(1, True) + torch.sum(x, (1,), keepdim=True)),
        Function(lambda x: torch.add(x, x.mean((2, 3)).unsqueeze(2).unsqueeze(-1))),
    ],
    "groups normalised": [conv(), nn.GroupNorm(2, 4), conv()],
    "instances normalised": [conv(), nn.InstanceNorm2d(4), conv()],
    "batches normalised": [conv(), nn.BatchNorm2d(4, track_running_stats=False), conv()],
    "rows normalised": [conv(), Function(lambda x: F.softmax(x * 100, dim=3)), conv()],
    "normalisations": [conv(), nn.BatchNorm2d(4), nn.LocalResponseNorm(2), nn.PReLU(4), conv(stride=2), nn.Softplus()],
}


def network(layers: list[nn.Module]) -> nn.Module:
    """Return such layers behind a convolution that brings the picture to four channels, in eval mode, positive."""
    model = nn.Sequential(nn.Conv2d(3, 4, 1), *layers)
    if any(isinstance(layer, nn.LazyLinear) for layer in layers):
        model(torch.zeros(1, 3, 18, 24))
    return positive(model)


def assert_agrees(model: nn.Module, size: tuple[int, int], level: float = 1e-3) -> None:
    """Check every cell of every layer of a small model."""
    fields = fields_of(model, size)
    pixels = picture(*size, level)
    graph = layer_graph(model)
    with borrow(model), SumsForMaxima(), torch.autograd.graph.allow_mutation_on_saved_tensors():
        for layer in graph.layers:
            field = known(fields, layer.name)
            output = differentiable_output(graph, pixels, layer.name)
            maps = output[0, :, None, None] if output.dim() == 2 else output.movedim(layer.channel_axis, 1)[0]
            assert field.cells == tuple(maps.shape[1:])
            for row, column in cells_of(field):
                found = extent(maps[:, row, column].sum(), pixels)
                assert found == clipped(field, row, column), (layer.name, row, column)


def cells_of(field: ReceptiveField) -> set[tuple[int, int]]:
    """Return the cells of the middle row and column, and of the corners."""
    rows, columns = field.cells
    cross = {(row, columns // 2) for row in range(rows)} | {(rows // 2, column) for column in range(columns)}
    return cross | {(row, column) for row in (0, rows - 1) for column in (0, columns - 1)}


def clipped(field: ReceptiveField, row: int, column: int) -> tuple[int, int, int, int] | None:
    box = field.clipped(row, column)
    return box and (box.top, box.left, box.bottom, box.right)


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("size", [(18, 24), (23, 19)])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "flattened"])
def test_each_cell_depends_on_the_pixels_of_its_field_and_on_no_others(kind: str, size: tuple[int, int]) -> None:
    assert_agrees(network(copy.deepcopy(KINDS[kind])), size)


def test_each_number_of_a_flattened_map_depends_on_the_whole_picture() -> None:
    """Apart, because a linear layer goes with one size of picture."""
    assert_agrees(network(copy.deepcopy(KINDS["flattened"])), (18, 24))


def draw(choose: random.Random, depth: int = 0) -> nn.Module:
    """Return a random window, or a few random branches of the same shape, on four channels."""
    if depth < 2 and choose.random() < 0.3:
        chains = [nn.Sequential(*(keeping(choose) for _ in range(choose.randint(0, 3)))) for _ in range(2)]
        return Branches(choose.choice(["add", "mul"]), *chains)
    kernel = choose.randint(1, 4), choose.randint(1, 4)
    stride = choose.randint(1, 3), choose.randint(1, 2)
    padding = kernel[0] // 2 and choose.randint(0, kernel[0] // 2), kernel[1] // 2 and choose.randint(0, kernel[1] // 2)
    pool = choose.choice([nn.MaxPool2d, nn.AvgPool2d, None])
    if pool:
        return pool(kernel, stride, padding, ceil_mode=choose.random() < 0.5)
    return conv(kernel, stride=stride, padding=padding, dilation=(choose.randint(1, 2), choose.randint(1, 2)))


def keeping(choose: random.Random) -> nn.Module:
    """Return a random convolution that keeps the size of its maps."""
    kernel = choose.choice([1, 3, 5]), choose.choice([1, 3])
    return conv(kernel, padding=(kernel[0] // 2, kernel[1] // 2))


@pytest.mark.parametrize("seed", range(24))
def test_random_networks_agree(seed: int) -> None:
    choose = random.Random(seed)
    assert_agrees(network([draw(choose) for _ in range(4)]), (64, 57))


# --- against the gradient, on backbones -----------------------------------------------------------------------------


def probe(name: str, size: tuple[int, int], layers: int) -> None:
    """Check so many layers, evenly spread over a backbone up to its head: a cell in the middle and two in corners."""
    entry = BACKBONES[name]
    model = skeleton(entry)
    linear = [module for module in model.modules() if isinstance(module, nn.Linear) and module.in_features > 4096]
    for module in linear:
        module.weight = nn.Parameter(torch.empty(0, 0))  # of no use here, and very large
    model = positive(model.to_empty(device="cpu"))
    pixels = picture(*size, level=1.0 if entry.auxiliary else 1e-3)
    graph = layer_graph(model)
    fields = published_at(name, size)
    local = [layer for layer in graph.layers if known(fields, layer.name).local]
    chosen = local[:: max(1, len(local) // layers)] + local[-1:]
    with borrow(model), SumsForMaxima():
        for layer in chosen:
            field = known(fields, layer.name)
            maps = differentiable_output(graph, pixels, layer.name).movedim(layer.channel_axis, 1)[0]
            rows, columns = field.cells
            for row, column in {(rows // 2, columns // 2), (0, columns - 1), (rows - 1, 0)}:
                found = extent(maps[:, row, column].sum(), pixels)
                assert found == clipped(field, row, column), (layer.name, row, column)


@cache
def published_at(name: str, size: tuple[int, int]) -> Fields:
    return fields_of(skeleton(BACKBONES[name]), size)


@pytest.mark.parametrize("name", TINY)
def test_the_tiny_backbones_agree(name: str) -> None:
    probe(name, (64, 64), layers=30)
    if name != "tiny_vgg":  # its linear layer goes with one size of picture
        probe(name, (96, 72), layers=8)


SMALLEST = [
    min((entry for entry in of_family(family) if entry.name not in TINY), key=lambda entry: entry.parameters).name
    for family in families()
]


@pytest.mark.parametrize("name", [*SMALLEST, "resnet50", "squeezenet1_0", "mobilenet_v2"])
def test_full_backbones_agree(name: str) -> None:
    side = 96 if BACKBONES[name].input_size == 299 else 64
    probe(name, (side, side + 13), layers=6)


@pytest.mark.parametrize(
    ("name", "layer", "side"), [("alexnet", "features.10", 224), ("squeezenet1_1", "features.9.cat", 256)]
)
def test_a_field_that_fits_into_the_picture_is_found_as_it_is(name: str, layer: str, side: int) -> None:
    field = known(published(name, side), layer)
    row, column = (cells // 2 for cells in field.cells)
    box = field.box(row, column)
    assert box == field.clipped(row, column)
    model = skeleton(BACKBONES[name])
    for module in model.modules():
        if isinstance(module, nn.Linear):
            module.weight = nn.Parameter(torch.empty(0, 0))
    model, pixels = positive(model.to_empty(device="cpu")), picture(side, side)
    with borrow(model), SumsForMaxima():
        maps = differentiable_output(layer_graph(model), pixels, layer)[0]
    assert box is not None
    assert extent(maps[:, row, column].sum(), pixels) == (box.top, box.left, box.bottom, box.right)


# --- what is not known ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unknown",
    [
        nn.PixelShuffle(2),
        nn.Upsample(scale_factor=2),
        nn.ConvTranspose2d(4, 4, 2),
        Function(lambda x: x @ x.transpose(2, 3)),
        Function(lambda x: x + x.transpose(2, 3)),
        Function(lambda x: torch.cat([x, x], 2)),
        Function(lambda x: x.flip(2)),
        Function(lambda x: torch.stack(x.unbind(3), 3)),
        Function(lambda x: x[:, :, 3]),
        Function(lambda x: F.conv2d(x, x.mean((2, 3), keepdim=True).view(1, -1, 1, 1))),
    ],
)
def test_nothing_is_said_behind_an_operation_without_a_rule(unknown: nn.Module) -> None:
    fields = fields_of(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), unknown, nn.ReLU()), (16, 16))
    (first, *_, last) = fields.values()
    assert first is not None
    assert last is None


def test_windows_that_differ_from_cell_to_cell_have_no_size_but_exact_boxes() -> None:
    field = known(fields_of(nn.Sequential(nn.AdaptiveAvgPool2d(3)), (8, 6)), "0")
    assert (field.size, field.height.size, field.width.size) == (None, None, 2)
    assert field.height.start is None
    assert field.box(1, 1) is None
    assert [field.clipped(row, 1) for row in range(3)] == [Box(0, 2, 3, 4), Box(2, 2, 6, 4), Box(5, 2, 8, 4)]
    assert not field.is_whole


@pytest.mark.parametrize(
    "maximum",
    [
        Function(lambda x: torch.amax(x, (2, 3), keepdim=True)),
        Function(lambda x: x.max(3, keepdim=True)[0].max(2, True).values * 2),
        nn.AdaptiveMaxPool2d(1),
        Function(lambda x: torch.minimum(x.amin((2, 3), True), x.mean((2, 3), True))),
    ],
)
def test_a_maximum_over_all_places_may_be_at_any_of_them(maximum: nn.Module) -> None:
    *_, field = fields_of(nn.Sequential(nn.Conv2d(3, 4, 3), maximum), (16, 12)).values()
    assert field is not None
    assert (field.is_whole, field.clipped(0, 0)) == (True, Box(0, 0, 16, 12))


# --- the records ----------------------------------------------------------------------------------------------------


def test_a_field_is_counted_from_the_first_cell() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, (7, 3), stride=(2, 1), padding=(3, 0)), nn.MaxPool2d(3, 2, 1))
    fields = fields_of(model, (32, 40))
    first, second = known(fields, "0"), known(fields, "1")
    assert (first.height.size, first.height.stride, first.height.padding, first.height.start) == (7, 2, 3, 0)
    assert (first.width.size, first.width.stride, first.width.padding, first.width.start) == (3, 1, 0, 1)
    assert (second.height.size, second.height.stride, second.height.padding) == (11, 4, 5)
    assert (second.width.size, second.width.stride, second.width.padding) == (5, 2, 1)
    assert second.cells == (8, 19)
    assert second.box(0, 0) == Box(top=-5, left=-1, bottom=6, right=4)
    assert second.clipped(0, 0) == Box(top=0, left=0, bottom=6, right=4)
    assert (Box(-5, -1, 6, 4).height, Box(-5, -1, 6, 4).width) == (11, 5)
    assert known(fields_of(nn.Sequential(nn.Conv2d(3, 4, 2)), (8, 8)), "0").height.start == Fraction(1, 2)


@pytest.mark.parametrize("cell", [(-1, 0), (0, -1), (8, 0), (0, 8)])
def test_a_cell_that_there_is_not_is_refused(cell: tuple[int, int]) -> None:
    field = known(fields_of(nn.Sequential(nn.Conv2d(3, 4, 1)), (8, 8)), "0")
    for box in (field.box, field.clipped):
        with pytest.raises(IndexError, match="no cell"):
            box(*cell)


def test_a_cell_of_nothing_but_padding_sees_nothing() -> None:
    field = known(fields_of(nn.Sequential(nn.Conv2d(3, 4, 1, padding=1)), (8, 8)), "0")
    assert field.clipped(0, 4) is None
    assert field.box(0, 4) == Box(-1, 3, 0, 4)


def test_records_compare_hash_and_pickle() -> None:
    fields = published("tiny_resnet")
    field = known(fields, "stage1.block1.relu")
    assert pickle.loads(pickle.dumps(field)) == field
    assert hash(pickle.loads(pickle.dumps(field))) == hash(field)


def test_the_backbone_is_left_as_it_is(make_backbone: MakeBackbone) -> None:
    backbone = make_backbone("tiny_resnet")
    backbone.model.train()
    backbone.model.requires_grad_(True)
    before = copy.deepcopy(backbone.model.state_dict())
    fields = receptive_fields(backbone)
    assert fields == published("tiny_resnet")
    assert receptive_fields(backbone, (80, 48)) == published_at("tiny_resnet", (80, 48))
    assert list(fields) == [layer.name for layer in backbone.graph.layers]
    assert all(module.training and not module._forward_hooks for module in backbone.model.modules())
    assert all(parameter.requires_grad for parameter in backbone.model.parameters())
    assert all(torch.equal(before[key], value) for key, value in backbone.model.state_dict().items())


def test_a_picture_that_is_too_small_is_refused() -> None:
    with pytest.raises(RuntimeError):
        fields_of(nn.Sequential(nn.Conv2d(3, 4, 5)), (4, 4))
