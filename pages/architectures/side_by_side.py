"""Two or three networks side by side: the same picture, the same scales."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from core.architectures.costs.datasheets import datasheets
from pages.architectures.metrics import QUANTITIES, Known
from pages.components.caches import architectures, models
from pages.components.figures.costs import Bars, Staircase, cost_bars, staircases
from pages.components.i18n import _, number
from pages.components.inputs.comparison_select import choose_others
from pages.components.inputs.model_select import BackboneChoice
from pages.components.jobs.weights_panel import ready_backbone
from pages.components.layout.class_bars import draw_top_classes
from pages.components.units import memory_text, short_count

if TYPE_CHECKING:
    from core.architectures.costs.block_diagram import DiagramBlock
    from core.images.picture import Picture

PAGE = "architectures"
FACTS = ("parameters", "macs", "memory", "field", "depth", "top1", "year")
CLASSES = 3


def draw(picture: Picture, choice: BackboneChoice) -> None:
    """Draw the choice of the others, what each says of the picture, the staircases and the costs."""
    choices = [choice, *choose_others(choice)]
    _draw_answers(picture, choices)
    entries = [choice.entry for choice in choices]
    titles = [entry.title for entry in entries]
    st.subheader(_("Resolution falls, channels grow"), anchor=False)
    st.plotly_chart(
        staircases(
            [staircase(entry.title, architectures.diagram(entry.name, entry.input_size)) for entry in entries],
            {
                "side": _("Side of the maps, px"),
                "channels": _("Channels"),
                "layers": _("Layer"),
            },
        ),
        key=f"{PAGE}.staircases",
        alt=_("Resolution and channels along the layers of {titles}", titles=", ".join(titles)),
        config={"displayModeBar": False},
    )
    st.caption(
        _(
            "Layers in the order the data takes; each step is a block. "
            "Both scales are logarithmic: a halving is as high everywhere."
        )
    )
    st.subheader(_("What they cost"), anchor=False)
    sheets = [datasheets()[entry.name] for entry in entries]
    columns = [
        _bars(_("Parameters"), [sheet.parameters for sheet in sheets], short_count),
        _bars(_("MACs"), [sheet.macs for sheet in sheets], short_count),
        _bars(_("Activations"), [sheet.activation_bytes for sheet in sheets], memory_text),
    ]
    st.plotly_chart(
        cost_bars(titles, columns),
        key=f"{PAGE}.costs",
        alt=_("Parameters, multiply-accumulates and activation memory of each network"),
        config={"displayModeBar": False},
    )
    known = [Known(entry=entry, sheet=sheet, latency=None) for entry, sheet in zip(entries, sheets, strict=True)]
    lines = ["| | " + " | ".join(titles) + " |", "| --- |" + " ---: |" * len(titles)]
    for name in FACTS:
        quantity = QUANTITIES[name]
        lines.append(f"| {_(quantity.title)} | " + " | ".join(quantity.said(cost) for cost in known) + " |")
    st.markdown("\n".join(lines))
    sides = ", ".join(f"{entry.title} {entry.input_size}×{entry.input_size}" for entry in entries)
    st.caption(_("Each at its own input size, in pixels: {sides}.", sides=sides))


def _draw_answers(picture: Picture, choices: list[BackboneChoice]) -> None:
    """Draw what each network says of the picture, and how long it took."""
    for column, choice in zip(st.columns(len(choices), gap="medium"), choices, strict=True):
        with column:
            st.subheader(choice.entry.title, anchor=False)
            model = ready_backbone(choice)
            if model is None:
                continue
            answer = models.classification(model, picture, "crop")
            st.caption(_("{time} ms for this picture here, on one core", time=number(answer.milliseconds, ".3g")))
            draw_top_classes(model, answer.logits, CLASSES)


def staircase(title: str, whole: DiagramBlock) -> Staircase:
    """Return after which layer each block ends, and the maps that leave it, as long as there are maps."""
    ends: list[tuple[int, int, int]] = []
    layers = 0
    for stage in whole.parts:
        for part in stage.parts or (stage,):
            layers += part.layers
            channels, height, _width = part.maps
            if len(part.output) == 3:
                ends.append((layers, height, channels))
    columns = [tuple(column) for column in zip(*ends, strict=True)]
    return Staircase(title, *columns)


def _bars(title: str, values: list[int], write: Callable[[int], str]) -> Bars:
    most = max(values)
    hovers = tuple(f"{write(value)} · {number(value / most, '.0%')}" for value in values)
    return Bars(title, tuple(map(float, values)), tuple(map(write, values)), hovers)
