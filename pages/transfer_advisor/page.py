"""transfer_advisor."""

from __future__ import annotations

from pages.components import link
from pages.components.header import header
from pages.components.words import _

header("transfer_advisor", _("transfer_advisor"), "")
link.publish()
