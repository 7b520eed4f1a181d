"""The panel of a download: progress, cancel, and what can be done without the file."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import streamlit as st

from core.downloads.store import fetch
from core.downloads.transfer import DownloadEvent
from core.jobs.job import Job
from core.limits import WEIGHTS_DEADLINE_SECONDS
from pages.components.caches import runners
from pages.components.i18n import _, number
from pages.components.jobs.live_section import live
from pages.components.jobs.watched import Watched, all_watched
from pages.components.layout import error_message

DOWNLOAD = "shared.download."  # with the file's name, the key of a download
EVERY_SECONDS = 0.4
MEGABYTE = 1_000_000
Bring = Callable[[Any], Iterator[DownloadEvent]]
"""Fetches what it is handed, and yields how far that is; the job of a download."""


class Fetchable(Protocol):
    """What is fetched as one: the name that its download is known by, and who publishes it."""

    @property
    def file_name(self) -> str: ...

    @property
    def host(self) -> str: ...


def draw_download(
    file: Fetchable, title: str, offer: Callable[[], object], *, begin: bool = True, bring: Bring = fetch
) -> None:
    """Draw the download of a file under a title in Markdown; poll only while it runs.

    It starts by itself, unless `begin` is false: then a button does. `offer` draws the ways to go on without the file.
    `bring` fetches what consists of more than one file.
    """
    watched = _watched(file)
    if watched.job is not None and watched.job.state == "done":
        watched.job = None  # what was fetched is gone again, unless it has come while this page is drawn
        if watched.has_changed:
            st.rerun()
    if watched.job is None and not begin and not st.session_state.get(_wish(file)):
        with st.container(border=True):
            st.markdown(title)
            st.button(_("Fetch it"), icon=":material/download:", on_click=_ask_for, args=(file,), type="primary")
            offer()
        return
    if watched.job is None and not _has_one_waiting():
        _start(file, bring)
        watched.drawn_stage = watched.stage
    draw = functools.partial(_draw_download, watched, file, title, offer, bring)
    live(watched, draw, every_seconds=EVERY_SECONDS, is_due=watched.job is None)


def _draw_download(watched: Watched, file: Fetchable, title: str, offer: Callable[[], object], bring: Bring) -> None:
    if watched.job is None:  # it waits for another download of this visitor; the next run starts it
        st.progress(0.0, _("{name} waits for another download.", name=file.file_name))
        if not _has_one_waiting():
            st.rerun()
        return
    if watched.job.state == "done":
        st.rerun()  # the whole page, which has been waiting for it
    with st.container(border=True):
        st.markdown(title)
        if watched.job.has_ended:
            _draw_end(watched.job, file, bring)
        else:
            _draw_progress(watched.job, file)
        offer()


def _draw_progress(job: Job, file: Fetchable) -> None:
    event = job.latest
    if isinstance(event, DownloadEvent):
        st.progress(event.fraction or 0.0, _progress_text(event))
    elif job.position:
        st.progress(0.0, _("Place {position} in the queue of downloads", position=job.position))
    else:
        st.progress(0.0, _("Connecting to {host}…", host=file.host))
    st.button(_("Cancel"), on_click=job.cancel, key=f"shared.cancel.{file.file_name}")


def _progress_text(event: DownloadEvent) -> str:
    done = event.step / MEGABYTE
    if event.phase == "checking":
        return _("Checking what has arrived ({done:.1f} MB)…", done=done)
    if event.phase == "unpacking":
        share = event.step / max(1, event.total_steps or 1)
        return _("Unpacking: {share}", share=number(share, ".0%"))
    if event.phase == "connecting":
        return _("Connecting…")
    if not event.total_steps:
        return _("{done:.1f} MB", done=done)
    text = _("{done:.1f} of {total:.1f} MB", done=done, total=event.total_steps / MEGABYTE)
    if event.phase == "waiting":
        return _("{text} · another visitor is fetching the same file", text=text)
    if event.seconds_left is None:
        return text
    return _("{text} · {seconds:.0f} s left", text=text, seconds=event.seconds_left)


def _draw_end(job: Job, file: Fetchable, bring: Bring) -> None:
    if job.problem is not None:
        error_message.show(job.problem)
    else:
        st.info(_("The download was stopped. What has arrived is kept."), icon=":material/pause_circle:")
    st.button(_("Try again"), on_click=_start, args=(file, bring), key=f"shared.retry.{file.file_name}")


def _start(file: Fetchable, bring: Bring) -> None:
    job = runners.downloads().submit(runners.owner(), bring, file, deadline_seconds=WEIGHTS_DEADLINE_SECONDS)
    _watched(file).job = job


def _watched(file: Fetchable) -> Watched:
    """Return this visitor's download of a file; its job is None before there is one."""
    key = f"{DOWNLOAD}{file.file_name}"
    return all_watched().setdefault(key, Watched(key))


def _has_one_waiting() -> bool:
    """Return whether a download of this visitor waits: a further one would take its place."""
    mine = (job.job for key, job in all_watched().items() if key.startswith(DOWNLOAD))
    return any(job is not None and job.state == "waiting" for job in mine)


def _ask_for(file: Fetchable) -> None:
    st.session_state[_wish(file)] = True


def _wish(file: Fetchable) -> str:
    return f"shared.wish.{file.file_name}"
