"""Several pictures through the same pipeline, and two pictures mixed into one, labels and all."""

from __future__ import annotations

import streamlit as st

from core.augmentation.mixing import MIXES
from core.augmentation.pipeline import Pipeline
from core.i18n import N_
from core.images.picture import Picture
from core.settings import Choice, Number
from pages.augmentation.sample_text import lines_of
from pages.augmentation.sections import PAGE
from pages.components.caches import augmentation
from pages.components.i18n import _, number
from pages.components.inputs.choices import choose_some
from pages.components.inputs.image_select import known_pictures
from pages.components.inputs.setting_widgets import draw_setting
from pages.components.layout.class_bars import draw_bars
from pages.components.layout.image_tiles import Tile, draw_tiles

EACH = 4
PICTURES_AT_MOST = 6
AT_FIRST = ("coffee", "rocket")
CHOSEN = f"{PAGE}.others"
MIX = Choice(
    name="mix",
    label=N_("Mixed by"),
    default="mixup",
    options=tuple((mix.name, mix.title) for mix in MIXES.values()),
)
ALPHA = Number(
    name="alpha",
    label=N_("α"),
    default=1.0,
    minimum=0.1,
    maximum=4.0,
    step=0.1,
    help=N_("λ is drawn from Beta(α, α): small α, mostly one picture; 1, any share alike; large α, near one half."),
)
MIXED = 6


def draw(picture: Picture, pipeline: Pipeline, seed: int) -> None:
    """Draw the choice of pictures, their samples, and the mixes."""
    chosen = _choose(picture)
    for title, image in chosen:
        st.markdown(f"**{title}**")
        draw_tiles(
            [
                Tile(made.image, str(made.number + 1), lines_of(pipeline, made))
                for made in augmentation.augmented(image, pipeline, seed, tuple(range(EACH)))
            ],
            title,
        )
    _draw_mixes(chosen, pipeline, seed)


def _choose(picture: Picture) -> list[tuple[str, Picture]]:
    """Draw the choice of further pictures and return all with their titles, the sidebar's first."""
    known = known_pictures()
    current = next((mark for mark, (_title, entry) in known.items() if entry.digest == picture.digest), None)
    others = [mark for mark in known if mark != current]
    if CHOSEN not in st.session_state:
        st.session_state[CHOSEN] = [mark for mark in AT_FIRST if mark in others]
    marks = choose_some(
        _("Beside the picture of the sidebar"),
        others,
        lambda mark: known[mark][0],
        CHOSEN,
        way="box",
        max_selections=PICTURES_AT_MOST,
        help=_("Samples, and what you have uploaded."),
    )
    first = known[current][0] if current else _("The picture")
    return [(first, picture), *(known[mark] for mark in marks)]


def _draw_mixes(chosen: list[tuple[str, Picture]], pipeline: Pipeline, seed: int) -> None:
    st.subheader(_("Two in one"), anchor=False)
    if len(chosen) < 2:
        st.caption(_("Choose a second picture to mix with."))
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="augmentation-mix"):
        name = draw_setting(MIX, PAGE)
        alpha = draw_setting(ALPHA, PAGE, as_slider=True, width=150)
    st.caption(_(MIXES[name].idea))
    mixes = augmentation.mixes([image for _title, image in chosen], pipeline, seed, name, alpha, MIXED)
    columns = st.columns(3)
    for index, mixed in enumerate(mixes):
        first, second = chosen[mixed.first][0], chosen[mixed.second][0]
        with columns[index % len(columns)]:
            st.image(mixed.image, width="stretch", alt=_("{first} and {second}", first=first, second=second))
            rows = [(first, mixed.share), (second, 1 - mixed.share)]
            draw_bars([(title, number(share, ".0%"), share) for title, share in rows])
    st.caption(_("**When it harms:** {harm}", harm=_(MIXES[name].harm)))
