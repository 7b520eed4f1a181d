"""Section Comparison (on the screen: Proof): all strategies compared on the chosen images, live, as a job."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import streamlit as st

from core.architectures.zoo.backbones import BACKBONES
from core.i18n import N_, grouped
from core.jobs.job import Job
from core.settings import Integer, Toggle
from core.transfer.advice.rules import advise, estimate
from core.transfer.comparison.cross_validation import FOLDS, ComparisonConfig, ComparisonSetup, FoldResult, compare
from core.transfer.comparison.verdict import Standing, Verdict, curve, standings, verdict
from core.transfer.data.config import TransferConfig
from core.transfer.training.strategies import STRATEGIES, Plan, plans
from pages.components.caches import architectures, runners, transfer
from pages.components.figures.transfer import Bar, accuracies, learning_curves, trained_stages
from pages.components.i18n import _, number
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.jobs.live_section import live
from pages.components.jobs.observed_job import ObservedJob, observe, observed_job
from pages.components.jobs.player import Player, draw_controls, draw_problem, draw_progress, keep_job_in_url, player
from pages.components.units import seconds_text, short_count
from pages.transfer_advisor import confusion_matrix
from pages.transfer_advisor.comparison_state import OBSERVED, progress_of
from pages.transfer_advisor.labels import stage_labels
from pages.transfer_advisor.plan_titles import plan_title
from pages.transfer_advisor.sections import PAGE, draw_next
from pages.transfer_advisor.verdict_text import verdict_text

PLAYER = f"{PAGE}.proof_player"
VIEW = {f"{PAGE}.part": "proof"}
DEADLINE_SECONDS = 3600.0
FOLDS_SETTING = Integer(
    name="folds",
    label=N_("Folds"),
    default=FOLDS,
    minimum=2,
    maximum=10,
    help=N_("Into so many parts the pictures are split; each part judges once what was learned from the others."),
)
TRAINED = Integer(
    name="trained",
    label=N_("Last stages fine-tuned"),
    default=2,
    minimum=1,
    maximum=12,
    help=N_("Of the strategy that freezes the first stages and trains the last ones."),
)
CURVES = Toggle(
    name="curves",
    label=N_("Learning curves"),
    default=False,
    help=N_("Every strategy learns from fewer pictures of each class too; takes about twice as long."),
)


def draw(setup: TransferConfig) -> None:
    """Draw the controls, what is trained, and the results as they come."""
    playback = player(PLAYER, PAGE, VIEW)
    st.markdown(
        _(
            "Every strategy learns from the same pictures and is judged on the same others. Splits come first, "
            "stratified; nothing is tuned on the pictures that judge."
        )
    )
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="proof-toolbar"):
        folds = draw_setting(FOLDS_SETTING, PAGE, width=110)
        trained = draw_setting(TRAINED, PAGE, most=len(stage_labels(setup)) - 1, as_slider=True, width=200)
        curves = draw_setting(CURVES, PAGE)
        comparison = ComparisonConfig(setup=setup, folds=folds, trained=trained, curves=curves)
        draw_controls(playback, functools.partial(_submit, comparison), _("Comparison of strategies"))
    _draw_trained(comparison)
    _draw_costs(comparison)
    keep_job_in_url(playback)
    draw_problem(playback)
    live(playback, functools.partial(_draw_told, setup, playback))


def _draw_trained(comparison: ComparisonConfig) -> None:
    """Draw which stages the strategy that trains the last ones trains, and how many parameters that is."""
    entry = BACKBONES[comparison.setup.backbone]
    stages = stage_labels(comparison.setup)
    totals = architectures.costs(entry.name, entry.input_size).by_stage
    counts = [totals[stage].parameters for stage in stages]
    frozen = len(stages) - comparison.trained
    st.plotly_chart(
        trained_stages(
            [_(stage) for stage in stages],
            [short_count(count) for count in counts],
            frozen,
            {"frozen": _("stays frozen"), "trained": _("goes on learning")},
        ),
        key=f"{PAGE}.trained_stages",
        alt=_("The stages of the network, and which of them are trained"),
        config={"displayModeBar": False},
    )
    st.caption(
        _(
            "“Fine-tune the last stages” trains {trained} of {all} parameters, and a new head.",
            trained=grouped(sum(counts[frozen:])),
            all=grouped(sum(counts)),
        )
    )


def _submit(comparison: ComparisonConfig) -> Job:
    job = runners.trainings().submit(runners.owner(), compare, comparison, deadline_seconds=DEADLINE_SECONDS)
    return observe(OBSERVED, ObservedJob(comparison, job))


def _draw_costs(comparison: ComparisonConfig) -> None:
    """Say about how long it takes, once a diagnosis has measured how quick this machine is."""
    known = transfer.diagnosis(comparison.setup)
    if known is None:
        st.caption(_("After the diagnosis (step 2) it can be said how long this takes, and what is advised."))
        return
    stages = tuple(reading.stage for reading in known.stages)
    share = 1 - 1 / comparison.folds
    each = sum(estimate(known, plan, share).seconds for plan in plans(stages, comparison.trained))
    total = each * comparison.folds * (2 if comparison.curves else 1)
    st.caption(
        _(
            "About {time} on one core. Advised here: {plan}.",
            time=seconds_text(total),
            plan=plan_title(advise(known).plan),
        )
    )


def _draw_told(setup: TransferConfig, playback: Player) -> None:
    """Draw how far the comparison is, and its results."""
    mine = observed_job(OBSERVED, playback, ObservedJob)
    if mine is None:
        return
    progress = progress_of(mine)
    draw_progress(playback, plan_title(progress.doing) if progress.doing else _("looking at the pictures"))
    if mine.question.setup != setup:
        st.caption(_("These are results for the pictures and the backbone chosen when it began."))
    if progress.setting is not None and progress.judged:
        _draw_results(mine.question, progress.setting, progress.judged, is_active=playback.is_active)


def _draw_results(
    comparison: ComparisonConfig, setting: ComparisonSetup, judged: Sequence[FoldResult], *, is_active: bool
) -> None:
    known = transfer.diagnosis(comparison.setup)
    advised = advise(known).plan if known else None
    ranked = standings(judged, setting.labels)
    if advised is not None and not is_active:
        _draw_verdict(verdict(judged, setting.labels, advised))
    st.plotly_chart(
        accuracies([_bar(standing, advised) for standing in ranked], _("held-out accuracy")),
        key=f"{PAGE}.accuracies",
        alt=_("Held-out accuracy of each strategy with its interval"),
        config={"displayModeBar": False},
    )
    said = _("The lines are 95 % intervals.")
    if setting.others:
        said += " " + _(
            "Of the pictures that judge, {others} are not among those to learn from.", others=setting.others
        )
    if advised is not None:
        said += " " + _("The orange diamond is the strategy that was advised.")
    st.caption(said)
    sizes = {fold.per_class for fold in judged if fold.per_class is not None}
    if sizes:
        _draw_curves(setting, judged, ranked, max(1, round(comparison.setup.per_class * (1 - 1 / comparison.folds))))
    if not is_active:
        confusion_matrix.draw(comparison.setup, setting, judged, ranked)
    _draw_table(ranked)


def _draw_verdict(found: Verdict | None) -> None:
    if found is not None:
        draw = {"best": st.success, "close": st.success, "undecided": st.info, "beaten": st.warning}[found.kind]
        draw(verdict_text(found))


def _bar(standing: Standing, advised: Plan | None) -> Bar:
    title = plan_title(standing.plan)
    hover = _(
        "{title}: {accuracy}, {right} of {judged} pictures",
        title=title,
        accuracy=number(standing.accuracy, ".1%"),
        right=standing.right,
        judged=standing.judged,
    )
    return Bar(title, standing.accuracy, standing.low, standing.high, hover, standing.plan == advised)


def _draw_curves(setting: ComparisonSetup, judged: Sequence[FoldResult], ranked: Sequence[Standing], most: int) -> None:
    """Draw a curve a strategy: of those that take features, from the stage that did best."""
    st.subheader(_("With fewer pictures"), anchor=False)
    best: dict[str, Plan] = {}
    for standing in ranked:
        best.setdefault(standing.plan.strategy, standing.plan)
    curves = {
        plan_title(best[name]): curve(judged, setting.labels, best[name], most) for name in STRATEGIES if name in best
    }
    st.plotly_chart(
        learning_curves(curves, _("pictures of each class to learn from"), _("held-out accuracy")),
        key=f"{PAGE}.curves",
        alt=_("Held-out accuracy by pictures of each class"),
        config={"displayModeBar": False},
    )


def _draw_table(ranked: Sequence[Standing]) -> None:
    head = (_("Strategy"), _("Accuracy"), _("95 % interval"), _("Right"), _("Time to learn"), _("Trained parameters"))
    lines = ["| " + " | ".join(head) + " |", "| :--- | ---: | ---: | ---: | ---: | ---: |"]
    for standing in ranked:
        cells = (
            plan_title(standing.plan),
            number(standing.accuracy, ".1%"),
            f"{number(standing.low, '.0%')} – {number(standing.high, '.0%')}",
            f"{standing.right} / {standing.judged}",
            seconds_text(standing.seconds),
            grouped(standing.trained),
        )
        lines.append("| " + " | ".join(cells) + " |")
    with st.expander(_("All figures"), icon=":material/table_rows:"):
        st.markdown("\n".join(lines))
    draw_next("model", _("Take the best one along"))
