"""A backbone whose weights are not at hand: progress, cancel, every failure with a remedy, and ways on without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from core.architectures.loading import Backbone
from core.architectures.zoo.backbones import BACKBONES
from core.datasets.sample_images import sample
from core.visualization.activations.activation_capture import capture
from core.visualization.activations.grid import GridView, arrange
from tests.browser.conftest import Visits
from tests.browser.expected import assert_values
from tests.browser.visitor import Visitor
from tests.core.fault_server import FaultServer
from tests.servers import Server

GOOD, SLOW, LOST, WRONG, REFUSED = (
    "squeezenet1_1",
    "squeezenet1_0",
    "mobilenet_v2",
    "shufflenet_v2_x0_5",
    "mobilenet_v3_small",
)


def ask_for(visitor: Visitor, name: str) -> None:
    visitor.open("visualization", {"backbone": name, "weights": "imagenet"})


def assert_ways_on(visitor: Visitor, name: str) -> None:
    expect(visitor.main.get_by_role("button", name="works offline")).to_be_visible()
    expect(visitor.main.get_by_role("button", name=f"{BACKBONES[name].title}, untrained")).to_be_visible()
    assert "Traceback" not in visitor.page.locator("body").inner_text()


def test_weights_are_fetched_and_then_the_maps_appear(visits: Visits, double: Server, published: Backbone) -> None:
    visitor = visits.visitor(address=double.address)
    ask_for(visitor, GOOD)
    layer = published.graph.layers[0].name
    expect(visitor.grid).to_be_visible()
    expect(visitor.main).not_to_contain_text("untrained")
    visitor.open("visualization", {"backbone": GOOD, "weights": "imagenet", "layer": layer, "channel": 5})
    visitor.wait_for_grid(layer)
    values = capture(published, sample("chelsea")).maps(layer)
    assert_values(visitor.scan(40), values, arrange(values, GridView()))


def test_progress_is_shown_and_a_download_can_be_cancelled_and_taken_up_again(
    visits: Visits, double: Server, host: FaultServer, body: bytes
) -> None:
    visitor = visits.visitor(address=double.address)
    ask_for(visitor, SLOW)
    bar = visitor.main.get_by_role("progressbar")
    expect(bar).to_be_visible()
    expect(visitor.main).to_contain_text(f"of {len(body) / 1e6:.1f} MB")
    expect(visitor.main).to_contain_text("s left")
    first = visitor.main.inner_text()
    visitor.wait_for(lambda: visitor.main.inner_text() != first, "progress")
    assert_ways_on(visitor, SLOW)
    visitor.main.get_by_role("button", name="Cancel").click()
    expect(visitor.main).to_contain_text("The download was stopped. What has arrived is kept.")
    expect(bar).to_have_count(0)
    asked = len(host.gets("/slow.pth"))
    visitor.main.get_by_role("button", name="Try again").click()
    expect(bar).to_be_visible()
    visitor.wait_for(lambda: len(host.gets("/slow.pth")) > asked, "a second request")
    assert "Range" in host.gets("/slow.pth")[-1].headers, "what had arrived is fetched again"
    visitor.main.get_by_role("button", name="Cancel").click()
    expect(visitor.main).to_contain_text("The download was stopped.")


def test_a_download_taken_up_later_shows_progress(visits: Visits, double: Server) -> None:
    visitor = visits.visitor(address=double.address)
    ask_for(visitor, SLOW)
    visitor.main.get_by_role("button", name="Cancel").click()
    expect(visitor.main).to_contain_text("The download was stopped.")
    visitor.pick("Language", "Español")  # the page is drawn anew meanwhile
    visitor.pick("Idioma", "English")
    expect(visitor.main).to_contain_text("The download was stopped.")
    visitor.main.get_by_role("button", name="Try again").click()
    expect(visitor.main).to_contain_text(" MB")
    first = visitor.main.inner_text()
    visitor.wait_for(lambda: visitor.main.inner_text() != first, "progress")
    visitor.main.get_by_role("button", name="Cancel").click()
    expect(visitor.main).to_contain_text("The download was stopped.")


@pytest.mark.parametrize(
    ("name", "reason", "remedy"),
    [
        (LOST, "lost.pth is no longer where it was published", "Choose something else"),
        (
            WRONG,
            "wrong.pth arrived from 127.0.0.1 twice with a content",
            "try again on another network",
        ),
        (REFUSED, "refused.pth could not be fetched: 127.0.0.1 cannot be reached", "firewall"),
    ],
    ids=["404", "wrong hash", "refused"],
)
def test_a_download_that_fails_says_why_and_what_to_do(
    visits: Visits, double: Server, name: str, reason: str, remedy: str
) -> None:
    visitor = visits.visitor(address=double.address)
    ask_for(visitor, name)
    alert = visitor.main.get_by_role("alert")
    expect(alert).to_contain_text(reason)
    expect(alert).to_contain_text(remedy)
    assert_ways_on(visitor, name)
    expect(visitor.main.get_by_role("button", name="Try again")).to_be_visible()
    visitor.main.get_by_role("button", name="Try again").click()
    expect(alert).to_contain_text(reason)


@pytest.mark.parametrize(
    ("button", "parameters"),
    [
        ("Tiny ResNet (works offline)", {"backbone": "tiny_resnet"}),
        ("ResNet-18, untrained", {"backbone": "resnet18", "weights": "untrained"}),
    ],
    ids=["small", "untrained"],
)
def test_without_a_network_there_are_ways_on_a_click_away(
    visitor: Visitor, button: str, parameters: dict[str, str]
) -> None:
    visitor.open("visualization", {"backbone": "tiny_vgg"})
    visitor.choose_backbone("ResNet-18")
    alert = visitor.main.get_by_role("alert")
    expect(alert).to_contain_text("could not be fetched")
    expect(alert).to_contain_text("go on with what works offline")
    visitor.wait_for_parameters(backbone="resnet18", weights="imagenet")
    visitor.main.get_by_role("button", name=button, exact=True).click()
    visitor.wait_for_parameters(**parameters)
    expect(visitor.grid).to_be_visible()
    expect(visitor.main.get_by_role("alert")).to_have_count(0)
    assert visitor.scan(40)


def test_the_sidebar_leads_on_as_well(visitor: Visitor) -> None:
    visitor.open("visualization", {"backbone": "resnet18", "weights": "imagenet"})
    expect(visitor.main.get_by_role("alert")).to_contain_text("could not be fetched")
    visitor.pick("Weights", "Untrained")
    visitor.wait_for_parameters(weights="untrained", seed=0)
    expect(visitor.grid).to_be_visible()


def test_a_download_that_has_failed_is_not_asked_about_any_more(visits: Visits) -> None:
    visitor = visits.visitor(visits.context())
    sent: list[str | bytes] = []
    visitor.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    visitor.open("visualization", {"backbone": "resnet18", "weights": "imagenet"})
    expect(visitor.main.get_by_role("alert")).to_contain_text("could not be fetched")
    visitor.page.wait_for_timeout(1000)
    before = len(sent)
    visitor.page.wait_for_timeout(2500)
    assert len(sent) - before <= 1, "the page goes on asking for progress that cannot come"


def test_a_comparison_waits_for_weights_beside_what_is_there(visitor: Visitor) -> None:
    visitor.open(
        "visualization", {"backbone": "resnet18", "weights": "untrained", "mode": "compare", "with": "xception"}
    )
    expect(visitor.main.get_by_role("heading", name="ResNet-18", exact=True)).to_be_visible()
    expect(visitor.main.locator("img[alt*='×']").first).to_be_visible()
    visitor.open("visualization", {"backbone": "tiny_vgg", "mode": "compare", "with": "resnet18"})
    expect(visitor.main.get_by_role("heading", name="Tiny VGG", exact=True)).to_be_visible()
    expect(visitor.main.get_by_role("heading", name="ResNet-18", exact=True)).to_be_visible()
