"""The main job: a picture goes through a backbone, and its layers are watched in the browser."""

from __future__ import annotations

from tests.benchmarks.parts import capture, first_page, images, imports, layer_change, memory

PARTS = {
    "capture": capture.measure,
    "layer_change": layer_change.measure,
    "first_page": first_page.measure,
    "imports": imports.measure,
    "memory": memory.measure,
    "pictures": images.measure,
}
