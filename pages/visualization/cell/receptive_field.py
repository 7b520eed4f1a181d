"""What a cell sees: its theoretical receptive field, its effective one, and how fields grow with depth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.i18n import N_
from core.settings import Choice, Integer, Toggle
from core.visualization.activations.grid import GridView, arrange
from core.visualization.receptive_field.effective import takes_long
from core.visualization.receptive_field.export import FieldExport
from core.visualization.receptive_field.gradient_share import SHARE, gradient_share
from core.visualization.receptive_field.growth import growth
from pages.components.caches import architectures, visualization
from pages.components.canvas.receptive_field import FieldView, receptive_field_view
from pages.components.figures.receptive_field import growth_figure
from pages.components.i18n import _
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.layout.export_panel import draw_export_panel
from pages.components.state import url_state
from pages.visualization.cell.receptive_field_text import effective_facts, export_request, theoretical_facts
from pages.visualization.selection import NAME, Selection, choose_channel, set_cell, set_layer, show_in_link, take_cell

if TYPE_CHECKING:
    from core.architectures.receptive_field.fields import ReceptiveField
    from core.visualization.receptive_field.effective import Sensitivity

VIEW, CURVE = f"{NAME}.field", f"{NAME}.growth"
HEAT = Integer(name="heat", label=N_("Effective field"), default=80, minimum=0, maximum=100)
GRADIENT = Choice(
    name="gradient",
    label=N_("Gradient of"),
    default="channel",
    options=(("channel", N_("This channel")), ("all", N_("All channels"))),
    help=N_(
        "The effective field is how strongly each pixel really moves the cell: the gradient of its activation. That "
        "of one channel shows what this one looks for; that of all together, which pixels count at this place at all."
    ),
)
EFFECTIVE = Toggle(
    name="effective",
    label=N_("Effective field"),
    default=False,
    help=N_("With a network of this size the gradient takes several seconds for each cell."),
)


def draw_cell(selection: Selection) -> None:
    """Draw the map, the picture with the cell's field, and the part that the cell sees."""
    fields = architectures.receptive_fields(selection.backbone)
    field = fields.get(selection.layer.name)
    show_in_link(channel=selection.channel, cell=selection.cell)
    toolbar = st.container(key="toolbar", horizontal=True, gap="medium", vertical_alignment="bottom")
    with toolbar:
        choose_channel(selection)
        channel = None if draw_setting(GRADIENT, NAME) == "all" else selection.channel
        is_wanted = _wants_effective(selection)
        _draw_ways(selection)
        progress = st.empty()
    key = visualization.CellKey(selection.identity, selection.layer.name, channel, selection.row, selection.column)
    is_pending = is_wanted and takes_long(selection.backbone) and not visualization.effective_field.holds(key)
    sensitivity = _effective(selection, key, progress) if is_wanted and not is_pending else None
    _draw_view(selection, field, sensitivity, is_pending)
    with st.container(horizontal=True, horizontal_alignment="right"):
        request = export_request(selection, channel, sensitivity)
        draw_export_panel(
            FieldExport(
                request=request,
                stem=selection.stem,
                image=selection.image,
                field=field,
                sensitivity=sensitivity,
                points=growth(selection.activations.layers, fields),
            ),
            width="content",
        )
    if is_pending:  # the theoretical field is on the screen meanwhile
        _effective(selection, key, progress)
        st.rerun()


def _effective(selection: Selection, key: visualization.CellKey, progress: DeltaGenerator) -> Sensitivity:
    with progress, st.spinner(_("Computing the effective field…"), show_time=True):
        return visualization.effective_field(key, selection.backbone, selection.batch)


def _wants_effective(selection: Selection) -> bool:
    """Return whether the effective field is to be computed: always where that is quick, else on demand."""
    if takes_long(selection.backbone):
        return draw_setting(EFFECTIVE, NAME)
    url_state.hide(EFFECTIVE)
    return True


def _draw_ways(selection: Selection) -> None:
    """Draw ways out of a place where nothing moves the cell."""
    values = selection.maps[selection.channel]
    row, column = (int(place) for place in np.unravel_index(np.argmax(values), values.shape))
    is_there = (row, column) == selection.cell
    st.button(
        _("Strongest cell"), icon=":material/my_location:", disabled=is_there, on_click=set_cell, args=(row, column)
    )
    layer = selection.layer
    if layer.before and layer.after == layer.name:
        st.button(
            _("Before the activation function"),
            icon=":material/arrow_back:",
            help=_("Behind a ReLU’s zero no pixel moves a cell; before it, each one does."),
            on_click=set_layer,
            args=(layer.before,),
        )


def _draw_view(
    selection: Selection, field: ReceptiveField | None, sensitivity: Sensitivity | None, is_pending: bool
) -> None:
    cell = selection.cell
    grid = arrange(selection.maps, GridView(normalisation="channel"))
    low, high = grid.range_of(selection.channel)
    share = None if sensitivity is None else gradient_share(sensitivity)
    view = FieldView(
        id=f"{selection.layer.name}/{selection.channel}",
        values=np.ascontiguousarray(selection.maps[selection.channel]),
        low=low,
        high=high,
        signed=grid.signed,
        row=selection.row,
        column=selection.column,
        picture=selection.image,
        field=field,
        sensitivity=sensitivity,
        is_pending=is_pending,
        share=share,
        facts=(*theoretical_facts(field, *cell), *effective_facts(share, field, *cell)),
    )
    opacity = url_state.initial(f"{NAME}.{HEAT.name}", HEAT)
    url_state.show(HEAT, opacity)
    receptive_field_view(VIEW, view, opacity, _words(selection), _remember_cell, _remember_opacity)


def _words(selection: Selection) -> dict[str, str]:
    side = selection.image.width
    return {
        "map": _("Channel {channel}", channel=selection.channel),
        "middle": _("The picture, {side}×{side} px, and the receptive field", side=side),
        "right": _("What the cell sees"),
        "cells": _("Map of channel {channel}: click or arrow keys choose a cell", channel=selection.channel),
        "picture": _("The picture with the receptive field of the chosen cell"),
        "part": _("The part of the picture inside of the receptive field"),
        "cell": _("row {row}, column {column}: {value}"),
        "sees": _("sees rows {top} to {bottom},\ncolumns {left} to {right}"),
        "whole": _("sees the whole picture"),
        "nothing": _("sees nothing but padding"),
        "pixel": _("pixel in row {row}, column {column}:\n|∂a/∂x| = {value}"),
        "bare": _("pixel in row {row}, column {column}"),
        "padding": _("beyond the picture: padding"),
        "solid": _("within the picture"),
        "dashed": _("unclipped"),
        "local": _("convolutions and pools alone"),
        "effective": _("middle {share:.0%} of the gradient", share=SHARE),
        "unit": _("|∂a/∂x|, activation per standard deviation, coloured by its square root"),
        "zero": _(
            "No pixel moves this cell: its gradient is zero, as behind the zero of a ReLU. Try the strongest cell, "
            "or the layer before the activation function."
        ),
        "waiting": _("Computing the effective field…"),
        "absent": _("The effective field is computed on demand."),
        "opacity": _(HEAT.label),
    }


def _remember_cell() -> None:
    take_cell(VIEW)


def _remember_opacity() -> None:
    opacity = (st.session_state.get(VIEW) or {}).get("opacity")
    if isinstance(opacity, int):
        st.session_state[f"{NAME}.{HEAT.name}"] = opacity


def draw_growth(selection: Selection) -> None:
    """Draw the size of the receptive field of each layer; a click chooses the layer."""
    points = growth(selection.activations.layers, architectures.receptive_fields(selection.backbone))
    st.subheader(_("The receptive field grows with depth"), anchor=False)
    words = {
        **{point.stage: _(point.stage) for point in points},
        "size": _("receptive field"),
        "height": _("height"),
        "width": _("width"),
        "whole": _("sees the whole picture"),
        "picture": _("the picture’s side"),
        "chosen": _("chosen layer"),
        "layers": _("layers, in the order the data takes"),
        "pixels": _("pixels"),
    }
    figure = growth_figure(points, selection.layer.name, selection.preprocessing.crop, words)
    st.plotly_chart(
        figure,
        key=CURVE,
        on_select=_remember_layer,
        selection_mode="points",
        alt=_("The size of the receptive field of each layer, from the first to the last"),
    )
    st.caption(
        _("Click a point to look at that layer. Dips are shortcuts and branches, which see less than what is beside.")
    )


def _remember_layer() -> None:
    """Take over the layer whose point was clicked."""
    chosen = (st.session_state.get(CURVE) or {}).get("selection") or {}
    layers = [point.get("customdata") for point in chosen.get("points", ())]
    if layers and isinstance(layers[0], str):
        set_layer(layers[0])
