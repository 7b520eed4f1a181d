"""The panel of a backbone's weights: loaded, or fetched with progress and cancel, and alternatives."""

from __future__ import annotations

import functools
from contextlib import nullcontext
from typing import TYPE_CHECKING

import streamlit as st

from core.architectures.zoo.backbones import BACKBONES, DEFAULT, BackboneEntry, available_weights, of_family
from core.downloads.errors import NotDownloadedError
from core.errors import UserError
from pages.components.caches import models
from pages.components.i18n import _
from pages.components.inputs.model_select import BackboneChoice, use_weights
from pages.components.jobs.download_panel import draw_download
from pages.components.layout import error_message

if TYPE_CHECKING:
    from core.architectures.loading import Backbone


def ready_backbone(choice: BackboneChoice) -> Backbone | None:
    """Return the chosen backbone; None while its weights are not there, after drawing their download or what failed."""
    try:
        key = (choice.entry.name, choice.weights, choice.seed)
        wait = (
            nullcontext()
            if models.backbone.holds(*key)
            else st.spinner(_("Loading {title}…", title=choice.entry.title))
        )
        with wait:
            return models.backbone(*key)
    except NotDownloadedError:
        _download(choice.entry)
    except UserError as problem:
        error_message.show(problem)
        _offer_ways_on(choice.entry)
    return None


def _download(entry: BackboneEntry) -> None:
    """Draw the download of the ImageNet weights of `entry`, which starts by itself."""
    from core.architectures.loading import weights_file

    title = _("**{title}: ImageNet weights**", title=entry.title)
    draw_download(weights_file(entry), title, functools.partial(_offer_ways_on, entry))


def _offer_ways_on(entry: BackboneEntry) -> None:
    """Offer what works without the weights: the same backbone untrained, and the small one of its family."""
    small = next((kin for kin in of_family(entry.family) if kin.source == "convscope"), BACKBONES[DEFAULT])
    best = available_weights(small)[0]
    st.caption(_("Or go on without:"))
    with st.container(horizontal=True):
        has_chosen = st.button(
            _("{title} (works offline)", title=small.title),
            on_click=use_weights,
            args=(best, small.name),
            key=f"shared.small.{entry.name}",
        ) or st.button(
            _("{title}, untrained", title=entry.title),
            on_click=use_weights,
            args=("untrained", entry.name),
            key=f"shared.untrained.{entry.name}",
        )
    if has_chosen:
        st.rerun()  # the whole page, also where this is drawn by a fragment
