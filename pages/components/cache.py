"""What is kept between reruns and shared between visitors; each store is bounded and keyed by content."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from core.architectures.backbones import BACKBONES
from core.bounded import BoundedCache
from core.compute import is_prepared, permit, prepare, release_memory
from core.images import Fit, Picture
from core.jobs import JobRunner
from core.limits import ACTIVATIONS_BYTES, CAPTURE_BYTES, MODELS_BYTES, RACES_BYTES
from core.samples import sample

if TYPE_CHECKING:
    from core.architectures.loading import Backbone
    from core.optimization.experiments import Basins, Floors, Phases
    from core.optimization.race import Race, Result
    from core.visualization.activations import Activations

Value = TypeVar("Value")

FLOAT_BYTES = 4
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


def _end_jobs_of(name: str) -> None:
    for runner in (downloads(), trainings()):
        runner.cancel_owner(name)


@st.cache_resource(scope="session", on_release=_end_jobs_of, show_spinner=False)
def owner() -> str:
    """Return the name under which this visitor owns jobs; they end when the visitor's tab closes."""
    return secrets.token_urlsafe(12)


@st.cache_resource(show_spinner=False)
def _models() -> BoundedCache[Backbone]:
    return BoundedCache(MODELS_BYTES, lambda backbone: backbone.bytes, release_memory)


@st.cache_resource(show_spinner=False)
def _captures() -> BoundedCache[Activations]:
    return BoundedCache(ACTIVATIONS_BYTES, lambda activations: activations.bytes)


@st.cache_resource(max_entries=32, show_spinner=False)
def sample_picture(name: str) -> Picture:
    """Return a picture of the sample gallery; one copy serves all visitors."""
    return sample(name)


def is_loaded(name: str, weights: str, seed: int) -> bool:
    """Return whether `backbone` will answer at once."""
    return (name, weights, seed) in _models()


def backbone(name: str, weights: str, seed: int) -> Backbone:
    """Return a loaded backbone, shared by all visitors. Raises `Problem` when its weights are not there."""
    if not is_prepared():
        time.sleep(FRAME_SECONDS)
    prepare()
    from core.architectures.loading import load

    size = BACKBONES[name].parameters * FLOAT_BYTES
    return _models().get((name, weights, seed), lambda: load(name, weights, seed), size)


def activations(model: Backbone, picture: Picture, fit: Fit) -> Activations:
    """Return the activations of all layers; visitors with the same picture and backbone share them."""
    from core.visualization.activations import capture

    key = (picture.digest, model.entry.name, model.weights, model.seed, fit)
    return _captures().get(key, lambda: capture(model, picture, fit), min(model.capture_bytes, CAPTURE_BYTES))


@st.cache_resource(show_spinner=False)
def _races() -> BoundedCache[Result]:
    return BoundedCache(RACES_BYTES, lambda result: result.bytes)


def identity(race: Race) -> str:
    """Return a short text that differs wherever two races do."""
    return hashlib.sha256(repr(race).encode()).hexdigest()[:16]


def held_race(race: Race) -> Result:
    """Return a race that was run; visitors with the same choices share it."""

    def run() -> Result:
        with permit():
            from core.optimization.race import hold

            return hold(race)

    return _races().get(identity(race), run)


@st.cache_resource(show_spinner=False)
def _experiments() -> BoundedCache[Any]:
    return BoundedCache(EXPERIMENTS_KEPT, lambda _result: 1)


def phases(result: Result, optimizer: str) -> Phases:
    """Return the phase map of momentum or Nesterov on the surface of a race."""
    from core.optimization import experiments

    return _experiment(f"phases {optimizer}", result, lambda: experiments.phases(result, optimizer))


def basins(result: Result, optimizer: str) -> Basins:
    """Return which minimum each start leads to."""
    from core.optimization import experiments

    return _experiment(f"basins {optimizer}", result, lambda: experiments.basins(result, optimizer))


def floors(result: Result) -> Floors:
    """Return where each optimizer of a race ends under more and more noise."""
    from core.optimization import experiments

    return _experiment("floors", result, lambda: experiments.floors(result))


def changes_by_scale(result: Result) -> Mapping[str, float]:
    """Return how far each path moves when f is multiplied."""
    from core.optimization import experiments

    return _experiment("factor", result, lambda: experiments.changes_by_scale(result))


def _experiment(kind: str, result: Result, compute: Callable[[], Value]) -> Value:
    def run() -> Value:
        with permit():
            return compute()

    found: Value = _experiments().get((kind, identity(result.race)), run)
    return found
