"""Events of long work: frozen, small, picklable."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Event:
    """One report of long work: `step` of `total_steps` (None while the total is not known)."""

    step: int
    total_steps: int | None = None

    @property
    def fraction(self) -> float | None:
        """Return the share of the work that is done, in [0, 1], or None while the total is not known."""
        if not self.total_steps:
            return None
        return min(1.0, self.step / self.total_steps)
