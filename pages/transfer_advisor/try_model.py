"""The finished model on the image of the sidebar: prediction, evidence, and the channels behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.images.picture import Picture
from core.transfer.export.final_model import FinishedModel
from core.transfer.training.strategies import STRATEGIES
from pages.components.caches import transfer
from pages.components.i18n import _, number
from pages.components.inputs.choices import choose
from pages.components.layout.class_bars import draw_bars
from pages.transfer_advisor.labels import class_titles
from pages.transfer_advisor.sections import PAGE

if TYPE_CHECKING:
    from core.architectures.loading import Backbone
    from core.transfer.export.inference import Inference
    from core.transfer.training.transfer_network import TransferNetwork

CHANNELS_SHOWN, IN_A_ROW = 8, 4
CLASSES_SHOWN = 5
SIDE = 320  # px of the pictures
CLASS = f"{PAGE}.trial_class"


def draw(model: FinishedModel, network: TransferNetwork, backbone: Backbone, picture: Picture) -> None:
    """Draw what the network says of the picture, and why."""
    st.subheader(_("On another picture"), anchor=False)
    st.caption(_("Choose it in the sidebar: a sample, an upload, or the camera."))
    trial = transfer.trial(model, network, backbone, picture)
    names = class_titles(model.classes, is_marked=model.is_marked)
    seen, evidence, answer = st.columns(3, gap="large")
    with seen:
        st.image(trial.image, width="stretch", caption=_("what the network receives"), alt=_("The picture"))
    with answer:
        label = _draw_answer(model, trial, names, f"{CLASS}.{model.digest[:8]}.{picture.digest[:8]}")
    with evidence:
        _draw_evidence(trial, label, names[label])
    _draw_channels(trial, label, names[label])


def _draw_answer(model: FinishedModel, trial: Inference, names: list[str], key: str) -> int:
    """Draw the classes with their probabilities, or scores where there are none, and return the one explained."""
    order = trial.ranking
    label = choose(_("Evidence for"), order, names.__getitem__, key)
    shown = order[:CLASSES_SHOWN]
    if STRATEGIES[model.plan.strategy].gives_probabilities:
        shares = trial.probabilities
        draw_bars([(names[answer], number(float(shares[answer]), ".1%"), float(shares[answer])) for answer in shown])
        st.caption(_("It knows these classes only; something else gets one of them too."))
    else:
        shares = trial.relative
        draw_bars(
            [(names[answer], number(float(trial.logits[answer]), ".2f"), float(shares[answer])) for answer in shown]
        )
        st.caption(_("A support vector machine gives scores, not probabilities: above 0 is the class’s own side."))
    return int(label)


def _draw_evidence(trial: Inference, label: int, name: str) -> None:
    from core.visualization.attribution.drawing import overlay

    evidence = trial.evidence(label)
    reach = trial.reach(label)
    image = overlay(trial.image, evidence, (-reach, reach), True)
    text = _(
        "what each place adds to the score of “{name}”: blue below 0, red above, from {low} to {high}",
        name=name,
        low=number(-reach, ".2g"),
        high=number(reach, ".2g"),
    )
    st.image(image, width="stretch", caption=text, alt=_("Evidence for the class"))


def _draw_channels(trial: Inference, label: int, name: str) -> None:
    """Draw the activation maps of the channels that add most, each with what it adds."""
    from core.visualization.activations.drawing import enlarge

    st.markdown(_("**Activation maps** of the channels that add most to “{name}”", name=name))
    added = trial.contributions(label)
    channels = trial.strongest(label, CHANNELS_SHOWN)
    for start in range(0, len(channels), IN_A_ROW):
        row = channels[start : start + IN_A_ROW]
        for column, channel in zip(st.columns(IN_A_ROW), row, strict=False):
            low, high = trial.span(channel)
            tile = enlarge(trial.maps[channel], low, high, low < 0, trial.scale)
            text = _(
                "channel {channel}: {added}; colours {low} to {high}",
                channel=channel,
                added=number(float(added[channel]), "+.2f"),
                low=number(low, ".2g"),
                high=number(high, ".2g"),
            )
            column.image(
                tile, width="stretch", caption=text, alt=_("Activation map of channel {channel}", channel=channel)
            )
