"""docs/glossary.md has one row a word, and names classes that there are."""

from __future__ import annotations

import ast
import re
from collections import Counter

from tests.contracts.source import ROOT, modules

CODE = modules("app.py", "pages", "core")
TERMS, _, RETIRED = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").partition("## Retired words")
CLASS = re.compile(r"`([A-Z]\w+)`")


def rows(text: str) -> list[list[str]]:
    """Return the cells of all rows of tables, without heads and rules."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    found = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    rules = {index for index, cells in enumerate(found) if set("".join(cells)) <= {"-"}}
    return [cells for index, cells in enumerate(found) if index not in rules and index + 1 not in rules]


def test_each_term_has_a_meaning_and_each_row_all_columns() -> None:
    found = rows(TERMS)
    assert {len(cells) for cells in found} == {4}
    assert all(cells[0] and cells[1] for cells in found)


def test_a_term_stands_once_in_its_part() -> None:
    for part in TERMS.split("\n## ")[1:]:
        terms = Counter(cells[0] for cells in rows(part))
        assert max(terms.values()) == 1, terms


def test_classes_that_it_names_are_there() -> None:
    there = {node.name for tree in CODE.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    named = {name for cells in rows(TERMS) for name in CLASS.findall(cells[1])}
    assert named
    assert not named - there


def test_retired_words_are_in_order_and_stand_once() -> None:
    words = [cells[0] for cells in rows(RETIRED)]
    assert words == sorted(set(words))
