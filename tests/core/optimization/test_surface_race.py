"""Races on surfaces: each path is torch.optim's own, each formula too, and sweeps are many such runs at once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.optimization.optimizers import OPTIMIZERS, Optimizer
from core.optimization.surface_race.experiments import (
    SEEDS,
    basins,
    changes_by_scale,
    floors,
    largest_curvature,
    phases,
)
from core.optimization.surface_race.height_scale import height_scale
from core.optimization.surface_race.noise import draw_noise, noisy_paths, spread_of, values_by_step
from core.optimization.surface_race.race import Race, run_race
from core.optimization.surface_race.step_details import step_details, worked_formula
from core.optimization.surface_race.sweep import SweepConfig, basin_map, best_rate, phase_map, sweep, sweep_rates
from core.optimization.surface_race.trajectories import Descent, Entrant, run
from core.optimization.surfaces.registry import SURFACES, Surface

each_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
LECTURE = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam")
RATES = {"adagrad": 0.5, "adadelta": 1.0, "adam": 0.1, "adamw": 0.1, "nadam": 0.1, "adamax": 0.1}


def plain_loop(surface: Surface, torch_optimizer: object, point: torch.Tensor, steps: int) -> list[tuple[float, float]]:
    """Return the points of the loop that everybody writes."""
    points = [tuple(point.tolist())]
    for _ in range(steps):
        torch_optimizer.zero_grad()
        surface.function(point[0], point[1], surface.values()).backward()
        torch_optimizer.step()
        points.append(tuple(point.tolist()))
    return points


def rate(optimizer: Optimizer) -> dict[str, float]:
    return {"lr": RATES.get(optimizer.name, 0.0005)}


def test_the_lecture_comes_first() -> None:
    assert tuple(OPTIMIZERS)[:6] == LECTURE
    assert [name for name, optimizer in OPTIMIZERS.items() if optimizer.lecture] == list(LECTURE)


@each_optimizer
def test_settings_begin_with_the_defaults_of_torch(optimizer: Optimizer) -> None:
    leaf = torch.zeros(1, requires_grad=True)
    plain = getattr(torch.optim, optimizer.torch_name)([leaf])
    built = optimizer.build([leaf])
    for argument, value in built.defaults.items():
        if (optimizer.name, argument) not in {
            ("momentum", "momentum"),
            ("nesterov", "momentum"),
            ("nesterov", "nesterov"),
        }:
            assert value == plain.defaults[argument], argument
    assert set(optimizer.values()) == {name for names in optimizer.arguments.values() for name in names}
    for setting in optimizer.settings:
        assert setting.minimum <= setting.default <= setting.maximum


@each_optimizer
@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_a_path_is_exactly_a_plain_loop_of_torch_optim(optimizer: Optimizer, surface: Surface) -> None:
    values = rate(optimizer)
    (path,) = run(
        Descent(
            surface=surface, entrants=(Entrant(optimizer=optimizer.name, values=values),), start=surface.start, steps=60
        )
    )
    point = torch.tensor(surface.start, dtype=torch.float64, requires_grad=True)
    built = getattr(torch.optim, optimizer.torch_name)([point], **{**optimizer.options(), **values})
    expected = plain_loop(surface, built, point, 60)
    assert path.diverged_at is None
    assert path.points.tolist() == [list(each) for each in expected]
    with torch.no_grad():
        for (x, y), value in zip(expected[::20], path.values[::20], strict=True):
            at = (torch.tensor(each, dtype=torch.float64) for each in (x, y))
            assert value == float(surface.function(*at, surface.values()))


@each_optimizer
def test_the_formula_is_what_torch_optim_computes(optimizer: Optimizer) -> None:
    surface = SURFACES["himmelblau"]
    (path,) = run(
        Descent(
            surface=surface,
            entrants=(Entrant(optimizer=optimizer.name, values=rate(optimizer)),),
            start=surface.start,
            steps=50,
            noise=2.0,
        )
    )
    values = optimizer.values(rate(optimizer))
    kept: Mapping[str, torch.Tensor] = {}
    for t in range(1, 51):
        point, gradient = (torch.tensor(array[t - 1 : t]) for array in (path.points, path.gradients))
        kept = optimizer.update(kept, gradient, values, t, point)
        found = (point + kept["delta"]).numpy()[0]
        assert np.abs(found - path.points[t]).max() < 1e-6, f"step {t}"


def test_noise_and_scale_and_seeds() -> None:
    surface = SURFACES["bowl"]
    entrants = tuple(Entrant(optimizer=name, values={"lr": 0.01}) for name in ("sgd", "adam"))

    def race(**options: float) -> tuple[np.ndarray, ...]:
        return tuple(
            path.points
            for path in run(Descent(surface=surface, entrants=entrants, start=surface.start, steps=40, **options))
        )

    plain, again = race(), race(seed=5)
    assert all((a == b).all() for a, b in zip(plain, again, strict=True)), "without noise the seed plays no part"
    noisy, same, other = race(noise=0.5, seed=1), race(noise=0.5, seed=1), race(noise=0.5, seed=2)
    assert all((a == b).all() for a, b in zip(noisy, same, strict=True))
    assert not any((a == b).all() for a, b in zip(noisy, other, strict=True))
    scaled = race(scale=3.0)
    assert np.abs(scaled[1] - plain[1]).max() < 1e-6, "Adam does not notice a factor"
    assert np.abs(scaled[0] - plain[0]).max() > 0.1


def test_who_diverges_ends_there_and_the_others_go_on() -> None:
    surface = SURFACES["bowl"]
    entrants = (Entrant(optimizer="sgd", values={"lr": 0.2}), Entrant(optimizer="adam", values={"lr": 0.1}))
    lost, sound = run(Descent(surface=surface, entrants=entrants, start=surface.start, steps=100))
    assert lost.diverged_at is not None
    assert 3 < lost.diverged_at < 100
    assert len(lost.points) == len(lost.values) == lost.diverged_at
    assert np.isfinite(lost.points).all()
    assert sound.diverged_at is None
    assert len(sound.points) == 101


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"steps": 10**6}, {"start": (float("nan"), 0.0)}, {"noise": -1.0}])
def test_what_is_no_race_is_refused(wrong: dict[str, object]) -> None:
    options: dict[str, object] = {"start": (0.0, 0.0), **wrong}
    with pytest.raises(ValueError, match="no race"):
        Descent(surface=SURFACES["bowl"], entrants=(), **options)


# --- sweeps ----------------------------------------------------------------------------------------------------------


@each_optimizer
def test_a_sweep_is_many_loops_of_torch_optim(optimizer: Optimizer) -> None:
    surface = SURFACES["beale"]
    random = np.random.default_rng(0)
    starts = random.uniform(-1, 1, (5, 2))
    rates = np.array([0.001, 0.002, 0.003, 0.004, 0.005])
    found = sweep(SweepConfig(surface=surface, optimizer=optimizer.name, values={"lr": rates}, starts=starts, steps=80))
    for i in range(5):
        point = torch.tensor(starts[i], requires_grad=True)
        built = getattr(torch.optim, optimizer.torch_name)([point], **{**optimizer.options(), "lr": float(rates[i])})
        x, y = plain_loop(surface, built, point, 80)[-1]
        assert found.points[i] == pytest.approx([x, y], abs=1e-5)


def test_the_best_rate_is_that_of_the_lowest_end_and_divergence_is_infinite() -> None:
    surface = SURFACES["bowl"]
    rates, ends = sweep_rates(surface, "sgd", {}, surface.start, 200)
    assert np.isinf(ends[rates > 0.1]).all(), "beyond 2/25 gradient descent diverges"
    assert np.isfinite(ends[rates < 0.08]).all()
    assert 0.04 < best_rate(rates, ends) < 0.08
    assert best_rate(np.arange(5.0), np.array([9.0, 1.0, 2.0, 3.0, np.inf])) == 2.0
    assert best_rate(np.arange(6.0), np.array([5.0, 4.0, 4.5, 50.0, 0.0, 60.0])) == 0.0, "a lucky one does not win"


def test_the_phase_map_changes_at_the_theoretical_limit() -> None:
    """On a quadratic, momentum converges for lr < 2 (1 + μ) / λ; the steep direction has λ = 25."""
    surface = SURFACES["bowl"]
    rates, momenta = np.linspace(0.005, 0.2, 40), np.array([0.0, 0.3, 0.6, 0.9])
    ends = phase_map(surface, "momentum", rates, momenta, (0.0, 1.5), 1500)
    assert ends.shape == (4, 40)
    for momentum, row in zip(momenta, ends, strict=True):
        limit = 2 * (1 + momentum) / 25
        assert (row[rates < limit * 0.98] < 1e-3).all()
        assert (row[rates > limit * 1.02] > 1.0).all()


def test_basins_are_those_of_the_nearest_minima() -> None:
    surface = SURFACES["styblinski_tang"]
    basins = basin_map(surface, "sgd", {"lr": 0.005}, 400, 21)
    assert basins.shape == (21, 21)
    assert basins[0, 0] == 0, "low left"
    assert basins[-1, 0] == 1, "high left"
    assert basins[0, -1] == 2, "low right"
    assert basins[-1, -1] == 3, "high right"
    lost = basin_map(surface, "sgd", {"lr": 1.0}, 50, 5)
    assert (lost == -1).any()


# --- the whole race --------------------------------------------------------------------------------------------------


def test_a_race_has_a_path_a_rate_and_a_score_for_each_method() -> None:
    race = Race(surface="bowl", optimizers=LECTURE, start=(-4.0, 1.5), steps=120)
    result = run_race(race)
    assert tuple(result.paths) == tuple(result.scores) == tuple(result.rates) == LECTURE
    assert result.lowest == 0.0
    assert result.heights.shape == (121, 121)
    for name, path in result.paths.items():
        found = result.scores[name]
        assert path.entrant.values == {"lr": result.rates[name]}
        assert found.value == path.values[-1]
        assert found.distance == pytest.approx(float(np.hypot(*path.points[-1])))
        assert found.length == pytest.approx(sum(np.hypot(*(b - a)) for a, b in itertools.pairwise(path.points)))
        reached = [step for step, value in enumerate(path.values) if value <= 1e-3 * path.values[0]]
        assert found.steps_to_tolerance == (reached[0] if reached else None)
    assert run_race(race).scores == result.scores


def test_rates_are_shared_default_or_tuned() -> None:
    options = {"surface": "rosenbrock", "optimizers": ("sgd", "adam"), "start": (-1.5, 2.0), "steps": 100}
    assert run_race(Race(**options, fairness="same", rate=0.0007)).rates == {"sgd": 0.0007, "adam": 0.0007}
    assert run_race(Race(**options, fairness="default")).rates == {"sgd": 0.001, "adam": 0.001}
    tuned = run_race(Race(**options))
    same = run_race(Race(**options, fairness="same", rate=0.001))
    assert all(tuned.scores[name].value <= same.scores[name].value for name in ("sgd", "adam"))


def test_who_is_lost_has_an_infinite_score() -> None:
    result = run_race(Race(surface="bowl", optimizers=("sgd",), start=(-4.0, 1.5), fairness="same", rate=0.5))
    found = result.scores["sgd"]
    assert found.diverged_at is not None
    assert found.value == found.distance == float("inf")
    assert np.isfinite(found.length)


@pytest.mark.parametrize("wrong", [{"fairness": "none"}, {"surface": "hill"}, {"optimizers": ("sgdd",)}])
def test_a_race_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises((ValueError, UserError)):
        Race(**{"surface": "bowl", "optimizers": ("sgd",), "start": (0.0, 1.0), **wrong})


@pytest.mark.parametrize("surface", SURFACES)
def test_a_relief_keeps_the_order_of_heights(surface: str) -> None:
    result = run_race(Race(surface=surface, optimizers=(), start=SURFACES[surface].start, steps=1))
    found = height_scale(result)
    assert 0 <= found.shares.min() < 0.05
    assert found.shares.max() == pytest.approx(1)
    assert found.high == pytest.approx(result.heights.max() - result.lowest)
    assert (np.diff(found.shares.ravel()[np.argsort(result.heights, axis=None)]) >= 0).all()
    below = result.heights - result.lowest < found.unit
    assert below.mean() == pytest.approx(0.1, abs=0.01)


def test_a_relief_has_holes_where_there_is_no_height_and_may_be_flat() -> None:
    found = height_scale(run_race(Race(surface="own", formula="log(x)", optimizers=(), start=(1.0, 1.0), steps=1)))
    assert 0.4 < np.isnan(found.shares).mean() < 0.6
    flat = height_scale(run_race(Race(surface="own", formula="0*x + 3", optimizers=(), start=(1.0, 1.0), steps=1)))
    assert (flat.shares == 0).all()


# --- noise -----------------------------------------------------------------------------------------------------------


@each_optimizer
def test_noisy_runs_at_once_are_loops_of_torch_optim_with_consecutive_seeds(optimizer: Optimizer) -> None:
    surface = SURFACES["himmelblau"]
    entrant = Entrant(optimizer=optimizer.name, values=rate(optimizer))
    options = {"surface": surface, "entrants": (entrant,), "start": surface.start, "steps": 60, "noise": 2.0}
    found = noisy_paths(Descent(**options), entrant, draw_noise(7, 4, 60))
    assert len(found) == 4
    for seed, path in enumerate(found, start=7):
        (expected,) = run(Descent(**options, seed=seed))
        for array in ("points", "values", "gradients"):
            assert getattr(path, array) == pytest.approx(getattr(expected, array), abs=1e-5), seed


def test_a_noisy_run_that_is_lost_ends_where_its_loop_does() -> None:
    surface = SURFACES["bowl"]
    entrant = Entrant(optimizer="sgd", values={"lr": 0.2})
    descent = Descent(surface=surface, entrants=(entrant,), start=surface.start, steps=100, noise=1.0, seed=3)
    first, second = noisy_paths(descent, entrant, draw_noise(3, 2, 100))
    (expected,) = run(descent)
    assert first.diverged_at == expected.diverged_at is not None
    assert first.points == pytest.approx(expected.points)
    values = values_by_step((first, second), 100)
    assert np.isfinite(values[0, : first.diverged_at]).all()
    assert np.isinf(values[0, first.diverged_at :]).all()


def test_percentiles_are_those_of_runs() -> None:
    values = np.random.default_rng(0).permutation(21)[:, None] * np.array([1.0, -1.0])
    assert spread_of(values).tolist() == [[2.0, -18.0], [10.0, -10.0], [18.0, -2.0]]
    assert spread_of(values[:, :1]) == pytest.approx(np.quantile(values[:, :1], (0.1, 0.5, 0.9), axis=0))
    lost = np.where(values[:, :1] < 11, values[:, :1], np.inf)
    assert spread_of(lost).ravel().tolist() == [2.0, 10.0, np.inf]
    assert spread_of(np.array([[5.0]])).ravel().tolist() == [5.0, 5.0, 5.0]


def test_a_race_with_noise_has_a_spread_for_each_method() -> None:
    options = {"surface": "bowl", "optimizers": ("sgd", "adam"), "start": (-4.0, 1.5), "steps": 50}
    assert run_race(Race(**options, runs=5)).spreads == {}
    alone = run_race(Race(**options, noise=1.0))
    assert alone.spreads == {}
    result = run_race(Race(**options, noise=1.0, seed=2, runs=5))
    assert list(result.spreads) == ["sgd", "adam"]
    for name, spread in result.spreads.items():
        assert spread.values.dtype == np.float32
        runs = [run_race(Race(**options, noise=1.0, seed=seed)) for seed in range(2, 7)]
        ordered = np.sort([each.paths[name].values for each in runs], axis=0)
        assert spread.values == pytest.approx(ordered[[0, 2, 4]], rel=1e-4, abs=1e-4)
        assert spread.scores[0] == result.scores[name], "the first is the run that is shown"
        assert [each.value for each in spread.scores] == pytest.approx([each.scores[name].value for each in runs])
    assert result.bytes == alone.bytes + 2 * 3 * 51 * 4
    with pytest.raises(ValueError, match="51"):
        Race(**options, runs=51)


def test_the_floor_of_gradient_descent_is_the_theoretical_one() -> None:
    """On a quadratic with curvatures λ, noise σ keeps f at η σ² / 2 · Σ 1 / (2 − η λ) on average."""
    surface = SURFACES["bowl"]
    descent = Descent(surface=surface, entrants=(), start=(0.0, 0.0), steps=1500, noise=0.7)
    for rate in (0.01, 0.05):
        paths = noisy_paths(descent, Entrant(optimizer="sgd", values={"lr": rate}), draw_noise(0, 40, 1500))
        found = values_by_step(paths, 1500)[:, 700:].mean()
        assert found == pytest.approx(rate * 0.7**2 / 2 * sum(1 / (2 - rate * each) for each in (1, 25)), rel=0.1)


def test_ten_times_the_noise_lifts_the_floor_a_hundredfold_or_less() -> None:
    result = run_race(Race(surface="bowl", optimizers=LECTURE, start=SURFACES["bowl"].start))
    found = floors(result)
    lifts = {name: ends[1, -1] / ends[1, -7] for name, ends in found.ends.items()}
    assert found.noises[-1] / found.noises[-7] == pytest.approx(100)
    for name in ("sgd", "momentum", "nesterov"):
        assert lifts[name] == pytest.approx(10_000, rel=0.05)
    for name in ("adagrad", "rmsprop", "adam"):
        assert lifts[name] < 1000
    direct = run_race(Race(surface="bowl", optimizers=("adam",), start=SURFACES["bowl"].start, noise=10.0, runs=SEEDS))
    at = int(np.argmin(np.abs(found.noises - 10)))
    assert found.ends["adam"][:, at] == pytest.approx(direct.spreads["adam"].values[:, -1], rel=1e-3)


# --- experiments -----------------------------------------------------------------------------------------------------


def test_the_curvature_is_that_of_the_minimum() -> None:
    assert largest_curvature(SURFACES["bowl"], {"condition": 40.0}) == pytest.approx(40)
    assert largest_curvature(SURFACES["rosenbrock"], {}) == pytest.approx(1001.6, rel=1e-3)


@pytest.mark.parametrize("optimizer", ["momentum", "nesterov"])
def test_the_limit_lies_where_runs_begin_to_diverge(optimizer: str) -> None:
    result = run_race(Race(surface="bowl", optimizers=("sgd",), start=(0.0, 1.5), steps=800))
    found = phases(result, optimizer)
    assert found.ends.shape == (64, 64)
    for row in range(0, 55, 9):
        stable, unstable = found.rates < 0.95 * found.limits[row], found.rates > 1.05 * found.limits[row]
        assert (found.ends[row][stable] < 1.5**2 * 12.5).all()
        assert (found.ends[row][unstable] > 1.5**2 * 12.5).all()
    with pytest.raises(ValueError, match="adam"):
        phases(result, "adam")


def test_only_who_divides_by_the_gradient_does_not_notice_a_factor() -> None:
    result = run_race(Race(surface="bowl", optimizers=LECTURE, start=(-4.0, 1.5), steps=100))
    found = changes_by_scale(result)
    assert list(found) == list(LECTURE)
    assert all(found[name] < 1e-4 for name in ("adagrad", "rmsprop", "adam"))
    assert all(found[name] == float("inf") for name in ("sgd", "momentum", "nesterov"))


def test_curves_and_basins_belong_to_the_race() -> None:
    result = run_race(Race(surface="himmelblau", optimizers=("sgd", "adam"), start=(0.0, 0.0), steps=200))
    for name, (rates, ends) in result.curves.items():
        assert rates.shape == ends.shape == (61,)
        assert ends[np.argmin(np.abs(rates - result.rates[name]))] == pytest.approx(result.scores[name].value, abs=1e-3)
    found = basins(result, "sgd")
    assert set(np.unique(found.nearest)) >= {0, 1, 2, 3}
    for k, (x, y) in enumerate(SURFACES["himmelblau"].minima):
        assert found.nearest[np.argmin(np.abs(found.y - y)), np.argmin(np.abs(found.x - x))] == k


# --- one step --------------------------------------------------------------------------------------------------------


def from_latex(text: str, t: int) -> float:
    """Return the number that a worked formula stands for, left of its last equals sign."""
    text = text.split(r"\leftarrow")[1].rpartition("=")[0]
    text = text.replace(r"\varepsilon", "0").replace(r"\cdot", "*").replace("^t", f"**{t}")
    text = re.sub(r"10\^\{(-?\d+)\}", r"10**(\1)", text)
    text = re.sub(r"\\operatorname\{sgn\}(\([^)]*\)|[\d.]+(?: \* 10\*\*\(-?\d+\))?)", r"sgn(\1)", text)
    text = re.sub(r"\\sqrt\{([^{}]*)\}", r"sqrt(\1)", text)
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", text)
    names = {"sqrt": np.sqrt, "sgn": np.sign, "__builtins__": {}}
    return float(eval(text, names))  # a test's own text


@each_optimizer
def test_a_step_under_the_lens_adds_up(optimizer: Optimizer) -> None:
    race = Race(
        surface="himmelblau", optimizers=(optimizer.name,), start=(-0.3, -0.9), steps=30, fairness="same", rate=0.01
    )
    result = run_race(race)
    path = result.paths[optimizer.name]
    for step in (1, 2, 17, 30):
        details = step_details(result, optimizer.name, step)
        assert details.step == step
        assert (details.point == path.points[step - 1]).all()
        assert details.next == pytest.approx(path.points[step], abs=1e-6)
        assert details.next - details.point == pytest.approx(details.terms["delta"])
        for axis in (0, 1):
            worked = worked_formula(details, axis)
            assert worked.startswith("xy"[axis])
            assert "<" not in worked
            assert from_latex(worked, step) == pytest.approx(path.points[step][axis], rel=2e-3, abs=2e-3), worked
    assert step_details(result, optimizer.name, 1000).step == 30
    assert step_details(result, optimizer.name, 0).step == 1


def test_nesterov_looks_ahead_and_effective_rates_are_shown() -> None:
    race = Race(
        surface="bowl",
        optimizers=("nesterov", "sgd", "adagrad"),
        start=(-4.0, 1.5),
        steps=20,
        fairness="same",
        rate=0.01,
    )
    result = run_race(race)
    details = step_details(result, "nesterov", 5)
    velocity = -(details.point - step_details(result, "nesterov", 4).point)
    assert details.ahead is not None
    assert details.ahead == pytest.approx(details.point - 0.01 * 0.9 * step_details(result, "nesterov", 4).terms["v"])
    assert velocity.any()
    assert step_details(result, "nesterov", 1).ahead is None
    assert step_details(result, "sgd", 7).rate_of_each == pytest.approx([0.01, 0.01])
    first = step_details(result, "adagrad", 1)
    assert first.rate_of_each == pytest.approx(0.01 / np.abs(first.gradient))
