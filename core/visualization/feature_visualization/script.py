"""A short Python program that makes the same picture, with core alone."""

from __future__ import annotations

from dataclasses import fields

from core.visualization.feature_visualization.records import Maximisation
from core.visualization.script_preamble import ProgramStart, program

PURPOSE = "Makes a picture that a network answers to strongly, by gradient ascent, as ConvScope does"
FILE_NAME = "made.py"
IMPORTS = (
    "import pathlib",
    "from PIL import Image",
    "from core.visualization.feature_visualization.history import History, sheet",
    "from core.visualization.feature_visualization.records import Maximisation",
    "from core.visualization.predictions import top_classes",
    "from core.visualization.feature_visualization.random_transforms import Robustness",
)
KINDS = ("Channel", "Direction", "Logit", "Sum", "Unit", "Weighted")
BODY = """
config = Maximisation(
{fields}
)
history = History()
for frame in {work}(backbone, config):
    history.add([frame])
    print(f"step {{frame.step:4}} of {{frame.total_steps}}", *(f"{{score:9.3f}}" for score in frame.scores))

made = history.made
for score, step, logits in zip(made.best, made.best_steps, made.logits):
    best = top_classes(logits, backbone.class_names, 1)[0]
    print(f"best {{score:.3f}} at step {{step}}; {{best.label}}: logit {{best.logit:.3f}}, {{best.probability:.2%}}")
Image.fromarray(sheet(made.pixels)).save("made.png")
pathlib.Path("made.csv").write_bytes(history.to_csv())
"""


def write_made_script(config: Maximisation, ladder: bool = False) -> str:
    """Return the program; it prints the scores and writes made.png and made.csv where it is run."""
    given = "\n".join(f"    {one.name}={getattr(config, one.name)!r}," for one in fields(config))
    kinds = [kind for kind in KINDS if f"{kind}(" in given]
    work, module = ("ascend_ladder", "ingredient_ablation") if ladder else ("ascend", "activation_maximisation")
    imports = (
        *IMPORTS,
        f"from core.visualization.feature_visualization.objectives import {', '.join(kinds)}",
        f"from core.visualization.feature_visualization.{module} import {work}",
    )
    start = ProgramStart(
        sample=None,
        file_name=None,
        backbone=config.backbone,
        weights=config.weights,
        seed=config.weights_seed,
        fit="crop",
    )
    return program(start, PURPOSE, FILE_NAME, imports, BODY.format(fields=given, work=work))
