"""Loaded backbones, and what they make of a picture: their answer and the activations of all layers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from core.architectures.zoo.backbones import BACKBONES
from core.compute import is_prepared, prepare, release_memory
from core.datasets.sample_images import sample
from core.images.picture import Picture
from core.images.preprocessing import Fit
from core.limits import ACTIVATIONS_BYTES, CAPTURE_BYTES, MODELS_BYTES
from pages.components.caches.shared import shared

if TYPE_CHECKING:
    from core.architectures.classification import Classification
    from core.architectures.loading import Backbone
    from core.visualization.activations.activation_capture import Activations

FLOAT_BYTES = 4
CLASSIFICATIONS_KEPT = 512  # each of 4 kB
FRAME_SECONDS = 0.4  # left to the browser for the frame of the first page: importing PyTorch then stops all answers


@st.cache_resource(max_entries=32, show_spinner=False)
def sample_picture(name: str) -> Picture:
    """Return a picture of the sample gallery; one copy serves all visitors."""
    return sample(name)


@shared(
    lambda name, weights, seed: (name, weights, seed),
    max_bytes=MODELS_BYTES,
    expected_bytes=lambda name, _weights, _seed: BACKBONES[name].parameters * FLOAT_BYTES,
    after_dropping=release_memory,
)
def backbone(name: str, weights: str, seed: int) -> Backbone:
    """Return a loaded backbone, shared by all visitors. Raises `UserError` when its weights are not there."""
    if not is_prepared():
        time.sleep(FRAME_SECONDS)
    prepare()
    from core.architectures.loading import load

    return load(name, weights, seed)


@shared(
    lambda model, picture, fit: (picture.digest, model.entry.name, model.weights, model.seed, fit),
    entries=CLASSIFICATIONS_KEPT,
)
def classification(model: Backbone, picture: Picture, fit: Fit) -> Classification:
    """Return what a backbone says of a picture and how long it took; visitors with the same picture share it."""
    from core.architectures.classification import classify

    return classify(model, picture, fit)


@shared(
    lambda model, picture, fit: (picture.digest, model.entry.name, model.weights, model.seed, fit),
    max_bytes=ACTIVATIONS_BYTES,
    expected_bytes=lambda model, _picture, _fit: min(model.capture_bytes, CAPTURE_BYTES),
)
def activations(model: Backbone, picture: Picture, fit: Fit) -> Activations:
    """Return the activations of all layers; visitors with the same picture and backbone share them."""
    from core.visualization.activations.activation_capture import capture

    return capture(model, picture, fit)
