"""The export panel: what is on the screen as files, made only when they are asked for, and as a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import streamlit as st

from core.exports import ExportFile, Exports, exports_of
from core.i18n import N_
from pages.components.i18n import _

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

CODE_HEIGHT = 240  # px

Width = Literal["stretch", "content"]


@dataclass(frozen=True, eq=False)
class Placed:
    """A record whose panel does not stand below all else, and the container that it stands in."""

    record: object
    container: DeltaGenerator


def draw_export_panel(record: object, width: Width = "stretch") -> None:
    """Draw the button behind which each file of a record has a button of its own, and the program too.

    The writer of the files is registered for the record's type, see `core.exports`. A `Placed` record's panel stands in
    its container; for None, where there is nothing to take along, nothing is drawn.
    """
    if isinstance(record, Placed):
        with record.container:
            draw_export_panel(record.record, width)
    elif record is not None:
        _draw(exports_of(record), width)


def _draw(exports: Exports, width: Width) -> None:
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
