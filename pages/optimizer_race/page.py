"""Optimizer race: six methods and more on the same surface, from the same start."""

from __future__ import annotations

from core.problems import Problem
from pages.components import link, problems
from pages.components.header import header
from pages.components.words import _
from pages.optimizer_race.landscape import draw_landscape
from pages.optimizer_race.methods import draw_methods

PAGE = "optimizer_race"

header(
    PAGE,
    _("Optimizer race"),
    _("Which way do gradient descent, momentum, Nesterov, AdaGrad, RMSprop and Adam go, and why?"),
)
try:
    draw_landscape()
except Problem as problem:
    problems.show(problem)
draw_methods()
link.publish()
