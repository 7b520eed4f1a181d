"""A short Python program that computes, with core alone, what the page shows of a cell's receptive field."""

from __future__ import annotations

from dataclasses import dataclass

from core.visualization.script_preamble import ProgramStart, preamble

FILE_NAME = "receptive_field.py"
IMPORTS = (
    "import numpy as np",
    "from core.architectures.receptive_field.fields import receptive_fields",
    "from core.visualization.receptive_field.drawing import FieldTexts, draw_field",
    "from core.visualization.receptive_field.growth import growth, growth_table",
    "from core.visualization.receptive_field.gradient_share import gradient_share",
    "from core.visualization.receptive_field.effective import effective_receptive_field",
)
BODY = """\
layer, channel, row, column = {layer!r}, {channel!r}, {row}, {column}

fields = receptive_fields(backbone)
field = fields[layer]
if field is not None:
    print("theoretical, height × width in pixels:", field.size, "whole picture" if field.is_whole else "")
    print("unclipped:", field.box(row, column))
    print("in the picture:", field.clipped(row, column))

sensitivity = effective_receptive_field(backbone, batch, layer, channel, row, column)
print("effective:", gradient_share(sensitivity))
np.savez_compressed("effective_field.npz", sensitivity=sensitivity)

image = fit_to_input(picture, backbone.preprocessing, {fit!r}).image
texts = FieldTexts(caption={caption!r}, range_label={range_label!r})
draw_field(image, field, (row, column), sensitivity, texts).save("receptive_field.png")
with open("receptive_fields.csv", "w", encoding="utf-8") as file:
    file.write(growth_table(growth(backbone.graph.layers, fields)))
"""


@dataclass(frozen=True, kw_only=True)
class FieldRequest(ProgramStart):
    """What a program is to reproduce: the field of a cell; `channel` is None for the sum of all channels.

    `caption` and `range_label` are the texts drawn into the picture.
    """

    layer: str
    channel: int | None
    row: int
    column: int
    caption: str
    range_label: str


def write_field_script(request: FieldRequest) -> str:
    """Return the program; it writes receptive_field.png, receptive_fields.csv and effective_field.npz."""
    body = BODY.format(
        layer=request.layer,
        channel=request.channel,
        row=request.row,
        column=request.column,
        fit=request.fit,
        caption=request.caption,
        range_label=request.range_label,
    )
    return preamble(request, "The receptive field of a cell as ConvScope shows it", FILE_NAME, IMPORTS, body)
