"""Choosing a cell on the map: the window slides under the pointer, a click and the arrow keys take the cell."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from core.architectures.receptive_field.fields import receptive_fields
from tests.browser.expected import UNTRAINED, backbone, maps
from tests.browser.visitor import Visitor, figure

LAYER, CHANNEL, SIDE = "stage3.block1.add", 11, 16
ORANGE = (0xD5, 0x5E, 0x00)
CELLS, PICTURE = "canvas.cells", "canvas.picture"


def place(visitor: Visitor, row: int, column: int) -> dict[str, float]:
    """Return where a cell lies on the map."""
    box = visitor.page.locator(CELLS).bounding_box()
    assert box is not None
    return {"x": (column + 0.5) * box["width"] / SIDE, "y": (row + 0.5) * box["height"] / SIDE}


def framed(visitor: Visitor) -> tuple[float, ...]:
    """Return the outermost rows and columns of the picture's frame, as parts of the canvas."""
    pixels = visitor.pixels(visitor.page.locator(PICTURE))[..., :3].astype(int)
    rows, columns = (np.abs(pixels - ORANGE).max(axis=2) < 30).nonzero()
    return tuple(float(edge) / len(pixels) for edge in (rows.min(), columns.min(), rows.max(), columns.max()))


def test_a_cell_is_chosen_and_its_field_follows(visitor: Visitor) -> None:
    visitor.open(
        "visualization",
        {**UNTRAINED, "backbone": "tiny_resnet", "section": "cell", "layer": LAYER, "channel": CHANNEL}
        | {"row": 8, "column": 8},
    )
    cells, said = visitor.page.locator(CELLS), visitor.page.locator(".st-key-visualization-field output")
    expect(cells).to_have_attribute("data-shown", f"{LAYER}/{CHANNEL}/8/8")
    field = receptive_fields(backbone("tiny_resnet"))[LAYER]
    assert field is not None
    cells.hover(position=place(visitor, 2, 3))
    expect(said).to_contain_text("row 2, column 3:")
    assert figure(said.inner_text().split(":")[1].split()[0]) == pytest.approx(
        float(maps(LAYER)[CHANNEL, 2, 3]), rel=1e-5
    )
    seen = field.clipped(2, 3)
    assert seen is not None
    expect(said).to_contain_text(f"sees rows {seen.top} to {seen.bottom - 1}")
    expect(said).to_contain_text(f"columns {seen.left} to {seen.right - 1}")
    margin = max(-(field.height.span(0) or (0, 0))[0], (field.height.span(SIDE - 1) or (0, 0))[1] - 64)
    shown = 64 + 2 * min(margin, int(0.3 * 64))
    full = field.box(2, 3)
    assert full is not None
    expected = [(edge + (shown - 64) / 2) / shown for edge in (full.top, full.left, full.bottom, full.right)]
    assert framed(visitor) == pytest.approx(expected, abs=0.02)
    cells.click(position=place(visitor, 2, 3))
    visitor.wait_for_parameters(row=2, column=3, channel=CHANNEL)
    expect(cells).to_have_attribute("data-shown", f"{LAYER}/{CHANNEL}/2/3")
    for _ in range(3):  # keys faster than the server answers
        visitor.page.keyboard.press("ArrowRight")
    visitor.page.keyboard.press("ArrowDown")
    visitor.wait_for_parameters(row=3, column=6)
    expect(cells).to_have_attribute("data-shown", f"{LAYER}/{CHANNEL}/3/6")
    visitor.page.get_by_role("heading", level=1).hover()
    expect(said).to_contain_text("row 3, column 6:")
    expect(visitor.page.locator(".st-key-visualization-field .facts")).to_contain_text("95% of the gradient in")
