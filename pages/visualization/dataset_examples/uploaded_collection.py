"""A visitor's own collection: pictures and ZIP archives, kept in the session and nowhere else."""

from __future__ import annotations

import functools

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile as SentFile

from core import limits
from core.errors import UserError
from core.uploads.files import UploadedFile
from core.visualization.dataset_examples.uploaded_collection import Uploads
from pages.components.i18n import _
from pages.components.inputs.image_select import drop_original
from pages.components.layout import error_message

NAME = "visualization"
OWN = f"{NAME}.own_pictures"
PROBLEM = f"{NAME}.own_problem"
TURN = f"{NAME}.own_turn"
"""How often files were taken: a new uploader, empty again, follows each time."""


def own_collection() -> Uploads:
    """Return what the visitor has added, nothing at first."""
    uploads: Uploads = st.session_state.setdefault(OWN, Uploads())
    return uploads


def draw_own_collection() -> Uploads:
    """Draw what there is and the means to add to it and to remove it, and return it."""
    uploads = own_collection()
    if len(uploads):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            megabytes = uploads.bytes / limits.MEBIBYTE
            st.markdown(_("**{count} pictures**, {megabytes:.1f} MB", count=len(uploads), megabytes=megabytes))
            with st.popover(_("Add more"), icon=":material/add_photo_alternate:"):
                _draw_uploader()
            st.button(_("Remove all"), icon=":material/delete:", key=f"{NAME}.own_remove", on_click=_forget)
    else:
        st.markdown(_("**Add your own pictures**, or a ZIP archive of them: the network then looks for the best."))
        _draw_uploader()
    problem = st.session_state.get(PROBLEM)
    if problem is not None:
        error_message.show(problem)
    return uploads


def _draw_uploader() -> None:
    key = f"{NAME}.own_uploader.{st.session_state.setdefault(TURN, 0)}"
    most = limits.ARCHIVE_BYTES // limits.MEBIBYTE
    st.file_uploader(
        _("Pictures or a ZIP archive"),
        key=key,
        accept_multiple_files=True,
        max_upload_size=most,
        on_change=functools.partial(_take, key),
        label_visibility="collapsed",
    )
    st.caption(
        _(
            "Each picture up to {picture} MB; a ZIP up to {archive} MB, {files} files and {inflated} MB unpacked; "
            "{all} MB and {pictures} pictures in all. They stay in your session and are gone when you leave.",
            picture=limits.PICTURE_BYTES // limits.MEBIBYTE,
            archive=most,
            files=limits.ARCHIVE_ENTRIES,
            inflated=limits.ARCHIVE_INFLATED_BYTES // limits.MEBIBYTE,
            all=limits.COLLECTION_BYTES // limits.MEBIBYTE,
            pictures=limits.COLLECTION_PICTURES,
        )
    )


def _take(key: str) -> None:
    """Take over the files that have arrived, or none of them and say why not."""
    files = [file for file in st.session_state.get(key) or [] if isinstance(file, SentFile)]
    try:
        st.session_state[OWN] = own_collection().added([UploadedFile(file.name, file.getvalue()) for file in files])
        st.session_state.pop(PROBLEM, None)
    except UserError as problem:
        st.session_state[PROBLEM] = problem
    for file in files:
        drop_original(file)
    st.session_state[TURN] += 1


def _forget() -> None:
    st.session_state.pop(OWN, None)
    st.session_state.pop(PROBLEM, None)
