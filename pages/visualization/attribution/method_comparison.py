"""All methods side by side, with what their maps are worth by insertion and deletion."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.i18n import N_
from core.settings import Toggle
from core.visualization.attribution.insertion_deletion import enlarge_map
from core.visualization.attribution.method_comparison import CHANCE, MethodComparison, MethodScore, compare
from core.visualization.attribution.methods import METHODS, QUICK
from pages.components.canvas.attribution_maps import Panel, attribution_maps_view
from pages.components.figures.attribution import curves_figure
from pages.components.i18n import _, number
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.jobs.incremental import result_of, want
from pages.components.state import url_state
from pages.visualization.attribution.request import COMPARISON_STATE
from pages.visualization.selection import NAME

if TYPE_CHECKING:
    from pages.visualization.attribution.request import Question

COMPARE = Toggle(
    name="compare",
    label=N_("Compare the methods"),
    default=False,
    help=N_(
        "Insertion puts the pixels into the blurred picture in the order of the map, deletion takes them out: a good "
        "map makes the probability rise early, and fall early (Petsiuk et al. 2018). Chance is a map of random cells."
    ),
)
SLOW = Toggle(name="slow", label=N_("The slow ones too"), default=False)
LARGEST = 112  # px, the side of the maps that are sent for an overview
COLUMNS = 5
OVERLAY = 60


def draw_method_comparison(question: Question) -> MethodComparison | None:
    """Draw the switch, and where it is on the maps and the scores of the methods; return those."""
    with st.container(horizontal=True, gap="medium"):
        if not draw_setting(COMPARE, NAME, on_change=want, args=(COMPARISON_STATE,)):
            url_state.hide(SLOW)
            return None
        methods = (
            tuple(METHODS) if draw_setting(SLOW, NAME, on_change=want, args=(COMPARISON_STATE,)) else _quick(question)
        )
    settings = question.settings
    key = (
        "comparison",
        question.selection.identity,
        question.targets[0],
        question.layer,
        methods,
        tuple(settings.items()),
    )
    text = _("Comparing methods for “{name}”", name=_(question.prediction(question.targets[0]).label))
    found: MethodComparison = result_of(
        COMPARISON_STATE, key, lambda: compare(question.request(), methods, settings), text
    )
    if found.entrants:
        _draw(question, found)
    return found


def _quick(question: Question) -> tuple[str, ...]:
    channels = question.selection.activations.shapes[question.layer][0]
    cheap = (name for name, method in METHODS.items() if method.passes(channels, method.values()) <= QUICK)
    return tuple(dict.fromkeys((*cheap, question.method.name)))


def _draw(question: Question, found: MethodComparison) -> None:
    panels = [_panel(entrant) for entrant in found.entrants]
    words = {"hint": _("Each map has a scale of its own."), "cell": _("row {row}, column {column}: {value}")}
    key = f"{NAME}.evidence.comparison.view"
    attribution_maps_view(key, panels, question.selection.image, words, OVERLAY, None, columns=COLUMNS)
    table, chart = st.columns([2, 3], gap="medium")
    with table:
        st.html(_table(found))
    with chart:
        words = {"insertion": _("insertion"), "deletion": _("deletion"), "share": _("share of the pixels")}
        words["probability"] = _("probability")
        curves = {each.method: each.judgement for each in found.entrants if each.judgement}
        titles = {method: title_of(method) for method in curves}
        st.plotly_chart(curves_figure(curves, titles, words), width="stretch", config={"displayModeBar": False})


def title_of(method: str) -> str:
    """Return what a method is called, chance among them."""
    return _("Chance") if method == CHANCE else _(METHODS[method].title)


def _panel(entrant: MethodScore) -> Panel:
    signed = entrant.method != CHANCE and METHODS[entrant.method].signed
    values = entrant.map
    if max(values.shape) > LARGEST:
        values = np.ascontiguousarray(enlarge_map(values, (LARGEST, LARGEST)))
    most = float(np.abs(values).max())
    return Panel(
        title=title_of(entrant.method),
        facts=_scores(entrant),
        alternative=_("Map by {method}", method=title_of(entrant.method)),
        values=values,
        low=-most if signed else 0.0,
        high=most,
        signed=signed,
        message="" if values.max() > 0 else _("No positive evidence."),
    )


def _scores(entrant: MethodScore) -> str:
    if entrant.judgement is None:
        return "–"
    gained, lost = entrant.judgement.insertion_score, entrant.judgement.deletion_score
    return f"↑ {number(gained, '.2f')} · ↓ {number(lost, '.2f')}"


def _table(found: MethodComparison) -> str:
    judged = [(each.method, each.judgement) for each in found.entrants if each.judgement]
    best_in = max((fold.insertion_score for _name, fold in judged), default=0)
    best_out = min((fold.deletion_score for _name, fold in judged), default=0)
    heads = (_("method"), _("insertion ↑"), _("deletion ↓"))
    head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
    rows = "".join(
        f"<tr><th>{html.escape(title_of(name))}</th>{_cell(fold.insertion_score, best_in)}"
        f"{_cell(fold.deletion_score, best_out)}</tr>"
        for name, fold in judged
    )
    return f'<table class="scores results"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _cell(score: float, best: float) -> str:
    text = number(score, ".3f")
    return f"<td><b>{text}</b></td>" if score == best else f"<td>{text}</td>"
