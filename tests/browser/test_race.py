"""The race in a real browser: it plays, stops, steps, is scrubbed, and starts where one clicks."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from core.optimization.optimizers import OPTIMIZERS
from core.optimization.surface_race.height_scale import height_scale
from core.optimization.surface_race.race import Race, run_race
from core.optimization.surfaces.registry import SURFACES
from pages.components.figures.palette import optimizer_look
from tests.browser.conftest import Visits
from tests.browser.visitor import Visitor, figure

LECTURE = tuple(name for name, optimizer in OPTIMIZERS.items() if optimizer.lecture)
BOWL = {"surface": "bowl", "rates": "same", "rate": "0.02", "steps": "200"}


@pytest.fixture
def still(visits: Visits) -> Visitor:
    """A visitor who does not want things to move: the race is shown as it ends."""
    return visits.visitor(reduced_motion="reduce").open("optimizer_race", BOWL)


def race_map(visitor: Visitor) -> Locator:
    found = visitor.page.locator("canvas.map")
    found.wait_for()
    return found


def step(visitor: Visitor) -> int:
    return int(race_map(visitor).get_attribute("data-step") or -1)


def state(visitor: Visitor, name: str) -> Any:
    return race_map(visitor).evaluate("(map, name) => map.race[name]", name)


def test_it_plays_by_itself_and_can_be_paused_and_goes_on(visits: Visits) -> None:
    visitor = visits.visitor().open("optimizer_race", BOWL)
    first = visitor.wait_for(lambda: step(visitor), "a step")
    visitor.wait_for(lambda: step(visitor) > first, "another step")
    visitor.page.get_by_role("button", name="Pause").click()
    stopped = step(visitor)
    visitor.page.wait_for_timeout(300)
    assert step(visitor) == stopped
    visitor.page.get_by_role("button", name="One step").click()
    assert step(visitor) == stopped + 1
    visitor.page.get_by_role("button", name="Play").click()
    visitor.wait_for(lambda: step(visitor) == 200, "the end")
    expect(visitor.page.get_by_role("button", name="Play")).to_be_visible()
    visitor.page.get_by_role("combobox", name="Speed").select_option("10")  # so that the beginning is not missed
    visitor.page.get_by_role("button", name="From the start").click()
    visitor.wait_for(lambda: 0 < step(visitor) < 150, "the beginning")


def test_nothing_is_asked_of_the_server_while_it_plays(visits: Visits) -> None:
    visitor = visits.visitor(visits.context()).open("optimizer_race", BOWL)
    sent: list[object] = []
    visitor.page.on("websocket", lambda socket: sent.append(socket))
    visitor.page.on("request", lambda request: "/static/" in request.url or sent.append(request.url))  # fonts come late
    visitor.page.get_by_role("button", name="From the start").click()
    visitor.wait_for(lambda: step(visitor) > 100, "half of the race")
    assert sent == []


def test_without_motion_the_end_is_shown_and_keys_go_through_it(still: Visitor) -> None:
    assert step(still) == 200
    race_map(still).focus()
    for key, expected in (("Home", 0), ("ArrowRight", 1), ("PageUp", 11), ("ArrowLeft", 10), ("End", 200)):
        still.page.keyboard.press(key)
        assert step(still) == expected
    expect(still.main).to_contain_text("step 200 of 200")


def test_scrubbing_shows_each_step_of_every_method(still: Visitor) -> None:
    result = run_race(
        Race(surface="bowl", optimizers=LECTURE, start=SURFACES["bowl"].start, steps=200, fairness="same", rate=0.02)
    )
    for wanted in (0, 37, 120):
        still.page.get_by_role("slider", name="Step", exact=True).fill(str(wanted))
        assert step(still) == wanted
        texts = still.page.locator(".entrants button").all_inner_texts()
        for text, path in zip(texts, result.paths.values(), strict=True):
            said = figure(text.split()[-1])
            assert said == pytest.approx(path.values[wanted], rel=0.01), text


def test_the_paths_are_where_they_were_computed(still: Visitor) -> None:
    """Each method's head has its colour at the place of its last point, unless another lies on top of it."""
    still.page.get_by_role("slider", name="Step", exact=True).fill("12")
    result = run_race(
        Race(surface="bowl", optimizers=LECTURE, start=SURFACES["bowl"].start, steps=200, fairness="same", rate=0.02)
    )
    canvas = race_map(still)
    pixels = still.pixels(canvas)[..., :3].astype(int)
    left, right, low, high = SURFACES["bowl"].box
    tips = {name: path.points[12] for name, path in result.paths.items()}
    seen = 0
    for index, (name, (x, y)) in enumerate(tips.items()):
        later = list(tips.values())[index + 1 :]
        if any(np.hypot(x - a, y - b) < 0.4 for a, b in later):
            continue
        column = round((x - left) / (right - left) * pixels.shape[1])
        row = round((high - y) / (high - low) * pixels.shape[0])
        colour = [int(optimizer_look(name).colour[i : i + 2], 16) for i in (1, 3, 5)]
        assert np.abs(pixels[row, column] - colour).max() < 12, name
        seen += 1
    assert seen >= 3


def in_perspective(visitor: Visitor, places: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return where places (count, 2) of the bowl's box at shares (count,) of the height are on the canvas (pixels)."""
    view = state(visitor, "view")
    box = race_map(visitor).bounding_box()
    assert box is not None
    left, right, low, high = SURFACES["bowl"].box
    u, v = ((places - [left, low]) / [right - left, high - low] - 0.5).T
    w = 0.42 * shares + 0.012
    turn, rise = view["azimuth"], view["elevation"]
    scale = min(
        (box["width"] - 68) / np.sqrt(2),
        (box["height"] - 40) / (np.sqrt(2) * np.sin(rise) + 0.49 * np.cos(rise)),
    )
    across, away = u * np.cos(turn) - v * np.sin(turn), u * np.sin(turn) + v * np.cos(turn)
    x = (46 + box["width"] - 22) / 2 + scale * across
    y = (14 + box["height"] - 26) / 2 + scale * (0.35 / 2 * np.cos(rise) - away * np.sin(rise) - w * np.cos(rise))
    return np.stack([x, y], axis=1)


def test_the_surface_is_seen_as_a_landscape_with_the_paths_on_it(still: Visitor) -> None:
    flat = still.pixels(race_map(still)).tobytes()
    still.page.get_by_role("button", name="3-D").click()
    expect(still.page.get_by_role("button", name="3-D")).to_have_attribute("aria-pressed", "true")
    expect(race_map(still)).to_have_attribute("aria-label", re.compile("as a landscape"))
    expect(still.main).to_contain_text("Heights: f above the lowest minimum, 0 to 125, on a logarithmic scale.")
    result = run_race(
        Race(surface="bowl", optimizers=LECTURE, start=SURFACES["bowl"].start, steps=200, fairness="same", rate=0.02)
    )
    shown = height_scale(result)
    for turned in (False, True):
        if turned:
            race_map(still).focus()
            for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
                still.page.keyboard.press(key)
        still.page.get_by_role("slider", name="Step", exact=True).fill("12")
        still.wait_for(lambda: state(still, "block"), "the surface")
        assert step(still) == 12
        pixels = still.pixels(race_map(still))[..., :3].astype(int)
        tips = np.array([path.points[12] for path in result.paths.values()])
        heights = np.array([path.values[12] for path in result.paths.values()]) - result.lowest
        places = in_perspective(still, tips, np.log1p(heights / shown.unit) / np.log1p(shown.high / shown.unit))
        seen = 0
        for k, (x, y) in enumerate(places):
            if (np.hypot(*(places[k + 1 :] - [x, y]).T) < 14).any():
                continue
            colour = [int(optimizer_look(LECTURE[k]).colour[i : i + 2], 16) for i in (1, 3, 5)]
            assert np.abs(pixels[round(y), round(x)] - colour).max() < 25, LECTURE[k]
            seen += 1
        assert seen >= 2
    still.page.keyboard.press("End")
    still.page.get_by_role("button", name="Map").click()
    still.page.get_by_role("slider", name="Step", exact=True).fill("200")
    assert still.pixels(race_map(still)).tobytes() == flat


def test_the_landscape_is_turned_and_turned_back_and_stays_chosen(still: Visitor) -> None:
    still.page.get_by_role("button", name="3-D").click()
    canvas = race_map(still)
    first, shown = state(still, "view"), state(still, "head")["id"]
    box = canvas.bounding_box()
    assert box is not None
    still.page.mouse.move(box["x"] + 150, box["y"] + 150)
    still.page.mouse.down()
    still.page.mouse.move(box["x"] + 210, box["y"] + 130, steps=4)
    still.page.mouse.up()
    turned = state(still, "view")
    assert turned["azimuth"] == pytest.approx(first["azimuth"] + 0.6)
    assert turned["elevation"] == pytest.approx(first["elevation"] - 0.2)
    canvas.focus()
    still.page.keyboard.press("ArrowLeft")
    assert state(still, "view")["azimuth"] == pytest.approx(turned["azimuth"] - 0.1)
    assert step(still) == 200, "arrows turn, and do not step"
    still.page.keyboard.press("Home")
    assert step(still) == 0
    canvas.dblclick()
    assert state(still, "view") == first
    assert state(still, "head")["id"] == shown, "no click here sets a start"
    still.page.get_by_role("combobox", name="Surface").click()
    still.page.get_by_role("option", name="Himmelblau").click()
    still.wait_for(lambda: len(state(still, "head")["minima"]) == 4, "the four minima")
    expect(canvas).to_have_attribute("data-view", "3d")
    expect(still.page.get_by_role("button", name="3-D")).to_have_attribute("aria-pressed", "true")


def test_the_landscape_plays_and_is_painted_once(visits: Visits) -> None:
    visitor = visits.visitor().open("optimizer_race", BOWL)
    visitor.page.get_by_role("button", name="3-D").click()
    visitor.page.get_by_role("button", name="From the start").click()
    first = visitor.wait_for(lambda: step(visitor), "a step")
    race_map(visitor).evaluate("(map) => { map.seen = map.race.block; }")
    visitor.wait_for(lambda: step(visitor) > first + 20, "many steps")
    assert race_map(visitor).evaluate("(map) => map.seen === map.race.block")


def test_noise_is_shown_as_bands_around_medians(visits: Visits) -> None:
    noisy = {**BOWL, "noise": "3", "runs": "11", "optimizers": "sgd,adam"}
    still = visits.visitor(reduced_motion="reduce").open("optimizer_race", noisy)
    race = Race(
        surface="bowl", optimizers=("sgd", "adam"), start=SURFACES["bowl"].start, steps=200, fairness="same", rate=0.02,
        noise=3.0, runs=11,
    )  # fmt: skip
    result = run_race(race)
    still.page.get_by_role("slider", name="Step", exact=True).fill("150")
    texts = still.page.locator(".entrants button").all_inner_texts()
    for text, spread in zip(texts, result.spreads.values(), strict=True):
        assert figure(text.split()[-1]) == pytest.approx(spread.values[1, 150], rel=0.01), "the number is the median"
    expect(still.main).to_contain_text("medians of 11 runs, seeds 0 to 10")
    curves = still.page.locator("canvas.curves")
    still.page.locator(".entrants button").nth(1).click()
    pixels = still.pixels(curves).astype(int)
    low, high = state(still, "range")
    box = curves.bounding_box()
    assert box is not None
    values = result.spreads["sgd"].values
    step_shown = 180  # after 150: the line is faint there
    inside, outside = (np.log10(values[0, step_shown]) + np.log10(values[1, step_shown])) / 2, low + 0.1
    column = round(58 + step_shown / 200 * (box["width"] - 70))
    rows = [round(12 + (1 - (at - low) / (high - low)) * (box["height"] - 46)) for at in (inside, outside)]
    assert pixels[rows[0], column, 3] > 25, "the band covers what lies between the 10th percentile and the median"
    assert pixels[rows[1], column, 3] == 0, "and nothing far below"
    path = result.paths["adam"]
    sent = race_map(still).evaluate("(map) => Array.from(map.race.paths[1].slice(-3))")
    assert sent == pytest.approx([*path.points[-1], path.values[-1]], rel=1e-5), "the paths are the first run's"


def test_a_click_starts_the_race_there_and_the_address_says_so(still: Visitor) -> None:
    canvas = race_map(still)
    box = canvas.bounding_box()
    assert box is not None
    before = state(still, "head")["id"]
    canvas.click(position={"x": box["width"] * 0.75, "y": box["height"] * 0.25})
    still.wait_for(lambda: state(still, "head")["id"] != before, "another race")
    still.wait_for(lambda: "start" in still.parameters, "the start in the address")
    x, y = (float(part) for part in still.parameters["start"].split(","))
    assert x == pytest.approx(2.5, abs=0.1)
    assert y == pytest.approx(1.5, abs=0.1)
    assert state(still, "head")["start"] == [x, y]
    link = still.page.url
    still.follow(link)
    assert state(still, "head")["start"] == [x, y]


def test_under_a_mistake_the_last_race_stays_dimmed(visits: Visits) -> None:
    still = visits.visitor(reduced_motion="reduce").open("optimizer_race", {"surface": "own", "formula": "x^2 + y^2"})
    canvas = race_map(still)
    before = still.pixels(canvas).tobytes()
    canvas.evaluate("(map) => { map.isTheSame = true; }")
    field = still.page.get_by_label("f(x, y) =")
    field.fill("x^2 + z")
    field.press("Enter")
    expect(still.main.get_by_role("alert")).to_contain_text("neither x nor y")
    expect(still.page.locator(".st-key-race-shown")).to_have_css("opacity", "0.4")
    assert still.pixels(canvas).tobytes() == before
    field.fill("x^2 + 3*y^2")
    field.press("Enter")
    expect(still.main.get_by_role("alert")).to_have_count(0)
    expect(still.page.locator(".st-key-race-shown")).to_have_css("opacity", "1")
    assert canvas.evaluate("(map) => map.isTheSame"), "nothing was drawn from nothing"


def test_a_path_can_be_hidden(still: Visitor) -> None:
    button = still.page.locator(".entrants button").first
    before = still.pixels(race_map(still)).tobytes()
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert still.pixels(race_map(still)).tobytes() != before
    button.click()
    assert still.pixels(race_map(still)).tobytes() == before


def test_another_surface_and_other_runners(still: Visitor) -> None:
    combobox = still.page.get_by_role("combobox", name="Surface")
    combobox.click()
    still.page.get_by_role("option", name="Himmelblau").click()
    still.wait_for_parameters(surface="himmelblau")
    still.wait_for(lambda: len(state(still, "head")["minima"]) == 4, "the four minima")
    still.main.get_by_role("button", name="Rprop", exact=True).click()
    still.wait_for_parameters(optimizers="sgd,momentum,nesterov,adagrad,rmsprop,adam,rprop")
    still.wait_for(lambda: len(state(still, "head")["entrants"]) == 7, "the seventh runner")
    expect(still.page.locator("table.scoreboard tbody tr")).to_have_count(7)
