"""The table of the atlas: which sprite and tile shows which channel, for which weights.

Of each network there is one sprite a layer, and a table that says what was made how, for which weights, and which
layers each sprite stands for. Reading needs no PyTorch.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from core.architectures.zoo.backbones import embedded_file
from core.paths import ASSETS
from core.visualization.feature_visualization.objectives import LOGITS

if TYPE_CHECKING:
    from core.architectures.loading import Backbone

ATLAS = ASSETS / "atlas"
TABLE = "atlas.json"
COLUMNS = 16  # tiles side by side in a sprite
SPRITES_HELD = 8  # of at most 2 MB each


@dataclass(frozen=True)
class Segment:
    """Channels in a row of one layer that are those of a sprite, from its tile `first` on."""

    sprite: str
    first: int
    count: int


@dataclass(frozen=True, eq=False)
class AtlasTable:
    """What an atlas holds: `weights` is the SHA-256 of the file of weights, `recipe` how its pictures were made.

    `tiles` are the sides of each sprite's tiles in pixels, by the layer that was climbed (`LOGITS` for the classes).
    `layers` says for each layer, the climbed ones included, which tiles its channels have, in order.
    """

    network: str
    weights: str
    recipe: Mapping[str, Any]
    tiles: Mapping[str, int]
    layers: Mapping[str, tuple[Segment, ...]]

    def as_json(self) -> str:
        """Return the table as it is stored."""
        layers = {name: [list(astuple(part)) for part in parts] for name, parts in self.layers.items()}
        fields = {"network": self.network, "weights": self.weights, "recipe": self.recipe, "tiles": self.tiles}
        lines = [f'  "{name}": {json.dumps(value)}' for name, value in (*fields.items(), ("layers", layers))]
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @classmethod
    def from_json(cls, text: str) -> AtlasTable:
        """Return what was stored."""
        fields = json.loads(text)
        layers = {name: tuple(Segment(*part) for part in parts) for name, parts in fields.pop("layers").items()}
        return cls(**fields, layers=layers)

    def place(self, layer: str, channel: int) -> tuple[str, int] | None:
        """Return the sprite and the number of the tile in it that shows a channel; None where nothing was made."""
        for part in self.layers.get(layer, ()):
            if 0 <= channel < part.count:
                return part.sprite, part.first + channel
            channel -= part.count
        return None


def atlas_picture(backbone: Backbone, layer: str, channel: int, folder: Path = ATLAS) -> Image.Image | None:
    """Return what was made for a channel of a layer, RGB, 32 to 64 pixels wide.

    None where the atlas does not know the layer, was made for other weights, or is not there. A layer that follows from
    another's channel by channel (an activation, a batch normalisation with positive factors, pooling, joining) has
    that layer's picture: what makes the one large makes the other large. All are those of before the activation.
    """
    table = _table_for(backbone, folder)
    place = table.place(layer, channel) if table else None
    return _tile(folder / backbone.entry.name, place, table) if table and place else None


def class_picture(backbone: Backbone, class_index: int, folder: Path = ATLAS) -> Image.Image | None:
    """Return what was made for the logit of a class, RGB; None where there is none, as for `atlas_picture`."""
    return atlas_picture(backbone, LOGITS, class_index, folder)


def read_table(folder: Path) -> AtlasTable | None:
    """Return the table of the atlas in `folder`; None where there is none, or none that can be read."""
    try:
        return _table(folder / TABLE, _age(folder / TABLE))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def sprite_file(folder: Path, sprite: str) -> Path:
    """Return where a sprite is stored."""
    return folder / f"{sprite or 'classes'}.webp"


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, which is read again only when it has changed."""
    return _digest(path, _age(path))


def tile_of(sprite: Image.Image, tile: int, number: int) -> Image.Image:
    """Return one tile of a sprite."""
    row, column = divmod(number, COLUMNS)
    return sprite.crop((column * tile, row * tile, (column + 1) * tile, (row + 1) * tile))


def _table_for(backbone: Backbone, folder: Path) -> AtlasTable | None:
    weights = embedded_file(backbone.entry)
    if backbone.weights != "embedded" or not weights.is_file():
        return None
    table = read_table(folder / backbone.entry.name)
    return table if table and table.weights == digest(weights) else None


def _tile(folder: Path, place: tuple[str, int], table: AtlasTable) -> Image.Image | None:
    sprite, number = place
    path = sprite_file(folder, sprite)
    try:
        return tile_of(_sprite(path, _age(path)), table.tiles[sprite], number)
    except OSError:
        return None


def _age(path: Path) -> int:
    """Return when a file was changed, so that what was read from it is not used for another one."""
    return path.stat().st_mtime_ns


@functools.lru_cache(maxsize=8)
def _table(path: Path, _changed: int) -> AtlasTable:
    return AtlasTable.from_json(path.read_text(encoding="utf-8"))


@functools.lru_cache(maxsize=SPRITES_HELD)
def _sprite(path: Path, _changed: int) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")


@functools.lru_cache(maxsize=16)
def _digest(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
