"""A short Python program that computes, with core alone, what the page shows."""

from __future__ import annotations

from dataclasses import dataclass

from core.visualization.grid import GridView

TEMPLATE = '''\
"""A layer as ConvScope shows it.

Run it in the folder of ConvScope: .venv/bin/python {file_name}
"""

import numpy as np

{imports}

picture = {picture}
{weights}backbone = load({backbone!r}, weights={weight_set!r}, seed={seed})
activations = capture(backbone, picture, fit={fit!r})

for prediction in top_classes(activations.logits, backbone.class_names):
    print(f"{{prediction.probability:7.2%}}  {{prediction.label}}")

maps = activations.maps({layer!r})
print({layer!r}, "channels × height × width:", maps.shape)
np.savez_compressed("activations.npz", maps=maps, logits=activations.logits)

view = GridView(order={view.order!r}, normalisation={view.normalisation!r}, limit={view.limit!r}, page={view.page!r})
draw_grid(arrange(maps, view), {caption!r}, {range_label!r}).save("activations.png")
'''
FETCH = """\
for event in fetch(weights_file(BACKBONES[{backbone!r}])):
    pass  # downloads the weights at first use
"""


@dataclass(frozen=True, kw_only=True)
class ScriptRequest:
    """What a program is to reproduce.

    `sample` is a sample picture's name, or None for an uploaded picture whose file is called `file_name`. `caption`
    and `range_label` are the texts drawn into the picture of the grid.
    """

    sample: str | None
    file_name: str
    backbone: str
    weights: str
    seed: int
    fit: str
    layer: str
    view: GridView
    caption: str
    range_label: str


def write_script(request: ScriptRequest) -> str:
    """Return the program; it prints the top 5 and writes activations.png and activations.npz where it is run."""
    return TEMPLATE.format(
        file_name="activations.py",
        imports="\n".join(sorted(_imports(request))),
        picture=_picture(request),
        weights=FETCH.format(backbone=request.backbone) if request.weights == "imagenet" else "",
        backbone=request.backbone,
        weight_set=request.weights,
        seed=request.seed,
        fit=request.fit,
        layer=request.layer,
        view=request.view,
        caption=request.caption,
        range_label=request.range_label,
    )


def _imports(request: ScriptRequest) -> list[str]:
    names = [
        "from core.visualization.activations import capture",
        "from core.visualization.drawing import draw_grid",
        "from core.visualization.grid import GridView, arrange",
        "from core.visualization.predictions import top_classes",
        "from core.samples import sample" if request.sample else "from core.images import decode",
    ]
    if request.weights == "imagenet":
        names += [
            "from core.architectures.backbones import BACKBONES",
            "from core.architectures.loading import load, weights_file",
            "from core.architectures.weights import fetch",
        ]
    else:
        names.append("from core.architectures.loading import load")
    return names


def _picture(request: ScriptRequest) -> str:
    if request.sample:
        return f"sample({request.sample!r})"
    return f'decode(open({request.file_name!r}, "rb").read(), {request.file_name!r})'
