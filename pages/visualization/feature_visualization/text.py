"""What the network says of a made picture as it is, beside the best one found and the chosen picture."""

from __future__ import annotations

import html
from collections.abc import Iterator

import numpy as np
import streamlit as st

from core.errors import UserError
from core.visualization.feature_visualization.history import History
from core.visualization.feature_visualization.ingredient_ablation import ingredient_steps
from core.visualization.feature_visualization.responses import Answer, answers, closest
from core.visualization.predictions import top_classes
from pages.components.i18n import _, number
from pages.components.layout import error_message
from pages.visualization.feature_visualization.dataset_comparison import BestFound, best_found
from pages.visualization.feature_visualization.options import VisualizationRequest
from pages.visualization.number_format import show_number
from pages.visualization.selection import Selection


def draw_facts(selection: Selection, request: VisualizationRequest, history: History) -> None:
    """Draw a table: the made pictures, the best found one, and the chosen one, each as the network receives it."""
    try:
        rows = list(_rows(selection, request, history))
    except UserError as problem:
        error_message.show(problem)
        return
    heads = ("", *_heads(selection, request))
    columns = "".join(f"<th>{html.escape(head)}</th>" for head in heads)
    st.html(f'<table class="scores results"><thead><tr>{columns}</tr></thead><tbody>{"".join(rows)}</tbody></table>')
    st.caption(" ".join(_notes(selection, history)))


def _notes(selection: Selection, history: History) -> Iterator[str]:
    yield _(
        "Each picture as it is, without random changes, normalised as the network wants it. A made picture can be "
        "answered to more strongly than any photograph, and need not resemble one."
    )
    if history.made is None:
        yield _("It was stopped: judged is the compressed frame that is shown, so its score differs a little.")
    if not selection.backbone.trained:
        yield _("Untrained weights: these classes mean nothing.")


def is_single(request: VisualizationRequest) -> bool:
    """Return whether one picture is made, not several beside each other."""
    return not request.ladder and request.config.pictures == 1


def titles(request: VisualizationRequest) -> list[str]:
    """Return what each picture is called."""
    if request.ladder:
        return [_(each.title) for each in ingredient_steps(request.config)]
    if is_single(request):
        return [_("Made picture")]
    return [_("Picture {number}", number=place + 1) for place in range(request.config.pictures)]


def chance(selection: Selection, request: VisualizationRequest, answer: Answer) -> tuple[str, str, str]:
    """Return the class that is asked for, or else the most probable one, its logit and its probability."""
    classes = top_classes(answer.logits, selection.backbone.class_names, len(answer.logits))
    best = next(answered for answered in classes if request.target != "class" or answered.index == request.owner)
    return _(best.label), show_number(best.logit), number(100 * best.probability, ".1f") + " %"


def _rows(selection: Selection, request: VisualizationRequest, history: History) -> Iterator[str]:
    names, pixels = titles(request), [*history.pixels]
    found = best_found(selection, request)
    if found is not None:
        names.append(_found_title(request, found))
        pixels.append(found.pixels)
    looked = answers(selection.backbone, np.stack(pixels), selection.layer.name)
    mine = Answer(selection.activations.logits, selection.maps)
    for name, answer in zip((*names, _("Your picture")), (*looked, mine), strict=True):
        cells = _cells(selection, request, answer)
        yield f"<tr><th>{html.escape(name)}</th>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"


def _found_title(request: VisualizationRequest, found: BestFound) -> str:
    title = _("Least found") if request.opposite else _("Best found")
    return title if is_single(request) else f"{title}: {found.hit.title}"


def _heads(selection: Selection, request: VisualizationRequest) -> tuple[str, ...]:
    if request.target == "class":
        return _("Logit of “{name}”", name=_(selection.backbone.class_names[request.owner])), _("Probability")
    if request.target == "unit":
        value = _("In that cell")
    elif request.target == "direction":
        value = _("Similarity")
    else:
        value = _("Smallest value") if request.opposite else _("Largest value")
    return value, _("Class"), _("Logit"), _("Probability")


def _cells(selection: Selection, request: VisualizationRequest, answer: Answer) -> tuple[str, ...]:
    name, logit, probability = chance(selection, request, answer)
    if request.target == "class":
        return logit, probability
    return _value(selection, request, answer), name, logit, probability


def _value(selection: Selection, request: VisualizationRequest, answer: Answer) -> str:
    """Return the value of the layer that the objective is about."""
    if request.target == "direction":
        return number(closest(answer.maps, selection.maps[:, *selection.cell]), ".2f")
    values = answer.maps[request.owner]
    if request.target == "unit":
        return show_number(float(values[selection.row, selection.column]))
    return show_number(float(values.min() if request.opposite else values.max()))
