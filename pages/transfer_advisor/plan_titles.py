"""How plans are spoken of: a strategy with its stage."""

from __future__ import annotations

from core.transfer.training.strategies import STRATEGIES, Plan
from pages.components.i18n import _


def plan_title(plan: Plan) -> str:
    """Return a plan in words: the strategy, and the stage that it uses or begins with."""
    strategy = STRATEGIES[plan.strategy]
    title = _(strategy.title)
    if not plan.stage:
        return title
    if strategy.takes_first:
        return _("Fine-tune from {stage} on", stage=_(plan.stage))
    return _("{title}, {stage}", title=title, stage=_(plan.stage))
