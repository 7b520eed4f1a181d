"""What is kept between reruns and shared between visitors; each store is bounded and keyed by content."""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from core.architectures.zoo.backbones import BACKBONES
from core.cache import SizedCache
from core.compute import is_prepared, permit, prepare, release_memory
from core.datasets.sample_images import sample
from core.images.picture import Picture
from core.images.preprocessing import Fit, FloatArray
from core.jobs.runner import JobRunner
from core.limits import (
    ACTIVATIONS_BYTES,
    CAPTURE_BYTES,
    EVIDENCE_KEPT_BYTES,
    FILTERS_BYTES,
    FOUND_BYTES,
    KNOCKOUTS_BYTES,
    MODELS_BYTES,
    RACES_BYTES,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.architectures.builder.stack import BuildReport
    from core.architectures.classification import Classification
    from core.architectures.costs.block_diagram import DiagramBlock
    from core.architectures.costs.costs import Blueprint, Costs
    from core.architectures.loading import Backbone
    from core.architectures.receptive_field.fields import Fields
    from core.architectures.teaching.gradient_flow import Chain
    from core.optimization.surface_race.experiments import Basins, Floors, Phases
    from core.optimization.surface_race.race import Race, Result
    from core.visualization.ablation.channel_ablation import Ablation, Logits
    from core.visualization.activations.capture import Activations
    from core.visualization.dataset_examples.ranking import Found, Scan
    from core.visualization.filters.kernel_statistics import Filters
    from core.visualization.filters.kernels import KernelSource
    from core.visualization.receptive_field.effective import Sensitivity

Value = TypeVar("Value")

FLOAT_BYTES = 4
BLUEPRINTS_KEPT = 16  # backbones, each at most a few MB
FIELDS_KEPT = 16  # backbones, each at most a few MB
CLASSIFICATIONS_KEPT = 512  # each of 4 kB
GRADIENTS_KEPT = 512  # each of 500 B
COSTS_KEPT = 64  # of a backbone at an input size, each at most 1 MB
SENSITIVITIES_BYTES = 32 << 20
EXPERIMENTS_KEPT = 128  # each at most 40 kB
FRAME_SECONDS = 0.4  # left to the browser for the frame of the first page: importing PyTorch then stops all answers
DOWNLOADS_AT_ONCE = 8  # most of them wait for one that fetches the same file


@st.cache_resource(show_spinner=False)
def downloads() -> JobRunner:
    """Return the runner of all visitors' downloads."""
    return JobRunner(slots=DOWNLOADS_AT_ONCE)


@st.cache_resource(show_spinner=False)
def trainings() -> JobRunner:
    """Return the runner of all visitors' trainings."""
    return JobRunner()


@st.cache_resource(show_spinner=False)
def _classifications() -> SizedCache[Classification]:
    return SizedCache(CLASSIFICATIONS_KEPT, lambda _answer: 1)


def classification(model: Backbone, picture: Picture, fit: Fit) -> Classification:
    """Return what a backbone says of a picture and how long it took; visitors with the same picture share it."""
    from core.architectures.classification import classify

    key = (picture.digest, model.entry.name, model.weights, model.seed, fit)
    return _classifications().get(key, lambda: classify(model, picture, fit))


@st.cache_resource(show_spinner=False)
def _gradients() -> SizedCache[NDArray[np.float64]]:
    return SizedCache(GRADIENTS_KEPT, lambda _norms: 1)


def gradient_norms(chain: Chain) -> NDArray[np.float64]:
    """Return the norm of the gradient of each layer of a chain of convolutions."""

    def make() -> NDArray[np.float64]:
        prepare()
        from core.architectures.teaching.gradient_flow import gradient_norms

        with permit():
            return gradient_norms(chain)

    return _gradients().get(chain, make)


def _end_jobs_of(name: str) -> None:
    for runner in (downloads(), trainings()):
        runner.cancel_owner(name)


@st.cache_resource(scope="session", on_release=_end_jobs_of, show_spinner=False)
def owner() -> str:
    """Return the name under which this visitor owns jobs; they end when the visitor's tab closes."""
    return secrets.token_urlsafe(12)


@st.cache_resource(show_spinner=False)
def latencies() -> dict[str, float]:
    """Return how many milliseconds a forward pass takes here, by backbone, as far as somebody has measured it."""
    return {}


@st.cache_resource(show_spinner=False)
def _models() -> SizedCache[Backbone]:
    return SizedCache(MODELS_BYTES, lambda backbone: backbone.bytes, release_memory)


@st.cache_resource(show_spinner=False)
def _captures() -> SizedCache[Activations]:
    return SizedCache(ACTIVATIONS_BYTES, lambda activations: activations.bytes)


@st.cache_resource(max_entries=32, show_spinner=False)
def sample_picture(name: str) -> Picture:
    """Return a picture of the sample gallery; one copy serves all visitors."""
    return sample(name)


def is_loaded(name: str, weights: str, seed: int) -> bool:
    """Return whether `backbone` will answer at once."""
    return (name, weights, seed) in _models()


def backbone(name: str, weights: str, seed: int) -> Backbone:
    """Return a loaded backbone, shared by all visitors. Raises `UserError` when its weights are not there."""
    if not is_prepared():
        time.sleep(FRAME_SECONDS)
    prepare()
    from core.architectures.loading import load

    size = BACKBONES[name].parameters * FLOAT_BYTES
    return _models().get((name, weights, seed), lambda: load(name, weights, seed), size)


def activations(model: Backbone, picture: Picture, fit: Fit) -> Activations:
    """Return the activations of all layers; visitors with the same picture and backbone share them."""
    from core.visualization.activations.capture import capture

    key = (picture.digest, model.entry.name, model.weights, model.seed, fit)
    return _captures().get(key, lambda: capture(model, picture, fit), min(model.capture_bytes, CAPTURE_BYTES))


@st.cache_resource(show_spinner=False)
def _races() -> SizedCache[Result]:
    return SizedCache(RACES_BYTES, lambda result: result.bytes)


def identity(race: Race) -> str:
    """Return a short text that differs wherever two races do."""
    return hashlib.sha256(repr(race).encode()).hexdigest()[:16]


def held_race(race: Race) -> Result:
    """Return a race that was run; visitors with the same choices share it."""

    def run() -> Result:
        with permit():
            from core.optimization.surface_race.race import run_race

            return run_race(race)

    return _races().get(identity(race), run)


@st.cache_resource(show_spinner=False)
def _experiments() -> SizedCache[Any]:
    return SizedCache(EXPERIMENTS_KEPT, lambda _result: 1)


def phases(result: Result, optimizer: str) -> Phases:
    """Return the phase map of momentum or Nesterov on the surface of a race."""
    from core.optimization.surface_race import experiments

    return _experiment(f"phases {optimizer}", result, lambda: experiments.phases(result, optimizer))


def basins(result: Result, optimizer: str) -> Basins:
    """Return which minimum each start leads to."""
    from core.optimization.surface_race import experiments

    return _experiment(f"basins {optimizer}", result, lambda: experiments.basins(result, optimizer))


def floors(result: Result) -> Floors:
    """Return where each optimizer of a race ends under more and more noise."""
    from core.optimization.surface_race import experiments

    return _experiment("floors", result, lambda: experiments.floors(result))


def changes_by_scale(result: Result) -> Mapping[str, float]:
    """Return how far each path moves when f is multiplied."""
    from core.optimization.surface_race import experiments

    return _experiment("factor", result, lambda: experiments.changes_by_scale(result))


def _experiment(kind: str, result: Result, compute: Callable[[], Value]) -> Value:
    def run() -> Value:
        with permit():
            return compute()

    found: Value = _experiments().get((kind, identity(result.race)), run)
    return found


@st.cache_resource(show_spinner=False)
def _fields() -> SizedCache[Fields]:
    return SizedCache(FIELDS_KEPT, lambda _fields: 1)


def receptive_fields(model: Backbone) -> Fields:
    """Return the receptive fields of all layers, for a picture as the backbone receives it; weights do not matter."""
    from core.architectures.receptive_field.fields import receptive_fields as compute

    return _fields().get((model.entry.name, model.preprocessing.crop), lambda: compute(model))


@st.cache_resource(show_spinner=False)
def _blueprints() -> SizedCache[Blueprint]:
    return SizedCache(BLUEPRINTS_KEPT, lambda _blueprint: 1)


@st.cache_resource(show_spinner=False)
def _costs() -> SizedCache[Any]:
    return SizedCache(COSTS_KEPT, lambda _found: 1)


def _blueprint(name: str) -> Blueprint:
    prepare()
    from core.architectures.costs.costs import blueprint

    return _blueprints().get(name, lambda: blueprint(BACKBONES[name]))


def costs(name: str, side: int) -> Costs:
    """Return what each layer of a backbone costs for a square picture; nothing is loaded for it."""

    def make() -> Costs:
        plan = _blueprint(name)
        with permit():
            return plan.costs(side)

    found: Costs = _costs().get(("costs", name, side), make)
    return found


def diagram(name: str, side: int) -> DiagramBlock:
    """Return the boxes of a backbone's block diagram, with the shapes of a square picture."""

    def make() -> DiagramBlock:
        from core.architectures.costs.block_diagram import diagram

        return diagram(_blueprint(name), costs(name, side))

    found: DiagramBlock = _costs().get(("diagram", name, side), make)
    return found


def built(text: str) -> BuildReport:
    """Return what each step of a network does that somebody puts together."""

    def make() -> BuildReport:
        prepare()
        from core.architectures.builder.stack import build, read

        with permit():
            return build(read(text))

    found: BuildReport = _costs().get(("built", text), make)
    return found


def built_program(text: str) -> str:
    """Return the program of such a network."""
    from core.architectures.builder.script import script
    from core.architectures.builder.stack import read

    return script(read(text))


def fields_at(name: str, side: int) -> Fields:
    """Return the receptive fields of all layers for a square picture; of one that is too small, of none."""

    def make() -> Fields:
        from core.architectures.receptive_field.fields import fields_of_traced

        plan, known = _blueprint(name), costs(name, side)
        with permit():
            return {} if known.shortfall else fields_of_traced(plan.model, plan.traced, known.size)

    found: Fields = _costs().get(("fields", name, side), make)
    return found


@dataclass(frozen=True)
class CellKey:
    """What an effective field follows from; `identity` stands for picture and backbone, no channel for all of them."""

    identity: tuple[Hashable, ...]
    layer: str
    channel: int | None
    row: int
    column: int


@st.cache_resource(show_spinner=False)
def _sensitivities() -> SizedCache[Sensitivity]:
    return SizedCache(SENSITIVITIES_BYTES, lambda sensitivity: sensitivity.nbytes)


def has_effective_field(key: CellKey) -> bool:
    """Return whether an effective receptive field is there without computing."""
    return key in _sensitivities()


def effective_field(model: Backbone, key: CellKey, batch: Callable[[], FloatArray]) -> Sensitivity:
    """Return how strongly each pixel of the preprocessed picture moves a cell; visitors who look at it share it."""
    from core.visualization.receptive_field.effective import effective_receptive_field as compute

    where = (key.layer, key.channel, key.row, key.column)
    return _sensitivities().get(key, lambda: compute(model, batch(), *where))


@st.cache_resource(show_spinner=False)
def _filters() -> SizedCache[Filters]:
    return SizedCache(FILTERS_BYTES, lambda found: found.bytes)


def filters(model: Backbone, convolution: KernelSource) -> Filters:
    """Return the filters of a convolution with their figures; all visitors share them."""
    from core.visualization.filters.kernel_statistics import examine

    key = (model.entry.name, model.weights, model.seed, convolution.layer)
    return _filters().get(key, lambda: examine(model, convolution), FLOAT_BYTES * math.prod(convolution.shape))


def untrained_filters(name: str, convolution: KernelSource) -> Filters:
    """Return what the same layer has before training, drawn with seed 0; the network may have to be built for it."""
    from core.visualization.filters.kernel_statistics import examine

    def make() -> Filters:
        return examine(backbone(name, "untrained", 0), convolution)

    key = (name, "untrained", 0, convolution.layer)
    return _filters().get(key, make, FLOAT_BYTES * math.prod(convolution.shape))


def has_untrained_filters(name: str, convolution: KernelSource) -> bool:
    """Return whether these are there already, or the network that they are taken from."""
    return (name, "untrained", 0, convolution.layer) in _filters() or is_loaded(name, "untrained", 0)


@st.cache_resource(show_spinner=False)
def _knockouts() -> SizedCache[Logits]:
    return SizedCache(KNOCKOUTS_BYTES, lambda logits: logits.nbytes)


@dataclass(frozen=True)
class KnockoutKey:
    """What logits without channels follow from; no `channels` stand for each channel of the layer on its own."""

    identity: tuple[Hashable, ...]
    layer: str
    filling: str
    channels: tuple[int, ...] | None = None


def has_knockout(key: KnockoutKey) -> bool:
    """Return whether logits without these channels are there without computing."""
    return key in _knockouts()


def logits_without(key: KnockoutKey, ablation: Callable[[], Ablation]) -> Logits:
    """Return the logits, (classes,), with the key's channels silenced; visitors who silence the same share them."""
    from core.visualization.ablation.channel_ablation import without

    return _knockouts().get(key, lambda: without(ablation(), key.channels or ()))


def importance(key: KnockoutKey, make: Callable[[], Logits]) -> Logits:
    """Return the change of each logit by each channel silenced alone, else what `make` returns, and keep that."""
    return _knockouts().get(key, make)


@st.cache_resource(show_spinner=False)
def _searches() -> SizedCache[Found]:
    return SizedCache(FOUND_BYTES, lambda found: found.bytes)


def has_found(scan: Scan) -> bool:
    """Return whether a search has been made; its key contains the hash of the pictures."""
    return scan.identity in _searches()


def found(scan: Scan, make: Callable[[], Found]) -> Found:
    """Return what a search has found, else what `make` returns, and keep that; it holds places and scores only."""
    return _searches().get(scan.identity, make)


@st.cache_resource(show_spinner=False)
def _evidence() -> SizedCache[Any]:
    return SizedCache(EVIDENCE_KEPT_BYTES, lambda result: result.bytes)


def has_evidence(key: Hashable) -> bool:
    """Return whether an answer is there without computing."""
    return key in _evidence()


def evidence(key: Hashable, make: Callable[[], Value]) -> Value:
    """Return what is known of a question, else what `make` returns, and keep that for all who ask the same."""
    found: Value = _evidence().get(key, make)
    return found
