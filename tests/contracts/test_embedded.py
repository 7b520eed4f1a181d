"""What every embedded network has to keep: small, described, good enough, and unsure where it should be."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import softmax

from core.architectures.loading import load
from core.architectures.training.augmentation import normalise
from core.architectures.training.metrics import separation
from core.architectures.training.out_of_distribution import uncovered_pictures
from core.architectures.training.recipe import RECIPES
from core.architectures.zoo.backbones import BACKBONES, DEFAULT, EMBEDDED, embedded_file
from core.architectures.zoo.class_names import UNSURE_BELOW
from core.datasets.sample_images import SAMPLES, sample
from core.images.preprocessing import fit_to_input, to_array
from tests.contracts.readme import header, unsure_shares

NETWORKS = [name for name, entry in BACKBONES.items() if embedded_file(entry).is_file()]
each_network = pytest.mark.parametrize("name", NETWORKS)


def answers(name: str, batch: torch.Tensor) -> np.ndarray:
    with torch.inference_mode():
        logits: np.ndarray = load(name, "embedded").model(batch).numpy()
    return logits


def test_the_default_network_is_trained() -> None:
    assert DEFAULT in NETWORKS


def test_all_files_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in EMBEDDED.glob("*.safetensors")) <= 12_000_000


@each_network
def test_a_file_is_small_and_has_its_card(name: str) -> None:
    path = embedded_file(BACKBONES[name])
    assert path.stat().st_size <= 3_000_000
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    said = header(path)
    assert card.startswith(f"# {BACKBONES[name].title}, trained on Everyday-69")
    for key, title in (
        ("top1", "top-1"),
        ("top5", "top-5"),
        ("calibration_error", "expected calibration error, 15 bins"),
    ):
        assert f"| {title} | {float(said[key]):.1%} |" in card
    assert f"| epochs | `{RECIPES[name].epochs}` |" in card
    assert f"| seed | `{RECIPES[name].seed}` |" in card


@each_network
def test_it_is_good_enough_and_calibrated_by_its_own_account(name: str) -> None:
    said = header(embedded_file(BACKBONES[name]))
    assert float(said["top1"]) >= 0.60
    assert float(said["top5"]) >= 0.84
    assert float(said["calibration_error"]) <= 0.05


@each_network
def test_it_is_surer_of_what_it_knows(name: str) -> None:
    crops, _ = uncovered_pictures()
    strange = answers(name, normalise(torch.from_numpy(crops)).contiguous())
    backbone = load(name, "embedded")
    known = {title: entry for title, entry in SAMPLES.items() if entry.shows}
    arrays = [
        to_array(fit_to_input(sample(title), backbone.preprocessing).image, backbone.preprocessing) for title in known
    ]
    covered = answers(name, torch.from_numpy(np.concatenate(arrays)))
    assert separation(covered, strange) > 0.5
    unsure = (softmax(strange, axis=1).max(axis=1) < UNSURE_BELOW).mean()
    of_covered, of_uncovered = unsure_shares(embedded_file(BACKBONES[name]))
    assert unsure == pytest.approx(of_uncovered, abs=0.03)
    assert unsure > of_covered + 0.1
    assert unsure > 0.7 or name != DEFAULT
