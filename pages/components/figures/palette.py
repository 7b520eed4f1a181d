"""How things keep their look on all pages: each optimizer its colour and its dash, safe for colour-blind eyes."""

from __future__ import annotations

from dataclasses import dataclass

from core.optimization.optimizers import OPTIMIZERS

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ((), (8, 4), (2, 3), (10, 3, 2, 3))


@dataclass(frozen=True)
class Look:
    """A colour as CSS writes it, and the lengths of dashes and gaps in pixels; none for a solid line."""

    colour: str
    dash: tuple[int, ...]


def optimizer_look(name: str) -> Look:
    """Return the look of an optimizer: by its place in the registry, so that it never changes with what is chosen."""
    index = list(OPTIMIZERS).index(name)
    return Look(COLOURS[index % len(COLOURS)], DASHES[(index + index // len(COLOURS)) % len(DASHES)])


def plotly_dash(look: Look) -> str:
    """Return the dashes as Plotly writes them."""
    return ",".join(f"{length}px" for length in look.dash) or "solid"
