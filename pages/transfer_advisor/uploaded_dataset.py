"""A visitor's own labelled pictures, kept in the session and nowhere else: archives, files and the camera."""

from __future__ import annotations

import functools
from collections.abc import Callable

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile as SentFile

from core import limits
from core.errors import UserError
from core.transfer.data.uploaded import LONGEST_CLASS, UploadedDataset
from core.uploads.files import UploadedFile
from pages.components.i18n import _
from pages.components.inputs.image_select import drop_original
from pages.components.layout import error_message
from pages.components.state.undo import UndoHistory

NAME = "transfer_advisor"
OWN = f"{NAME}.own_data"
PROBLEM = f"{NAME}.own_problem"
PAST = UndoHistory(f"{NAME}.own_past", most=10)  # each holds the pictures of a person
TURN = f"{NAME}.own_turn"
"""How often files were taken: a new uploader, empty again, follows each time."""


def own_data() -> UploadedDataset:
    """Return what the visitor has added, nothing at first."""
    found: UploadedDataset = st.session_state.setdefault(OWN, UploadedDataset())
    return found


def draw() -> None:
    """Draw what there is, and the means to add to it, to take a class out and to undo that."""
    data = own_data()
    turn = st.session_state.setdefault(TURN, 0)
    archive, one_class = st.columns(2, gap="large")
    with archive:
        key = f"{NAME}.archive.{turn}"
        st.file_uploader(
            _("A ZIP archive with a folder for each class"),
            key=key,
            type=["zip"],
            max_upload_size=limits.ARCHIVE_BYTES // limits.MEBIBYTE,
            on_change=functools.partial(_take_archive, key),
        )
    with one_class:
        label = st.text_input(
            _("Or a class"), key=f"{NAME}.label", max_chars=LONGEST_CLASS, placeholder=_("what its pictures show")
        )
        key = f"{NAME}.pictures.{turn}"
        st.file_uploader(
            _("Its pictures"),
            key=key,
            accept_multiple_files=True,
            disabled=not label.strip(),
            max_upload_size=limits.PICTURE_BYTES // limits.MEBIBYTE,
            on_change=functools.partial(_take_pictures, key),
        )
        if label.strip():
            with st.popover(_("Camera"), icon=":material/photo_camera:"):
                key = f"{NAME}.camera.{turn}"
                st.camera_input(
                    _("One picture of the class"), key=key, on_change=functools.partial(_take_pictures, key)
                )
    st.caption(
        _(
            "A ZIP up to {archive} MB, {files} files and {inflated} MB unpacked; {all} MB and {pictures} pictures in "
            "all. They stay in your session and are gone when you leave.",
            archive=limits.ARCHIVE_BYTES // limits.MEBIBYTE,
            files=limits.ARCHIVE_ENTRIES,
            inflated=limits.ARCHIVE_INFLATED_BYTES // limits.MEBIBYTE,
            all=limits.COLLECTION_BYTES // limits.MEBIBYTE,
            pictures=limits.COLLECTION_PICTURES,
        )
    )
    _draw_removal(data)
    problem = st.session_state.get(PROBLEM)
    if problem is not None:
        error_message.show(problem)


def _draw_removal(data: UploadedDataset) -> None:
    added = sorted({member.class_name for member in data.members if member.class_name})
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="own-data-removal"):
        for label in added:
            st.button(
                _("Take out “{label}”", label=label),
                icon=":material/close:",
                key=f"{NAME}.out.{label}",
                on_click=_change,
                args=(data.without(label),),
            )
        if data.members:
            st.button(
                _("Remove all"),
                icon=":material/delete:",
                key=f"{NAME}.own_remove",
                on_click=_change,
                args=(UploadedDataset(),),
            )
        if PAST:
            st.button(_("Undo"), icon=":material/undo:", key=f"{NAME}.own_undo", on_click=_undo)


def _change(data: UploadedDataset) -> None:
    """Take over other data; those before can be had again."""
    PAST.push(own_data())
    st.session_state[OWN] = data
    st.session_state.pop(PROBLEM, None)


def _undo() -> None:
    st.session_state[OWN] = PAST.pop()


def _take_archive(key: str) -> None:
    _take(key, lambda files: own_data().with_archive(files[0]))


def _take_pictures(key: str) -> None:
    label = str(st.session_state.get(f"{NAME}.label", ""))
    _take(key, lambda files: own_data().with_pictures(label, files))


def _take(key: str, add: Callable[[list[UploadedFile]], UploadedDataset]) -> None:
    """Take over the files that have arrived, or none of them and say why not."""
    arrived = st.session_state.get(key)
    found = arrived if isinstance(arrived, list) else [arrived]
    files = [file for file in found if isinstance(file, SentFile)]
    if not files:
        return
    try:
        _change(add([UploadedFile(file.name, file.getvalue()) for file in files]))
    except UserError as problem:
        st.session_state[PROBLEM] = problem
    for file in files:
        drop_original(file)
    st.session_state[TURN] += 1
