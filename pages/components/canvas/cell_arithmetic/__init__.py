"""The arithmetic of one cell: the window on the maps it reads, the products, their sum, and the steps to the value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.visualization.arithmetic.explain import CellArithmetic
from core.visualization.arithmetic.records import Activated, Merge, Normalised, Pool, Slide, Step, WeightedSum
from core.visualization.arithmetic.terms import Term, Terms
from core.visualization.colormaps import palette
from pages.components.canvas import define, pack

SIGNS = {"add": "+", "subtract": "−", "multiply": "×", "divide": "/"}

_arithmetic = define(
    "cell_arithmetic",
    '<div class="frame"><div class="board"><div class="side"><div class="maps">'
    '<div class="output"><div class="title"></div><canvas class="result" tabindex="0" role="img"></canvas>'
    '<div class="range"></div><button class="play"></button></div>'
    '<div class="input"><div class="title"></div><canvas class="source" role="img"></canvas>'
    '<div class="range"></div></div></div></div>'
    '<div class="sums"><div class="hero">'
    '<div class="patch"><div class="title"></div><canvas role="img"></canvas><div class="range"></div></div>'
    '<span class="sign">⊙</span>'
    '<div class="kernel"><div class="title"></div><canvas role="img"></canvas><div class="range"></div></div>'
    '<span class="sign">=</span>'
    '<div class="products"><div class="title"></div><canvas role="img"></canvas><div class="range"></div></div></div>'
    '<output aria-live="polite"></output><div class="rows"></div>'
    '<div class="pages"><button class="earlier">‹</button><span class="page"></span>'
    '<button class="later">›</button></div>'
    '<div class="steps"></div><div class="agreement"></div></div></div></div>',
)


@dataclass(frozen=True)
class Titles:
    """The words of a drawing, translated: of each term its title and what its map shows, of each link its title."""

    terms: tuple[str, ...]
    alternatives: tuple[str, ...]
    links: tuple[str, ...]
    words: dict[str, str]


def cell_arithmetic_view(
    key: str,
    identity: str,
    arithmetic: CellArithmetic,
    terms: Terms,
    titles: Titles,
    on_cell: Callable[[], None],
    on_page: Callable[[], None],
) -> None:
    """Draw it; a `cell` (row, column) or a `page` of terms that was chosen is then in the state `key`, for one run."""
    blocks = (palette(False).tobytes(), palette(True).tobytes(), *_numbers(arithmetic, terms))
    head = {"id": identity, **_head(arithmetic, terms, titles)}
    _arithmetic(key=key, data=pack(head, *blocks), on_cell_change=on_cell, on_page_change=on_page)


def _head(arithmetic: CellArithmetic, terms: Terms, titles: Titles) -> dict[str, Any]:
    operation, cell = arithmetic.operation, arithmetic.cell
    own = arithmetic.maps[arithmetic.chosen]
    low, high = float(own.min()), float(own.max())
    reach = max(-low, high)
    is_sum = isinstance(operation, WeightedSum)
    sign = SIGNS.get(operation.method, "") if isinstance(operation, Merge) else "+" if is_sum else ""
    return {
        "kind": _kind(arithmetic),
        "operator": sign,
        "sign": sign,
        "cell": [cell.row, cell.column],
        "out": list(own.shape),
        "chosen": arithmetic.chosen,
        "rows": _slide(terms.rows),
        "columns": _slide(terms.columns),
        "padding": operation.padding_mode if isinstance(operation, WeightedSum) else "zeros",
        "divisor": operation.divisor if isinstance(operation, Pool) and operation.has_own_divisor else None,
        "bias": operation.bias if isinstance(operation, WeightedSum) else None,
        "low": terms.low,
        "high": terms.high,
        "signed": terms.signed,
        "limit": terms.limit,
        "outLow": -reach if low < 0 else 0.0,
        "outHigh": reach if low < 0 else high,
        "outSigned": low < 0,
        "others": terms.others,
        "rest": terms.rest,
        "page": terms.page,
        "pages": terms.pages,
        "values": list(arithmetic.values),
        "terms": [
            _term(term, *texts) for term, *texts in zip(terms.shown, titles.terms, titles.alternatives, strict=True)
        ],
        "links": [
            {"title": title, "layer": layer, **_step(step)}
            for title, layer, step in zip(titles.links, arithmetic.layers, (None, *arithmetic.steps), strict=True)
        ],
        "words": titles.words,
    }


def _kind(arithmetic: CellArithmetic) -> str:
    operation = arithmetic.operation
    if isinstance(operation, WeightedSum):
        return "sum"
    return operation.method if isinstance(operation, Pool | Merge) else "given"


def _slide(slide: Slide | None) -> dict[str, Any] | None:
    return None if slide is None else asdict(slide)


def _term(term: Term, title: str, alternative: str) -> dict[str, Any]:
    return {
        "title": title,
        "alternative": alternative,
        "value": term.value,
        "shape": None if term.map is None else list(term.map.shape),
        "kernel": None if term.kernel is None else list(term.kernel.shape),
    }


def _step(step: Step | None) -> dict[str, Any]:
    match step:
        case None:
            return {"kind": "start"}
        case Normalised():
            numbers = {name: getattr(step, name) for name in ("mean", "variance", "epsilon", "scale", "shift")}
            return {"kind": "normalised", "ofPlace": step.of_place, **numbers}
        case Activated():
            return {"kind": "activated", "formula": step.formula}
    return {"kind": "unchanged"}


def _numbers(arithmetic: CellArithmetic, terms: Terms) -> Iterator[bytes]:
    """Yield the maps of all links, then of each term its map and its kernel: float32, as in the network."""
    for activation in arithmetic.maps:
        yield np.ascontiguousarray(activation).tobytes()
    for term in terms.shown:
        for numbers in (term.map, term.kernel):
            if numbers is not None:
                yield np.ascontiguousarray(numbers, dtype=np.float32).tobytes()
