"""Optimizer race: six methods and more from the same start, on surfaces and on real networks."""

from __future__ import annotations

from core.errors import UserError
from core.i18n import N_
from core.settings import Choice
from pages.components.header import header
from pages.components.i18n import _
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.layout import error_message
from pages.components.state import url_state
from pages.optimizer_race.formulas import draw_optimizers
from pages.optimizer_race.network_race import draw_network
from pages.optimizer_race.surface_race import draw_surface_race

PAGE = "optimizer_race"
GROUND = Choice(
    name="on",
    label=N_("Race on"),
    default="surface",
    options=(("surface", N_("Surfaces")), ("network", N_("Networks"))),
)

free = header(
    PAGE,
    _("Optimizer race"),
    _("Which way do gradient descent, momentum, Nesterov, AdaGrad, RMSprop and Adam go, and why?"),
)
with free:
    ground = draw_setting(GROUND, PAGE, label_visibility="collapsed")
try:
    if ground == "network":
        draw_network()
    else:
        draw_surface_race()
except UserError as problem:
    error_message.show(problem)
draw_optimizers()
url_state.publish()
