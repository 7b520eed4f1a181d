"""What came of a race on a network: a table, what it says in words, and what to take along."""

from __future__ import annotations

import html
import math

import streamlit as st

from core.optimization.network_race.curves import Curves
from core.optimization.network_race.export import NetworkRaceExport
from core.optimization.network_race.results import RaceResult, Remark, SeedSpread, outcomes, remarks
from core.optimization.optimizers import OPTIMIZERS
from pages.components.canvas.line_chart import line_chart_view
from pages.components.figures.palette import optimizer_look
from pages.components.i18n import _, number
from pages.components.layout.export_panel import draw_export_panel
from pages.optimizer_race.saved_races import is_kept, keep
from pages.optimizer_race.training_curves import trial_chart

PAGE = "optimizer_race"


def draw_results(curves: Curves) -> None:
    """Draw the results of a race that has ended, or of what there is of it; nothing before the first numbers."""
    if not curves.steps_done:
        return
    found = outcomes(curves)
    told, table = st.columns([1, 2], gap="medium")
    with told:
        st.subheader(_("What happened"), anchor=False)
        lines = [_(remark.message, **remark.values, **_titles(remark)) for remark in remarks(found, curves.race.seeds)]
        st.markdown("\n".join(f"- {line}" for line in lines))
        with st.container(horizontal=True):
            st.button(
                _("Keep this race"),
                icon=":material/bookmark_add:",
                key=f"{PAGE}.keep",
                disabled=is_kept(curves),
                on_click=keep,
                args=(curves,),
                help=_("Its curves then lie, faded, under those of the next race. The last four are kept."),
            )
            draw_export_panel(NetworkRaceExport(curves=curves))
    with table:
        st.subheader(_("Results"), anchor=False)
        _draw_table(found, curves.race.seeds)
    if curves.trials:
        with st.expander(_("How the learning rates were found"), icon=":material/manage_search:"):
            st.caption(
                _(
                    "Each method tried these learning rates for a few steps. Chosen was the one with the lowest loss, "
                    "judged with its two neighbours, so that none wins by luck. Held-out examples played no part."
                )
            )
            line_chart_view(f"{PAGE}.trials", trial_chart(curves))


def _titles(remark: Remark) -> dict[str, str]:
    return {field: ", ".join(_(OPTIMIZERS[name].title) for name in names) for field, names in remark.optimizers.items()}


def _draw_table(found: tuple[RaceResult, ...], seeds: int) -> None:
    heads = (
        _("Optimizer"),
        _("Learning rate"),
        _("final loss"),
        _("final accuracy"),
        _("best, at step"),
        _("time a step"),
    )
    best = {
        "loss": min((result.loss.middle for result in found if _is_sound(result)), default=math.nan),
        "final": max((result.final_accuracy.middle for result in found if _is_sound(result)), default=math.nan),
        "best": max((result.best_accuracy.middle for result in found if _is_sound(result)), default=math.nan),
        "time": min((result.seconds for result in found), default=math.nan),
    }
    rows = "".join(_row(result, best, seeds) for result in found)
    columns = "".join(f"<th>{html.escape(head)}</th>" for head in heads)
    st.html(f'<table class="scores results"><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>')
    note = _(
        "Loss: training loss over the last tenth of the steps. Accuracy: share of held-out examples. In bold, the best."
    )
    spread = _("Below each, the least and the largest of {seeds} seeds.", seeds=seeds) if seeds > 1 else ""
    st.caption(f"{note} {spread}")


def _row(race_result: RaceResult, best: dict[str, float], seeds: int) -> str:
    mark = f'<i style="background:{optimizer_look(race_result.optimizer).colour}"></i>'
    title = f"<th>{mark}{html.escape(_(OPTIMIZERS[race_result.optimizer].title))}</th>"
    cells = [number(race_result.rate, ".3g")]
    if race_result.lost_at is not None:
        cells.append(_("diverged at step {step}", step=race_result.lost_at))
    else:
        cells.append(_bold(_spread(race_result.loss, ".3g", seeds), race_result.loss.middle == best["loss"]))
    cells += [
        _bold(_spread(race_result.final_accuracy, ".1%", seeds), race_result.final_accuracy.middle == best["final"]),
        _bold(_best(race_result, seeds), race_result.best_accuracy.middle == best["best"]),
        _bold(
            _("{milliseconds} ms", milliseconds=number(1000 * race_result.seconds, ".2f")),
            race_result.seconds == best["time"],
        ),
    ]
    return f"<tr>{title}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _spread(spread: SeedSpread, form: str, seeds: int) -> str:
    if math.isnan(spread.middle):
        return "–"
    text = number(spread.middle, form)
    if seeds == 1:
        return text
    low = number(100 * spread.low, ".1f") if form.endswith("%") else number(spread.low, form)
    return f"{text}<br><small>{low}–{number(spread.high, form)}</small>"


def _best(race_result: RaceResult, seeds: int) -> str:
    text = _spread(race_result.best_accuracy, ".1%", seeds)
    return text if race_result.best_step is None else text.replace("%", f"%, {race_result.best_step}", 1)


def _bold(text: str, is_best: bool) -> str:
    return f"<b>{text}</b>" if is_best else text


def _is_sound(race_result: RaceResult) -> bool:
    return race_result.lost_at is None
