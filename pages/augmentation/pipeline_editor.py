"""The editor of the pipeline: a preset to begin with, its steps with their settings, and a step more."""

from __future__ import annotations

import functools

import streamlit as st

from core.augmentation.pipeline import STEPS_AT_MOST, Pipeline, Step, from_json
from core.augmentation.presets import PRESETS
from core.augmentation.transforms.records import GROUPS
from core.augmentation.transforms.registry import TRANSFORMS
from core.errors import UserError
from core.i18n import N_
from core.settings import Number
from pages.augmentation import pipeline_state
from pages.augmentation.sections import PAGE
from pages.components.i18n import _
from pages.components.inputs.image_select import drop_original
from pages.components.inputs.setting_widgets import draw_part, draw_setting
from pages.components.inputs.step_buttons import draw_step_tools
from pages.components.layout import error_message

MOST_JSON_MEGABYTES = 1
CHANCE = Number(name="chance", label=N_("Probability"), default=1.0, minimum=0.0, maximum=1.0, step=0.05)


def draw() -> Pipeline:
    """Draw the editor and return the pipeline."""
    pipeline = pipeline_state.pipeline()
    _draw_beginnings()
    problem = st.session_state.get(pipeline_state.PROBLEM)
    if problem is not None:
        error_message.show(problem)
    for index, step in enumerate(pipeline.steps):
        _draw_step(pipeline, index, step)
    if not pipeline.steps:
        st.info(_("No steps: every sample is the picture itself. Add one, or begin with a preset."))
    _draw_addition(pipeline)
    return pipeline


def _draw_beginnings() -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="augmentation-begin"):
        with st.popover(_("Begin with"), icon=":material/playlist_add_check:"):
            for preset in PRESETS.values():
                st.button(
                    _(preset.title),
                    key=f"{PAGE}.preset.{preset.name}",
                    help=_(preset.idea),
                    width="stretch",
                    on_click=pipeline_state.change,
                    args=(preset.pipeline,),
                )
            st.button(
                _("An empty pipeline"),
                key=f"{PAGE}.preset.empty",
                width="stretch",
                on_click=pipeline_state.change,
                args=(Pipeline(),),
            )
            key = f"{PAGE}.json.{len(pipeline_state.PAST)}"
            st.file_uploader(
                _("Or a pipeline that was saved (JSON)"),
                key=key,
                type=["json"],
                max_upload_size=MOST_JSON_MEGABYTES,
                on_change=functools.partial(_take_file, key),
            )
        st.button(
            _("Undo"),
            icon=":material/undo:",
            key=f"{PAGE}.undo",
            on_click=pipeline_state.undo,
            disabled=not pipeline_state.PAST,
        )


def _take_file(key: str) -> None:
    file = st.session_state.get(key)
    if file is None:
        return
    try:
        pipeline, seed = from_json(file.getvalue())
    except UserError as problem:
        st.session_state[pipeline_state.PROBLEM] = problem
    else:
        pipeline_state.change(pipeline)
        st.session_state[pipeline_state.SEED_KEY] = seed % (pipeline_state.SEED.maximum or 1)
    drop_original(file)


def _draw_step(pipeline: Pipeline, index: int, step: Step) -> None:
    """Draw a step: what it is, its settings, and the ways to move it, to switch it off and to take it out."""
    key = f"{PAGE}.step.{pipeline_state.generation()}.{step.key}"
    entry = step.entry
    icon = ":material/check_circle:" if step.is_on else ":material/radio_button_unchecked:"
    with st.expander(f"{index + 1} · {_(entry.title)}", key=f"{PAGE}.open.{step.key}.{step.transform}", icon=icon):
        st.caption(_(entry.idea))
        for setting in entry.settings:
            draw_part(
                setting,
                f"{key}.{setting.name}",
                step.value[setting.name],
                functools.partial(_turn, pipeline, step.key, setting.name, f"{key}.{setting.name}"),
            )
        chance = f"{key}.{CHANCE.name}"
        draw_part(CHANCE, chance, step.chance, functools.partial(_set_chance, pipeline, step.key, chance))
        _draw_tools(pipeline, index, step, key)
        st.caption(_("**When it harms:** {harm}", harm=_(entry.harm)))


def _draw_tools(pipeline: Pipeline, index: int, step: Step, key: str) -> None:
    with st.container(
        horizontal=True, gap=None, vertical_alignment="center", key=f"step-tools-augmentation-{step.key}"
    ):
        st.toggle(
            _("On"),
            step.is_on,
            key=f"{key}.on",
            on_change=functools.partial(
                pipeline_state.change, pipeline.changed(step.key, is_on=not step.is_on), by_its_widget=True
            ),
        )
        draw_step_tools(
            key,
            index,
            len(pipeline.steps),
            pipeline_state.change,
            functools.partial(pipeline.moved, step.key),
            pipeline.removed(step.key),
        )


def _turn(pipeline: Pipeline, step: int, setting: str, key: str) -> None:
    pipeline_state.change(pipeline.turned(step, setting, st.session_state[key]), by_its_widget=True)


def _set_chance(pipeline: Pipeline, step: int, key: str) -> None:
    pipeline_state.change(pipeline.changed(step, chance=float(st.session_state[key])), by_its_widget=True)


def _draw_addition(pipeline: Pipeline) -> None:
    with st.popover(
        _("Add a step"), icon=":material/add:", disabled=len(pipeline.steps) >= STEPS_AT_MOST, width="stretch"
    ):
        for group, title in GROUPS.items():
            st.caption(_(title))
            with st.container(horizontal=True, gap="small", key=f"augmentation-add-{group}"):
                for entry in TRANSFORMS.values():
                    if entry.group == group:
                        st.button(
                            _(entry.title),
                            key=f"{PAGE}.add.{entry.name}",
                            help=_(entry.idea),
                            on_click=pipeline_state.change,
                            args=(pipeline.added(entry.name),),
                        )


def draw_seed() -> int:
    """Draw the seed and the button that draws anew, and return the seed."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="augmentation-seed"):
        seed = draw_setting(pipeline_state.SEED, PAGE, width=110)
        st.button(_("Draw anew"), icon=":material/casino:", key=f"{PAGE}.redraw", on_click=pipeline_state.redraw)
    return seed
