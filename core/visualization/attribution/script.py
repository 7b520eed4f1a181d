"""The program that attributes a class to the pixels of an image as the page does, with core alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.scripts import ScriptStart, render_script

FILE_NAME = "evidence.py"


@dataclass(frozen=True, kw_only=True)
class EvidenceRequest:
    """What a program is to reproduce; `settings` are the method's, `caption` stands above the image."""

    start: ScriptStart
    method: str
    settings: Mapping[str, Any]
    targets: tuple[int, ...]
    layer: str
    caption: str


def write_attribution_script(request: EvidenceRequest) -> str:
    """Return the program; it prints ranges and scores and writes evidence.npz and evidence.png where it is run."""
    return render_script(
        "attribution",
        file_name=FILE_NAME,
        start=request.start,
        targets=request.targets,
        layer=request.layer,
        method=request.method,
        settings=dict(request.settings),
        caption=request.caption,
    )
