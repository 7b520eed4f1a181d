"""One channel from all sides: its map, what it sees, its filter, what moves it, and what it does for the classes."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from core.visualization.activations.grid import GridView, arrange
from core.visualization.channel_card.drawing import draw_box, draw_filter, draw_map, draw_together
from core.visualization.channel_card.export import ChannelExport
from core.visualization.filters.kernels import branches, convolution_of
from pages.components.caches import architectures, visualization
from pages.components.i18n import _, number
from pages.visualization.ablation.section import class_contributions
from pages.visualization.dataset_examples.section import top_patches
from pages.visualization.feature_visualization.section import made_picture
from pages.visualization.number_format import show_number
from pages.visualization.representative.section import go_to_made
from pages.visualization.selection import NAME, Selection, choose_channel, set_section, show_in_link

if TYPE_CHECKING:
    from PIL import Image

    from core.visualization.ablation.changes import ClassChange
    from core.visualization.filters.kernels import KernelSource

    Cards = list[tuple[str, Image.Image]]

PATCHES = 9
LESS, MORE = "#0072B2", "#D55E00"  # where the logit falls without the channel, and where it grows
CLASSES = 3  # that lose most, and as many that gain most


def draw(selection: Selection) -> ChannelExport:
    """Draw the choice of the channel, and six cards, each a way to the section that goes into depth; return them."""
    with st.container(key="toolbar", horizontal=True, gap="medium", vertical_alignment="bottom"):
        choose_channel(selection)
        st.markdown(
            _("Channel {channel} of `{layer}`, from all sides", channel=selection.channel, layer=selection.layer.name)
        )
    show_in_link(channel=selection.channel, cell=selection.cell)
    cards = (_draw_map, _draw_field, _draw_filter, _draw_made, _draw_found, _draw_classes)
    shown: list[tuple[str, Image.Image]] = []
    for row in (cards[:3], cards[3:]):
        for column, card in zip(st.columns(3, gap="medium"), row, strict=True):
            with column:
                shown += card(selection)
    return ChannelExport(
        start=selection.start,
        stem=selection.stem,
        layer=selection.layer.name,
        channel=selection.channel,
        cell=selection.cell,
        cards=shown,
        caption=f"{selection.caption} · {selection.channel}",
    )


def _draw_map(selection: Selection) -> Cards:
    title = _head(_("Map"), "maps", lambda: set_section("maps"))
    grid = arrange(selection.maps, GridView())
    low, high = grid.range_of(selection.channel)
    picture = draw_map(selection.maps[selection.channel], low, high, grid.signed)
    st.image(picture, width="stretch", alt=_("Map of channel {channel}, enlarged", channel=selection.channel))
    st.caption(_("coloured from {low} to {high}", low=show_number(low), high=show_number(high)))
    return [(title, picture)]


def _draw_field(selection: Selection) -> Cards:
    title = _head(_("What its strongest cell sees"), "cell", lambda: set_section("cell"))
    field = architectures.receptive_fields(selection.backbone).get(selection.layer.name)
    box = field.clipped(*selection.cell) if field else None
    picture = draw_box(selection.image, box)
    st.image(picture, width="stretch", alt=_("The picture with the receptive field of the cell"))
    value = show_number(float(selection.maps[selection.channel, selection.row, selection.column]))
    st.caption(_("row {y}, column {x}: {value}", y=selection.row, x=selection.column, value=value))
    return [(title, picture)]


def _draw_filter(selection: Selection) -> Cards:
    title = _head(_("Filter"), "filters", lambda: set_section("filters"))
    found = _convolution(selection)
    if found is None:
        st.caption(_("This layer has no filters of its own."))
        return []
    convolution, filter_number = found
    filters = visualization.filters(selection.backbone, convolution)
    picture, inputs = draw_filter(filters, filter_number)
    st.image(
        picture, width="stretch", alt=_("Filter {number} of {layer}", number=filter_number, layer=convolution.layer)
    )
    reach = show_number(filters.reach)
    if inputs:
        names = ", ".join(str(channel) for channel in inputs)
        st.caption(_("heaviest slices, input channels {names}; from −{reach} to {reach}", names=names, reach=reach))
    else:
        st.caption(_("in red, green and blue, from −{reach} to {reach}; grey is 0", reach=reach))
    return [(title, picture)]


def _convolution(selection: Selection) -> tuple[KernelSource, int] | None:
    """Return the convolution and its filter that have most to do with the channel."""
    own = convolution_of(selection.backbone, selection.layer.name)
    if own is not None:
        return own, selection.channel
    for branch in branches(selection.backbone, selection.layer.name):
        if branch.first is not None and branch.holds(selection.channel):
            return branch.convolution, selection.channel - branch.first
    return None


def _draw_made(selection: Selection) -> Cards:
    title = _head(_("Made: what it answers to most"), "made", go_to_made)
    picture = made_picture(selection)
    if picture is None:
        st.caption(_("Not made yet for this layer: go there to make it."))
        return []
    st.image(picture, width="stretch", alt=_("The picture made for channel {channel}", channel=selection.channel))
    st.caption(_("made by gradient ascent, shipped with ConvScope"))
    return [(title, picture)]


def _draw_found(selection: Selection) -> Cards:
    title = _head(_("Found: what moves it most"), "images", lambda: set_section("images"))
    hits = top_patches(selection, PATCHES)
    if not hits:
        st.caption(_("With a network of this size a search takes a while: go there to start it."))
        return []
    picture = draw_together([hit.patch.crop for hit in hits])
    st.image(picture, width="stretch", alt=_("The strongest portions found"))
    st.caption(_("in the sample photographs; the strongest: {title}", title=hits[0].title))
    return [(title, picture)]


def _draw_classes(selection: Selection) -> Cards:
    _head(_("What it does for the classes"), "knockout", lambda: set_section("knockout"))
    found = class_contributions(selection, CLASSES)
    if found is None:
        st.caption(_("With a network of this size this takes a while: go there to compute it."))
        return []
    changes = [change for change in (*found.losing, *found.gaining) if change.logit_change]
    if not changes:
        st.caption(_("Without it, no class changes: it is silent here, or nothing depends on it."))
        return []
    st.html(_bars(changes))
    st.caption(_("change of the logit when this channel alone is silenced"))
    return []


def _bars(changes: list[ClassChange]) -> str:
    reach = max(abs(change.logit_change) for change in changes)
    return f'<ol class="top-classes">{"".join(_bar(change, reach) for change in changes)}</ol>'


def _bar(change: ClassChange, reach: float) -> str:
    share, colour = abs(change.logit_change) / reach, LESS if change.logit_change < 0 else MORE
    return (
        f"<li><span>{html.escape(_(change.label))}</span><b>{number(change.logit_change, '+.3g')}</b>"
        f'<i style="width:{share:.2%};background:{colour}"></i></li>'
    )


def _head(title: str, key: str, go: Callable[[], None]) -> str:
    """Draw the title of a card as the way to its section, and return it."""
    label = f"**{title}**"
    icon = ":material/arrow_outward:"
    st.button(label, icon=icon, icon_position="right", type="tertiary", key=f"{NAME}.to.{key}", on_click=go)
    return title
