"""The folders of ConvScope."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The folder that holds app.py, pages, core and assets."""

ASSETS = ROOT / "assets"
