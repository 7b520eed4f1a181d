"""docs/architecture.md draws the house as its imports are today."""

from __future__ import annotations

import re
from graphlib import CycleError

import pytest

from tests.contracts.architecture import CODE, PAGE, order, part, renewed
from tests.contracts.documents.named_files import missing

TEXT = PAGE.read_text(encoding="utf-8")


def test_drawing_and_table_are_those_of_the_imports() -> None:
    assert renewed(TEXT) == TEXT, "run `python -m tests.contracts.architecture`"


def test_every_module_belongs_to_a_part_of_the_drawing() -> None:
    boxes = set(re.findall(r'\["([\w.]+)"\]', TEXT)) | {"pages"}
    assert {part(module) for module in CODE} <= boxes | {"app"}


def test_a_circle_is_noticed() -> None:
    assert order({"page": {"sections"}, "sections": set()}) == ["page", "sections"]
    with pytest.raises(CycleError):
        order({"first": {"second"}, "second": {"first"}})


def test_files_that_the_page_names_are_there() -> None:
    assert not missing(TEXT)
