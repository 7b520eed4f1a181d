"""One backbone: picture, layers, channels, and one channel in detail; a change here reruns nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.images import Fit, Picture, received
from core.visualization.grid import LIMIT, MOMENT, NORMALISATION, ORDER, PAGE, Grid, GridView, arrange
from pages.components import cache, link
from pages.components.canvas.grid import activation_grid
from pages.components.choosers import choose_layer
from pages.components.knobs import turn
from pages.components.turns import going_first
from pages.components.words import _
from pages.visualization.channel import draw_channel, remember_channel, selected_channel
from pages.visualization.input import draw_input, fit_in_use
from pages.visualization.ranges import range_text, show_number
from pages.visualization.share import Shown, share

if TYPE_CHECKING:
    from core.architectures.layers import Layer
    from core.architectures.loading import Backbone
    from core.visualization.activations import Activations

NAME = "visualization"
GRID = f"{NAME}.grid"


@st.fragment
def explore(picture: Picture, backbone: Backbone) -> None:
    """Draw the layer strip, the toolbar, the input, the grid and the chosen channel."""
    fit = fit_in_use()
    activations = cache.activations(backbone, picture, fit)
    with going_first():
        _draw(picture, backbone, fit, activations)


def _draw(picture: Picture, backbone: Backbone, fit: Fit, activations: Activations) -> None:
    layer = choose_layer(NAME, backbone.entry, activations, _first_page)
    view, shown = _toolbar(layer)
    maps = activations.maps(shown)
    grid = arrange(maps, view)
    channel = selected_channel(grid)
    left, middle, right = st.columns([2, 5, 2.4], gap="medium")
    with middle:  # first: it is what a person waits for
        _draw_grid(grid, shown, channel, view)
    with right:
        image = received(picture, backbone.preprocessing, fit).image
        draw_channel(grid, maps, shown, channel, image)
        share(Shown(picture, backbone, activations, fit, shown, view, grid, maps))
    with left.container(key="input"):
        draw_input(picture, backbone, fit, activations)
    link.publish()


def _toolbar(layer: Layer) -> tuple[GridView, str]:
    """Draw the settings of the view and return them with the name of the layer whose output is shown."""
    with st.container(key="toolbar", horizontal=True, gap="medium", vertical_alignment="bottom"):
        order = turn(ORDER, NAME, on_change=_first_page)
        normalisation = turn(NORMALISATION, NAME)
        if normalisation == "fixed":
            limit = turn(LIMIT, NAME, width=130)
        else:
            limit = LIMIT.default
            link.hide(LIMIT)
        outputs = {"layer": layer.name, "before": layer.before, "after": layer.after}
        moment = turn(MOMENT, NAME, available=tuple(key for key, name in outputs.items() if name))
    page = link.initial(f"{NAME}.{PAGE.name}", PAGE)
    view = GridView(order=order, normalisation=normalisation, limit=float(limit), page=page)
    return view, outputs[moment] or layer.name


def _first_page() -> None:
    st.session_state[f"{NAME}.{PAGE.name}"] = PAGE.default


def _draw_grid(grid: Grid, shown: str, channel: int, view: GridView) -> None:
    count = len(grid.statistics.mean)
    height, width = grid.maps.shape[1:]
    dead = int(grid.statistics.dead.sum())
    facts = [_("{count} channels of {height}×{width}", count=count, height=height, width=width)]
    facts.append(_("{dead} dead", dead=dead) if dead else _("none dead"))
    with st.container(key="heading"):
        heading, pages = st.columns([3, 2], vertical_alignment="center")
    heading.markdown(f"**{_code(shown)}**  \n{' · '.join(facts)}")
    if grid.pages > 1:
        with pages:
            key = f"{NAME}.{PAGE.name}"
            st.session_state[key] = grid.page
            st.pagination(grid.pages, key=key, persist_state="session")
        link.show(PAGE, grid.page)
    low, high = grid.range
    words = {
        "hint": _("Hover to read values; click a map, or use the arrow keys, to enlarge it."),
        "cell": _("channel {channel} · row {y}, column {x} · value {value} · colours from {low} to {high}"),
        "dead": _("channel {channel} is dead: zero everywhere for this picture"),
        "range": range_text(grid, view),
        "low": show_number(low),
        "high": show_number(high),
        "alternative": _("Activation maps of {count} channels of {layer}", count=len(grid.channels), layer=shown),
    }
    activation_grid(GRID, grid, shown, channel, words, remember_channel)


def _code(name: str) -> str:
    return f"`{name}`"
