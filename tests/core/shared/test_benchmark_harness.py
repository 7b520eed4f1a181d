"""The benchmarks' own arithmetic: bounds, pairs, the table, the file of results and the exit code."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks import harness
from tests.benchmarks.harness import Pairs, Row

ON = {"cores": 2, "processor": "abacus", "memory_gb": 8.0, "python": "3.11.7", "load_average": [0.1, 0.1, 0.1]}


def row(value: float | None = 1.0, bound: str = "", **fields: Any) -> Row:
    return Row(**{"topic": "topic", "name": "name", "value": value, "unit": "ratio", "bound": bound, **fields})


@pytest.mark.parametrize(
    ("value", "bound", "held"),
    [
        (1.15, "<= 1.15", True),
        (1.16, "<= 1.15", False),
        (0.9, ">= 0.9", True),
        (0.8, ">= 0.9", False),
        (0, "<= 0", True),
        (float("nan"), "<= 1", False),
        (None, "<= 1", False),
        (5.0, "", None),
        (None, "", None),
    ],
)
def test_a_bound_holds_or_not_and_without_one_a_row_only_informs(
    value: float | None, bound: str, held: bool | None
) -> None:
    assert row(value, bound).held is held


@pytest.mark.parametrize("bound", ["1.15", "< 1.15", "<= much", "<=1.15"])
def test_a_bound_that_cannot_be_read_is_an_error(bound: str) -> None:
    with pytest.raises(ValueError, match=r"bound|float"):
        row(1.0, bound)


def test_the_sides_of_a_pair_are_measured_in_turn_and_the_first_pairs_are_not_counted() -> None:
    order: list[str] = []
    figures = iter([9.0, 9.0, 2.0, 3.0, 4.0, 8.0])

    def measure(side: str) -> Callable[[], float]:
        return lambda: (order.append(side), next(figures))[1]

    pairs = harness.paired(measure("A"), measure("B"), pairs=2, warm_up=1)
    assert "".join(order) == "ABABAB"
    assert pairs == Pairs(baseline=(2.0, 4.0), measured=(3.0, 8.0))


def test_a_ratio_is_the_median_of_the_pairs_ratios_not_the_ratio_of_the_medians() -> None:
    pairs = Pairs(baseline=(1.0, 10.0, 100.0), measured=(2.0, 10.0, 50.0))
    assert pairs.ratios == [2.0, 1.0, 0.5]
    assert pairs.ratio == 1.0
    assert pairs.describe() == "10 ms to 10 ms; quartiles 0.5–2; 3 pairs"


def test_time_is_what_the_processor_worked_not_what_passed() -> None:
    def work() -> None:
        start = os.times().user
        while os.times().user - start < 0.05:
            sum(range(1000))

    assert harness.timed(work)() >= 40
    assert harness.timed(lambda: __import__("time").sleep(0.1))() < 50


def test_a_fresh_process_is_another_process() -> None:
    assert harness.in_fresh_process(os.getpid) != os.getpid()


def test_the_file_has_the_keys_that_were_agreed_on(tmp_path: Path) -> None:
    path = tmp_path / "results" / "latest.json"
    harness.write([row(0.97123456, "<= 1.10", versus="torch-cam", note="24 pairs"), row(3)], {"cores": 2}, path)
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "machine": {"cores": 2},
        "rows": [
            {
                "topic": "topic",
                "name": "name",
                "value": 0.9712,
                "unit": "ratio",
                "bound": "<= 1.10",
                "held": True,
                "note": "against torch-cam; 24 pairs",
            },
            {"topic": "topic", "name": "name", "value": 3.0, "unit": "ratio", "bound": "", "held": None, "note": ""},
        ],
    }
    assert list(path.parent.iterdir()) == [path]


def test_the_table_says_what_was_measured_with_what_it_was_compared_and_what_does_not_hold() -> None:
    rows = [
        row(1.2, "<= 1.1", name="slow", versus="a peer", note="noisy"),
        row(1.0, "<= 1.1", name="fast"),
        row(7, topic="other", name="seven", unit="files"),
        harness.failed("other", "broken", RuntimeError("no browser")),
    ]
    lines = harness.table(rows).splitlines()
    slow = next(line for line in lines if line.startswith("slow"))
    assert " ".join(slow.split()) == "slow 1.2 ratio <= 1.1 NO a peer"
    assert next(line for line in lines if line.startswith("fast")).split()[-1] == "yes"
    assert "    noisy" in lines
    assert [line for line in lines if line.isupper()] == ["TOPIC", "OTHER"]
    assert "    not measured: no browser" in lines
    assert harness.summary(rows) == "1 of 3 bounds hold; NOT HELD: slow, broken"
    assert harness.summary([row(1.0, "<= 2"), row(9)]) == "1 of 1 bounds hold"


def test_a_busy_machine_is_said_to_be_one() -> None:
    assert "busy" not in harness.place(ON)
    assert "load 3.0" in harness.place({**ON, "load_average": [3.0, 2.0, 1.0]})
    assert set(ON) <= set(harness.machine())


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, list[Row]]]:
    """Run the command on parts made for the test; return its exit code and what it would have written."""

    def fail() -> list[Row]:
        raise RuntimeError("no browser")

    parts = {
        "one.good": lambda: [row(1.0, "<= 2", name="good")],
        "one.informing": lambda: [row(9, name="informing")],
        "two.bad": lambda: [row(3.0, "<= 2", name="bad")],
        "two.failing": fail,
    }
    monkeypatch.setattr(command, "all_parts", lambda: parts)
    monkeypatch.delenv("ONLY", raising=False)

    def call(*arguments: str, only: str = "") -> tuple[int, list[Row]]:
        written: list[Row] = []
        monkeypatch.setattr(command, "write", lambda rows, machine: written.extend(rows))
        monkeypatch.setattr("sys.argv", ["benchmarks", *arguments])
        monkeypatch.setenv("ONLY", only)
        return command.main(), written

    return call


@pytest.mark.parametrize(
    ("arguments", "only", "names", "code"),
    [
        ((), "", ["good", "informing", "bad", "failing"], 1),
        (("one",), "", ["good", "informing"], 0),
        (("--only", "one"), "", ["good", "informing"], 0),
        ((), "one", ["good", "informing"], 0),
        (("two.bad",), "", ["bad"], 1),
        (("two.failing",), "", ["failing"], 1),
        (("tw",), "", [], 2),
    ],
)
def test_the_command_measures_what_was_asked_for_and_fails_when_a_bound_does(
    run: Callable[..., tuple[int, list[Row]]], arguments: tuple[str, ...], only: str, names: list[str], code: int
) -> None:
    found_code, found = run(*arguments, only=only)
    assert [row.name for row in found] == names
    assert found_code == code


def test_every_topic_names_its_parts() -> None:
    assert {name.partition(".")[0] for name in command.all_parts()} == set(command.TOPICS)
