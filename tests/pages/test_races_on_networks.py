"""The race on networks: what is chosen decides it, it runs elsewhere, and its results are shown and kept."""

from __future__ import annotations

import json
import re
import struct
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import limits
from core.jobs.job import Job
from core.optimization.network_race.config import NetworkRace
from core.optimization.network_race.curves import Curves
from core.optimization.network_race.public_datasets import CIFAR10, FASHION
from core.optimization.network_race.race import run_network_race
from core.optimization.network_race.tasks import TASKS
from pages.components.caches import runners
from tests.pages.opened import Open, address, texts

pytestmark = pytest.mark.usefixtures("hurried")

SHORT = {"on": "network", "task": "moons", "rates": "same", "lr": "0.05", "updates": "12", "optimizers": "sgd,adam"}
RACE = NetworkRace(task="moons", optimizers=("sgd", "adam"), steps=12, batch=32, fairness="same", rate=0.05)


def charts(app: AppTest) -> list[tuple[dict[str, Any], list[np.ndarray]]]:
    """Return what each chart was given: its head and its lines, four arrays each."""
    found = []
    for element in app.get("bidi_component"):
        if element.proto.component_name == "convscope.line_chart":
            payload = element.proto.bytes
            (length,) = struct.unpack_from("<I", payload)
            head = json.loads(payload[4 : 4 + length])
            body = payload[4 + length :]
            blocks = [body[at : at + size] for at, size in head["blocks"]]
            found.append((head, [np.frombuffer(block, "<f4") for block in blocks[: 4 * len(head["series"])]]))
    return found


def press(app: AppTest, name: str) -> AppTest:
    return app.button(key=f"optimizer_race.network.{name}").click().run()


def can_press(app: AppTest, name: str) -> bool:
    return not app.button(key=f"optimizer_race.network.{name}").disabled


def run_until(app: AppTest, condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, texts(app)
        time.sleep(0.1)
        app.run()


def rested(job: Job, above: int = 0) -> int:
    """Return how many events a paused job has sent, more than `above`, once no more come."""
    count, still = -1, 0
    end = time.monotonic() + 60
    while (still < 10 or count <= above) and time.monotonic() < end:
        now = job.events_since(0)[1]
        count, still = now, still + 1 if now == count else 0
        job.heartbeat()
        time.sleep(0.1)
    return count


def has_results(app: AppTest) -> bool:
    return any("What happened" in heading.value for heading in app.subheader)


def raced(open_page: Open, **changes: str) -> AppTest:
    app = open_page("optimizer_race", **{**SHORT, **changes})
    press(app, "start")
    run_until(app, lambda: has_results(app))
    return app


def test_before_the_start_all_is_ready_and_nothing_runs(open_page: Open) -> None:
    app = open_page("optimizer_race", on="network")
    assert not app.exception
    assert "Ready" in app.get("progress")[0].proto.text
    assert can_press(app, "start")
    assert not any(can_press(app, name) for name in ("step", "stop", "reset"))
    ((head, _),) = charts(app)
    assert [one["title"] for one in head["series"]][:2] == ["Gradient descent", "Momentum"]


def test_a_race_is_run_and_shown_as_core_runs_it(open_page: Open) -> None:
    app = raced(open_page, smoothing="0")
    curves = Curves(RACE)
    curves.add(run_network_race(RACE))
    ((head, lines),) = charts(app)
    assert [one["title"] for one in head["series"]] == ["Gradient descent, lr 0.05", "Adam, lr 0.05"]
    for index in range(2):
        line = curves.line(index, "loss")
        assert np.array_equal(lines[4 * index], line.steps.astype("<f4"))
        assert lines[4 * index + 1] == pytest.approx(line.middle, rel=1e-5)
    assert "job" not in address(app)
    table = next(element.proto.body for element in app.get("html") if "results" in element.proto.body)
    accuracy = curves.line(0, "accuracy").middle[-1]
    assert f"{accuracy:.1%}" in table
    assert "ends with the highest held-out accuracy" in texts(app)


def test_the_address_holds_the_whole_race(open_page: Open) -> None:
    link = {
        **SHORT,
        "rates": "tuned",
        "seeds": "2",
        "first_seed": "7",
        "schedule": "cosine",
        "batch": "16",
        "quantity": "accuracy",
        "log": "0",
        "smoothing": "0.5",
        "adam.beta1": "0.5",
    }
    del link["lr"]
    app = open_page("optimizer_race", **link)
    assert {name: address(app)[name] for name in link} == link
    assert "sgd.momentum" not in address(app)
    assert "adam.beta2" not in address(app), "what is as torch.optim has it needs no place"


def test_another_task_begins_with_its_own_length(open_page: Open) -> None:
    app = open_page("optimizer_race", on="network", updates="50")
    app.selectbox(key="optimizer_race.task").set_value("shapes").run()
    assert app.number_input(key="optimizer_race.updates").value == TASKS["shapes"].steps
    assert app.number_input(key="optimizer_race.batch").value == TASKS["shapes"].batch


def test_a_running_race_is_in_the_address_pauses_steps_and_stops(open_page: Open) -> None:
    app = open_page("optimizer_race", **{**SHORT, "updates": "2000", "seeds": "5"})
    press(app, "start")
    run_until(app, lambda: address(app).get("job"))
    run_until(app, lambda: re.search(r"step [1-9]", app.get("progress")[0].proto.text))  # the first takes long
    press(app, "pause")
    assert "paused" in app.get("progress")[0].proto.text
    job = app.session_state["optimizer_race.followed"].job
    count = rested(job)
    press(app, "step")
    assert rested(job, above=count) == count + 1
    press(app, "stop")
    run_until(app, lambda: has_results(app))
    assert "stopped; what there is so far is kept" in app.get("progress")[0].proto.text
    press(app, "reset")
    assert not has_results(app)
    assert can_press(app, "start")


def test_a_link_to_a_race_that_is_gone_says_so(open_page: Open) -> None:
    app = open_page("optimizer_race", **SHORT, job="gone")
    assert "was interrupted" in app.info[0].value
    press(app, "start")
    assert not app.info
    press(app, "stop")
    run_until(app, lambda: can_press(app, "start"))
    assert not app.info


def test_a_race_is_kept_and_laid_under_the_next(open_page: Open) -> None:
    app = raced(open_page)
    app.button(key="optimizer_race.keep").click().run()
    press(app, "start")
    run_until(app, lambda: has_results(app) and not app.button(key="optimizer_race.keep").disabled)
    ((head, lines),) = charts(app)
    titles = [one["title"] for one in head["series"]]
    assert titles[2:] == ["Two moons 1 · Gradient descent", "Two moons 1 · Adam"]
    assert [one["faded"] for one in head["series"]] == [False, False, True, True]
    assert np.array_equal(lines[1], lines[9]), "the same seed gives the same race"
    app.button(key="optimizer_race.keep").click().run()
    ((head, _),) = charts(app)
    assert len(head["series"]) == 6


def test_learning_rates_that_were_tried_are_shown(open_page: Open) -> None:
    app = open_page("optimizer_race", **{**SHORT, "rates": "tuned", "updates": "10"})
    press(app, "start")
    run_until(app, lambda: has_results(app))
    (_, (trials, _)) = charts(app)
    assert trials["xLog"]
    assert all(one["mark"] in (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0) for one in trials["series"])


def test_a_diverged_method_is_explained(open_page: Open) -> None:
    app = open_page("optimizer_race", **{**SHORT, "optimizers": "sgd,adam,rprop", "lr": "10", "task": "digits"})
    press(app, "start")
    run_until(app, lambda: has_results(app))
    assert not app.exception


def test_a_full_queue_is_explained_and_one_can_try_again(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "JOBS_WAITING", 0)
    app = open_page("optimizer_race", **SHORT)
    press(app, "start")
    assert "waiting for their turn" in app.error[0].value
    monkeypatch.undo()
    press(app, "start")
    assert not app.error
    run_until(app, lambda: address(app).get("job"))
    press(app, "stop")
    run_until(app, lambda: can_press(app, "start"))
    assert not app.error


def test_without_runners_there_is_no_race(open_page: Open) -> None:
    app = open_page("optimizer_race", **{**SHORT, "optimizers": "none"})
    assert "Choose an optimizer" in app.info[0].value
    assert not app.exception


@pytest.mark.parametrize(("task", "size"), [("fashion", FASHION), ("cifar10", CIFAR10)])
def test_data_that_has_to_be_fetched_is_offered_with_its_size(open_page: Open, task: str, size: Any) -> None:
    app = open_page("optimizer_race", on="network", task=task)
    megabytes = sum(file.size for file in size) / 1e6
    assert f"{megabytes:.0f} MB" in texts(app)
    assert not runners.downloads().running
    assert "need no internet" in texts(app)


def test_a_race_goes_on_while_one_is_on_another_page(open_page: Open) -> None:
    app = open_page("optimizer_race", **{**SHORT, "updates": "2000", "seeds": "5"})
    press(app, "start")
    job = app.session_state["optimizer_race.followed"].job
    app.switch_page("pages/visualization/page.py").run()
    assert not app.exception
    assert any("Two moons, seed 0" in one.proto.text for one in app.sidebar.get("progress"))
    app.switch_page("pages/optimizer_race/page.py").run()
    assert app.session_state["optimizer_race.followed"].job is job
    assert not app.sidebar.get("progress")
    app.segmented_control(key="optimizer_race.on").set_value("surface").run()
    assert any("Two moons, seed 0" in one.proto.text for one in app.sidebar.get("progress"))
    app.segmented_control(key="optimizer_race.on").set_value("network").run()
    press(app, "stop")
