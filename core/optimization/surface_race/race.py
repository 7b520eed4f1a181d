"""A race on a surface: learning rates, trajectories, and the winners by four measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.i18n import N_
from core.optimization.optimizers import OPTIMIZERS
from core.optimization.surface_race.noise import RUNS_AT_MOST, draw_noise, noisy_paths, spread_of, values_by_step
from core.optimization.surface_race.sweep import best_rate, sweep_rates
from core.optimization.surface_race.trajectories import Descent, Entrant, Path, run
from core.optimization.surfaces.custom import OWN, own_surface
from core.optimization.surfaces.grid import height_map
from core.optimization.surfaces.registry import SURFACES, Point, Surface
from core.settings import Choice

Floats = NDArray[np.float64]
TOLERANCE = 1e-3  # of the height of the start above the lowest minimum

FAIRNESS = Choice(
    name="rates",
    label=N_("Learning rates"),
    default="tuned",
    options=(("tuned", N_("Each one's best")), ("same", N_("The same for all")), ("default", N_("The defaults"))),
    help=N_(
        "The best of 61 that were tried: with it a method ends lowest, and with its neighbours too. The defaults are "
        "those of torch.optim."
    ),
)


@dataclass(frozen=True, kw_only=True)
class Race:
    """What decides a race: names of a surface and of optimizers, a start, and how learning rates are given.

    With noise there are `runs` of each optimizer, with consecutive seeds, the first of which is that of the paths.
    The surface `OWN` is that of `formula`. `fairness` is a value of `FAIRNESS`, `rate` the learning rate for all where
    that is "same". Raises `ValueError` for a fairness that there is not and for too many runs, and `UserError` for an
    unknown surface or optimizer.
    """

    surface: str
    optimizers: tuple[str, ...]
    start: Point
    steps: int = 300
    fairness: str = "tuned"
    rate: float = 0.01
    settings: Mapping[str, float] = field(default_factory=dict, hash=False)
    noise: float = 0.0
    scale: float = 1.0
    seed: int = 0
    formula: str = ""
    runs: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.runs <= RUNS_AT_MOST:
            raise ValueError(f"1 to {RUNS_AT_MOST} runs, not {self.runs}")
        if self.fairness not in FAIRNESS.values:
            raise ValueError(f"fairness is one of {FAIRNESS.values}, not {self.fairness!r}")
        for name in self.optimizers:
            OPTIMIZERS[name]
        if self.surface != OWN:
            SURFACES[self.surface]

    @property
    def surface_entry(self) -> Surface:
        """Return the surface itself. Raises `FormulaError` where it is one's own and no formula."""
        return own_surface(self.formula) if self.surface == OWN else SURFACES[self.surface]


@dataclass(frozen=True, kw_only=True)
class Score:
    """How one method did: f at its last step, the distance from there to the nearest minimum, and the way it went.

    `steps_to_tolerance` is the first step at which f is close to the lowest minimum, None where it never was;
    `diverged_at` the step at which it was lost.
    """

    value: float
    distance: float
    steps_to_tolerance: int | None
    length: float
    diverged_at: int | None


@dataclass(frozen=True, eq=False)
class NoiseSpread:
    """Runs of one optimizer that differ by their noise only: `values` are f by step, `scores` those of each run.

    `values` (3, steps + 1) are the 10th percentile, the median and the 90th percentile, infinite where as many
    diverged; float32.
    """

    values: NDArray[np.float32]
    scores: tuple[Score, ...]


@dataclass(frozen=True, eq=False)
class Result:
    """A race that was run: the paths and scores by optimizer, in order, and `lowest`, the value of the best minimum.

    `heights` is the surface on an even grid over its box (see `height_map`), `rates` are the learning rates used.
    `curves` are, by optimizer, the learning rates that were tried and where f ends with each, infinite where it
    diverges; without noise and factor. `spreads` are by optimizer too; there are none without noise or other runs.
    """

    race: Race
    heights: Floats
    lowest: float
    paths: Mapping[str, Path]
    scores: Mapping[str, Score]
    rates: Mapping[str, float]
    curves: Mapping[str, tuple[Floats, Floats]]
    spreads: Mapping[str, NoiseSpread] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """Return how much memory the arrays take."""
        paths = self.paths.values()
        arrays = sum(path.points.nbytes + path.values.nbytes + path.gradients.nbytes for path in paths)
        return self.heights.nbytes + arrays + sum(spread.values.nbytes for spread in self.spreads.values())


def run_race(race: Race) -> Result:
    """Run a race and return all that is to be shown of it."""
    surface = race.surface_entry
    curves = {name: sweep_rates(surface, name, {}, race.start, race.steps, race.settings) for name in race.optimizers}
    rates = {name: _rate(race, name, curves[name]) for name in race.optimizers}
    paths = run_all(race, rates)
    lowest = _lowest(surface, race)
    scores = {name: score(path, surface, lowest) for name, path in paths.items()}
    heights = race.scale * height_map(surface, race.settings)
    spreads = _spreads(race, rates, paths, lowest) if race.noise and race.runs > 1 else {}
    return Result(race, heights, lowest, paths, scores, rates, curves, spreads)


def run_all(race: Race, rates: Mapping[str, float]) -> dict[str, Path]:
    """Return the path of each optimizer of a race at the learning rates given."""
    return dict(zip(race.optimizers, run(_descent(race, rates)), strict=True))


def _spreads(
    race: Race, rates: Mapping[str, float], first: Mapping[str, Path], lowest: float
) -> dict[str, NoiseSpread]:
    descent = _descent(race, rates)
    noise = draw_noise(race.seed + 1, race.runs - 1, race.steps)
    found = {}
    for entrant in descent.entrants:
        paths = (first[entrant.optimizer], *noisy_paths(descent, entrant, noise))
        values = spread_of(values_by_step(paths, race.steps)).astype(np.float32)
        values.flags.writeable = False
        found[entrant.optimizer] = NoiseSpread(values, tuple(score(path, descent.surface, lowest) for path in paths))
    return found


def _descent(race: Race, rates: Mapping[str, float]) -> Descent:
    return Descent(
        surface=race.surface_entry,
        entrants=tuple(Entrant(optimizer=name, values={"lr": rates[name]}) for name in race.optimizers),
        start=race.start,
        steps=race.steps,
        settings=race.settings,
        scale=race.scale,
        noise=race.noise,
        seed=race.seed,
    )


def score(path: Path, surface: Surface, lowest: float) -> Score:
    """Return how a path did on a surface whose best minimum has the value `lowest`."""
    minima = np.asarray(surface.minima)
    last = path.points[-1]
    close = np.flatnonzero(path.values - lowest <= TOLERANCE * (path.values[0] - lowest))
    lost = path.diverged_at is not None
    return Score(
        value=float("inf") if lost else float(path.values[-1]),
        distance=float("inf") if lost else float(np.linalg.norm(minima - last, axis=1).min()),
        steps_to_tolerance=int(close[0]) if close.size else None,
        length=float(np.linalg.norm(np.diff(path.points, axis=0), axis=1).sum()),
        diverged_at=path.diverged_at,
    )


def _rate(race: Race, name: str, curve: tuple[Floats, Floats]) -> float:
    if race.fairness == "same":
        return race.rate
    if race.fairness == "default":
        return OPTIMIZERS[name].values()["lr"]
    return best_rate(*curve)


def _lowest(surface: Surface, race: Race) -> float:
    import torch

    x, y = torch.tensor(surface.minima, dtype=torch.float64).T
    return float(race.scale * surface.function(x, y, surface.values(race.settings)).min())
