"""What every benchmark is made of: rows with a bound, figures measured in pairs, the table and the file of results."""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import psutil

from core.paths import ROOT

RESULTS = ROOT / ".bench" / "latest.json"
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<=": lambda value, limit: value <= limit,
    ">=": lambda value, limit: value >= limit,
}
PACKAGES = ("streamlit", "torch", "torchvision", "numpy", "pillow", "captum", "playwright")

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure of a topic, what it was compared with, and the bound that it has to keep.

    `bound` is "<= 1.15" or ">= 0.9"; without one the row only informs. `value` is None where measuring failed.
    """

    topic: str
    name: str
    value: float | None
    unit: str
    versus: str = ""
    bound: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if self.bound:
            self._limit()

    @property
    def held(self) -> bool | None:
        """Return whether the bound holds; None where there is none."""
        if not self.bound:
            return None
        compare, limit = self._limit()
        return self.value is not None and compare(self.value, limit)

    def as_json(self) -> dict[str, Any]:
        """Return the row as it stands in the file of results."""
        note = "; ".join(text for text in (self.versus and f"against {self.versus}", self.note) if text)
        value = None if self.value is None else round(float(self.value), 4)
        return {
            "topic": self.topic,
            "name": self.name,
            "value": value,
            "unit": self.unit,
            "bound": self.bound,
            "held": self.held,
            "note": note,
        }

    def _limit(self) -> tuple[Callable[[float, float], bool], float]:
        sign, _, limit = self.bound.partition(" ")
        if sign not in COMPARISONS:
            raise ValueError(f"a bound begins with {' or '.join(COMPARISONS)}, unlike {self.bound!r}")
        return COMPARISONS[sign], float(limit)


def failed(topic: str, name: str, error: BaseException) -> Row:
    """Return the row of a part that could not be measured; its bound, that nothing fails, does not hold."""
    return Row(topic=topic, name=name, value=None, unit="failures", bound="<= 0", note=f"not measured: {error}"[:500])


@dataclass(frozen=True)
class Pairs:
    """Figures of two sides, measured in turn."""

    baseline: tuple[float, ...]
    measured: tuple[float, ...]

    @property
    def ratios(self) -> list[float]:
        """Return for each pair how many times the baseline the measured side took."""
        return [ours / theirs for theirs, ours in zip(self.baseline, self.measured, strict=True)]

    @property
    def ratio(self) -> float:
        """Return the median of the ratios of the pairs."""
        return statistics.median(self.ratios)

    def describe(self, unit: str = "ms") -> str:
        """Return both medians, the quartiles of the ratios and the number of pairs, in words."""
        theirs, ours = (f"{figure(statistics.median(side))} {unit}" for side in (self.baseline, self.measured))
        return f"{ours} to {theirs}; {spread(self.ratios)}; {len(self.ratios)} pairs"


def figure(value: float) -> str:
    """Return a number with three digits, or all of those before the point."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(values: Sequence[float]) -> str:
    """Return the quartiles of `values` in words."""
    low, _, high = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
    return f"quartiles {low:.3g}–{high:.3g}"


def paired(baseline: Callable[[], float], measured: Callable[[], float], pairs: int, warm_up: int = 0) -> Pairs:
    """Return what two measurements give in turn, A B A B …, without the first `warm_up` pairs."""
    figures = [(baseline(), measured()) for _ in range(warm_up + pairs)][warm_up:]
    return Pairs(tuple(theirs for theirs, _ in figures), tuple(ours for _, ours in figures))


def timed(function: Callable[[], object]) -> Callable[[], float]:
    """Return a measurement of `function` in milliseconds of CPU time, which what else the machine does hardly changes.

    For work that one thread does without waiting that is the time it takes on a quiet machine.
    """

    def measure() -> float:
        start = time.process_time()
        function()
        return (time.process_time() - start) * 1000

    return measure


def in_fresh_process(
    function: Callable[Arguments, Result], *arguments: Arguments.args, **options: Arguments.kwargs
) -> Result:
    """Return what a function of a module returns in a Python process of its own, which imports what it needs anew."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments, **options).result()


def machine() -> dict[str, Any]:
    """Return on what was measured."""
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "date": time.strftime("%Y-%m-%d %H:%M:%S %z"),
    }


def place(measured_on: dict[str, Any]) -> str:
    """Return on what was measured in one line; a busy machine is said to be one."""
    load, cores = measured_on["load_average"][0], measured_on["cores"]
    text = f"Measured on {cores} cores ({measured_on['processor']}) with {measured_on['memory_gb']:.0f} GB"
    busy = f"; the machine was busy with other work when it began: load {load:.1f}" if load > cores / 2 else ""
    return f"{text}, Python {measured_on['python']}{busy}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def table(rows: Iterable[Row]) -> str:
    """Return the table a person reads: what was measured, the figure, the bound, held or not, compared with what."""
    heads = ("what was measured", "figure", "bound", "held", "compared with")
    verdicts = {True: "yes", False: "NO", None: ""}
    cells = [(row.name, _figure(row), row.bound, verdicts[row.held], row.versus) for row in rows]
    widths = [max(len(line[i]) for line in (heads, *cells)) for i in range(len(heads) - 1)]
    lines: list[str] = []
    topic = None
    for row, line in zip(rows, cells, strict=True):
        if row.topic != topic:
            topic = row.topic
            lines += ["", topic.upper(), _line(heads, widths)]
        lines.append(_line(line, widths))
        if row.note:
            lines.append(f"    {row.note}")
    return "\n".join(lines)


def _figure(row: Row) -> str:
    return f"{'–' if row.value is None else figure(row.value)} {row.unit}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=False)]
    return "  ".join((*padded, cells[-1])).rstrip()


def summary(rows: Sequence[Row]) -> str:
    """Return in one line how many bounds hold, and which do not."""
    bounded = [row for row in rows if row.held is not None]
    broken = [row.name for row in bounded if not row.held]
    text = f"{len(bounded) - len(broken)} of {len(bounded)} bounds hold"
    return f"{text}; NOT HELD: {', '.join(broken)}" if broken else text


def write(rows: Iterable[Row], measured_on: dict[str, Any], path: Path = RESULTS) -> None:
    """Write the results to a file, which replaces the one before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"machine": measured_on, "rows": [row.as_json() for row in rows]}, indent=2, ensure_ascii=False)
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(text + "\n", encoding="utf-8")
    unfinished.replace(path)
