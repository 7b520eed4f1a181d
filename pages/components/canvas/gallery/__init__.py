"""A gallery of small pictures of which one is chosen, by click or keyboard."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from core.encoding import jpeg_bytes
from pages.components.canvas import define

_gallery = define("gallery", '<div class="gallery" role="group"></div>')


@dataclass(frozen=True)
class Item:
    """One picture of a gallery: `source` is a data URL."""

    id: str
    title: str
    source: str


def data_url(image: Image.Image, quality: int = 85) -> str:
    """Return an image as a JPEG data URL."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg_bytes(image, quality=quality)).decode()


def gallery(key: str, label: str, items: list[Item], selected: str, on_choice: Callable[[], None]) -> str | None:
    """Draw the gallery and return the id that was just chosen, else None."""
    result = _gallery(
        key=key,
        data={"label": label, "items": [vars(item) for item in items], "selected": selected},
        on_chosen_change=on_choice,
    )
    chosen: str | None = result.chosen
    return chosen
