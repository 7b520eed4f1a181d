"""Section Model: the chosen strategy trained on all images, tried on another one, and exported."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import UserError
from core.i18n import grouped
from core.images.picture import Picture
from core.jobs.job import Job
from core.transfer.advice.rules import advise, estimate
from core.transfer.data.config import TransferConfig
from core.transfer.export import bundle
from core.transfer.export.final_model import (
    FinalTrainingConfig,
    FinalTrainingEvent,
    FinishedModel,
    train_final_model,
    weights_of,
)
from core.transfer.export.notebook import notebook
from core.transfer.export.script import PROGRAM_FILE, write_script
from core.transfer.training.strategies import STRATEGIES, Plan, plans
from pages.components.caches import runners, transfer
from pages.components.i18n import _
from pages.components.inputs.choices import choose
from pages.components.inputs.model_select import BackboneChoice
from pages.components.jobs.live_section import live
from pages.components.jobs.observed_job import ObservedJob, observe, observed_job
from pages.components.jobs.player import draw_controls, draw_problem, draw_progress, keep_job_in_url, player
from pages.components.jobs.weights_panel import ready_backbone
from pages.components.layout import error_message
from pages.components.units import memory_text, seconds_text
from pages.transfer_advisor import try_model
from pages.transfer_advisor.comparison_state import last_progress
from pages.transfer_advisor.labels import stage_labels
from pages.transfer_advisor.plan_titles import plan_title
from pages.transfer_advisor.report import report_of
from pages.transfer_advisor.sections import PAGE

if TYPE_CHECKING:
    from core.architectures.loading import Backbone

PLAYER = f"{PAGE}.model_player"
VIEW = {f"{PAGE}.part": "model"}
OBSERVED = f"{PAGE}.finishing"
MODELS = f"{PAGE}.models"
CHOSEN = f"{PAGE}.model_plan"
DEADLINE_SECONDS = 3600.0


def draw(setup: TransferConfig, picture: Picture, backbone: BackboneChoice) -> None:
    """Draw the choice of a strategy, its training, and the network that it ends in."""
    playback = player(PLAYER, PAGE, VIEW)
    _take_over(observed_job(OBSERVED, playback, ObservedJob))
    st.markdown(
        _(
            "One strategy learns from all pictures; how good it is on others, the proof has said. Try it on another "
            "picture, and take it along."
        )
    )
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="model-toolbar"):
        plan = _choose_plan(setup)
        draw_controls(playback, functools.partial(_submit, setup, plan), plan_title(plan))
    keep_job_in_url(playback)
    draw_problem(playback)
    if playback.is_active:
        live(playback, lambda: draw_progress(playback, playback.title))
    model = _models().get((setup, plan))
    if model is not None:
        _draw_model(model, picture, backbone)
    elif not playback.is_active:
        _draw_costs(setup, plan)


def _choose_plan(setup: TransferConfig) -> Plan:
    """Draw the choice; at first that which did best here, else what is advised."""
    stages = tuple(stage_labels(setup))
    ranked = told.ranked if (told := last_progress(setup)) else []
    known = transfer.diagnosis(setup)
    simplest = Plan(strategy="probe", stage=stages[-1])
    fitting = [*(standing.plan for standing in ranked), advise(known).plan if known else simplest]
    options = list(dict.fromkeys([*fitting, *plans(stages, len(stages) // 2)]))
    chosen: Plan = choose(_("Strategy"), options, plan_title, CHOSEN, width=320)
    return chosen


def _submit(setup: TransferConfig, plan: Plan) -> Job:
    assignment = FinalTrainingConfig(setup=setup, plan=plan, folder=str(transfer.finished_folder()))
    job = runners.trainings().submit(runners.owner(), train_final_model, assignment, deadline_seconds=DEADLINE_SECONDS)
    return observe(OBSERVED, ObservedJob(assignment, job))


def _models() -> dict[tuple[TransferConfig, Plan], FinishedModel]:
    """Return the models that this visitor has had trained, by what they were trained on and how."""
    models: dict[tuple[TransferConfig, Plan], FinishedModel] = st.session_state.setdefault(MODELS, {})
    return models


def _take_over(mine: ObservedJob | None) -> None:
    """Keep what the job has made, also where it ended while the visitor was elsewhere."""
    if mine is None:
        return
    for event in mine.events:
        if isinstance(event, FinalTrainingEvent) and event.model is not None and event.model not in _models().values():
            _models()[event.model.setup, event.model.plan] = event.model
            transfer.keep_finished()


def _draw_costs(setup: TransferConfig, plan: Plan) -> None:
    st.caption(_(STRATEGIES[plan.strategy].idea))
    known = transfer.diagnosis(setup)
    if known is not None:
        cost = estimate(known, plan)
        st.caption(
            _(
                "About {time} and {memory} of memory.",
                time=seconds_text(cost.seconds),
                memory=memory_text(cost.bytes),
            )
        )


def _draw_model(model: FinishedModel, picture: Picture, choice: BackboneChoice) -> None:
    backbone = ready_backbone(choice)
    if backbone is None:
        return
    try:
        network = transfer.finished_network(model, backbone)
    except UserError as problem:
        error_message.show(problem)
        return
    st.caption(
        _(
            "Learned from {count} pictures of {classes} classes in {time}; {trained} parameters were trained.",
            count=sum(model.counts),
            classes=len(model.classes),
            time=seconds_text(model.seconds),
            trained=grouped(model.trained),
        )
    )
    try_model.draw(model, network, backbone, picture)
    _draw_downloads(model, backbone)


def _draw_downloads(model: FinishedModel, backbone: Backbone) -> None:
    """Draw the files to take along; each is made when it is asked for."""
    st.subheader(_("Take along"), anchor=False)
    text = functools.partial(write_script, model, backbone)
    report = report_of(model)
    files = (
        (
            _("All in one ZIP"),
            lambda: bundle.zip_bytes(model, backbone, report()),
            "convscope-model.zip",
            "application/zip",
        ),
        (_("Weights"), lambda: weights_of(model), bundle.WEIGHTS_FILE, "application/octet-stream"),
        (_("Python program"), lambda: text().encode(), PROGRAM_FILE, "text/x-python"),
        (_("Notebook"), lambda: notebook(text()), bundle.NOTEBOOK_FILE, "application/x-ipynb+json"),
        (_("Report, one page"), lambda: report().encode(), bundle.REPORT_FILE, "text/html"),
    )
    with st.container(horizontal=True, gap="small", key="model-files"):
        for label, make, name, kind in files:
            st.download_button(label, make, name, kind, icon=":material/download:", on_click="ignore")
    st.caption(
        _(
            "The program and the notebook repeat the training with torch and torchvision alone. The ZIP has the "
            "pictures too, as the network receives them, and what an embedded network starts from. The report prints "
            "on one page."
        )
    )
