"""docs/api.md says what is true today: every example runs, and every heading has the names of the code."""

from __future__ import annotations

import builtins
import doctest
import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contracts.source import ROOT

API = ROOT / "docs" / "api.md"
SECTION = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)
HEADING = re.compile(r"^### `(?P<name>[\w.]+)(?:\((?P<parameters>[^)]*)\))?`$", re.MULTILINE)
EXAMPLE = re.compile(r"^```pycon\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FEWEST = 40


@dataclass(frozen=True)
class Part:
    """A part of the document, from its heading to the next; `line` is the number of the heading's line, from 0."""

    heading: re.Match[str]
    text: str
    line: int

    def examples(self) -> Iterator[doctest.Example]:
        """Yield the examples, each with its line in the document."""
        for found in EXAMPLE.finditer(self.text):
            before = self.line + self.text[: found.start("code")].count("\n")
            for example in doctest.DocTestParser().get_examples(found["code"], API.name):
                example.lineno += before
                yield example


def parts(text: str, pattern: re.Pattern[str]) -> list[Part]:
    """Return the parts of a text that begin with a heading of this pattern."""
    found = list(pattern.finditer(text))
    ends = [*(heading.start() for heading in found[1:]), len(text)]
    return [
        Part(heading, text[heading.start() : end], text[: heading.start()].count("\n"))
        for heading, end in zip(found, ends, strict=True)
    ]


TEXT = API.read_text(encoding="utf-8")
SECTIONS = [part for part in parts(TEXT, SECTION) if HEADING.search(part.text)]
ENTRIES = parts(TEXT, HEADING)
each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=[entry.heading["name"] for entry in ENTRIES])


def the(name: str) -> Any:
    """Return what stands in `core` under a dotted name. Raises `AttributeError` where there is nothing."""
    module, _dot, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def parameters(called: Any) -> list[str]:
    """Return the parameters of a call as a heading writes them."""
    return [str(each).partition(":")[0].partition("=")[0] for each in inspect.signature(called).parameters.values()]


@pytest.mark.parametrize("section", SECTIONS, ids=[section.heading["title"] for section in SECTIONS])
def test_examples_run_and_show_what_the_page_says(section: Part) -> None:
    """The examples of a section share their names."""
    test = doctest.DocTest(list(section.examples()), {}, section.heading["title"], str(API), 0, None)
    told: list[str] = []
    result = doctest.DocTestRunner(verbose=False, optionflags=OPTIONS).run(test, out=told.append)
    vars(builtins).pop("_", None)  # the last value, as at a prompt; later tests would take it for gettext's
    assert not result.failed, "".join(told)


def test_the_page_lists_the_public_entries_once() -> None:
    names = [entry.heading["name"] for entry in ENTRIES]
    assert len(names) >= FEWEST
    assert len(names) == len(set(names))
    assert len(ENTRIES) == len(re.findall("^### ", TEXT, re.MULTILINE)), "a heading is not `a.dotted.name(parameters)`"


@each_entry
def test_entry_exists_and_says_what_it_is(entry: Part) -> None:
    name = entry.heading["name"]
    assert name.startswith("core.")
    assert (the(name).__doc__ or "").partition("\n")[0].strip()


@each_entry
def test_heading_has_the_parameters_of_the_code(entry: Part) -> None:
    found = the(entry.heading["name"])
    if entry.heading["parameters"] is None:
        assert not callable(found), "write the parameters into the heading"
        return
    written = entry.heading["parameters"]
    known = ", ".join(parameters(found))
    assert written == known or (written.endswith(", …") and known.startswith(written[:-1]))


@each_entry
def test_entry_is_used_in_its_example(entry: Part) -> None:
    code = "".join(example.source for example in entry.examples())
    assert re.search(rf"\b{entry.heading['name'].rpartition('.')[2]}\b", code) or entry.heading["name"].endswith(".Job")


def test_contents_lead_to_every_section() -> None:
    anchors = re.findall(r"\]\(#([\w-]+)\)", TEXT)
    assert anchors == [section.heading["title"].lower().replace(" ", "-") for section in SECTIONS]
