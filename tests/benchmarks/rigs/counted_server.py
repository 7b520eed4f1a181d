"""Runs Streamlit with one addition: each forward pass that captures layers is noted, begin and end, in a file.

`python -m tests.benchmarks.rigs.counted_server run app.py …`; the file is named by CONVSCOPE_PASSES. The times are
those of the system's monotonic clock, which all processes share.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from core.visualization.activations import activation_capture as activations


def count_passes(path: str) -> None:
    """Put a note of its begin and end around `core.visualization.activations.activation_capture.capture`."""
    capture = activations.capture
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def noted(*arguments: Any, **options: Any) -> Any:
        begin = time.monotonic()
        result = capture(*arguments, **options)
        os.write(file, f"{begin} {time.monotonic()}\n".encode())
        return result

    activations.capture = noted


if __name__ == "__main__":
    count_passes(os.environ["CONVSCOPE_PASSES"])
    from streamlit.web.cli import main

    sys.argv[0] = "streamlit"
    main()
