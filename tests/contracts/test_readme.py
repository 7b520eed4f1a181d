"""The README says what is true today."""

from __future__ import annotations

from tests.contracts.readme import README, renewed


def test_tables_are_those_of_the_registry_and_the_weights() -> None:
    text = README.read_text(encoding="utf-8")
    assert renewed(text) == text, "run `python -m tests.contracts.readme`"
