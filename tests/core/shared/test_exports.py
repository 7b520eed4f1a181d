"""What is on the screen can be taken along: each record that core defines for it has a writer of its own."""

from __future__ import annotations

import ast
import importlib

import pytest

from core.exports import ExportFile, Exports, exports_of
from tests.contracts.source import modules

RECORDS = [
    (module, node.name)
    for module, tree in modules("core").items()
    if module.endswith(".export")
    for node in tree.body
    if isinstance(node, ast.ClassDef) and node.name.endswith("Export")
]


def test_there_are_records() -> None:
    assert len(RECORDS) > 8


@pytest.mark.parametrize(("module", "name"), RECORDS)
def test_each_record_has_a_writer_of_its_own(module: str, name: str) -> None:
    record = getattr(importlib.import_module(module), name)
    writer = exports_of.dispatch(record)
    assert writer is not exports_of.dispatch(object)
    assert writer.__module__ == module


def test_a_record_without_a_writer_is_refused() -> None:
    with pytest.raises(TypeError, match="no exports are registered for str"):
        exports_of("a text")


def test_nothing_is_made_before_somebody_asks() -> None:
    made: list[str] = []

    class Record:
        pass

    @exports_of.register(Record)
    def _(_record: Record) -> Exports:
        file = ExportFile("Picture", "a.png", "image/png", lambda: made.append("a.png") or b"png")  # type: ignore[func-returns-value]
        return Exports((file,), "print()", "a.py")

    exports = exports_of(Record())
    assert made == []
    assert exports.files[0].make() == b"png"
    assert made == ["a.png"]
