"""What is kept between reruns and shared between visitors; each store is bounded and keyed by content."""

from __future__ import annotations

import functools
import hashlib
import math
import secrets
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from core.architectures.backbones import BACKBONES
from core.bounded import BoundedCache
from core.compute import is_prepared, permit, prepare, release_memory
from core.images import Fit, FloatArray, Picture, Preprocessing
from core.jobs import JobRunner
from core.limits import (
    ACTIVATIONS_BYTES,
    AUGMENTED_BYTES,
    CAPTURE_BYTES,
    EVIDENCE_KEPT_BYTES,
    FILTERS_BYTES,
    FINISHED_BYTES,
    FINISHED_NETWORKS_BYTES,
    FOUND_BYTES,
    KNOCKOUTS_BYTES,
    MODELS_BYTES,
    RACES_BYTES,
)
from core.samples import SAMPLES, sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from core.architectures.building import Built
    from core.architectures.classification import Classification
    from core.architectures.costs import Blueprint, Costs
    from core.architectures.diagram import Box
    from core.architectures.gradient_flow import Chain
    from core.architectures.loading import Backbone
    from core.architectures.receptive_field import Fields
    from core.augmentation.geometry import Geometry, Target
    from core.augmentation.mixing import Mixed
    from core.augmentation.pipeline import Pipeline
    from core.augmentation.receiving import Receiving
    from core.augmentation.sampling import DrawnSample
    from core.augmentation.stability import Mood, Stability
    from core.augmentation.taking_along import StepTime
    from core.optimization.experiments import Basins, Floors, Phases
    from core.optimization.race import Race, Result
    from core.transfer.diagnosis import Diagnosis
    from core.transfer.finishing import FinishedModel
    from core.transfer.look import DataLook
    from core.transfer.setup import Setup
    from core.transfer.trial import Trial
    from core.transfer.trunk import TransferNetwork
    from core.visualization.activations import Activations
    from core.visualization.filter_figures import Filters
    from core.visualization.filters import Convolution
    from core.visualization.found import Found, Scan
    from core.visualization.knockout import Ablation, Logits
    from core.visualization.receptive_field import Sensitivity
    from core.visualization.seen_evidence import SeenEvidence

Value = TypeVar("Value")

FLOAT_BYTES = 4
BLUEPRINTS_KEPT = 16  # backbones, each at most a few MB
FIELDS_KEPT = 16  # backbones, each at most a few MB
CLASSIFICATIONS_KEPT = 512  # each of 4 kB
GRADIENTS_KEPT = 512  # each of 500 B
SHEETS_KEPT = 64  # each at most 0.5 MB
DIAGNOSES_KEPT = 512  # each at most 20 kB
MOODS_KEPT = 128  # each at most 0.4 MB
MIXES_KEPT = 64  # each at most 0.5 MB
GEOMETRIES_KEPT = 64  # each at most 1 MB
TRIALS_KEPT = 32  # each at most 1 MB
LOOKS_KEPT = 64  # each at most 2 MB
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
def _classifications() -> BoundedCache[Classification]:
    return BoundedCache(CLASSIFICATIONS_KEPT, lambda _answer: 1)


def classification(model: Backbone, picture: Picture, fit: Fit) -> Classification:
    """Return what a backbone says of a picture and how long it took; visitors with the same picture share it."""
    from core.architectures.classification import classify

    key = (picture.digest, model.entry.name, model.weights, model.seed, fit)
    return _classifications().get(key, lambda: classify(model, picture, fit))


@st.cache_resource(show_spinner=False)
def _gradients() -> BoundedCache[NDArray[np.float64]]:
    return BoundedCache(GRADIENTS_KEPT, lambda _norms: 1)


def gradient_norms(chain: Chain) -> NDArray[np.float64]:
    """Return the norm of the gradient of each layer of a chain of convolutions."""

    def make() -> NDArray[np.float64]:
        prepare()
        from core.architectures.gradient_flow import gradient_norms

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
def _looks() -> BoundedCache[DataLook]:
    return BoundedCache(LOOKS_KEPT, lambda _look: 1)


def data_look(setup: Setup, classes: int, each: int) -> DataLook:
    """Return a look at labelled pictures; visitors share those of the same set, by its content."""
    from core.transfer.look import look_at

    key = (setup.dataset, setup.own.identity, setup.per_class, setup.seed, classes, each)
    return _looks().get(key, lambda: look_at(setup, classes, each))


@st.cache_resource(show_spinner=False)
def _sheets() -> BoundedCache[Image]:
    return BoundedCache(SHEETS_KEPT, lambda _image: 1)


def labelled_pictures(setup: Setup, places: tuple[int, ...]) -> Image:
    """Return pictures of a set by their places, as one sheet."""
    from core.transfer.look import sheet

    return _sheets().get((setup.dataset, setup.own.identity, places), lambda: sheet(setup, places))


@st.cache_resource(show_spinner=False)
def _finished_folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="convscope-models-")


def finished_folder() -> Path:
    """Return the folder with the weights of all visitors' finished models; it is deleted when the server ends."""
    return Path(_finished_folder().name)


def keep_finished() -> None:
    """Bound the folder with finished models: the oldest go first."""
    from core.transfer.finishing import make_room

    make_room(finished_folder(), FINISHED_BYTES)


@st.cache_resource(show_spinner=False)
def _finished_networks() -> BoundedCache[TransferNetwork]:
    return BoundedCache(FINISHED_NETWORKS_BYTES, lambda network: network.bytes)


def finished_network(model: FinishedModel, start: Backbone) -> TransferNetwork:
    """Return a finished model's network, known by its weights' hash. Raises `Problem` where they are gone."""
    from core.transfer.finishing import network_of

    return _finished_networks().get(model.digest, lambda: network_of(model, start))


@st.cache_resource(show_spinner=False)
def _trials() -> BoundedCache[Trial]:
    return BoundedCache(TRIALS_KEPT, lambda _trial: 1)


def trial(model: FinishedModel, network: TransferNetwork, start: Backbone, picture: Picture) -> Trial:
    """Return what a finished model makes of a picture."""
    from core.transfer.trial import try_on

    key = (model.digest, picture.digest)
    return _trials().get(key, lambda: try_on(network, start.preprocessing, picture))


@st.cache_resource(show_spinner=False)
def _augmented() -> BoundedCache[DrawnSample]:
    return BoundedCache(AUGMENTED_BYTES, lambda sample: sample.bytes)


def working(picture: Picture) -> Image:
    """Return a picture at the size that pipelines work on."""
    from core.augmentation.sampling import WORKING_SIDE, working_size

    return working_size(picture.image, WORKING_SIDE)


def pixels_of(image: Image) -> NDArray[np.uint8]:
    """Return the pixels of a picture, (height, width, 3)."""
    import numpy

    return numpy.asarray(image, dtype=numpy.uint8)


def augmented(picture: Picture, pipeline: Pipeline, seed: int, numbers: tuple[int, ...]) -> list[DrawnSample]:
    """Return the samples of these numbers; visitors with the same picture and pipeline share them."""
    from core.augmentation.sampling import stream_samples

    prepare()
    image = working(picture)

    def make(number: int) -> DrawnSample:
        with permit():
            return next(stream_samples(image, pipeline, seed, [number], keep=True))

    text = str(pipeline)
    return [
        _augmented().get((picture.digest, text, seed, number), functools.partial(make, number)) for number in numbers
    ]


@st.cache_resource(show_spinner=False)
def _mixes() -> BoundedCache[list[Mixed]]:
    return BoundedCache(MIXES_KEPT, lambda _mixes: 1)


def mixes(
    pictures: Sequence[Picture], pipeline: Pipeline, seed: int, name: str, alpha: float, count: int
) -> list[Mixed]:
    """Return mixes of pairs of pictures, each after the pipeline."""
    from core.augmentation.mixing import mix

    def make() -> list[Mixed]:
        images = [augmented(picture, pipeline, seed, (0,))[0].image for picture in pictures]
        with permit():
            return list(mix(images, name, alpha, seed, count))

    key = (tuple(picture.digest for picture in pictures), str(pipeline), seed, name, alpha, count)
    return _mixes().get(key, make)


@st.cache_resource(show_spinner=False)
def _geometries() -> BoundedCache[tuple[Geometry, Image]]:
    return BoundedCache(GEOMETRIES_KEPT, lambda _pair: 1)


def geometry(picture: Picture, pipeline: Pipeline, seed: int, number: int) -> tuple[Geometry, Image]:
    """Return what a pipeline's geometry did to a sample, and the sample with the original's grid."""
    from core.augmentation.geometry import draw_grid, geometry_of

    def make() -> tuple[Geometry, Image]:
        prepare()
        with permit():
            found = geometry_of(working(picture), pipeline, seed, number)
        return found, draw_grid(found)

    return _geometries().get((picture.digest, str(pipeline), seed, number), make)


@st.cache_resource(show_spinner=False)
def _targets() -> BoundedCache[tuple[Image, Image]]:
    return BoundedCache(GEOMETRIES_KEPT, lambda _pair: 1)


def followed_target(
    picture: Picture, pipeline: Pipeline, seed: int, number: int, target: Target
) -> tuple[Image, Image]:
    """Return the picture and a sample of it, each with box, mask and key points."""
    from core.augmentation.geometry import draw_followed, follow_target

    def make() -> tuple[Image, Image]:
        prepare()
        image = working(picture)
        with permit():
            before = follow_target(image, type(pipeline)(), seed, number, target)
            after = follow_target(image, pipeline, seed, number, target)
        return draw_followed(before), draw_followed(after)

    return _targets().get((picture.digest, str(pipeline), seed, number, target), make)


def receiving(sample: DrawnSample, preprocessing: Preprocessing) -> Receiving:
    """Return what a network receives of a sample."""
    from core.augmentation.receiving import receive

    return receive(sample.image, preprocessing)


@st.cache_resource(show_spinner=False)
def _moods() -> BoundedCache[Mood]:
    return BoundedCache(MOODS_KEPT, lambda _mood: 1)


def mood(picture: Picture, pipeline: Pipeline, seed: int, numbers: tuple[int, ...], model: Backbone) -> Mood:
    """Return how a backbone takes the samples of a picture, beside the sample pictures."""
    from core.augmentation.stability import mood as compute

    def make() -> Mood:
        samples = [made.image for made in augmented(picture, pipeline, seed, numbers)]
        gallery = [sample(name) for name in SAMPLES]
        others = [pixels_of(working(one)) for one in gallery if one.digest != picture.digest]
        return compute(model, working(picture), samples, others)

    key = (picture.digest, str(pipeline), seed, numbers, model.entry.name, model.weights, model.seed)
    return _moods().get(key, make)


@st.cache_resource(show_spinner=False)
def _stabilities() -> BoundedCache[Stability]:
    return BoundedCache(MOODS_KEPT, lambda _stability: 1)


def stability(picture: Picture, sweep: str, model: Backbone) -> Stability:
    """Return a backbone's answers along a sweep."""
    from core.augmentation.stability import SWEEPS
    from core.augmentation.stability import stability as compute

    key = (picture.digest, sweep, model.entry.name, model.weights, model.seed)
    return _stabilities().get(key, lambda: compute(model, working(picture), SWEEPS[sweep]))


@st.cache_resource(show_spinner=False)
def _seen_evidence() -> BoundedCache[SeenEvidence]:
    return BoundedCache(MOODS_KEPT, lambda _found: 1)


def sample_evidence(pixels: NDArray[np.uint8], model: Backbone) -> SeenEvidence:
    """Return the evidence for a backbone's first answer to a sample."""
    from core.visualization.seen_evidence import seen_evidence

    digest = hashlib.sha256(pixels.tobytes() + str(pixels.shape).encode()).hexdigest()
    key = (digest, model.entry.name, model.weights, model.seed)
    return _seen_evidence().get(key, lambda: seen_evidence(pixels, model))


@dataclass(frozen=True)
class EvidenceLeft:
    """For the class `label`, the share of its evidence that each sample keeps."""

    label: int
    shares: tuple[float, ...]


def evidence_left(
    picture: Picture, pipeline: Pipeline, seed: int, numbers: tuple[int, ...], model: Backbone
) -> EvidenceLeft:
    """Return how much of the evidence for the first answer to a picture its samples keep."""
    from core.augmentation.labels import evidence_kept

    image = working(picture)
    whole = sample_evidence(pixels_of(image), model)
    seen = model.preprocessing.crop / model.preprocessing.resize
    shares = (
        evidence_kept(geometry(picture, pipeline, seed, number)[0], whole.map, image.size, seen) for number in numbers
    )
    return EvidenceLeft(whole.answer, tuple(shares))


def step_times(picture: Picture, pipeline: Pipeline, seed: int) -> Sequence[StepTime]:
    """Return what each step takes for one picture; measured anew each time."""
    from core.augmentation.taking_along import time_steps

    prepare()
    with permit():
        return time_steps(working(picture), pipeline, seed)


def _identity_of(setup: Setup) -> Hashable:
    return replace(setup, own=type(setup.own)()), setup.own.identity


@st.cache_resource(show_spinner=False)
def _diagnoses() -> BoundedCache[Diagnosis | None]:
    return BoundedCache(DIAGNOSES_KEPT, lambda _diagnosis: 1)


def diagnosis(setup: Setup) -> Diagnosis | None:
    """Return what was measured for the same pictures and the same backbone; None where nobody has yet."""
    key = _identity_of(setup)
    return _diagnoses().get(key, lambda: None) if key in _diagnoses() else None


def keep_diagnosis(found: Diagnosis) -> None:
    """Keep what was measured, for all who choose the same; a person's own pictures are not kept with it."""
    kept = replace(found, setup=replace(found.setup, own=type(found.setup.own)()))
    _diagnoses().get(_identity_of(found.setup), lambda: kept)


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


@st.cache_resource(show_spinner=False)
def _fields() -> BoundedCache[Fields]:
    return BoundedCache(FIELDS_KEPT, lambda _fields: 1)


def receptive_fields(model: Backbone) -> Fields:
    """Return the receptive fields of all layers, for a picture as the backbone receives it; weights do not matter."""
    from core.architectures.receptive_field import receptive_fields as compute

    return _fields().get((model.entry.name, model.preprocessing.crop), lambda: compute(model))


@st.cache_resource(show_spinner=False)
def _blueprints() -> BoundedCache[Blueprint]:
    return BoundedCache(BLUEPRINTS_KEPT, lambda _blueprint: 1)


@st.cache_resource(show_spinner=False)
def _costs() -> BoundedCache[Any]:
    return BoundedCache(COSTS_KEPT, lambda _found: 1)


def _blueprint(name: str) -> Blueprint:
    prepare()
    from core.architectures.costs import blueprint

    return _blueprints().get(name, lambda: blueprint(BACKBONES[name]))


def costs(name: str, side: int) -> Costs:
    """Return what each layer of a backbone costs for a square picture; nothing is loaded for it."""

    def make() -> Costs:
        plan = _blueprint(name)
        with permit():
            return plan.costs(side)

    found: Costs = _costs().get(("costs", name, side), make)
    return found


def diagram(name: str, side: int) -> Box:
    """Return the boxes of a backbone's block diagram, with the shapes of a square picture."""

    def make() -> Box:
        from core.architectures.diagram import diagram

        return diagram(_blueprint(name), costs(name, side))

    found: Box = _costs().get(("diagram", name, side), make)
    return found


def built(text: str) -> Built:
    """Return what each step of a network does that somebody puts together."""

    def make() -> Built:
        prepare()
        from core.architectures.building import build, read

        with permit():
            return build(read(text))

    found: Built = _costs().get(("built", text), make)
    return found


def built_program(text: str) -> str:
    """Return the program of such a network."""
    from core.architectures.building import read
    from core.architectures.building_script import script

    return script(read(text))


def fields_at(name: str, side: int) -> Fields:
    """Return the receptive fields of all layers for a square picture; of one that is too small, of none."""

    def make() -> Fields:
        from core.architectures.receptive_field import fields_of_traced

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
def _sensitivities() -> BoundedCache[Sensitivity]:
    return BoundedCache(SENSITIVITIES_BYTES, lambda sensitivity: sensitivity.nbytes)


def has_effective_field(key: CellKey) -> bool:
    """Return whether an effective receptive field is there without computing."""
    return key in _sensitivities()


def effective_field(model: Backbone, key: CellKey, batch: Callable[[], FloatArray]) -> Sensitivity:
    """Return how strongly each pixel of the preprocessed picture moves a cell; visitors who look at it share it."""
    from core.visualization.receptive_field import effective_receptive_field as compute

    where = (key.layer, key.channel, key.row, key.column)
    return _sensitivities().get(key, lambda: compute(model, batch(), *where))


@st.cache_resource(show_spinner=False)
def _filters() -> BoundedCache[Filters]:
    return BoundedCache(FILTERS_BYTES, lambda found: found.bytes)


def filters(model: Backbone, convolution: Convolution) -> Filters:
    """Return the filters of a convolution with their figures; all visitors share them."""
    from core.visualization.filter_figures import examine

    key = (model.entry.name, model.weights, model.seed, convolution.layer)
    return _filters().get(key, lambda: examine(model, convolution), FLOAT_BYTES * math.prod(convolution.shape))


def untrained_filters(name: str, convolution: Convolution) -> Filters:
    """Return what the same layer has before training, drawn with seed 0; the network may have to be built for it."""
    from core.visualization.filter_figures import examine

    def make() -> Filters:
        return examine(backbone(name, "untrained", 0), convolution)

    key = (name, "untrained", 0, convolution.layer)
    return _filters().get(key, make, FLOAT_BYTES * math.prod(convolution.shape))


def has_untrained_filters(name: str, convolution: Convolution) -> bool:
    """Return whether these are there already, or the network that they are taken from."""
    return (name, "untrained", 0, convolution.layer) in _filters() or is_loaded(name, "untrained", 0)


@st.cache_resource(show_spinner=False)
def _knockouts() -> BoundedCache[Logits]:
    return BoundedCache(KNOCKOUTS_BYTES, lambda logits: logits.nbytes)


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
    from core.visualization.knockout import without

    return _knockouts().get(key, lambda: without(ablation(), key.channels or ()))


def importance(key: KnockoutKey, make: Callable[[], Logits]) -> Logits:
    """Return the change of each logit by each channel silenced alone, else what `make` returns, and keep that."""
    return _knockouts().get(key, make)


@st.cache_resource(show_spinner=False)
def _searches() -> BoundedCache[Found]:
    return BoundedCache(FOUND_BYTES, lambda found: found.bytes)


def has_found(scan: Scan) -> bool:
    """Return whether a search has been made; its key contains the hash of the pictures."""
    return scan.identity in _searches()


def found(scan: Scan, make: Callable[[], Found]) -> Found:
    """Return what a search has found, else what `make` returns, and keep that; it holds places and scores only."""
    return _searches().get(scan.identity, make)


@st.cache_resource(show_spinner=False)
def _evidence() -> BoundedCache[Any]:
    return BoundedCache(EVIDENCE_KEPT_BYTES, lambda result: result.bytes)


def has_evidence(key: Hashable) -> bool:
    """Return whether an answer is there without computing."""
    return key in _evidence()


def evidence(key: Hashable, make: Callable[[], Value]) -> Value:
    """Return what is known of a question, else what `make` returns, and keep that for all who ask the same."""
    found: Value = _evidence().get(key, make)
    return found
