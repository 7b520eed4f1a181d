"""What all sections look at: a picture in a backbone, and of that a layer, a channel and a cell."""

from __future__ import annotations

import functools
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.i18n import N_
from core.images.picture import Picture
from core.images.preprocessing import Fit, Preprocessing, fit_to_input, to_array
from core.scripts import ScriptStart
from core.settings import Choice, Identifier, Integer
from pages.components.inputs.image_select import sample_name
from pages.components.inputs.model_select import LAYER, weights_label
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.state import url_state

if TYPE_CHECKING:
    from PIL import Image

    from core.architectures.graph.tracing import Layer
    from core.architectures.loading import Backbone
    from core.images.preprocessing import FloatArray
    from core.visualization.activations.activation_capture import Activations, Maps

NAME = "visualization"
SECTION = Choice(
    name="section",
    label=N_("Section"),
    default="maps",
    options=(
        ("maps", N_("Maps")),
        ("channel", N_("One channel")),
        ("cell", N_("One cell")),
        ("filters", N_("Filters")),
        ("images", N_("Representative images")),
        ("evidence", N_("Evidence")),
        ("knockout", N_("Knock-out")),
    ),
)
CHANNEL = Integer(name="channel", label=N_("Channel"), default=-1, minimum=0)
"""The chosen channel; -1 stands for the one with the largest mean, until a person chooses."""
ROW = Integer(name="row", label=N_("Row"), default=-1, minimum=0)
"""The row of the chosen cell, as `COLUMN` its column; -1 stands for the channel's largest value."""
COLUMN = Integer(name="column", label=N_("Column"), default=-1, minimum=0)


@dataclass(frozen=True, eq=False)
class Selection:
    """What all sections look at; `asked_channel` and `asked_cell` are what a person chose, whether or not it exists."""

    picture: Picture
    backbone: Backbone
    fit: Fit
    activations: Activations
    layer: Layer
    asked_channel: int
    asked_cell: tuple[int, int]

    @functools.cached_property
    def channel(self) -> int:
        """Return the chosen channel where the layer has it, else the one with the largest mean."""
        is_there = 0 <= self.asked_channel < len(self.maps)
        return self.asked_channel if is_there else int(np.argmax(self.maps.mean((1, 2))))

    @functools.cached_property
    def cell(self) -> tuple[int, int]:
        """Return row and column of the chosen cell where the layer has it, else of the channel's largest value."""
        height, width = self.maps.shape[1:]
        row, column = self.asked_cell
        if not (0 <= row < height and 0 <= column < width):
            row, column = (int(place) for place in divmod(int(np.argmax(self.maps[self.channel])), width))
        return row, column

    @property
    def row(self) -> int:
        """Return the row of the cell."""
        return self.cell[0]

    @property
    def column(self) -> int:
        """Return the column of the cell."""
        return self.cell[1]

    @functools.cached_property
    def maps(self) -> Maps:
        """Return the activation maps of the layer, float32 (channels, height, width), read-only."""
        return self.activations.maps(self.layer.name)

    @property
    def preprocessing(self) -> Preprocessing:
        """Return how the backbone wants its pictures."""
        return self.backbone.preprocessing

    @functools.cached_property
    def image(self) -> Image.Image:
        """Return the picture as the network receives it, RGB of `crop` × `crop` pixels."""
        return fit_to_input(self.picture, self.preprocessing, self.fit).image

    def batch(self) -> FloatArray:
        """Return the preprocessed picture, float32 (1, 3, height, width)."""
        return to_array(self.image, self.preprocessing)

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """Return what the activations follow from: the key of whatever is kept of them."""
        return (self.picture.digest, self.backbone.entry.name, self.backbone.weights, self.backbone.seed, self.fit)

    @property
    def start(self) -> ScriptStart:
        """Return what a program begins with that reproduces this."""
        return ScriptStart(
            sample=sample_name(),
            file_name=self.picture.name,
            backbone=self.backbone.entry.name,
            weights=self.backbone.weights,
            seed=self.backbone.seed,
            fit=self.fit,
        )

    @property
    def caption(self) -> str:
        """Return one line that says what is looked at."""
        return " · ".join((self.network, self.layer.name, self.picture.name))

    @property
    def network(self) -> str:
        """Return the backbone and its weights in words."""
        return f"{self.backbone.entry.title} ({weights_label(self.backbone.weights)})"

    @property
    def stem(self) -> str:
        """Return the beginning of the names of downloaded files."""
        return f"{self.backbone.entry.name}-{self.layer.name}"


def choose_section() -> str:
    """Draw the row of sections and return the chosen one's name."""
    with st.container(key="sections"):
        return draw_setting(SECTION, NAME, label_visibility="collapsed", in_a_row=True)


def choose_channel(selection: Selection) -> None:
    """Draw the choice of the channel by its number, for sections in which no map can be clicked."""
    st.session_state[_key(CHANNEL)] = selection.channel
    draw_setting(replace(CHANNEL, maximum=len(selection.maps) - 1), NAME, width=130)


def make_selection(picture: Picture, backbone: Backbone, fit: Fit, activations: Activations, layer: Layer) -> Selection:
    """Return the selection of a layer, with the channel and the cell that are chosen."""
    channel = url_state.initial(_key(CHANNEL), CHANNEL)
    cell = url_state.initial(_key(ROW), ROW), url_state.initial(_key(COLUMN), COLUMN)
    return Selection(picture, backbone, fit, activations, layer, channel, cell)


def show_in_link(*, channel: int | None = None, cell: tuple[int, int] | None = None) -> None:
    """Put the channel and the cell that a section shows into the address."""
    if channel is not None:
        url_state.show(CHANNEL, channel)
    if cell is not None:
        for setting, place in zip((ROW, COLUMN), cell, strict=True):
            url_state.show(setting, place)


def set_channel(channel: int) -> None:
    """Choose a channel; for callbacks, like those below."""
    st.session_state[_key(CHANNEL)] = channel


def set_cell(row: int, column: int) -> None:
    """Choose a cell."""
    st.session_state[_key(ROW)], st.session_state[_key(COLUMN)] = row, column


def take_cell(component: str) -> bool:
    """Choose the cell that was clicked in a component, and return whether there was one."""
    cell = (st.session_state.get(component) or {}).get("cell")
    if not (isinstance(cell, list) and len(cell) == 2 and all(isinstance(place, int) for place in cell)):
        return False
    set_cell(*cell)
    return True


def set_layer(name: str) -> None:
    """Choose a layer; the channel and the cell stay where it has them."""
    st.session_state[_key(LAYER)] = name


def set_section(name: str) -> None:
    """Go to a section."""
    st.session_state[_key(SECTION)] = name


def _key(setting: Choice | Identifier | Integer) -> str:
    return f"{NAME}.{setting.name}"
