"""All channels of a layer: the picture that comes in, the grid of maps, and the chosen one in detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.visualization.activations.activation_capture import Maps
from core.visualization.activations.export import MapsExport
from core.visualization.activations.grid import LIMIT, MOMENT, NORMALISATION, ORDER, PAGE, Grid, GridView, arrange
from core.visualization.activations.script import ScriptRequest
from pages.components.canvas.map_grid import activation_grid
from pages.components.i18n import _
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.layout.export_panel import Placed
from pages.components.state import url_state
from pages.visualization.maps.channel_panel import draw_channel, remember_channel, selected_channel
from pages.visualization.network_input import draw_input
from pages.visualization.number_format import range_text, show_number
from pages.visualization.selection import NAME, Selection

if TYPE_CHECKING:
    from core.architectures.graph.tracing import Layer

GRID = f"{NAME}.grid"


def draw(selection: Selection) -> Placed:
    """Draw the toolbar, the input, the grid and the chosen channel; return the maps, their panel below the channel."""
    view, shown = _toolbar(selection.layer)
    maps = selection.activations.maps(shown)
    grid = arrange(maps, view)
    channel = selected_channel(grid)
    left, middle, right = st.columns([2, 5, 2.4], gap="medium")
    with middle:  # first: it is what a person waits for
        _draw_grid(grid, shown, channel, view)
    with right:
        draw_channel(grid, maps, shown, channel, selection.image)
    with left.container(key="input"):
        draw_input(selection.picture, selection.backbone, selection.fit, selection.activations)
    return Placed(_record(selection, shown, view, grid, maps), right)


def _toolbar(layer: Layer) -> tuple[GridView, str]:
    """Draw the settings of the view and return them with the name of the layer whose output is shown."""
    with st.container(key="toolbar", horizontal=True, gap="medium", vertical_alignment="bottom"):
        order = draw_setting(ORDER, NAME, on_change=first_page)
        normalisation = draw_setting(NORMALISATION, NAME)
        if normalisation == "fixed":
            limit = draw_setting(LIMIT, NAME, width=130)
        else:
            limit = LIMIT.default
            url_state.hide(LIMIT)
        outputs = {"layer": layer.name, "before": layer.before, "after": layer.after}
        moment = draw_setting(MOMENT, NAME, available=tuple(key for key, name in outputs.items() if name))
    page = url_state.initial(f"{NAME}.{PAGE.name}", PAGE)
    view = GridView(order=order, normalisation=normalisation, limit=float(limit), page=page)
    return view, outputs[moment] or layer.name


def first_page() -> None:
    """Return to the first page of channels: another layer or order has other ones there."""
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
        url_state.show(PAGE, grid.page)
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


def _record(selection: Selection, layer: str, view: GridView, grid: Grid, maps: Maps) -> MapsExport:
    """Return what is on the screen; the texts are made now, in the visitor's language."""
    parts = [selection.network, layer, "×".join(str(size) for size in maps.shape), selection.picture.name]
    if grid.pages > 1:
        parts.append(_("page {page} of {pages}", page=grid.page, pages=grid.pages))
    request = ScriptRequest(
        **vars(selection.start),
        layer=layer,
        view=view,
        caption=" · ".join(parts),
        range_label=range_text(grid, view),
    )
    stem = f"{selection.backbone.entry.name}-{layer}"
    return MapsExport(request=request, stem=stem, grid=grid, maps=maps, logits=selection.activations.logits)
