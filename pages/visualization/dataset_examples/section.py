"""Representative pictures found in a collection: those that move a channel, a unit or a class most, and least."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from core.datasets.public import missing
from core.errors import UserError
from core.i18n import N_
from core.settings import Choice
from core.visualization.dataset_examples.export import DatasetExamplesExport, Titled
from core.visualization.dataset_examples.image_collections import COLLECTIONS, Collection, CollectionEntry
from core.visualization.dataset_examples.ranking import End, Found, Kind, Table
from core.visualization.dataset_examples.script import FoundRequest
from core.visualization.dataset_examples.uploaded_collection import Uploads
from pages.components.i18n import _
from pages.components.inputs.model_select import CLASS, choose_class
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.jobs.download_panel import draw_download
from pages.components.jobs.live_section import live
from pages.components.jobs.player import Player, draw_controls, draw_problem, draw_progress, keep_job_in_url, player
from pages.components.layout import error_message
from pages.components.layout.export_panel import draw_export_panel
from pages.components.state import url_state
from pages.visualization.dataset_examples import search_jobs
from pages.visualization.dataset_examples.hits import COUNTS, draw_hits, titled
from pages.visualization.dataset_examples.query import SearchQuery, SearchTarget, in_samples, of_channel
from pages.visualization.dataset_examples.uploaded_collection import draw_own_collection
from pages.visualization.selection import NAME, Selection, set_channel, show_in_link

if TYPE_CHECKING:
    from core.visualization.dataset_examples.export import Titled

PLAYER = f"{NAME}.found_player"
VIEW = {f"{NAME}.section": "images", f"{NAME}.origin": "found", f"{NAME}.mode": "explore"}
CHANNEL_INPUT = f"{NAME}.found_channel"
EVERY_SECONDS = 0.6
TARGET = Choice(
    name="of",
    label=N_("Of"),
    default="channel",
    options=(("channel", N_("Channel")), ("unit", N_("One unit")), ("class", N_("Class"))),
    help=N_(
        "A channel is judged by its largest value anywhere in the picture; a unit is one cell of it, which you choose "
        "under “One cell”; a class is judged by the network's answer to the whole picture."
    ),
)
COLLECTION = Choice(
    name="collection",
    label=N_("Collection"),
    default="samples",
    options=tuple((entry.name, entry.title) for entry in COLLECTIONS.values()),
)
FIRST = Choice(
    name="first",
    label=N_("Search"),
    default="1000",
    options=(("1000", N_("First 1,000")), ("3000", N_("First 3,000")), ("all", N_("All"))),
    help=N_("The pictures are in random order, so that the first ones are a fair sample."),
)
RANK = Choice(
    name="rank",
    label=N_("Rank by"),
    default="logit",
    options=(("logit", N_("Logit")), ("probability", N_("Probability"))),
    help=N_("A probability is high where all other classes are improbable; a logit says how much speaks for this one."),
)


def draw(selection: Selection) -> DatasetExamplesExport | None:
    """Draw the choices, the search, and what it has found, and return that.

    It is None where there is nothing yet, and where the search is a job, which draws the files of what it has so far.
    """
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="found-toolbar"):
        target = _choose_target(selection)
        entry = COLLECTIONS[draw_setting(COLLECTION, NAME)]
        first = draw_setting(FIRST, NAME) if entry.files else "all"
    if not entry.files:
        url_state.hide(FIRST)
    collection = _open(entry)
    if collection is None or not len(collection):
        return None
    wanted = SearchQuery(selection, target, entry, collection, None if first == "all" else int(first))
    found = search_jobs.known(wanted)
    if found is not None:
        return _draw_found(wanted, found)
    if wanted.is_quick:
        return _draw_quick(wanted)
    _draw_search(wanted)
    return None


def top_patches(selection: Selection, count: int) -> tuple[Titled, ...]:
    """Return the sample photographs' portions that move the chosen channel most, the strongest first.

    Of a network that takes long they are there only after a search; until then there are none.
    """
    wanted = in_samples(selection)
    found = search_jobs.known(wanted) or (search_jobs.found_at_once(wanted) if wanted.is_quick else None)
    return titled(wanted, found, "most", count) if found else ()


def _choose_target(selection: Selection) -> SearchTarget:
    """Draw the choice of what is searched for and return it."""
    chosen = draw_setting(TARGET, NAME)
    if chosen == "class":
        rank: Kind = "probability" if draw_setting(RANK, NAME) == "probability" else "logit"
        owner = choose_class(NAME, selection.backbone, selection.activations.logits, width=200)
        name = _("class “{name}”", name=_(selection.backbone.class_names[owner]))
        return SearchTarget(Table(rank, "most"), owner, name)
    url_state.hide(RANK)
    url_state.hide(CLASS)
    _choose_channel(selection)
    show_in_link(channel=selection.channel)
    target = of_channel(selection)
    if chosen == "channel":
        return target
    cell = selection.cell
    show_in_link(cell=cell)
    name = _("{channel}, row {row}, column {column}", channel=target.name, row=selection.row, column=selection.column)
    return SearchTarget(Table("unit", "most", selection.layer.name), selection.channel, name, cell)


def _choose_channel(selection: Selection) -> None:
    def choose() -> None:
        set_channel(int(st.session_state[CHANNEL_INPUT]))

    st.session_state[CHANNEL_INPUT] = selection.channel
    most = len(selection.maps) - 1
    st.number_input(_("Channel"), min_value=0, max_value=most, step=1, key=CHANNEL_INPUT, width=122, on_change=choose)


def _open(entry: CollectionEntry) -> Collection | None:
    """Return the collection; draw how to come by it where it is not there, and return None."""
    if entry.open is None:
        return draw_own_collection()
    file = missing(entry.files)
    if file is None:
        return entry.open()
    megabytes = sum(file.size or 0 for file in entry.files) / 1e6
    offer = _("**{title}** has to be fetched once, {megabytes:.0f} MB.", title=_(entry.title), megabytes=megabytes)
    draw_download(file, offer, lambda: st.caption(_("The sample photographs need no internet.")), begin=False)
    return None


def _draw_quick(wanted: SearchQuery) -> DatasetExamplesExport | None:
    with st.spinner(_("Looking through {count} pictures…", count=wanted.count)):
        try:
            found = search_jobs.found_at_once(wanted)
        except UserError as problem:
            error_message.show(problem)
            return None
    return _draw_found(wanted, found)


def _draw_search(wanted: SearchQuery) -> None:
    playback = player(PLAYER, NAME, VIEW)
    keep_job_in_url(playback)
    live(playback, functools.partial(_draw_live, playback, wanted), every_seconds=EVERY_SECONDS)


def _draw_live(playback: Player, wanted: SearchQuery) -> None:
    """Draw a search that is a job, and what it has found so far."""
    search = search_jobs.search_of(playback, wanted.config)
    with st.container(horizontal=True, gap="medium", vertical_alignment="center", key="found-play"):
        draw_controls(playback, functools.partial(search_jobs.start, wanted.config), wanted.caption)
        with st.container(width="stretch"):
            draw_progress(playback, _progress(playback, search, wanted))
    draw_problem(playback)
    if search is not None and search.found.tables:
        draw_export_panel(_draw_found(wanted, search.found))
    elif not playback.is_active:
        st.info(_("Start the search: the best pictures appear while it goes on."), icon=":material/image_search:")


def _progress(playback: Player, search: search_jobs.ObservedSearch | None, wanted: SearchQuery) -> str:
    if search is None and playback.is_active:
        return _("Another search is under way: {title}", title=playback.title)
    if search is None:
        return _("{count} pictures to look through", count=wanted.count)
    if search.found.total_steps is None:
        return _("{title} · starting…", title=playback.title)
    return _("{title} · {step} of {steps} pictures", title=playback.title, step=search.found.step, steps=wanted.count)


def _draw_found(wanted: SearchQuery, found: Found) -> DatasetExamplesExport | None:
    """Draw what was found and return it; None where its images cannot be read."""
    try:
        rows = {end: titled(wanted, found, end, count) for end, count in COUNTS.items()}
    except UserError as problem:
        error_message.show(problem)
        return None
    draw_hits(wanted, rows)
    how = _("Left: the portion that the score depends on. Right: the picture, with the portion framed.")
    st.caption(f"{how} {_(wanted.entry.idea)}")
    _draw_skipped(found)
    return _record(wanted, rows)


def _draw_skipped(found: Found) -> None:
    """Say which pictures could not be read, and why."""
    if found.skipped_count:
        with st.expander(
            _("Pictures that could not be read: {count}", count=found.skipped_count), icon=":material/warning:"
        ):
            for skipped in found.skipped:
                st.text(_(skipped.reason, **dict(skipped.values)))
            if found.skipped_count > len(found.skipped):
                st.caption(_("Only the first {count} are named.", count=len(found.skipped)))


def _record(wanted: SearchQuery, rows: Mapping[End, Sequence[Titled]]) -> DatasetExamplesExport:
    """Return what is on the screen; the texts are made now, in the visitor's language."""
    collection = wanted.collection
    request = FoundRequest(
        start=replace(wanted.selection.start, sample=None, file_name=None),
        collection=wanted.entry.name,
        files=[file.name for file in collection.files] if isinstance(collection, Uploads) else (),
        table=wanted.target.table,
        owner=wanted.target.owner,
        cell=wanted.target.cell,
        first=wanted.first,
        kept=wanted.config.kept,
        counts=tuple(COUNTS.items()),
        caption=f"{wanted.caption} · {wanted.target.name}",
    )
    headings: dict[End, str] = {"most": _("Strongest"), "least": _("Weakest")}
    return DatasetExamplesExport(request=request, rows=rows, headings=headings)
