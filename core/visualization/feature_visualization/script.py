"""The program that makes the same image by activation maximisation, with core alone."""

from __future__ import annotations

from dataclasses import fields

from core.scripts import ScriptStart, render_script
from core.visualization.feature_visualization.records import Maximisation

FILE_NAME = "made.py"
OBJECTIVES = ("Channel", "Direction", "Logit", "Sum", "Unit", "Weighted")


def write_feature_visualization_script(config: Maximisation, ladder: bool = False) -> str:
    """Return the program; it prints the scores and writes made.png and made.csv where it is run."""
    start = ScriptStart(
        sample=None,
        file_name=None,
        backbone=config.backbone,
        weights=config.weights,
        seed=config.weights_seed,
        fit="crop",
    )
    return render_script(
        "feature_visualization",
        file_name=FILE_NAME,
        start=start,
        config={field.name: getattr(config, field.name) for field in fields(config)},
        objectives=[kind for kind in OBJECTIVES if f"{kind}(" in repr(config.objective)],
        ladder=ladder,
    )
