"""The one or two backbones that the chosen one is compared with; they stay chosen on every page."""

from __future__ import annotations

from collections.abc import Iterator

from core.architectures.zoo.backbones import BACKBONES, available_weights
from core.i18n import N_
from core.settings import Identifier
from pages.components.inputs.model_select import BackboneChoice
from pages.components.inputs.setting_widgets import draw_multi_setting

OTHERS = Identifier(name="with", label=N_("Compare with"), default="tiny_vgg,tiny_mobilenet")
OTHERS_AT_MOST = 2


def choose_others(first: BackboneChoice) -> Iterator[BackboneChoice]:
    """Draw the choice and yield the others, with weights of the first one's kind where they have them."""
    options = [name for name in BACKBONES if name != first.entry.name]
    for name in draw_multi_setting(
        OTHERS, "shared", options, lambda name: BACKBONES[name].title, way="box", most=OTHERS_AT_MOST
    ):
        available = available_weights(BACKBONES[name])
        weights = first.weights if first.weights in available else available[0]
        yield BackboneChoice(BACKBONES[name], weights, first.seed)
