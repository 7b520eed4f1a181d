"""What a person takes along of the evidence: the maps as a picture and as numbers, the scores, and the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.encoding import npz_bytes, png_bytes
from core.visualization.attribution.drawing import draw_evidence
from core.visualization.attribution.method_comparison import table
from core.visualization.attribution.script import FILE_NAME, EvidenceRequest, write_evidence_script
from pages.components.i18n import _
from pages.components.layout.export_buttons import Download, export
from pages.visualization.number_format import show_number

if TYPE_CHECKING:
    from core.visualization.attribution.base import Attribution
    from core.visualization.attribution.method_comparison import MethodComparison
    from pages.visualization.attribution.request import Question


def share(question: Question, found: Attribution, contest: MethodComparison | None) -> None:
    """Draw the downloads of what is on the screen, and the program that reproduces it."""
    focus, stem = question.focus, f"{question.focus.backbone.entry.name}-{question.method.name}"
    downloads = []
    if found.maps is not None:
        labels = [question.caption(target) for target in question.targets]
        caption, span = _caption(question), " … ".join(show_number(bound) for bound in found.range)
        downloads += [
            Download(
                _("Picture with the maps as PNG"),
                f"{stem}.png",
                "image/png",
                lambda: _png(question, found, caption, labels, span),
            ),
            Download(_("Maps as NPZ"), f"{stem}.npz", "application/octet-stream", lambda: _npz(question, found)),
        ]
    if contest is not None and contest.entrants:
        name = f"{focus.backbone.entry.name}-methods.csv"
        downloads.append(Download(_("Scores of the methods as CSV"), name, "text/csv", lambda: table(contest).encode()))
    request = EvidenceRequest(
        start=focus.start,
        method=question.method.name,
        settings=question.settings,
        targets=question.targets,
        layer=question.layer,
        caption=_caption(question),
    )
    export(downloads, write_evidence_script(request), FILE_NAME)


def _caption(question: Question) -> str:
    parts = [question.focus.network, _(question.method.title)]
    if question.method.needs == "layer":
        parts.append(question.layer)
    return " · ".join((*parts, question.focus.picture.name))


def _png(question: Question, found: Attribution, caption: str, labels: list[str], span: str) -> bytes:
    return png_bytes(draw_evidence(question.focus.image, found, caption, labels, span))


def _npz(question: Question, found: Attribution) -> bytes:
    logits = question.focus.activations.logits
    return npz_bytes(maps=_known(found), targets=found.targets, logits=logits)


def _known(found: Attribution) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.stack([found.of(target) for target in found.targets])
