"""What the Transfer advisor keeps between reruns and shares between visitors; bounded, and keyed by content."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import streamlit as st

from core.images.picture import Picture
from core.limits import FINISHED_BYTES, FINISHED_NETWORKS_BYTES
from pages.components.caches.shared import shared

if TYPE_CHECKING:
    from PIL.Image import Image

    from core.architectures.loading import Backbone
    from core.transfer.data.config import TransferConfig
    from core.transfer.data.preview import DatasetPreview
    from core.transfer.diagnosis.diagnosis import Diagnosis
    from core.transfer.export.final_model import FinishedModel
    from core.transfer.export.inference import Inference
    from core.transfer.training.transfer_network import TransferNetwork

SHEETS_KEPT = 64  # each at most 0.5 MB
DIAGNOSES_KEPT = 512  # each at most 20 kB
LOOKS_KEPT = 64  # each at most 2 MB
TRIALS_KEPT = 32  # each at most 1 MB


@shared(
    lambda setup, *shown: (setup.dataset, setup.own.identity, setup.per_class, setup.seed, *shown), entries=LOOKS_KEPT
)
def data_look(setup: TransferConfig, classes: int, each: int) -> DatasetPreview:
    """Return a look at labelled pictures; visitors share those of the same set, by its content."""
    from core.transfer.data.preview import look_at

    return look_at(setup, classes, each)


@shared(lambda setup, places: (setup.dataset, setup.own.identity, places), entries=SHEETS_KEPT)
def labelled_pictures(setup: TransferConfig, places: tuple[int, ...]) -> Image:
    """Return pictures of a set by their places, as one sheet."""
    from core.transfer.data.preview import sheet

    return sheet(setup, places)


@st.cache_resource(show_spinner=False)
def _finished_folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="convscope-models-")


def finished_folder() -> Path:
    """Return the folder with the weights of all visitors' finished models; it is deleted when the server ends."""
    return Path(_finished_folder().name)


def keep_finished() -> None:
    """Bound the folder with finished models: the oldest go first."""
    from core.transfer.export.final_model import evict_oldest

    evict_oldest(finished_folder(), FINISHED_BYTES)


@shared(lambda model, _start: model.digest, max_bytes=FINISHED_NETWORKS_BYTES)
def finished_network(model: FinishedModel, start: Backbone) -> TransferNetwork:
    """Return a finished model's network, known by its weights' hash. Raises `UserError` where they are gone."""
    from core.transfer.export.final_model import load_network

    return load_network(model, start)


@shared(lambda model, _network, _start, picture: (model.digest, picture.digest), entries=TRIALS_KEPT)
def trial(_model: FinishedModel, network: TransferNetwork, start: Backbone, picture: Picture) -> Inference:
    """Return what a finished model makes of a picture."""
    from core.transfer.export.inference import run_inference

    return run_inference(network, start.preprocessing, picture)


def _identity_of(setup: TransferConfig) -> Hashable:
    return replace(setup, own=type(setup.own)()), setup.own.identity


@shared(lambda setup, *_: _identity_of(setup), entries=DIAGNOSES_KEPT)
def _diagnosis(_setup: TransferConfig, found: Diagnosis) -> Diagnosis:
    return replace(found, setup=replace(found.setup, own=type(found.setup.own)()))


def diagnosis(setup: TransferConfig) -> Diagnosis | None:
    """Return what was measured for the same pictures and the same backbone; None where nobody has yet."""
    return _diagnosis.kept(setup)


def keep_diagnosis(found: Diagnosis) -> None:
    """Keep what was measured, for all who choose the same; a person's own pictures are not kept with it."""
    _diagnosis(found.setup, found)
