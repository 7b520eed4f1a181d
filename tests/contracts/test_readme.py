"""The README says what is true today."""

from __future__ import annotations

from tests.contracts.readme import README, renewed


def test_table_of_backbones_is_the_registry() -> None:
    text = README.read_text(encoding="utf-8")
    assert renewed(text) == text, "run `python -m tests.contracts.readme`"
