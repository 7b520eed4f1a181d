"""Runs ConvScope with what tests need to provoke: `python -m tests.browser.double run app.py …`.

Everything else is the app itself. Weights named in $DOUBLE_WEIGHTS (JSON: backbone -> fields of `RemoteFile`) are
fetched from where that says, and each page fails when its address holds `fail=1`.
"""

from __future__ import annotations

import json
import os
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.web import cli

from core.architectures import loading
from core.architectures.zoo.records import BackboneEntry
from core.downloads.remote_file import RemoteFile
from pages.components import header

SECRET = "/srv/secret/place.py told by an exception"

published = loading.weights_file
draw_header = header.header


def weights_file(entry: BackboneEntry) -> RemoteFile:
    """Return where a test publishes the weights of a backbone, else where they are really published."""
    fields = json.loads(os.environ.get("DOUBLE_WEIGHTS", "{}")).get(entry.name)
    return RemoteFile(**fields) if fields else published(entry)


def failing_header(*arguments: Any, **named: Any) -> DeltaGenerator:
    """Draw the header of a page, or fail."""
    if st.query_params.get("fail") == "1":
        raise RuntimeError(SECRET)
    return draw_header(*arguments, **named)


if __name__ == "__main__":
    loading.weights_file = weights_file
    header.header = failing_header
    cli.main(prog_name="streamlit")
