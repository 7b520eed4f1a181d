"""Pictures made by gradient ascent: chosen, followed while they grow, and what the network says of them in the end."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.architectures.loading import load
from core.visualization.feature_visualization.history import History
from core.visualization.feature_visualization.objectives import Channel, Direction, Logit, Unit, Weighted
from core.visualization.feature_visualization.records import Frame, Made, Maximisation
from core.visualization.predictions import top_classes
from pages.components.caches import runners
from pages.visualization.feature_visualization import options
from pages.visualization.feature_visualization import section as made
from tests.pages.opened import Open, address

LINK = {"section": "images", "origin": "made", "layer": "stage2.block2.relu", "channel": 5, "ascent_steps": 8}
CLASS = {**LINK, "of": "class", "class": 20}


class Followable:
    """Stands for a job of which the test says how far it is."""

    id = "abc"
    problem = position = None
    paused_seconds = 0.0

    def __init__(self, work: Callable[[Maximisation], Iterable[Frame]], config: Maximisation) -> None:
        self.config = config
        self.coming = list(work(config))
        self.events: list[Frame] = []
        self.state = "running"

    @property
    def latest(self) -> Frame | None:
        return self.events[-1] if self.events else None

    @property
    def has_ended(self) -> bool:
        return self.state in {"done", "cancelled"}

    def events_since(self, count: int) -> tuple[list[Frame], int]:
        return self.events[count:], len(self.events)

    def go_on(self, count: int | None = None) -> None:
        taken = self.coming[:count]
        self.events += taken
        del self.coming[: len(taken)]
        if not self.coming:
            self.state = "done"

    def heartbeat(self) -> None: ...

    pause = resume = step = heartbeat

    def cancel(self) -> None:
        self.state = "cancelled"


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[Followable]:
    """The jobs that were started."""
    started: list[Followable] = []

    def submit(_owner: str, work: Any, config: Maximisation, **_limits: object) -> Followable:
        started.append(Followable(work, config))
        return started[-1]

    monkeypatch.setattr(runners, "trainings", lambda: SimpleNamespace(submit=submit))
    return started


def component(app: AppTest, name: str) -> tuple[dict[str, Any], list[bytes]]:
    """Return what a component of the canvas was given: its head and its blocks."""
    payload = next(
        one.proto.bytes for one in app.get("bidi_component") if one.proto.component_name == f"convscope.{name}"
    )
    (length,) = struct.unpack_from("<I", payload)
    head = json.loads(payload[4 : 4 + length])
    return head, [payload[4 + length + at :][:size] for at, size in head["blocks"]]


def table(app: AppTest) -> str:
    return "".join(str(one.proto.body) for one in app.get("html") if "results" in one.proto.body)


def press(app: AppTest, name: str) -> AppTest:
    return app.button(key=f"{made.PLAYER}.{name}").click().run()


def asked(app: AppTest, jobs: list[Followable]) -> Maximisation:
    assert not app.exception
    press(app, "start")
    assert not app.exception
    return jobs[-1].config


def test_a_class_grows_is_compared_and_is_kept(open_page: Open, jobs: list[Followable]) -> None:
    app = open_page(**CLASS)
    head, blocks = component(app, "live_images")
    assert [item["title"] for item in head["items"]][1] == "Best so far"
    assert not blocks[1]
    assert not table(app)
    assert {"of": "class", "class": "20", "ascent_steps": "8"}.items() <= address(app).items()
    assert {"noise", "opposite", "jitter", "parametrisation"}.isdisjoint(address(app))
    assert asked(app, jobs) == Maximisation(backbone="tiny_resnet", objective=Logit(20), steps=8)
    (job,) = jobs
    job.go_on(4)
    app.run()
    head, (now, best) = component(app, "live_images")
    history = History().add(job.events)
    assert now == job.events[-1].pictures[0]
    assert best == history.best[0]
    assert "step 3" in head["items"][0]["note"]
    assert len(component(app, "line_chart")[0]["series"]) == 2
    job.go_on()
    app.run()
    app.run()
    assert not app.exception
    result = job.events[-1]
    assert isinstance(result, Made)
    head, (best, found) = component(app, "live_images")
    assert best == result.pictures[0]
    assert Image.open(io.BytesIO(found)).size[0] > 1
    said = next(one for one in top_classes(result.logits[0], tuple(map(str, range(69))), 69) if one.index == 20)
    assert "Best found" in table(app)
    assert f"{100 * said.probability:.1f} %" in table(app)
    assert load("tiny_resnet", "embedded").class_names[20] in table(app)
    app.segmented_control(key="visualization.of").set_value("channel").run()
    assert not table(app)
    app.segmented_control(key="visualization.of").set_value("class").run()
    assert component(app, "live_images")[1][0] == result.pictures[0]


def test_what_was_stopped_keeps_its_best(open_page: Open, jobs: list[Followable]) -> None:
    app = open_page(**{**LINK, "opposite": 1, "noise": 3})
    config = asked(app, jobs)
    assert config.objective == Weighted(-1.0, Channel("stage2.block2.add", 5))
    assert config.seed == 3
    jobs[0].go_on(5)
    press(app, "stop")
    app.run()
    assert not app.exception
    assert component(app, "live_images")[1][0] == History().add(jobs[0].events).best[0]
    assert "Least found" in table(app)
    assert "Smallest value" in table(app)


def test_the_ladder_stands_side_by_side(open_page: Open, jobs: list[Followable]) -> None:
    app = open_page(**{**CLASS, "pictures": "ladder"})
    asked(app, jobs)
    jobs[0].go_on()
    app.run()
    app.run()
    assert not app.exception
    head, blocks = component(app, "live_images")
    titles = [item["title"] for item in head["items"]]
    assert titles == ["Pixels", "+ smoothing", "+ frequencies", "+ uncorrelated colours", "+ random changes"]
    assert all("logit" in item["note"] and "%" in item["note"] for item in head["items"])
    assert blocks == list(jobs[0].events[-1].pictures)
    assert all(title in table(app) for title in titles)
    assert len(component(app, "line_chart")[0]["series"]) == 5


def test_other_targets_and_ingredients(
    open_page: Open, jobs: list[Followable], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.visualization.feature_visualization.runs.maximise", lambda _config: [])
    cell = {"row": 3, "column": 4}
    assert asked(open_page(**LINK, of="unit", **cell), jobs).objective == Unit("stage2.block2.add", 5, 3, 4)
    changed = {"pictures": 4, "diversity": 2, "parametrisation": "pixel", "uncorrelated": 0, "jitter": 0.05, "decay": 1}
    app = open_page(**LINK, of="direction", **cell, **changed)
    config = asked(app, jobs)
    assert isinstance(config.objective, Direction)
    assert len(config.objective.weights) == 48
    assert np.any(config.objective.weights)
    assert (config.pictures, config.diversity, config.parametrisation, config.decorrelated) == (4, 2.0, "pixel", False)
    assert (config.robustness.jitter, config.decay) == (0.05, 1.0)
    assert {"jitter": "0.05", "parametrisation": "pixel"}.items() <= address(app).items()
    assert len(component(app, "live_images")[0]["items"]) == 4


def test_settings_begin_where_the_core_does() -> None:
    usual = Maximisation(backbone="tiny_resnet", objective=Logit(0))
    assert (options.SMOOTHING.default, options.DECAY.default) == (usual.total_variation, usual.decay)
    assert (options.RATE.default, options.STEPS.default) == (usual.rate, usual.steps)
    assert options.PARAMETRISATION.default == usual.parametrisation
