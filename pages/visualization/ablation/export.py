"""What a person takes along of a knock-out: all logits before and after, what each channel does, and the program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.visualization.ablation.changes import importance_table, logits_table, write_channels
from core.visualization.ablation.script import FILE_NAME, write_knockout_script
from pages.components.i18n import _
from pages.components.layout.export_buttons import Download, export

if TYPE_CHECKING:
    from core.visualization.ablation.channel_ablation import Logits
    from pages.visualization.ablation.importance import Importance
    from pages.visualization.selection import Selection


@dataclass(frozen=True, eq=False)
class Knockout:
    """What is on the screen: `after` are the logits without the `silenced` channels."""

    focus: Selection
    filling: str
    silenced: tuple[int, ...]
    class_index: int
    after: Logits
    found: Importance


def share(shown: Knockout) -> None:
    """Draw the downloads of what is on the screen, and the program that reproduces it."""
    focus, found = shown.focus, shown.found
    before, labels = focus.activations.logits, focus.backbone.class_names
    downloads = [
        Download(
            _("Logits before and after as CSV"),
            f"{focus.stem}-silenced.csv",
            "text/csv",
            lambda: logits_table(before, shown.after, labels).encode(),
        ),
        Download(
            _("Changes by silenced channel as CSV"),
            f"{focus.stem}-importance.csv",
            "text/csv",
            lambda: importance_table(found.channels, found.changes, labels).encode(),
        ),
    ]
    silenced = write_channels(shown.silenced)
    script = write_knockout_script(focus.start, focus.layer.name, shown.filling, silenced, shown.class_index)
    export(downloads, script, FILE_NAME)
