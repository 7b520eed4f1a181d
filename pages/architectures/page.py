"""Architectures: the backbones ConvScope knows, by year and size, and the lesson of the page."""

from __future__ import annotations

import streamlit as st

from core.architectures.backbones import BACKBONES
from pages.components import link
from pages.components.choosers import chosen
from pages.components.figures import backbone_map
from pages.components.header import header
from pages.components.lesson import draw_lesson
from pages.components.words import _

PAGE = "architectures"

header(
    PAGE,
    _("Architectures"),
    _("Which networks are there, when did they come, how large are they, and what is each made of?"),
    lessons=(),
)
_picture, choice = chosen()
words = {
    "year": _("Year of the paper"),
    "parameters": _("Parameters"),
    "chosen": _("chosen: {title}", title=choice.entry.title),
}
st.plotly_chart(
    backbone_map(tuple(BACKBONES.values()), choice.entry, words),
    key=f"{PAGE}.map",
    alt=_("Backbones by the year of their paper and their number of parameters"),
    config={"displayModeBar": False},
)
draw_lesson(PAGE)
link.publish()
