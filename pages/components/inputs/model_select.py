"""What a person chooses: the picture and the backbone, which stay chosen on every page, and a layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from core.architectures.zoo.backbones import BACKBONES, DEFAULT, WEIGHTS, BackboneEntry, available_weights
from core.i18n import N_
from core.images.picture import Picture
from core.settings import Choice, Identifier, Integer
from core.visualization.predictions import Prediction, top_classes
from pages.components.canvas.layer_strip import LayerItem, StageItem, layer_strip
from pages.components.i18n import _, number
from pages.components.inputs.choices import choose
from pages.components.inputs.image_select import choose_picture
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.state import url_state

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.architectures.graph.tracing import Layer
    from core.architectures.loading import Backbone
    from core.visualization.activations.activation_capture import Activations

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
SEED = Integer(
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
LAYER = Identifier(name="layer", label=N_("Layer"), default="")
CLASS = Integer(name="class", label=N_("Class"), default=-1, minimum=-1)
"""The chosen class; -1 stands for the most probable one."""
SECOND_CLASS = Integer(name="against", label=N_("Against"), default=-1, minimum=-1)
"""The class to compare it with; -1 stands for none."""


@dataclass(frozen=True)
class BackboneChoice:
    """A backbone with one of its weight sets; `seed` matters to untrained weights only."""

    entry: BackboneEntry
    weights: str
    seed: int = 0


def choose_backbone() -> BackboneChoice:
    """Draw the choice of the backbone and its weights, and return it."""
    st.subheader(_("Backbone"), anchor=False)
    entry = BACKBONES[draw_setting(BACKBONE, PAGE, label_visibility="collapsed", on_change=_take_best_weights)]
    available = available_weights(entry)
    if len(available) > 1:
        weights = draw_setting(WEIGHT_SET, PAGE, available=available, label_visibility="collapsed", width="stretch")
    else:
        weights = available[0]
        url_state.show(WEIGHT_SET, weights)
    seed = draw_setting(SEED, PAGE) if weights == "untrained" else SEED.default
    if weights != "untrained":
        url_state.hide(SEED)
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


def use_backbone(name: str) -> None:
    """Choose another backbone, with the best weights that it has; a callback."""
    if name != st.session_state.get(f"{PAGE}.{BACKBONE.name}"):
        st.session_state[f"{PAGE}.{BACKBONE.name}"] = name
        _take_best_weights()


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

    name = url_state.initial(key, LAYER)
    if name not in activations.shapes:
        name = st.session_state[key] = _first_stage_output(activations)
    url_state.show(LAYER, name)
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


def choose_class(page: str, backbone: Backbone, logits: NDArray[np.float32], **look: Any) -> int:
    """Draw the choice of a class, the most probable first, and return its place among the outputs."""
    classes = top_classes(logits, backbone.class_names, len(logits))
    first = _("first: {title}", title=class_title(classes[0]))
    chosen = _choose_one_class(CLASS, page, classes, first, look)
    return classes[0].index if chosen < 0 else chosen


def choose_second_class(page: str, backbone: Backbone, logits: NDArray[np.float32], **look: Any) -> int | None:
    """Draw the choice of a class to compare with, and return its place among the outputs; None where none is chosen."""
    classes = top_classes(logits, backbone.class_names, len(logits))
    chosen = _choose_one_class(SECOND_CLASS, page, classes, _("no other"), look)
    return None if chosen < 0 else chosen


def _choose_one_class(
    setting: Integer, page: str, classes: tuple[Prediction, ...], default: str, look: Mapping[str, Any]
) -> int:
    key = f"{page}.{setting.name}"
    url_state.initial(key, setting)
    counts = Counter(prediction.label for prediction in classes)
    titles = {setting.default: default}
    for prediction in classes:
        mark = f" ({prediction.index})" if counts[prediction.label] > 1 else ""
        titles[prediction.index] = class_title(prediction) + mark
    chosen = choose(_(setting.label), list(titles), titles.__getitem__, key, **look)
    url_state.show(setting, chosen)
    return int(chosen)


def class_title(prediction: Prediction) -> str:
    """Return a class with its probability in words."""
    return f"{_(prediction.label)} · {number(100 * prediction.probability, '.1f')} %"
