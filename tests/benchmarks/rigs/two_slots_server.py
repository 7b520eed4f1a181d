"""Runs Streamlit with one change: two trainings may run at once, however few cores there are.

`python -m tests.benchmarks.rigs.two_slots_server run app.py …`
"""

from __future__ import annotations

import sys

from core import limits

if __name__ == "__main__":
    limits.JOB_SLOTS = 2
    from streamlit.web.cli import main

    sys.argv[0] = "streamlit"
    main()
