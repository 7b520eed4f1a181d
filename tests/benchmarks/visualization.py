"""Visualization: evidence beside its peers, pictures made and found, channels knocked out."""

from __future__ import annotations

from tests.benchmarks.parts import ablation, activation_maximisation, attribution, dataset_examples

PARTS = {
    "attribution": attribution.measure,
    "maximisation": activation_maximisation.measure,
    "scan": dataset_examples.measure,
    "knockout": ablation.measure,
}
