"""Representative pictures made by gradient ascent: shown while they grow, and what the network says of them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import streamlit as st

from core.encoding import png_bytes
from core.errors import UserError
from core.visualization.channel_card.drawing import draw_box
from core.visualization.feature_visualization.export import FeatureVisualizationExport
from core.visualization.feature_visualization.history import History
from core.visualization.feature_visualization.responses import Answer
from pages.components.caches import architectures
from pages.components.canvas.live_images import MakingItem, live_images_view
from pages.components.i18n import _
from pages.components.jobs.live_section import live
from pages.components.jobs.player import Player, draw_controls, draw_problem, draw_progress, keep_job_in_url, player
from pages.visualization.feature_visualization import runs
from pages.visualization.feature_visualization.curves import draw_curves
from pages.visualization.feature_visualization.dataset_comparison import best_found
from pages.visualization.feature_visualization.options import VisualizationRequest, choose_request
from pages.visualization.feature_visualization.text import chance, draw_facts, is_single, titles
from pages.visualization.number_format import show_number
from pages.visualization.selection import NAME, Selection

if TYPE_CHECKING:
    from PIL import Image
    from streamlit.delta_generator import DeltaGenerator

PLAYER = f"{NAME}.made_player"
VIEW = {f"{NAME}.section": "images", f"{NAME}.origin": "made", f"{NAME}.mode": "explore"}
EVERY_SECONDS = 0.25


def draw(selection: Selection, beside: DeltaGenerator | None = None) -> FeatureVisualizationExport | None:
    """Draw the choices, the pictures as they grow, their curves, and in the end what the network says of them.

    What is rarely chosen stands in the container `beside`, where there is one. Return what has been made, if anything.
    """
    request = choose_request(selection, beside or st.container(horizontal=True))
    playback = player(PLAYER, NAME, VIEW)
    keep_job_in_url(playback)
    live(playback, functools.partial(_draw_live, playback, selection, request), every_seconds=EVERY_SECONDS)
    history = runs.history_of(playback, request)
    if history is None or not history.best or playback.is_active:
        return None
    return FeatureVisualizationExport(
        stem=selection.stem, config=request.config, ladder=request.ladder, history=history
    )


def made_picture(selection: Selection) -> Image.Image | None:
    """Return the picture of the chosen channel that was made beforehand; None where there is none."""
    from core.visualization.atlas.table import atlas_picture

    return atlas_picture(selection.backbone, selection.layer.name, selection.channel)


def _draw_live(playback: Player, selection: Selection, request: VisualizationRequest) -> None:
    """Draw controls, progress, pictures and curves."""
    history = runs.history_of(playback, request)
    controls, pictures, curves = _places(is_single(request))
    with controls:
        draw_controls(playback, runs.start(request), f"{selection.network} · {request.name}")
        draw_progress(playback, _progress(playback, request, history))
        draw_problem(playback)
    with curves:
        draw_curves(request, history)
    with pictures:
        items = (_single if is_single(request) else _several)(
            selection, request, history, _is_making(playback, request)
        )
        live_images_view(f"{NAME}.making", items)
        if history is not None and history.best and not playback.is_active:
            draw_facts(selection, request, history)


def _places(are_beside: bool) -> tuple[DeltaGenerator, DeltaGenerator, DeltaGenerator]:
    """Return where controls, pictures and curves go: beside each other, or below each other if there are many."""
    if not are_beside:
        return st.container(), st.container(), st.container()
    pictures, beside = st.columns(2, gap="medium")
    return beside.container(), pictures, beside.container()


def _is_making(playback: Player, request: VisualizationRequest) -> bool:
    """Return whether this very wish is being fulfilled."""
    mine = runs.run_of(playback)
    return playback.is_active and mine is not None and mine.request == request


def _progress(playback: Player, request: VisualizationRequest, history: History | None) -> str:
    mine = runs.run_of(playback)
    if playback.is_active and mine is not None and mine.request != request:
        return _("Another picture is being made: {title}", title=playback.title)
    if history is None or history.latest is None:
        if playback.is_active:
            return _("{title} · starting…", title=playback.title)
        return _("Ready to make: {target}", target=request.name)
    latest = history.latest
    return _("{target} · step {step} of {steps}", target=request.name, step=latest.step, steps=latest.total_steps)


def _single(
    selection: Selection, request: VisualizationRequest, history: History | None, is_making: bool
) -> list[MakingItem]:
    """Return two places: now and the best so far; once it has ended, the best and what was found."""
    latest = history.latest if history else None
    alternative = _alternative(request)
    if history is None or latest is None:
        return [
            _before(selection, request),
            MakingItem(_("Best so far"), "", alternative, b"", _("The best stays here.")),
        ]
    note = _("step {step}, score {score}", step=latest.best_steps[0], score=show_number(latest.best[0]))
    if not is_making:
        note = _answered(selection, request, history, 0) or note
        return [MakingItem(_("Made: the best"), note, alternative, history.best[0]), _found(selection, request)]
    score = _("step {step}, score {score}", step=latest.step, score=show_number(latest.scores[0]))
    return [
        MakingItem(_("Now"), score, alternative, latest.pictures[0]),
        MakingItem(_("Best so far"), note, alternative, history.best[0]),
    ]


def _several(
    selection: Selection, request: VisualizationRequest, history: History | None, is_making: bool
) -> list[MakingItem]:
    """Return the pictures as they are now, at the end the best of each; before that, places that wait."""
    names, alternative = titles(request), _alternative(request)
    latest = history.latest if history else None
    if history is None or latest is None:
        return [MakingItem(name, "", alternative, b"", _("Press Start")) for name in names]
    items = []
    for place, name in enumerate(names):
        best = show_number(latest.best[place])
        note = _("score {score}, best {best}", score=show_number(latest.scores[place]), best=best)
        if not is_making:
            best_note = _("step {step}, score {score}", step=latest.best_steps[place], score=best)
            note = _answered(selection, request, history, place) or best_note
        content = (latest.pictures if is_making else history.best)[place]
        items.append(MakingItem(name, note, alternative, content))
    return items


def _answered(selection: Selection, request: VisualizationRequest, history: History, place: int) -> str:
    """Return logit and probability of a finished picture, where a class is asked for."""
    if history.made is None or request.target != "class":
        return ""
    _name, logit, probability = chance(selection, request, Answer(history.made.logits[place], selection.maps))
    return _("step {step}, logit {logit}, {share}", step=history.made.best_steps[place], logit=logit, share=probability)


def _before(selection: Selection, request: VisualizationRequest) -> MakingItem:
    """Return what stands where the picture will grow: that of the atlas, else an invitation."""
    shipped = _from_atlas(selection, request)
    note = _("Made beforehand; press Start to make your own.") if shipped else ""
    title = _("From the atlas") if shipped else _("Now")
    return MakingItem(title, note, _alternative(request), shipped, _("Press Start: it grows here out of noise."))


def _found(selection: Selection, request: VisualizationRequest) -> MakingItem:
    """Return the portion of the sample photographs that answers best."""
    title = _("Found: the least") if request.opposite else _("Found: the best")
    if request.target == "direction":
        return _place(selection)
    try:
        found = best_found(selection, request)
    except UserError as problem:
        return MakingItem(title, "", "", b"", _(problem.reason, **problem.values))
    if found is None:
        return MakingItem(title, "", "", b"", _("Search the sample photographs under “Found in a collection”."))
    return MakingItem(title, f"{found.hit.title}, {found.hit.score}", found.hit.title, png_bytes(found.hit.patch.crop))


def _place(selection: Selection) -> MakingItem:
    """Return the chosen picture with what the chosen cell sees of it framed."""
    field = architectures.receptive_fields(selection.backbone).get(selection.layer.name)
    framed = draw_box(selection.image, field.clipped(*selection.cell) if field else None)
    note = _("framed: what row {row}, column {column} sees", row=selection.row, column=selection.column)
    return MakingItem(_("Your picture"), note, selection.caption, png_bytes(framed))


def _alternative(request: VisualizationRequest) -> str:
    return _("The picture made for {target}", target=request.name)


def _from_atlas(selection: Selection, request: VisualizationRequest) -> bytes:
    """Return the picture of the atlas that answers the wish, as a PNG; nothing where there is none."""
    if not request.is_usual or request.target not in {"channel", "class"}:
        return b""
    from core.visualization.atlas.table import class_picture

    picture = (
        made_picture(selection) if request.target == "channel" else class_picture(selection.backbone, request.owner)
    )
    return b"" if picture is None else png_bytes(picture)
