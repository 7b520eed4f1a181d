"""The small pictures of a channel show what they say, in its own colours and places."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from core.architectures.loading import load
from core.architectures.receptive_field.fields import Box
from core.visualization.channel_card.drawing import BOX, SIDE, draw_box, draw_filter, draw_map, draw_together
from core.visualization.colormaps import colour
from core.visualization.filters.kernel_statistics import examine
from core.visualization.filters.kernels import convolution_of


def test_a_map_keeps_its_colours_and_its_shape() -> None:
    values = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    drawn = draw_map(values, 0.0, 1.0, signed=False)
    assert drawn.size == (SIDE, SIDE * 3 // 4)
    cells = np.asarray(drawn)[SIDE // 8 :: SIDE // 4, SIDE // 8 :: SIDE // 4]
    assert np.array_equal(cells, colour(values, 0.0, 1.0, False))


def test_a_box_is_drawn_where_it_is() -> None:
    image = Image.new("RGB", (64, 64), "white")
    pixels = np.asarray(draw_box(image, Box(top=16, left=8, bottom=48, right=24)))
    rows, columns = np.nonzero((pixels == BOX).all(-1))
    scale = SIDE / 64
    assert (rows.min(), columns.min()) == (16 * scale, 8 * scale)
    assert (rows.max() + 1, columns.max() + 1) == (48 * scale, 24 * scale)
    whole = np.asarray(draw_box(image, None))
    assert (whole[0] == BOX).all()
    assert (whole[-1] == BOX).all()


def test_a_filter_that_sees_the_picture_is_in_colour() -> None:
    backbone = load("tiny_resnet", "embedded")
    convolution = convolution_of(backbone, "stem.conv")
    assert convolution is not None
    drawn, inputs = draw_filter(examine(backbone, convolution), 3)
    assert inputs == ()
    weights = backbone.model.get_submodule(convolution.module).weight.detach().numpy().astype(float)
    middle = np.asarray(drawn)[SIDE // 2, SIDE // 2].astype(float)
    assert middle == pytest.approx(127.5 + 127.5 * weights[3, :, 1, 1] / np.abs(weights).max(), abs=1)


@pytest.mark.parametrize("layer", ["stage2.block1.conv1.conv", "stage2.block1.conv1.relu"])
def test_a_deeper_filter_shows_its_heaviest_slices(layer: str) -> None:
    backbone = load("tiny_resnet", "embedded")
    convolution = convolution_of(backbone, layer)
    assert convolution is not None
    drawn, inputs = draw_filter(examine(backbone, convolution), 5)
    weights = backbone.model.get_submodule(convolution.module).weight[5].detach().numpy()
    norms = (weights.astype(np.float64) ** 2).sum((1, 2))
    assert list(inputs) == list(np.argsort(-norms, kind="stable")[:9])
    assert max(drawn.size) <= SIDE


@pytest.mark.parametrize("count", [1, 2, 4, 5, 9])
def test_images_stand_side_by_side_without_covering_each_other(count: int) -> None:
    shades = [Image.new("RGB", (10, 10), (20 * k + 20, 0, 0)) for k in range(count)]
    pixels = np.asarray(draw_together(shades))
    seen = {int(value) for value in np.unique(pixels[pixels[..., 3] > 0][:, 0])}
    assert seen == {20 * k + 20 for k in range(count)}
