"""The page of the race: what is chosen decides the race, and the address holds all of it."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.optimization.optimizers import OPTIMIZERS
from core.optimization.surface_race.experiments import floors
from core.optimization.surface_race.race import Race, run_race
from core.optimization.surface_race.step_details import step_details, worked_formula
from core.optimization.surfaces.registry import SURFACES
from tests.pages.opened import Open, address

LECTURE = tuple(name for name, optimizer in OPTIMIZERS.items() if optimizer.lecture)
VIEW = "optimizer_race.view"


def shown(app: AppTest) -> tuple[dict[str, Any], list[bytes]]:
    """Return what the race's component was given: the head and the blocks."""
    (payload,) = (
        element.proto.bytes
        for element in app.get("bidi_component")
        if element.proto.component_name == "convscope.surface_race"
    )
    (length,) = struct.unpack_from("<I", payload)
    head = json.loads(payload[4 : 4 + length])
    body = payload[4 + length :]
    return head, [body[at : at + size] for at, size in head["blocks"]]


def paths(app: AppTest) -> list[np.ndarray]:
    head, blocks = shown(app)
    return [np.frombuffer(block, "<f4").reshape(-1, 3) for block in blocks[2 : 2 + len(head["entrants"])]]


def scoreboard(app: AppTest) -> str:
    table: str = next(element.proto.body for element in app.get("html") if "scoreboard" in element.proto.body)
    return table


def test_at_first_the_six_of_the_lecture_race_on_rosenbrock(open_page: Open) -> None:
    app = open_page("optimizer_race")
    assert not app.exception
    head, blocks = shown(app)
    assert [one["title"] for one in head["entrants"]] == [OPTIMIZERS[name].title for name in LECTURE]
    result = run_race(Race(surface="rosenbrock", optimizers=LECTURE, start=SURFACES["rosenbrock"].start))
    for path, sent in zip(result.paths.values(), paths(app), strict=True):
        assert np.allclose(sent[:, :2], path.points, rtol=1e-6)
        assert np.allclose(sent[:, 2], path.values, rtol=1e-6)
    bands = np.frombuffer(blocks[0], np.uint8).reshape(result.heights.shape)
    order = np.argsort(result.heights, axis=None)
    assert (np.diff(bands.ravel()[order].astype(int)) >= 0).all(), "a higher place is in no lower band"
    assert len(np.unique(bands)) == head["bands"]
    assert len({(one["colour"], tuple(one["dash"])) for one in head["entrants"]}) == 6


def test_the_relief_spans_the_heights_of_the_surface(open_page: Open) -> None:
    head, blocks = shown(open_page("optimizer_race"))
    shares = np.frombuffer(blocks[1], "<f4").reshape(head["side"], head["side"])
    assert (shares.min(), shares.max()) == pytest.approx((0, 1), abs=0.01)
    result = run_race(Race(surface="rosenbrock", optimizers=(), start=SURFACES["rosenbrock"].start))
    again = head["unit"] * np.expm1(shares * np.log1p(head["high"] / head["unit"]))
    assert np.allclose(again, result.heights, rtol=1e-4, atol=1e-4)
    assert head["high"] == pytest.approx(2509)


def test_every_optimizer_has_a_look_of_its_own(open_page: Open) -> None:
    head, _ = shown(open_page("optimizer_race", optimizers=",".join(OPTIMIZERS)))
    assert len({(one["colour"], tuple(one["dash"])) for one in head["entrants"]}) == len(OPTIMIZERS)


def test_a_link_reproduces_the_race(open_page: Open) -> None:
    link = {
        "surface": "bowl",
        "condition": "40",
        "rates": "same",
        "rate": "0.03",
        "steps": "50",
        "noise": "1.5",
        "noise_seed": "3",
        "optimizers": "sgd,adam",
        "start": "-3.5,2",
    }
    app = open_page("optimizer_race", **link)
    assert not app.exception
    assert address(app).items() >= link.items()
    race = Race(
        surface="bowl", optimizers=("sgd", "adam"), start=(-3.5, 2.0), steps=50, fairness="same", rate=0.03,
        settings={"condition": 40.0}, noise=1.5, seed=3,
    )  # fmt: skip
    for path, sent in zip(run_race(race).paths.values(), paths(app), strict=True):
        assert np.allclose(sent[:, :2], path.points, rtol=1e-5)


def test_a_start_from_the_map_is_kept_until_the_surface_changes(open_page: Open) -> None:
    app = open_page("optimizer_race", surface="beale")
    assert "start" not in address(app)
    app.session_state[VIEW] = {"start": [2.25, -1.5]}
    app.session_state["optimizer_race.start"] = (2.25, -1.5)
    app.run()
    assert shown(app)[0]["start"] == [2.25, -1.5]
    assert address(app)["start"] == "2.25,-1.5"
    app.selectbox(key="optimizer_race.surface").set_value("saddle").run()
    assert shown(app)[0]["start"] == list(SURFACES["saddle"].start)
    assert "start" not in address(app)


@pytest.mark.parametrize(
    "link",
    [
        {"surface": "evil", "optimizers": "sgd,evil,<b>", "start": "nan,inf"},
        {"steps": "1000000", "noise": "-1", "rate": "1e9", "rates": "evil"},
        {"start": "99,99"},
        {"start": "1;2"},
    ],
)
def test_nonsense_in_a_link_falls_back(open_page: Open, link: dict[str, str]) -> None:
    app = open_page("optimizer_race", **link)
    assert not app.exception
    head, _ = shown(app)
    assert head["start"] == list(SURFACES["rosenbrock"].start)
    assert head["steps"] == 300


def test_without_a_runner_it_says_what_to_do(open_page: Open) -> None:
    app = open_page("optimizer_race", optimizers="")
    assert not app.exception
    assert "Choose an optimizer" in app.info[0].value


@pytest.mark.parametrize("rates", ["same", "tuned"])
def test_who_is_lost_is_marked_and_nothing_is_infinite_on_the_screen(open_page: Open, rates: str) -> None:
    app = open_page("optimizer_race", surface="bowl", rates=rates, rate="0.5")
    head, _ = shown(app)
    assert any(one["diverged"] for one in head["entrants"]) == (rates == "same")
    assert all(np.isfinite(path).all() for path in paths(app))
    table = next(element.proto.body for element in app.get("html") if "<th><i" in element.proto.body)
    assert ("diverged" in table) == (rates == "same")
    assert "inf" not in table
    assert "nan" not in table


# --- noise -----------------------------------------------------------------------------------------------------------


def test_with_noise_the_curves_are_of_many_runs(open_page: Open) -> None:
    link = {"surface": "bowl", "optimizers": "sgd,adam", "steps": "40", "noise": "2", "noise_seed": "4", "runs": "9"}
    app = open_page("optimizer_race", **link)
    assert not app.exception
    assert address(app).items() >= link.items()
    _, blocks = shown(app)
    race = Race(
        surface="bowl", optimizers=("sgd", "adam"), start=SURFACES["bowl"].start, steps=40, noise=2.0, seed=4, runs=9
    )
    result = run_race(race)
    assert len(blocks) == 6
    for (name, path), sent, block in zip(result.paths.items(), paths(app), blocks[4:], strict=True):
        assert np.allclose(sent[:, :2], path.points, rtol=1e-5)
        assert (np.frombuffer(block, "<f4").reshape(3, 41) == result.spreads[name].values).all()
    assert any("medians of 9 runs, seeds 4 to 12" in each.value for each in app.caption)
    ends = sorted(each.value for each in result.spreads["sgd"].scores)
    assert f"{ends[4] - result.lowest:.3g}" in scoreboard(app), "the median"
    assert f"<small>{ends[1] - result.lowest:.3g} … {ends[7] - result.lowest:.3g}</small>" in scoreboard(app)
    app.number_input(key="optimizer_race.runs").set_value(1).run()
    assert len(shown(app)[1]) == 4
    assert "<small>" not in scoreboard(app)
    app.number_input(key="optimizer_race.noise").set_value(0.0).run()
    assert not {"runs", "noise_seed"} & address(app).keys()
    assert not any("medians" in each.value for each in app.caption)


def test_where_most_runs_diverge_nothing_is_called_best(open_page: Open) -> None:
    app = open_page("optimizer_race", surface="bowl", optimizers="sgd", rates="same", rate="0.5", noise="1")
    assert not app.exception
    assert "diverged<small>∞ … ∞</small>" in scoreboard(app)
    assert "inf" not in scoreboard(app)
    assert not np.isfinite(np.frombuffer(shown(app)[1][3], "<f4")).all()


def test_the_floor_under_noise_is_an_experiment(open_page: Open) -> None:
    app = open_page("optimizer_race", surface="bowl", optimizers="sgd,adam", experiment="noise")
    assert not app.exception
    low, high, middle, *_ = chart(app)["data"]
    assert middle["name"] == "Gradient descent"
    found = floors(run_race(Race(surface="bowl", optimizers=("sgd", "adam"), start=SURFACES["bowl"].start)))
    for trace, row in zip((low, middle, high), found.ends["sgd"], strict=True):
        assert numbers(trace["y"]) == pytest.approx(row)


# --- one's own formula -----------------------------------------------------------------------------------------------


def test_ones_own_formula_is_a_surface(open_page: Open) -> None:
    link = {"surface": "own", "formula": "(x-1)^2 + 2*(y+0.5)^2", "optimizers": "sgd,adam", "steps": "40"}
    app = open_page("optimizer_race", **link)
    assert not app.exception
    assert address(app).items() >= link.items()
    head, _ = shown(app)
    assert head["minima"][0] == pytest.approx([1.0, -0.5], abs=1e-3)
    assert head["lowest"] == pytest.approx(0.0, abs=1e-5)
    for path in paths(app):
        x, y, f = path.T
        assert f == pytest.approx((x - 1) ** 2 + 2 * (y + 0.5) ** 2, abs=1e-4)
    app.text_input(key="optimizer_race.formula").set_value("x^2 + y^2").run()
    assert shown(app)[0]["minima"][0] == pytest.approx([0.0, 0.0], abs=1e-3)


@pytest.mark.parametrize(
    ("formula", "said", "mark"),
    [
        ("x^2 + z", "“z” at character 7 is neither x nor y", 6),
        ("", "cannot be read at character 1", None),
        ("__import__('os').system('ls')", "has no place", 0),
        ("log(-x^2-1)", "hardly a finite value", None),
    ],
)
def test_a_mistake_in_a_formula_is_pointed_at(open_page: Open, formula: str, said: str, mark: int | None) -> None:
    app = open_page("optimizer_race", surface="own", formula=formula)
    assert not app.exception
    assert said in app.error[0].value.replace("\\", "")
    if mark is None:
        assert not app.code
    else:
        assert app.code[0].value == f"{formula}\n{' ' * mark}^"
    app.text_input(key="optimizer_race.formula").set_value("x^2 + y^2").run()
    assert not app.error
    assert shown(app)[0]["steps"] == 300


def test_under_a_mistake_the_last_race_stays(open_page: Open) -> None:
    app = open_page("optimizer_race", surface="own", formula="x^2 + 2*y^2", optimizers="sgd,adam", steps="40")
    before, blocks = shown(app)
    app.text_input(key="optimizer_race.formula").set_value("x^2 + z").run()
    assert not app.exception
    assert "neither x nor y" in app.error[0].value
    assert shown(app) == (before, blocks)
    assert address(app)["formula"] == "x^2 + z"
    assert app.number_input(key="optimizer_race.steps").value == 40, "the other choices stay too"
    app.text_input(key="optimizer_race.formula").set_value("x^2 + 3*y^2").run()
    assert not app.error
    assert shown(app)[0]["id"] != before["id"]


def test_a_link_with_a_mistake_has_no_last_race(open_page: Open) -> None:
    app = open_page("optimizer_race", surface="own", formula="x +")
    assert not app.exception
    assert app.error
    assert not [each for each in app.get("bidi_component") if each.proto.component_name == "convscope.surface_race"]
    app.selectbox(key="optimizer_race.surface").set_value("bowl").run()
    assert not app.error
    first = shown(app)[0]["id"]
    app.selectbox(key="optimizer_race.surface").set_value("own").run()
    assert app.error
    assert shown(app)[0]["id"] == first


# --- experiments -----------------------------------------------------------------------------------------------------


def chart(app: AppTest) -> dict[str, Any]:
    """Return the figure of the experiment, which follows that of the lens."""
    details, element = app.get("plotly_chart")
    assert details.proto.alt
    assert element.proto.alt
    figure: dict[str, Any] = json.loads(element.proto.spec)
    return figure


def test_the_sweep_that_found_the_rates_is_shown(open_page: Open) -> None:
    app = open_page("optimizer_race", surface="bowl", optimizers="sgd,adam")
    assert not app.exception
    lines = [trace for trace in chart(app)["data"] if trace["mode"] == "lines"]
    marks = [trace for trace in chart(app)["data"] if trace["mode"] == "markers"]
    assert [line["name"] for line in lines] == ["Gradient descent", "Adam"]
    result = run_race(Race(surface="bowl", optimizers=("sgd", "adam"), start=SURFACES["bowl"].start))
    for mark, rate in zip(marks, result.rates.values(), strict=True):
        assert numbers(mark["x"])[0] == pytest.approx(rate)


def test_the_phase_map_has_its_limit(open_page: Open) -> None:
    for method, limit in (("momentum", 2 * 1.99 / 25), ("nesterov", 2 * 1.99 / (2.98 * 25))):
        app = open_page("optimizer_race", surface="bowl", experiment="phases", method=method)
        assert not app.exception
        heat, line = chart(app)["data"]
        assert heat["type"] == "heatmap"
        assert numbers(line["x"])[-1] == pytest.approx(limit)
        assert address(app)["method"] == method


def test_basins_are_drawn_with_their_minima(open_page: Open) -> None:
    app = open_page("optimizer_race", surface="himmelblau", experiment="basins", optimizers="momentum,adam")
    assert not app.exception
    heat, stars = chart(app)["data"]
    assert heat["type"] == "heatmap"
    assert np.allclose(numbers(stars["x"]), [place[0] for place in SURFACES["himmelblau"].minima])
    app.selectbox(key="optimizer_race.basin_of").set_value("adam").run()
    assert not app.exception
    assert chart(app)["data"][0] != heat


def test_a_factor_is_noticed_by_some(open_page: Open) -> None:
    app = open_page("optimizer_race", surface="bowl", experiment="factor")
    assert not app.exception
    said = [element.value for element in app.markdown if " · " in element.value]
    same = [text.split("**")[1] for text in said if "the same path" in text]
    assert same == ["AdaGrad", "RMSprop", "Adam"]


def numbers(values: Any) -> np.ndarray:
    """Return what a figure holds, written out or packed."""
    if isinstance(values, dict):
        import base64

        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
    return np.array(values, dtype=float)


# --- the lens --------------------------------------------------------------------------------------------------------


def test_a_step_is_put_under_the_lens(open_page: Open) -> None:
    link = {"surface": "bowl", "optimizers": "momentum,nesterov", "runner": "nesterov", "at": "7", "steps": "30"}
    app = open_page("optimizer_race", **link)
    assert not app.exception
    assert address(app).items() >= link.items()
    result = run_race(Race(surface="bowl", optimizers=("momentum", "nesterov"), start=SURFACES["bowl"].start, steps=30))
    details = step_details(result, "nesterov", 7)
    shown_formulas = [element.value for element in app.latex]
    for axis in (0, 1):
        assert any(worked_formula(details, axis) in text for text in shown_formulas)
    arrows = json.loads(app.get("plotly_chart")[0].proto.spec)["data"]
    assert numbers(arrows[1]["x"]) == pytest.approx([details.point[0], details.next[0]])
    assert [arrow["name"] for arrow in arrows[:3]] == ["−η · gradient", "the step", "where the velocity alone leads"]
    app.number_input(key="optimizer_race.at").set_value(1).run()
    assert len(json.loads(app.get("plotly_chart")[0].proto.spec)["data"]) == 3, "at first there is no velocity"


def test_another_choice_of_runners_finds_another_for_the_lens(open_page: Open) -> None:
    app = open_page("optimizer_race", optimizers="sgd,momentum", runner="adam", at="99999")
    assert not app.exception
    assert address(app)["runner"] == "momentum"
