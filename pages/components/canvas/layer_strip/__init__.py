"""The strip of all stages and layers, of which one is chosen by click or keyboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pages.components.canvas import define

_layers = define("layer_strip", '<div class="stages" role="listbox"></div><div class="layers" role="listbox"></div>')


@dataclass(frozen=True)
class LayerItem:
    """A layer in the strip: its full name, the name within its stage, its kind, role and output shape."""

    name: str
    short: str
    kind: str
    group: str
    shape: tuple[int, int, int]


@dataclass(frozen=True)
class StageItem:
    """A stage in the strip with its layers, the last of which is the stage's output."""

    label: str
    layers: tuple[LayerItem, ...]


def layer_strip(
    key: str, stages: list[StageItem], chosen: str, words: dict[str, str], on_choice: Callable[[], None]
) -> None:
    """Draw the strip; the name of the layer then chosen is `layer` in the state `key`."""
    data = {
        "drawing": hash((tuple(stages), tuple(words.values()))),  # tells whether the buttons have to be made anew
        "stages": [{"label": stage.label, "layers": [vars(layer) for layer in stage.layers]} for stage in stages],
        "chosen": chosen,
        "words": words,
    }
    _layers(key=key, data=data, on_layer_change=on_choice)
