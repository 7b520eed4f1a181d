"""The table of a network's layers, and one of them in detail: every figure with the formula that it follows from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.i18n import grouped
from pages.components.i18n import _, number

if TYPE_CHECKING:
    from core.architectures.costs.costs import Costs, LayerCost
    from core.architectures.receptive_field.fields import Fields
    from core.architectures.zoo.backbones import BackboneEntry

PAGE = "architectures"
TABLE_HEIGHT = 420
KILOBYTE = 1024


def draw_table(entry: BackboneEntry, costs: Costs, fields: Fields, chosen: str) -> None:
    """Draw the chosen layer in detail and the table of all, with its totals."""
    st.subheader(_("Layer by layer"), anchor=False)
    if chosen:
        _draw_detail(costs.of(chosen), costs, fields)
    table = _table(costs, fields)
    key = f"{PAGE}.layers.{entry.name}.{costs.size[0]}"

    def remember() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        st.session_state[f"{PAGE}.of_layer"] = costs.layers[rows[0]].layer.name if rows else ""

    st.dataframe(
        table,
        hide_index=True,
        height=TABLE_HEIGHT,
        on_select=remember,
        selection_mode="single-row",
        key=key,
        column_config={
            _("Parameters"): st.column_config.NumberColumn(format="localized"),
            _("MACs"): st.column_config.NumberColumn(format="localized"),
            _("Share of MACs"): st.column_config.ProgressColumn(format="%.1f %%", min_value=0.0, max_value=100.0),
        },
    )
    totals = costs.totals
    st.caption(
        _(
            "Totals: {parameters} parameters, {macs} MACs, {memory} MB of activations in float32 for one picture. "
            "MACs count "
            "convolutions and linear layers without biases, as torchvision’s tables do; a MAC is two floating-point "
            "operations. Click a row for its formulas.",
            parameters=grouped(totals.parameters),
            macs=grouped(totals.macs),
            memory=number(totals.activation_bytes / KILOBYTE**2, ".1f"),
        )
    )


def _table(costs: Costs, fields: Fields) -> dict[str, list[Any]]:
    layers, total = costs.layers, costs.totals
    return {
        _("Stage"): [_(cost.layer.stage) for cost in layers],
        _("Layer"): [cost.layer.name for cost in layers],
        _("Operation"): [cost.layer.kind for cost in layers],
        _("Kernel"): [_pair(cost, "kernel") for cost in layers],
        _("Stride"): [_pair(cost, "stride") for cost in layers],
        _("Padding"): [_pair(cost, "padding") for cost in layers],
        _("Groups"): [str(cost.groups) if cost.groups > 1 else "" for cost in layers],
        _("Input"): [" + ".join(_shape(shape) for shape in cost.inputs) for cost in layers],
        _("Output"): [_shape(cost.output) for cost in layers],
        _("Parameters"): [cost.parameters for cost in layers],
        _("MACs"): [cost.macs for cost in layers],
        _("Share of MACs"): [100 * cost.macs / max(1, total.macs) for cost in layers],
        _("Memory, kB"): [round(cost.activation_bytes / KILOBYTE, 1) for cost in layers],
        _("Receptive field"): [_field(fields, cost.layer.name) for cost in layers],
    }


def _pair(cost: LayerCost, part: str) -> str:
    if cost.windows is None:
        return ""
    return (
        "×".join(dict.fromkeys(str(getattr(window, part)) for window in cost.windows))
        if part != "kernel"
        else ("×".join(str(window.kernel) for window in cost.windows))
    )


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _field(fields: Fields, name: str) -> str:
    found = fields.get(name)
    if found is None:
        return ""
    local = found.local
    size = local.size if local is not None else None
    if found.is_whole and size is None:
        return _("whole picture")
    return _shape(size) if size is not None else ""


def _draw_detail(cost: LayerCost, costs: Costs, fields: Fields) -> None:
    """Draw one layer's figures, each beside the calculation that leads to it."""
    rows: list[tuple[str, str]] = []
    for side, formula in zip((_("Height"), _("Width")), cost.sides, strict=False):
        rows.append((side, formula))
    if cost.formula:
        rows.append((_("Parameters"), f"{cost.formula} = {grouped(cost.parameters)}"))
    if cost.macs:
        share = number(100 * cost.macs / max(1, costs.totals.macs), ".1f")
        rows.append((_("MACs"), f"{cost.macs_formula} = {grouped(cost.macs)} ({share} %)"))
    kilobytes = number(cost.activation_bytes / KILOBYTE, ".1f")
    rows.append((_("Memory"), f"{_shape(cost.output)} × 4 B = {grouped(cost.activation_bytes)} B ({kilobytes} kB)"))
    rows.append((_("Receptive field"), _field(fields, cost.layer.name) or "–"))
    with st.container(border=True, key="layer-detail"):
        inputs = " + ".join(_shape(shape) for shape in cost.inputs)
        st.markdown(f"**`{cost.layer.name}`** · {cost.layer.kind} · {inputs} → {_shape(cost.output)}")
        st.markdown("\n".join(["| | |", "| --- | --- |", *(f"| {name} | {text} |" for name, text in rows)]))
        st.button(
            _("See its maps"),
            icon=":material/grid_view:",
            key=f"{PAGE}.see_maps",
            on_click=_wish_for_maps,
            args=(cost.layer.name,),
        )
    if st.session_state.pop(f"{PAGE}.goes", False):
        st.switch_page("pages/visualization/page.py")


def _wish_for_maps(layer: str) -> None:
    st.session_state.update(
        {
            "visualization.layer": layer,
            "visualization.mode": "explore",
            "visualization.section": "maps",
            f"{PAGE}.goes": True,
        }
    )
