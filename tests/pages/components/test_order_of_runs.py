"""The end of a job is drawn, whatever it falls between: reads of the page, runs, turns of a fragment, and clicks."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.runtime.app_session import AppSession

from core.events import Event
from core.jobs.job import Job
from core.jobs.worker import Order
from core.optimization.network_race.config import NetworkRace
from core.optimization.network_race.race import run_network_race
from core.paths import ROOT
from pages.components.caches import runners
from pages.components.server import run_order
from pages.optimizer_race import network_race
from pages.visualization.dataset_examples import search_jobs
from pages.visualization.dataset_examples.query import SearchQuery
from tests.pages.session import Session, sessions

RACE = NetworkRace(task="moons", optimizers=("sgd",), steps=12, batch=32, fairness="same", rate=0.05)
SHORT = "on=network&task=moons&rates=same&lr=0.05&updates=12&batch=32&optimizers=sgd"
PAGES = {  # what is opened, the button that starts, and what can be pressed once the job has ended
    "race": ("optimizer_race", SHORT, "Start", "Start"),
    "builder": ("architectures", "part=build", "Start", "Start"),
    "latency": ("architectures", "part=map", "Measure latency here", "Measure latency here"),
    "diagnosis": ("transfer_advisor", "part=diagnosis&each=3", "Start", "Start"),
    "proof": ("transfer_advisor", "part=proof&each=3", "Start", "Start"),
    "model": ("transfer_advisor", "part=model&each=3", "Start", "Start"),
    "experiment": ("augmentation", "part=helps", "Start", "Start"),
    "made pictures": ("visualization", "section=images&origin=made", "Start", "Start"),
    "search": ("visualization", "section=images&origin=found", "Start", "Start"),
    "download": ("visualization", "backbone=resnet18&weights=imagenet", "Try again", "Try again"),
    "data": ("optimizer_race", "on=network&task=fashion", "Fetch it", "Start"),
}


class StagedJob(Job):
    """A job whose page is met at one of its questions: at the `moment`th, `happen` happens."""

    def __init__(self, moment: int = 0, happen: Callable[[], object] | None = None) -> None:
        runner = SimpleNamespace(position_of=lambda _job: None, cancel=lambda job: job.end("cancelled"))
        super().__init__(runner, "somebody", Order("core", "nothing", b"", 1), 60.0)
        self.asked, self.moment = 0, moment
        self.happen = happen or (lambda: self.end("done"))
        self.start()

    def __getattribute__(self, name: str) -> Any:
        if name in {"state", "has_ended", "latest", "position", "problem", "events_since", "heartbeat"}:
            self.asked += 1
            if self.asked == self.moment:
                self.happen()
        return super().__getattribute__(name)


@functools.cache
def race_events() -> tuple[Event, ...]:
    return tuple(run_network_race(RACE))


@pytest.fixture(autouse=True)
def _in_order() -> Iterator[None]:
    with sessions():
        create = AppSession._create_scriptrunner
        run_order.keep_order()
        yield
        AppSession._create_scriptrunner = create


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> list[StagedJob]:
    """The jobs that the pages get when they ask for one: the last of the list."""
    jobs: list[StagedJob] = []
    runner = SimpleNamespace(submit=lambda *_given, **_named: jobs[-1], cancel_owner=lambda _owner: None)
    monkeypatch.setattr(runners, "trainings", lambda: runner)
    monkeypatch.setattr(runners, "downloads", lambda: runner)
    return jobs


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch, stage: list[StagedJob]) -> Iterator[Callable[[str], Session]]:
    """Open one of the pages that follow a job."""
    opened: list[Session] = []

    def open_page(name: str) -> Session:
        page, query, *_buttons = PAGES[name]
        if name == "search":  # the sample photographs, as if there were too many to look through at once
            monkeypatch.setattr(SearchQuery, "is_quick", False)
            monkeypatch.setattr(search_jobs, "known", lambda _wanted: None)
        if name == "data":
            has_come = lambda: any(job._state == "done" for job in stage)  # noqa: E731
            monkeypatch.setattr(network_race, "missing", lambda files: None if not files or has_come() else files[0])
        if name == "download":
            stage.append(StagedJob())
            stage[-1].end("cancelled")
        opened.append(Session(ROOT / "app.py", page, query).open())
        return opened[-1]

    yield open_page
    for session in opened:
        session.close()


def assert_ended(session: Session, name: str) -> None:
    screen, last = session.screen, PAGES[name][3]
    assert not screen.exceptions
    assert screen.buttons.get(last), screen.buttons
    assert not any(screen.buttons.get(active) for active in ("Stop", "Pause", "Cancel")), screen.buttons
    assert "job=" not in screen.query
    assert not screen.ticking


@pytest.mark.parametrize("name", PAGES)
def test_an_end_between_any_two_questions_of_the_page_is_drawn(
    name: str, visit: Callable[[str], Session], stage: list[StagedJob]
) -> None:
    session, moment = visit(name), 0
    while True:
        moment += 1
        job = StagedJob(moment)
        if name == "download":
            job.happen = functools.partial(job.end, "cancelled")
        stage[:] = [job]
        session.press(PAGES[name][2])
        session.settle()
        was_within = job.asked >= moment
        session.come_to_rest(turns=30)
        assert_ended(session, name)
        if name == "data":  # it has been fetched: only another visitor can be without it
            stage.clear()
            session = visit(name)
        if not was_within and moment > 3:
            return  # from here on it falls into turns of the fragment, one like the other


def raced(session: Session, stage: list[StagedJob], job: StagedJob) -> StagedJob:
    """Start a race whose events are all there, and let the page rest at it."""
    stage[:] = [job]
    session.press("Start")
    session.settle()
    for event in race_events():
        job.add(event)
    return job


def test_the_whole_page_is_not_lost_when_a_turn_comes_before_it_is_sent(
    visit: Callable[[str], Session], stage: list[StagedJob]
) -> None:
    session = visit("race")
    job = raced(session, stage, StagedJob())
    job.end("done")
    turn_before_it_is_sent(session)
    session.come_to_rest()
    assert_ended(session, "race")
    assert "What happened" in session.screen.texts


def test_streamlit_still_loses_it(visit: Callable[[str], Session], stage: list[StagedJob]) -> None:
    """Say when the cure is no longer needed."""
    AppSession._create_scriptrunner = run_order._create
    session = visit("race")
    job = raced(session, stage, StagedJob())
    job.end("done")
    turn_before_it_is_sent(session)
    session.settle()
    assert "What happened" not in session.screen.texts


def turn_before_it_is_sent(session: Session) -> None:
    """Let a fragment's turn end in a run of the whole page, and, before the loop gets to it, ask for another turn."""
    (fragment,) = session.screen.ticking
    session.ask(fragment)

    def late() -> None:
        session.let_it_end()
        session.hand_over(fragment)

    session.do(late)


@pytest.mark.parametrize("ends_first", [False, True], ids=["then it ends", "it ends first"])
@pytest.mark.parametrize("comes", ["a click", "a turn", "stop"])
@pytest.mark.parametrize("under_way", ["the page", "a turn"])
def test_what_comes_while_something_is_drawn(
    visit: Callable[[str], Session], stage: list[StagedJob], under_way: str, comes: str, ends_first: bool
) -> None:
    session, moment, was_within = visit("race"), 0, True
    while was_within:
        moment += 1
        reached, go = threading.Event(), threading.Event()
        job = raced(session, stage, StagedJob())
        job.asked, job.moment = 0, moment
        job.happen = lambda reached=reached, go=go: reached.set() or go.wait(20)  # type: ignore[misc]
        (fragment,) = session.screen.ticking
        session.ask("" if under_way == "the page" else fragment)
        was_within = reached.wait(0.2 if moment > 3 else 20)
        if ends_first:
            job.end("done")
        if comes == "stop":
            session.press("Stop")
        else:
            session.ask("" if comes == "a click" else fragment)
        if not ends_first and comes != "stop":
            job.end("done")
        go.set()
        session.come_to_rest()
        assert_ended(session, "race")
        assert "What happened" in session.screen.texts


def test_a_click_that_comes_right_after_a_turn_is_not_undone_by_it(
    visit: Callable[[str], Session], stage: list[StagedJob]
) -> None:
    """Let a turn come when a run has just ended, and a click with it, before the loop does anything else."""
    session = visit("race")
    job = raced(session, stage, StagedJob())
    (fragment,) = session.screen.ticking
    session.ask()
    made: list[str] = []
    create = run_order._create

    def noted(one: AppSession, wish: Any) -> None:
        made.append(wish.fragment_id or "the page")
        create(one, wish)

    def together() -> None:
        session.let_it_end()
        session.hand_over(fragment)
        session.hand_over()

    run_order._create = noted
    try:
        session.do(together)
        session.settle()
    finally:
        run_order._create = create
    assert made == ["the page"]
    job.end("done")
    session.come_to_rest()
    assert_ended(session, "race")
