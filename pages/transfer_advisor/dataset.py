"""The data: which set, how many pictures of each class, and a look at them before anything is computed."""

from __future__ import annotations

import streamlit as st

from core.i18n import N_
from core.settings import Choice, Integer
from core.transfer.data.catalogue import DATASETS
from core.transfer.data.config import TransferConfig
from core.transfer.data.preview import DatasetPreview
from core.transfer.data.public import PublicSet, fetch, is_here
from core.transfer.data.uploaded import UploadedDataset
from pages.components.caches import transfer
from pages.components.figures.transfer import class_counts
from pages.components.i18n import _, explain
from pages.components.inputs.model_select import BackboneChoice
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.jobs.download_panel import draw_download
from pages.transfer_advisor import uploaded_dataset
from pages.transfer_advisor.labels import class_titles
from pages.transfer_advisor.sections import PAGE, draw_next

SET_OPTIONS = tuple((entry.name, entry.title) for entry in DATASETS.values())
SET = Choice(name="data", label=N_("Pictures"), default="photographs", options=SET_OPTIONS)
SIZES = tuple((str(count), str(count)) for count in (3, 5, 10, 20, 40, 100, 200, 400))
PER_CLASS = Choice(name="each", label=N_("Pictures of each class, at most"), default="40", options=SIZES)
SEED = Integer(
    name="data_seed",
    label=N_("Seed"),
    default=0,
    minimum=0,
    maximum=999,
    help=N_("Which pictures are drawn, how they are split, and where training begins; the same seed, the same result."),
)
SHOWN_CLASSES, SHOWN_EACH = 12, 8


def draw_setup(backbone: BackboneChoice) -> TransferConfig:
    """Draw the setup of the data and return it."""
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom", key="transfer-toolbar"):
        name = draw_setting(SET, PAGE, width=240)
        per_class = int(draw_setting(PER_CLASS, PAGE, as_slider=True, width=260))
        seed = draw_setting(SEED, PAGE, width=110)
    return TransferConfig(
        dataset=name,
        backbone=backbone.entry.name,
        weights=backbone.weights,
        weights_seed=backbone.seed,
        per_class=per_class,
        seed=seed,
        own=uploaded_dataset.own_data() if name == "mine" else UploadedDataset(),
    )


def draw(setup: TransferConfig) -> None:
    """Draw the set: what it is, examples of each class, counts, and what is missing from it."""
    st.markdown(_(DATASETS[setup.dataset].idea))
    if setup.dataset == "mine":
        uploaded_dataset.draw()
        if not setup.own.members:
            return
    public = DATASETS[setup.dataset].public
    if public is not None and not is_here(public):
        _offer_download(DATASETS[setup.dataset].title, public)
        return
    with st.spinner(_("Looking at the pictures…"), show_time=False):
        look = transfer.data_look(setup, SHOWN_CLASSES, SHOWN_EACH)
    names = class_titles(look.classes, is_marked=look.is_marked)
    _draw_findings(look)
    draw_next("diagnosis", _("How similar are they, and what follows?"))
    columns = st.columns([3, 2], gap="large")
    with columns[0], st.container(key="examples"):
        for name, strip in zip(names, look.strips, strict=False):
            said, shown = st.columns([1, 4], gap="small", vertical_alignment="center")
            said.caption(name)
            shown.image(strip, alt=name)
        if len(names) > len(look.strips):
            st.caption(_("The first {shown} of {count} classes.", shown=len(look.strips), count=len(names)))
    with columns[1]:
        st.plotly_chart(
            class_counts(names, look.counts, look.taken, _("taken"), _("there are")),
            key=f"{PAGE}.counts",
            alt=_("Number of pictures of each class"),
            config={"displayModeBar": False},
        )


def _offer_download(title: str, public: PublicSet) -> None:
    text = _("**{title}** has to be fetched once, {megabytes:.0f} MB.", title=title, megabytes=public.bytes / 1e6)
    draw_download(
        public,
        text,
        lambda: st.caption(_("Parts of photographs, tissue, digits and shapes need no internet.")),
        begin=False,
        bring=fetch,
    )


def _draw_findings(look: DatasetPreview) -> None:
    """Draw what is to be known before comparing: imbalance, repeated pictures, those that are not readable."""
    most, least = max(look.taken), min(look.taken)
    if most > 2 * least:
        text = _(
            "The classes are uneven, from {least} to {most} pictures. Splits keep their shares; accuracy favours the "
            "large ones. With fewer pictures of each class they become even.",
            least=least,
            most=most,
        )
        st.info(text, icon=":material/balance:")
    if look.near_duplicates is not None:
        title = _(
            "{count} of the first {looked} pictures nearly repeat another one",
            count=look.repeated,
            looked=look.looked_at,
        )
        with st.expander(title, icon=":material/content_copy:"):
            st.caption(_("A split never parts such pictures, so that none is learned from and judged by."))
            st.image(look.near_duplicates, alt=_("Pictures that repeat another one"))
    if look.unread:
        with st.expander(
            _("Left out, because they could not be read: {count}", count=len(look.unread)),
            icon=":material/broken_image:",
        ):
            for name, problem in look.unread:
                st.markdown(f"- `{name}` · {explain(problem)}")
