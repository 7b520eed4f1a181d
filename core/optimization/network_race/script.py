"""A short Python program that runs a race on a network again, with core alone."""

from __future__ import annotations

from core.optimization.network_race.config import NetworkRace
from core.optimization.network_race.tasks import TASKS

TEMPLATE = '''\
"""A race of optimizers as ConvScope runs it.

Run it in the folder of ConvScope: .venv/bin/python optimizer_race.py
"""

from pathlib import Path
{imports}
import torch

from core.optimization.network_race.config import NetworkRace
from core.optimization.network_race.curves import Curves
from core.optimization.network_race.race import run_network_race
from core.optimization.network_race.results import outcomes

torch.set_num_threads(1)
{fetch}race = {race}
curves = Curves(race)
for event in run_network_race(race):
    curves.add([event])
    print(f"\\r{{event.fraction:.0%}}", end="", flush=True)
print()
for one in outcomes(curves):
    loss, accuracy = one.loss.middle, one.final_accuracy.middle
    print(f"{{one.optimizer:10}} lr {{one.rate:<8.3g}} loss {{loss:.4f}} accuracy {{accuracy:.1%}}")
Path("optimizer_race.csv").write_bytes(curves.to_csv())
'''
IMPORTS = "\nfrom core.downloads.store import fetch\nfrom core.optimization.network_race.tasks import TASKS\n"
FETCH = """\
for file in TASKS[{task!r}].files:
    for _ in fetch(file):
        pass  # downloads at first use
"""


def write_script(race: NetworkRace) -> str:
    """Return the program; it prints the results and writes optimizer_race.csv where it is run."""
    has_files = bool(TASKS[race.task].files)
    lines = ",\n    ".join(f"{name}={getattr(race, name)!r}" for name in race.__dataclass_fields__)
    return TEMPLATE.format(
        imports=IMPORTS if has_files else "",
        fetch=FETCH.format(task=race.task) if has_files else "",
        race=f"NetworkRace(\n    {lines},\n)",
    )
