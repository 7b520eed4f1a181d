"""How large a map comes out of a window that slides, with the numbers put in; and what a picture is too small for."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from core.architectures.graph.interpreter import Call
from core.architectures.receptive_field.axis import Window
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


def side_behind(side: int, window: Window, *, rounds_up: bool = False) -> int:
    """Return how many places a window has along an axis of `side` cells; 0 or less where it does not fit.

    As in PyTorch: ⌊(n + 2p − d(k − 1) − 1)/s⌋ + 1; with `rounds_up` ⌈ ⌉, but no window begins in the padding behind.
    """
    places = _places(side, window, rounds_up)
    return places - 1 if rounds_up and _begins_behind(places, side, window) else places


def output_side(side: int, window: Window, *, rounds_up: bool = False) -> str:
    """Return that calculation as text, for instance ⌊(224 + 2·3 − 1·(7 − 1) − 1)/2⌋ + 1 = 112."""
    left, right = "⌈⌉" if rounds_up else "⌊⌋"
    inner = f"{side} + 2·{window.padding} − {window.dilation}·({window.kernel} − 1) − 1"
    taken = " − 1" if rounds_up and _begins_behind(_places(side, window, rounds_up), side, window) else ""
    places = str(side_behind(side, window, rounds_up=rounds_up)).replace("-", "−")
    return f"{left}({inner})/{window.stride}{right} + 1{taken} = {places}"


def _places(side: int, window: Window, rounds_up: bool) -> int:
    room = side + 2 * window.padding - window.dilation * (window.kernel - 1) - 1
    return (-(-room // window.stride) if rounds_up else room // window.stride) + 1


def _begins_behind(places: int, side: int, window: Window) -> bool:
    return (places - 1) * window.stride >= side + window.padding


def shortfall_of(layer: str, call: Call, windows: tuple[Window, Window] | None) -> Shortfall:
    """Return why a call could not be carried out on what it was given."""
    source = next((value for value in call.args if isinstance(value, Tensor)), None)
    if windows is not None and source is not None and source.dim() == 4:
        height, width = (int(side) for side in source.shape[2:])
        side, window = min(zip((height, width), windows, strict=True), key=lambda pair: side_behind(*pair))
        return Shortfall(
            layer=layer,
            reason=N_("{layer} has nothing left to put out: {formula}. Its input is {given}, its window {wanted}."),
            formula=output_side(side, window),
            given=f"{height}×{width}",
            wanted="×".join(str(each.dilation * (each.kernel - 1) + 1) for each in windows),
        )
    if call.kind == "linear" and source is not None:
        return Shortfall(
            layer=layer,
            reason=N_("{layer} takes {wanted} numbers and is given {given}: this network fits one input size only."),
            given=str(int(source.shape[-1])),
            wanted=str(int(call.value("weight", 1).shape[1])),
        )
    return Shortfall(layer=layer, reason=N_("{layer} cannot do its work on a picture of this size."))
