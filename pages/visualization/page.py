"""Visualization: what every layer of a backbone makes of the chosen picture."""

from __future__ import annotations

from core.errors import UserError
from core.i18n import N_
from core.settings import Choice
from pages.components.caches import models
from pages.components.header import header
from pages.components.i18n import _
from pages.components.inputs.model_select import chosen
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.jobs.weights_panel import ready_backbone
from pages.components.layout import error_message
from pages.components.state import url_state
from pages.components.state.fair_rendering import taking_turns
from pages.visualization.compare import compare
from pages.visualization.explore import explore
from pages.visualization.network_input import fit_in_use

PAGE = "visualization"
MODE = Choice(
    name="mode",
    label=N_("View"),
    default="explore",
    options=(("explore", N_("One backbone")), ("compare", N_("Compare backbones"))),
)

free = header(
    PAGE,
    _("Visualization"),
    _("See what each layer of a network makes of a picture: choose a picture, a layer, a channel, a position."),
    lessons=(PAGE, "evidence"),
)
picture, choice = chosen()
with free:
    mode = draw_setting(MODE, PAGE, label_visibility="collapsed")
backbone = ready_backbone(choice)
if backbone is not None:
    try:
        if mode == "compare":
            compare(picture, backbone)
        else:
            models.activations(backbone, picture, fit_in_use())  # computed before it is this page's turn to be drawn
            url_state.mark()
            with taking_turns():
                explore(picture, backbone)
    except UserError as problem:
        error_message.show(problem)
url_state.publish()
