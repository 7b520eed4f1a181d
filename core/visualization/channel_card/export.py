"""Exports of the summary of a channel: its cards as one picture, and the program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.encoding import png_bytes
from core.exports import ExportFile, Exports, exports_of
from core.i18n import N_
from core.scripts import ScriptStart
from core.visualization.channel_card.script import FILE_NAME, write_channel_script

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, kw_only=True, eq=False)
class ChannelExport:
    """The cards on the screen, each with its title, and the line above them."""

    start: ScriptStart
    stem: str
    layer: str
    channel: int
    cell: tuple[int, int]
    cards: Sequence[tuple[str, Image]]
    caption: str


@exports_of.register
def _exports(shown: ChannelExport) -> Exports:
    name = f"{shown.stem}-{shown.channel}.png"
    script = write_channel_script(shown.start, shown.layer, shown.channel, shown.cell)
    return Exports((ExportFile(N_("The cards as PNG"), name, "image/png", lambda: _png(shown)),), script, FILE_NAME)


def _png(shown: ChannelExport) -> bytes:
    from core.visualization.channel_card.drawing import draw_board

    return png_bytes(draw_board(list(shown.cards), shown.caption))
