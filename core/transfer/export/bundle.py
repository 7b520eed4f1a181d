"""The ZIP archive of a finished model: weights, program, notebook, images, report."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from PIL import Image

from core import limits
from core.compute import permit
from core.encoding import png_bytes
from core.hooks import borrow
from core.transfer.data.labelled_images import Prepared
from core.transfer.export.final_model import FinishedModel, weights_of
from core.transfer.export.notebook import notebook
from core.transfer.export.script import PICTURES, PROGRAM_FILE, START, write_script
from core.transfer.training.strategies import STRATEGIES

if TYPE_CHECKING:
    from core.architectures.loading import Backbone

NOTEBOOK_FILE = "train.ipynb"
WEIGHTS_FILE, REPORT_FILE = "model.safetensors", "report.html"
UNSAFE = re.compile(r"[^\w .,()-]+")


def files(model: FinishedModel, backbone: Backbone, report: str) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of all files: program, notebook, weights, report, and what the program starts from.

    Pictures come along as the network receives them, where they are not too many. Raises `UserError` where the weights,
    or the pictures, are gone.
    """
    text = write_script(model, backbone)
    yield PROGRAM_FILE, text.encode()
    yield NOTEBOOK_FILE, notebook(text)
    yield WEIGHTS_FILE, weights_of(model)
    yield REPORT_FILE, report.encode()
    if needs_start(model, backbone):
        yield START, start_of(backbone)
    with permit():
        pictures = model.setup.prepared(backbone)
    if pictures.images.nbytes <= limits.BUNDLED_PICTURE_BYTES:
        yield from _pictures(pictures)


def zip_bytes(model: FinishedModel, backbone: Backbone, report: str) -> bytes:
    """Return all files as a ZIP archive. Raises `UserError` where the weights, or the pictures, are gone."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:  # nothing in it packs any further
        for name, data in files(model, backbone, report):
            archive.writestr(name, data)
    return content.getvalue()


def needs_start(model: FinishedModel, backbone: Backbone) -> bool:
    """Return whether the program starts from weights that nobody publishes: those of an embedded network."""
    return backbone.weights == "embedded" and STRATEGIES[model.plan.strategy].takes_over


def start_of(backbone: Backbone) -> bytes:
    """Return the weights of a backbone as `torch.load` reads them."""
    import torch

    content = io.BytesIO()
    with borrow(backbone.model):
        torch.save(backbone.model.state_dict(), content)
    return content.getvalue()


def _pictures(pictures: Prepared) -> Iterator[tuple[str, bytes]]:
    """Yield the pictures in a folder for each class; the files' names keep the order that they were learned in."""
    for index, (image, label) in enumerate(zip(pictures.images, pictures.labels.tolist(), strict=True)):
        name = f"{PICTURES}/{folder_name(label, pictures.classes[label])}/{index:05d}.png"
        yield name, png_bytes(Image.fromarray(image))


def folder_name(label: int, name: str) -> str:
    """Return the name of a class's folder: its number keeps the order, its name is made safe on every system."""
    return f"{label:03d} {UNSAFE.sub('_', name)[:60]}".rstrip(" .")
