"""Results become Plotly figures: pure functions, one style."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from pages.components.figures import palette
from pages.components.figures.palette import optimizer_look, plotly_dash

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.optimization.surface_race.experiments import Basins, Floors, Phases
    from core.optimization.surface_race.race import Result
    from core.optimization.surface_race.step_details import StepDetails
    from core.optimization.surfaces.registry import Surface

HEIGHT = 420
LEAST = 1e-12  # of f above the minimum, on a logarithmic axis
COLOURS = (*palette.COLOURS, "#7F7F7F", "#B8860B")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "hexagon")


def rate_figure(result: Result, titles: Mapping[str, str], words: Mapping[str, str]) -> go.Figure:
    """Return where f ends for each learning rate, one line an optimizer; the rates used in the race are marked.

    `words` holds the titles of the axes, `rate` and `end`.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, (rates, ends) in result.curves.items():
        look = optimizer_look(name)
        shown = np.where(np.isfinite(ends), np.maximum(ends - result.lowest / result.race.scale, LEAST), np.nan)
        at = int(np.argmin(np.abs(np.log(rates / result.rates[name]))))
        line = {"color": look.colour, "width": 2.5, "dash": plotly_dash(look)}
        figure.add_scatter(x=rates, y=shown, name=titles[name], mode="lines", line=line)
        figure.add_scatter(
            x=[rates[at]],
            y=[shown[at]],
            mode="markers",
            marker={"color": look.colour, "size": 11, "symbol": "star"},
            showlegend=False,
            hoverinfo="skip",
        )
    _lay_out(figure, words["rate"], words["end"])
    figure.update_xaxes(type="log", dtick=1)
    figure.update_yaxes(type="log")
    return figure


def phase_figure(phases: Phases, words: Mapping[str, str]) -> go.Figure:
    """Return the phase map as colours of log10 f above the minimum, with the theoretical limit as a line.

    What diverged is left empty. `words` holds `rate`, `momentum`, `end` and `limit`.
    """
    import plotly.graph_objects as go

    ends = np.log10(
        np.maximum(phases.ends, LEAST), where=np.isfinite(phases.ends), out=np.full(phases.ends.shape, np.nan)
    )
    figure = go.Figure()
    figure.add_heatmap(
        x=phases.rates, y=phases.momenta, z=ends, colorscale="Viridis", zmax=3, colorbar={"title": words["end"]}
    )
    figure.add_scatter(
        x=phases.limits, y=phases.momenta, mode="lines", name=words["limit"], line={"color": "#D55E00", "width": 3}
    )
    _lay_out(figure, words["rate"], words["momentum"])
    figure.update_xaxes(type="log", range=[float(np.log10(phases.rates[0])), float(np.log10(phases.rates[-1]))])
    return figure


def noise_figure(floors: Floors, titles: Mapping[str, str], words: Mapping[str, str]) -> go.Figure:
    """Return where f ends for each noise: the median of an optimizer as a line, its 10th to 90th percentile as a band.

    `words` holds the titles of the axes, `noise` and `end`.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, ends in floors.ends.items():
        look = optimizer_look(name)
        low, middle, high = np.where(np.isfinite(ends), np.maximum(ends, LEAST), np.nan)
        red, green, blue = (int(look.colour[i : i + 2], 16) for i in (1, 3, 5))
        edge = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
        figure.add_scatter(x=floors.noises, y=low, **edge)
        figure.add_scatter(
            x=floors.noises, y=high, fill="tonexty", fillcolor=f"rgba({red},{green},{blue},0.15)", **edge
        )
        line = {"color": look.colour, "width": 2.5, "dash": plotly_dash(look)}
        figure.add_scatter(x=floors.noises, y=middle, name=titles[name], mode="lines", line=line)
    _lay_out(figure, words["noise"], words["end"])
    figure.update_layout(legend_traceorder="normal")
    figure.update_xaxes(type="log", dtick=1)
    figure.update_yaxes(type="log")
    return figure


def basin_figure(basins: Basins, surface: Surface, words: Mapping[str, str]) -> go.Figure:
    """Return the basins, each minimum in a colour of its own; what is lost is left empty. `words` holds `to`."""
    import plotly.graph_objects as go

    count = len(surface.minima)
    shares = np.linspace(0, 1, count + 1)
    scale = [[float(share), COLOURS[k]] for k in range(count) for share in shares[k : k + 2]]
    figure = go.Figure()
    figure.add_heatmap(
        x=basins.x,
        y=basins.y,
        z=np.where(basins.nearest < 0, np.nan, basins.nearest),
        colorscale=scale,
        zmin=-0.5,
        zmax=count - 0.5,
        opacity=0.75,
        showscale=False,
        hovertemplate=f"(%{{x:.2f}}, %{{y:.2f}}) → {words['to']} %{{z}}<extra></extra>",
    )
    x, y = zip(*surface.minima, strict=True)
    figure.add_scatter(
        x=x, y=y, mode="markers+text", textfont={"color": "black"}, text=[str(k) for k in range(count)],
        marker={"symbol": "star", "size": 22, "color": "white", "line": {"width": 1.5, "color": "black"}},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    _lay_out(figure, "x", "y")
    return figure


def step_figure(details: StepDetails, words: Mapping[str, str]) -> go.Figure:
    """Return a step as arrows from the point: the way of the gradient alone, and the way that was taken.

    `words` holds `gradient`, `step` and `ahead`.
    """
    import plotly.graph_objects as go

    look = optimizer_look(details.optimizer)
    plain = details.point - details.values["lr"] * details.gradient
    figure = go.Figure()
    for end, name, colour, width in (
        (plain, words["gradient"], "#8a8f98", 3),
        (details.next, words["step"], look.colour, 4),
    ):
        x, y = zip(details.point, end, strict=True)
        marker = {"symbol": "arrow", "size": 14, "angleref": "previous", "color": colour}
        figure.add_scatter(
            x=x, y=y, name=name, mode="lines+markers", marker=marker, line={"color": colour, "width": width}
        )
    if details.ahead is not None:
        figure.add_scatter(
            x=[details.ahead[0]],
            y=[details.ahead[1]],
            name=words["ahead"],
            mode="markers",
            marker={"symbol": "diamond-open", "size": 12, "color": look.colour, "line": {"width": 2}},
        )
    figure.add_scatter(
        x=[details.point[0]],
        y=[details.point[1]],
        mode="markers",
        marker={"size": 12, "color": look.colour},
        showlegend=False,
        hoverinfo="skip",
    )
    _lay_out(figure, "x", "y")
    figure.update_yaxes(scaleanchor="x")
    return figure


def _lay_out(figure: go.Figure, x: str, y: str) -> None:
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02},
        xaxis={"title": x, "exponentformat": "power"},
        yaxis={"title": y, "exponentformat": "power"},
    )
