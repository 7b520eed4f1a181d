"""A file that is fetched once: its download with progress and cancel, and what can be done without it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import streamlit as st

from core.architectures.downloads import fetch
from core.architectures.transfers import DownloadEvent
from core.jobs import Job
from core.limits import WEIGHTS_DEADLINE_SECONDS
from pages.components import cache, problems
from pages.components.words import _, number

JOBS = "shared.downloads"  # this visitor's downloads by file
POLL_SECONDS = 0.4
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
    `bring` fetches what is more than one file.
    """
    jobs: dict[str, Job] = st.session_state.setdefault(JOBS, {})
    if not begin and file.file_name not in jobs and not st.session_state.get(_wish(file)):
        with st.container(border=True):
            st.markdown(title)
            st.button(_("Fetch it"), icon=":material/download:", on_click=_ask_for, args=(file,), type="primary")
            offer()
        return
    if file.file_name not in jobs and not any(job.state == "waiting" for job in jobs.values()):
        _start(file, bring)
    job = jobs.get(file.file_name)
    active = job is None or not job.has_ended
    draw = functools.partial(_draw_download, file, title, offer, active, bring)
    st.fragment(draw, run_every=POLL_SECONDS if active else None)()


def _draw_download(file: Fetchable, title: str, offer: Callable[[], object], was_active: bool, bring: Bring) -> None:
    job: Job | None = st.session_state[JOBS].get(file.file_name)
    if job is None:  # it waits for another download of this visitor; the next run starts it
        st.progress(0.0, _("{name} waits for another download.", name=file.file_name))
        if not any(other.state == "waiting" for other in st.session_state[JOBS].values()):
            st.rerun()
        return
    job.heartbeat()
    if job.state == "done":
        del st.session_state[JOBS][file.file_name]
    if job.has_ended is was_active:
        st.rerun()  # the whole page: only that ends or begins the polling, and shows what has been fetched
    with st.container(border=True):
        st.markdown(title)
        if job.has_ended:
            _draw_end(job, file, bring)
        else:
            _draw_progress(job, file)
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
        problems.show(job.problem)
    else:
        st.info(_("The download was stopped. What has arrived is kept."), icon=":material/pause_circle:")
    st.button(_("Try again"), on_click=_start, args=(file, bring), key=f"shared.retry.{file.file_name}")


def _start(file: Fetchable, bring: Bring) -> None:
    jobs: dict[str, Job] = st.session_state.setdefault(JOBS, {})
    jobs[file.file_name] = cache.downloads().submit(
        cache.owner(), bring, file, deadline_seconds=WEIGHTS_DEADLINE_SECONDS
    )


def _ask_for(file: Fetchable) -> None:
    st.session_state[_wish(file)] = True


def _wish(file: Fetchable) -> str:
    return f"shared.wish.{file.file_name}"
