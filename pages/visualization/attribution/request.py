"""What is asked about the picture: which class speaks from where, by which method, looking at which layer."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.i18n import N_
from core.settings import Choice
from core.visualization.attribution.base import AttributionMethod, AttributionRequest, has_extent, last_map_layer
from core.visualization.attribution.methods import DEFAULT, METHODS, QUICK
from core.visualization.predictions import Prediction, top_classes
from pages.components.caches import visualization
from pages.components.i18n import _
from pages.components.inputs.model_select import choose_class, choose_second_class, class_title
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.jobs.incremental import want
from pages.components.state import url_state
from pages.visualization.selection import NAME, Selection

METHOD = Choice(
    name="method",
    label=N_("Method"),
    default=DEFAULT,
    options=tuple((method.name, method.title) for method in METHODS.values()),
)
AT = Choice(
    name="at",
    label=N_("Looking at"),
    default="last",
    options=(("last", N_("Last maps")), ("chosen", N_("Chosen layer"))),
    help=N_(
        "The last layer whose output still is a map knows most about the class; the layer chosen above may show finer "
        "things that mean less."
    ),
)

ANSWER_STATE, CHECK_STATE, COMPARISON_STATE = (f"{NAME}.evidence.{work}" for work in ("answer", "check", "comparison"))
"""Where in the session state the work on each question rests."""


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked: which of `targets` the picture speaks for, by a method with its `settings`, at a `layer`."""

    selection: Selection
    method: AttributionMethod
    settings: dict[str, Any]
    targets: tuple[int, ...]
    layer: str

    @property
    def key(self) -> Hashable:
        """Return what the answer follows from."""
        layer = self.layer if self.method.needs == "layer" else ""
        return (*self.selection.identity, self.method.name, tuple(self.settings.items()), self.targets, layer)

    @property
    def has_maps(self) -> bool:
        """Return whether what the layer puts out tells where in the picture something is."""
        return has_extent(self.selection.activations.shapes[self.layer])

    @property
    def is_long(self) -> bool:
        """Return whether the answer has to be waited for."""
        channels = self.selection.activations.shapes[self.layer][0]
        return self.method.passes(channels, self.settings) > QUICK and not visualization.evidence.holds(self.key)

    def request(self, *targets: int) -> AttributionRequest:
        """Return the question for core, about other targets where they are given. Raises `UserError`."""
        return AttributionRequest(
            backbone=self.selection.backbone,
            batch=self.selection.batch(),
            targets=targets or self.targets,
            layer=self.layer,
            activations=self.selection.activations,
        )

    def prediction(self, target: int) -> Prediction:
        """Return what the network answers for a class."""
        logits = self.selection.activations.logits
        every = top_classes(logits, self.selection.backbone.class_names, len(logits))
        return next(prediction for prediction in every if prediction.index == target)

    def caption(self, target: int) -> str:
        """Return a class with its probability in words."""
        return class_title(self.prediction(target))


def choose_question(selection: Selection) -> Question:
    """Draw the choices and return what is asked."""
    with st.container(key="evidence-toolbar", horizontal=True, gap="small", vertical_alignment="bottom"):
        logits = selection.activations.logits
        asking: dict[str, Any] = {"on_change": want, "args": (ANSWER_STATE,)}
        target = choose_class(NAME, selection.backbone, logits, width=210, **asking)
        second = choose_second_class(NAME, selection.backbone, logits, width=180, **asking)
        method = METHODS[draw_setting(METHOD, NAME, width=190, **asking)]
        layer = _choose_layer(selection, method)
        settings = _choose_settings(method)
    targets = (target,) if second in (None, target) else (target, second)
    return Question(selection, method, settings, targets, layer)


def look_at_last_maps() -> None:
    """Look at the last layer that has maps; a callback."""
    st.session_state[f"{NAME}.{AT.name}"] = "last"


def _choose_layer(selection: Selection, method: AttributionMethod) -> str:
    last = last_map_layer(selection.activations).name
    if method.needs == "layer":
        return (
            selection.layer.name if draw_setting(AT, NAME, on_change=want, args=(ANSWER_STATE,)) == "chosen" else last
        )
    url_state.hide(AT)
    return last


def _choose_settings(method: AttributionMethod) -> dict[str, Any]:
    """Draw the method's own settings behind a button, and return them."""
    for other in METHODS.values():
        for setting in other.settings:
            if other is not method:
                url_state.hide(setting)
    if not method.settings:
        return {}
    with st.popover(_("Settings"), icon=":material/tune:"):
        return {
            setting.name: draw_setting(setting, NAME, on_change=want, args=(ANSWER_STATE,))
            for setting in method.settings
        }
