"""The output size of convolutions and pools, as a number and as the formula with its numbers."""

from __future__ import annotations

from core.architectures.graph.windows import Window


def output_size(side: int, window: Window, *, rounds_up: bool = False) -> int:
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
    places = str(output_size(side, window, rounds_up=rounds_up)).replace("-", "−")
    return f"{left}({inner})/{window.stride}{right} + 1{taken} = {places}"


def _places(side: int, window: Window, rounds_up: bool) -> int:
    room = side + 2 * window.padding - window.dilation * (window.kernel - 1) - 1
    return (-(-room // window.stride) if rounds_up else room // window.stride) + 1


def _begins_behind(places: int, side: int, window: Window) -> bool:
    return (places - 1) * window.stride >= side + window.padding
