"""The program that computes and draws the filters of a layer, with core alone."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from core.scripts import ScriptStart, render_script
from core.visualization.filters.layout import FilterView


@dataclass(frozen=True, kw_only=True)
class FiltersRequest:
    """What a program is to reproduce; `caption` and `range_label` are the texts drawn into the picture."""

    start: ScriptStart
    layer: str
    view: FilterView
    caption: str
    range_label: str


def write_script(request: FiltersRequest) -> str:
    """Return the program; it prints dead and alike filters and writes filters.npz, filters.csv and filters.png.

    It needs no picture: filters are the same for all.
    """
    return render_script(
        "filters",
        file_name="filters.py",
        start=dataclasses.replace(request.start, sample=None, file_name=None),
        layer=request.layer,
        view=dataclasses.asdict(request.view),
        caption=request.caption,
        range_label=request.range_label,
    )
