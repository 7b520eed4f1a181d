"""A short Python program that computes and draws the filters of a layer, with core alone."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from core.visualization.filters.layout import FilterView
from core.visualization.script_preamble import ProgramStart, program

PURPOSE = "The filters of a layer as ConvScope shows them"
IMPORTS = (
    "import numpy as np",
    "from core.visualization.filters.drawing import draw_filters",
    "from core.visualization.filters.kernel_statistics import examine",
    "from core.visualization.filters.layout import FilterView",
    "from core.visualization.filters.table import as_csv",
    "from core.visualization.filters.kernels import convolution_of",
)
BODY = """\
filters = examine(backbone, convolution_of(backbone, {layer!r}))

print(filters.convolution.layer, "filters × input channels × height × width:", filters.kernels.shape)
print("dead:", filters.dead.nonzero()[0].tolist())
for pair in filters.likeness.pairs[:10]:
    print(f"filters {{pair.first}} and {{pair.second}}: cosine {{pair.cosine:.4f}}")
np.savez_compressed("filters.npz", kernels=filters.kernels, norms=filters.norms, strengths=filters.strengths)
open("filters.csv", "w", encoding="utf-8").write(as_csv(filters))

view = FilterView({view})
draw_filters(filters, view, {caption!r}, {range_label!r}).save("filters.png")
"""


@dataclass(frozen=True, kw_only=True)
class FiltersRequest:
    """What a program is to reproduce; `caption` and `range_label` are the texts drawn into the picture."""

    start: ProgramStart
    layer: str
    view: FilterView
    caption: str
    range_label: str


def write_script(request: FiltersRequest) -> str:
    """Return the program; it prints dead and alike filters and writes filters.npz, filters.csv and filters.png.

    It needs no picture: filters are the same for all.
    """
    fields = dataclasses.asdict(request.view).items()
    body = BODY.format(
        layer=request.layer,
        view=", ".join(f"{name}={value!r}" for name, value in fields),
        caption=request.caption,
        range_label=request.range_label,
    )
    start = dataclasses.replace(request.start, sample=None, file_name=None)
    return program(start, PURPOSE, "filters.py", IMPORTS, body)
