"""Choosing the picture: samples, upload, camera, paste and drop; each visitor's own pictures stay with that visitor."""

from __future__ import annotations

import functools
import time
from typing import cast

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import limits
from core.datasets.sample_images import SAMPLES, thumbnail
from core.errors import UserError
from core.i18n import N_
from core.images.picture import Picture, decode
from core.settings import Setting
from pages.components.caches import models
from pages.components.canvas.drop_zone import arrived, drop_zone
from pages.components.canvas.gallery import Item, data_url, gallery
from pages.components.i18n import _
from pages.components.layout import error_message
from pages.components.layout.markdown import plain
from pages.components.state import url_state

UPLOADS = "shared.uploads"  # this visitor's own pictures, the latest last
PROBLEM = "shared.picture_problem"  # what was wrong with the last one, and when
PROBLEM_SECONDS = 20.0  # then it goes with the next thing that is done; sooner when a picture is chosen
CHOSEN = "shared.picture"
UPLOADED = "upload-"  # and the beginning of the picture's digest
THUMBNAIL_SIDE = 96


class PictureSetting(Setting[str]):
    """The chosen picture: a sample's name, or a mark that stands for an uploaded one."""

    def read(self, text: str) -> str:
        """Return the name, the mark of an upload, or the default for anything else."""
        digits = text.removeprefix(UPLOADED)
        is_upload = text.startswith(UPLOADED) and len(digits) == 12 and set(digits) <= set("0123456789abcdef")
        return text if text in SAMPLES or is_upload else self.default


PICTURE = PictureSetting(name="picture", label=N_("Picture"), default=next(iter(SAMPLES)))


def choose_picture() -> Picture:
    """Draw the choice of the picture in the sidebar and return the picture."""
    chosen = url_state.initial(CHOSEN, PICTURE)
    url_state.show(PICTURE, chosen)
    picture = _find(chosen)
    st.subheader(_("Picture"), anchor=False)
    _draw_problem()
    if picture is None:
        st.info(_("This link was made with an uploaded picture. Upload it to see the same; until then, a sample."))
        picture = models.sample_picture(PICTURE.default)
    st.image(thumbnail(picture, 480), width="stretch", output_format="JPEG", alt=_("The chosen picture"))
    st.caption(_("{name} · {width} × {height} px", name=_title(picture), width=picture.width, height=picture.height))
    for note in picture.notes:
        st.caption(_(note.message, **dict(note.values)))
    with st.popover(_("Choose a picture"), icon=":material/image:", width="stretch"):
        _draw_sources(chosen)
    receive = functools.partial(_receive, "shared.inbox")
    drop_zone("shared.inbox", _("Drop the picture anywhere"), _("pasted picture"), receive)
    return picture


def _draw_problem() -> None:
    """Say what was wrong with the last picture, for a while: a rerun may follow at once that nobody asked for."""
    problem, since = st.session_state.get(PROBLEM, (None, 0.0))
    if problem is not None and time.monotonic() - since < PROBLEM_SECONDS:
        error_message.show(problem)


def prepare_samples() -> None:
    """Read the samples and make their thumbnails, which the first visitor would otherwise wait for."""
    for name in SAMPLES:
        _sample_source(name)


def sample_name() -> str | None:
    """Return the name of the chosen sample; None where the picture is the visitor's own."""
    chosen = str(st.session_state[CHOSEN])
    return None if chosen in _uploads() else chosen if chosen in SAMPLES else PICTURE.default


def _draw_sources(chosen: str) -> None:
    samples, own = st.columns(2, gap="medium")
    with samples:
        st.caption(_("A sample, or one of yours:"))
        gallery("shared.gallery", _("Sample pictures"), _items(), chosen, functools.partial(_pick, "shared.gallery"))
    with own:
        _draw_upload()


def _draw_upload() -> None:
    size, pixels = limits.PICTURE_BYTES >> 20, limits.PICTURE_PIXELS // 1_000_000
    st.file_uploader(
        _(
            "Your own ({formats}), up to {size} MB and {pixels} megapixels:",
            formats=", ".join(limits.PICTURE_FORMATS),
            size=size,
            pixels=pixels,
        ),
        # No types: Streamlit would refuse a file by its name, without a word of why.
        key="shared.uploader",
        on_change=functools.partial(_take_file, "shared.uploader"),
        max_upload_size=size,
    )
    st.caption(_("You can also paste a picture, or drop one anywhere on the page."))
    if st.toggle(_("Use the camera"), key="shared.camera_on"):
        st.camera_input(
            _("Take a photograph"),
            key="shared.camera",
            on_change=functools.partial(_take_file, "shared.camera"),
            label_visibility="collapsed",
        )


def _items() -> list[Item]:
    samples = [Item(name, _(entry.title), _sample_source(name)) for name, entry in SAMPLES.items()]
    own = [Item(_mark(picture), picture.name, _own_source(picture)) for picture in reversed(_uploads().values())]
    return own + samples


@functools.cache
def _sample_source(name: str) -> str:
    return data_url(thumbnail(models.sample_picture(name), THUMBNAIL_SIDE))


def _own_source(picture: Picture) -> str:
    return data_url(thumbnail(picture, THUMBNAIL_SIDE))


def _find(chosen: str) -> Picture | None:
    if chosen in SAMPLES:
        return models.sample_picture(chosen)
    return _uploads().get(chosen)


def _title(picture: Picture) -> str:
    name = sample_name()
    return _(SAMPLES[name].title) if name else plain(picture.name)


def _uploads() -> dict[str, Picture]:
    uploads: dict[str, Picture] = st.session_state.setdefault(UPLOADS, {})
    return uploads


def _mark(picture: Picture) -> str:
    return UPLOADED + picture.digest[:12]


def _pick(key: str) -> None:
    chosen = (st.session_state.get(key) or {}).get("chosen")
    if isinstance(chosen, str):
        st.session_state[CHOSEN] = PICTURE.read(chosen)
        st.session_state.pop(PROBLEM, None)


def _take_file(key: str) -> None:
    file = st.session_state.get(key)
    if isinstance(file, UploadedFile):
        _keep(file.getvalue(), file.name)
        drop_original(file)


def drop_original(file: UploadedFile) -> None:
    """Let go of an uploaded file, which the server would otherwise hold in memory until the visitor leaves."""
    context = get_script_run_ctx()
    if context is not None:
        manager = cast(MemoryUploadedFileManager, context.uploaded_file_mgr)
        manager.remove_file(session_id=context.session_id, file_id=file.file_id)


def _receive(key: str) -> None:
    parcel = arrived(key)
    if parcel is not None:
        _keep(parcel.data, parcel.name)


def _keep(data: bytes, name: str) -> None:
    """Decode a picture, keep it and choose it; what cannot be read leaves the chosen picture as it was."""
    try:
        picture = decode(data, name)
    except UserError as problem:
        st.session_state[PROBLEM] = (problem, time.monotonic())
        return
    st.session_state.pop(PROBLEM, None)
    uploads = _uploads()
    uploads.pop(_mark(picture), None)
    uploads[_mark(picture)] = picture
    while len(uploads) > limits.PICTURES_KEPT:
        del uploads[next(iter(uploads))]
    st.session_state[CHOSEN] = _mark(picture)


def known_pictures() -> dict[str, tuple[str, Picture]]:
    """Return all that can be chosen, by its mark in links: titles with pictures, the visitor's own first."""
    own = {mark: (plain(picture.name), picture) for mark, picture in reversed(_uploads().items())}
    return own | {name: (_(entry.title), models.sample_picture(name)) for name, entry in SAMPLES.items()}


def choose_sample(name: str) -> None:
    """Choose a sample picture, as if it had been picked in the gallery."""
    st.session_state[CHOSEN] = PICTURE.read(name)


def choose_own(data: bytes, name: str) -> None:
    """Choose a picture of the visitor's own, as if its file had been uploaded."""
    _keep(data, name)
