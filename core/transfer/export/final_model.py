"""Trains the chosen strategy on all images and keeps the weights in a file."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.compute import single_threaded
from core.errors import UserError
from core.events import Event
from core.i18n import N_
from core.transfer.data.config import TransferConfig
from core.transfer.training.strategies import STRATEGIES, Plan, TrainedModel, TrainingData

if TYPE_CHECKING:
    from core.architectures.loading import Backbone
    from core.transfer.training.transfer_network import TransferNetwork

SUFFIX = ".safetensors"


@dataclass(frozen=True, kw_only=True)
class FinalTrainingConfig:
    """What is to be trained, and the `folder` that its weights are to be written into."""

    setup: TransferConfig
    plan: Plan
    folder: str


@dataclass(frozen=True, kw_only=True)
class FinishedModel:
    """A network that has learned from all pictures: `counts` of each of the `classes`.

    `path` is the file with its weights, safetensors in float32, named after their hash `digest`; `trained` counts
    parameters, `seconds` is what learning took on one core.
    """

    setup: TransferConfig
    plan: Plan
    classes: tuple[str, ...]
    is_marked: bool
    counts: tuple[int, ...]
    trained: int
    seconds: float
    path: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class FinalTrainingEvent(Event):
    """How far it is; with the last event comes the `model`."""

    model: FinishedModel | None = None


def train_final_model(config: FinalTrainingConfig) -> Iterator[FinalTrainingEvent]:
    """Train on all pictures and yield how far it is; the same config gives the same weights.

    Raises `UserError` where the pictures or the weights cannot be had, or the file cannot be written.
    """
    with single_threaded(with_classifiers=True):
        yield from _finish(config)


def _finish(config: FinalTrainingConfig) -> Iterator[FinalTrainingEvent]:
    from core.architectures.features import concatenate, extract_features

    setup, plan = config.setup, config.plan
    backbone = setup.network()
    yield FinalTrainingEvent(step=0)
    pictures = setup.prepared(backbone)
    strategy = STRATEGIES[plan.strategy]
    total = len(pictures) * (1 + strategy.epochs(len(pictures)))
    begun, parts, done = time.monotonic(), [], 0
    for part in extract_features(backbone, pictures.images):
        parts.append(part)
        done += len(part)
        yield FinalTrainingEvent(step=done, total_steps=total)
    learned: TrainedModel | None = None
    for step in strategy.fit(TrainingData(backbone, pictures, concatenate(parts), plan.stage, setup.seed)):
        learned, done = step, min(total, done + len(pictures))
        yield FinalTrainingEvent(step=done, total_steps=total)
    assert learned is not None
    path, digest = _kept(learned.network, Path(config.folder))
    model = FinishedModel(
        setup=setup,
        plan=plan,
        classes=pictures.classes,
        is_marked=pictures.is_marked,
        counts=pictures.counts,
        trained=learned.trained,
        seconds=time.monotonic() - begun,
        path=str(path),
        digest=digest,
    )
    yield FinalTrainingEvent(step=total, total_steps=total, model=model)


def _kept(network: TransferNetwork, folder: Path) -> tuple[Path, str]:
    """Write the weights into a file named after their hash, whole or not at all."""
    from safetensors.torch import save

    content = save({name: tensor.contiguous() for name, tensor in network.state_dict().items()})
    digest = hashlib.sha256(content).hexdigest()
    path = folder / f"{digest}{SUFFIX}"
    begun = path.with_suffix(".partial")
    try:
        begun.write_bytes(content)
        begun.replace(path)
    except OSError as error:
        begun.unlink(missing_ok=True)
        raise UserError(
            N_("The trained weights could not be kept in {folder} ({why})."),
            N_("Free some space and train again."),
            folder=str(folder),
            why=error.strerror or str(error),
        ) from error
    return path, digest


def load_network(model: FinishedModel, backbone: Backbone) -> TransferNetwork:
    """Return the network of a finished model, in eval mode; `backbone` is the one that it was made from.

    Raises `UserError` where its file is gone.
    """
    from safetensors.torch import load

    from core.transfer.training.transfer_network import with_new_head

    strategy = STRATEGIES[model.plan.strategy]
    stage = model.plan.stage if strategy.takes_features else ""
    network = with_new_head(backbone, len(model.classes), stage, model.setup.seed)
    network.load_state_dict(load(weights_of(model)))
    network.requires_grad_(False)
    return network.eval()


def weights_of(model: FinishedModel) -> bytes:
    """Return the file with the weights of a finished model. Raises `UserError` where it is gone."""
    try:
        return Path(model.path).read_bytes()
    except OSError:
        raise UserError(
            N_("The trained weights are no longer kept: many others have been trained since."), N_("Train again.")
        ) from None


def evict_oldest(folder: Path, most_bytes: int) -> None:
    """Delete the oldest weights of a folder until the others have at most so many bytes."""
    kept = 0
    for path in sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True):
        kept += path.stat().st_size
        if kept > most_bytes:
            path.unlink(missing_ok=True)
