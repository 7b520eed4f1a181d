"""Backbones are built and filled just as their sources do it, whoever else is drawing random numbers."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core import torchvision_compat
from core.architectures import loading
from core.architectures.loading import Backbone, load, weights_file, write_embedded
from core.architectures.zoo import tiny
from core.architectures.zoo.backbones import BACKBONES, WEIGHTS, available_weights, embedded_file, families, of_family
from core.architectures.zoo.class_names import class_names, everyday_synsets
from core.architectures.zoo.records import BackboneEntry, Paper, Stage
from core.downloads.errors import DownloadError, NotDownloadedError
from core.downloads.remote_file import RemoteFile
from core.errors import UserError
from core.images.preprocessing import Preprocessing
from core.paths import ROOT

torchvision_compat.declare()
import timm  # noqa: E402
import torchvision  # noqa: E402

TINY = [name for name, entry in BACKBONES.items() if entry.source == "convscope"]
REPRESENTATIVES = [
    entry.name
    for entry in (min(of_family(family)[family in {"VGG"} :], key=lambda row: row.parameters) for family in families())
    if entry.parameters < 30_000_000
]


def own_builder(entry: BackboneEntry) -> nn.Module:
    """Return what a student gets by calling the source directly."""
    if entry.source == "timm":
        return timm.create_model(entry.builder)
    if entry.source == "convscope":
        return getattr(tiny, entry.builder)()
    both = {"aux_logits": False, "init_weights": True} if entry.auxiliary else {}
    return getattr(torchvision.models, entry.builder)(**both)


def assert_same(first: dict[str, Tensor], second: dict[str, Tensor]) -> None:
    assert list(first) == list(second)
    for key, tensor in first.items():
        assert torch.equal(tensor, second[key]), key


# --- records ---------------------------------------------------------------------------------------------------------


def test_records_cost_no_import_of_torch() -> None:
    script = "import sys, core.architectures.zoo.backbones; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=60).returncode == 0


def row(**changes: Any) -> BackboneEntry:
    values: dict[str, Any] = {
        **{"name": "x", "title": "X", "family": "X", "source": "convscope", "builder": "x", "input_size": 64},
        **{"paper": Paper(authors="A", title="B", year=2015, arxiv="1512.03385"), "parameters": 1},
        **{"stages": (Stage(label="stem", start="stem"),), "classes": "everyday69", "weights": ("untrained",)},
    }
    return BackboneEntry(**{**values, **changes})


@pytest.mark.parametrize(
    "change",
    [
        {"source": "keras"},
        {"classes": "cifar10"},
        {"weights": ("untrained", "cifar10")},
        {"weights": ("embedded",)},
        {"stages": ()},
        {"weights": ("imagenet", "untrained")},
        {"imagenet": "IMAGENET1K_V1"},
    ],
)
def test_a_row_that_contradicts_itself_is_refused(change: dict[str, Any]) -> None:
    assert row().year == 2015
    assert row().paper.url == "https://arxiv.org/abs/1512.03385"
    with pytest.raises(ValueError, match="x: "):
        row(**change)


def test_embedded_weights_can_be_chosen_once_they_are_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("core.architectures.zoo.backbones.EMBEDDED", tmp_path)
    entry = BACKBONES["tiny_resnet"]
    assert available_weights(entry) == ("untrained",)
    embedded_file(entry).touch()
    assert available_weights(entry) == ("embedded", "untrained")
    assert available_weights(BACKBONES["resnet18"]) == ("imagenet", "untrained")


def test_class_names_are_in_the_order_of_the_logits() -> None:
    assert class_names("imagenet")[207] == "golden retriever"
    assert class_names("everyday69")[:2] == ("dog", "cat")
    synsets = [synset for several in everyday_synsets().values() for synset in several]
    assert len(synsets) == len(set(synsets))
    assert all(re.fullmatch(r"n\d{8}", synset) for synset in synsets)


# --- untrained -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REPRESENTATIVES)
def test_untrained_weights_are_those_of_the_seed_and_the_source(name: str) -> None:
    """Bit for bit, and drawing them leaves the global generator, which all sessions share, as it was."""
    entry = BACKBONES[name]
    torch.manual_seed(7)
    expected = own_builder(entry).state_dict()
    before = torch.get_rng_state()
    backbone = load(name, seed=7)
    assert torch.equal(torch.get_rng_state(), before)
    assert_same(backbone.model.state_dict(), expected)


def test_another_seed_gives_other_weights() -> None:
    first, second = (load("tiny_resnet", seed=seed).model.state_dict() for seed in (0, 1))
    assert not torch.equal(first["stem.conv.weight"], second["stem.conv.weight"])


def test_many_threads_build_at_once_without_disturbing_one_another() -> None:
    names = ["tiny_vgg", "tiny_mobilenet", "squeezenet1_1", "tiny_resnet"] * 2
    expected = {name: load(name, seed=3).model.state_dict() for name in set(names)}
    found: list[tuple[str, Backbone]] = []
    threads = [threading.Thread(target=lambda name=name: found.append((name, load(name, seed=3)))) for name in names]
    torch.manual_seed(11)
    alone = [torch.randn(3) for _ in range(200)]
    torch.manual_seed(11)
    for thread in threads:
        thread.start()
    meanwhile = [torch.randn(3) for _ in range(200)]
    for thread in threads:
        thread.join()
    assert len(found) == len(names)
    for name, backbone in found:
        assert_same(backbone.model.state_dict(), expected[name])
    assert all(torch.equal(a, b) for a, b in zip(alone, meanwhile, strict=True))


def test_a_backbone_is_frozen_in_eval_mode_and_says_what_it_is() -> None:
    backbone = load("tiny_squeezenet", seed=5)
    assert not any(module.training for module in backbone.model.modules())
    assert not any(parameter.requires_grad for parameter in backbone.model.parameters())
    assert not backbone.trained
    assert backbone.description == WEIGHTS["untrained"]
    assert (backbone.weights, backbone.seed, len(backbone.class_names)) == ("untrained", 5, 69)
    tensors = backbone.model.state_dict().values()
    assert backbone.bytes == sum(tensor.numel() * tensor.element_size() for tensor in tensors)


@pytest.mark.parametrize(("name", "weights"), [("resnet19", "untrained"), ("resnet18", "embedded")])
def test_unknown_names_are_problems_that_name_what_there_is(name: str, weights: str) -> None:
    with pytest.raises(UserError, match=r"resnet18|imagenet"):
        load(name, weights)


# --- preprocessing ---------------------------------------------------------------------------------------------------


def test_preprocessing_is_that_of_the_weights() -> None:
    assert load("efficientnet_b1").preprocessing == Preprocessing(resize=256, crop=240, interpolation="bicubic")
    half = (0.5, 0.5, 0.5)
    assert load("xception").preprocessing == Preprocessing(
        resize=333, crop=299, mean=half, std=half, interpolation="bicubic"
    )
    assert load("tiny_vgg").preprocessing == Preprocessing(resize=64, crop=64)


# --- embedded --------------------------------------------------------------------------------------------------------


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that ships made-up weights of a tiny network, with running statistics of their own."""
    monkeypatch.setattr("core.architectures.zoo.backbones.EMBEDDED", tmp_path)

    def ship(name: str) -> Path:
        write_embedded(perturbed(getattr(tiny, name)()), embedded_file(BACKBONES[name]), {"top1": "0.66"})
        return embedded_file(BACKBONES[name])

    return ship


def perturbed(model: nn.Module) -> nn.Module:
    """Return the model with statistics that differ from channel to channel, as if it had been trained."""
    for key, tensor in model.state_dict().items():
        if key.endswith(("running_mean", "running_var")):
            tensor.add_(0.1 * torch.rand_like(tensor))
    return model.eval()


@pytest.mark.parametrize("name", TINY)
def test_embedded_weights_come_back_as_they_were_written(name: str, shipped: Callable[[str], Path]) -> None:
    path = shipped(name)
    assert path.stat().st_size <= 3_000_000
    written = perturbed(getattr(tiny, name)())
    write_embedded(written, path)
    backbone = load(name, "embedded")
    assert backbone.trained
    for key, tensor in backbone.model.state_dict().items():
        expected = written.state_dict()[key]
        assert tensor.dtype == expected.dtype, key
        assert torch.equal(tensor, expected.half().float() if expected.is_floating_point() else expected), key
    picture = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        logits = written(picture)
        assert (backbone.model(picture) - logits).abs().max() < 0.02 * logits.std()


def test_all_embedded_weights_together_stay_small(shipped: Callable[[str], Path]) -> None:
    assert sum(shipped(name).stat().st_size for name in TINY) <= 12_000_000


def test_missing_and_broken_embedded_weights_are_problems(shipped: Callable[[str], Path]) -> None:
    from safetensors.torch import load_file, save_file

    with pytest.raises(DownloadError, match="Tiny VGG"):
        load("tiny_vgg", "embedded")
    path = shipped("tiny_vgg")
    whole = path.read_bytes()
    right = load_file(path)
    key = "stage1.conv1.conv.weight"
    wrong: list[dict[str, Tensor]] = [
        {name: tensor for name, tensor in right.items() if name != key},
        {**right, "extra": torch.zeros(1).half()},
        {**right, key: torch.zeros(32, 3, 5, 5).half()},
        {**right, key: right[key].float()},
        {**right, key: torch.full_like(right[key], float("nan"))},
    ]
    for tensors in wrong:
        path.unlink()
        save_file(tensors, path)
        with pytest.raises(DownloadError, match="does not fit"):
            load("tiny_vgg", "embedded")
    for damaged in (whole[: len(whole) // 2], b"", b"not safetensors at all"):
        path.unlink()
        path.write_bytes(damaged)
        with pytest.raises(DownloadError, match="does not fit"):
            load("tiny_vgg", "embedded")


def test_weights_that_half_precision_cannot_hold_are_not_written(tmp_path: Path) -> None:
    model = tiny.tiny_squeezenet()
    model.state_dict()["stem.conv1.norm.running_var"].fill_(1e6)
    with pytest.raises(ValueError, match="not finite"):
        write_embedded(model, tmp_path / "x.safetensors")
    assert not list(tmp_path.iterdir())


# --- ImageNet --------------------------------------------------------------------------------------------------------


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[dict[str, Tensor]], None]:
    """Return a function that puts a state dict where the published one would be kept, with its hash."""
    monkeypatch.setenv("CONVSCOPE_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))

    def put(state: dict[str, Tensor]) -> None:
        torch.save(state, tmp_path / "made.pth")
        digest = hashlib.sha256((tmp_path / "made.pth").read_bytes()).hexdigest()
        file = RemoteFile(url="https://download.pytorch.org/made.pth", file_name="made.pth", sha256=digest)
        monkeypatch.setattr(loading, "published_file", lambda *names: file)

    return put


def official(entry: BackboneEntry, state: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch) -> nn.Module:
    """Return what torchvision itself makes of a published state dict."""
    monkeypatch.setattr(torchvision.models._api, "load_state_dict_from_url", lambda *_, **__: dict(state))
    monkeypatch.setattr(torchvision.models.densenet, "load_state_dict_from_url", lambda *_, **__: state, raising=False)
    if entry.builder.startswith("mnasnet"):  # insists on the version that torch.load brings along
        model = getattr(torchvision.models, entry.builder)()
        model.load_state_dict(state)
        return model.eval()
    return getattr(torchvision.models, entry.builder)(weights=entry.imagenet).eval()


def published_state(entry: BackboneEntry) -> dict[str, Tensor]:
    """Return weights as the source publishes them: with auxiliary classifiers, under the old names, some in half."""
    both = {"aux_logits": True, "init_weights": False} if entry.auxiliary else {}
    state = perturbed(getattr(torchvision.models, entry.builder)(**both)).state_dict()
    if entry.family == "DenseNet":  # its files are older than num_batches_tracked
        old = {re.sub(r"(denselayer\d+\.)(norm|conv)([12])", r"\1\2.\3", key): state[key] for key in state}
        return {key: tensor for key, tensor in old.items() if "num_batches" not in key}
    if entry.family == "SqueezeNet":
        return {key: tensor.half() for key, tensor in state.items()}
    return state


@pytest.mark.parametrize(
    "name", ["resnet18", "inception_v3", "googlenet", "densenet121", "mnasnet0_5", "squeezenet1_1", "convnext_tiny"]
)
def test_imagenet_weights_give_the_logits_of_the_source(
    name: str, publish: Callable[[dict[str, Tensor]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = BACKBONES[name]
    state = published_state(entry)
    publish(state)
    backbone = load(name, "imagenet")
    picture = torch.randn(1, 3, 96, 96)
    with torch.no_grad():
        assert torch.equal(backbone.model(picture), official(entry, state, monkeypatch)(picture))
    assert backbone.trained
    assert all(parameter.dtype == torch.float32 for parameter in backbone.model.parameters())
    assert sum(parameter.numel() for parameter in backbone.model.parameters()) == entry.parameters


def test_xception_takes_the_weights_of_timm(publish: Callable[[dict[str, Tensor]], None]) -> None:
    reference = perturbed(timm.create_model("legacy_xception"))
    publish(reference.state_dict())
    picture = torch.randn(1, 3, 96, 96)
    with torch.no_grad():
        assert torch.equal(load("xception", "imagenet").model(picture), reference(picture))


def test_imagenet_weights_that_are_not_there_are_missing_and_nothing_is_fetched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CONVSCOPE_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(NotDownloadedError, match=r"resnet18-f37072fd\.pth"):
        load("resnet18", "imagenet")
    assert not list(tmp_path.rglob("*.pth"))


def test_weights_of_another_network_do_not_fit(publish: Callable[[dict[str, Tensor]], None]) -> None:
    publish(tiny.tiny_vgg().state_dict())
    with pytest.raises(DownloadError, match="ResNet-18"):
        load("resnet18", "imagenet")


def test_weights_files_are_those_the_sources_point_to() -> None:
    assert weights_file(BACKBONES["resnet50"]).file_name == "resnet50-0676ba61.pth"
    assert weights_file(BACKBONES["xception"]).file_name == "xception-43020ad28.pth"
    with pytest.raises(ValueError, match="tiny_vgg"):
        weights_file(BACKBONES["tiny_vgg"])
