"""The verdict of a comparison in words."""

from __future__ import annotations

from core.transfer.comparison.verdict import Verdict
from pages.components.i18n import _, number
from pages.transfer_advisor.plan_titles import plan_title


def verdict_text(found: Verdict) -> str:
    """Return what is to be said of a verdict, in Markdown."""
    accuracy, best = number(found.advised.accuracy, ".1%"), number(found.best.accuracy, ".1%")
    title = plan_title(found.best.plan)
    chance = number(found.probability, ".0%" if found.probability > 0.1 else ".1%")
    if found.kind == "best":
        return _("**The rule held here.** Nothing was better than what was advised, {accuracy}.", accuracy=accuracy)
    if found.kind == "close":
        return _(
            "**The rule held here.** {title} reached {best}, what was advised {accuracy}: within two points.",
            title=title,
            best=best,
            accuracy=accuracy,
        )
    if found.kind == "undecided":
        return _(
            "**It cannot be told.** {title} reached {best}, what was advised {accuracy}; were both equally good, such "
            "a difference would come by chance {chance} of the time.",
            title=title,
            best=best,
            accuracy=accuracy,
            chance=chance,
        )
    return _(
        "**The rule did not hold here.** {title} reached {best}, what was advised {accuracy}; by chance such a "
        "difference would come {chance} of the time.",
        title=title,
        best=best,
        accuracy=accuracy,
        chance=chance,
    )
