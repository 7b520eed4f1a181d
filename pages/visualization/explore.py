"""One backbone: a layer of it, and one of the sections that look at that; a change here reruns nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import UserError
from core.images.picture import Picture
from pages.components.caches import models
from pages.components.inputs.model_select import choose_layer
from pages.components.layout import error_message
from pages.components.layout.export_panel import draw_export_panel
from pages.components.state import url_state
from pages.components.state.fair_rendering import going_first
from pages.visualization.ablation import section as ablation
from pages.visualization.attribution import section as evidence
from pages.visualization.cell import section as cell
from pages.visualization.channel import section as channel
from pages.visualization.filters import section as filters
from pages.visualization.maps import section as maps
from pages.visualization.network_input import fit_in_use
from pages.visualization.representative import section as images
from pages.visualization.selection import NAME, Selection, choose_section, make_selection

if TYPE_CHECKING:
    from core.architectures.loading import Backbone

SECTIONS: dict[str, Callable[[Selection], object]] = {
    "channel": channel.draw,
    "cell": cell.draw,
    "filters": filters.draw,
    "images": images.draw,
    "evidence": evidence.draw,
    "knockout": ablation.draw,
}
"""What draws each section and returns the record of what it shows, which the export panel turns into files.

The panel stands below the section, or where a `Placed` record says. A section of which two things can be taken along,
or that goes on by itself, draws the panels where they belong and returns None. A new section needs a row here and in
`SECTION`, a record with its writer in core (see `core.exports`), and to return the record. The maps are drawn apart:
they go first, and the others may compute for seconds.
"""


@st.fragment
def explore(picture: Picture, backbone: Backbone) -> None:
    """Draw the layer strip, the row of sections and the chosen section."""
    url_state.return_to_mark()
    fit = fit_in_use()
    activations = models.activations(backbone, picture, fit)
    with going_first():
        layer = choose_layer(NAME, backbone.entry, activations, maps.first_page)
        section = choose_section()
        selection = make_selection(picture, backbone, fit, activations, layer)
        if section == "maps":
            draw_export_panel(maps.draw(selection))
    if section != "maps":
        try:
            draw_export_panel(SECTIONS[section](selection))
        except UserError as problem:  # here, for where a fragment runs again nobody else would show it
            error_message.show(problem)
    url_state.publish()
