"""The network's answer with and without some channels: classes with their probabilities and logits."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import streamlit as st

from core.visualization.ablation.changes import ClassChange, class_changes
from core.visualization.ablation.channel_ablation import is_answer
from pages.components.i18n import _, number
from pages.visualization.number_format import show_number

if TYPE_CHECKING:
    from core.visualization.ablation.channel_ablation import Logits
    from pages.visualization.selection import Selection


def draw_answer(selection: Selection, silenced: tuple[int, ...], after: Logits, chosen_class: int) -> None:
    """Draw the most probable classes, the chosen one among them, before and after."""
    changes = class_changes(selection.activations.logits, after, selection.backbone.class_names, 5, chosen_class)
    with st.container(key="knockout-answer"):
        st.markdown(f"**{_headline(changes, silenced)}**")
        rows = "".join(_row(change, bool(silenced)) for change in changes)
        st.html(f'{_legend() if silenced else ""}<ol class="class-changes">{rows}</ol>')
        if not selection.backbone.trained:
            st.caption(_("Untrained weights: these classes mean nothing."))
        if is_answer(selection.backbone, selection.layer.name):
            st.caption(_("This layer is the answer itself: each channel is the logit of one class."))


def _headline(changes: tuple[ClassChange, ...], silenced: tuple[int, ...]) -> str:
    first = _(changes[0].label)
    if not silenced:
        return _("Nothing is silenced: the answer is “{first}”", first=first)
    now = next(change for change in changes if change.rank_after == 1)
    if now is changes[0]:
        return _("The answer is still “{first}”", first=first)
    return _("The answer changes from “{first}” to “{second}”", first=first, second=_(now.label))


def _legend() -> str:
    before, after = html.escape(_("before")), html.escape(_("with channels silenced"))
    return f'<p class="class-changes"><i></i> {before} <i class="after"></i> {after}</p>'


def _row(change: ClassChange, has_changed: bool) -> str:
    """Return a class with its probability and its logit, before and after, and a bar for each probability."""
    then, now = change.before, change.after
    share, logit = _percent(then.probability), show_number(then.logit)
    bars = f'<i style="width:{then.probability:.2%}"></i>'
    if has_changed:
        share = f"{share} → {_percent(now.probability)}"
        logit = f"{logit} → {show_number(now.logit)} ({signed(change.logit_change)})"
        bars += f'<i class="after" style="width:{now.probability:.2%}"></i>'
    name, detail = html.escape(_(change.label)), html.escape(_("logit {logit}", logit=logit))
    return f"<li><span>{name}</span><b>{share}</b>{bars}<small>{detail}</small></li>"


def _percent(probability: float) -> str:
    return number(probability, ".1%")


def signed(value: float) -> str:
    """Return a change with its sign, in the visitor's language."""
    return f"{'+' if value > 0 else ''}{show_number(value)}"
