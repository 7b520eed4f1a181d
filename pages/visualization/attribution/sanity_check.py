"""The sanity check: the same method on the same network with random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.i18n import N_
from core.settings import Toggle
from core.visualization.attribution.base import AttributionRequest
from core.visualization.attribution.methods import explain
from core.visualization.attribution.sanity_check import ALIKE, rank_correlation
from pages.components.caches import models
from pages.components.canvas.attribution_maps import Panel, attribution_maps_view
from pages.components.i18n import _, number
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.jobs.incremental import result_of, want
from pages.visualization.attribution.request import CHECK_STATE
from pages.visualization.number_format import show_number
from pages.visualization.selection import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.visualization.attribution.base import Attribution
    from pages.visualization.attribution.request import Question

CHECK = Toggle(
    name="check",
    label=N_("Sanity check: the same with random weights"),
    default=False,
    help=N_(
        "A method that explains what a network has learned has to give another map where it has learned nothing "
        "(Adebayo et al. 2018). If both look alike, the map shows the picture's edges, not the network's reasons."
    ),
)
OVERLAY = 60


def draw_check(question: Question, found: Attribution) -> None:
    """Draw the switch, and where it is on both maps and how much they agree."""
    if not draw_setting(CHECK, NAME, on_change=want, args=(CHECK_STATE,)) or found.maps is None:
        return
    text = _("The same with random weights")
    other: Attribution = result_of(CHECK_STATE, ("check", question.key), lambda: _random(question), text)
    if other.maps is None:
        return
    target = question.targets[0]
    columns = st.columns([2, 1], gap="medium")
    with columns[0]:
        panels = [_panel(_title(question), found, target), _panel(_random_title(question), other, target)]
        words = {"hint": _("Each map has a scale of its own."), "cell": _("row {row}, column {column}: {value}")}
        attribution_maps_view(f"{NAME}.evidence.check.view", panels, question.selection.image, words, OVERLAY, None)
    with columns[1]:
        _draw_verdict(rank_correlation(found.of(target), other.of(target)))


def random_seed(question: Question) -> int:
    """Return the seed of the random weights: another one than that of a network that is untrained itself."""
    backbone = question.selection.backbone
    return 0 if backbone.trained else backbone.seed + 1


def _random(question: Question) -> Iterator[Attribution]:
    backbone = models.backbone(question.selection.backbone.entry.name, "untrained", random_seed(question))
    request = AttributionRequest(
        backbone=backbone,
        batch=question.selection.batch(),
        targets=question.targets[:1],
        layer=question.layer,
        activations=models.activations(backbone, question.selection.picture, question.selection.fit),
    )
    return explain(request, question.method.name, question.settings)


def _panel(title: str, found: Attribution, target: int) -> Panel:
    values = found.of(target)
    low, high = float(values.min()), float(values.max())
    most = max(abs(low), abs(high))
    return Panel(
        title=title,
        facts=_("map from {low} to {high}", low=show_number(low), high=show_number(high)),
        alternative=title,
        values=values,
        low=-most if found.signed else 0.0,
        high=most,
        signed=found.signed,
        message="" if high > 0 else _("No positive evidence."),
    )


def _title(question: Question) -> str:
    return f"{_(question.prediction(question.targets[0]).label)} · {question.selection.network}"


def _random_title(question: Question) -> str:
    return _("random weights, seed {seed}", seed=random_seed(question))


def _draw_verdict(correlation: float | None) -> None:
    if correlation is None:
        st.markdown(_("One of the maps is empty, so that they cannot be compared."))
        return
    figure = number(correlation, ".2f")
    st.markdown(_("**Rank correlation {figure}**", figure=figure))
    if correlation > ALIKE:
        st.caption(_("The map hardly depends on what was learned: it shows the picture rather than reasons."))
    else:
        st.caption(_("The map changes with the weights, as one that explains the network has to."))
