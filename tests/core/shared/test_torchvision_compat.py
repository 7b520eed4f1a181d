"""`import torchvision` works beside a CPU-only PyTorch, and nothing is touched beside the usual one."""

from __future__ import annotations

import subprocess
import sys

from core.paths import ROOT


def run(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_torchvision_imports_after_it_and_once_is_enough() -> None:
    """Also after the module was forgotten and imported anew, as Streamlit does when a file changes."""
    run("""
import gc, importlib, sys, threading
import core.architectures
from core import torchvision_compat
importlib.reload(torchvision_compat)
assert torchvision_compat.declare() is False
del sys.modules["core.torchvision_compat"], core.torchvision_compat, torchvision_compat
gc.collect()
failures = []
def again():
    try:
        from core import torchvision_compat
    except BaseException as failure:
        failures.append(failure)
threads = [threading.Thread(target=again) for _ in range(8)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
assert not failures, failures
import torchvision
assert torchvision.models.list_models()
""")


def test_declares_nothing_where_the_compiled_part_loaded() -> None:
    """The usual build is simulated: an operator that is there already, as the compiled part would have declared it."""
    run("""
import torch
usual = torch.library.Library("torchvision", "DEF")
usual.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
usual.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from core import torchvision_compat
assert torchvision_compat.declared() and not hasattr(torch.library, "_convscope_torchvision")
""")


def test_declares_nothing_where_the_compiled_part_loads_now() -> None:
    """Here loading it is what declares the operators, as `dlopen` of the usual build does."""
    run("""
import torch
def load_library(path):
    assert "_C" in path
    torch.usual = torch.library.Library("torchvision", "DEF")
    torch.usual.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
torch.ops.load_library = load_library
from core import torchvision_compat
assert torchvision_compat.declared() and not hasattr(torch.library, "_convscope_torchvision")
""")
