"""The race on a real network: what is chosen, the training live, and what came of it."""

from __future__ import annotations

import functools
from dataclasses import replace

import streamlit as st

from core.downloads.remote_file import RemoteFile
from core.i18n import N_
from core.jobs.job import Job
from core.optimization.network_race.config import SEEDS_AT_MOST, STEPS_AT_MOST, NetworkRace
from core.optimization.network_race.public_datasets import missing
from core.optimization.network_race.race import run_network_race
from core.optimization.network_race.tasks import TASKS, Task
from core.optimization.optimizers import OPTIMIZERS
from core.optimization.schedules import SCHEDULES
from core.optimization.surface_race.race import FAIRNESS
from core.settings import Choice, Integer, Number
from pages.components.caches import runners
from pages.components.i18n import _
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.jobs.download_panel import draw_download
from pages.components.jobs.live_section import live
from pages.components.jobs.observed_job import observe, observed_job
from pages.components.jobs.player import Player, draw_controls, draw_problem, draw_progress, keep_job_in_url, player
from pages.components.state import url_state
from pages.optimizer_race.network_results import draw_results
from pages.optimizer_race.optimizer_select import choose_optimizers
from pages.optimizer_race.training_curves import ObservedRace, chart_of, choose_view

PAGE = "optimizer_race"
PLAYER = f"{PAGE}.network"
OBSERVED = f"{PAGE}.followed"
VIEW = {f"{PAGE}.on": "network"}
TASK = Choice(
    name="task",
    label=N_("Task"),
    default=next(iter(TASKS)),
    options=tuple((task.name, task.title) for task in TASKS.values()),
)
RATE = Number(
    name="lr", label=N_("Learning rate"), default=0.01, minimum=0.00001, maximum=10.0, step=0.001, format="%.4g"
)
SCHEDULE = Choice(
    name="schedule",
    label=N_("Schedule"),
    default="constant",
    options=tuple((schedule.name, schedule.title) for schedule in SCHEDULES.values()),
    help=N_("How the learning rates change in the course of the training."),
)
UPDATES = Integer(name="updates", label=N_("Steps"), default=300, minimum=10, maximum=STEPS_AT_MOST)
BATCH = Integer(name="batch", label=N_("Batch size"), default=64, minimum=1, maximum=512)
SEEDS = Integer(
    name="seeds",
    label=N_("Seeds"),
    default=1,
    minimum=1,
    maximum=SEEDS_AT_MOST,
    help=N_("How often the race is run, with other first weights and batches each time. Bands show the spread."),
)
SEED = Integer(name="first_seed", label=N_("First seed"), default=0, minimum=0, maximum=9999)
DEADLINE_SECONDS = 1800.0


def draw_network() -> None:
    """Draw the choices, the controls, the curves, and, once it has ended, the results."""
    race, task = _choose_race()
    playback = player(PLAYER, PAGE, VIEW)
    file = missing(task.files)
    if file is None:
        view = choose_view()
        keep_job_in_url(playback)
        live(playback, functools.partial(_draw_live, playback, race, view))
        mine = observed_job(OBSERVED, playback, ObservedRace)
        if mine is not None and not playback.is_active:
            draw_results(mine.curves)
    else:
        _offer_download(task, file)


def _choose_race() -> tuple[NetworkRace | None, Task]:
    """Draw the choices and return the race, None while nobody runs."""
    with st.container(key="race-toolbar", horizontal=True, gap="xsmall", vertical_alignment="bottom"):
        task = TASKS[draw_setting(TASK, PAGE, width=140, on_change=_take_length)]
        fairness = draw_setting(FAIRNESS, PAGE)
        rate = float(draw_setting(RATE, PAGE, width=115)) if fairness == "same" else RATE.default
        steps = draw_setting(replace(UPDATES, default=task.steps), PAGE, width=85)
        seeds = draw_setting(SEEDS, PAGE, width=80)
        with st.popover(_("More"), icon=":material/tune:"):
            schedule = draw_setting(SCHEDULE, PAGE)
            batch = draw_setting(replace(BATCH, default=task.batch), PAGE)
            seed = draw_setting(SEED, PAGE)
            optimizers_settings = st.container()
    if fairness != "same":
        url_state.hide(RATE)
    st.caption(_("{idea} The network is {network}.", idea=_(task.idea), network=_(task.description)))
    optimizers = choose_optimizers()
    with optimizers_settings:
        values = {name: given for name in optimizers if (given := _turn_settings(name))}
    if not optimizers:
        return None, task
    race = NetworkRace(
        task=task.name,
        optimizers=optimizers,
        steps=int(steps),
        batch=int(batch),
        seeds=int(seeds),
        seed=int(seed),
        fairness=fairness,
        rate=rate,
        schedule=schedule,
        values=values,
    )
    return race, task


def _turn_settings(name: str) -> dict[str, float]:
    """Draw the settings of an optimizer but the learning rate, and return those that differ from torch.optim's."""
    settings = [setting for setting in OPTIMIZERS[name].settings if setting.name != "lr"]
    if settings:
        st.markdown(f"**{_(OPTIMIZERS[name].title)}**")
    given = {}
    for setting in settings:
        own = replace(setting, name=f"{name}.{setting.name}")
        value = float(draw_setting(own, PAGE))
        if value == setting.default:
            url_state.hide(own)
        else:
            given[setting.name] = value
    return given


def _take_length() -> None:
    """Let a task that was chosen begin with its own length, whatever the address says of the one before."""
    task = TASKS[st.session_state[f"{PAGE}.{TASK.name}"]]
    st.session_state[f"{PAGE}.{UPDATES.name}"] = task.steps
    st.session_state[f"{PAGE}.{BATCH.name}"] = task.batch


def _draw_live(playback: Player, race: NetworkRace | None, view: dict[str, object]) -> None:
    """Draw controls, progress and curves."""
    mine = observed_job(OBSERVED, playback, ObservedRace)
    if race is None and not playback.is_active:
        st.info(_("Choose an optimizer, or several: each is a runner."))
    else:
        title = _title(race) if race else playback.title
        with st.container(horizontal=True, gap="medium", vertical_alignment="center", key=f"{PAGE}-play"):
            draw_controls(playback, functools.partial(_submit, race), title)
            with st.container(width="stretch"):
                draw_progress(playback, _progress_text(playback, mine))
    draw_problem(playback)
    chart_of(f"{PAGE}.training", mine, race, view)


def _submit(race: NetworkRace | None) -> Job:
    if race is None:
        raise ValueError("there is nothing to start without a runner")
    job = runners.trainings().submit(runners.owner(), run_network_race, race, deadline_seconds=DEADLINE_SECONDS)
    return observe(OBSERVED, ObservedRace(race, job))


def _progress_text(playback: Player, mine: ObservedRace | None) -> str:
    if mine is None:
        return _("Ready. All runners begin with the same weights and see the same batches.")
    curves = mine.curves
    if playback.job is not None and playback.job.latest is None:
        return _("{title} · starting…", title=playback.title)
    if curves.phase == "trying":
        return _("{title} · trying learning rates", title=playback.title)
    return _("{title} · step {step} of {steps}", title=playback.title, step=curves.steps_done, steps=curves.race.steps)


def _title(race: NetworkRace) -> str:
    return _("{task}, seed {seed}", task=_(TASKS[race.task].title), seed=race.seed)


def _offer_download(task: Task, file: RemoteFile) -> None:
    megabytes = sum(file.size or 0 for file in task.files) / 1e6
    offer = _("**{title}** has to be fetched once, {megabytes:.0f} MB.", title=_(task.title), megabytes=megabytes)
    draw_download(file, offer, lambda: st.caption(_("Digits, two moons and shapes need no internet.")), begin=False)
