"""The best picture that was found for what is to be made: it stands beside the made one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.images.preprocessing import fit_to_input
from core.visualization.dataset_examples.image_collections import COLLECTIONS, SampleTiles
from core.visualization.dataset_examples.ranking import Table
from pages.visualization.dataset_examples import search_jobs
from pages.visualization.dataset_examples.hits import titled
from pages.visualization.dataset_examples.query import SearchQuery, SearchTarget, of_channel
from pages.visualization.feature_visualization.options import VisualizationRequest
from pages.visualization.selection import Selection

if TYPE_CHECKING:
    from core.visualization.dataset_examples.export import Titled
    from core.visualization.feature_visualization.records import Pixels


@dataclass(frozen=True, eq=False)
class BestFound:
    """The best portion of the sample photographs, and all that the network receives of it, uint8 (side, side, 3)."""

    hit: Titled
    pixels: Pixels


def best_found(selection: Selection, request: VisualizationRequest) -> BestFound | None:
    """Return what answers the wish best, or least where the opposite is made. Raises `UserError`.

    None for a direction, which is not searched for, and with a large network before the photographs were searched.
    """
    if request.target == "direction":
        return None
    wanted = SearchQuery(selection, _target(selection, request), COLLECTIONS["samples"], SampleTiles())
    found = search_jobs.known(wanted) or (search_jobs.found_at_once(wanted) if wanted.is_quick else None)
    hits = titled(wanted, found, "least" if request.opposite else "most", 1) if found else ()
    if not hits:
        return None
    picture = wanted.collection.item(hits[0].patch.hit.picture).picture
    return BestFound(
        hits[0], np.asarray(fit_to_input(picture, selection.preprocessing, selection.fit).image.convert("RGB"))
    )


def _target(selection: Selection, request: VisualizationRequest) -> SearchTarget:
    if request.target == "class":
        return SearchTarget(Table("logit", "most"), request.owner, request.name)
    if request.target == "unit":
        return SearchTarget(Table("unit", "most", selection.layer.name), request.owner, request.name, selection.cell)
    return of_channel(selection)
