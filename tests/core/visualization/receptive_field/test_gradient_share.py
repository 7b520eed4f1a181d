"""A receptive field in numbers and in a picture: centre, shares, growth from layer to layer, colours and boxes."""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from torch import nn

from core.architectures.graph.capture import layer_graph
from core.architectures.loading import skeleton
from core.architectures.receptive_field.fields import ReceptiveField, fields_of, receptive_fields
from core.architectures.zoo.backbones import BACKBONES
from core.visualization.activations.drawing import MARGIN
from core.visualization.colormaps import palette
from core.visualization.receptive_field.drawing import PADDING, THEORETICAL, FieldTexts, draw_field, heat, margin_of
from core.visualization.receptive_field.effective import effective_receptive_field, takes_long
from core.visualization.receptive_field.gradient_share import (
    centre,
    field_pixels,
    gradient_share,
    local_field,
    picture_share,
)
from core.visualization.receptive_field.growth import growth, growth_table
from tests.core.conftest import MakeBackbone
from tests.core.pathological import batch

TEXTS = FieldTexts(caption="a cell", range_label="from 0 to 1")


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random(shape) ** 4).astype(np.float32)


def conv_field(kernel: int, stride: int = 1, padding: int = 0, side: int = 20) -> ReceptiveField:
    (field,) = fields_of(nn.Sequential(nn.Conv2d(3, 4, kernel, stride, padding)), (side, side)).values()
    assert field is not None
    return field


# --- where the gradient lies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.5, 0.9, 0.95])
@pytest.mark.parametrize("seed", range(4))
def test_no_smaller_set_of_pixels_holds_the_share(share: float, seed: int) -> None:
    values = noise(17, 23, seed=seed)
    found = gradient_share(values, share)
    assert found is not None
    largest = sorted((float(value) for value in values.ravel()), reverse=True)
    assert sum(largest[: found.pixels]) >= share * sum(largest) > sum(largest[: found.pixels - 1])


@pytest.mark.parametrize("seed", range(4))
def test_what_is_cut_off_on_each_side_holds_at_most_half_of_the_rest(seed: int) -> None:
    values = noise(17, 23, seed=seed)
    found = gradient_share(values, 0.9)
    assert found is not None
    total = float(values.sum(dtype=np.float64))
    for (first, last), lines in ((found.rows, values), (found.columns, values.T)):
        assert lines[:first].sum() <= 0.05 * total < lines[: first + 1].sum()
        assert lines[last + 1 :].sum() <= 0.05 * total < lines[last:].sum()
    assert found.size == (found.rows[1] - found.rows[0] + 1, found.columns[1] - found.columns[0] + 1)


def test_equal_pixels_count_equally_and_a_single_one_holds_all() -> None:
    even = gradient_share(np.ones((10, 20), np.float32))
    assert even is not None
    assert (even.pixels, even.rows, even.columns) == (190, (0, 9), (0, 19))
    single = np.zeros((8, 8), np.float32)
    single[2, 5] = 3
    found = gradient_share(single)
    assert found is not None
    assert (found.pixels, found.rows, found.columns, found.size) == (1, (2, 2), (5, 5), (1, 1))


def test_a_cell_that_nothing_moves_has_no_share_and_what_overflowed_does_not_count() -> None:
    assert gradient_share(np.zeros((4, 4), np.float32)) is None
    values = noise(6, 6)
    broken = values.copy()
    broken[1, 1], values[1, 1] = np.inf, 0
    assert gradient_share(broken) == gradient_share(values)


# --- the theoretical field in numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel", [2, 3, 7])
def test_the_centre_is_the_middle_of_the_unclipped_box(kernel: int) -> None:
    field = conv_field(kernel, stride=2, padding=1)
    for cell in ((0, 0), (3, 5)):
        box = field.box(*cell)
        assert box is not None
        middle = Fraction(box.top + box.bottom - 1, 2), Fraction(box.left + box.right - 1, 2)
        assert centre(field, *cell) == middle


def test_the_share_of_the_picture_is_counted_in_pixels() -> None:
    field = conv_field(5, padding=2, side=10)
    seen = np.zeros((10, 10), bool)
    seen[0:3, 2:7] = True
    assert field_pixels(field, 0, 4) == seen.sum()
    assert picture_share(field, 0, 4) == pytest.approx(seen.mean())
    assert picture_share(conv_field(1, padding=1), 0, 4) == 0


def test_windows_that_differ_have_no_centre() -> None:
    (field,) = fields_of(nn.Sequential(nn.AdaptiveAvgPool2d(3)), (8, 8)).values()
    assert field is not None
    assert centre(field, 1, 1) is None


# --- growth ---------------------------------------------------------------------------------------------------------


def test_vgg_grows_as_by_hand() -> None:
    """By the recurrence of Araujo et al. (2019), equation 2: r ← r + (k - 1)·j, j ← s·j, on VGG-16's plain chain."""
    model = skeleton(BACKBONES["vgg16"])
    points = {point.layer: point for point in growth(layer_graph(model).layers, fields_of(model, (224, 224)))}
    size, jump = 1, 1
    for name, module in model.get_submodule("features").named_children():
        if isinstance(module, nn.Conv2d | nn.MaxPool2d):
            kernel, stride = (3, 1) if isinstance(module, nn.Conv2d) else (2, 2)
            size, jump = size + (kernel - 1) * jump, jump * stride
        point = points[f"features.{name}"]
        assert (point.height, point.width, point.stride_height, point.stride_width) == (size, size, jump, jump)
        assert not point.sees_all
    assert size == 212
    assert points["classifier.0"].sees_all
    assert points["classifier.0"].height is None
    assert [point.number for point in points.values()] == list(range(1, len(points) + 1))


@pytest.mark.parametrize("name", ["tiny_inception", "tiny_squeezenet", "tiny_mobilenet"])
def test_the_table_says_the_same_as_the_fields(make_backbone: MakeBackbone, name: str) -> None:
    backbone = make_backbone(name)
    fields = receptive_fields(backbone)
    table = growth_table(growth(backbone.graph.layers, fields))
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["layer"] for row in rows] == list(fields)
    for row, field in zip(rows, fields.values(), strict=True):
        assert field is not None
        assert (row["sees_all"] == "True") == field.is_whole
        assert (int(row["rows"]), int(row["columns"])) == field.cells
        size = local_field(field).size if field.local else None
        assert (row["height"], row["width"]) == (tuple(map(str, size)) if size else ("", ""))


def test_what_is_not_known_is_left_empty() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Upsample(scale_factor=2))
    first, second = growth(layer_graph(model).layers, fields_of(model, (8, 8)))
    assert (first.height, second.height, second.rows, second.sees_all) == (3, None, None, False)
    assert growth_table([second]).splitlines()[1].endswith(",,,,,,,False")


# --- the picture ----------------------------------------------------------------------------------------------------


def test_heat_is_the_square_root_in_colours() -> None:
    values = noise(9, 9)
    levels = np.rint(255 * np.sqrt(values.astype(float) / values.max())).astype(int)
    found = heat(values)
    assert np.abs(found[..., 3].astype(int) - levels).max() <= 1
    assert (found[..., :3] == palette(False)[found[..., 3]]).mean() > 0.99
    assert not heat(np.zeros((3, 3), np.float32))[..., 3].any()


@pytest.fixture
def grey() -> Image.Image:
    return Image.new("RGB", (20, 20), (128, 128, 128))


def request(image: Image.Image, field: ReceptiveField | None) -> np.ndarray:
    """Return the picture with its margin, without what is written around it."""
    margin = margin_of(field) if field else 0
    side = -(-384 // 20) * (20 + 2 * margin)
    return np.asarray(image)[MARGIN + 28 : MARGIN + 28 + side, MARGIN : MARGIN + side]


def test_boxes_are_where_the_field_is(grey: Image.Image) -> None:
    field = conv_field(7, stride=2, padding=3)
    assert margin_of(field) == 3
    drawn = request(draw_field(grey, field, (0, 5), None, TEXTS), field)
    rows, columns = ((drawn == THEORETICAL).all(axis=2).any(axis=axis).nonzero()[0] for axis in (1, 0))
    assert (rows.min(), rows.max()) == pytest.approx((0, 7 * 20), abs=3)  # rows -3 to 3
    assert (columns.min(), columns.max()) == pytest.approx(((7 + 3) * 20, (14 + 3) * 20), abs=3)
    assert tuple(drawn[5, 5]) == PADDING


def test_heat_lies_on_the_grey_picture_and_nowhere_else() -> None:
    picture = Image.new("RGB", (20, 20), (255, 0, 0))
    sensitivity = np.zeros((20, 20), np.float32)
    sensitivity[4, 6] = 2
    drawn = request(draw_field(picture, None, (0, 0), sensitivity, TEXTS), None)
    inside = drawn[4 * 20 + 10, 6 * 20 + 10]
    assert tuple(inside) == tuple(palette(False)[255])
    assert tuple(drawn[15 * 20, 15 * 20]) == (76, 76, 76)
    plain = request(draw_field(picture, None, (0, 0), None, TEXTS), None)
    assert (plain == (255, 0, 0)).all()


def test_a_field_much_larger_than_the_picture_leaves_room_for_the_picture() -> None:
    assert margin_of(conv_field(101, padding=50)) == 6


@pytest.mark.parametrize(
    ("name", "side", "layer"),
    [
        ("inception_v3", 96, "Mixed_6b.cat"),
        ("squeezenet1_0", 64, "features.9.cat"),
        ("densenet121", 64, "features.denseblock2"),
        ("mobilenet_v3_small", 64, "features.4.block.2.mul"),
    ],
)
def test_the_networks_that_break_elsewhere_are_drawn(
    make_backbone: MakeBackbone, name: str, side: int, layer: str
) -> None:
    backbone = make_backbone(name, side=side)
    fields = receptive_fields(backbone)
    chosen = next(one for one in fields if one.startswith(layer))
    field = fields[chosen]
    assert field is not None
    assert not takes_long(backbone)
    sensitivity = effective_receptive_field(backbone, batch(side).numpy(), chosen, None, 1, 1)
    share = gradient_share(sensitivity)
    assert share is not None
    assert share.pixels <= field_pixels(field, 1, 1)
    image = draw_field(Image.new("RGB", (side, side)), field, (1, 1), sensitivity, TEXTS)
    assert image.width > side
    sizes = [point.height for point in growth(backbone.graph.layers, fields) if point.height]
    assert max(sizes) > sizes[0]
    assert any(earlier < later for earlier, later in pairwise(sizes))
