"""The patch of a dataset example: the whole image, the responsible region, and its crop."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PIL import Image

from core.datasets.sample_images import thumbnail
from core.images.preprocessing import Fit, Preprocessing, fit_to_input
from core.visualization.dataset_examples.image_collections import Collection, Item, Region, pixels
from core.visualization.dataset_examples.ranking import Hit

if TYPE_CHECKING:
    from core.architectures.loading import Backbone
    from core.architectures.receptive_field.fields import Box, ReceptiveField

SIDE = 160  # pixels, the longer side of what is shown
PATCHES_KEPT = 32  # by one maker, each at most 154 kB
REGIONS_KEPT = 1000
NO_HIT = Hit(-1, 0.0, 0.0, -1, -1)
FROM_ONE_PHOTOGRAPH = 3  # patches that are shown at most
RESEMBLING = 0.5  # share of the smaller of two regions of one photograph that both may have in common


@dataclass(frozen=True, eq=False)
class Patch:
    """A hit to be looked at: `whole` and `crop` are RGB, at most `SIDE` pixels wide and high.

    `region` is the portion of the whole that the score depends on, and that `crop` shows. `title` is marked for
    translation if `is_marked`, else it is a file's name; `number` tells equal titles apart.
    """

    hit: Hit
    region: Region
    crop: Image.Image
    whole: Image.Image
    title: str
    is_marked: bool
    number: int | None


class PatchMaker:
    """Makes patches of one collection for one network and one layer, and keeps the last `PATCHES_KEPT` of them.

    `field` is the receptive field of the layer, None for a class or where it is not known: then all that the network
    receives of a picture is responsible. So it is where no cell of a channel stands out.
    """

    def __init__(
        self, collection: Collection, preprocessing: Preprocessing, fit: Fit, field: ReceptiveField | None
    ) -> None:
        self._collection, self._preprocessing, self._fit, self._field = collection, preprocessing, fit, field
        self._region = functools.lru_cache(maxsize=REGIONS_KEPT)(self._find_region)
        self._patch = functools.lru_cache(maxsize=PATCHES_KEPT)(self._make)

    def patches(self, hits: Iterable[Hit], count: int) -> tuple[Patch, ...]:
        """Return the first `count` hits as patches, without those that nearly repeat one of the same photograph.

        No photograph gives more than `FROM_ONE_PHOTOGRAPH`. Raises `UserError` where a picture cannot be read any more.
        """
        shown: list[Patch] = []
        taken: list[tuple[int, Region]] = []
        for hit in hits:
            if len(shown) == count:
                break
            place, source = (hit.picture, hit.row, hit.column), self._collection.source(hit.picture)
            kin = [region for other, region in taken if other == source]
            patch = None if kin else self._patch(*place)
            region = patch.region if patch else self._region(*place)
            is_new = not any(overlap(region, other) > RESEMBLING for other in kin)
            if is_new and len(kin) < FROM_ONE_PHOTOGRAPH:
                taken.append((source, region))
                shown.append(replace(patch or self._patch(*place), hit=hit))
        return tuple(shown)

    def _find_region(self, picture: int, row: int, column: int) -> Region:
        return self._seen(self._collection.item(picture), row, column)

    def _seen(self, item: Item, row: int, column: int) -> Region:
        box = None if self._field is None or row < 0 else self._field.clipped(row, column)
        return seen(item, self._preprocessing, self._fit, box)

    def _make(self, picture: int, row: int, column: int) -> Patch:
        item = self._collection.item(picture)
        region = self._seen(item, row, column)
        crop = item.whole.image.crop(pixels(region, item.whole.image.size))
        crop.thumbnail((SIDE, SIDE))
        whole = thumbnail(item.whole, SIDE)
        return Patch(NO_HIT, region, crop, whole, item.title, item.is_marked, item.number)


def layer_field(fields: Mapping[str, ReceptiveField | None], layer: str) -> ReceptiveField | None:
    """Return the field by which the cells of a layer are told apart; None where each sees the whole picture.

    Behind a squeeze-and-excite gate that is the local one: the gate scales all cells of a channel alike.
    """
    field = fields.get(layer)
    return field if field is None or not field.is_whole else field.local


def field_for(backbone: Backbone, layer: str) -> ReceptiveField | None:
    """Return that field for a layer of a backbone; "" stands for a class, which sees everything."""
    from core.architectures.receptive_field.fields import receptive_fields

    return layer_field(receptive_fields(backbone), layer) if layer else None


def seen(item: Item, preprocessing: Preprocessing, fit: Fit, box: Box | None) -> Region:
    """Return the part of the whole picture that lies in `box`, given in pixels of what the network receives.

    None stands for all that it receives. What lies in the margin of a letterboxed picture is moved to its edge.
    """
    given = fit_to_input(item.picture, preprocessing, fit)
    left, top, right, bottom = given.content
    columns, rows = ((left, right), (top, bottom)) if box is None else ((box.left, box.right), (box.top, box.bottom))
    across = [_place(at, left, right, given.box[0], given.box[2]) for at in columns]
    down = [_place(at, top, bottom, given.box[1], given.box[3]) for at in rows]
    outer = item.region
    across = [outer[0] + share * (outer[2] - outer[0]) for share in across]
    down = [outer[1] + share * (outer[3] - outer[1]) for share in down]
    return across[0], down[0], across[1], down[1]


def overlap(first: Region, second: Region) -> float:
    """Return which share of the smaller region lies in the other too."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    smaller = min(_area(first), _area(second))
    return max(0.0, width) * max(0.0, height) / smaller if smaller > 0 else 0.0


def _place(at: int, start: int, end: int, low: float, high: float) -> float:
    share = min(1.0, max(0.0, (at - start) / max(1, end - start)))
    return low + share * (high - low)


def _area(region: Region) -> float:
    return (region[2] - region[0]) * (region[3] - region[1])
