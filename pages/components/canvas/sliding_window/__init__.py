"""A window that slides over a grid: a cell of the output, under the pointer or the arrow keys, shows its place."""

from __future__ import annotations

from collections.abc import Mapping

from pages.components.canvas import define

_sliding = define(
    "sliding_window",
    '<div class="both"><figure><figcaption class="in"></figcaption><div class="input"></div></figure>'
    '<figure><figcaption class="out"></figcaption><div class="output" role="grid"></div></figure></div>'
    '<output aria-live="polite"></output>',
)


def sliding_window(key: str, numbers: Mapping[str, int], words: Mapping[str, str]) -> None:
    """Draw both grids; `numbers` are `side`, `kernel`, `stride`, `padding`, `dilation` and `places`, of the output.

    `words` holds `input`, `output` and, with {row}, {column}, {top} and {left}, `cell`.
    """
    _sliding(key=key, data={"numbers": dict(numbers), "words": dict(words)})
