"""Filters: whose kernels a layer shows, proved by changing them, and what is told of them, against plain formulas."""

from __future__ import annotations

import csv
import dataclasses
import io
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from core.architectures.loading import Backbone, load
from core.hooks import borrow
from core.images.picture import Picture
from core.paths import ROOT
from core.scripts import ScriptStart
from core.visualization.activations.activation_capture import capture
from core.visualization.activations.drawing import DEAD, MARGIN
from core.visualization.colormaps import palette
from core.visualization.filters import kernels as module
from core.visualization.filters.drawing import HEAD, draw_filters, kernel_colours
from core.visualization.filters.kernel_statistics import (
    ALIKE_ABOVE,
    DEAD_BELOW,
    PAIRS_KEPT,
    ROWS_AT_ONCE,
    Filters,
    examine,
    is_dead,
    likeness_of,
    norms_of,
)
from core.visualization.filters.kernels import (
    JOINED,
    MERGED,
    NOTHING_BEFORE,
    REARRANGED,
    TOO_LARGE,
    KernelSource,
    branches,
    convolution_of,
    kernels,
    why_none,
)
from core.visualization.filters.layout import TILES_PER_SHEET, FilterView, matrix, sheet
from core.visualization.filters.script import FiltersRequest, write_script
from core.visualization.filters.table import COLUMNS, to_csv

SIDES = {"inception_v3": 96}
BREAKERS = ("inception_v3", "squeezenet1_0", "densenet121", "mobilenet_v2")
"""The networks that break elsewhere."""
TINY = ("tiny_resnet", "tiny_inception", "tiny_squeezenet", "tiny_mobilenet", "tiny_xception")
MakeBackbone = Callable[..., Backbone]
RNG = np.random.default_rng


def owner(backbone: Backbone, layer: str) -> KernelSource:
    found = convolution_of(backbone, layer)
    assert found is not None
    return found


def random_kernels(*shape: int, seed: int = 0) -> np.ndarray:
    return RNG(seed).standard_normal(shape, dtype=np.float32)


def filters_of(weights: np.ndarray, groups: int = 1, gains: np.ndarray | None = None) -> Filters:
    """Return the figures of made-up kernels."""
    norms = norms_of(weights)
    strengths = norms if gains is None else np.abs(gains) * norms
    dead = is_dead(strengths)
    convolution = KernelSource("conv", "conv", "convolution", weights.shape, groups)
    return Filters(convolution, weights, norms, gains, strengths, dead, likeness_of(weights, norms, dead, groups))


# --- whose kernels they are -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*TINY, *BREAKERS])
def test_a_changed_filter_changes_that_channel_of_its_layers_and_no_other(
    name: str, make_backbone: MakeBackbone, picture: Picture
) -> None:
    """Of a convolution in the middle and the last: every layer before the next mixing is compared, branches too."""
    backbone = make_backbone(name, SIDES.get(name, 64))
    owners = {layer.name: convolution_of(backbone, layer.name) for layer in backbone.graph.layers}
    found = [convolution for layer, convolution in owners.items() if convolution and convolution.layer == layer]
    before = capture(backbone, picture)
    for convolution in (found[0], found[len(found) // 2]):
        number = convolution.filters - 2
        whole = slice(None)
        expected = {layer: (whole, {number}) for layer, of in owners.items() if of == convolution}
        for layer in [layer for layer, of in owners.items() if of is None and why_none(backbone, layer) == JOINED]:
            for part in branches(backbone, layer):  # other parts may depend on this one too
                if part.convolution == convolution and part.first is not None:
                    expected[layer] = (slice(part.first, part.first + convolution.filters), {number})
        with borrow(backbone.model), torch.no_grad():
            weight = backbone.model.get_submodule(convolution.module).weight
            kept = weight.clone()
            weight[number] *= -1.5
        after = capture(backbone, picture)
        with torch.no_grad():
            weight.copy_(kept)
        for layer, (part, channels) in expected.items():
            changed = np.flatnonzero((after.maps(layer) != before.maps(layer)).any((1, 2))[part])
            assert set(changed.tolist()) <= channels, layer
        assert (after.maps(convolution.layer)[number] != before.maps(convolution.layer)[number]).any()
        assert convolution.layer in expected


@pytest.mark.parametrize("name", BREAKERS)
def test_kernels_are_a_copy_of_the_very_weights_of_the_first_layer_and_of_deep_ones(name: str) -> None:
    backbone = load(name)
    state = {key: tensor.clone() for key, tensor in backbone.model.state_dict().items()}
    own = [layer.name for layer in backbone.graph.layers if layer.kind == "Conv2d"]
    for layer in (own[0], own[len(own) // 2], own[-1]):
        convolution = owner(backbone, layer)
        weight = backbone.model.get_submodule(layer).weight
        found = kernels(backbone, convolution)
        assert found.dtype == np.float32
        assert not found.flags.writeable
        assert np.array_equal(found, weight.numpy())
        assert not np.shares_memory(found, weight.numpy())
        of = backbone.model.get_submodule(layer)
        assert (convolution.groups, convolution.stride, convolution.dilation) == (of.groups, of.stride, of.dilation)
        examined = examine(backbone, convolution)
        assert np.isfinite(examined.norms).all()
        assert not examined.dead.any()
    assert owner(backbone, own[0]).layout == "colour"
    assert all(torch.equal(state[key], tensor) for key, tensor in backbone.model.state_dict().items())
    assert not any(of._forward_hooks or of._backward_hooks for of in backbone.model.modules())


@pytest.mark.parametrize(
    ("name", "layer", "own"),
    [
        ("tiny_resnet", "stem.relu", "stem.conv"),
        ("tiny_mobilenet", "stage1.block1.depthwise.relu6", "stage1.block1.depthwise.conv"),
        ("squeezenet1_0", "features.2", "features.0"),
        ("squeezenet1_0", "classifier.3", "classifier.1"),
        ("inception_v3", "Mixed_5b.branch1x1.relu", "Mixed_5b.branch1x1.conv"),
        ("densenet121", "features.pool0", "features.conv0"),
        ("densenet121", "features.denseblock1.denselayer1.relu1", "features.conv0"),
        ("mobilenet_v2", "features.18.2", "features.18.0"),
        ("mobilenet_v2", "classifier.1", "classifier.1"),
    ],
)
def test_a_layer_shows_the_convolution_whose_channels_it_hands_on(
    name: str, layer: str, own: str, make_backbone: MakeBackbone
) -> None:
    backbone = make_backbone(name)
    assert owner(backbone, layer).layer == own
    assert why_none(backbone, layer) == ""


@pytest.mark.parametrize(
    ("name", "layer", "why", "leading"),
    [
        ("tiny_resnet", "stage2.block1.relu", MERGED, ["stage2.block1.conv2.conv", "stage2.block1.shortcut.conv"]),
        ("inception_v3", "mul", NOTHING_BEFORE, []),
        ("inception_v3", "cat", JOINED, []),
        ("squeezenet1_0", "features.3.cat", JOINED, ["features.3.expand1x1", "features.3.expand3x3"]),
        ("vgg11", "classifier.0", TOO_LARGE, []),
        ("alexnet", "classifier.0", REARRANGED, ["features.10"]),
    ],
)
def test_where_there_are_none_it_says_why_and_names_what_leads_there(
    name: str, layer: str, why: str, leading: list[str], make_backbone: MakeBackbone
) -> None:
    backbone = make_backbone(name)
    assert convolution_of(backbone, layer) is None
    assert why_none(backbone, layer) == why
    assert [branch.convolution.layer for branch in branches(backbone, layer)] == leading
    with pytest.raises(KeyError):
        convolution_of(backbone, "no such layer")


def test_joined_branches_say_where_their_channels_begin(make_backbone: MakeBackbone) -> None:
    squeeze = branches(make_backbone("squeezenet1_0"), "features.3.cat")
    assert [branch.first for branch in squeeze] == [0, 64]
    assert [branch.holds(100) for branch in squeeze] == [False, True]
    added = branches(make_backbone("tiny_resnet"), "stage2.block1.add")
    assert [branch.first for branch in added] == [0, 0]


def test_a_linear_layer_is_a_convolution_of_1_by_1(make_backbone: MakeBackbone) -> None:
    backbone = make_backbone("tiny_resnet")
    (layer,) = [layer.name for layer in backbone.graph.layers if layer.kind == "Linear"]
    convolution = owner(backbone, layer)
    assert (convolution.kind, convolution.layout, convolution.shape[2:]) == ("linear", "matrix", (1, 1))
    assert np.array_equal(kernels(backbone, convolution)[:, :, 0, 0], backbone.model.get_submodule(layer).weight)


def test_gains_are_those_of_convolution_and_normalisation_in_one(make_backbone: MakeBackbone) -> None:
    """PyTorch's own fusion multiplies the kernels by them."""
    backbone = make_backbone("tiny_resnet")
    convolution = owner(backbone, "stage2.block1.conv1.conv")
    assert convolution.normalisation == "stage2.block1.conv1.norm"
    conv, norm = (backbone.model.get_submodule(f"stage2.block1.conv1.{part}") for part in ("conv", "norm"))
    assert isinstance(conv, nn.Conv2d)
    fused = fuse_conv_bn_eval(conv, norm).weight.detach().numpy()  # type: ignore[type-var]
    gains = module.gains(backbone, convolution)
    assert gains is not None
    assert np.allclose(kernels(backbone, convolution) * gains[:, None, None, None], fused, rtol=1e-5, atol=1e-8)
    assert np.allclose(
        examine(backbone, convolution).strengths, np.linalg.norm(fused.reshape(48, -1), axis=1), rtol=1e-5
    )
    assert module.gains(backbone, dataclasses.replace(convolution, normalisation=None)) is None


def test_groups_know_what_they_see() -> None:
    convolution = KernelSource("conv", "conv", "convolution", (12, 2, 3, 3), groups=4)
    assert convolution.inputs == 8
    reference = nn.Conv2d(8, 12, 3, groups=4, bias=False)
    for number in range(12):
        probe = torch.zeros(1, 8, 3, 3, requires_grad=True)
        (gradient,) = torch.autograd.grad(reference(probe)[0, number].sum(), probe)
        seen = gradient[0].abs().sum((1, 2)).nonzero()[:, 0].tolist()
        assert list(convolution.inputs_of(number)) == seen
        assert all(number in convolution.filters_of(channel) for channel in seen)
    assert [len(convolution.filters_of(channel)) for channel in range(8)] == [3] * 8


# --- strong, dead and alike -----------------------------------------------------------------------------------------


def test_norms_are_numpys_own() -> None:
    weights = random_kernels(ROWS_AT_ONCE + 7, 5, 3, 3)
    assert np.allclose(norms_of(weights), np.linalg.norm(weights.reshape(len(weights), -1), axis=1), rtol=1e-6)


@pytest.mark.parametrize("groups", [1, 3])
def test_closest_filters_and_pairs_are_those_of_the_naive_comparison(groups: int) -> None:
    """With more filters than are compared at a time, some of them planted copies, longer, shorter and upside down."""
    count = 2 * ROWS_AT_ONCE + 88
    weights = random_kernels(count, 2, 2, 2)  # 8 numbers, so that some are alike by chance
    weights[7], weights[430], weights[599] = 3 * weights[5], -0.2 * weights[100], weights[300]
    found = filters_of(weights, groups)
    directions = weights.reshape(count, -1).astype(np.float64)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    cosines = directions @ directions.T
    size = count // groups
    same = np.arange(count)[:, None] // size == np.arange(count) // size
    cosines[~same | np.eye(count, dtype=bool)] = 0
    assert np.allclose(np.abs(found.likeness.cosines), np.abs(cosines).max(1), atol=1e-5)
    picked = cosines[np.arange(count), found.likeness.closest]
    assert np.allclose(picked, found.likeness.cosines, atol=1e-5)
    upper = np.triu(cosines)
    assert found.likeness.duplicates == (upper > ALIKE_ABOVE).sum()
    assert found.likeness.opposites == (upper < -ALIKE_ABOVE).sum()
    expected = {(a, b) for a, b in np.argwhere(np.abs(upper) > ALIKE_ABOVE).tolist()}
    assert {(pair.first, pair.second) for pair in found.likeness.pairs} == expected
    assert all(abs(pair.cosine - cosines[pair.first, pair.second]) < 1e-5 for pair in found.likeness.pairs)
    assert (5, 7) in expected
    assert ((100, 430) in expected) == (groups == 1)
    assert [pair.is_opposite for pair in found.likeness.pairs if pair.first == 100] == [True] * (groups == 1)
    assert np.array_equal(found.likeness.alike, np.abs(cosines).max(1) > ALIKE_ABOVE)


def test_of_many_pairs_few_are_kept_and_all_counted() -> None:
    weights = np.repeat(random_kernels(1, 4, 1, 1), 300, axis=0)
    found = filters_of(weights).likeness
    assert found.duplicates == len(list(combinations(range(300), 2)))
    assert len(found.pairs) == PAIRS_KEPT


def test_filters_that_see_a_channel_of_their_own_are_alike_to_none() -> None:
    found = filters_of(np.repeat(random_kernels(1, 1, 3, 3), 9, axis=0), groups=9).likeness
    assert (found.closest == -1).all()
    assert found.pairs == ()


def test_planted_dead_filters_are_found_with_their_reason(make_backbone: MakeBackbone) -> None:
    """Zeros, a multiplier of almost 0; and a tiny kernel that the normalisation makes as strong as others is alive."""
    backbone = make_backbone("tiny_vgg")
    convolution = owner(backbone, "stage2.conv1.conv")
    conv, norm = (backbone.model.get_submodule(f"stage2.conv1.{part}") for part in ("conv", "norm"))
    with torch.no_grad():
        conv.weight[3] = 0  # type: ignore[operator]
        norm.weight[8] = 1e-6  # type: ignore[operator]
        conv.weight[11] *= 1e-4  # type: ignore[operator]
        conv.weight[13] *= 1e-2  # type: ignore[operator]
        norm.running_var[13] = 1e-6  # type: ignore[operator]
        norm.weight[13] = 1.0  # type: ignore[operator]
        conv.weight[20] = -2 * conv.weight[19]  # type: ignore[operator, index]
    found = examine(backbone, convolution)
    assert np.flatnonzero(found.dead).tolist() == [3, 8, 11]
    assert [found.is_silenced(number) for number in (3, 8, 11, 13)] == [False, True, False, False]
    assert found.likeness.closest[3] == -1
    assert [(pair.first, pair.second) for pair in found.likeness.pairs] == [(19, 20)]
    assert found.likeness.opposites == 1


def test_the_dead_are_found_where_they_are_the_most() -> None:
    strengths = np.full(10, 1e-7, np.float32)
    strengths[:2] = 1, 0.5
    assert np.flatnonzero(~is_dead(strengths)).tolist() == [0, 1]
    assert is_dead(np.zeros(4, np.float32)).all()
    even = np.array([1, 1, 1, DEAD_BELOW * 0.9, DEAD_BELOW * 1.1], np.float32)
    assert np.flatnonzero(is_dead(even)).tolist() == [3]


def test_ranks_and_shares_of_inputs() -> None:
    weights = np.zeros((3, 2, 1, 2), np.float32)
    weights[0], weights[1] = [[[3, 0]], [[0, 4]]], [[[1, 0]], [[0, 0]]]
    found = filters_of(weights)
    assert [found.rank(number) for number in range(3)] == [1, 2, 3]
    assert np.allclose(found.input_shares(0), [9 / 25, 16 / 25])
    assert np.array_equal(found.input_shares(2), [0, 0])
    assert found.reach == 4


def test_the_table_has_a_line_for_each_filter() -> None:
    weights = random_kernels(5, 2, 3, 3)
    weights[4] = 0
    found = filters_of(weights, gains=np.array([1, -2, 1, 1, 1], np.float32))
    head, *rows = csv.reader(io.StringIO(to_csv(found)))
    assert tuple(head) == COLUMNS
    assert [int(row[0]) for row in rows] == list(range(5))
    assert np.allclose([float(row[1]) for row in rows], found.norms, rtol=1e-5)
    assert np.isclose(float(rows[1][3]), 2 * found.norms[1], rtol=1e-5)
    assert [row[4:] for row in rows][4] == ["1", "", ""]


# --- sheets and matrices --------------------------------------------------------------------------------------------


def test_slices_of_one_filter_and_of_one_input_channel() -> None:
    weights = random_kernels(6, 2, 3, 3)
    found = filters_of(weights, groups=2)  # four input channels; filters 3 to 5 see 2 and 3
    of_filter = sheet(found, FilterView(filter=4))
    assert of_filter.of_inputs
    assert of_filter.numbers.tolist() == [2, 3]
    assert np.array_equal(of_filter.maps, weights[4])
    of_input = sheet(found, FilterView(input=3, slices="input", filter=4, order="norm", span="each"))
    assert not of_input.of_inputs
    assert sorted(of_input.numbers.tolist()) == [3, 4, 5]
    assert np.array_equal(np.sort(-found.norms[of_input.numbers]), -found.norms[of_input.numbers])
    for number, kernel, reach in zip(of_input.numbers, of_input.maps, of_input.reach, strict=True):
        assert np.array_equal(kernel, weights[number, 1])
        assert reach == np.abs(kernel).max()
    assert of_filter.widest == np.abs(weights).max()


def test_a_sheet_is_the_one_with_the_chosen_filter_unless_a_page_is_asked_for() -> None:
    found = filters_of(random_kernels(TILES_PER_SHEET + 9, 1, 3, 3), groups=TILES_PER_SHEET + 9)
    chosen = sheet(found, FilterView(filter=TILES_PER_SHEET + 2))
    assert (chosen.page, chosen.pages) == (2, 2)
    assert chosen.numbers.tolist() == list(range(TILES_PER_SHEET, TILES_PER_SHEET + 9))
    assert sheet(found, FilterView(filter=TILES_PER_SHEET + 2, page=1)).numbers[0] == 0
    assert sheet(found, FilterView(page=77)).page == 2


def test_kernels_of_the_picture_are_shown_in_colour() -> None:
    found = filters_of(random_kernels(5, 3, 2, 2))
    shown = sheet(found, FilterView())
    assert shown.in_colour
    assert np.array_equal(shown.maps, found.kernels)


def test_a_matrix_has_a_row_for_each_filter_and_knows_its_group() -> None:
    weights = random_kernels(6, 4, 1, 1)
    shown = matrix(filters_of(weights, groups=3), FilterView(order="norm", span="each"))
    for row, number in enumerate(shown.numbers):
        assert np.array_equal(shown.weights[row], weights[number, :, 0, 0])
        assert shown.first_inputs[row] == number // 2 * 4
        assert shown.reach[row] == np.abs(weights[number]).max()
    with pytest.raises(ValueError, match="no matrix"):
        matrix(filters_of(random_kernels(2, 4, 3, 3)), FilterView())


def test_a_large_matrix_comes_in_pages_of_bounded_size() -> None:
    found = filters_of(random_kernels(512, 2048, 1, 1))
    shown = [matrix(found, FilterView(page=page)) for page in range(1, 5)]
    assert {part.pages for part in shown} == {4}
    assert np.concatenate([part.numbers for part in shown]).tolist() == list(range(512))
    assert max(part.weights.nbytes for part in shown) <= 1 << 20


@pytest.mark.parametrize("wrong", [{"order": "mean"}, {"slices": "all"}, {"span": "x"}, {"filter": -1}, {"page": -1}])
def test_a_view_validates_itself(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - two messages
        FilterView(**wrong)  # type: ignore[arg-type]


def test_what_is_not_there_is_not_shown() -> None:
    found = filters_of(random_kernels(4, 3, 3, 3))
    for view in (FilterView(filter=4), FilterView(input=3)):
        with pytest.raises(IndexError):
            sheet(found, view)


# --- drawn ----------------------------------------------------------------------------------------------------------


def test_grey_is_zero_and_colours_are_symmetric_around_it() -> None:
    kernel = np.array([[[-2.0, 0.0]], [[0.0, 2.0]], [[1.0, -1.0]]], np.float32)
    expected = [[[0, 128, 191], [128, 255, 64]]]
    assert np.abs(kernel_colours(kernel, 2.0).astype(int) - expected).max() <= 1
    slice_colours = kernel_colours(np.array([[-2.0, 2.0]], np.float32), 2.0)
    assert np.array_equal(slice_colours[0], palette(True)[[0, 255]])
    assert np.array_equal(kernel_colours(np.zeros((3, 1, 1), np.float32), 0.0), [[[128, 128, 128]]])


def test_a_drawn_mosaic_to_the_pixel() -> None:
    weights = random_kernels(4, 3, 2, 2)
    weights[1] = 0
    found = filters_of(weights)
    image = np.asarray(draw_filters(found, FilterView(span="each"), "caption", "range"))
    top, scale = MARGIN + HEAD, 18
    expected = kernel_colours(weights[0], float(np.abs(weights[0]).max()))
    drawn = image[top : top + 2 * scale, MARGIN : MARGIN + 2 * scale]
    assert np.array_equal(drawn[scale // 2 :: scale, scale // 2 :: scale], expected)
    second = image[top : top + 2 * scale, MARGIN + 2 * scale + 4 :][:, : 2 * scale]
    assert (second == DEAD).all(2).sum() >= 2 * scale


def test_a_drawn_matrix_to_the_pixel() -> None:
    weights = random_kernels(3, 5, 1, 1)
    image = np.asarray(draw_filters(filters_of(weights), FilterView(), "", ""))
    scaled = np.rint((weights[:, :, 0, 0] / np.abs(weights).max() + 1) * 127.5).astype(int)
    drawn = image[MARGIN + HEAD :, MARGIN + 40 :][: 3 * 12, : 5 * 12]
    difference = np.abs(drawn[6::12, 6::12].astype(int) - palette(True)[scaled].astype(int))
    assert difference.max() <= 6  # a step of the palette


# --- the program ----------------------------------------------------------------------------------------------------


def test_the_program_computes_what_is_shown(tmp_path: Path) -> None:
    view = FilterView(filter=3, order="norm", span="each")
    start = ScriptStart(
        sample=None, file_name="it's {mine}.png", backbone="tiny_resnet", weights="untrained", seed=7, fit="crop"
    )
    request = FiltersRequest(
        start=start, layer="stage2.block1.conv1.relu", view=view, caption="it's {0} '\\", range_label='"""'
    )
    (tmp_path / "filters.py").write_text(write_script(request), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "filters.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "(48, 16, 3, 3)" in ran.stdout
    backbone = load("tiny_resnet", "untrained", 7)
    found = examine(backbone, owner(backbone, "stage2.block1.conv1.conv"))
    with np.load(tmp_path / "filters.npz") as written:
        assert np.array_equal(written["kernels"], backbone.model.get_submodule("stage2.block1.conv1.conv").weight)
        assert np.array_equal(written["norms"], found.norms)
    assert (tmp_path / "filters.csv").read_text() == to_csv(found)
    with Image.open(tmp_path / "filters.png") as drawn:
        assert np.array_equal(drawn, draw_filters(found, view, request.caption, request.range_label))
