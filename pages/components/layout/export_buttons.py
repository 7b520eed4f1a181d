"""What a person takes along: files, made only when they are asked for, and the program that computes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from pages.components.i18n import _

CODE_HEIGHT = 240  # px


@dataclass(frozen=True)
class Download:
    """A file to take along: the button's text, translated, the file's name and type, and what makes its bytes."""

    label: str
    file_name: str
    mime: str
    make: Callable[[], bytes]


def export(
    downloads: list[Download], script: str, script_name: str, width: Literal["stretch", "content"] = "stretch"
) -> None:
    """Draw a button for each file, and the Python program `script` with a button of its own."""
    with st.popover(_("Download and share"), icon=":material/ios_share:", width=width):
        st.caption(_("The address of this page is a link to this very view."))
        program = Download(_("Python program"), script_name, "text/x-python", script.encode)
        for download in (*downloads, program):
            st.download_button(
                download.label,
                download.make,
                download.file_name,
                download.mime,
                on_click="ignore",
                width="stretch",
            )
        st.code(script, language="python", height=CODE_HEIGHT)
