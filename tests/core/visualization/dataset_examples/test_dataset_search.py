"""What a search finds is what a plain loop with a sort finds, in bounded memory, and it leaves nothing behind."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from types import GeneratorType

import numpy as np
import pytest

from core import limits
from core.architectures.loading import Backbone
from core.errors import UserError
from core.images.picture import Picture
from core.images.preprocessing import Fit
from core.jobs.runner import JobRunner
from core.jobs.worker import find
from core.uploads.files import UploadedFile
from core.visualization.activations.activation_capture import capture
from core.visualization.dataset_examples.image_collections import WHOLE, Item
from core.visualization.dataset_examples.ranking import ENTRY, End, Entries, Found, FoundEvent, Scan, Table, best
from core.visualization.dataset_examples.scanner import Scanner
from core.visualization.dataset_examples.search import scan, search
from core.visualization.dataset_examples.uploaded_collection import Uploads
from tests.core import pictures
from tests.core.conftest import MakeBackbone

ENDS: tuple[End, ...] = ("most", "least")
LAYER = "stage2.block1.conv2.conv"


@dataclass(frozen=True)
class Noise:
    """`count` different pictures; those at `broken` cannot be read, and `repeated` are all the same."""

    count: int
    broken: tuple[int, ...] = ()
    repeated: bool = False

    @property
    def identity(self) -> str:
        return f"noise {self.count}"

    def __len__(self) -> int:
        return self.count

    def item(self, index: int) -> Item:
        if index in self.broken:
            raise UserError("“{name}” is broken.", name=str(index))
        seed = 0 if self.repeated else index
        values = np.random.default_rng(seed).integers(0, 256, (5, 5, 3)).astype(np.uint8)
        image = pictures.Image.fromarray(values).resize((80, 64), pictures.Image.Resampling.BICUBIC)
        return Item(picture := Picture(str(index), f"{index}", 80, 64, "PNG", image), picture, WHOLE, picture.name)

    def source(self, index: int) -> int:
        return index


def config(collection: Noise, backbone: Backbone, *layers: str, **changes: object) -> Scan:
    return Scan(collection=collection, backbone=backbone.entry.name, layers=layers, **changes)  # type: ignore[arg-type]


def found(scan_: Scan, backbone: Backbone) -> Found:
    return Found(scan_.kept).add(search(scan_, backbone))


def looks(collection: Noise, backbone: Backbone, layer: str, fit: Fit = "crop") -> list[tuple[np.ndarray, np.ndarray]]:
    """Return (maps of the layer, logits) of each picture, by one pass each."""
    taken = []
    for index in range(len(collection)):
        activations = capture(backbone, collection.item(index).picture, fit)
        taken.append((activations.maps(layer), activations.logits))
    return taken


def naive(scores: list[float], kept: int, end: End) -> list[tuple[int, float]]:
    """Return places and scores of the best, of equal scores the earlier."""
    order = sorted(range(len(scores)), key=lambda index: (-scores[index] if end == "most" else scores[index], index))
    return [(index, scores[index]) for index in order[:kept]]


def assert_same(hits: object, expected: list[tuple[int, float]], scores: list[float]) -> None:
    """Places are the same, but for scores that differ by no more than rounding."""
    assert len(hits) == len(expected)  # type: ignore[arg-type]
    for hit, (_place, score) in zip(hits, expected, strict=True):  # type: ignore[call-overload]
        assert hit.score == pytest.approx(score, rel=1e-4, abs=1e-4)
        assert hit.score == pytest.approx(scores[hit.picture], rel=1e-4, abs=1e-4)
    assert len({hit.picture for hit in hits}) == len(expected)  # type: ignore[attr-defined]


# --- against a plain loop ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(make_backbone: MakeBackbone) -> Backbone:
    return make_backbone("tiny_resnet")


@pytest.mark.parametrize("fit", ["crop", "letterbox"])
@pytest.mark.parametrize("layer", [LAYER, "stage1.block1.conv1.relu", "stage2.block1.add", "head.linear"])
def test_channels_are_ranked_by_their_maxima(tiny: Backbone, layer: str, fit: Fit) -> None:
    collection = Noise(10)
    result = found(config(collection, tiny, layer, kept=4, fit=fit), tiny)
    taken = looks(collection, tiny, layer, fit)
    for channel in range(0, len(taken[0][0]), 5):
        scores = [float(maps[channel].max()) for maps, _ in taken]
        for end in ENDS:
            hits = result.hits(Table("channel", end, layer), channel)
            assert_same(hits, naive(scores, 4, end), scores)
            for hit in hits:
                picture = taken[hit.picture][0][channel]
                if hit.row >= 0:
                    assert picture[hit.row, hit.column] == pytest.approx(picture.max(), rel=1e-4, abs=1e-4)
                else:
                    assert np.ptp(picture) == 0
                    assert picture.size > 1


def test_classes_are_ranked_by_logit_and_by_probability(tiny: Backbone) -> None:
    collection = Noise(10)
    result = found(config(collection, tiny, kept=4), tiny)
    logits = np.stack([logits for _, logits in looks(collection, tiny, LAYER)]).astype(np.float64)
    exponents = np.exp(logits - logits.max(1, keepdims=True))
    probabilities = exponents / exponents.sum(1, keepdims=True)
    for kind, scores, beside in (("logit", logits, probabilities), ("probability", probabilities, logits)):
        for index in (0, 7, 68):
            for end in ENDS:
                hits = result.hits(Table(kind, end), index)  # type: ignore[arg-type]
                assert_same(hits, naive(scores[:, index].tolist(), 4, end), scores[:, index].tolist())
                assert all(hit.beside == pytest.approx(beside[hit.picture, index], rel=1e-3) for hit in hits)
                assert all((hit.row, hit.column) == (-1, -1) for hit in hits)


def test_units_are_ranked_by_one_cell(tiny: Backbone) -> None:
    collection = Noise(10)
    result = found(config(collection, tiny, LAYER, cell=(3, 9), kept=4), tiny)
    taken = looks(collection, tiny, LAYER)
    for channel in (0, 11):
        scores = [float(maps[channel, 3, 9]) for maps, _ in taken]
        for end in ENDS:
            hits = result.hits(Table("unit", end, LAYER), channel)
            assert_same(hits, naive(scores, 4, end), scores)
            assert all((hit.row, hit.column) == (3, 9) and math.isnan(hit.beside) for hit in hits)


@pytest.mark.parametrize(
    ("name", "side", "layer"),
    [
        ("inception_v3", 96, "Mixed_5b.branch_pool.relu"),
        ("squeezenet1_1", 64, "features.4.cat"),
        ("densenet121", 32, "features.denseblock1.denselayer2.cat"),
        ("mobilenet_v3_small", 32, "features.4.block.2.mul"),
        ("shufflenet_v2_x0_5", 32, "stage2.0.cat"),
        ("convnext_tiny", 32, "features.1.0.block.2"),
    ],
)
def test_every_kind_of_backbone_is_searched(make_backbone: MakeBackbone, name: str, side: int, layer: str) -> None:
    backbone = make_backbone(name, side)
    collection = Noise(4)
    taken = looks(collection, backbone, layer)
    result = found(config(collection, backbone, layer, kept=3), backbone)
    for channel in range(0, len(taken[0][0]), 7):
        scores = [float(maps[channel].max()) for maps, _ in taken]
        for end in ENDS:
            assert_same(result.hits(Table("channel", end, layer), channel), naive(scores, 3, end), scores)


def test_several_layers_are_searched_in_one_pass(tiny: Backbone) -> None:
    layers = (LAYER, "stage3.block1.conv1.norm")
    together = found(config(Noise(9), tiny, *layers), tiny)
    for layer in layers:
        alone = found(config(Noise(9), tiny, layer), tiny)
        for end in ENDS:
            table = Table("channel", end, layer)
            one, other = alone.tables[table], together.tables[table]
            for field in set(one.dtype.names) - {"score", "beside"}:
                assert np.array_equal(one[field], other[field])
            np.testing.assert_allclose(one["score"], other["score"], rtol=1e-4, atol=1e-6)


def test_an_unknown_layer_is_a_key_error(tiny: Backbone) -> None:
    with pytest.raises(KeyError):
        found(config(Noise(2), tiny, "nowhere"), tiny)


@pytest.mark.parametrize("changes", [{"kept": 0}, {"first": 0}, {"fit": "stretch"}, {"cell": (0, 0)}])
def test_what_makes_no_search_is_refused(tiny: Backbone, changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no search"):
        config(Noise(2), tiny, **changes)


# --- order ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [1, 3, 32])
def test_of_equal_scores_the_earlier_picture_comes_first(
    tiny: Backbone, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SCAN_AT_ONCE", at_once)
    result = found(config(Noise(8, repeated=True), tiny, LAYER, kept=4), tiny)
    for end in ENDS:
        assert [hit.picture for hit in result.hits(Table("channel", end, LAYER), 5)] == [0, 1, 2, 3]


@pytest.mark.parametrize("end", ENDS)
def test_the_best_are_the_best_of_all_seen(end: End) -> None:
    """Whatever the order and the parts in which entries come."""
    chance = np.random.default_rng(1)
    entries = np.zeros(900, ENTRY)
    entries["owner"], entries["picture"] = chance.integers(0, 7, 900), chance.permutation(900)
    entries["score"] = chance.integers(-20, 20, 900) / 8  # many are equal
    entries["score"][::97] = -0.0
    kept: Entries = entries[:0]
    for part in np.array_split(entries, 23):
        kept = best(kept, part, 5, end)
    assert len(kept) == 35
    for owner in range(7):
        own = entries[entries["owner"] == owner]
        sign = -1 if end == "most" else 1
        expected = sorted(zip(sign * own["score"], own["picture"], strict=True))[:5]
        mine = kept[kept["owner"] == owner]
        assert list(zip(sign * mine["score"], mine["picture"], strict=True)) == expected


def test_what_is_no_number_is_never_found(tiny: Backbone) -> None:
    broken = copy.deepcopy(tiny.model)
    next(broken.parameters()).fill_(math.nan)
    backbone = Backbone(tiny.entry, "untrained", 0, broken, tiny.preprocessing, tiny.class_names)
    assert found(config(Noise(3), backbone, LAYER), backbone).hits(Table("channel", "most", LAYER), 0) == ()


# --- a stream in bounded memory ---------------------------------------------------------------------------------------


def test_memory_does_not_grow_with_the_collection() -> None:
    chance = np.random.default_rng(0)

    def after(count: int) -> tuple[int, int]:
        """Return the bytes kept and the bytes reported after `count` pictures of 10 channels."""
        result, reported = Found(4), 0
        table = Table("channel", "most", "conv")
        for index in range(count):
            kept = result.tables.get(table, np.empty(0, ENTRY))
            news = np.zeros(10, ENTRY)
            news["owner"], news["picture"], news["score"] = range(10), index, chance.normal(size=10)
            worst = np.full(10, -np.inf)
            if len(kept) == 40:
                worst = kept["score"][3::4]
            news = news[news["score"] > worst]
            reported += news.nbytes
            result.add([FoundEvent(step=index + 1, total_steps=count, news={table: news})])
        return result.bytes, reported

    few, many = after(40), after(800)
    assert few[0] == many[0] == 10 * 4 * ENTRY.itemsize
    assert many[1] < few[1] * 4  # grows with the logarithm


def test_events_add_up_to_the_result_and_pickle(tiny: Backbone) -> None:
    events = list(search(config(Noise(40, broken=(3,)), tiny, LAYER, kept=3), tiny))
    assert [event.step for event in events] == sorted(event.step for event in events)
    assert events[-1].step == events[-1].total_steps == 40
    copies = pickle.loads(pickle.dumps(events))
    step_by_step, at_once = Found(3), Found(3).add(copies)
    for event in events:
        step_by_step.add([event])
    assert step_by_step.tables.keys() == at_once.tables.keys()
    for table, entries in at_once.tables.items():
        assert entries.tobytes() == step_by_step.tables[table].tobytes()
    assert max(len(pickle.dumps(event)) for event in events) < limits.JOB_EVENT_BYTES / 10


def test_what_cannot_be_read_is_skipped_and_named(tiny: Backbone) -> None:
    result = found(config(Noise(40, broken=tuple(range(2, 36))), tiny, LAYER), tiny)
    assert result.skipped_count == 34
    assert len(result.skipped) == 20
    assert result.skipped[0].reason.format(**result.skipped[0].values) == "“2” is broken."
    assert {hit.picture for hit in result.hits(Table("channel", "most", LAYER), 0)} <= {0, 1, 36, 37, 38, 39}


def test_only_the_first_are_looked_at(tiny: Backbone) -> None:
    result = found(config(Noise(40), tiny, LAYER, first=7), tiny)
    assert result.step == result.total_steps == 7
    assert max(hit.picture for hit in result.hits(Table("logit", "most"), 0)) < 7


def test_an_empty_collection_has_no_hits(tiny: Backbone) -> None:
    assert found(config(Noise(0), tiny, LAYER), tiny).hits(Table("logit", "most"), 0) == ()


def test_classes_are_kept_for_every_layer(tiny: Backbone) -> None:
    whole = found(config(Noise(4), tiny, LAYER), tiny)
    classes = whole.of_classes()
    assert classes.hits(Table("logit", "most"), 3) == whole.hits(Table("logit", "most"), 3)
    assert classes.bytes < whole.bytes
    assert not any(table.layer for table in classes.tables)


def test_batches_are_as_large_as_memory_allows(tiny: Backbone, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Scanner(config(Noise(1), tiny), tiny).at_once == limits.SCAN_AT_ONCE
    monkeypatch.setattr(limits, "SCAN_BYTES", 5 * tiny.capture_bytes)
    assert Scanner(config(Noise(1), tiny), tiny).at_once == 5
    monkeypatch.setattr(limits, "SCAN_BYTES", 1)
    assert Scanner(config(Noise(1), tiny), tiny).at_once == 1


# --- cancelling, and what is left behind ------------------------------------------------------------------------------


def state(backbone: Backbone) -> Iterator[object]:
    for name, tensor in backbone.model.state_dict().items():
        yield name, tensor.numpy().tobytes()
    for module in backbone.model.modules():
        yield module.training, len(module._forward_hooks), len(module._forward_pre_hooks), len(module._backward_hooks)
    for parameter in backbone.model.parameters():
        yield parameter.requires_grad


def test_cancelled_midway_it_keeps_what_it_has_and_leaves_the_network_alone(tiny: Backbone) -> None:
    before = list(state(tiny))
    events = search(config(Noise(400), tiny, LAYER), tiny)
    assert isinstance(events, GeneratorType)
    result = Found()
    for _ in range(3):
        result.add([next(events)])
    events.close()
    assert result.step == 2 * limits.SCAN_AT_ONCE
    assert len(result.hits(Table("channel", "least", LAYER), 0)) == result.kept
    assert list(state(tiny)) == before


def test_after_a_search_the_network_is_as_it_was(tiny: Backbone) -> None:
    tiny.model.train()
    before = list(state(tiny))
    try:
        found(config(Noise(5), tiny, LAYER), tiny)
        assert list(state(tiny)) == before
    finally:
        tiny.model.eval()


def test_a_search_travels_to_a_worker_with_its_pictures() -> None:
    """As `core.jobs` sends it: the function by its name, the pickled order; and from an ended job the order is gone."""
    photograph = pictures.save(pictures.photograph(90, 70), "PNG")
    another = pictures.save(pictures.photograph(40, 50), "JPEG")
    uploads = Uploads().added([UploadedFile("a.png", photograph), UploadedFile("b.jpg", another)])
    runner = JobRunner(slots=0)
    job = runner.submit("me", scan, Scan(collection=uploads, backbone="tiny_resnet", seed=3, layers=(LAYER,)))
    work, order = find(job.order.module, job.order.qualname), pickle.loads(job.order.config)
    result = Found(order.kept).add(work(order))  # type: ignore[arg-type]
    assert len(result.hits(Table("channel", "most", LAYER), 0)) == 2
    job.cancel()
    assert job.order.config == b""
    runner.close()
