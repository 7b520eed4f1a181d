"""augmentation."""

from __future__ import annotations

from pages.components import link
from pages.components.header import header
from pages.components.words import _

header("augmentation", _("augmentation"), "")
link.publish()
