"""Makes `import torchvision` work beside a CPU-only PyTorch; import this module before torchvision or timm.

PyPI's torchvision has a compiled part that is linked against CUDA. Beside a CPU-only PyTorch it does not load, and
`import torchvision` then fails because its Python part describes two operators that nobody declared. ConvScope uses
neither of them (box suppression for detectors): their schemas are declared here so that the import succeeds. Where the
compiled part loads, nothing is done. Sorters of imports leave the order alone after a line
`from core import torchvision_compat  # noqa: F401  # isort: split`.
"""

from __future__ import annotations

import importlib.util
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, FileFinder

import torch

SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


def declared() -> bool:
    """Return whether torchvision's operators are known to this process, from whichever source."""
    return hasattr(torch.ops.torchvision, "nms")


def declare() -> bool:
    """Return whether schemas had to be declared: only where the compiled part is there and does not load."""
    found = importlib.util.find_spec("torchvision")
    if declared() or found is None or _compiled_part_loads(found.submodule_search_locations or ()):
        return False
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for schema in SCHEMAS:
        library.define(schema)  # type: ignore[no-untyped-call]
    # Kept on torch, not here: Streamlit forgets and imports anew the project's modules when a file changes, and a
    # library that is collected takes its schemas with it.
    setattr(torch.library, "_convscope_torchvision", library)  # noqa: B010
    return True


def _compiled_part_loads(folders: list[str] | tuple[str, ...]) -> bool:
    """Return whether `torchvision._C` loads, tried just as torchvision/extension.py will, whose second try is free."""
    for folder in folders:
        compiled = FileFinder(folder, (ExtensionFileLoader, EXTENSION_SUFFIXES)).find_spec("_C")
        if compiled is None or compiled.origin is None:
            continue
        try:
            torch.ops.load_library(compiled.origin)  # type: ignore[no-untyped-call]
        except (ImportError, OSError):
            continue
        return declared()
    return False


declare()  # at import, so that the import system's lock makes it happen once, whatever threads ask
