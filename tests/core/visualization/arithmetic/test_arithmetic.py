"""The arithmetic of a cell adds up to the number in the network's tensor, and its terms are what they should be."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.architectures.loading import Backbone, load
from core.datasets.sample_images import sample
from core.images.picture import Picture
from core.images.preprocessing import fit_to_input, to_array
from core.paths import ROOT
from core.scripts import ScriptStart
from core.visualization.activations.activation_capture import Activations, capture
from core.visualization.arithmetic.explain import Cell, CellArithmetic, explain_cell
from core.visualization.arithmetic.export import rows, to_csv, to_npz
from core.visualization.arithmetic.records import FORMULAS, Given, Merge, Normalised, Pool, WeightedSum
from core.visualization.arithmetic.script import write_arithmetic_script
from core.visualization.arithmetic.terms import PER_PAGE, terms_of
from tests.core.conftest import MakeBackbone
from tests.core.pathological import randomise

ROUNDING = 2e-6
"""What summing in 32 bits may lose of the largest numbers that are summed, where they nearly cancel."""
TINY = ("tiny_vgg", "tiny_resnet", "tiny_inception", "tiny_xception", "tiny_squeezenet", "tiny_mobilenet")
SIDES = {
    **dict.fromkeys(TINY, 64),
    "inception_v3": 107,  # odd sizes, so that windows hang over
    "squeezenet1_0": 75,
    "densenet121": 64,
    "mobilenet_v2": 64,
    "mobilenet_v3_small": 64,
    "xception": 75,
    "shufflenet_v2_x0_5": 64,
    "convnext_tiny": 64,
    "regnet_y_400mf": 64,
}


def prepared(backbone: Backbone, picture: Picture) -> tuple[Activations, np.ndarray]:
    """Return the activations of a picture and the picture as the network gets it."""
    image = fit_to_input(picture, backbone.preprocessing, "crop").image
    return capture(backbone, picture), to_array(image, backbone.preprocessing)


def places(shape: tuple[int, int, int], seed: int) -> Iterator[tuple[int, int, int]]:
    """Yield a corner, in turn the first or the last, and a cell anywhere."""
    yield (0, 0, 0) if seed % 2 else (shape[0] - 1, shape[1] - 1, shape[2] - 1)
    generator = np.random.default_rng(seed)
    yield tuple(int(generator.integers(size)) for size in shape)  # type: ignore[misc]


def magnitude(arithmetic: CellArithmetic) -> float:
    """Return how large the numbers are that are added up."""
    operation = arithmetic.operation
    if isinstance(operation, WeightedSum):
        return float(np.abs(operation.products).sum()) + abs(operation.bias or 0.0)
    if isinstance(operation, Merge):
        return sum(abs(part.value) for part in operation.parts)
    return abs(operation.total)


def assert_adds_up(arithmetic: CellArithmetic) -> None:
    """Check every link: to 1e-4 of its value or, where 32 bits cannot give that, to what summing so many can."""
    lost, scale = ROUNDING * magnitude(arithmetic), 1.0
    for link, (value, stored) in enumerate(zip(arithmetic.values, arithmetic.stored, strict=True)):
        step = arithmetic.steps[link - 1] if link else None
        if isinstance(step, Normalised):
            scale *= abs(step.scale) / math.sqrt(step.variance + step.epsilon)
            lost += ROUNDING * (abs(step.mean) + abs(step.before))
        assert value == pytest.approx(stored, rel=1e-4, abs=lost * max(scale, 1.0) + 1e-9), arithmetic.layers[link]


@pytest.mark.parametrize("name", SIDES)
def test_every_layer_of_a_backbone_adds_up(name: str, make_backbone: MakeBackbone, picture: Picture) -> None:
    """At corners and anywhere; the numbers that are read, and those that come out, are the tensors' own."""
    backbone = make_backbone(name, SIDES[name])
    activations, batch = prepared(backbone, picture)
    exact = kinds = 0
    for seed, layer in enumerate(activations.layers):
        maps = activations.maps(layer.name)
        for index in places(activations.shapes[layer.name], seed):
            found = explain_cell(backbone, activations, batch, Cell(layer.name, *index))
            assert found.layers[found.chosen] == layer.name
            assert found.stored_value == float(maps[index])
            assert_adds_up(found)
            exact += found.value == pytest.approx(found.stored_value, rel=1e-4)
            kinds += 1
            known = isinstance(found.operation, WeightedSum | Pool | Merge) or found.operation.layer is None
            assert known, f"{layer.name} ({layer.kind}) is not explained"
    assert exact / kinds > 0.98  # of those that nearly cancel there are few


def test_with_trained_weights_the_sum_on_the_screen_is_the_value_in_the_tensor() -> None:
    backbone = load("tiny_resnet", "embedded")
    activations, batch = prepared(backbone, sample("chelsea"))
    exact = cells = 0
    for seed, layer in enumerate(activations.layers):
        for index in places(activations.shapes[layer.name], seed):
            found = explain_cell(backbone, activations, batch, Cell(layer.name, *index))
            assert_adds_up(found)
            exact += found.values == pytest.approx(found.stored, rel=1e-4, abs=1e-6)
            cells += 1
    assert exact / cells > 0.98  # of those that nearly cancel there are few


# --- one layer at a time, against PyTorch in 64 bits ------------------------------------------------------------------


class Then(nn.Module):
    """A convolution, so that numbers have both signs, and then what is looked at."""

    def __init__(self, then: nn.Module | Callable[[Tensor], Tensor], channels: int = 6) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, channels, 3, stride=2)
        self.then = then

    def forward(self, x: Tensor) -> Tensor:
        return self.then(self.first(x))  # type: ignore[no-any-return]


CONVOLUTIONS = {
    "plain": nn.Conv2d(6, 4, 3),
    "without bias": nn.Conv2d(6, 4, 3, bias=False),
    "strided": nn.Conv2d(6, 4, 3, stride=(2, 3), padding=(1, 2)),
    "dilated": nn.Conv2d(6, 4, 3, padding=2, dilation=(2, 3)),
    "flat": nn.Conv2d(6, 4, (1, 7), padding=(0, 3)),
    "tall": nn.Conv2d(6, 4, (7, 1), padding=(3, 0)),
    "grouped": nn.Conv2d(6, 4, 3, padding=1, groups=2),
    "depthwise": nn.Conv2d(6, 12, 3, padding=1, groups=6),
    "same": nn.Conv2d(6, 4, (4, 5), padding="same", dilation=(2, 3)),
    "valid": nn.Conv2d(6, 4, 3, padding="valid"),
    "reflect": nn.Conv2d(6, 4, 5, padding=3, padding_mode="reflect"),
    "replicate": nn.Conv2d(6, 4, 5, padding=3, padding_mode="replicate"),
    "circular": nn.Conv2d(6, 4, 5, padding=3, padding_mode="circular"),
}
POOLS: dict[str, nn.Module | Callable[[Tensor], Tensor]] = {
    "maximum": nn.MaxPool2d(3, 2, padding=1),
    "overhanging maximum": nn.MaxPool2d(3, 2, ceil_mode=True),
    "dilated maximum": nn.MaxPool2d(3, 1, padding=1, dilation=2),
    "functional maximum": lambda x: F.max_pool2d(x, (3, 2), stride=(2, 1)),
    "average": nn.AvgPool2d(3, 2, padding=1),
    "average without padding": nn.AvgPool2d(3, 2, padding=1, count_include_pad=False),
    "overhanging average": nn.AvgPool2d(4, 3, padding=2, ceil_mode=True),
    "overhanging average without padding": nn.AvgPool2d(4, 3, padding=2, ceil_mode=True, count_include_pad=False),
    "average with its own divisor": nn.AvgPool2d(3, 2, divisor_override=5),
    "functional average": lambda x: F.avg_pool2d(x, 3, 1, 1, False, False),
    "adaptive average": nn.AdaptiveAvgPool2d((4, 3)),
    "adaptive maximum": nn.AdaptiveMaxPool2d((4, 3)),
    "mean": lambda x: x.mean([2, 3]),
    "mean that keeps its axes": lambda x: x.mean((-1, -2), keepdim=True),
}
OTHERS: dict[str, nn.Module | Callable[[Tensor], Tensor]] = {
    "batch norm without weights": nn.BatchNorm2d(6, affine=False),
    "slopes": nn.PReLU(6),
    "leaky": nn.LeakyReLU(0.2),
    "clipped": nn.Hardtanh(-0.3, 0.4),
    "tanh approximation": nn.GELU(approximate="tanh"),
    "doubled": lambda x: x + x,
    "less one": lambda x: 1 - x,
    "quotient": lambda x: x / 3,
    "gate": lambda x: x * x.mean([2, 3], keepdim=True).sigmoid(),
    "joined": lambda x: torch.cat([x, x.relu(), -x], dim=1)[:, :],
    "layer norm": nn.Sequential(nn.Flatten(), nn.LayerNorm(6 * 11 * 11)),
    "linear": nn.Sequential(nn.Flatten(), nn.Linear(6 * 11 * 11, 3)),
    "padded": lambda x: F.avg_pool2d(F.pad(x, (1, 2, 0, 1)), 2),
}


def explained(make_backbone: MakeBackbone, picture: Picture, then: object) -> tuple[Backbone, Activations, np.ndarray]:
    model = randomise(Then(then))  # type: ignore[arg-type]
    backbone = make_backbone("tiny_resnet", 24, model)
    return backbone, *prepared(backbone, picture)


def all_cells(activations: Activations, layer: str) -> Iterator[Cell]:
    shape = activations.shapes[layer]
    step = max(1, math.prod(shape) // 40)
    for index in itertools.islice(itertools.product(*map(range, shape)), 0, None, step):
        yield Cell(layer, *index)
    yield Cell(layer, *(size - 1 for size in shape))


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_contributions_are_what_each_channel_alone_gives(
    name: str, make_backbone: MakeBackbone, picture: Picture
) -> None:
    """Each term is the convolution, in 64 bits, of maps in which all other channels are zero."""
    backbone, activations, batch = explained(make_backbone, picture, CONVOLUTIONS[name])
    layer = activations.layers[-1].name
    maps = torch.from_numpy(activations.maps("first").astype(np.float64))[None]
    convolution = backbone.model.then
    weight = convolution.weight.double()
    bias = None if convolution.bias is None else convolution.bias.double()
    alone = {}
    for channel in range(maps.shape[1]):
        single = torch.zeros_like(maps)
        single[:, channel] = maps[:, channel]
        alone[channel] = convolution._conv_forward(single, weight, None)[0]
    together = convolution._conv_forward(maps, weight, bias)[0]
    for cell in all_cells(activations, layer):
        found = explain_cell(backbone, activations, batch, cell)
        operation = found.operation
        assert isinstance(operation, WeightedSum)
        expected = [float(alone[int(channel)][cell.place]) for channel in operation.channels]
        assert operation.sums == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert operation.total == pytest.approx(float(together[cell.place]), rel=1e-9, abs=1e-12)
        assert np.array_equal(operation.kernels, weight[cell.channel].numpy())
        assert (np.diff(np.abs(operation.sums[operation.order])) <= 0).all()
        assert not operation.patches[:, ~operation.inside].any() or operation.padding_mode != "zeros"
        assert_adds_up(found)


@pytest.mark.parametrize("name", [*POOLS, *OTHERS])
def test_a_layer_without_filters_adds_up(name: str, make_backbone: MakeBackbone, picture: Picture) -> None:
    backbone, activations, batch = explained(make_backbone, picture, {**POOLS, **OTHERS}[name])
    for described in activations.layers[1:]:
        maps = activations.maps(described.name)
        for cell in all_cells(activations, described.name):
            found = explain_cell(backbone, activations, batch, cell)
            assert_adds_up(found)
            assert found.value == pytest.approx(float(maps[cell.place]), rel=1e-4, abs=1e-6)
            if isinstance(found.operation, Pool) and found.operation.winner:
                row, column = found.operation.winner
                there = (
                    found.operation.rows.covered(cell.row)[row],
                    found.operation.columns.covered(cell.column)[column],
                )
                assert activations.maps("first")[(cell.channel, *there)] == np.float32(found.value)


def test_divisors_count_padding_but_not_what_hangs_over(make_backbone: MakeBackbone, picture: Picture) -> None:
    """By hand, of 11 cells: windows of 4 begin at -2, 1, 4, 7, 10; two cells of padding lie at either end."""
    counted = {True: [4, 4, 4, 4, 3], False: [2, 4, 4, 4, 1]}
    for counts, expected in counted.items():
        pool = nn.AvgPool2d(4, 3, padding=2, ceil_mode=True, count_include_pad=counts)
        backbone, activations, batch = explained(make_backbone, picture, pool)
        assert activations.shapes["then"] == (6, 5, 5)
        found = [explain_cell(backbone, activations, batch, Cell("then", 0, index, 1)) for index in range(5)]
        assert [one.operation.divisor for one in found] == [4 * height for height in expected]  # type: ignore[union-attr]


def test_what_is_not_known_is_not_explained(make_backbone: MakeBackbone, picture: Picture) -> None:
    backbone, activations, batch = explained(make_backbone, picture, nn.GroupNorm(2, 6))
    found = explain_cell(backbone, activations, batch, Cell("then", 2, 3, 4))
    assert isinstance(found.operation, Given)
    assert (found.operation.layer, found.operation.kind) == ("then", "GroupNorm")
    assert found.value == found.stored_value == float(activations.maps("then")[2, 3, 4])


# --- the chain --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def resnet() -> tuple[Backbone, Activations, np.ndarray]:
    """An untrained tiny network and a sample picture in it."""
    backbone = load("tiny_resnet")
    return backbone, *prepared(backbone, sample("chelsea"))


@pytest.mark.parametrize("part", ["conv", "norm", "relu"])
def test_a_chain_leads_from_the_convolution_to_the_activation(
    part: str, resnet: tuple[Backbone, Activations, np.ndarray]
) -> None:
    found = explain_cell(*resnet, Cell(f"stage2.block1.conv1.{part}", 5, 6, 7))
    assert found.layers == tuple(f"stage2.block1.conv1.{name}" for name in ("conv", "norm", "relu"))
    assert found.chosen == ("conv", "norm", "relu").index(part)
    norm = resnet[0].model.stage2.block1.conv1.norm
    step = found.steps[0]
    assert isinstance(step, Normalised)
    assert (step.mean, step.variance, step.epsilon) == (norm.running_mean[5], norm.running_var[5], norm.eps)
    assert (step.scale, step.shift) == (norm.weight[5], norm.bias[5])
    assert [one.shape for one in found.maps] == [(32, 32)] * 3


def test_the_first_layer_reads_the_picture(resnet: tuple[Backbone, Activations, np.ndarray]) -> None:
    found = explain_cell(*resnet, Cell("stem.conv", 0, 10, 20)).operation
    assert isinstance(found, WeightedSum)
    assert found.source.layer is None
    assert np.array_equal(found.patches, resnet[2][0, :, 9:12, 19:22])


def test_a_flattened_input_knows_where_it_came_from(make_backbone: MakeBackbone, picture: Picture) -> None:
    backbone, activations, batch = explained(make_backbone, picture, OTHERS["linear"])
    operation = explain_cell(backbone, activations, batch, Cell(activations.layers[-1].name, 1, 0, 0)).operation
    assert isinstance(operation, WeightedSum)
    for channel in (0, 200, 725):
        origin = operation.source.origin(channel)
        assert origin is not None
        assert activations.maps("first")[origin] == operation.source.maps[channel, 0, 0]


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        (Cell("nowhere", 0, 0, 0), KeyError),
        (Cell("stem.conv", 0, 64, 0), IndexError),
        (Cell("stem.conv", -1, 0, 0), IndexError),
    ],
)
def test_a_cell_that_there_is_not_is_refused(
    cell: Cell, error: type[Exception], resnet: tuple[Backbone, Activations, np.ndarray]
) -> None:
    with pytest.raises(error):
        explain_cell(*resnet, cell)


def test_the_model_is_left_as_it_is(resnet: tuple[Backbone, Activations, np.ndarray]) -> None:
    model = resnet[0].model
    before = {name: value.clone() for name, value in model.state_dict().items()}
    stored = resnet[1].maps("stage1.block1.conv1.norm").copy()
    for layer in resnet[1].layers:
        explain_cell(*resnet, Cell(layer.name, 0, 0, 0))
    with pytest.raises(IndexError):
        explain_cell(*resnet, Cell("stem.conv", 99, 0, 0))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(module.training or module._forward_hooks for module in model.modules())
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert np.array_equal(resnet[1].maps("stage1.block1.conv1.norm"), stored)


@pytest.mark.parametrize("function", FORMULAS)
def test_formulas_are_pytorchs(function: str) -> None:
    """What is written on the screen, read as Python, gives what PyTorch computes."""
    by_name = {"hardsigmoid": F.hardsigmoid, "hardswish": F.hardswish, "relu6": F.relu6, "silu": F.silu, "mish": F.mish}
    known = {"max": max, "min": min, "exp": math.exp, "tanh": math.tanh, "ln": math.log, "Φ": NormalDist().cdf}
    computed = by_name.get(function) or getattr(F, function)
    for number in (-7.0, -2.5, -0.4, 0.0, 0.3, 2.9, 6.5):
        text = FORMULAS[function].format(x=f"({number})").replace("·", "*")
        value = eval(text, {"__builtins__": {}}, known)  # our own text
        assert value == pytest.approx(float(computed(torch.tensor(number, dtype=torch.float64))), abs=1e-12)


# --- what is shown of it, and taken along -----------------------------------------------------------------------------


def test_each_page_of_terms_and_its_rest_are_the_whole_sum(resnet: tuple[Backbone, Activations, np.ndarray]) -> None:
    operation = explain_cell(*resnet, Cell("stage3.block2.conv1.conv", 1, 2, 3)).operation
    assert isinstance(operation, WeightedSum)
    pages = [terms_of(operation, page) for page in range(1, 17)]
    assert {page.pages for page in pages} == {16}
    channels = [term.channel for page in pages for term in page.shown]
    assert sorted(channels) == list(range(96))
    sizes = [abs(term.value) for page in pages for term in page.shown]
    assert sizes == sorted(sizes, reverse=True)
    for page in pages:
        assert (len(page.shown), page.others) == (PER_PAGE, 90)
        shown = sum(term.value for term in page.shown)
        assert shown + page.rest + (operation.bias or 0.0) == pytest.approx(operation.total, rel=1e-9)
        assert all(
            page.low <= term.map.min() and term.map.max() <= page.high for term in page.shown if term.map is not None
        )
    assert terms_of(operation, 0).page == 1
    assert terms_of(operation, 99).page == 16


def test_the_table_adds_up_and_has_every_channel(resnet: tuple[Backbone, Activations, np.ndarray]) -> None:
    found = explain_cell(*resnet, Cell("stage2.block1.conv1.relu", 5, 6, 7))
    table = list(csv.DictReader(io.StringIO(to_csv(found).decode())))
    terms = [float(row["value"]) for row in table if row["step"] == "input channel"]
    assert len(terms) == 16
    by_step = {row["step"]: row for row in table}
    assert math.fsum(terms) == pytest.approx(float(by_step["result"]["value"]), rel=1e-12)
    assert float(by_step["tensor"]["value"]) == found.stored_value
    assert by_step["activation"]["layer"] == "stage2.block1.conv1.relu"
    assert [by_step["tensor"][name] for name in ("channel", "row", "column")] == ["5", "6", "7"]


@pytest.mark.parametrize(
    ("layer", "names"),
    [
        ("stage1.block1.conv1.conv", {"channels", "patches", "kernels", "products", "inside", "bias"}),
        ("head.pool", {"patch", "inside", "divisor"}),
        ("stage1.block1.add", {"parts"}),
    ],
)
def test_the_arrays_hold_what_lies_under_the_window(
    layer: str, names: set[str], resnet: tuple[Backbone, Activations, np.ndarray]
) -> None:
    found = explain_cell(*resnet, Cell(layer, 3, 0, 0))
    with np.load(io.BytesIO(to_npz(found))) as arrays:
        assert set(arrays) == names | {"layers", "values", "stored"}
        assert arrays["values"].tolist() == list(found.values)
        if "products" in names:
            assert np.array_equal(arrays["products"], arrays["patches"] * arrays["kernels"])
            assert arrays["products"].sum() == pytest.approx(found.values[0], rel=1e-9)
            assert not arrays["patches"][:, ~arrays["inside"]].any()


@pytest.fixture(scope="module")
def program() -> str:
    start = ScriptStart(
        sample="chelsea", file_name="chelsea.png", backbone="tiny_resnet", weights="untrained", seed=0, fit="crop"
    )
    return write_arithmetic_script(start, Cell("stage2.block1.conv1.relu", 5, 6, 7))


def test_the_program_computes_what_the_page_shows(
    program: str, tmp_path: Path, resnet: tuple[Backbone, Activations, np.ndarray]
) -> None:
    (tmp_path / "arithmetic.py").write_text(program, encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "arithmetic.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = explain_cell(*resnet, Cell("stage2.block1.conv1.relu", 5, 6, 7))
    assert (tmp_path / "arithmetic.csv").read_bytes() == to_csv(found)
    with np.load(tmp_path / "arithmetic.npz") as arrays:
        assert arrays["values"].tolist() == list(found.values)
    lines = finished.stdout.splitlines()
    assert len(lines) == len(list(rows(found))) + 1
    assert lines[-1] == f"by hand: {found.value} in the tensor: {found.stored_value}"


def test_the_program_passes_our_own_linter(program: str, tmp_path: Path) -> None:
    (tmp_path / "arithmetic.py").write_text(program, encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E,F,I,W,UP", "--ignore", "E501"]
    finished = subprocess.run(
        [*command, "--output-format", "json", "--config", f"src = [{str(ROOT)!r}]", "arithmetic.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert [(found["code"], found["message"]) for found in json.loads(finished.stdout)] == []
