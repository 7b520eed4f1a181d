"""Pictures in a grid that follows the width of the page, each with a title and lines below it."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from pages.components.canvas import define
from pages.components.canvas.gallery import data_url

LARGE = " large"
QUALITY = 92  # of JPEG: what is only looked at

_tiles = define("image_tiles", '<div class="tiles" role="group"></div>')


@dataclass(frozen=True, eq=False)
class Tile:
    """A picture (height, width, 3) uint8 or an image, its title, and lines of text.

    `ratio`, width by height, is that of the place it gets, where that is not its own.
    """

    image: NDArray[np.uint8] | Image.Image
    title: str
    lines: Sequence[str]
    is_dim: bool = False
    ratio: float | None = None


def draw_tiles(tiles: Sequence[Tile], noun: str, *, are_large: bool = False) -> None:
    """Draw the tiles; `noun`, translated, names one to those who do not see it."""
    st.html(f'<div class="tiles{LARGE * are_large}">{"".join(_figure(tile, noun) for tile in tiles)}</div>')


def pick_tile(key: str, tiles: Sequence[Tile], noun: str, picked: int, on_pick: Callable[[int], None]) -> None:
    """Draw tiles of which one is `picked`, by click or keyboard; `on_pick` takes the place of the next one."""

    def take() -> None:
        place = st.session_state[key].picked
        if place is not None:
            on_pick(int(place))

    items = [
        {
            "title": tile.title,
            "alternative": ", ".join([f"{noun} {tile.title}", *tile.lines]),
            "source": _address(tile.image),
            "lines": list(tile.lines),
            "dim": tile.is_dim,
            "ratio": tile.ratio,
        }
        for tile in tiles
    ]
    _tiles(key=key, data={"items": items, "picked": picked, "label": noun}, on_picked_change=take)


def _figure(tile: Tile, noun: str) -> str:
    title = html.escape(tile.title)
    lines = "".join(f"<span>{html.escape(line)}</span>" for line in tile.lines)
    dim = ' class="dim"' if tile.is_dim else ""
    alternative = html.escape(f"{noun} {tile.title}")
    return (
        f'<figure{dim}><div><img src="{_address(tile.image)}" alt="{alternative}"></div>'
        f"<figcaption><b>{title}</b>{lines}</figcaption></figure>"
    )


def _address(image: NDArray[np.uint8] | Image.Image) -> str:
    return data_url(image if isinstance(image, Image.Image) else Image.fromarray(image), QUALITY)
