"""Maps over the picture, side by side: hover reads the same place of all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image

from core.visualization.attribution.base import Floats
from core.visualization.colormaps import palette
from pages.components.canvas import define, encoded, pack

_evidence = define(
    "attribution_maps",
    '<div class="panels"></div><output aria-live="polite"></output>'
    '<div class="legend"><span class="bar"><span class="low"></span><canvas class="scale"></canvas>'
    '<span class="high"></span></span><span class="range"></span>'
    '<label><span class="opacity"></span><input type="range" min="0" max="100" step="5"></label></div>',
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Panel:
    """One map (height, width), coloured from `low` to `high`, with its title, a line of facts and a text for the blind.

    A `message` stands in the map's place, for instance that there is none. Without `values` it is the picture itself.
    """

    title: str
    facts: str
    alternative: str
    values: Floats | None = None
    low: float = 0.0
    high: float = 0.0
    signed: bool = False
    message: str = ""


def attribution_maps_view(
    key: str,
    panels: Sequence[Panel],
    picture: Image.Image,
    words: dict[str, str],
    opacity: int,
    on_opacity: Callable[[], None] | None,
    *,
    columns: int = 0,
) -> None:
    """Draw the maps over the picture in grey; the `opacity`, in per cent, is then in the state `key`.

    Where `words` has a "range", the scale of the last panel is drawn as that of all. `columns` is how many stand side
    by side where there is room; 0 for all of them.
    """
    image = encoded(picture)
    head = {
        "id": "/".join(panel.title for panel in panels),
        "panels": [
            {
                **_shape(panel.values),
                "title": panel.title,
                "facts": panel.facts,
                "alternative": panel.alternative,
                "message": panel.message,
                "low": panel.low,
                "high": panel.high,
                "signed": panel.signed,
            }
            for panel in panels
        ],
        "columns": columns or len(panels),
        "picture": hash(image),
        "opacity": opacity,
        "words": words,
    }
    blocks = (palette(False).tobytes(), palette(True).tobytes(), image, *(_bytes(panel.values) for panel in panels))
    _evidence(key=key, data=pack(head, *blocks), on_opacity_change=on_opacity or bool)


def _shape(values: Floats | None) -> dict[str, int]:
    return {"h": 0, "w": 0} if values is None else {"h": values.shape[0], "w": values.shape[1]}


def _bytes(values: Floats | None) -> bytes:
    return b"" if values is None else values.tobytes()
