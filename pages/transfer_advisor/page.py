"""Transfer advisor: the lesson of the page."""

from __future__ import annotations

from pages.components import link
from pages.components.header import header
from pages.components.lesson import draw_lesson
from pages.components.words import _

PAGE = "transfer_advisor"

header(
    PAGE,
    _("Transfer advisor"),
    _("Which is better for your own pictures: features of a trained network, fine-tuning, or training from scratch?"),
    lessons=(),
)
draw_lesson(PAGE)
link.publish()
