"""Exports of an ablation: all logits before and after, what each channel does, and the program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.exports import ExportFile, Exports, exports_of
from core.i18n import N_
from core.scripts import ScriptStart
from core.visualization.ablation.changes import importance_table, logits_table, write_channels
from core.visualization.ablation.script import FILE_NAME, write_ablation_script

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.visualization.ablation.channel_ablation import Logits


@dataclass(frozen=True, kw_only=True, eq=False)
class AblationExport:
    """The ablation on the screen: the logits `before` and `after` the `silenced` channels of `layer` are.

    `changes` (channels, classes) are those by each of `channels` alone; `labels` names the classes.
    """

    start: ScriptStart
    stem: str
    layer: str
    filling: str
    silenced: tuple[int, ...]
    class_index: int
    before: Logits
    after: Logits
    labels: Sequence[str]
    channels: NDArray[np.intp]
    changes: Logits


@exports_of.register
def _exports(shown: AblationExport) -> Exports:
    files = (
        ExportFile(
            N_("Logits before and after as CSV"),
            f"{shown.stem}-silenced.csv",
            "text/csv",
            lambda: logits_table(shown.before, shown.after, shown.labels).encode(),
        ),
        ExportFile(
            N_("Changes by silenced channel as CSV"),
            f"{shown.stem}-importance.csv",
            "text/csv",
            lambda: importance_table(shown.channels, shown.changes, shown.labels).encode(),
        ),
    )
    silenced = write_channels(shown.silenced)
    script = write_ablation_script(shown.start, shown.layer, shown.filling, silenced, shown.class_index)
    return Exports(files, script, FILE_NAME)
