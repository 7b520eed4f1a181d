"""Representative pictures found in a collection: chosen, searched, shown while it goes on, and kept private."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import limits
from core.architectures.loading import load
from core.datasets.sample_images import SAMPLES, sample
from core.uploads.files import UploadedFile
from core.visualization.activations.activation_capture import capture
from core.visualization.dataset_examples.ranking import FoundEvent, Scan
from core.visualization.dataset_examples.search import search
from pages.components.caches import runners, visualization
from pages.visualization.dataset_examples import query, search_jobs, uploaded_collection
from pages.visualization.dataset_examples import section as found
from pages.visualization.selection import make_selection
from tests.pages.opened import Open, address, texts

LINK = {"section": "images", "origin": "found", "layer": "stage2.block2.relu", "channel": 5}


def picture(shade: int, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image = Image.linear_gradient("L").resize((60, 50)).rotate(90 * shade)
    Image.merge("RGB", [image, image.point(lambda value: value * shade // 4), image]).save(buffer, kind)
    return buffer.getvalue()


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for shade, name in enumerate(names):
            packed.writestr(zipfile.ZipInfo(name), picture(shade))  # without the time, which would tell them apart
    return buffer.getvalue()


def rows(app: AppTest) -> list[dict[str, Any]]:
    """Return what the hits component was given, nothing where it is not drawn."""
    for element in app.get("bidi_component"):
        if element.proto.component_name == "convscope.dataset_examples":
            return list(json.loads(element.proto.json)["rows"])
    return []


def uploader(app: AppTest) -> Any:
    """Return the uploader of the collection; the sidebar has one of its own."""
    return next(one for one in app.get("file_uploader") if "own_uploader" in (one.key or ""))


def add(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    """Take over files as the uploader's callback does."""
    try:
        uploads = app.session_state[uploaded_collection.OWN]
    except KeyError:
        uploads = uploaded_collection.Uploads()
    app.session_state[uploaded_collection.OWN] = uploads.added([UploadedFile(name, data) for name, data in files])
    return app.run()


class Followable:
    """Stands for a job of which the test says how far it is."""

    id = "abc"
    problem = position = None
    paused_seconds = 0.0

    def __init__(self, config: Scan) -> None:
        self.coming = list(search(config, load(config.backbone, config.weights, config.seed)))
        self.events: list[FoundEvent] = []
        self.state = "running"

    @property
    def latest(self) -> FoundEvent | None:
        return self.events[-1] if self.events else None

    @property
    def has_ended(self) -> bool:
        return self.state in {"done", "cancelled"}

    def events_since(self, count: int) -> tuple[list[FoundEvent], int]:
        return self.events[count:], len(self.events)

    def go_on(self, count: int) -> None:
        self.events += self.coming[:count]
        del self.coming[:count]

    def heartbeat(self) -> None: ...

    pause = resume = step = heartbeat

    def cancel(self) -> None:
        self.state = "cancelled"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> list[Followable]:
    """The jobs that were started; nothing is quick, and a batch is one picture."""
    jobs: list[Followable] = []

    def submit(_owner: str, _work: object, config: Scan, **_limits: object) -> Followable:
        jobs.append(Followable(config))
        return jobs[-1]

    monkeypatch.setattr(runners, "trainings", lambda: SimpleNamespace(submit=submit))
    monkeypatch.setattr(query, "FEW", 0)
    monkeypatch.setattr(limits, "SCAN_AT_ONCE", 1)
    return jobs


# --- at once ----------------------------------------------------------------------------------------------------------


def test_the_samples_are_searched_at_once(open_page: Open) -> None:
    app = open_page(**LINK)
    assert not app.exception
    most, least = rows(app)
    assert (len(most["items"]), len(least["items"])) == (10, 5)
    assert "channel 5 of stage2.block2.relu" in most["heading"]
    scores = [float(item["score"]) for item in most["items"]]
    assert scores == sorted(scores, reverse=True)
    titles = {SAMPLES[name].title for name in SAMPLES}
    assert {item["title"] for item in most["items"]} <= titles
    for item in most["items"]:
        left, top, right, bottom = item["region"]
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1
    assert {"of": "channel", "collection": "samples", "channel": "5"}.items() <= address(app).items()
    assert {"first", "rank", "class"}.isdisjoint(address(app))


def test_another_channel_costs_no_pass(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_page(**LINK)
    before = rows(app)[0]["items"]

    def refuse(*_arguments: object) -> None:
        raise AssertionError("it was searched again")

    monkeypatch.setattr(search_jobs, "search", refuse)
    app.number_input(key="visualization.found_channel").set_value(9).run()
    assert not app.exception
    assert rows(app)[0]["items"] != before
    assert address(app)["channel"] == "9"


def test_a_unit_and_a_class_are_targets_too(open_page: Open) -> None:
    app = open_page(**LINK, of="unit", row=3, column=4)
    assert "row 3, column 4" in rows(app)[0]["heading"]
    assert all(item["detail"] == "row 3, column 4" for item in rows(app)[0]["items"])
    app = open_page(**{**LINK, "of": "class", "rank": "probability", "class": 20})
    name = load("tiny_resnet", "embedded").class_names[20]
    assert name in rows(app)[0]["heading"]
    assert "%" in rows(app)[0]["items"][0]["score"]
    assert {"of": "class", "rank": "probability", "class": "20"}.items() <= address(app).items()


def test_it_speaks_the_language_of_the_visitor(open_page: Open) -> None:
    app = open_page(**LINK, locale="es-ES")
    assert any("," in item["score"] for item in rows(app)[0]["items"])


def test_top_patches_are_there_for_other_views() -> None:
    backbone = load("tiny_resnet", "embedded")
    photograph = sample("coffee")
    activations = capture(backbone, photograph)
    selection = make_selection(photograph, backbone, "crop", activations, activations.layer("stage2.block2.relu"))
    patches = found.top_patches(replace(selection, asked_channel=5), 4)
    assert len(patches) == 4
    assert patches[0].patch.hit.score >= patches[-1].patch.hit.score
    assert patches[0].title


# --- one's own --------------------------------------------------------------------------------------------------------


def test_an_empty_collection_asks_for_pictures_and_says_the_limits(open_page: Open) -> None:
    app = open_page(**LINK, collection="mine")
    said = texts(app)
    assert "Add your own pictures" in said
    assert "50 MB, 2000 files and 500 MB" in said
    assert rows(app) == []


def test_own_pictures_and_archives_are_searched_and_can_be_removed(open_page: Open) -> None:
    app = open_page(**LINK, collection="mine")
    add(app, ("one.png", picture(1)), ("two.jpg", picture(2, "JPEG")), ("more.zip", archive("a.png", "notes/b.png")))
    assert not app.exception
    assert "**4 pictures**" in texts(app)
    assert {item["title"] for item in rows(app)[0]["items"]} == {"one.png", "two.jpg", "a.png", "b.png"}
    app.button(key="visualization.own_remove").click().run()
    assert rows(app) == []
    assert "Add your own pictures" in texts(app)


def test_nobody_sees_the_pictures_of_another(open_page: Open) -> None:
    add(open_page(**LINK, collection="mine"), ("secret.png", picture(3)))
    other = open_page(**LINK, collection="mine")
    assert rows(other) == []
    add(other, ("other.png", picture(0)))
    assert {item["title"] for item in rows(other)[0]["items"]} == {"other.png"}


def test_an_upload_is_taken_over_and_let_go(open_page: Open) -> None:
    app = open_page(**LINK, collection="mine")
    uploader(app).upload("photo.png", picture(1), "image/png")
    app.run()
    assert not app.exception
    assert len(app.session_state[uploaded_collection.OWN]) == 1
    assert app.session_state[uploaded_collection.TURN] == 1
    assert [item["title"] for item in rows(app)[0]["items"]] == ["photo.png"]


def test_an_archive_that_is_refused_says_why_and_changes_nothing(open_page: Open) -> None:
    app = open_page(**LINK, collection="mine")
    add(app, ("one.png", picture(1)))
    uploader(app).upload("bomb.zip", archive(*map(str, range(2001))), "application/zip")
    app.run()
    assert not app.exception
    assert "more than 2000 files" in " ".join(error.value for error in app.error)
    assert [item["title"] for item in rows(app)[0]["items"]] == ["one.png"]


def test_what_could_not_be_read_is_named(open_page: Open) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("notes.txt", b"hello")
        packed.writestr("a.png", picture(2))
    app = add(open_page(**LINK, collection="mine"), ("mixed.zip", buffer.getvalue()))
    assert any("notes.txt" in text.value for text in app.text)


# --- what takes long --------------------------------------------------------------------------------------------------


def test_a_long_search_is_started_followed_and_kept(open_page: Open, slow: list[Followable]) -> None:
    app = add(open_page(**LINK, collection="mine"), ("more.zip", archive("a.png", "b.png", "c.png", "d.png")))
    assert "Start the search" in texts(app)
    assert rows(app) == []
    app.button(key=f"{found.PLAYER}.start").click().run()
    assert not app.exception
    (job,) = slow
    job.go_on(3)
    app.run()
    assert len(rows(app)[0]["items"]) == 2
    job.go_on(9)
    job.state = "done"
    app.run()
    app.run()
    assert len(rows(app)[0]["items"]) == 4
    again = add(open_page(**LINK, collection="mine"), ("same.zip", archive("a.png", "b.png", "c.png", "d.png")))
    assert len(rows(again)[0]["items"]) == 4
    assert len(slow) == 1


def test_a_stopped_search_keeps_what_it_has(open_page: Open, slow: list[Followable]) -> None:
    app = add(open_page(**LINK, collection="mine"), ("more.zip", archive("a.png", "b.png", "e.png")))
    app.button(key=f"{found.PLAYER}.start").click().run()
    slow[0].go_on(2)
    app.run()
    app.button(key=f"{found.PLAYER}.stop").click().run()
    app.run()
    assert not app.exception
    assert len(rows(app)[0]["items"]) == 1
    assert not app.button(key=f"{found.PLAYER}.start").disabled


def test_what_has_to_be_fetched_is_offered(open_page: Open) -> None:
    app = open_page(**LINK, collection="cifar10")
    assert not app.exception
    assert "has to be fetched once, 170 MB" in texts(app)
    assert address(app)["first"] == "1000"
    assert rows(app) == []


def test_results_have_a_bound() -> None:
    assert visualization.found.store()._values.maxsize == limits.FOUND_BYTES
