"""The chosen channel: its map enlarged, over the picture, and its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.i18n import N_
from core.settings import Integer
from pages.components.canvas.channel_map import ChannelMap, channel_map_view
from pages.components.i18n import _
from pages.components.state import url_state
from pages.visualization.number_format import show_number
from pages.visualization.selection import CHANNEL, NAME, set_channel, set_section, take_cell

if TYPE_CHECKING:
    from PIL import Image

    from core.visualization.activations.activation_capture import Maps
    from core.visualization.activations.grid import Grid

OPACITY = Integer(name="opacity", label=N_("Overlay"), default=60, minimum=0, maximum=100)


def selected_channel(grid: Grid) -> int:
    """Return the chosen channel where the layer has it, else the one with the largest mean on this page."""
    channel = url_state.initial(f"{NAME}.{CHANNEL.name}", CHANNEL)
    if not 0 <= channel < len(grid.statistics.mean):
        channel = int(grid.channels[np.argmax(grid.statistics.mean[grid.channels])])
    url_state.show(CHANNEL, channel)
    return channel


def remember_channel() -> None:
    """Take over the channel that was chosen in the grid."""
    channel = (st.session_state.get(f"{NAME}.grid") or {}).get("channel")
    if isinstance(channel, int):
        set_channel(channel)


def _remember_opacity() -> None:
    opacity = (st.session_state.get(f"{NAME}.map") or {}).get("opacity")
    if isinstance(opacity, int):
        st.session_state[f"{NAME}.{OPACITY.name}"] = opacity


def _look_into_cell() -> None:
    """Go where a cell is explained: that of the chosen channel that was clicked."""
    if take_cell(f"{NAME}.map"):
        set_section("cell")


def draw_channel(grid: Grid, maps: Maps, layer: str, channel: int, image: Image.Image) -> None:
    """Draw the map of `channel` enlarged and over `image`, with its statistics."""
    opacity = url_state.initial(f"{NAME}.{OPACITY.name}", OPACITY)
    url_state.show(OPACITY, opacity)
    low, high = grid.range_of(channel)
    shown = ChannelMap(f"{layer}/{channel}", np.ascontiguousarray(maps[channel]), low, high, grid.signed)
    words = {
        "title": _("Channel {channel}", channel=channel),
        "facts": _facts(grid, channel, low, high),
        "opacity": _(OPACITY.label),
        "large": _("Map of channel {channel}, enlarged", channel=channel),
        "over": _("Map of channel {channel} over the picture", channel=channel),
        "hint": _("Hover to read exact values; click to look into a cell."),
        "cell": _("row {y}, column {x}: {value}"),
    }
    channel_map_view(f"{NAME}.map", shown, image, opacity, words, _remember_opacity, _look_into_cell)


def _facts(grid: Grid, channel: int, low: float, high: float) -> str:
    figures = grid.statistics
    lines = [
        _(
            "mean {mean} · from {minimum} to {maximum}",
            mean=show_number(figures.mean[channel]),
            minimum=show_number(figures.minimum[channel]),
            maximum=show_number(figures.maximum[channel]),
        ),
        _("zero at {share:.0%} of the positions", share=float(figures.sparsity[channel])),
        _("coloured from {low} to {high}", low=show_number(low), high=show_number(high)),
    ]
    if figures.dead[channel]:
        lines.append(_("dead: zero everywhere for this picture"))
    return "\n".join(lines)
