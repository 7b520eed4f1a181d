"""Which channels are silenced: kept for the layer at hand, in the link, and with a way back."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from core.i18n import N_
from core.settings import Identifier
from core.visualization.ablation.changes import fits_a_link, read_channels, write_channels
from pages.components.canvas.shared.channel_toggle import new_clicks
from pages.components.state import url_state
from pages.components.state.undo import UndoHistory
from pages.visualization.selection import NAME, Selection, set_channel

SILENCED = Identifier(name="silenced", label=N_("Silenced channels"), default="")
KEY = f"{NAME}.{SILENCED.name}"
OWNER = f"{KEY}.layer"  # the layer that the channels are of
EARLIER = UndoHistory(f"{KEY}.earlier", most=50)  # what was silenced before each change
HEARD = f"{KEY}.heard"  # the time of the last click


def silenced_channels(selection: Selection) -> tuple[int, ...]:
    """Return the silenced channels of the layer, ascending; those of another layer are forgotten."""
    owner = (selection.backbone.entry.name, selection.layer.name)
    if st.session_state.get(OWNER, owner) != owner:
        EARLIER.clear()
        if KEY in st.session_state:  # else it has yet to be read from a link that somebody has followed
            st.session_state[KEY] = SILENCED.default
    st.session_state[OWNER] = owner
    channels = read_channels(url_state.initial(KEY, SILENCED), len(selection.maps))
    text = write_channels(channels)
    if channels and fits_a_link(text):
        url_state.show(SILENCED, text)
    else:
        url_state.hide(SILENCED)
    return channels


def is_in_link(channels: Iterable[int]) -> bool:
    """Return whether the link can say which channels these are."""
    return fits_a_link(write_channels(channels))


def can_undo() -> bool:
    """Return whether there is something to go back to."""
    return bool(EARLIER)


def silence(channels: Iterable[int]) -> None:
    """Silence these channels and no others; a callback, as those below."""
    EARLIER.push(st.session_state.get(KEY, SILENCED.default))
    st.session_state[KEY] = write_channels(channels)


def undo() -> None:
    """Take back the last change."""
    if EARLIER:
        st.session_state[KEY] = EARLIER.pop()


def apply_clicks(component: str, count: int) -> None:
    """Silence the channel that was clicked in a component, or let it speak again, and choose it."""
    for time, channel in new_clicks(component, heard_until()):
        st.session_state[HEARD] = time
        if 0 <= channel < count:
            set_channel(channel)
            silence(set(read_channels(st.session_state.get(KEY, SILENCED.default), count)) ^ {channel})


def heard_until() -> int:
    """Return the time of the last click that has been heard."""
    return int(st.session_state.get(HEARD, 0))
