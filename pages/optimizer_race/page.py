"""Optimizer race: the lesson of the page."""

from __future__ import annotations

from pages.components import link
from pages.components.header import header
from pages.components.lesson import draw_lesson
from pages.components.words import _

PAGE = "optimizer_race"

header(
    PAGE,
    _("Optimizer race"),
    _("Which way do gradient descent, momentum, Nesterov, AdaGrad, RMSprop and Adam go, and why?"),
    lesson=False,
)
draw_lesson(PAGE)
link.publish()
