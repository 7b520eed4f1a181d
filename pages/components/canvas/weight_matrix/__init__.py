"""Kernels of 1×1 as a matrix: hover tells filter, input channel and weight; click or arrow keys choose a filter."""

from __future__ import annotations

from collections.abc import Callable

from core.visualization.colormaps import palette
from core.visualization.filters.layout import Matrix
from pages.components.canvas import define, pack

_matrix = define(
    "weight_matrix",
    '<div class="columns"></div><div class="box"><canvas class="weights" tabindex="0" role="img"></canvas></div>'
    '<output aria-live="polite"></output>'
    '<div class="legend"><span class="low"></span><canvas class="scale"></canvas><span class="high"></span>'
    '<span class="range"></span></div>',
)


def kernel_matrix(
    key: str, matrix: Matrix, identity: str, chosen: int, words: dict[str, str], on_choice: Callable[[], None]
) -> None:
    """Draw the matrix; the filter then chosen is `channel` in the state `key`. `words` are the texts, translated."""
    rows, columns = matrix.weights.shape
    head = {
        "id": f"{identity}/{matrix.page}",
        "rows": rows,
        "columns": columns,
        "numbers": matrix.numbers.tolist(),
        "firsts": matrix.first_inputs.tolist(),
        "reach": matrix.reach.tolist(),
        "dead": matrix.dead.tolist(),
        "chosen": chosen,
        "words": words,
    }
    _matrix(key=key, data=pack(head, palette(True).tobytes(), matrix.weights.tobytes()), on_channel_change=on_choice)
