"""A report of one page, as a web page that needs nothing else and prints on A4."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Template


@dataclass(frozen=True)
class Corner:
    """The title of one case on the map, with its place as shares of width and height, from below."""

    title: str
    x: float
    y: float


@dataclass(frozen=True)
class MapSpot:
    """A point on the map of four cases with its borders, all as shares of width and height; `here` says what it is."""

    x: float
    y: float
    border: float
    enough: float
    here: str
    corners: Sequence[Corner]


@dataclass(frozen=True)
class ReportBar:
    """One strategy's accuracy with its interval, and both in words; `is_chosen` marks the one trained at last."""

    title: str
    accuracy: float
    low: float
    high: float
    figure: str
    is_chosen: bool


@dataclass(frozen=True)
class Section:
    """A title with sentences below it, and what is drawn beside or under them."""

    title: str
    texts: Sequence[str]
    spot: MapSpot | None = None
    bars: Sequence[ReportBar] = ()
    note: str = ""


@dataclass(frozen=True)
class Report:
    """All that stands in a report, translated into `language`."""

    language: str
    title: str
    subtitle: str
    sections: Sequence[Section]


def render(report: Report) -> str:
    """Return the report as HTML; whatever its texts hold, it is shown as it is."""
    return _template().render(report=report)


@functools.cache
def _template() -> Template:
    from jinja2 import Environment

    source = Path(__file__).with_name("report.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, trim_blocks=True).from_string(source)
