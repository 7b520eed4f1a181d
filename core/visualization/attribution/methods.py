"""The registry of attribution methods."""

from __future__ import annotations

from collections.abc import Iterator

from core.i18n import N_
from core.registry import Registry
from core.visualization.attribution.base import Attribution, AttributionMethod, AttributionRequest, Settings
from core.visualization.attribution.cam import CAMS
from core.visualization.attribution.gradients import GRADIENTS
from core.visualization.attribution.occlusion import OCCLUSION

METHODS: Registry[AttributionMethod] = Registry(N_("method"), (*CAMS, *GRADIENTS, OCCLUSION))
DEFAULT = "grad_cam"
QUICK = 3
"""Methods that cost at most as much as so many passes are quick."""


def explain(request: AttributionRequest, method: str, settings: Settings | None = None) -> Iterator[Attribution]:
    """Yield what a method knows of the answer, step by step, until it is complete.

    `settings` are values by name; what is left out has its default. The network is held for one pass at a time, and is
    left as it was, also where this is stopped. Raises `UserError` for an unknown method, or when the server stays busy.
    """
    entry = METHODS[method]
    for step, total, maps in entry.explain(request, entry.values(settings)):
        if maps is not None:
            maps.flags.writeable = False
        yield Attribution(
            step=step,
            total_steps=total,
            method=method,
            targets=request.targets,
            layer=request.layer,
            signed=entry.signed,
            maps=maps,
        )


def attribute(request: AttributionRequest, method: str, settings: Settings | None = None) -> Attribution:
    """Return the complete answer of a method; see `explain`."""
    for evidence in explain(request, method, settings):
        last = evidence
    return last
