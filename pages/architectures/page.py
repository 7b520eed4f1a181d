"""Architectures: all backbones on a map, one of them in depth, and the families' ideas."""

from __future__ import annotations

from core.errors import Problem
from pages.architectures import beside, build, families, ideas, map, network, quiz
from pages.architectures.parts import PAGE, choose_part
from pages.components import link, problems
from pages.components.choosers import chosen
from pages.components.header import header
from pages.components.words import _

header(
    PAGE,
    _("Architectures"),
    _("Which networks are there, when did they come, how large are they, and what is each made of?"),
)
picture, choice = chosen()
part = choose_part()
try:
    if part == "map":
        map.draw(choice)
    elif part == "network":
        network.draw(choice)
    elif part == "beside":
        beside.draw(picture, choice)
    elif part == "ideas":
        ideas.draw()
    elif part == "build":
        build.draw()
    elif part == "quiz":
        quiz.draw(choice)
    else:
        families.draw()
except Problem as problem:
    problems.show(problem)
link.publish()
