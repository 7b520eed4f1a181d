"""The little style that the theme cannot express: less empty space, numbers that align."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

STYLE = Path(__file__).with_name("style.css")


def apply_style() -> None:
    """Add the style to the page."""
    st.html(STYLE)
