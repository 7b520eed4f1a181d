"""The race on a surface: what is chosen, the race itself, and the scoreboard."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from core.compute import prepare
from core.i18n import N_
from core.optimization.optimizers import OPTIMIZERS
from core.optimization.surface_race.noise import RUNS_AT_MOST
from core.optimization.surface_race.race import FAIRNESS, Race
from core.optimization.surfaces.custom import EXAMPLE, OWN, own_surface
from core.optimization.surfaces.formula import FormulaError
from core.optimization.surfaces.registry import SURFACES, Point, Surface
from core.settings import Choice, Integer, Number, Setting, Text
from pages.components.caches import optimization
from pages.components.canvas.surface_race import surface_race_view
from pages.components.i18n import _
from pages.components.inputs.choices import tabs
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.layout import error_message
from pages.components.state import url_state
from pages.optimizer_race.experiments import draw_experiments
from pages.optimizer_race.optimizer_select import choose_optimizers
from pages.optimizer_race.scoreboard import draw_scoreboard
from pages.optimizer_race.step_details import draw_step_details

PAGE = "optimizer_race"
VIEW = f"{PAGE}.view"
LAST = f"{PAGE}.last"  # the last race that there was
TITLES = {**{surface.name: surface.title for surface in SURFACES.values()}, OWN: N_("Your own formula")}
SURFACE = Choice(name="surface", label=N_("Surface"), default="rosenbrock", options=tuple(TITLES.items()))
FORMULA = Text(name="formula", label=N_("f(x, y) ="), default=EXAMPLE)
RATE = Number(
    name="rate", label=N_("Learning rate"), default=0.01, minimum=0.0001, maximum=10.0, step=0.001, format="%.4f"
)
STEPS = Integer(name="steps", label=N_("Steps"), default=300, minimum=10, maximum=2000)
NOISE = Number(
    name="noise",
    label=N_("Gradient noise"),
    default=0.0,
    minimum=0.0,
    maximum=100.0,
    step=0.5,
    help=N_("The standard deviation of what is added to each gradient, as mini-batches do."),
)
SEED = Integer(name="noise_seed", label=N_("Seed"), default=0, minimum=0, maximum=9999)

RUNS = Integer(
    name="runs",
    label=N_("Runs"),
    default=21,
    minimum=1,
    maximum=RUNS_AT_MOST,
    help=N_("How often each optimizer runs, with other noise each time: seed after seed from the one beside."),
)


class StartSetting(Setting[Point | None]):
    """Where the race begins, as "x,y"; None for the surface's own start."""

    def read(self, text: str) -> Point | None:
        """Return the two numbers, or the default for anything else."""
        try:
            x, y = (float(part) for part in text.split(","))
        except ValueError:
            return self.default
        return (x, y) if math.isfinite(x) and math.isfinite(y) else self.default

    def write(self, value: Point | None) -> str:
        """Return the two numbers with a comma between them; empty for the surface's own start."""
        return "" if value is None else f"{value[0]:g},{value[1]:g}"


START = StartSetting(name="start", label=N_("Starting point"), default=None)


def draw_surface_race() -> None:
    """Draw the choices, the race and the scoreboard; under a mistake in the formula the last race, which is dimmed."""
    settings = _choose_settings()
    optimizers = choose_optimizers()
    with st.container(key="race-mistake"):  # also without one, so that what follows keeps its place
        surface = _surface(settings["surface"], settings["formula"])
    race: Race | None
    if surface is None:
        race = st.session_state.get(LAST)
    else:
        race = st.session_state[LAST] = Race(**settings, optimizers=optimizers, start=_start(surface))
    if race is not None:
        with st.container(key="race-shown"):
            _draw_race(race)


def _draw_race(race: Race) -> None:
    if not race.optimizers:
        st.info(_("Choose an optimizer, or several: each is a runner."))
        return
    result = optimization.held_race(race)
    titles = {name: _(OPTIMIZERS[name].title) for name in race.optimizers}
    st.caption(_(race.surface_entry.idea))
    surface_race_view(VIEW, optimization.identity(race), result, titles, _texts(race), _remember_start)
    if result.spreads:
        st.caption(_explain_spread(race))
    draw_scoreboard(result, titles)
    ways = {"lens": _("One step under the lens"), "experiments": _("Experiments")}
    closer, further = tabs(ways, f"{PAGE}.closer")
    with closer:
        draw_step_details(result, titles)
    with further:
        draw_experiments(result, titles)


def _choose_settings() -> dict[str, Any]:
    """Draw the choices and return what they make of a `Race`: all but its optimizers and its start."""
    with st.container(key="race-toolbar", horizontal=True, gap="medium", vertical_alignment="bottom"):
        name = draw_setting(SURFACE, PAGE, width=190, on_change=_forget_start)
        formula = str(draw_setting(FORMULA, PAGE, width=320, on_change=_forget_start)) if name == OWN else ""
        settings = () if name == OWN else SURFACES[name].settings
        values = {setting.name: float(draw_setting(setting, PAGE, width=150)) for setting in settings}
        fairness = draw_setting(FAIRNESS, PAGE)
        rate = float(draw_setting(RATE, PAGE, width=140)) if fairness == "same" else RATE.default
        steps = draw_setting(STEPS, PAGE, width=130)
        noise = float(draw_setting(NOISE, PAGE, width=130))
        seed = draw_setting(SEED, PAGE, width=110) if noise else SEED.default
        runs = draw_setting(RUNS, PAGE, width=110) if noise else 1
    for setting, shown in (
        (RATE, fairness == "same"),
        (SEED, bool(noise)),
        (RUNS, bool(noise)),
        (FORMULA, name == OWN),
    ):
        if not shown:
            url_state.hide(setting)
    return {
        "surface": name,
        "formula": formula,
        "settings": values,
        "fairness": fairness,
        "rate": rate,
        "steps": int(steps),
        "noise": noise,
        "seed": int(seed),
        "runs": int(runs),
    }


def _surface(name: str, formula: str) -> Surface | None:
    """Return the chosen surface; where a formula is none, say what is wrong with it, and where."""
    if name != OWN:
        return SURFACES[name]
    prepare()
    try:
        return own_surface(formula)
    except FormulaError as problem:
        error_message.show(problem)
        if formula and problem.position is not None:
            st.code(f"{formula}\n{' ' * problem.position}^", language=None)
        return None


def _start(surface: Surface) -> Point:
    start = url_state.initial(f"{PAGE}.{START.name}", START)
    if start is None or not surface.contains(start):
        return surface.start
    url_state.show(START, start)
    return start


def _remember_start() -> None:
    start = (st.session_state.get(VIEW) or {}).get("start")
    if isinstance(start, list) and len(start) == 2:
        st.session_state[f"{PAGE}.{START.name}"] = (float(start[0]), float(start[1]))


def _forget_start() -> None:
    st.session_state[f"{PAGE}.{START.name}"] = START.default


def _explain_spread(race: Race) -> str:
    return _(
        "Lines and numbers: medians of {runs} runs, seeds {first} to {last}; bands: 10th to 90th percentile. The paths "
        "are the run of seed {first}.",
        runs=race.runs,
        first=race.seed,
        last=race.seed + race.runs - 1,
    )


def _texts(race: Race) -> dict[str, str]:
    surface = _(race.surface_entry.title)
    return {
        "step": _("step"),
        "of": _("step {step} of {steps}"),
        "above": _("f above the lowest minimum"),
        "diverged": _("diverged at step {step}"),
        "play": _("Play"),
        "pause": _("Pause"),
        "restart": _("From the start"),
        "next": _("One step"),
        "scrub": _("Step"),
        "speed": _("Speed"),
        "rate": _("{speed} steps/s"),
        "hide": _("Show or hide this path"),
        "view": _("View"),
        "flat_name": _("Map"),
        "solid_name": _("3-D"),
        "flat_hint": _(
            "Click or drag on the map to start elsewhere. The stronger the shade, the lower; stars are minima."
        ),
        "solid_hint": _(
            "Drag or press arrow keys to turn it, click twice to turn it back. Heights: f above the lowest minimum, "
            "0 to {high}, on a logarithmic scale."
        ),
        "map": _("The surface {surface} from above, with the paths of the optimizers", surface=surface),
        "solid": _("The surface {surface} as a landscape, with the paths of the optimizers", surface=surface),
        "curves": _("f above the lowest minimum, by step, on a logarithmic axis"),
    }
