"""What is to be made, as a person chooses it: of what, how many, and, one click away, how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.i18n import N_
from core.settings import Choice, Integer, Number, Setting, Toggle
from core.visualization.feature_visualization.objectives import Channel, Direction, Logit, Objective, Unit
from core.visualization.feature_visualization.random_transforms import Robustness
from core.visualization.feature_visualization.records import ROBUST, STEPS_AT_MOST, Maximisation
from pages.components.i18n import _
from pages.components.inputs.model_select import CLASS, choose_class
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.state import url_state
from pages.visualization.selection import NAME, Selection, set_channel, show_in_link

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

NARROW = 84  # px
CHANNEL_INPUT = f"{NAME}.made_channel"
TARGET = Choice(
    name="of",
    label=N_("Of"),
    default="channel",
    options=(
        ("channel", N_("Channel")),
        ("unit", N_("One unit")),
        ("class", N_("Class")),
        ("direction", N_("Direction")),
    ),
    help=N_(
        "A channel is climbed by the mean of its map, before the activation function, where also a silent one can be "
        "woken; a unit by one cell of it, which you choose under “One cell”; a class by its logit. A direction is all "
        "channels together, in the proportions in which that cell has them for your picture."
    ),
)
PICTURES = Choice(
    name="pictures",
    label=N_("Pictures"),
    default="1",
    options=(("1", "1"), ("4", "4"), ("ladder", N_("Ladder"))),
    help=N_(
        "Four are kept unlike each other: a channel often answers to more than one kind of thing. The ladder makes the "
        "same picture five times, each time with one ingredient more, to see what each adds."
    ),
)
LEAST = Toggle(
    name="opposite", label=N_("Opposite"), default=False, help=N_("Look for what it answers to least, not most.")
)
PARAMETRISATION = Choice(
    name="parametrisation",
    label=N_("Adjusted are"),
    default="fourier",
    options=(("fourier", N_("Frequencies")), ("pixel", N_("Pixels"))),
    help=N_("Equal steps change large forms more than fine ones if frequencies are adjusted rather than pixels."),
)
DECORRELATED = Toggle(
    name="uncorrelated",
    label=N_("Uncorrelated colours"),
    default=True,
    help=N_("Red, green and blue rise and fall together in photographs; these three colours do not."),
)
JITTER = Number(
    name="jitter",
    label=N_("Shift, share of the side"),
    default=ROBUST.jitter,
    minimum=0.0,
    maximum=0.5,
    step=0.01,
    help=N_("At each step the network sees the picture shifted, scaled and turned at random, by at most so much."),
)
ZOOM = Number(name="zoom", label=N_("Scale, ±"), default=ROBUST.scale, minimum=0.0, maximum=0.5, step=0.05)
ROTATE = Number(name="rotate", label=N_("Turn, ± degrees"), default=ROBUST.rotate, minimum=0.0, maximum=180.0, step=5.0)
PAD = Number(
    name="pad",
    label=N_("Frame, share of the side"),
    default=ROBUST.pad,
    minimum=0.0,
    maximum=0.5,
    step=0.05,
    help=N_("So much of the mean colour is put around the picture before the network sees it."),
)
SMOOTHING = Number(
    name="variation",
    label=N_("Total variation"),
    default=0.08,
    minimum=0.0,
    maximum=2.0,
    step=0.02,
    help=N_("How much differences between neighbouring pixels cost. More is smoother."),
)
DECAY = Number(
    name="decay",
    label=N_("Decay"),
    default=0.0,
    minimum=0.0,
    maximum=10.0,
    step=0.1,
    help=N_("How strongly each pixel is drawn back to grey."),
)
DIVERSITY = Number(
    name="diversity",
    label=N_("Diversity"),
    default=1.0,
    minimum=0.0,
    maximum=10.0,
    step=0.5,
    help=N_("How much it is worth that several pictures differ in the textures that the layer sees."),
)
RATE = Number(name="ascent_rate", label=N_("Learning rate"), default=0.1, minimum=0.001, maximum=2.0, step=0.01)
STEPS = Integer(name="ascent_steps", label=N_("Steps"), default=128, minimum=8, maximum=STEPS_AT_MOST)
SEED = Integer(
    name="noise",
    label=N_("Seed"),
    default=0,
    minimum=0,
    maximum=9999,
    help=N_("It draws the noise that the picture begins with, and the random changes."),
)
ADVANCED: tuple[Setting[Any], ...] = (DECORRELATED, JITTER, ZOOM, ROTATE, PAD, SMOOTHING, DECAY, DIVERSITY, RATE)


@dataclass(frozen=True)
class VisualizationRequest:
    """What is to be made: the configuration, or the ladder that leads to it; `name` says of what, in words.

    `target` is a value of `TARGET`, `owner` the channel or the class, `opposite` whether the least is looked for.
    """

    config: Maximisation
    ladder: bool
    target: str
    owner: int
    opposite: bool
    name: str

    @property
    def is_usual(self) -> bool:
        """Return whether one picture of what is answered to most is asked for, as the atlas has them."""
        return not (self.ladder or self.opposite) and self.config.pictures == 1


def choose_request(selection: Selection, beside: DeltaGenerator) -> VisualizationRequest:
    """Draw the choices and return what they ask for; those that are rarely needed stand in the container `beside`."""
    with beside:
        opposite = bool(draw_setting(LEAST, NAME, width="content"))
        with st.popover(_("Advanced"), icon=":material/tune:", width="content"):
            values = _advanced()
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="made-toolbar"):
        target = draw_setting(TARGET, NAME)
        owner = _choose_owner(selection, target)
        pictures = draw_setting(PICTURES, NAME)
        steps, seed = (int(draw_setting(setting, NAME, width=NARROW)) for setting in (STEPS, SEED))
    _hide_usual({LEAST: opposite, STEPS: steps, SEED: seed})
    ladder = pictures == "ladder"
    count = 1 if ladder else int(pictures)
    objective, name = _objective(selection, target, owner)
    if opposite:
        objective, name = -objective, _("the opposite of {target}", target=name)
    config = Maximisation(
        backbone=selection.backbone.entry.name,
        weights=selection.backbone.weights,
        weights_seed=selection.backbone.seed,
        objective=objective,
        pictures=count,
        steps=steps,
        seed=seed,
        **values,
    )
    config = replace(config, diversity=config.diversity if count > 1 else 0.0)
    return VisualizationRequest(config, ladder, target, owner, opposite, name)


def _choose_owner(selection: Selection, target: str) -> int:
    """Draw the choice of the channel or the class and return it."""
    if target == "class":
        return choose_class(NAME, selection.backbone, selection.activations.logits, width=150)
    url_state.hide(CLASS)
    show_in_link(channel=selection.channel)
    if target != "channel":
        show_in_link(cell=selection.cell)
    if target == "direction":
        return selection.channel

    def choose() -> None:
        set_channel(int(st.session_state[CHANNEL_INPUT]))

    st.session_state[CHANNEL_INPUT] = selection.channel
    most = len(selection.maps) - 1
    st.number_input(_("Channel"), min_value=0, max_value=most, step=1, key=CHANNEL_INPUT, width=110, on_change=choose)
    return selection.channel


def _advanced() -> dict[str, Any]:
    """Draw how pictures are made and return it as fields of a configuration; what is not usual is in the address."""
    st.caption(_("The defaults give a good picture; the ladder shows what each ingredient adds."))
    values: dict[Setting[Any], Any] = {PARAMETRISATION: draw_setting(PARAMETRISATION, NAME)}
    columns = st.columns(2)
    for place, setting in enumerate(ADVANCED):
        with columns[place % 2]:
            values[setting] = draw_setting(setting, NAME)
    _hide_usual(values)
    return {
        "parametrisation": values[PARAMETRISATION],
        "decorrelated": bool(values[DECORRELATED]),
        "robustness": Robustness(
            jitter=float(values[JITTER]),
            scale=float(values[ZOOM]),
            rotate=float(values[ROTATE]),
            pad=float(values[PAD]),
        ),
        "total_variation": float(values[SMOOTHING]),
        "decay": float(values[DECAY]),
        "diversity": float(values[DIVERSITY]),
        "rate": float(values[RATE]),
    }


def _hide_usual(values: Mapping[Setting[Any], Any]) -> None:
    """Leave out of the address what is as it usually is."""
    for setting, value in values.items():
        if value == setting.default:
            url_state.hide(setting)


def _objective(selection: Selection, target: str, owner: int) -> tuple[Objective, str]:
    """Return what is climbed, and what it is called."""
    if target == "class":
        return Logit(owner), _("class “{name}”", name=_(selection.backbone.class_names[owner]))
    from core.visualization.feature_visualization.target_layer import target_layer_of

    layer = target_layer_of(selection.backbone.graph, selection.layer)
    cell = {"row": selection.row, "column": selection.column}
    if target == "direction":
        weights = selection.activations.maps(layer)[:, *selection.cell]
        name = _("the direction of row {row}, column {column} of {layer}", layer=selection.layer.name, **cell)
        return Direction(layer, tuple(float(weight) for weight in weights)), name
    name = _("channel {channel} of {layer}", channel=owner, layer=selection.layer.name)
    if target == "channel":
        return Channel(layer, owner), name
    return Unit(layer, owner, **cell), _("{channel}, row {row}, column {column}", channel=name, **cell)
