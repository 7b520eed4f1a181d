"""Latencies are measured one backbone after another, of networks that compute what the real ones compute."""

from __future__ import annotations

import pytest

from core.architectures.costs.latency import time_backbones
from core.errors import UserError
from core.jobs.runner import JobRunner


def test_each_backbone_is_timed_in_turn() -> None:
    names = ("tiny_mobilenet", "mobilenet_v3_small", "squeezenet1_1")
    events = list(time_backbones(names))
    assert [(event.step, event.total_steps, event.name) for event in events] == [
        (index, 3, name) for index, name in enumerate(names, 1)
    ]
    assert all(event.milliseconds > 0 for event in events)
    assert events[2].milliseconds > events[0].milliseconds  # 350 M MACs against 30 M


def test_it_runs_as_a_job() -> None:
    runner = JobRunner(slots=1, lease_seconds=60)
    job = runner.submit("somebody", time_backbones, ("tiny_vgg",))
    assert job.wait(60)
    assert (job.state, len(job.events)) == ("done", 1)
    runner.close()


def test_an_unknown_backbone_is_refused() -> None:
    with pytest.raises(UserError, match="nonsense"):
        list(time_backbones(("nonsense",)))
