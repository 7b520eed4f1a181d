"""The report of one page: the pictures, what was measured, what was advised, what was compared, and the result."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from datetime import date

from babel.dates import format_date

from core.architectures.zoo.backbones import BACKBONES
from core.i18n import grouped
from core.transfer.advice.case_map import place_on_map
from core.transfer.advice.rules import advise
from core.transfer.comparison.verdict import confusions, verdict
from core.transfer.data.catalogue import DATASETS
from core.transfer.diagnosis.diagnosis import Diagnosis
from core.transfer.export.final_model import FinishedModel
from pages.components.caches import transfer
from pages.components.i18n import _, language, number
from pages.components.layout.report import Corner, MapSpot, Report, ReportBar, Section, render
from pages.components.units import seconds_text
from pages.transfer_advisor.comparison_state import ComparisonProgress, last_progress
from pages.transfer_advisor.labels import class_titles
from pages.transfer_advisor.plan_titles import plan_title
from pages.transfer_advisor.verdict_text import verdict_text

CLASSES_NAMED = 12
CONFUSIONS_NAMED = 3


def report_of(model: FinishedModel) -> Callable[[], str]:
    """Return what makes the report: all of it is looked up now, so that it says what the page says."""
    known, told = transfer.diagnosis(model.setup), last_progress(model.setup)
    entry = BACKBONES[model.setup.backbone]
    title = _("{data} with {backbone}", data=_(DATASETS[model.setup.dataset].title), backbone=entry.title)
    sections = [_pictures(model)]
    if known is not None:
        sections += _diagnosis(known)
    if told is not None and told.ranked:
        sections.append(_comparison(model, told, known))
    sections.append(_result(model))
    written = format_date(date.today(), locale=language())
    subtitle = _("Transfer advisor, ConvScope · {date} · seed {seed}", date=written, seed=model.setup.seed)
    return functools.partial(render, Report(language(), title, subtitle, sections))


def _pictures(model: FinishedModel) -> Section:
    names = class_titles(model.classes, is_marked=model.is_marked)
    least, most = min(model.counts), max(model.counts)
    each = str(least) if least == most else _("{least} to {most}", least=least, most=most)
    text = _(
        "{count} pictures of {classes} classes, {each} of each.",
        count=sum(model.counts),
        classes=len(names),
        each=each,
    )
    listed = " · ".join(names[:CLASSES_NAMED])
    if len(names) > CLASSES_NAMED:
        listed = _("{names} and {more} more", names=listed, more=len(names) - CLASSES_NAMED)
    return Section(_("The pictures"), (text, listed))


def _diagnosis(known: Diagnosis) -> Iterator[Section]:
    advice = advise(known)
    rule, place = advice.rule, place_on_map(advice.position)
    here = _("{count} pictures of each class", count=number(known.per_class, ".0f"))
    corners = [Corner(_(title), x, y) for title, x, y in place.corners]
    measured = [
        _(
            "Entropy of the backbone’s own answers: {entropy} of that of a guess; LEEP {leep}.",
            entropy=number(known.entropy.value, ".2f"),
            leep=number(known.leep.value, ".2f"),
        )
    ]
    if known.distance is not None:
        measured.insert(
            0,
            _(
                "Distance from the training pictures: {distance} ± {error} stored deviations.",
                distance=number(known.distance.value, ".2f"),
                error=number(1.96 * known.distance.error, ".2f"),
            ),
        )
    exception = [_(rule.exception)] if advice.is_exception else []
    texts = (*measured, _(rule.advice), _(rule.reason), *exception)
    spot = MapSpot(place.x, place.y, place.border, place.enough, here, corners)
    yield Section(_("Diagnosis and advice: {case}", case=_(rule.title)), texts, spot)


def _comparison(model: FinishedModel, told: ComparisonProgress, known: Diagnosis | None) -> Section:
    bars = [
        ReportBar(
            plan_title(standing.plan),
            standing.accuracy,
            standing.low,
            standing.high,
            f"{number(standing.accuracy, '.1%')}  ({number(standing.low, '.0%')} – {number(standing.high, '.0%')})",
            standing.plan == model.plan,
        )
        for standing in told.ranked
    ]
    assert told.setting is not None
    texts = []
    found = verdict(told.judged, told.setting.labels, advise(known).plan) if known else None
    if found is not None:
        texts.append(verdict_text(found).replace("**", ""))
    names = class_titles(model.classes, is_marked=model.is_marked)
    for confusion in confusions(told.judged, told.setting.labels, model.plan, len(names))[:CONFUSIONS_NAMED]:
        taken = _(
            "{name} taken for {other}: {count}",
            name=names[confusion.true],
            other=names[confusion.answered],
            count=confusion.count,
        )
        texts.append(taken)
    note = _("Held-out accuracy with a 95 % interval; the same pictures judge all. Bold: what was trained at last.")
    return Section(_("Comparison"), texts, bars=bars, note=note)


def _result(model: FinishedModel) -> Section:
    text = _(
        "{plan}, on all {count} pictures in {time}; {trained} parameters were trained.",
        plan=plan_title(model.plan),
        count=sum(model.counts),
        time=seconds_text(model.seconds),
        trained=grouped(model.trained),
    )
    note = _("SHA-256 of the weights: {digest}", digest=model.digest)
    return Section(_("The model"), (text,), note=note)
