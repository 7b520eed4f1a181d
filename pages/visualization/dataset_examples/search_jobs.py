"""A visitor's search through a collection: made at once where that is quick, else a job that can be followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.events import Event
from core.jobs.job import Job
from core.visualization.dataset_examples.ranking import Found, Scan
from core.visualization.dataset_examples.search import scan, search
from pages.components.caches import runners, visualization
from pages.components.jobs.observed_job import ObservedJob, observe, observed_job
from pages.components.jobs.player import Player
from pages.visualization.dataset_examples.query import SearchQuery

OBSERVED = "visualization.search"
DEADLINE_SECONDS = 3600.0


@dataclass
class ObservedSearch(ObservedJob):
    """A search that was started as a job, and what it has found."""

    found: Found = field(init=False)
    is_kept: bool = False

    @property
    def config(self) -> Scan:
        """Return what is searched for, and where."""
        config: Scan = self.question
        return config

    def __post_init__(self) -> None:
        self.found = Found(self.config.kept)

    def catch_up(self) -> None:
        """Take in what has come since the last time, and keep it for all once it is complete."""
        is_done = self.job.state == "done"  # asked first: then no event follows those that are there
        super().catch_up()
        if is_done and not self.is_kept:
            remember(self.config, self.found)
            self.is_kept = True

    def take(self, events: Sequence[Event]) -> None:
        """Add what has come to what is found."""
        self.found.add(events)  # type: ignore[arg-type]


def known(wanted: SearchQuery) -> Found | None:
    """Return what has been found already for the same pictures, network and layer; of classes for any layer."""
    config = wanted.config
    for wanted_scan in (config,) if wanted.target.table.layer else (config, _without_layers(config)):
        if visualization.found.holds(wanted_scan):
            return visualization.found(wanted_scan, Found)
    return None


def found_at_once(wanted: SearchQuery) -> Found:
    """Return what a quick search finds; visitors with the same network share it. Raises `UserError`."""
    config = wanted.config
    return visualization.found(config, lambda: Found(config.kept).add(search(config, wanted.selection.backbone)))


def remember(config: Scan, found: Found) -> None:
    """Keep a complete result for all who have the same pictures; what it says of classes holds for every layer."""
    visualization.found(config, lambda: found)
    visualization.found(_without_layers(config), found.of_classes)


def start(config: Scan) -> Job:
    """Return a new job that searches."""
    job = runners.trainings().submit(runners.owner(), scan, config, deadline_seconds=DEADLINE_SECONDS)
    return observe(OBSERVED, ObservedSearch(config, job))


def search_of(playback: Player, config: Scan) -> ObservedSearch | None:
    """Return the player's search if it is this one, up to date; None where it is another, or there is none."""
    mine = observed_job(OBSERVED, playback, ObservedSearch)
    return mine if mine is not None and mine.config.identity == config.identity else None


def _without_layers(config: Scan) -> Scan:
    return replace(config, layers=(), cell=None)
