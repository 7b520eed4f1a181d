"""Section Build: a network from a stack of blocks, with shapes, costs and mistakes at once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.architectures.builder.stack import (
    CLASSES,
    EXAMPLE,
    KINDS,
    SIDE,
    STEPS_AT_MOST,
    WIDTHS,
    Block,
    BuildReport,
    Row,
    Stack,
    moved,
    read,
)
from core.i18n import N_, grouped
from core.settings import Identifier
from pages.architectures import builder_training
from pages.components.caches import architectures
from pages.components.i18n import _
from pages.components.inputs.choices import choose
from pages.components.inputs.step_buttons import draw_step_tools
from pages.components.layout import error_message
from pages.components.state import url_state
from pages.components.state.undo import UndoHistory
from pages.components.units import short_count

PAGE = "architectures"
STACK = Identifier(name="stack", label=N_("Blocks"), default=str(EXAMPLE))
STACK_KEY = f"{PAGE}.{STACK.name}"
PAST = UndoHistory(f"{PAGE}.past_stacks")
STARTS: tuple[tuple[str, str], ...] = (
    (N_("Residual"), str(EXAMPLE)),
    (N_("VGG-like"), "conv-16-1,conv-16-1,pool-16-2,conv-32-1,conv-32-1,pool-32-2,conv-64-1"),
    (N_("Mobile"), "conv-16-2,inverted-16-1,inverted-32-2,inverted-32-1,inverted-64-2"),
    (N_("Squeeze"), "conv-32-1,pool-32-2,fire-32-1,fire-64-1,pool-64-2,fire-96-1"),
)


def draw() -> None:
    """Draw the stack, what it comes to, and what can be done with it."""
    stack = read(url_state.initial(STACK_KEY, STACK))
    url_state.show(STACK, str(stack))
    st.markdown(_("Put blocks on top of one another; every change shows at once what comes out and what it costs."))
    _draw_starts(stack)
    built = architectures.built(str(stack))
    _draw_head()
    for index, step in enumerate(stack.steps):
        _draw_step(stack, index, step, built)
    _draw_end(stack, built)
    if built.mistake is None and stack.steps:
        _draw_program(stack)
        builder_training.draw(stack)


def _change(steps: tuple[Block, ...]) -> None:
    """Take another stack; the one before can be had again."""
    PAST.push(st.session_state[STACK_KEY])
    _take(str(Stack(steps)))


def _take(text: str) -> None:
    st.session_state[STACK_KEY] = text
    for key in [key for key in st.session_state if str(key).startswith(f"{PAGE}.step.")]:
        del st.session_state[key]  # the widgets of the steps begin with what the stack says


def _undo() -> None:
    _take(PAST.pop())


def _draw_starts(stack: Stack) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="build-toolbar"):
        for label, text in STARTS:
            st.button(_(label), key=f"{PAGE}.start.{text}", on_click=_change, args=(read(text).steps,))
        st.button(
            _("Undo"),
            icon=":material/undo:",
            key=f"{PAGE}.undo",
            on_click=_undo,
            disabled=not PAST,
        )
        st.button(
            _("Clear"),
            icon=":material/delete_sweep:",
            key=f"{PAGE}.clear",
            on_click=_change,
            args=((),),
            disabled=not stack.steps,
        )


COLUMNS = (2.2, 1.1, 0.9, 1.7, 1.1, 1.1, 1.0, 1.5)


def _draw_head() -> None:
    titles = (*(_("Block"), _("Width"), _("Stride"), _("Output"), _("Parameters"), _("MACs"), _("Sees"), ""),)
    with st.container(key="build-head"):
        for column, title in zip(st.columns(COLUMNS, gap="small", vertical_alignment="center"), titles, strict=True):
            column.caption(title)
        st.caption(_("Picture: 3×{side}×{side}", side=SIDE))


def _draw_step(stack: Stack, index: int, step: Block, built: BuildReport) -> None:
    """Draw a row: what the step is, what comes out, and the ways to move it and to take it out."""
    kind = KINDS[step.kind]
    key = f"{PAGE}.step.{index}.{step.kind}"
    with st.container(key=f"build-step-{index}"):
        cells = st.columns(COLUMNS, gap="small", vertical_alignment="center")
    changed = functools.partial(_take_over, stack, index, key)
    strides = sorted({*kind.strides, step.stride})
    given: tuple[tuple[str, str, Sequence[Any], Callable[[Any], str], Any], ...] = (
        ("kind", _("Block {number}", number=index + 1), list(KINDS), lambda name: _(KINDS[name].title), step.kind),
        ("width", _("Width"), WIDTHS if kind.has_width else (), str, step.width),
        ("stride", _("Stride"), strides, str, step.stride),
    )
    for cell, (name, label, options, title, value) in zip(cells, given, strict=False):
        if options:
            if st.session_state.get(f"{key}.{name}") != value:  # another stack, from a link
                st.session_state[f"{key}.{name}"] = value
            with cell:
                choose(
                    label,
                    options,
                    title,
                    f"{key}.{name}",
                    label_visibility="collapsed",
                    disabled=len(options) == 1,
                    on_change=changed,
                )
    if index < len(built.rows):
        _draw_figures(cells[3:7], built.rows[index], index)
    with cells[7].container(horizontal=True, gap=None, key=f"step-tools-{index}"):
        draw_step_tools(
            key,
            index,
            len(stack.steps),
            _change,
            functools.partial(moved, stack.steps, index),
            stack.steps[:index] + stack.steps[index + 1 :],
        )
    if built.mistake is not None and index == len(built.rows):
        error_message.show(built.mistake)


def _draw_figures(cells: Sequence[DeltaGenerator], row: Row, index: int) -> None:
    """Draw what comes out of a step, each figure in its column; a phone shows them in one line instead."""
    figures = {
        "output": "×".join(map(str, row.output)),
        "parameters": short_count(row.parameters),
        "macs": short_count(row.macs),
        "field": "" if row.field is None else _("{field} px", field=row.field),
    }
    for cell, text in zip(cells, figures.values(), strict=True):
        cell.markdown(text)
    said = _("{output} · {parameters} parameters · {macs} MACs", **figures)
    if row.field is not None:
        said += " · " + _("sees {field} px", field=row.field)
    cells[0].container(key=f"build-said-{index}").caption(said)


def _take_over(stack: Stack, place: int, key: str) -> None:
    """Take what the widgets of a row say; another kind of block keeps the width and begins with its first stride."""
    step = stack.steps[place]
    kind = str(st.session_state[f"{key}.kind"])
    width = int(st.session_state.get(f"{key}.width", step.width))
    stride = int(st.session_state.get(f"{key}.stride", step.stride))
    if kind != step.kind and stride not in KINDS[kind].strides:
        stride = KINDS[kind].strides[0]
    steps = list(stack.steps)
    steps[place] = Block(kind, width, stride)
    _change(tuple(steps))


def _draw_end(stack: Stack, built: BuildReport) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="build-add"):
        width = stack.steps[-1].width if stack.steps else 16
        for kind in KINDS.values():
            st.button(
                _(kind.title),
                icon=":material/add:",
                key=f"{PAGE}.add.{kind.name}",
                disabled=len(stack.steps) >= STEPS_AT_MOST,
                on_click=_change,
                args=((*stack.steps, Block(kind.name, width, kind.strides[0])),),
            )
    if not stack.steps:
        st.info(_("Nothing is built yet: add a block, or begin with one of the examples."), icon=":material/stacks:")
    elif built.mistake is None:
        st.markdown(
            _(
                "Then the mean over all places and a linear layer to {classes} classes. **Together: {parameters} "
                "parameters, {macs} MACs.**",
                classes=CLASSES,
                parameters=grouped(built.parameters),
                macs=grouped(built.macs),
            )
        )


def _draw_program(stack: Stack) -> None:
    text = architectures.built_program(str(stack))
    with st.popover(_("As a PyTorch module"), icon=":material/code:"):
        st.download_button(_("Python module"), text.encode(), "network.py", "text/x-python", on_click="ignore")
        st.code(text, language="python", height=320)
