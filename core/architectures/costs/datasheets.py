"""The figures by which backbones are compared, each at its own input size.

`python -m core.architectures.costs.datasheets` computes them anew.

Parameters, MACs, activation memory and receptive field are computed, once, and kept in a file, because for all
backbones that takes a while; a contract test computes them anew. Accuracies on ImageNet are published ones, those of
torchvision's weights as torchvision states them, and name their source. Reading needs no PyTorch.
"""

from __future__ import annotations

import functools
import json
import math
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.architectures.zoo.backbones import BACKBONES, BackboneEntry
from core.paths import ASSETS

FILE = ASSETS / "datasheets.json"
SOURCES = {
    "torchvision": "torchvision, acc@1 of IMAGENET1K_V1",
    "timm": "Chollet (2016), arXiv:1610.02357, table 1",
}
"""Where the accuracies come from, by the source of the network."""
TOP1_OF_PAPERS = {"xception": 79.0}
"""Accuracies in percent of networks for which torchvision has no weights."""


@dataclass(frozen=True, kw_only=True)
class Datasheet:
    """What a backbone costs and is worth at its own input size, for one picture.

    `macs` are multiply-accumulates, `activation_bytes` the outputs of all layers in float32, `field` the side in pixels
    of what a cell of the last maps sees, gates of squeeze-and-excite aside; `depth` counts the convolutions and linear
    layers, `top1` is the accuracy on ImageNet in percent, None for a network that was not trained on it.
    """

    name: str
    parameters: int
    macs: int
    activation_bytes: int
    field: int
    depth: int
    top1: float | None

    @property
    def source(self) -> str:
        """Return where `top1` comes from; empty where there is none."""
        return "" if self.top1 is None else SOURCES[BACKBONES[self.name].source]


@functools.cache
def datasheets() -> Mapping[str, Datasheet]:
    """Return the datasheets of all backbones by name, in the registry's order."""
    found = {row["name"]: Datasheet(**row) for row in json.loads(FILE.read_text(encoding="utf-8"))}
    return {name: found[name] for name in BACKBONES}


def compute(entry: BackboneEntry) -> Datasheet:
    """Return a backbone's datasheet, computed anew."""
    from core.architectures.costs.costs import blueprint
    from core.architectures.receptive_field.fields import fields_of

    plan = blueprint(entry)
    costs = plan.costs(entry.input_size)
    with_maps = [cost for cost in costs.layers if math.prod(cost.maps[1:]) > 1]
    field = fields_of(plan.model, costs.size)[with_maps[-1].layer.name]
    seen = field.local.size if field is not None and field.local is not None else None
    if seen is None:
        raise ValueError(f"the receptive field of {entry.name} has no size")
    return Datasheet(
        name=entry.name,
        parameters=costs.totals.parameters,
        macs=costs.totals.macs,
        activation_bytes=costs.totals.activation_bytes,
        field=max(seen),
        depth=sum(bool(cost.macs) for cost in costs.layers),
        top1=published_top1(entry),
    )


def published_top1(entry: BackboneEntry) -> float | None:
    """Return the published top-1 accuracy on ImageNet in percent; None where there is none."""
    if entry.source != "torchvision":
        return TOP1_OF_PAPERS.get(entry.name)
    from core import torchvision_compat

    torchvision_compat.declare()
    from torchvision.models import get_model_weights

    meta: Mapping[str, Any] = get_model_weights(entry.builder)[entry.imagenet].meta
    return float(meta["_metrics"]["ImageNet-1K"]["acc@1"])


def main() -> int:
    """Write the file and return the exit code."""
    rows = []
    for entry in BACKBONES.values():
        rows.append(json.dumps(asdict(compute(entry))))
        sys.stderr.write(f"{entry.name}\n")
    FILE.write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
