"""What is known of architectures, built ones too: costs, diagrams, receptive fields, how gradients flow, latencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.architectures.zoo.backbones import BACKBONES
from core.compute import permit, prepare
from pages.components.caches.shared import shared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.architectures.builder.stack import BuildReport
    from core.architectures.costs.block_diagram import DiagramBlock
    from core.architectures.costs.costs import Blueprint, Costs
    from core.architectures.loading import Backbone
    from core.architectures.receptive_field.fields import Fields
    from core.architectures.teaching.gradient_flow import Chain

BLUEPRINTS_KEPT = 16  # backbones, each at most a few MB
FIELDS_KEPT = 16  # backbones, each at most a few MB
GRADIENTS_KEPT = 512  # each of 500 B
COSTS_KEPT = 64  # of a backbone at an input size, each at most 1 MB


@st.cache_resource(show_spinner=False)
def latencies() -> dict[str, float]:
    """Return how many milliseconds a forward pass takes here, by backbone, as far as somebody has measured it."""
    return {}


@shared(lambda chain: chain, entries=GRADIENTS_KEPT)
def gradient_norms(chain: Chain) -> NDArray[np.float64]:
    """Return the norm of the gradient of each layer of a chain of convolutions."""
    prepare()
    from core.architectures.teaching.gradient_flow import gradient_norms

    with permit():
        return gradient_norms(chain)


@shared(lambda name: name, entries=BLUEPRINTS_KEPT)
def _blueprint(name: str) -> Blueprint:
    prepare()
    from core.architectures.costs.costs import blueprint

    return blueprint(BACKBONES[name])


@shared(lambda name, side: ("costs", name, side), entries=COSTS_KEPT, store="costs")
def costs(name: str, side: int) -> Costs:
    """Return what each layer of a backbone costs for a square picture; nothing is loaded for it."""
    plan = _blueprint(name)
    with permit():
        return plan.costs(side)


@shared(lambda name, side: ("diagram", name, side), entries=COSTS_KEPT, store="costs")
def diagram(name: str, side: int) -> DiagramBlock:
    """Return the boxes of a backbone's block diagram, with the shapes of a square picture."""
    from core.architectures.costs.block_diagram import diagram

    return diagram(_blueprint(name), costs(name, side))


@shared(lambda name, side: ("fields_at", name, side), entries=COSTS_KEPT, store="costs")
def fields_at(name: str, side: int) -> Fields:
    """Return the receptive fields of all layers for a square picture; of one that is too small, of none."""
    from core.architectures.receptive_field.fields import fields_of_traced

    plan, known = _blueprint(name), costs(name, side)
    with permit():
        return {} if known.shortfall else fields_of_traced(plan.model, plan.traced, known.size)


@shared(lambda model: (model.entry.name, model.preprocessing.crop), entries=FIELDS_KEPT)
def receptive_fields(model: Backbone) -> Fields:
    """Return the receptive fields of all layers, for a picture as the backbone receives it; weights do not matter."""
    from core.architectures.receptive_field.fields import receptive_fields

    return receptive_fields(model)


@shared(lambda text: ("built", text), entries=COSTS_KEPT, store="costs")
def built(text: str) -> BuildReport:
    """Return what each step of a network does that somebody puts together."""
    prepare()
    from core.architectures.builder.stack import build, read

    with permit():
        return build(read(text))


def built_program(text: str) -> str:
    """Return the program of such a network."""
    from core.architectures.builder.script import write_script
    from core.architectures.builder.stack import read

    return write_script(read(text))
