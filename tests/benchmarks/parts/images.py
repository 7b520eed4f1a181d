"""Thousands of picture files, sound and broken: how many are accepted, how many refused, and nothing else happens."""

from __future__ import annotations

import time
from collections import Counter, defaultdict

from tests.benchmarks.harness import Row, in_fresh_process

TOPIC = "main_job"
OUTCOMES = ("accepted", "refused", "uncaught")


def measure() -> list[Row]:
    """Return one row for each kind of file, and the one that has to be zero."""
    return in_fresh_process(decode_all)


def decode_all() -> list[Row]:
    """Return the rows; in a process of its own, since a file that fails badly could end it."""
    from tests.core.pictures import bad_and_good_pictures

    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    slowest, errors = (0.0, ""), []
    start = time.perf_counter()
    for kind, name, data in bad_and_good_pictures():
        begun = time.perf_counter()
        outcome = _outcome(name, data)
        slowest = max(slowest, (time.perf_counter() - begun, f"{kind} {name}"))
        outcomes[kind][outcome if outcome in OUTCOMES else "uncaught"] += 1
        if outcome not in OUTCOMES:
            errors.append(f"{kind} {name}: {outcome}")
    tried = sum(found.total() for found in outcomes.values())
    counts = "; ".join(f"{outcome} {sum(found[outcome] for found in outcomes.values())}" for outcome in OUTCOMES)
    seconds = time.perf_counter() - start
    note = f"{tried} files in {seconds:.0f} s: {counts}; slowest {slowest[1]}, {slowest[0]:.2f} s"
    uncaught = sum(found["uncaught"] for found in outcomes.values())
    return [
        *(_row(kind, found) for kind, found in outcomes.items()),
        Row(
            topic=TOPIC,
            name="pictures_uncaught",
            value=uncaught,
            unit="files",
            bound="<= 0",
            note="; ".join((note, *errors[:5])),
        ),
    ]


def _outcome(name: str, data: bytes) -> str:
    """Return "accepted", "refused", or the error that nobody caught."""
    from core.images.formats import PictureError
    from core.images.picture import decode

    try:
        decode(data, name)
    except PictureError:
        return "refused"
    except BaseException as error:
        return repr(error)[:200]
    return "accepted"


def _row(kind: str, found: Counter[str]) -> Row:
    note = ", ".join(f"{outcome} {found[outcome]}" for outcome in OUTCOMES)
    return Row(topic=TOPIC, name=f"pictures_{kind.replace(' ', '_')}", value=found.total(), unit="files", note=note)
