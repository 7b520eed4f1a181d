"""Visualization: evidence beside its peers, pictures made and found, channels knocked out."""

from __future__ import annotations

from tests.benchmarks import attribution, knockout, maximisation, scan

PARTS = {
    "attribution": attribution.measure,
    "maximisation": maximisation.measure,
    "scan": scan.measure,
    "knockout": knockout.measure,
}
