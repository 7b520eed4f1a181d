"""State of the last comparison, kept across sections."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.transfer.comparison.cross_validation import ComparisonConfig, ComparisonEvent, ComparisonSetup, FoldResult
from core.transfer.comparison.verdict import Standing, standings
from core.transfer.data.config import TransferConfig
from core.transfer.training.strategies import Plan
from pages.components.jobs.observed_job import ObservedJob
from pages.transfer_advisor.sections import PAGE

OBSERVED = f"{PAGE}.proving"


@dataclass(frozen=True)
class ComparisonProgress:
    """The setting, what was judged, and the plan that is at work."""

    setting: ComparisonSetup | None
    judged: tuple[FoldResult, ...]
    doing: Plan | None

    @property
    def ranked(self) -> list[Standing]:
        """Return how the plans stand, the best first; none before the first was judged."""
        return standings(self.judged, self.setting.labels) if self.setting else []


def progress_of(mine: ObservedJob) -> ComparisonProgress:
    """Return what a followed comparison has progress."""
    setting, judged, doing = None, [], None
    for event in mine.events:
        if isinstance(event, ComparisonEvent):
            setting = event.setting or setting
            doing = event.doing or doing
            if event.judged is not None:
                judged.append(event.judged)
    return ComparisonProgress(setting, tuple(judged), doing)


def last_progress(setup: TransferConfig) -> ComparisonProgress | None:
    """Return what this visitor's last comparison has progress, if it was of that setup."""
    mine: ObservedJob | None = st.session_state.get(OBSERVED)
    if mine is None or not isinstance(mine.question, ComparisonConfig) or mine.question.setup != setup:
        return None
    mine.catch_up()
    return progress_of(mine)
