"""A network as boxes within boxes that unfold: stages, blocks, layers, with branches and skips drawn as such."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pages.components.canvas import define
from pages.components.i18n import _, number

if TYPE_CHECKING:
    from core.architectures.costs.block_diagram import DiagramBlock

_diagram = define("block_diagram", '<div class="scroller"><div class="board"></div></div>')


def block_diagram(
    key: str, whole: DiagramBlock, chosen: str, words: Mapping[str, str], on_choice: Callable[[], None]
) -> None:
    """Draw the diagram; the name of the layer that was clicked is `layer` in the state `key`.

    `words` holds `label`, `open`, `close`, `layers` with a {count}, `input` and `output`.
    """
    data = {"drawing": hash(whole), "whole": _sent(whole, top=True), "chosen": chosen, "words": dict(words)}
    _diagram(key=key, data=data, on_layer_change=on_choice)


def _sent(box: DiagramBlock, *, top: bool = False, stage: bool = False) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "name": box.name,
        "label": _(box.label) if stage else box.label,
        "kind": box.kind,
        "role": box.role,
        "shape": "×".join(map(str, box.output)),
        "cost": _count(box.parameters),
        "layers": box.layers,
    }
    if box.parts:
        sent["parts"] = [_sent(part, stage=top) for part in box.parts]
        sent["edges"] = box.edges
    return sent


def _count(parameters: int) -> str:
    """Return a number of parameters in few characters; nothing for none."""
    for unit, size in (("M", 1_000_000), ("k", 1000)):
        if parameters >= size:
            return f"{number(parameters / size, '.3g')} {unit}"
    return str(parameters) if parameters else ""
