"""Runs the benchmarks: all of them, one topic (`main_job`), or one part of a topic (`main_job.capture`).

Exits with 1 when a bound does not hold or a part could not be measured, with 2 when there is no such topic or part.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from importlib import import_module

from core.paths import ROOT
from tests.benchmarks.harness import RESULTS, Row, failed, figure, machine, place, summary, table, write

TOPICS = ("main_job", "optimization", "visualization", "architectures", "transfer", "augmentation")
"""Modules of this package; each has `PARTS`, measurements by name."""

Part = Callable[[], Iterable[Row]]


def main() -> int:
    """Measure what was asked for, print the table, write the file, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("topic", nargs="?", help="a topic, or topic.part")
    parser.add_argument("--only", metavar="TOPIC", help="the same; also read from the environment variable ONLY")
    arguments = parser.parse_args()
    only = arguments.only or arguments.topic or os.environ.get("ONLY", "")
    parts = {name: part for name, part in all_parts().items() if not only or f"{name}.".startswith(f"{only}.")}
    if not parts:
        print(f"There is no {only!r}. There are: {', '.join((*TOPICS, *all_parts()))}", file=sys.stderr)
        return 2
    measured_on = machine()
    rows = [row for name, part in parts.items() for row in measure(name, part)]
    print(table(rows), "", place(measured_on), summary(rows), sep="\n")
    write(rows, measured_on)
    print(f"Written to {RESULTS.relative_to(ROOT)}")
    return int(any(row.held is False for row in rows))


def all_parts() -> dict[str, Part]:
    """Return every part of every topic by its full name."""
    modules = {topic: import_module(f"{__package__}.{topic}") for topic in TOPICS}
    return {f"{topic}.{name}": part for topic, module in modules.items() for name, part in module.PARTS.items()}


def measure(name: str, part: Part) -> list[Row]:
    """Return the rows of one part, or the one row that says that it failed; report progress."""
    print(f"{name} …", file=sys.stderr, flush=True)
    start = time.perf_counter()
    rows: list[Row] = []
    try:
        for row in part():
            rows.append(row)
            if row.value is not None:
                print(f"  {row.name}: {figure(row.value)} {row.unit}", file=sys.stderr, flush=True)
    except Exception as error:  # one part that fails does not keep the others from being measured
        traceback.print_exc()
        topic, _, short = name.partition(".")
        rows.append(failed(topic, short, error))
    print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    return rows


if __name__ == "__main__":
    sys.exit(main())
