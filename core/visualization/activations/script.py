"""A short Python program that computes, with core alone, what the page shows of a layer."""

from __future__ import annotations

from dataclasses import dataclass

from core.visualization.activations.grid import GridView
from core.visualization.script_preamble import ProgramStart, program

IMPORTS = (
    "import numpy as np",
    "from core.visualization.activations.capture import capture",
    "from core.visualization.activations.drawing import draw_grid",
    "from core.visualization.activations.grid import GridView, arrange",
    "from core.visualization.predictions import top_classes",
)
BODY = """\
activations = capture(backbone, picture, fit={fit!r})

for prediction in top_classes(activations.logits, backbone.class_names):
    print(f"{{prediction.probability:7.2%}}  {{prediction.label}}")

maps = activations.maps({layer!r})
print({layer!r}, "channels × height × width:", maps.shape)
np.savez_compressed("activations.npz", maps=maps, logits=activations.logits)

view = GridView(order={view.order!r}, normalisation={view.normalisation!r}, limit={view.limit!r}, page={view.page!r})
draw_grid(arrange(maps, view), {caption!r}, {range_label!r}).save("activations.png")
"""


@dataclass(frozen=True, kw_only=True)
class ScriptRequest(ProgramStart):
    """What a program is to reproduce; `caption` and `range_label` are the texts drawn into the picture of the grid."""

    layer: str
    view: GridView
    caption: str
    range_label: str


def write_script(request: ScriptRequest) -> str:
    """Return the program; it prints the top 5 and writes activations.png and activations.npz where it is run."""
    body = BODY.format(
        fit=request.fit,
        layer=request.layer,
        view=request.view,
        caption=request.caption,
        range_label=request.range_label,
    )
    return program(request, "A layer as ConvScope shows it", "activations.py", IMPORTS, body)
