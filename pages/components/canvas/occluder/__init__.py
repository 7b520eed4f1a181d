"""The picture with a square over it that can be dragged and sized; what it does is told when it is let go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from core.encoding import png_bytes
from core.visualization.attribution.occlusion import OcclusionPatch
from pages.components.canvas import define, pack

_occluder = define(
    "occluder",
    '<div class="title"></div><small></small><canvas tabindex="0" role="application"></canvas>'
    '<output aria-live="polite"></output>',
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Cover:
    """A square over `picture`, with what fills it in the same place of `filling`, a picture of the same size.

    `smallest` and `largest` are the sides in pixels that it may be given.
    """

    picture: Image.Image
    filling: Image.Image
    square: OcclusionPatch
    smallest: int
    largest: int


def occluder(key: str, cover: Cover, words: dict[str, str], on_square: Callable[[], None]) -> None:
    """Draw the picture; where the square is let go, `square` in the state `key` is [top, left, side] in pixels."""
    picture, filling = (png_bytes(image) for image in (cover.picture, cover.filling))
    head = {
        "id": hash((picture, filling)),
        "pixels": cover.picture.width,
        "square": [cover.square.top, cover.square.left, cover.square.side],
        "smallest": cover.smallest,
        "largest": cover.largest,
        "words": words,
    }
    _occluder(key=key, data=pack(head, picture, filling), on_square_change=on_square)
