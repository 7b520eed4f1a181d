"""A short Python program that computes one cell of a layer by hand, with core alone, and compares."""

from __future__ import annotations

from core.visualization.arithmetic.explain import Cell
from core.visualization.script_preamble import ProgramStart, preamble

IMPORTS = (
    "from core.visualization.activations.capture import capture",
    "from core.visualization.arithmetic.explain import Cell, explain_cell",
    "from core.visualization.arithmetic.export import rows, to_csv, to_npz",
)
BODY = """\
activations = capture(backbone, picture, fit={fit!r})

cell = Cell({cell.layer!r}, channel={cell.channel}, row={cell.row}, column={cell.column})
arithmetic = explain_cell(backbone, activations, batch.numpy(), cell)
for row in rows(arithmetic):
    print(*row, sep="\\t")
print("by hand:", arithmetic.value, "in the tensor:", arithmetic.stored_value)

with open("arithmetic.csv", "wb") as table, open("arithmetic.npz", "wb") as arrays:
    table.write(to_csv(arithmetic))
    arrays.write(to_npz(arithmetic))
"""


def write_arithmetic_script(start: ProgramStart, cell: Cell) -> str:
    """Return the program; it prints all terms and writes arithmetic.csv and arithmetic.npz where it is run."""
    body = BODY.format(fit=start.fit, cell=cell)
    return preamble(start, "One number of a layer, computed by hand", "arithmetic.py", IMPORTS, body)
