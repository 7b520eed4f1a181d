"""A short Python program that looks at one channel from all sides, with core alone."""

from __future__ import annotations

from core.visualization.script_preamble import ProgramStart, preamble

PURPOSE = "One channel from all sides, as ConvScope shows it"
FILE_NAME = "channel.py"
IMPORTS = (
    "from core.architectures.receptive_field.fields import receptive_fields",
    "from core.visualization.activations.capture import capture",
    "from core.visualization.channel_card.drawing import draw_board, draw_box, draw_map",
    "from core.visualization.activations.grid import GridView, arrange",
    "from core.visualization.ablation.channel_ablation import Ablation, without",
    "from core.visualization.ablation.changes import contribution_of",
)
BODY = """\
activations = capture(backbone, picture, fit={fit!r})
layer, channel, cell = {layer!r}, {channel}, ({row}, {column})

maps = activations.maps(layer)
grid = arrange(maps, GridView())
field = receptive_fields(backbone)[layer]
image = fit_to_input(picture, backbone.preprocessing, {fit!r}).image
cards = [
    ("map", draw_map(maps[channel], *grid.range_of(channel), grid.signed)),
    ("what the cell sees", draw_box(image, field.clipped(*cell) if field else None)),
]
draw_board(cards, f"{{layer}}, channel {{channel}}").save("channel.png")

ablation = Ablation(backbone=backbone, activations=activations, batch=batch.numpy(), layer=layer)
after = without(ablation, [channel])
changes = contribution_of(activations.logits, after, backbone.class_names, channel, 3)
for change in (*changes.losing, *changes.gaining):
    print(f"without channel {{channel}}: {{change.label}} {{change.logit_change:+.4g}}")
"""


def write_channel_script(start: ProgramStart, layer: str, channel: int, cell: tuple[int, int]) -> str:
    """Return the program; it prints what the channel does for the classes and writes channel.png."""
    row, column = cell
    body = BODY.format(fit=start.fit, layer=layer, channel=channel, row=row, column=column)
    return preamble(start, PURPOSE, FILE_NAME, IMPORTS, body)
