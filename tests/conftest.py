"""What holds for all tests."""

from __future__ import annotations

import os

# As in the app: several threads a computation would only compete with what runs beside it. Read when torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
