"""Races on real networks: the same weights and batches for all, each method a plain loop over torch.optim."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from core.datasets.shapes import SHAPES, draw_shapes
from core.jobs.runner import JobRunner
from core.optimization.network_race.config import COLUMNS, EVENTS, NetworkRace, RaceEvent
from core.optimization.network_race.curves import Curves
from core.optimization.network_race.race import TRIAL_RATES, run_network_race
from core.optimization.network_race.racer import Start
from core.optimization.network_race.script import write_script
from core.optimization.network_race.tasks import TASKS
from core.optimization.optimizers import OPTIMIZERS
from core.optimization.schedules import SCHEDULES
from core.paths import ROOT

pytestmark = pytest.mark.usefixtures("hurried")

OFFLINE = [task for task in TASKS.values() if not task.files]
MOONS = NetworkRace(task="moons", optimizers=("sgd", "adam"), steps=12, batch=32, fairness="same", rate=0.05)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """As in a worker, so that sums are added up in the same order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def run(race: NetworkRace) -> Curves:
    curves = Curves(race)
    curves.add(run_network_race(race))
    return curves


def same(one: Curves, other: Curves) -> bool:
    """Return whether two races agree in all but time."""
    return np.array_equal(one.table[..., :-1], other.table[..., :-1], equal_nan=True)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_runner_is_a_plain_loop_over_torch_optim(name: str) -> None:
    race = replace(MOONS, optimizers=(name,), schedule="cosine", seed=3)
    curves = run(race)
    start = Start(TASKS["moons"])
    model, batches = start.network(3), start.batches(32, 3)
    entry = OPTIMIZERS[name]
    optimizer = getattr(torch.optim, entry.torch_name)(model.parameters(), **entry.options({"lr": 0.05}))
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=12)
    for step, (inputs, labels) in enumerate(itertools.islice(batches, 12)):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs), labels)
        loss.backward()
        norm = math.sqrt(sum(float((p.grad.double() ** 2).sum()) for p in model.parameters()))
        assert curves.column("loss")[0, 0, step] == loss.item()
        assert curves.column("gradient_norm")[0, 0, step] == pytest.approx(norm, rel=1e-5)
        assert curves.column("lr")[0, 0, step] == optimizer.param_groups[0]["lr"]
        optimizer.step()
        scheduler.step()
    examples = start.examples
    right = model(examples.held_out_inputs).argmax(1) == examples.held_out_labels
    assert curves.column("accuracy")[0, 0, 12] == pytest.approx(right.double().mean().item())


def test_all_methods_begin_with_the_same_weights_and_batches_and_seeds_differ() -> None:
    curves = run(replace(MOONS, optimizers=tuple(OPTIMIZERS), seeds=3))
    first = curves.column("loss")[:, :, 0]
    assert (first == first[:1]).all()
    assert len(set(first[0])) == 3
    accuracy = curves.column("accuracy")[:, :, 0]
    assert (accuracy == accuracy[:1]).all()


@pytest.mark.parametrize("task", ["digits", "moons"])
def test_the_same_seed_gives_the_same_race_here_and_in_a_worker(task: str) -> None:
    race = NetworkRace(task=task, optimizers=("momentum", "adam"), steps=2, batch=8, fairness="same", seeds=2, seed=5)
    here = run(race)
    runner = JobRunner(slots=1)
    try:
        job = runner.submit("a", run_network_race, race, deadline_seconds=120)
        while not job.wait(1.0):
            job.heartbeat()
        assert job.state == "done", job.problem
        there = Curves(race)
        there.add(job.events)  # type: ignore[arg-type]
    finally:
        runner.close()
    assert same(here, there)
    assert not same(here, run(replace(race, seed=6)))


def test_the_global_generator_is_neither_read_nor_changed() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = run(MOONS)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert same(first, run(MOONS))


@pytest.mark.parametrize("task", [task.name for task in OFFLINE])
def test_each_task_can_be_learned(task: str) -> None:
    entry = TASKS[task]
    race = NetworkRace(task=task, optimizers=("adam",), steps=60, batch=entry.batch, fairness="same", rate=0.003)
    curves = run(race)
    losses = curves.column("loss")[0, 0]
    assert np.nanmean(losses[50:60]) < 0.7 * losses[0]
    accuracy = curves.column("accuracy")[0, 0]
    assert accuracy[60] > accuracy[0] + 0.2


def test_trials_find_a_rate_that_is_tried_and_told() -> None:
    race = replace(MOONS, fairness="tuned", steps=40)
    events = list(run_network_race(race))
    trying = [event for event in events if event.phase == "trying"]
    assert len(trying) == 2 * len(TRIAL_RATES)
    told = next(event for event in events if event.rates)
    assert set(told.rates) <= set(TRIAL_RATES)
    assert [len(losses) for losses in told.trials] == [len(TRIAL_RATES)] * 2
    curves = Curves(race)
    curves.add(events)
    assert [curves.column("lr")[index, 0, 0] for index in range(2)] == list(told.rates)
    for index, rate in enumerate(told.rates):
        rates, losses = curves.trial_line(index)
        assert losses[list(rates).index(rate)] < np.median(losses)


def test_each_default_is_that_of_torch() -> None:
    race = replace(MOONS, optimizers=tuple(OPTIMIZERS), fairness="default", steps=1)
    for index, name in enumerate(race.optimizers):
        weights = [nn.Parameter(torch.zeros(1))]
        theirs = getattr(torch.optim, OPTIMIZERS[name].torch_name)(weights).param_groups[0]["lr"]
        assert run(race).column("lr")[index, 0, 0] == pytest.approx(theirs)


def test_settings_reach_torch() -> None:
    still = run(replace(MOONS, optimizers=("momentum",), values={"momentum": {"momentum": 0.0}}))
    plain = run(replace(MOONS, optimizers=("sgd",)))
    assert same(still, plain)


def test_a_run_that_diverges_ends_and_the_others_go_on() -> None:
    race = replace(MOONS, steps=30, fairness="default", values={"sgd": {"lr": 1e38}})
    curves = run(race)
    lost = curves.lost_at(0)
    assert lost is not None
    assert np.isfinite(curves.column("loss")[0, 0, :lost]).all()
    assert not np.isfinite(curves.column("loss")[0, 0, lost:]).any()
    assert curves.line(0, "loss").steps.max() == lost - 1
    assert curves.lost_at(1) is None
    assert np.isfinite(curves.column("loss")[1, 0, :30]).all()
    everybody = list(run_network_race(replace(race, optimizers=("sgd",))))
    assert everybody[-1].step < everybody[-1].total_steps  # nobody is left, so it ends


def test_events_are_counted_small_and_few() -> None:
    race = replace(MOONS, steps=500, seeds=5, optimizers=("sgd", "adam", "rmsprop"), batch=8)
    events = list(run_network_race(race))
    assert len(events) <= EVENTS + 3
    steps = [event.step for event in events]
    assert steps == sorted(steps)
    assert events[-1].step == events[-1].total_steps == 500 * 5 * 3
    assert sum(len(event.rows) for event in events) == 501 * 5 * 3


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_begin_and_end_as_they_say(schedule: str) -> None:
    rates = run(replace(MOONS, optimizers=("sgd",), steps=100, schedule=schedule)).column("lr")[0, 0, :100] / 0.05
    expected = {"constant": (1, 1), "steps": (1, 0.01), "cosine": (1, 0), "warm_up": (0.05, 0)}[schedule]
    assert (rates[0], rates[-1]) == pytest.approx(expected, abs=1e-3)
    assert rates.max() <= 1 + 1e-9


def test_boundaries_are_drawn_for_points_in_the_plane_only() -> None:
    assert set(run(MOONS).boundaries) == {0, 1}
    assert len(run(MOONS).boundaries[0]) == 1600
    assert not run(NetworkRace(task="digits", optimizers=("sgd",), steps=2, fairness="same")).boundaries


def test_lines_smooth_and_span_the_seeds() -> None:
    race = replace(MOONS, optimizers=("sgd",), seeds=3)
    curves = Curves(race)
    rows = [(0, seed, step, step + seed, 1, 0.1, math.nan, 0.001) for step in range(5) for seed in range(3)]
    curves.add([RaceEvent(step=15, rows=np.array(rows, dtype=float))])
    line = curves.line(0, "loss")
    assert line.middle.tolist() == [1, 2, 3, 4, 5]
    assert (line.low.tolist(), line.high.tolist()) == ([0, 1, 2, 3, 4], [2, 3, 4, 5, 6])
    means, mean = [], 0.0
    for i, value in enumerate(line.middle):
        mean = 0.8 * mean + 0.2 * value
        means.append(mean / (1 - 0.8 ** (i + 1)))
    assert curves.line(0, "loss", 0.8).middle == pytest.approx(means)
    assert curves.line(0, "accuracy").steps.size == 0
    assert curves.steps_done == 5


def test_numbers_that_make_no_race_are_refused() -> None:
    for wrong in ({"steps": 0}, {"seeds": 9}, {"optimizers": ()}, {"rate": 0.0}, {"fairness": "luck"}, {"batch": 0}):
        with pytest.raises(ValueError, match="no race"):
            replace(MOONS, **wrong)
    for unknown in ({"task": "x"}, {"schedule": "x"}, {"optimizers": ("x",)}):
        with pytest.raises(KeyError):
            replace(MOONS, **unknown)


def test_shapes_are_drawn_from_their_seed_in_equal_shares() -> None:
    pictures, labels = draw_shapes(60, 24, 1)
    again, _ = draw_shapes(60, 24, 1)
    assert (pictures.shape, pictures.dtype) == ((60, 24, 24, 3), np.uint8)
    assert np.array_equal(pictures, again)
    assert np.bincount(labels).tolist() == [10] * len(SHAPES)
    assert not np.array_equal(pictures, draw_shapes(60, 24, 2)[0])


def test_the_program_gives_the_same_numbers(tmp_path: Path) -> None:
    program = tmp_path / "optimizer_race.py"
    program.write_text(write_script(MOONS), encoding="utf-8")
    path = {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, str(program)], cwd=tmp_path, env=path, check=True, capture_output=True, timeout=120)
    theirs = (tmp_path / "optimizer_race.csv").read_text(encoding="utf-8").splitlines()
    ours = run(MOONS).to_csv().decode().splitlines()
    assert [line.rpartition(",")[0] for line in theirs] == [line.rpartition(",")[0] for line in ours]
    assert theirs[0] == ",".join(COLUMNS)
    assert len(theirs) == 1 + 2 * 13
