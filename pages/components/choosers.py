"""What a person chooses: the picture and the backbone, which stay chosen on every page, and a layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import streamlit as st

from core.architectures.backbones import BACKBONES, DEFAULT, WEIGHTS, BackboneEntry, available_weights
from core.images import Picture
from core.knobs import Choice, Name, Whole
from core.words import N_
from pages.components import link
from pages.components.canvas.layers import LayerItem, StageItem, layer_strip
from pages.components.knobs import turn
from pages.components.pictures import choose_picture
from pages.components.words import _, number

if TYPE_CHECKING:
    from core.architectures.layers import Layer
    from core.visualization.activations import Activations

PAGE = "shared"
CHOSEN = "shared.chosen"
BACKBONE = Choice(
    name="backbone",
    label=N_("Backbone"),
    default=DEFAULT,
    options=tuple((entry.name, entry.title) for entry in BACKBONES.values()),
    help=N_("The tiny ones work offline in an instant; the others fetch ImageNet weights at first use."),
)
WEIGHT_SET = Choice(
    name="weights",
    label=N_("Weights"),
    default="embedded",
    options=(("embedded", N_("Embedded")), ("imagenet", "ImageNet"), ("untrained", N_("Untrained"))),
)
SEED = Whole(
    name="seed",
    label=N_("Seed"),
    default=0,
    minimum=0,
    maximum=9999,
    help=N_("Untrained weights are random; the same seed gives the same weights."),
)
BADGES: dict[str, tuple[str, Literal["green", "blue", "gray"]]] = {
    "embedded": (":material/offline_pin:", "green"),
    "imagenet": (":material/cloud_download:", "blue"),
    "untrained": (":material/casino:", "gray"),
}
"""How each weight set is marked: an icon and a colour."""
LAYER = Name(name="layer", label=N_("Layer"), default="")


@dataclass(frozen=True)
class BackboneChoice:
    """A backbone with one of its weight sets; `seed` matters to untrained weights only."""

    entry: BackboneEntry
    weights: str
    seed: int = 0


def choose_backbone() -> BackboneChoice:
    """Draw the choice of the backbone and its weights, and return it."""
    st.subheader(_("Backbone"), anchor=False)
    entry = BACKBONES[turn(BACKBONE, PAGE, label_visibility="collapsed", on_change=_take_best_weights)]
    available = available_weights(entry)
    if len(available) > 1:
        weights = turn(WEIGHT_SET, PAGE, available=available, label_visibility="collapsed", width="stretch")
    else:
        weights = available[0]
        link.show(WEIGHT_SET, weights)
    seed = turn(SEED, PAGE) if weights == "untrained" else SEED.default
    if weights != "untrained":
        link.hide(SEED)
    icon, colour = BADGES[weights]
    st.badge(_(WEIGHTS[weights]), icon=icon, color=colour)
    st.caption(_("{count} parameters", count=_count(entry.parameters)))
    return BackboneChoice(entry, weights, int(seed))


def _take_best_weights() -> None:
    """Forget the weight set of the backbone before, so that the new one starts with the best that it has."""
    st.session_state[f"{PAGE}.{WEIGHT_SET.name}"] = WEIGHT_SET.default


def _count(parameters: int) -> str:
    return number(parameters / 1e6, ".2f" if parameters < 10_000_000 else ".1f") + " M"


def weights_label(weights: str) -> str:
    """Return what a weight set is called in the visitor's language."""
    return _(dict(WEIGHT_SET.options)[weights])


def use_weights(weights: str, backbone: str | None = None) -> None:
    """Change the chosen weight set, and with it the backbone if one is named; a callback for buttons."""
    st.session_state[f"{PAGE}.{WEIGHT_SET.name}"] = weights
    if backbone is not None:
        st.session_state[f"{PAGE}.{BACKBONE.name}"] = backbone


def choose_picture_and_backbone() -> None:
    """Draw both choices and keep what is chosen for the page that follows."""
    st.session_state[CHOSEN] = (choose_picture(), choose_backbone())


def chosen() -> tuple[Picture, BackboneChoice]:
    """Return the picture and the backbone that are chosen for all pages."""
    choices: tuple[Picture, BackboneChoice] = st.session_state[CHOSEN]
    return choices


def choose_layer(page: str, entry: BackboneEntry, activations: Activations, on_change: Callable[[], None]) -> Layer:
    """Draw the strip of all layers and return the chosen one; `on_change` is called when it changes."""
    key, strip = f"{page}.{LAYER.name}", f"{page}.layers"

    def remember() -> None:
        name = (st.session_state.get(strip) or {}).get("layer")
        if isinstance(name, str) and name != st.session_state.get(key):
            st.session_state[key] = name
            on_change()

    name = link.initial(key, LAYER)
    if name not in activations.shapes:
        name = st.session_state[key] = _first_stage_output(activations)
    link.show(LAYER, name)
    words = {"stages": _("Stages"), "layers": _("Layers of the stage")}
    layer_strip(strip, _stages(entry, activations), name, words, remember)
    return activations.layer(name)


def _first_stage_output(activations: Activations) -> str:
    """Return the output of the second stage, the first whose maps are about more than edges, or of the only one."""
    ends = [list(layers)[-1].name for _stage, layers in groupby(activations.layers, lambda layer: layer.stage)]
    return ends[min(1, len(ends) - 1)]


def _stages(entry: BackboneEntry, activations: Activations) -> list[StageItem]:
    starts = {stage.label: stage.start for stage in entry.stages}
    return [
        StageItem(_(label), tuple(_item(layer, starts.get(label, ""), activations) for layer in layers))
        for label, layers in groupby(activations.layers, lambda layer: layer.stage)
    ]


def _item(layer: Layer, start: str, activations: Activations) -> LayerItem:
    short = layer.name.removeprefix(start + ".")
    if short.isdecimal():
        short = layer.name
    return LayerItem(layer.name, short, layer.kind, layer.role, activations.shapes[layer.name])
