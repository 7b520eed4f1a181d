"""The square that a person drags over the picture, and what the network answers with that part covered."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.i18n import N_
from core.settings import Identifier
from core.visualization.attribution.baselines import baseline_image
from core.visualization.attribution.occlusion import PATCH, OcclusionPatch, cover, patch_and_stride
from core.visualization.predictions import top_classes
from pages.components.caches import visualization
from pages.components.canvas.occluder import Cover, occluder
from pages.components.i18n import _, number
from pages.components.state import url_state
from pages.components.units import percent_digits
from pages.visualization.selection import NAME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pages.visualization.attribution.request import Question

VIEW = f"{NAME}.evidence.square"
PLACE = Identifier(name="covered", label=N_("Covered place"), default="")
"""The corner of the square, "top-left" in per cent of the picture; empty for the middle."""


@dataclass(frozen=True, eq=False)
class Answer:
    """The logits with a square covered."""

    logits: NDArray[np.float32]

    @property
    def bytes(self) -> int:
        """Return how much memory they take."""
        return self.logits.nbytes


def draw_cover(question: Question) -> None:
    """Draw the picture with the square, and the probabilities before and after."""
    side = question.selection.image.width
    square = _square(question, side)
    key: Hashable = ("cover", *question.selection.identity, question.settings["cover"], square)
    answer = visualization.evidence(key, lambda: Answer(cover(question.request(), question.settings, square).logits))
    filling = baseline_image(question.settings["cover"], question.selection.batch(), question.selection.preprocessing)
    smallest, largest = (round(side * share / 100) for share in (PATCH.minimum, PATCH.maximum or 100))
    words = {
        "title": _("Drag the square"),
        "facts": _("{side}×{side} px · its corner changes its size", side=square.side),
        "alternative": _("The picture with a square over it: arrow keys move it, + and - change its size"),
        "result": _result(question, answer.logits),
    }
    shown = Cover(
        picture=question.selection.image, filling=filling, square=square, smallest=max(1, smallest), largest=largest
    )
    occluder(VIEW, shown, words, lambda: _remember(side))


def _square(question: Question, side: int) -> OcclusionPatch:
    """Return the square: where it was dragged to, in the middle at first."""
    size, _stride = patch_and_stride(question.settings, side)
    text = url_state.initial(f"{NAME}.{PLACE.name}", PLACE)
    parts = text.split("-")
    if len(parts) == 2 and all(part.isdecimal() and len(part) <= 4 for part in parts):
        top, left = (min(round(int(part) * side / 1000), side - size) for part in parts)
    else:
        top = left = (side - size) // 2
    url_state.show(PLACE, text)
    return OcclusionPatch(top, left, size)


def _remember(side: int) -> None:
    """Take over where the square was let go; the sweep uses squares of its size."""
    found = (st.session_state.get(VIEW) or {}).get("square")
    if isinstance(found, list) and len(found) == 3 and all(isinstance(number, int) for number in found):
        top, left, size = found
        share = round(100 * size / side)
        st.session_state[f"{NAME}.{PATCH.name}"] = min(max(share, PATCH.minimum), PATCH.maximum or 100)
        st.session_state[f"{NAME}.{PLACE.name}"] = f"{round(1000 * top / side)}-{round(1000 * left / side)}"


def _result(question: Question, logits: NDArray[np.float32]) -> str:
    """Return what the covered picture is taken for, class by class."""
    after = top_classes(logits, question.selection.backbone.class_names, len(logits))
    lines = []
    for target in question.targets:
        now = next(prediction for prediction in after if prediction.index == target)
        before = number(100 * question.prediction(target).probability, ".1f")
        lines.append(f"{_(now.label)}: {before} % → {percent_digits(now.probability)} %")
    lines.append(
        _("most probable now: {name}, {after} %", name=_(after[0].label), after=percent_digits(after[0].probability))
    )
    return "\n".join(lines)
