"""The export panel: what is on the screen as files, made only when they are asked for, and as a program."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from core.exports import ExportFile, exports_of
from core.i18n import N_
from pages.components.i18n import _

CODE_HEIGHT = 240  # px


def draw_export_panel(record: object, width: Literal["stretch", "content"] = "stretch") -> None:
    """Draw the button behind which each file of a record has a button of its own, and the program too.

    The writer of the files is registered for the record's type, see `core.exports`.
    """
    exports = exports_of(record)
    program = ExportFile(N_("Python program"), exports.script_name, "text/x-python", exports.script.encode)
    with st.popover(_("Download and share"), icon=":material/ios_share:", width=width):
        st.caption(_("The address of this page is a link to this very view."))
        for file in (*exports.files, program):
            st.download_button(
                _(file.label),
                file.make,
                file.file_name,
                file.mime,
                on_click="ignore",
                width="stretch",
            )
        st.code(exports.script, language="python", height=CODE_HEIGHT)
