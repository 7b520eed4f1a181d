"""One network: what it is made of, what each stage and layer costs, at any input size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.architectures.costs.datasheets import datasheets
from core.architectures.zoo.families import FAMILIES
from core.i18n import N_
from core.settings import Identifier, Integer
from pages.architectures.layer_table import draw_table
from pages.components.caches import architectures
from pages.components.canvas.block_diagram import block_diagram
from pages.components.figures.costs import Bars, cost_bars
from pages.components.i18n import _, number
from pages.components.inputs.model_select import BackboneChoice
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.state import url_state
from pages.components.units import memory_text, short_count

if TYPE_CHECKING:
    from core.architectures.costs.costs import Costs, Totals
    from core.architectures.zoo.backbones import BackboneEntry

PAGE = "architectures"
SIDE = Integer(
    name="side",
    label=N_("Input side, px"),
    default=0,
    minimum=1,
    maximum=1024,
    help=N_("The side of the square picture. Everything below follows; the weights stay the same."),
)
"""The side of the picture; 0 stands for the network's own."""
LAYER = Identifier(name="of_layer", label=N_("Layer"), default="")
SIDE_KEY, LAYER_KEY = f"{PAGE}.{SIDE.name}", f"{PAGE}.{LAYER.name}"
OWNER = f"{PAGE}.side_of"
DIAGRAM = f"{PAGE}.diagram"


def draw(choice: BackboneChoice) -> None:
    """Draw the chosen backbone from the outside to the inside: facts, stages, blocks, layers."""
    entry = choice.entry
    _draw_facts(entry)
    side = _choose_side(entry)
    costs = architectures.costs(entry.name, side)
    if costs.shortfall is not None:
        fault = costs.shortfall
        values = {"layer": fault.layer, "formula": fault.formula, "given": fault.given, "wanted": fault.wanted}
        st.warning(
            _("At {side} px the network stops: ", side=side) + _(fault.reason, **values), icon=":material/block:"
        )
    if not costs.layers:
        return
    _draw_stages(costs)
    chosen = url_state.initial(LAYER_KEY, LAYER)
    names = [cost.layer.name for cost in costs.layers]
    if chosen not in names:
        chosen = st.session_state[LAYER_KEY] = ""
    url_state.show(LAYER, chosen)
    st.subheader(_("What it is made of"), anchor=False)
    st.caption(_("Click a group to unfold it, a layer to see its figures below. Blue lines lead past something."))
    block_diagram(
        DIAGRAM,
        architectures.diagram(entry.name, side),
        chosen,
        {
            "label": _("Block diagram of {title}", title=entry.title),
            "layers": _("{count} layers", count="{count}"),
        },
        _remember,
    )
    draw_table(entry, costs, architectures.fields_at(entry.name, side), chosen)


def _draw_facts(entry: BackboneEntry) -> None:
    sheet, family = datasheets()[entry.name], FAMILIES[entry.family]
    facts = [
        _("{count} M parameters", count=number(sheet.parameters / 1e6, ".3g")),
        _("{count} G MACs at {side} px", count=number(sheet.macs / 1e9, ".3g"), side=entry.input_size),
        _("{count} convolutions and linear layers", count=sheet.depth),
    ]
    if sheet.top1 is not None:
        facts.append(_("ImageNet top-1 {share} %", share=number(sheet.top1, ".1f")))
    st.subheader(f"{entry.title} · {entry.year}", anchor=False)
    st.markdown(_(family.idea))
    st.caption(" · ".join([*facts, f"[{entry.paper.title}]({entry.paper.url})"]))


def _choose_side(entry: BackboneEntry) -> int:
    """Draw the choice of the input's side, which is the network's own until a person chooses, and return it."""
    asked = url_state.initial(SIDE_KEY, SIDE)
    before = st.session_state.get(OWNER)
    if asked == SIDE.default or (before is not None and before[0] != entry.name and asked == before[1]):
        st.session_state[SIDE_KEY] = entry.input_size
    st.session_state[OWNER] = (entry.name, entry.input_size)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="network-toolbar"):
        side = draw_setting(replace(SIDE, default=entry.input_size), PAGE, width=170)
        st.button(
            _("Its own: {side} px", side=entry.input_size),
            icon=":material/restart_alt:",
            key=f"{PAGE}.own_side",
            disabled=side == entry.input_size,
            on_click=st.session_state.update,
            args=({SIDE_KEY: entry.input_size},),
        )
    return side


def _draw_stages(costs: Costs) -> None:
    stages = costs.by_stage
    total = costs.totals
    columns = [
        _bars(_("Parameters: {total}", total=short_count(total.parameters)), stages, "parameters", short_count),
        _bars(_("MACs: {total}", total=short_count(total.macs)), stages, "macs", short_count),
        _bars(
            _("Activations: {total}", total=memory_text(total.activation_bytes)),
            stages,
            "activation_bytes",
            memory_text,
        ),
    ]
    st.plotly_chart(
        cost_bars([_(stage) for stage in stages], columns),
        key=f"{PAGE}.stages",
        alt=_("Parameters, multiply-accumulates and activation memory of each stage"),
        config={"displayModeBar": False, "staticPlot": False},
    )


def _bars(title: str, stages: dict[str, Totals], part: str, write: Callable[[int], str]) -> Bars:
    values = tuple(int(getattr(totals, part)) for totals in stages.values())
    total = sum(values) or 1
    hovers = tuple(
        _("{value}, {share} of the total", value=write(value), share=number(value / total, ".1%")) for value in values
    )
    return Bars(title, tuple(map(float, values)), tuple(map(write, values)), hovers)


def _remember() -> None:
    name = (st.session_state.get(DIAGRAM) or {}).get("layer")
    if isinstance(name, str):
        st.session_state[LAYER_KEY] = name
