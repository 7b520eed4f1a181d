"""The channels that matter most, as bars in two lists: clicking one silences the channel, or lets it speak again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pages.components.canvas import define
from pages.components.canvas.shared.channel_toggle import Silencing

_influence = define("channel_bars", '<div class="lists"></div>')


@dataclass(frozen=True)
class Bar:
    """A channel, the length of its bar in [0, 1], and its figure as it is written."""

    channel: int
    length: float
    figure: str


def channel_bars_view(
    key: str, lists: Sequence[tuple[str, Sequence[Bar]]], silencing: Silencing, words: dict[str, str]
) -> None:
    """Draw lists of channels, each with its title. `words` holds `channel`, `silenced` and `none`, translated."""
    data = {
        "lists": [
            {"title": title, "bars": [(bar.channel, bar.length, bar.figure) for bar in bars]} for title, bars in lists
        ],
        "silencing": silencing.as_json(),
        "words": words,
    }
    _influence(key=key, data=data, on_clicks_change=silencing.on_click)
