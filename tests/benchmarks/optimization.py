"""Optimizers: many runs at once, races told while they run, animations in the browser, pages beside trainings."""

from __future__ import annotations

from tests.benchmarks.parts import animation, beside_training, streaming, sweeps

PARTS = {
    "sweeps": sweeps.measure,
    "streaming": streaming.measure,
    "animation": animation.measure,
    "beside_training": beside_training.measure,
}
