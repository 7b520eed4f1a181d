"""A short Python program that finds with core alone the evidence that the page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.visualization.script_preamble import ProgramStart, preamble

PURPOSE = "Asks what in a picture speaks for a class, as ConvScope does"
FILE_NAME = "evidence.py"
IMPORTS = (
    "import numpy as np",
    "from core.images.preprocessing import fit_to_input",
    "from core.visualization.activations.capture import capture",
    "from core.visualization.attribution.methods import attribute",
    "from core.visualization.attribution.insertion_deletion import judged",
    "from core.visualization.attribution.base import AttributionRequest",
    "from core.visualization.attribution.drawing import draw_evidence",
    "from core.visualization.predictions import top_classes",
)
BODY = """\
activations = capture(backbone, picture, fit={fit!r})
request = AttributionRequest(
    backbone=backbone, batch=batch.numpy(), targets={targets!r}, layer={layer!r}, activations=activations
)

evidence = attribute(request, {method!r}, {settings!r})
low, high = evidence.range
print(f"{{evidence.method}} at {{evidence.layer}}: from {{low:.4g}} to {{high:.4g}}")
classes = top_classes(activations.logits, backbone.class_names, len(activations.logits))
labels = []
for target in evidence.targets:
    (found,) = [each for each in classes if each.index == target]
    labels.append(f"{{found.label}} {{found.probability:.1%}}")
    if not evidence.has_positive(target):
        print(f"{{labels[-1]}}: no positive evidence")
        continue
    scores = judged(request, evidence.of(target), target)
    print(f"{{labels[-1]}}: insertion {{scores.insertion_score:.3f}}, deletion {{scores.deletion_score:.3f}}")

np.savez_compressed("evidence.npz", maps=evidence.maps, targets=evidence.targets, logits=activations.logits)
image = fit_to_input(picture, backbone.preprocessing, {fit!r}).image
draw_evidence(image, evidence, {caption!r}, labels, f"{{low:.4g}} … {{high:.4g}}").save("evidence.png")
"""


@dataclass(frozen=True, kw_only=True)
class EvidenceRequest:
    """What a program is to reproduce; `settings` are values of the method's knobs, `caption` stands above the image."""

    start: ProgramStart
    method: str
    settings: Mapping[str, Any]
    targets: tuple[int, ...]
    layer: str
    caption: str


def write_evidence_script(request: EvidenceRequest) -> str:
    """Return the program; it prints ranges and scores and writes evidence.npz and evidence.png where it is run."""
    body = BODY.format(
        fit=request.start.fit,
        targets=request.targets,
        layer=request.layer,
        method=request.method,
        settings=dict(request.settings),
        caption=request.caption,
    )
    return preamble(request.start, PURPOSE, FILE_NAME, IMPORTS, body)
