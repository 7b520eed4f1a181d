"""Experiments with the race at hand, each with a sentence on what to notice."""

from __future__ import annotations

import math

import streamlit as st

from core.i18n import N_
from core.optimization.surface_race.experiments import SEEDS
from core.optimization.surface_race.race import Result
from core.settings import Choice
from pages.components.caches import optimization
from pages.components.figures.optimizers import basin_figure, noise_figure, phase_figure, rate_figure
from pages.components.i18n import _, number
from pages.components.inputs.choices import choose
from pages.components.inputs.setting_widgets import draw_setting

PAGE = "optimizer_race"
EXPERIMENT = Choice(
    name="experiment",
    label=N_("Experiment"),
    default="rates",
    options=(
        ("rates", N_("Learning rates")),
        ("phases", N_("Learning rate × momentum")),
        ("basins", N_("Basins")),
        ("factor", N_("100 × f")),
        ("noise", N_("Gradient noise")),
    ),
)
METHOD = Choice(
    name="method",
    label=N_("Method"),
    default="momentum",
    options=(("momentum", N_("Momentum")), ("nesterov", "Nesterov")),
)


def draw_experiments(result: Result, titles: dict[str, str]) -> None:
    """Draw the choice of an experiment, and the one that is chosen."""
    match draw_setting(EXPERIMENT, PAGE, width=280):
        case "rates":
            _draw_rates(result, titles)
        case "phases":
            _draw_phases(result)
        case "basins":
            _draw_basins(result, titles)
        case "factor":
            _draw_factor(result, titles)
        case "noise":
            _draw_noise(result, titles)


def _draw_rates(result: Result, titles: dict[str, str]) -> None:
    st.markdown(
        _(
            "Notice how narrow the good learning rates are for some, and that no single one is good for all: "
            "stars mark those of the race, and a line ends where a method diverges."
        )
    )
    words = {"rate": _("Learning rate"), "end": _("f above the lowest minimum at the end")}
    st.plotly_chart(
        rate_figure(result, titles, words),
        key=f"{PAGE}.rates_chart",
        alt=_("Where f ends, by learning rate, for each optimizer"),
    )


def _draw_phases(result: Result) -> None:
    method = draw_setting(METHOD, PAGE)
    st.markdown(
        _(
            "Notice the border: on a bowl it is the theoretical limit, elsewhere the limit holds near the minimum "
            "only. The best place is just before it, with much momentum."
        )
    )
    words = {
        "rate": _("Learning rate"),
        "momentum": _("Momentum"),
        "end": _("log₁₀ of f above the minimum"),
        "limit": _("theoretical limit"),
    }
    st.plotly_chart(
        phase_figure(optimization.phases(result, method), words),
        key=f"{PAGE}.phases_chart",
        alt=_("Where f ends, by learning rate and momentum"),
    )


def _draw_basins(result: Result, titles: dict[str, str]) -> None:
    name = choose(_("Optimizer"), list(result.paths), titles.__getitem__, f"{PAGE}.basin_of", width=280)
    st.markdown(
        _(
            "Each start has the colour of the minimum it leads to. Notice how the borders fray where a method "
            "takes large steps; empty places are lost."
        )
    )
    st.plotly_chart(
        basin_figure(optimization.basins(result, name), result.race.surface_entry, {"to": _("minimum")}),
        key=f"{PAGE}.basins_chart",
        alt=_("Which minimum each start leads to"),
    )


def _draw_factor(result: Result, titles: dict[str, str]) -> None:
    st.markdown(
        _(
            "With f multiplied by 100 at the same learning rates: who divides by the size of the gradient does "
            "not notice, the others step 100 times as far."
        )
    )
    for name, change in optimization.changes_by_scale(result).items():
        if math.isinf(change):
            text = _("lost, or lost before")
        elif change < 1e-3:
            text = _("the same path")
        else:
            text = _("up to {distance} away", distance=number(change, ".3g"))
        st.markdown(f"**{titles[name]}** · {text}")


def _draw_noise(result: Result, titles: dict[str, str]) -> None:
    st.markdown(
        _(
            "Notice the floor that noise puts under everyone. On a bowl, ten times the noise lifts it a hundredfold "
            "for gradient descent and momentum, and far less for who divides by the size of the gradient. Lines: "
            "medians of {runs} runs, seeds {first} to {last}; bands: 10th to 90th percentile.",
            runs=SEEDS,
            first=result.race.seed,
            last=result.race.seed + SEEDS - 1,
        )
    )
    words = {"noise": _("Gradient noise"), "end": _("f above the lowest minimum at the end")}
    st.plotly_chart(
        noise_figure(optimization.floors(result), titles, words),
        key=f"{PAGE}.noise_chart",
        alt=_("Where f ends, by the noise of the gradients, for each optimizer"),
    )
