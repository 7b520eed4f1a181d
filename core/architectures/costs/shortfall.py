"""The reason why a network cannot process an image of some size, and the layer where it stops."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from core.architectures.graph.operation import Operation
from core.architectures.graph.output_size import output_side, output_size
from core.architectures.graph.windows import Window
from core.i18n import N_


@dataclass(frozen=True, kw_only=True)
class Shortfall:
    """Why a network stops at a layer for a picture of some size.

    `reason` is marked for translation and speaks of `layer`, `formula`, `given` and `wanted`: the output's side with
    the numbers put in, or what a linear layer is given and what it wants.
    """

    layer: str
    reason: str
    formula: str = ""
    given: str = ""
    wanted: str = ""


def shortfall_of(layer: str, operation: Operation, windows: tuple[Window, Window] | None) -> Shortfall:
    """Return why a call could not be carried out on what it was given."""
    source = next((value for value in operation.args if isinstance(value, Tensor)), None)
    if windows is not None and source is not None and source.dim() == 4:
        height, width = (int(side) for side in source.shape[2:])
        side, window = min(zip((height, width), windows, strict=True), key=lambda pair: output_size(*pair))
        return Shortfall(
            layer=layer,
            reason=N_("{layer} has nothing left to put out: {formula}. Its input is {given}, its window {wanted}."),
            formula=output_side(side, window),
            given=f"{height}×{width}",
            wanted="×".join(str(each.dilation * (each.kernel - 1) + 1) for each in windows),
        )
    if operation.kind == "linear" and source is not None:
        return Shortfall(
            layer=layer,
            reason=N_("{layer} takes {wanted} numbers and is given {given}: this network fits one input size only."),
            given=str(int(source.shape[-1])),
            wanted=str(int(operation.value("weight", 1).shape[1])),
        )
    return Shortfall(layer=layer, reason=N_("{layer} cannot do its work on a picture of this size."))
