"""Drawn grids, to the pixel: where each map stands, that no value is smoothed away, and the range that is printed."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from PIL import Image

from core.visualization.activations.drawing import DEAD, GAP, MARGIN, draw_grid, draw_maps, enlarge
from core.visualization.activations.grid import GridView, arrange
from core.visualization.colormaps import colour, palette
from core.visualization.rendering import PAPER, format_number

TOP = MARGIN + 28  # of the first map, below the caption
LABEL = 14  # px of each map's number


def maps_of(channels: int, height: int, width: int, low: float = 0) -> np.ndarray:
    return np.random.default_rng(0).uniform(low, 1, (channels, height, width)).astype(np.float32)


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image)


def naive_enlargement(values: np.ndarray, low: float, high: float, signed: bool, scale: int) -> np.ndarray:
    """Return the colours of a map, each position a square, one pixel at a time."""
    height, width = values.shape
    result = np.zeros((height * scale, width * scale, 3), np.uint8)
    for row, column in product(range(height * scale), range(width * scale)):
        value = values[row // scale, column // scale]
        result[row, column] = palette(signed)[round(min(max((value - low) / (high - low), 0), 1) * 255)]
    return result


# --- one map --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(("height", "width", "scale"), [(2, 3, 4), (1, 1, 7), (5, 5, 1), (4, 1, 3)])
def test_a_map_is_enlarged_to_squares(height: int, width: int, scale: int, signed: bool) -> None:
    low = -1.0 if signed else 0.0
    values = maps_of(1, height, width, low)[0]
    image = enlarge(values, low, 1.0, signed, scale)
    assert image.mode == "RGB"
    assert image.size == (width * scale, height * scale)
    assert np.array_equal(pixels(image), naive_enlargement(values.astype(np.float64), low, 1.0, signed, scale))


# --- a grid as one image --------------------------------------------------------------------------------------------


def test_a_grid_to_the_pixel() -> None:
    """Two maps of 2×2: 24 pixels a position, so 48 a map, side by side under the caption."""
    maps = np.array([[[0, 1], [2, 4]], [[4, 3], [2, 0]]], np.float32)
    image = draw_grid(arrange(maps, GridView()), "", "")
    found = pixels(image)
    for index in range(2):
        left = MARGIN + index * (48 + GAP)
        expected = colour(maps[index], 0, 4, False).repeat(24, axis=0).repeat(24, axis=1)
        assert np.array_equal(found[TOP : TOP + 48, left : left + 48], expected)
    between = found[TOP : TOP + 48, MARGIN + 48 : MARGIN + 48 + GAP]
    assert (between == PAPER).all()


@pytest.mark.parametrize(("shape", "scale"), [((7, 3, 5), 10), ((12, 60, 60), 1), ((40, 1, 1), 48), ((6, 4, 1), 48)])
def test_each_map_stands_where_its_number_says(shape: tuple[int, int, int], scale: int) -> None:
    maps = maps_of(*shape, low=-1)
    grid = arrange(maps, GridView(order="mean", normalisation="channel"))
    found = pixels(draw_grid(grid, "a caption", "a range"))
    height, width = shape[1] * scale, shape[2] * scale

    def square(place: int, columns: int) -> np.ndarray:
        top = TOP + place // columns * (height + LABEL + GAP)
        left = MARGIN + place % columns * (width + GAP)
        return found[top : top + height, left : left + width]

    def expected(channel: int) -> np.ndarray:
        reach = float(np.abs(maps[channel]).max())
        return colour(maps[channel], -reach, reach, True).repeat(scale, axis=0).repeat(scale, axis=1)

    channels = list(enumerate(grid.channels.tolist()))
    columns = next(  # StopIteration where the maps do not stand in rows of any length
        columns
        for columns in range(shape[0], 0, -1)
        if all(np.array_equal(square(place, columns), expected(channel)) for place, channel in channels)
    )
    rows = -(-shape[0] // columns)
    assert columns >= rows * height / width / 2  # wider than high, or nearly
    assert found.shape[0] >= TOP + rows * (height + LABEL + GAP) + 30  # room for the range below
    assert found.shape[1] >= 2 * MARGIN + columns * (width + GAP) - GAP


def test_all_of_two_thousand_channels_fit_on_their_pages() -> None:
    maps = maps_of(2048, 1, 1)
    sizes = [draw_grid(arrange(maps, GridView(page=page)), "", "").size for page in (1, 4)]
    assert len(set(sizes)) == 1
    width, height = sizes[0]
    assert 512 * 48 * 48 < width * height < 4 * 512 * (48 + GAP) * (48 + LABEL + GAP)


def test_channel_numbers_are_written_below_their_maps() -> None:
    """Each strip of number holds ink, the same for the same channel wherever it stands."""
    maps = np.array([[[1.0]], [[2.0]]], np.float32)
    plain, largest_first = (draw_grid(arrange(maps, GridView(order=order)), "", "") for order in ("index", "maximum"))

    def number(image: Image.Image, place: int) -> np.ndarray:
        left = MARGIN + place * (48 + GAP)
        return pixels(image)[TOP + 48 : TOP + 48 + LABEL, left : left + 48]

    assert min((number(plain, place).max(-1) < 128).sum() for place in (0, 1)) > 3
    assert not np.array_equal(number(plain, 0), number(plain, 1))
    assert np.array_equal(number(plain, 0), number(largest_first, 1))
    assert np.array_equal(number(plain, 1), number(largest_first, 0))


def dark(image: Image.Image, top: int, bottom: int) -> int:
    return int((pixels(image)[top:bottom].max(-1) < 128).sum())


def test_caption_and_range_are_printed() -> None:
    grid = arrange(maps_of(2, 2, 2), GridView())
    bare, full = draw_grid(grid, "", ""), draw_grid(grid, "ResNet-18 · conv1", "0 … 1.25")
    assert bare.size == full.size
    below = full.height - MARGIN - 30 + 12
    assert dark(bare, 0, TOP) == dark(bare, below, full.height) == 0
    assert dark(full, 0, TOP) > 50
    assert dark(full, below, full.height) > 20


@pytest.mark.parametrize("low", [0, -1])
def test_the_bar_of_colours_is_the_whole_palette(low: float) -> None:
    image = draw_grid(arrange(maps_of(2, 2, 2, low=low), GridView()), "", "")
    found = pixels(image)
    top = image.height - MARGIN - 30
    assert np.array_equal(found[top : top + 12, MARGIN : MARGIN + 256], palette(low < 0)[None].repeat(12, axis=0))


def test_dead_channels_are_crossed_out_and_no_others() -> None:
    """Three maps stand in two columns; the second is dead."""
    maps = maps_of(3, 2, 2) + 0.1
    maps[1] = 0
    line = (pixels(draw_grid(arrange(maps, GridView()), "", "")) == DEAD).all(-1)
    left = MARGIN + 48 + GAP
    assert line[TOP : TOP + 48, left : left + 48].diagonal().sum() > 40
    around = line[TOP - 1 : TOP + 49, left - 1 : left + 49]
    assert around.sum() < 48 * 4
    assert line.sum() == around.sum()  # it ends where its map ends, and nothing is crossed out elsewhere


def test_a_caption_of_any_letters_can_be_drawn() -> None:
    grid = arrange(maps_of(1, 2, 2), GridView())
    for caption in ("été ×  “quoted” … 日本語 🐱", "x" * 500, "two\nlines", "%s {braces} \\back", "\u202e reversed"):
        assert draw_grid(grid, caption, caption).mode == "RGB"


def test_drawing_changes_nothing() -> None:
    maps = maps_of(3, 2, 2, low=-1)
    before = maps.copy()
    draw_grid(arrange(maps, GridView()), "", "")
    assert np.array_equal(maps, before)


# --- maps without words -----------------------------------------------------------------------------------------------


def test_the_first_maps_alone_are_transparent_between() -> None:
    maps = maps_of(5, 4, 4)
    grid = arrange(maps, GridView())
    image = draw_maps(grid, count=4, columns=3, cell=16)
    found = pixels(image)
    assert image.mode == "RGBA"
    assert image.size == (3 * (16 + GAP) - GAP, 2 * (16 + GAP) - GAP)
    high = float(maps.max())
    covered = np.zeros(found.shape[:2], bool)
    for index in range(4):
        left, top = index % 3 * (16 + GAP), index // 3 * (16 + GAP)
        square = found[top : top + 16, left : left + 16]
        expected = colour(maps[index], 0, high, False).repeat(4, axis=0).repeat(4, axis=1)
        assert np.array_equal(square[..., :3], expected)
        assert (square[..., 3] == 255).all()
        covered[top : top + 16, left : left + 16] = True
    assert (found[~covered][:, 3] == 0).all()


def test_fewer_maps_than_asked_for_are_all_shown() -> None:
    image = draw_maps(arrange(maps_of(2, 4, 4), GridView()), count=9, columns=3, cell=4)
    assert image.size == (3 * (4 + GAP) - GAP, 4)
    assert (pixels(image)[..., 3] == 255).sum() == 2 * 16


def test_maps_larger_than_a_cell_keep_their_size() -> None:
    assert draw_maps(arrange(maps_of(1, 50, 50), GridView()), count=1, columns=1, cell=8).size == (50, 50)


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.0, "0"),
        (-0.0, "0"),
        (1, "1"),
        (1.25, "1.25"),
        (1.2345, "1.23"),
        (-2.5, "-2.5"),
        (123.4, "123"),
        (0.000123, "0.000123"),
        (1234567, "1.23e+06"),
    ],
)
def test_numbers_have_three_significant_digits(number: float, text: str) -> None:
    assert format_number(number) == text
