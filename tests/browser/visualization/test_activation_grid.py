"""The grid shows what core computes: pixels, values, ranges, orders, pages, dead channels, one channel enlarged."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from core.visualization.activations.grid import GridView, arrange, statistics
from core.visualization.colormaps import palette
from tests.browser.expected import UNTRAINED, assert_colours, assert_values, backbone, maps
from tests.browser.visitor import EXACT_CELL, SMALLEST_CELL, Visitor, figure, shown

BACKBONE = "tiny_inception"
CONVOLVED = "stage3.inception1.branch1x1.conv"
SIGNED, UNSIGNED = "stage3.inception1.branch1x1.norm", "stage3.inception1.branch1x1.relu"  # 64 maps of 8×8
DEAD_GREY = (0x9A, 0xA3, 0xAD)


def view(layer: str, name: str = BACKBONE, **settings: object) -> dict[str, object]:
    """Return the parameters of a link to a layer of an untrained backbone."""
    return {"backbone": name, **UNTRAINED, "layer": layer, **settings}


@pytest.mark.parametrize("layer", [SIGNED, UNSIGNED], ids=["signed", "unsigned"])
def test_pixels_and_readouts_are_what_core_computes(visitor: Visitor, layer: str) -> None:
    values = maps(layer, BACKBONE)
    visitor.open("visualization", view(layer, channel=40))
    visitor.wait_for_grid(layer)
    for normalisation, words in (
        ("layer", "one range for the layer, {} to {}"),
        ("channel", "each channel on its own range, at most {} to {}"),
        ("fixed", "fixed range, {} to {}"),
    ):
        if normalisation != "layer":
            visitor.pick("Colour range", "Fixed" if normalisation == "fixed" else "Per channel")
            visitor.wait_for_parameters(range=normalisation)
        if normalisation == "fixed":
            visitor.page.get_by_role("spinbutton", name="Up to").fill("2.5")
            visitor.page.keyboard.press("Enter")
            visitor.wait_for_parameters(limit=2.5)
        grid = arrange(values, GridView(normalisation=normalisation, limit=2.5))
        assert grid.signed == (layer == SIGNED)
        low, high = (shown(bound) for bound in grid.range)
        expect(visitor.page.locator(".st-key-visualization-grid .range")).to_have_text(words.format(low, high))
        expect(visitor.page.locator(".st-key-visualization-grid .low")).to_have_text(low)
        expect(visitor.page.locator(".st-key-visualization-grid .high")).to_have_text(high)
        visitor.wait_for_grid(layer)
        spots = visitor.scan(11, careful=True)
        assert {spot.channel for spot in spots} == set(range(len(values)))
        assert_values(spots, values, grid)
        compared = [spot for spot in spots if spot.steady and spot.row is not None and spot.channel != 40]
        assert len(compared) > 150
        assert_colours(compared, values, grid)
        scale = visitor.pixels(visitor.page.locator("canvas.scale"))[0, :, :3]
        assert (scale == palette(grid.signed)).all()


def test_the_pointer_reads_the_value_under_it(visitor: Visitor) -> None:
    visitor.open("visualization", view(UNSIGNED))
    visitor.wait_for_grid(UNSIGNED)
    values = maps(UNSIGNED, BACKBONE)
    grid = arrange(values, GridView())
    hint = visitor.readout.inner_text()
    seen = []
    for channel in (0, 7, 12):
        place = visitor.place_of(channel)
        visitor.grid.hover(position=place)
        expect(visitor.readout).to_contain_text(re.compile(rf"^channel {channel} "))
        seen.append(visitor.readout.inner_text())
    assert len(set(seen)) == 3
    assert_values([spot for spot in visitor.scan(24) if spot.channel in (0, 7, 12)], values, grid)
    visitor.page.get_by_role("heading", level=1).hover()
    expect(visitor.readout).to_have_text(hint)


def test_a_click_and_the_arrow_keys_choose_a_channel_and_enlarge_it(visitor: Visitor) -> None:
    visitor.open("visualization", view(UNSIGNED))
    visitor.wait_for_grid(UNSIGNED)
    visitor.click_channel(5)
    visitor.wait_for_parameters(channel=5)
    visitor.wait_for_channel(UNSIGNED, 5)
    expect(visitor.main).to_contain_text("Channel 5")
    visitor.page.keyboard.press("ArrowRight")
    visitor.wait_for_parameters(channel=6)
    visitor.wait_for_channel(UNSIGNED, 6)
    visitor.page.keyboard.press("ArrowDown")
    below = int(
        visitor.wait_for(lambda: visitor.parameters["channel"] != "6" and visitor.parameters["channel"], "a step down")
    )
    visitor.wait_for_channel(UNSIGNED, below)
    assert below > 7, "the cell below is not the next one"
    for _ in range(3):  # keys faster than the server answers
        visitor.page.keyboard.press("ArrowLeft")
    visitor.wait_for_parameters(channel=below - 3)
    visitor.wait_for_channel(UNSIGNED, below - 3)
    visitor.page.keyboard.press("ArrowUp")
    visitor.wait_for_parameters(channel=6 - 3)
    visitor.page.keyboard.press("End")
    visitor.wait_for_parameters(channel=len(maps(UNSIGNED, BACKBONE)) - 1)
    visitor.page.keyboard.press("Home")
    visitor.wait_for_parameters(channel=0)
    visitor.wait_for_channel(UNSIGNED, 0)


def test_the_enlarged_map_tells_exact_values_and_its_figures(visitor: Visitor) -> None:
    channel = 9
    visitor.open("visualization", view(SIGNED, channel=channel))
    visitor.wait_for_channel(SIGNED, channel)
    values = maps(SIGNED, BACKBONE)
    height, width = values.shape[1:]
    output = visitor.page.locator(".st-key-visualization-map output")
    for canvas in ("canvas.large", "canvas.over"):
        box = visitor.page.locator(canvas).bounding_box()
        assert box is not None
        for row, column in ((0, 0), (3, 6), (height - 1, width - 1)):
            place = {"x": (column + 0.5) * box["width"] / width, "y": (row + 0.5) * box["height"] / height}
            visitor.page.locator(canvas).hover(position=place)
            expect(output).to_contain_text(f"row {row}, column {column}:")
            found = EXACT_CELL.fullmatch(output.inner_text())
            assert found is not None
            assert figure(found[3]) == pytest.approx(float(values[channel, row, column]), rel=1e-5)
    figures = statistics(values)
    facts = visitor.page.locator(".st-key-visualization-map .facts")
    number = shown
    expect(facts).to_contain_text(f"mean {number(figures.mean[channel])}")
    expect(facts).to_contain_text(f"from {number(figures.minimum[channel])} to {number(figures.maximum[channel])}")
    expect(facts).to_contain_text(f"zero at {figures.sparsity[channel]:.0%} of the positions")
    low, high = arrange(values, GridView()).range_of(channel)
    pixels = visitor.pixels(visitor.enlarged)[..., :3].astype(int)
    at = ((np.arange(height) + 0.5) / height * len(pixels)).astype(int)
    index = np.rint((values[channel] - low) / (high - low) * 255).clip(0, 255).astype(int)
    assert (pixels[at][:, at] == palette(True).astype(int)[index]).all(), "its colours are not those of the grid"


def test_the_overlay_lies_over_what_the_network_receives(visitor: Visitor) -> None:
    visitor.open("visualization", view(UNSIGNED, channel=2))
    visitor.wait_for_channel(UNSIGNED, 2)
    over = visitor.page.locator("canvas.over")
    half = visitor.pixels(over)
    slider = visitor.page.get_by_role("slider", name="Overlay")
    slider.focus()
    visitor.page.keyboard.press("End")
    visitor.wait_for_parameters(opacity=100)
    assert (visitor.pixels(over) == visitor.pixels(visitor.enlarged)).mean() > 0.99  # the map hides the picture
    visitor.page.keyboard.press("Home")
    visitor.wait_for_parameters(opacity=0)
    picture = visitor.pixels(over)[..., :3].astype(int)
    from core.datasets.sample_images import sample
    from core.images.preprocessing import fit_to_input

    true = fit_to_input(sample("chelsea"), backbone(BACKBONE).preprocessing).image.resize(picture.shape[1::-1])
    assert np.abs(picture - np.asarray(true).astype(int)).mean() < 6
    assert np.abs(picture - half[..., :3]).mean() > 10


def test_channels_are_ordered_by_what_was_chosen(visitor: Visitor) -> None:
    layer = "stage3.inception2.branch1x1.relu"
    visitor.open("visualization", view(layer))
    visitor.wait_for_grid(layer)
    values = maps(layer, BACKBONE).reshape(len(maps(layer, BACKBONE)), -1).astype(np.float64)
    for order, measure in {
        "maximum": values.max(axis=1),
        "sparsity": (values == 0).mean(axis=1),
        "mean": values.mean(axis=1),
        "index": -np.arange(len(values), dtype=float),
    }.items():
        before = visitor.pixels(visitor.grid)
        visitor.pick("Sort by", order.capitalize())
        visitor.wait_for_parameters(order=order)
        visitor.wait_for(lambda before=before: (visitor.pixels(visitor.grid) != before).any(), "another order")
        visitor.wait_for_grid(layer)
        rows: dict[int, tuple[int, int]] = {}
        for spot in visitor.scan(SMALLEST_CELL - 4):
            rows.setdefault(spot.channel, (spot.y, spot.x))
        shown = sorted(rows, key=lambda channel: rows[channel])
        assert sorted(shown) == list(range(len(values)))
        assert (np.diff(measure[shown]) <= 1e-5).all(), f"not sorted by {order}"


def test_dead_channels_are_marked_and_counted(visitor: Visitor) -> None:
    values = maps(UNSIGNED, BACKBONE)
    dead = {int(channel) for channel in np.flatnonzero(~values.any(axis=(1, 2)))}
    alive = set(range(len(values))) - dead
    assert dead
    assert alive
    visitor.open("visualization", view(UNSIGNED))
    visitor.wait_for_grid(UNSIGNED)
    expect(visitor.main).to_contain_text(f"{len(values)} channels of 8×8 · {len(dead)} dead")
    spots = visitor.scan(6)
    assert {spot.channel for spot in spots if spot.row is None} == dead
    pixels = visitor.pixels(visitor.grid)[..., :3].astype(int)
    crossed = set()
    for channel in range(len(values)):
        own = [spot for spot in spots if spot.channel == channel]
        part = pixels[min(spot.y for spot in own) : max(spot.y for spot in own) + 1]
        part = part[:, min(spot.x for spot in own) : max(spot.x for spot in own) + 1]
        if (np.abs(part - DEAD_GREY).max(axis=2) < 12).sum() > 20:
            crossed.add(channel)
    assert crossed == dead, "not exactly the dead channels are crossed out"
    visitor.click_channel(min(dead))
    visitor.wait_for_channel(UNSIGNED, min(dead))
    expect(visitor.main).to_contain_text("dead: zero everywhere for this picture")
    visitor.click_channel(min(alive))
    visitor.wait_for_channel(UNSIGNED, min(alive))
    expect(visitor.main).not_to_contain_text("dead: zero everywhere")


def test_before_and_after_the_activation_function(visitor: Visitor) -> None:
    visitor.open("visualization", view(CONVOLVED))
    visitor.wait_for_grid(CONVOLVED)
    for option, moment, layer in (("Before", "before", SIGNED), ("After", "after", UNSIGNED)):
        visitor.pick("Activation function", option)
        visitor.wait_for_parameters(activation=moment, layer=CONVOLVED)
        visitor.wait_for_grid(layer)
        expect(visitor.main).to_contain_text(layer)
        values = maps(layer, BACKBONE)
        assert_values(visitor.scan(24), values, arrange(values, GridView()))
    assert (np.maximum(maps(SIGNED, BACKBONE), 0) == maps(UNSIGNED, BACKBONE)).all()
    visitor.pick("Activation function", "As it is")
    visitor.wait_for_grid(CONVOLVED)


def test_a_layer_without_an_activation_function_offers_only_itself(visitor: Visitor) -> None:
    visitor.open("visualization", view("head.linear", activation="after"))
    visitor.wait_for_grid("head.linear")
    options = visitor.page.get_by_role("radiogroup", name="Activation function").get_by_role("radio")
    expect(options).to_have_text(["As it is"])
    values = maps("head.linear", BACKBONE)
    spots = visitor.scan(SMALLEST_CELL - 4)
    assert {spot.channel for spot in spots} == set(range(len(values)))
    assert_values(spots, values, arrange(values, GridView()))


@pytest.mark.parametrize(
    ("name", "layer"),
    [("efficientnet_b3", "features.2.0.block.0.0"), ("shufflenet_v2_x0_5", "conv5.2")],
    ids=["large", "many"],
)
def test_every_channel_stands_on_exactly_one_page(visitor: Visitor, name: str, layer: str) -> None:
    visitor.open("visualization", view(layer, name))
    visitor.wait_for_grid(layer)
    values = maps(layer, name)
    pages = arrange(values, GridView()).pages
    assert pages > 1
    expect(visitor.main).to_contain_text(f"{len(values)} channels")
    seen: list[int] = []
    for page in range(1, pages + 1):
        if page > 1:
            visitor.page.get_by_role("button", name="Next page").click()
            visitor.wait_for_grid(layer, page)
            visitor.wait_for_parameters(page=page)
        spots = visitor.scan(SMALLEST_CELL - 4)
        assert_values(spots, values, arrange(values, GridView(page=page)))
        seen += {spot.channel for spot in spots}
    assert sorted(seen) == list(range(len(values)))
