"""Filters on the screen: colours and readouts are the weights, a click or a key chooses a filter, in every look."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Locator, expect

from core.visualization.colormaps import palette
from core.visualization.filters.drawing import kernel_colours
from core.visualization.filters.kernel_statistics import Filters, examine
from core.visualization.filters.kernels import convolution_of
from tests.browser.expected import UNTRAINED, backbone
from tests.browser.visitor import SCAN, Visitor, figure

IN_COLOUR = re.compile(r"filter (\d+) · row (\d+), column (\d+): red (\S+), green (\S+), blue (\S+)")
SLICE = re.compile(r"filter (\d+) · row (\d+), column (\d+): (\S+) \(colours ±(\S+)\)")
IN_MATRIX = re.compile(r"filter (\d+) · input channel (\d+): (\S+) \(colours ±(\S+)\)")


def filters(layer: str) -> Filters:
    convolution = convolution_of(backbone(), layer)
    assert convolution is not None
    return examine(backbone(), convolution)


def opened(visitor: Visitor, layer: str, canvas: str, **settings: object) -> Locator:
    """Open the filters of a layer and return the canvas once they are shown."""
    link = {"backbone": "tiny_resnet", **UNTRAINED, "section": "filters", "layer": layer, **settings}
    visitor.open("visualization", link)
    shown = visitor.page.locator(f".st-key-visualization-{canvas} canvas[data-shown]").first
    shown.wait_for()
    return shown


def read(shown: Locator, form: re.Pattern[str], step: int = 17) -> list[tuple[list[float], NDArray[np.int64]]]:
    """Return what is read at steady places, and the colour there."""
    spots = [spot for spot in shown.evaluate(SCAN, [step, True]) if spot[3]]
    found = [(form.fullmatch(spot[2]), np.array(spot[4:])) for spot in spots]
    return [([figure(part) for part in match.groups()], colour) for match, colour in found if match]


def is_near(read_value: float, weight: float, reach: float) -> bool:
    """Return whether three digits of a weight are read, sent with 16 bits."""
    return abs(read_value - weight) <= 0.0051 * abs(weight) + reach / 65535


def test_kernels_in_colour(visitor: Visitor) -> None:
    found = filters("stem.conv")
    shown = opened(visitor, "stem.conv", "kernels", channel=9)
    spots = read(shown, IN_COLOUR)
    assert {int(values[0]) for values, _ in spots} == set(range(16))
    for (number, row, column, *levels), colour in spots:
        kernel = found.kernels[int(number), :, int(row), int(column)]
        assert all(is_near(level, weight, found.reach) for level, weight in zip(levels, kernel, strict=True))
        if number != 9:  # the frame of the chosen one
            expected = kernel_colours(kernel[:, None, None], found.reach)[0, 0].astype(int)
            assert np.abs(colour - expected).max() <= 1
    shown.press("ArrowRight")
    visitor.wait_for_parameters(channel=10)
    bars = visitor.page.locator(".bars .point path")
    expect(bars).to_have_count(16)
    bars.nth(3).click(force=True)
    visitor.wait_for_parameters(channel=3)
    expect(visitor.main).to_contain_text("Filter 3")


def test_slices_for_one_input_channel(visitor: Visitor) -> None:
    layer = "stage2.block1.conv1.conv"
    found = filters(layer)
    shown = opened(visitor, layer, "kernels", slices="input", input=5, channel=0)
    spots = read(shown, SLICE)
    assert {int(values[0]) for values, _ in spots} == set(range(48))
    for (number, row, column, value, high), _ in spots:
        assert is_near(value, found.kernels[int(number), 5, int(row), int(column)], found.reach)
        assert np.isclose(high, found.reach, rtol=0.0051)
    shown.click(position={"x": 120, "y": 12})
    visitor.wait_for(lambda: visitor.parameters.get("channel") != "0", "a filter is chosen by a click")


def test_a_matrix_of_kernels_of_1_by_1(visitor: Visitor) -> None:
    layer = "stage2.block1.shortcut.conv"
    found = filters(layer)
    shown = opened(visitor, layer, "matrix", channel=7)
    spots = read(shown, IN_MATRIX, 11)
    assert len({(values[0], values[1]) for values, _ in spots}) > 100
    for (number, channel, value, high), colour in spots:
        weight = found.kernels[int(number), int(channel), 0, 0]
        assert abs(value - weight) <= 0.0051 * abs(weight)
        assert np.isclose(high, found.reach, rtol=0.0051)
        index = round((weight / found.reach + 1) * 127.5)
        near = palette(True)[max(0, index - 1) : index + 2].astype(int)
        assert abs(int(number) - 7) < 2 or (near == colour).all(1).any()
    shown.press("ArrowDown")
    visitor.wait_for_parameters(channel=8)
