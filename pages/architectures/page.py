"""Architectures: all backbones on a map, one of them in depth, and the families' ideas."""

from __future__ import annotations

from core.errors import UserError
from pages.architectures import builder, design_ideas, families, network, overview_chart, quiz, side_by_side
from pages.architectures.sections import PAGE, choose_section
from pages.components.header import header
from pages.components.i18n import _
from pages.components.inputs.model_select import chosen
from pages.components.layout import error_message
from pages.components.state import url_state

header(
    PAGE,
    _("Architectures"),
    _("Which networks are there, when did they come, how large are they, and what is each made of?"),
)
picture, choice = chosen()
section = choose_section()
try:
    if section == "map":
        overview_chart.draw(choice)
    elif section == "network":
        network.draw(choice)
    elif section == "beside":
        side_by_side.draw(picture, choice)
    elif section == "ideas":
        design_ideas.draw()
    elif section == "build":
        builder.draw()
    elif section == "quiz":
        quiz.draw(choice)
    else:
        families.draw()
except UserError as problem:
    error_message.show(problem)
url_state.publish()
