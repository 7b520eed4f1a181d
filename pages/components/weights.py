"""A chosen backbone made ready: loaded at once, or its weights fetched with progress, cancel and ways on without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.problems import Problem
from pages.components import cache, problems
from pages.components.choosers import BackboneChoice

if TYPE_CHECKING:
    from core.architectures.loading import Backbone


def ready_backbone(choice: BackboneChoice) -> Backbone | None:
    """Return the chosen backbone; None while its weights are not there, after drawing why and what can be done."""
    try:
        return cache.backbone(choice.entry.name, choice.weights, choice.seed)
    except Problem as problem:
        problems.show(problem)
        return None
