"""The program that runs a race on a network again, with core alone."""

from __future__ import annotations

from dataclasses import fields

from core.optimization.network_race.config import NetworkRace
from core.optimization.network_race.tasks import TASKS
from core.scripts import render_script


def write_script(race: NetworkRace) -> str:
    """Return the program; it prints the results and writes optimizer_race.csv where it is run."""
    return render_script(
        "optimizer_race",
        has_files=bool(TASKS[race.task].files),
        race={field.name: getattr(race, field.name) for field in fields(race)},
    )
