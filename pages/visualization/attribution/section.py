"""Evidence: which parts of the picture speak for a class, by several methods, and whether to believe them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.i18n import N_
from core.settings import Integer, Setting
from core.visualization.attribution.base import last_map_layer
from core.visualization.attribution.drawing import overlay
from core.visualization.attribution.export import AttributionExport
from core.visualization.attribution.gradients import activation_functions
from core.visualization.attribution.method_comparison import MethodComparison
from core.visualization.attribution.methods import explain
from core.visualization.attribution.script import EvidenceRequest
from pages.components.canvas.attribution_maps import Panel, attribution_maps_view
from pages.components.i18n import _
from pages.components.jobs.incremental import result_of
from pages.components.state import url_state
from pages.visualization.attribution.method_comparison import COMPARE, SLOW, draw_method_comparison
from pages.visualization.attribution.occluder import PLACE, draw_cover
from pages.visualization.attribution.request import ANSWER_STATE, Question, choose_question, look_at_last_maps
from pages.visualization.attribution.sanity_check import CHECK, draw_check
from pages.visualization.number_format import show_number
from pages.visualization.selection import NAME, Selection

if TYPE_CHECKING:
    from PIL import Image
    from streamlit.delta_generator import DeltaGenerator

    from core.visualization.attribution.base import Attribution

VIEW = f"{NAME}.evidence.view"
OVERLAY = Integer(name="overlay", label=N_("Overlay"), default=60, minimum=0, maximum=100)
LIVE_SECONDS = 0.3  # between two pictures of what is still being computed


def draw(selection: Selection) -> AttributionExport | None:
    """Draw the question, the picture, the maps for one class or two, and below how far they can be believed.

    Return what is shown, None for a layer without maps. Raises `UserError` for what cannot be answered, or not now.
    """
    question = choose_question(selection)
    settings: tuple[Setting[Any], ...] = (OVERLAY, CHECK, COMPARE, SLOW)
    for setting in settings:  # now, before the address is written
        url_state.show(setting, url_state.initial(f"{NAME}.{setting.name}", setting))
    if not question.has_maps:
        _draw_without_maps(question)
        return None
    found = _draw_answer(question)
    draw_check(question, found)
    return _record(question, found, draw_method_comparison(question))


def _draw_without_maps(question: Question) -> None:
    """Say that the layer has no maps, and offer to look at one that has."""
    name, last = question.layer, last_map_layer(question.selection.activations).name
    text = _(
        "The layer `{layer}` puts out numbers, not maps: they do not tell where in the picture anything is.", layer=name
    )
    with st.container(key="evidence-view"):
        st.info(text, icon=":material/grid_off:")
        label = _("Look at {layer}, the last that has maps", layer=last)
        st.button(label, key=f"{NAME}.evidence.last", type="primary", on_click=look_at_last_maps)


def _draw_answer(question: Question) -> Attribution:
    """Draw the picture and the maps, computing what is missing, and return what is known."""
    with st.container(key="evidence-view"):
        maps, words = _places(question)
    with words:
        if len(question.targets) == 1:  # else what is computed is drawn before the words, nearer to the maps
            _draw_words(question)
        progress = st.container()
        if len(question.targets) > 1:
            _draw_words(question)
    url_state.publish()  # now: what follows may take long
    if question.is_long:
        _draw_waiting(question, maps)
    stream: Callable[[], Any] = lambda: explain(question.request(), question.method.name, question.settings)  # noqa: E731
    with progress:
        found: Attribution = result_of(
            ANSWER_STATE, question.key, stream, _(question.method.title), _live(question, maps)
        )
    with maps.container():
        _draw_maps(question, found)
    return found


def _places(question: Question) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return where the maps are drawn and where the words, of three columns of which one or two are maps."""
    has_square = question.method.name == "occlusion"
    if len(question.targets) > 1:
        columns = st.columns([1, 2], gap="medium") if has_square else st.columns(1)
        words = st.container()
    else:
        *columns, words = st.columns(3 if has_square else [2, 1], gap="medium")
    if has_square:
        with columns[0]:
            draw_cover(question)
    else:
        url_state.hide(PLACE)
    return columns[-1].empty(), words


def _live(question: Question, place: DeltaGenerator) -> Callable[[Attribution], None]:
    """Return what draws an unfinished answer, now and then."""
    last = [time.monotonic()]

    def draw_unfinished(found: Attribution) -> None:
        if found.maps is None or found.is_complete or time.monotonic() - last[0] < LIVE_SECONDS:
            return
        last[0] = time.monotonic()
        maps = [
            overlay(question.selection.image, found.of(target), found.range, found.signed) for target in found.targets
        ]
        _draw_pictures(question, place, maps)

    return draw_unfinished


def _draw_waiting(question: Question, place: DeltaGenerator) -> None:
    """Draw the picture in grey where the maps will be."""
    grey = question.selection.image.convert("L")
    _draw_pictures(question, place, [grey] * len(question.targets))


def _draw_pictures(question: Question, place: DeltaGenerator, pictures: list[Image.Image]) -> None:
    titled = [(question.caption(target), picture) for target, picture in zip(question.targets, pictures, strict=True)]
    if question.method.name != "occlusion":
        titled.insert(0, (_("Picture"), question.selection.image))
    waiting = _("computing …")
    with place.container():
        for column, (title, picture) in zip(st.columns(len(titled)), titled, strict=True):
            column.markdown(f"**{title}**  \n{waiting}")
            column.image(picture, width="stretch", alt=title)


def _draw_maps(question: Question, found: Attribution) -> None:
    panels = [] if question.method.name == "occlusion" else [_picture_panel(question)]
    panels += [_panel(question, found, target) for target in question.targets]
    words = {
        "hint": _("Hover to read values."),
        "cell": _("row {row}, column {column}: {value}"),
        "range": _range_text(question, found),
        "opacity": _(OVERLAY.label),
    }
    opacity = int(st.session_state[f"{NAME}.{OVERLAY.name}"])
    attribution_maps_view(VIEW, panels, question.selection.image, words, opacity, _remember_overlay)


def _picture_panel(question: Question) -> Panel:
    side = question.selection.image.width
    facts = _("{side}×{side} px, as the network receives it", side=side)
    return Panel(title=_("Picture"), facts=facts, alternative=_("The picture as the network receives it"))


def _panel(question: Question, found: Attribution, target: int) -> Panel:
    low, high = found.range
    message = ""
    if found.maps is not None and not found.has_positive(target):
        message = _no_evidence(question, target)
    return Panel(
        title=question.caption(target),
        facts=_facts(question, found, target),
        alternative=_alternative(question, target),
        values=None if found.maps is None else found.of(target),
        low=low,
        high=high,
        signed=found.signed,
        message=message,
    )


def _no_evidence(question: Question, target: int) -> str:
    name = _(question.prediction(target).label)
    if question.method.needs == "layer":
        return _("No positive evidence for “{name}” at this layer.", name=name)
    return _("No positive evidence for “{name}”.", name=name)


def _facts(question: Question, found: Attribution, target: int) -> str:
    logit = show_number(question.prediction(target).logit)
    if found.maps is None:
        return _("logit {logit}", logit=logit)
    values = found.of(target)
    bounds = {"low": show_number(values.min()), "high": show_number(values.max())}
    return _("logit {logit} · map from {low} to {high}", logit=logit, **bounds)


def _range_text(question: Question, found: Attribution) -> str:
    shared = len(question.targets) > 1
    if found.signed:
        return _("for and against, one scale for both") if shared else _("red speaks for it, blue against it")
    return _("one scale for both") if shared else _("from nothing to the most evidence")


def _alternative(question: Question, target: int) -> str:
    name = _(question.prediction(target).label)
    return _("Map of the evidence for “{name}” over the picture", name=name)


def _draw_words(question: Question) -> None:
    """Draw what the method does, and what has to be known about this network."""
    method = question.method
    where = _("at `{layer}`", layer=question.layer) if method.needs == "layer" else _("for each pixel")
    with st.container(key="evidence-words"):
        st.markdown(f"**{_(method.title)}** {where}  \n{_(method.idea)}")
        st.caption(f"[{method.paper}]({method.url})")
        if not question.selection.backbone.trained:
            st.caption(_("Untrained weights: these classes mean nothing."))
        if method.name == "guided_backpropagation":
            _draw_guided(question)


def _draw_guided(question: Question) -> None:
    guided, others = activation_functions(question.selection.backbone)
    if others:
        st.caption(
            _(
                "Only {guided} of the {total} activation functions are rectifiers and can be guided.",
                guided=guided,
                total=guided + others,
            )
        )


def _remember_overlay() -> None:
    opacity = (st.session_state.get(VIEW) or {}).get("opacity")
    if isinstance(opacity, int):
        st.session_state[f"{NAME}.{OVERLAY.name}"] = opacity


def _record(question: Question, found: Attribution, comparison: MethodComparison | None) -> AttributionExport:
    """Return what is on the screen; the texts are made now, in the visitor's language."""
    selection, has_maps = question.selection, found.maps is not None
    parts = [selection.network, _(question.method.title)]
    if question.method.needs == "layer":
        parts.append(question.layer)
    request = EvidenceRequest(
        start=selection.start,
        method=question.method.name,
        settings=question.settings,
        targets=question.targets,
        layer=question.layer,
        caption=" · ".join((*parts, selection.picture.name)),
    )
    return AttributionExport(
        request=request,
        image=selection.image,
        logits=selection.activations.logits,
        found=found,
        labels=[question.caption(target) for target in question.targets] if has_maps else [],
        range_label=" … ".join(show_number(bound) for bound in found.range) if has_maps else "",
        comparison=comparison,
    )
