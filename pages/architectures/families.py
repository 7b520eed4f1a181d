"""Family cards: the idea, the paper, what it introduced, when to take it; and which family builds on which."""

from __future__ import annotations

import streamlit as st

from core.architectures.zoo.backbones import of_family
from core.architectures.zoo.families import FAMILIES, Family
from pages.architectures.sections import open_network
from pages.components.figures.families import lineage
from pages.components.i18n import _

PAGE = "architectures"
COLUMNS = 2
LECTURE = 6  # families that come first


def draw() -> None:
    """Draw the lineage, then a card for each family, the lecture's six first."""
    st.plotly_chart(
        lineage(tuple(FAMILIES.values())),
        key=f"{PAGE}.lineage",
        alt=_("Which family takes up the ideas of which, by year"),
        config={"displayModeBar": False},
    )
    st.caption(_("A line leads from a family to those that take up its ideas."))
    cards = list(FAMILIES.values())
    for title, group in ((_("The lecture’s six"), cards[:LECTURE]), (_("Their relatives"), cards[LECTURE:])):
        st.subheader(title, anchor=False)
        for start in range(0, len(group), COLUMNS):
            for column, family in zip(st.columns(COLUMNS, gap="medium"), group[start : start + COLUMNS], strict=False):
                with column.container(border=True, height="stretch"):
                    draw_card(family)


def draw_card(family: Family) -> None:
    """Draw what is said of a family, and ways to its backbones."""
    paper = family.paper
    st.markdown(f"**{family.name}** · {paper.year}")
    st.markdown(_(family.idea))
    for label, text in (
        (_("Introduced"), family.introduced),
        (_("Take it when"), family.take_when),
        (_("Weakness"), family.weakness),
    ):
        st.markdown(f"**{label}:** {_(text)}")
    st.caption(f"[{paper.title}]({paper.url}) · {paper.authors}")
    with st.container(horizontal=True, gap="small"):
        for entry in of_family(family.name):
            st.button(
                entry.title,
                key=f"{PAGE}.open.{entry.name}",
                type="tertiary",
                on_click=open_network,
                args=(entry.name,),
            )
