"""A short Python program that silences with core alone what the page silences."""

from __future__ import annotations

from core.visualization.script_preamble import ProgramStart, preamble

PURPOSE = "Knocks channels of a layer out, as ConvScope does"
FILE_NAME = "knockout.py"
IMPORTS = (
    "from core.visualization.activations.capture import capture",
    "from core.visualization.ablation.channel_ablation import Ablation, importance, without",
    "from core.visualization.ablation.changes import class_changes, importance_table, ranking, read_channels",
    "import numpy as np",
)
BODY = """\
activations = capture(backbone, picture, fit={fit!r})
ablation = Ablation(
    backbone=backbone, activations=activations, batch=batch.numpy(), layer={layer!r}, filling={filling!r}
)

silenced = read_channels({silenced!r}, ablation.channels)
logits = without(ablation, silenced)
print(f"{{len(silenced)}} of {{ablation.channels}} channels silenced in", ablation.layer)
for change in class_changes(activations.logits, logits, backbone.class_names, also={class_index}):
    print(f"{{change.before.probability:7.2%}} -> {{change.after.probability:7.2%}}  {{change.label}}")

changes = importance(ablation)
print("The channels that matter most for", backbone.class_names[{class_index}])
most = ranking(np.arange(ablation.channels), changes, {class_index})
for each in (*most.supporting, *most.opposing):
    print(f"without channel {{each.channel}} its logit changes by {{each.change:+.4g}}")
with open("importance.csv", "w", encoding="utf-8") as file:
    file.write(importance_table(np.arange(ablation.channels), changes, backbone.class_names))
"""


def write_knockout_script(start: ProgramStart, layer: str, filling: str, silenced: str, class_index: int) -> str:
    """Return the program; it prints the answer and what matters most for a class, and writes importance.csv."""
    body = BODY.format(fit=start.fit, layer=layer, filling=filling, silenced=silenced, class_index=class_index)
    return preamble(start, PURPOSE, FILE_NAME, IMPORTS, body)
