"""optimizer_race."""

from __future__ import annotations

from pages.components import link
from pages.components.header import header
from pages.components.words import _

header("optimizer_race", _("optimizer_race"), "")
link.publish()
