"""What a search has found, on the screen: portions beside their pictures, the strongest and the weakest."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence

import streamlit as st

from core.visualization.dataset_examples.export import Titled
from core.visualization.dataset_examples.image_collections import Cifar10, Collection, SampleTiles
from core.visualization.dataset_examples.patches import Patch, PatchMaker, layer_field
from core.visualization.dataset_examples.ranking import End, Found, Table
from core.visualization.dataset_examples.uploaded_collection import Uploads
from pages.components.caches import architectures
from pages.components.canvas.dataset_examples import HitItem, HitRow, dataset_examples_view
from pages.components.canvas.gallery import data_url
from pages.components.i18n import _, number
from pages.components.inputs.image_select import choose_own, choose_sample
from pages.components.units import percent_digits
from pages.visualization.dataset_examples.query import SearchQuery
from pages.visualization.number_format import show_number
from pages.visualization.selection import NAME

COUNTS: dict[End, int] = {"most": 10, "least": 5}
MAKERS = f"{NAME}.patch_makers"
MAKERS_KEPT = 3


def titled(wanted: SearchQuery, found: Found, end: End, count: int) -> tuple[Titled, ...]:
    """Return the first `count` of one end with titles and scores in the visitor's language. Raises `UserError`."""
    table, owner = wanted.target.at(end), wanted.target.owner
    shown = _maker(wanted).patches(found.hits(table, owner), count)
    return tuple(Titled(patch, _title(patch), _score(patch, table)) for patch in shown)


def draw_hits(wanted: SearchQuery, rows: Mapping[End, Sequence[Titled]]) -> None:
    """Draw the rows; a hit that is picked becomes the chosen picture."""
    headings = {
        "most": _("Strongest for {target}", target=wanted.target.name),
        "least": _("Weakest for {target}", target=wanted.target.name),
    }
    views = [
        HitRow(headings[end], _note(wanted.target.at(end), hits), [_item(hit) for hit in hits])
        for end, hits in rows.items()
    ]
    words = {
        "alternative": _("{title}, score {score}. Choose this picture"),
        "pick": _("Click to choose this picture"),
    }
    picked = dataset_examples_view(f"{NAME}.hits", views, words)
    if picked is not None and picked.isdecimal() and int(picked) < len(wanted.collection):
        _choose(wanted.collection, int(picked))
        st.rerun()  # the whole page: the picture stands in the sidebar


def _maker(wanted: SearchQuery) -> PatchMaker:
    """Return this visitor's maker of patches for a collection, a network's input and a layer."""
    selection, layer = wanted.selection, wanted.target.table.layer
    makers: dict[Hashable, PatchMaker] = st.session_state.setdefault(MAKERS, {})
    key = (wanted.collection.identity, selection.backbone.entry.name, selection.fit, layer)
    maker = makers.pop(key, None)
    if maker is None:
        field = layer_field(architectures.receptive_fields(selection.backbone), layer) if layer else None
        maker = PatchMaker(wanted.collection, selection.preprocessing, selection.fit, field)
    makers[key] = maker  # now the latest
    while len(makers) > MAKERS_KEPT:
        del makers[next(iter(makers))]
    return maker


def _title(patch: Patch) -> str:
    title = _(patch.title) if patch.is_marked else patch.title
    return title if patch.number is None else _("{title}, no. {number}", title=title, number=patch.number)


def _score(patch: Patch, table: Table) -> str:
    hit = patch.hit
    if table.kind == "logit":
        return _("logit {logit} · {share} %", logit=_two_decimals(hit.score), share=percent_digits(hit.beside))
    if table.kind == "probability":
        return _("{share} % · logit {logit}", logit=_two_decimals(hit.beside), share=percent_digits(hit.score))
    return show_number(hit.score)


def _two_decimals(value: float) -> str:
    return number(value, ".2f")


def _note(table: Table, hits: Sequence[Titled]) -> str:
    if not hits:
        return _("Nothing has been found yet.")
    if table.layer and all(hit.patch.hit.row < 0 for hit in hits):
        if all(hit.patch.hit.score == 0 for hit in hits):
            return _("It is silent there, 0 in every cell, so no portion stands out.")
        return _("It has one value in every cell there, so no portion stands out.")
    return ""


def _item(hit: Titled) -> HitItem:
    patch = hit.patch
    where = "" if patch.hit.row < 0 else _("row {row}, column {column}", row=patch.hit.row, column=patch.hit.column)
    beside = "" if math.isnan(patch.hit.beside) else hit.score
    return HitItem(
        id=str(patch.hit.picture),
        title=hit.title,
        score=hit.score,
        detail=where or beside,
        crop=data_url(patch.crop),
        whole=data_url(patch.whole),
        region=patch.region,
    )


def _choose(collection: Collection, place: int) -> None:
    """Make a picture of a collection the chosen one."""
    match collection:
        case SampleTiles() as tiles:
            choose_sample(tiles.sample_name(place))
        case Uploads() as uploads:
            own = uploads.original(place)
            choose_own(own.data, own.name)
        case Cifar10() as cifar:
            choose_own(cifar.file(place), cifar.item(place).picture.name)
