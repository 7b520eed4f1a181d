"""Channels silenced by a click: what the network answers without them, and which of them matter most for a class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.i18n import N_
from core.limits import CAPTURE_BYTES
from core.settings import Integer
from core.visualization.ablation.changes import Contributions, Ranking, contribution_of, ranking, sharing
from core.visualization.ablation.channel_ablation import FILLING, Ablation
from core.visualization.ablation.export import AblationExport
from core.visualization.activations.grid import PAGE, Grid, GridView, arrange
from pages.components.caches import visualization
from pages.components.caches.visualization import AblationKey
from pages.components.canvas.channel_bars import Bar, channel_bars_view
from pages.components.canvas.map_grid import activation_grid
from pages.components.canvas.shared.channel_toggle import Silencing
from pages.components.i18n import _
from pages.components.inputs.model_select import choose_class
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.state import url_state
from pages.visualization.ablation.importance import Importance, Run, go_on, importance_of, watch
from pages.visualization.ablation.predictions import draw_answer, signed
from pages.visualization.ablation.silenced_channels import (
    apply_clicks,
    can_undo,
    heard_until,
    is_in_link,
    silence,
    silenced_channels,
    undo,
)
from pages.visualization.number_format import range_text, show_number
from pages.visualization.selection import NAME, Selection, set_channel, show_in_link

if TYPE_CHECKING:
    from core.visualization.ablation.channel_ablation import Logits

GRID = f"{NAME}.knockout.grid"
BARS = f"{NAME}.knockout.bars"
COUNT = Integer(name="most", label=N_("How many"), default=3, minimum=1, maximum=50)
SHOWN = 8  # channels in each list


def draw(selection: Selection) -> AblationExport:
    """Draw the settings, the maps to click on, the answer before and after, and the channels that matter most.

    Return what is shown. Raises `UserError` where nothing can be computed now.
    """
    before = selection.activations.logits
    with st.container(key="knockout-toolbar", horizontal=True, gap="small", vertical_alignment="bottom"):
        chosen_class = choose_class(NAME, selection.backbone, before, width=240)
        filling = _choose_filling(selection)
        silenced = silenced_channels(selection)
        _draw_actions(selection, silenced)
    show_in_link(channel=selection.channel)
    left, right = st.columns([5, 4], gap="large")
    with left:
        _draw_grid(selection, silenced)
    with right:
        after = _logits_without(selection, filling, silenced)
        draw_answer(selection, silenced, after, chosen_class)
    url_state.show(COUNT, url_state.initial(f"{NAME}.{COUNT.name}", COUNT))
    url_state.publish()  # now: what follows may take long
    found = _draw_importance(selection, filling, silenced, after, chosen_class)
    return AblationExport(
        start=selection.start,
        stem=selection.stem,
        layer=selection.layer.name,
        filling=filling,
        silenced=silenced,
        class_index=chosen_class,
        before=before,
        after=after,
        labels=selection.backbone.class_names,
        channels=found.channels,
        changes=found.changes,
    )


def class_contributions(selection: Selection, count: int = 5) -> Contributions | None:
    """Return what the chosen channel does for the classes; None where finding out would take seconds."""
    key = AblationKey(selection.identity, selection.layer.name, FILLING.default, (selection.channel,))
    if not visualization.importance.holds(key) and selection.backbone.capture_bytes > CAPTURE_BYTES:
        return None
    after = visualization.logits_without(key, lambda: ablation_of(selection, FILLING.default))
    return contribution_of(
        selection.activations.logits, after, selection.backbone.class_names, selection.channel, count
    )


def ablation_of(selection: Selection, filling: str) -> Ablation:
    """Return the layer at hand with what its silenced channels become."""
    return Ablation(
        backbone=selection.backbone,
        activations=selection.activations,
        batch=selection.batch(),
        layer=selection.layer.name,
        filling=filling,
    )


def _choose_filling(selection: Selection) -> str:
    if selection.maps[0].size > 1:
        return draw_setting(FILLING, NAME)
    url_state.hide(FILLING)  # the mean of a single value is the value: nothing would change
    return FILLING.default


def _logits_without(selection: Selection, filling: str, silenced: tuple[int, ...]) -> Logits:
    if not silenced:
        return selection.activations.logits
    key = AblationKey(selection.identity, selection.layer.name, filling, silenced)
    if visualization.importance.holds(key):
        return visualization.logits_without(key, lambda: ablation_of(selection, filling))
    with st.spinner(_("Computing what comes behind the layer …")):
        return visualization.logits_without(key, lambda: ablation_of(selection, filling))


def _draw_grid(selection: Selection, silenced: tuple[int, ...]) -> None:
    view = GridView(page=url_state.initial(f"{NAME}.{PAGE.name}", PAGE))
    grid = arrange(selection.maps, view)
    st.markdown(f"**`{selection.layer.name}`** · {_silenced_text(selection, silenced)}")
    _draw_pages(grid)
    low, high = grid.range
    words = {
        "hint": _("Click a map to silence its channel, again to restore it."),
        "cell": _("channel {channel} · row {y}, column {x} · value {value}"),
        "dead": _("channel {channel} is dead: zero everywhere for this picture"),
        "silenced": _("channel {channel} is silenced"),
        "range": range_text(grid, view),
        "low": show_number(low),
        "high": show_number(high),
        "alternative": _(
            "Activation maps of {count} channels of {layer}; {silenced} of them silenced",
            count=len(grid.channels),
            layer=selection.layer.name,
            silenced=len(silenced),
        ),
    }
    clicks = _silencing(selection, silenced, GRID)
    activation_grid(GRID, grid, selection.layer.name, selection.channel, words, _remember_channel, clicks)
    if not is_in_link(silenced):
        st.caption(_("So many scattered channels do not fit into a link; the program below has them all."))


def _silencing(selection: Selection, silenced: tuple[int, ...], component: str) -> Silencing:
    count = len(selection.maps)
    layer = f"{selection.backbone.entry.name}/{selection.layer.name}"
    return Silencing(layer, silenced, heard_until(), lambda: apply_clicks(component, count))


def _remember_channel() -> None:
    channel = (st.session_state.get(GRID) or {}).get("channel")
    if isinstance(channel, int):
        set_channel(channel)


def _draw_pages(grid: Grid) -> None:
    if grid.pages > 1:
        key = f"{NAME}.{PAGE.name}"
        st.session_state[key] = grid.page
        st.pagination(grid.pages, key=key, persist_state="session")
        url_state.show(PAGE, grid.page)


def _silenced_text(selection: Selection, silenced: tuple[int, ...]) -> str:
    total = len(selection.maps)
    if not silenced:
        return _("none of {total} channels silenced", total=total)
    return _("{count} of {total} channels silenced", count=len(silenced), total=total)


def _draw_actions(selection: Selection, silenced: tuple[int, ...]) -> None:
    """Draw the buttons that change what is silenced."""
    channel = selection.channel
    others = [other for other in range(len(selection.maps)) if other != channel]
    _button("undo", _("Undo"), "undo", can_undo(), undo)
    _button("restore", _("Restore all"), "restart_alt", bool(silenced), silence, ())
    label = _("Silence all but {channel}", channel=channel)
    _button("others", label, "filter_center_focus", others != list(silenced), silence, others)


def _button(
    name: str, label: str, icon: str, can_use: bool, act: Callable[..., None], *channels: Sequence[int]
) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        key=f"{NAME}.knockout.{name}",
        disabled=not can_use,
        on_click=act,
        args=channels,
    )


def _draw_importance(
    selection: Selection, filling: str, silenced: tuple[int, ...], after: Logits, chosen_class: int
) -> Importance:
    """Draw which channels matter most for the chosen class, computing what is missing."""
    key = AblationKey(selection.identity, selection.layer.name, filling)
    with st.container(key="knockout-importance"):
        head, quick = st.columns([5, 4], gap="large", vertical_alignment="bottom")
        with head:
            name = _(selection.backbone.class_names[chosen_class])
            title = _("Which channels matter most for “{name}”", name=name)
            st.markdown(f"**{title}**")
            state = st.container(key="knockout-progress").empty()
        with state, st.spinner(_("Silencing one channel after the other …")):
            found = importance_of(key, len(selection.maps), lambda: ablation_of(selection, filling))
        with quick:
            _draw_quick_action(found, chosen_class)
        _draw_lists(selection, silenced, ranking(found.channels, found.changes, chosen_class, SHOWN))
    with state.container():
        if found.run is None:
            st.caption(_sharing_text(selection, found, silenced, after, chosen_class))
        elif found.run.should_go_on:
            watch(found.run)
        else:
            _offer_the_rest(found.run)
    return found


def _offer_the_rest(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("{step} of {total} channels so far", step=run.step, total=run.total), width="content")
        label = _("All of them: about {seconds:.0f} s", seconds=run.seconds_left)
        st.button(label, key=f"{NAME}.knockout.go_on", on_click=go_on, args=(run, True))


def _sharing_text(
    selection: Selection, found: Importance, silenced: tuple[int, ...], after: Logits, chosen_class: int
) -> str:
    """Return what the silenced channels do to the class's logit, each alone and all together."""
    if len(silenced) < 2:
        return _("Each channel silenced alone: by how much the logit of the class changes. Click a bar to silence it.")
    parts = sharing(found.changes, selection.activations.logits, after, silenced, chosen_class)
    return _(
        "Silenced together they change the logit by {together}; what each does alone adds up to {alone}.",
        together=signed(parts.together),
        alone=signed(parts.alone),
    )


def _draw_lists(selection: Selection, silenced: tuple[int, ...], ranked: Ranking) -> None:
    titles = (_("Without it the logit falls"), _("Without it the logit grows"))
    lists = [
        (title, [Bar(each.channel, ranked.share(each), signed(each.change)) for each in changes])
        for title, changes in zip(titles, (ranked.supporting, ranked.opposing), strict=True)
    ]
    words = {
        "channel": _("channel {channel}: {figure}"),
        "silenced": _("silenced"),
        "none": _("No channel does that."),
    }
    channel_bars_view(BARS, lists, _silencing(selection, silenced, BARS), words)


def _draw_quick_action(found: Importance, chosen_class: int) -> None:
    """Draw how many of the channels that support the class most are to be silenced, and the button that does it."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="right", gap="small"):
        count = int(draw_setting(COUNT, NAME, width=120))
        strongest = [each.channel for each in ranking(found.channels, found.changes, chosen_class, count).supporting]
        label = _("Silence the {count} it needs most", count=len(strongest))
        _button("strongest", label, "volume_off", bool(strongest), silence, strongest)
