"""One forward pass shows all layers: what is looked at afterwards costs none."""

from __future__ import annotations

import itertools

import pytest

from core.architectures.graph.capture import LayerGraph
from tests.pages.opened import Open, address

SEEDS = itertools.count(7000)  # weights that no other test has used, so that nothing is kept of them yet


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every forward pass through any backbone, as it happens."""
    seen: list[str] = []
    run = LayerGraph.run

    def counted(graph: LayerGraph, batch: object) -> object:
        seen.append(graph.layers[0].name)
        return run(graph, batch)

    monkeypatch.setattr(LayerGraph, "run", counted)
    return seen


def test_every_layer_is_shown_after_one_forward_pass(open_page: Open, passes: list[str]) -> None:
    from core.architectures.loading import load

    app = open_page(backbone="tiny_squeezenet", weights="untrained", seed=next(SEEDS))
    assert len(passes) == 1
    for layer in load("tiny_squeezenet").graph.layers:
        app.session_state["visualization.layer"] = layer.name
        app.run()
        assert not app.exception
        assert address(app)["layer"] == layer.name
    assert len(passes) == 1


def test_how_it_is_looked_at_costs_none(open_page: Open, passes: list[str]) -> None:
    seed = next(SEEDS)
    app = open_page(backbone="tiny_vgg", weights="untrained", seed=seed, layer="stage2.conv1.norm")
    looks = {"order": "mean", "range": "fixed", "channel": 5, "opacity": 10, "activation": "before"}
    for name, value in looks.items():
        app.session_state[f"visualization.{name}"] = value
        app.run()
        assert not app.exception
        assert address(app)[name] == str(value)
    assert len(passes) == 1


def test_visitors_with_the_same_picture_share_one_pass(open_page: Open, passes: list[str]) -> None:
    seed = next(SEEDS)
    for _ in range(3):
        assert not open_page(backbone="tiny_vgg", weights="untrained", seed=seed, picture="coffee").exception
    assert len(passes) == 1
    open_page(backbone="tiny_vgg", weights="untrained", seed=seed, picture="retina")
    assert len(passes) == 2
    open_page(backbone="tiny_vgg", weights="untrained", seed=seed, picture="retina", fit="letterbox")
    assert len(passes) == 3


def test_a_comparison_takes_one_pass_for_each_backbone(open_page: Open, passes: list[str]) -> None:
    seed = next(SEEDS)
    link = {"backbone": "tiny_vgg", "weights": "untrained", "seed": seed, "mode": "compare"}
    app = open_page(**link, **{"with": "tiny_resnet,tiny_mobilenet"})
    assert not app.exception
    assert len(passes) == 3
    app.run()
    open_page(**{**link, "mode": "explore"})
    assert len(passes) == 3


def test_the_other_pages_take_none(open_page: Open, passes: list[str]) -> None:
    for page in ("architectures", "optimizer_race", "transfer_advisor", "augmentation"):
        assert not open_page(page, backbone="tiny_vgg", weights="untrained", seed=next(SEEDS)).exception
    assert passes == []
