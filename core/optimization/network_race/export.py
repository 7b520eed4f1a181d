"""Exports of a race on a network: its curves, and the program."""

from __future__ import annotations

from dataclasses import dataclass

from core.exports import ExportFile, Exports, exports_of
from core.i18n import N_
from core.optimization.network_race.curves import Curves
from core.optimization.network_race.script import write_script


@dataclass(frozen=True, kw_only=True, eq=False)
class NetworkRaceExport:
    """The race on the screen."""

    curves: Curves


@exports_of.register
def _exports(shown: NetworkRaceExport) -> Exports:
    files = (ExportFile(N_("Curves as CSV"), "optimizer_race.csv", "text/csv", shown.curves.to_csv),)
    return Exports(files, write_script(shown.curves.race), "optimizer_race.py")
