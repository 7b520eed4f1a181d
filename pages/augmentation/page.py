"""Augmentation: the lesson of the page."""

from __future__ import annotations

from pages.components import link
from pages.components.header import header
from pages.components.lesson import draw_lesson
from pages.components.words import _

PAGE = "augmentation"

header(
    PAGE,
    _("Augmentation"),
    _("What do flips, crops, rotations and colour changes do to a picture, and when do they help a network?"),
    lessons=(),
)
draw_lesson(PAGE)
link.publish()
