"""The program that shows one channel from all sides, with core alone."""

from __future__ import annotations

from core.scripts import ScriptStart, render_script

FILE_NAME = "channel.py"


def write_channel_script(start: ScriptStart, layer: str, channel: int, cell: tuple[int, int]) -> str:
    """Return the program; it prints what the channel does for the classes and writes channel.png."""
    row, column = cell
    return render_script(
        "channel", file_name=FILE_NAME, start=start, layer=layer, channel=channel, row=row, column=column
    )
