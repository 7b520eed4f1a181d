"""Jobs run in processes of their own: in order, one at a time for each owner, and always to an end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import job_works
import psutil
import pytest
from job_works import Pace

from core import limits
from core.errors import UserError
from core.jobs.job import Job
from core.jobs.runner import JobRunner
from core.paths import ROOT

LONG = Pace(steps=6000, seconds=0.1)
MINUTE = 60.0


def wait_until(condition: Callable[[], object], seconds: float = 20.0) -> float:
    """Return the seconds it took until `condition` held."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "what was waited for did not happen"
        time.sleep(0.005)
    return time.monotonic() - started


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def workers() -> list[psutil.Process]:
    """Return the workers of this process, with what they have started; not the browsers and servers of other tests."""
    own = [child for child in psutil.Process().children() if is_worker(child)]
    return own + [process for worker in own for process in worker.children(recursive=True)]


def is_worker(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE or "core.jobs.worker" in process.cmdline()
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def make_runner() -> Iterator[Callable[..., JobRunner]]:
    """Makes runners, which must have left no process behind when the test ends."""
    made: list[JobRunner] = []
    before = {process.pid for process in workers()}

    def make(**settings: object) -> JobRunner:
        made.append(JobRunner(packages=("core", "job_works"), **{"slots": 1, **settings}))
        return made[-1]

    yield make
    for runner in made:
        runner.close()
        assert not runner.running
    assert {process.pid for process in workers()} <= before  # zombies would be among them


@pytest.fixture
def runner(make_runner: Callable[..., JobRunner]) -> JobRunner:
    return make_runner()


def started(job: Job) -> Job:
    wait_until(lambda: job.latest is not None or job.has_ended)
    assert job.latest is not None, job.problem
    return job


def ended(job: Job) -> Job:
    assert job.wait(20)
    return job


def failed(job: Job) -> UserError:
    assert ended(job).state == "failed"
    assert job.problem is not None
    assert str(job.problem)
    return job.problem


# A job that goes well


def test_events_arrive_in_order(runner: JobRunner) -> None:
    job = ended(runner.submit("a", job_works.count, Pace(steps=50), deadline_seconds=MINUTE))
    assert (job.state, job.problem, job.position) == ("done", None, None)
    assert [event.step for event in job.events] == list(range(1, 51))
    assert job.latest == job.events[-1]
    assert job.latest.fraction == 1
    assert {event.number for event in job.events} & {os.getpid()} == set()


def test_events_are_bounded_and_can_be_asked_for_bit_by_bit(runner: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "JOB_EVENTS", 10)
    job = ended(runner.submit("a", job_works.count, Pace(steps=1000), deadline_seconds=MINUTE))
    assert [event.step for event in job.events] == list(range(991, 1001))
    assert [event.step for event in job.events_since(997)[0]] == [998, 999, 1000]
    assert job.events_since(1000) == ((), 1000)


def test_a_large_configuration_arrives(runner: JobRunner) -> None:
    job = ended(runner.submit("a", job_works.measure, bytes(8 << 20), deadline_seconds=MINUTE))
    assert job.latest.number == 8 << 20


def test_stray_prints_disturb_nothing(runner: JobRunner) -> None:
    job = ended(runner.submit("a", job_works.chatter, None, deadline_seconds=MINUTE))
    assert (job.state, job.latest.text) == ("done", "")


def test_a_worker_gives_way_to_the_pages(runner: JobRunner) -> None:
    job = ended(runner.submit("a", job_works.tell_about_itself, None, deadline_seconds=MINUTE))
    niceness = min(19, os.nice(0) + limits.JOB_NICENESS)
    assert job.latest.text == f"1000 {niceness} 1 False"
    assert job.latest.number in (limits.JOB_NICENESS, -1)


@pytest.mark.parametrize("work", [lambda config: iter(()), Path.iterdir], ids=["lambda", "foreign"])
def test_only_functions_that_a_worker_can_find_are_taken(runner: JobRunner, work: object) -> None:
    with pytest.raises(ValueError, match="not"):
        runner.submit("a", work, None, deadline_seconds=MINUTE)


# Pausing


def count_of(job: Job) -> int:
    return job.events_since(0)[1]


def rested(job: Job) -> int:
    """Return how many events there are once no more come."""
    assert job.state == "paused"
    time.sleep(0.5)
    count = count_of(job)
    time.sleep(0.4)
    assert count_of(job) == count
    return count


def test_a_paused_job_rests_steps_and_goes_on_to_the_same_end(runner: JobRunner) -> None:
    job = started(runner.submit("a", job_works.count, Pace(steps=200, seconds=0.01), deadline_seconds=MINUTE))
    job.pause()
    count = rested(job)
    assert 0 < count < 200
    job.step()
    wait_until(lambda: count_of(job) == count + 1)
    assert rested(job) == count + 1
    job.resume()
    assert job.state == "running"
    assert ended(job).state == "done"
    assert [event.step for event in job.events] == list(range(1, 201))


def test_a_paused_job_makes_room_and_waits_for_room_to_go_on(runner: JobRunner) -> None:
    first = started(runner.submit("a", job_works.count, LONG, deadline_seconds=MINUTE))
    second = runner.submit("b", job_works.count, LONG, deadline_seconds=MINUTE)
    third = runner.submit("c", job_works.count, LONG, deadline_seconds=MINUTE)
    first.pause()
    assert (second.state, third.position) == ("running", 1)
    first.resume()
    assert (first.state, first.position, third.position) == ("waiting", 1, 2)
    second.cancel()
    wait_until(lambda: first.state == "running")
    assert third.position == 1
    for job in (first, third):
        job.cancel()


def test_a_paused_job_is_cancelled_like_any_other(runner: JobRunner) -> None:
    job = started(runner.submit("a", job_works.count, LONG, deadline_seconds=MINUTE))
    job.pause()
    rested(job)
    job.cancel()
    assert wait_until(lambda: not runner.running) < 1


def test_a_pause_does_not_count_towards_the_deadline_but_has_an_end(
    runner: JobRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = started(runner.submit("a", job_works.count, LONG, deadline_seconds=3))
    job.pause()
    time.sleep(3.2)
    assert job.state == "paused"
    job.resume()
    time.sleep(0.3)
    assert job.state == "running"
    job.pause()
    monkeypatch.setattr(limits, "JOB_PAUSE_SECONDS", 0.2)
    assert "paused for too long" in str(failed(job))


def test_of_too_many_paused_jobs_the_one_that_has_rested_longest_ends(
    make_runner: Callable[..., JobRunner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "JOBS_PAUSED", 1)
    runner = make_runner(slots=2)
    first, second = (
        started(runner.submit(owner, job_works.count, LONG, deadline_seconds=MINUTE)) for owner in ("a", "b")
    )
    first.pause()
    second.pause()
    assert "paused for too long" in str(failed(first))
    assert first.events
    assert second.state == "paused"


# The queue


def test_one_waits_for_the_other_and_knows_its_place(runner: JobRunner) -> None:
    first = started(runner.submit("a", job_works.count, LONG, deadline_seconds=MINUTE))
    second = runner.submit("b", job_works.count, Pace(), deadline_seconds=MINUTE)
    third = runner.submit("c", job_works.count, Pace(), deadline_seconds=MINUTE)
    assert [job.position for job in (first, second, third)] == [None, 1, 2]
    assert [job.state for job in (first, second, third)] == ["running", "waiting", "waiting"]
    second.cancel()
    assert (second.state, second.position, third.position) == ("cancelled", None, 1)
    first.cancel()
    assert ended(third).state == "done"
    assert not second.events


def test_slots_are_used_at_once(make_runner: Callable[..., JobRunner]) -> None:
    runner = make_runner(slots=2)
    jobs = [started(runner.submit(owner, job_works.count, LONG, deadline_seconds=MINUTE)) for owner in "ab"]
    assert [job.state for job in jobs] == ["running", "running"]
    assert runner.submit("c", job_works.count, LONG, deadline_seconds=MINUTE).state == "waiting"


def test_twenty_clicks_make_one_running_and_one_waiting(make_runner: Callable[..., JobRunner]) -> None:
    runner = make_runner(slots=3)
    jobs = [runner.submit("a", job_works.count, LONG, deadline_seconds=MINUTE) for _ in range(20)]
    other = started(runner.submit("b", job_works.count, LONG, deadline_seconds=MINUTE))
    states = [job.state for job in jobs]
    assert states == ["running", *["cancelled"] * 18, "waiting"]
    assert other.state == "running"
    assert len(runner.running) == 2
    jobs[0].cancel()
    wait_until(lambda: jobs[-1].state == "running")


def test_a_further_click_keeps_ones_place(runner: JobRunner) -> None:
    started(runner.submit("a", job_works.count, LONG, deadline_seconds=MINUTE))
    old = runner.submit("b", job_works.count, LONG, deadline_seconds=MINUTE)
    behind = runner.submit("c", job_works.count, LONG, deadline_seconds=MINUTE)
    new = runner.submit("b", job_works.count, LONG, deadline_seconds=MINUTE)
    assert (old.state, new.position, behind.position) == ("cancelled", 1, 2)


def test_a_full_queue_says_so(runner: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "JOBS_WAITING", 2)
    for owner in "abc":
        runner.submit(owner, job_works.count, LONG, deadline_seconds=MINUTE)
    with pytest.raises(UserError, match="2 computations are waiting"):
        runner.submit("d", job_works.count, LONG, deadline_seconds=MINUTE)


# Cancelling, leases, deadlines


@pytest.mark.parametrize("work", [job_works.count, job_works.ignore_being_asked], ids=["willing", "stubborn"])
def test_cancelling_ends_a_job_within_a_second(runner: JobRunner, work: Callable[..., Iterator[object]]) -> None:
    job = started(runner.submit("a", work, LONG if work is job_works.count else None, deadline_seconds=MINUTE))
    pid = job.latest.number
    asked = time.monotonic()
    job.cancel()
    assert job.state == "cancelled"
    wait_until(lambda: gone(pid) and not runner.running)
    assert time.monotonic() - asked < 1
    assert job.state == "cancelled"
    assert job.problem is None


def test_a_cancelled_job_may_clean_up(runner: JobRunner, tmp_path: Path) -> None:
    job = started(runner.submit("a", job_works.stay, tmp_path, deadline_seconds=MINUTE))
    job.cancel()
    wait_until(lambda: not runner.running)
    assert (tmp_path / "cleaned up").exists()


@pytest.mark.parametrize("ends", [False, True], ids=["cancelled", "done"])
def test_what_a_worker_started_ends_with_it(runner: JobRunner, ends: bool) -> None:
    job = started(runner.submit("a", job_works.have_a_child, ends, deadline_seconds=MINUTE))
    child = job.latest.number
    if not ends:
        job.cancel()
    wait_until(lambda: gone(child) and not runner.running)
    assert job.state == ("done" if ends else "cancelled")


def test_all_jobs_of_an_owner_are_cancelled_together(make_runner: Callable[..., JobRunner]) -> None:
    runner = make_runner(slots=2)
    mine = [runner.submit("a", job_works.count, LONG, deadline_seconds=MINUTE) for _ in range(2)]
    other = started(runner.submit("b", job_works.count, LONG, deadline_seconds=MINUTE))
    runner.cancel_owner("a")
    assert [job.state for job in (*mine, other)] == ["cancelled", "cancelled", "running"]


def test_a_job_that_nobody_asks_about_is_cancelled(make_runner: Callable[..., JobRunner]) -> None:
    runner = make_runner(slots=2, lease_seconds=1.5)
    wanted, abandoned, stalled, never_begun = (
        runner.submit(owner, work, config, deadline_seconds=MINUTE)
        for owner, work, config in (
            ("a", job_works.count, LONG),
            ("b", job_works.count, LONG),
            ("c", job_works.ignore_being_asked, None),
            ("d", job_works.count, LONG),
        )
    )

    def all_others_ended() -> bool:
        wanted.heartbeat()
        return abandoned.has_ended and stalled.has_ended and never_begun.has_ended

    wait_until(all_others_ended)
    assert [job.state for job in (abandoned, stalled, never_begun)] == ["cancelled"] * 3
    assert wanted.state == "running"
    assert not never_begun.events


def test_the_lease_stops_a_job_within_twenty_seconds() -> None:
    assert limits.JOB_LEASE_SECONDS + 2 * limits.JOB_GRACE_SECONDS + 1 < 20


def test_a_deadline_is_kept_and_explained(runner: JobRunner) -> None:
    job = runner.submit("a", job_works.count, LONG, deadline_seconds=1.0)
    assert "longer than 1 min" in str(failed(job))
    wait_until(lambda: not runner.running)


# Failing


@pytest.mark.parametrize("work", [job_works.take_memory, job_works.take_memory_with_torch], ids=["python", "torch"])
def test_too_much_memory_is_explained_and_harms_nobody(
    make_runner: Callable[..., JobRunner], work: Callable[..., Iterator[object]]
) -> None:
    runner = make_runner(slots=2)
    other = started(runner.submit("b", job_works.count, LONG, deadline_seconds=MINUTE))
    greedy = runner.submit("a", work, 8192, deadline_seconds=MINUTE, memory_bytes=1024 << 20)
    assert "1024 MiB" in str(failed(greedy))
    assert [event.step for event in greedy.events] == [1]
    seen = other.latest.step
    wait_until(lambda: other.latest.step > seen)
    assert other.state == "running"


def test_a_job_within_its_memory_is_left_alone(runner: JobRunner) -> None:
    job = runner.submit("a", job_works.take_memory_with_torch, 256, deadline_seconds=MINUTE)
    assert ended(job).state == "done"
    assert job.latest.number == 256 << 20


def test_a_problem_arrives_as_it_was_raised(runner: JobRunner) -> None:
    problem = failed(runner.submit("a", job_works.meet_a_problem, 7, deadline_seconds=MINUTE))
    assert (problem.reason, problem.remedy, problem.values) == ("More than {limit}.", "Take less.", {"limit": 7})


def test_a_bug_shows_a_number_and_is_logged_under_it(runner: JobRunner, caplog: pytest.LogCaptureFixture) -> None:
    problem = failed(runner.submit("a", job_works.meet_a_bug, "/secret/path", deadline_seconds=MINUTE))
    assert "secret" not in str(problem)
    assert "Traceback" not in str(problem)
    assert problem.values["error_id"] in str(problem)
    assert problem.values["error_id"] in caplog.text
    assert "KeyError: '/secret/path'" in caplog.text


@pytest.mark.parametrize(
    ("work", "config", "words"),
    [
        (job_works.exit_abruptly, 3, "without a word"),
        (job_works.exit_abruptly, 0, "without a word"),
        (job_works.be_killed, None, "memory ran out"),
        (job_works.fork_and_die, None, "memory ran out"),
        (job_works.send_too_much, limits.JOB_EVENT_BYTES + 1, "went wrong"),
    ],
)
def test_a_worker_that_dies_is_reported(
    runner: JobRunner, work: Callable[..., Iterator[object]], config: object, words: str
) -> None:
    job = runner.submit("a", work, config, deadline_seconds=MINUTE)
    assert words in str(failed(job))
    wait_until(lambda: not runner.running)
    following = ended(runner.submit("a", job_works.count, Pace(), deadline_seconds=MINUTE))
    assert following.state == "done"


def test_a_worker_that_cannot_be_started_is_reported(runner: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    failed(runner.submit("a", job_works.count, Pace(), deadline_seconds=MINUTE))
    wait_until(lambda: not runner.running)


# The end of the server


def test_closing_ends_everything(make_runner: Callable[..., JobRunner]) -> None:
    runner = make_runner()
    job = started(runner.submit("a", job_works.ignore_being_asked, None, deadline_seconds=MINUTE))
    waiting = runner.submit("b", job_works.count, LONG, deadline_seconds=MINUTE)
    runner.close()
    assert gone(job.latest.number)
    assert (job.state, waiting.state) == ("cancelled", "cancelled")
    with pytest.raises(RuntimeError, match="closed"):
        runner.submit("a", job_works.count, Pace(), deadline_seconds=MINUTE)


SERVER = """
import sys, time
sys.path.insert(0, sys.argv[1])
import job_works
from core.jobs.runner import JobRunner
runner = JobRunner(slots=2, packages=("job_works",))
works = ((job_works.ignore_being_asked, None), (job_works.have_a_child, False))
jobs = [runner.submit(str(number), *work, deadline_seconds=60) for number, work in enumerate(works)]
while not all(job.latest or job.has_ended for job in jobs):
    time.sleep(0.01)
print(*[job.latest.number for job in jobs], flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("way", ["killed", "ended"])
def test_workers_die_with_the_server(way: str) -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(ROOT / "tests" / "core")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    pids = [int(word) for word in server.stdout.readline().split()]
    assert len(pids) == 2
    assert not any(gone(pid) for pid in pids)
    if way == "killed":
        server.send_signal(signal.SIGKILL)
    server.communicate("\n")
    wait_until(lambda: all(gone(pid) for pid in pids))
