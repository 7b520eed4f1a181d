"""Where the app lies: in a checkout beside this package, in an installed wheel below it."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent


def app_folder() -> Path:
    """Return the folder that holds app.py, pages, core and assets."""
    installed = HERE / "_app"
    return installed if installed.is_dir() else HERE.parent


def make_importable() -> None:
    """Let `core` and `pages` be imported, wherever Python was started."""
    folder = str(app_folder())
    if folder not in sys.path:
        sys.path.insert(0, folder)
