"""A chosen backbone made ready: loaded at once, or its weights fetched with progress, cancel, and ways on without."""

from __future__ import annotations

import functools
from contextlib import nullcontext
from typing import TYPE_CHECKING

import streamlit as st

from core.architectures.backbones import BACKBONES, DEFAULT, BackboneEntry, available_weights, of_family
from core.architectures.downloads import fetch
from core.architectures.transfers import DownloadEvent
from core.architectures.weights import MissingWeights
from core.architectures.weights_files import WeightsFile
from core.jobs import Job
from core.limits import WEIGHTS_DEADLINE_SECONDS
from core.problems import Problem
from pages.components import cache, problems
from pages.components.choosers import BackboneChoice, use_weights
from pages.components.words import _

if TYPE_CHECKING:
    from core.architectures.loading import Backbone

JOBS = "shared.downloads"  # this visitor's downloads by file
POLL_SECONDS = 0.4
MEGABYTE = 1_000_000


def ready_backbone(choice: BackboneChoice) -> Backbone | None:
    """Return the chosen backbone; None while its weights are not there, after drawing their download or what failed."""
    try:
        key = (choice.entry.name, choice.weights, choice.seed)
        wait = nullcontext() if cache.is_loaded(*key) else st.spinner(_("Loading {title}…", title=choice.entry.title))
        with wait:
            return cache.backbone(*key)
    except MissingWeights:
        _download(choice.entry)
    except Problem as problem:
        problems.show(problem)
        _offer_ways_on(choice.entry)
    return None


def _download(entry: BackboneEntry) -> None:
    """Draw the download of the ImageNet weights of `entry`, which starts by itself; poll only while it runs."""
    from core.architectures.loading import weights_file

    file = weights_file(entry)
    jobs: dict[str, Job] = st.session_state.setdefault(JOBS, {})
    if file.file_name not in jobs and not any(job.state == "waiting" for job in jobs.values()):
        _start(file)
    job = jobs.get(file.file_name)
    active = job is None or not job.has_ended
    draw = functools.partial(_draw_download, entry, file, active)
    st.fragment(draw, run_every=POLL_SECONDS if active else None)()


def _draw_download(entry: BackboneEntry, file: WeightsFile, was_active: bool) -> None:
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
        st.markdown(_("**{title}: ImageNet weights**", title=entry.title))
        if job.has_ended:
            _draw_end(job, file)
        else:
            _draw_progress(job, file)
        _offer_ways_on(entry)


def _draw_progress(job: Job, file: WeightsFile) -> None:
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


def _draw_end(job: Job, file: WeightsFile) -> None:
    if job.problem is not None:
        problems.show(job.problem)
    else:
        st.info(_("The download was stopped. What has arrived is kept."), icon=":material/pause_circle:")
    st.button(_("Try again"), on_click=_start, args=(file,), key=f"shared.retry.{file.file_name}")


def _start(file: WeightsFile) -> None:
    jobs: dict[str, Job] = st.session_state.setdefault(JOBS, {})
    jobs[file.file_name] = cache.downloads().submit(
        cache.owner(), fetch, file, deadline_seconds=WEIGHTS_DEADLINE_SECONDS
    )


def _offer_ways_on(entry: BackboneEntry) -> None:
    """Offer what works without the weights: the same backbone untrained, and the small one of its family."""
    small = next((kin for kin in of_family(entry.family) if kin.source == "convscope"), BACKBONES[DEFAULT])
    best = available_weights(small)[0]
    st.caption(_("Or go on without:"))
    with st.container(horizontal=True):
        has_chosen = st.button(
            _("{title} (works offline)", title=small.title),
            on_click=use_weights,
            args=(best, small.name),
            key=f"shared.small.{entry.name}",
        ) or st.button(
            _("{title}, untrained", title=entry.title),
            on_click=use_weights,
            args=("untrained", entry.name),
            key=f"shared.untrained.{entry.name}",
        )
    if has_chosen:
        st.rerun()  # the whole page, also where this is drawn by a fragment
