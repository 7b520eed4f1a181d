"""The strip of stages and layers: all are there, and click and keyboard lead through them at no cost."""

from __future__ import annotations

from itertools import groupby

import pytest
from playwright.sync_api import expect

from tests.browser.expected import UNTRAINED, activations
from tests.browser.visitor import Visitor


def stages(name: str) -> dict[str, list[str]]:
    """Return the layers of each stage of a backbone."""
    layers = activations(name).layers
    return {label: [layer.name for layer in own] for label, own in groupby(layers, lambda layer: layer.stage)}


@pytest.mark.parametrize("name", ["tiny_mobilenet", "inception_v3"])
def test_every_stage_and_layer_is_in_the_strip_with_type_and_shape(visitor: Visitor, name: str) -> None:
    expected, shapes = stages(name), activations(name).shapes
    kinds = {layer.name: layer.kind for layer in activations(name).layers}
    visitor.open("visualization", {"backbone": name, **UNTRAINED})
    strip = visitor.page.get_by_role("listbox", name="Stages").get_by_role("option")
    expect(strip).to_have_count(len(expected))
    for index, (label, layers) in enumerate(expected.items()):
        shape = "×".join(str(size) for size in shapes[layers[-1]])
        assert strip.nth(index).inner_text().split("\n") == [label, shape]
        strip.nth(index).click()
        visitor.wait_for_parameters(layer=layers[-1])
        visitor.wait_for_grid(layers[-1])
        shown = visitor.page.get_by_role("listbox", name="Layers of the stage").get_by_role("option")
        assert shown.evaluate_all("(all) => all.map((one) => one.dataset.layer)") == layers
        details = [text.split("\n")[1] for text in shown.all_inner_texts()]
        assert details == [f"{kinds[layer]} {'×'.join(str(size) for size in shapes[layer])}" for layer in layers]
        expect(visitor.main).to_contain_text("{} channels of {}×{}".format(*shapes[layers[-1]]))


def test_the_arrow_keys_lead_from_layer_to_layer_and_over_the_end_of_a_stage(visitor: Visitor) -> None:
    names = [layer.name for layer in activations("tiny_vgg").layers]
    visitor.open("visualization", {"backbone": "tiny_vgg", **UNTRAINED, "layer": names[3]})
    visitor.wait_for_grid(names[3])
    visitor.layer(names[4]).click()
    visitor.wait_for_grid(names[4])
    at = 4
    for key, step in (["ArrowRight", 1],) * 4 + (["ArrowLeft", -1],) * 2:
        at += step
        visitor.page.keyboard.press(key)
        visitor.wait_for_parameters(layer=names[at])
        visitor.wait_for_grid(names[at])
        expect(visitor.layer(names[at])).to_be_focused()
        expect(visitor.layer(names[at])).to_have_attribute("aria-selected", "true")
    visitor.page.keyboard.press("End")
    visitor.wait_for_grid(names[-1])
    visitor.page.keyboard.press("ArrowRight")  # there is nothing behind the last one
    visitor.page.keyboard.press("Home")
    visitor.wait_for_grid(names[0])
    for _ in range(5):  # faster than the server answers: none is lost
        visitor.page.keyboard.press("ArrowRight")
    visitor.wait_for_parameters(layer=names[5])
    visitor.wait_for_grid(names[5])


def test_the_arrow_keys_lead_from_stage_to_stage(visitor: Visitor) -> None:
    expected = stages("tiny_resnet")
    labels = list(expected)
    visitor.open("visualization", {"backbone": "tiny_resnet", **UNTRAINED})
    visitor.stage(labels[2]).click()
    visitor.wait_for_grid(expected[labels[2]][-1])
    for key, at in (("ArrowRight", 3), ("ArrowRight", 4), ("ArrowLeft", 3)):
        visitor.page.keyboard.press(key)
        visitor.wait_for_grid(expected[labels[at]][-1])
        expect(visitor.stage(labels[at])).to_have_attribute("aria-selected", "true")
        expect(visitor.stage(labels[at])).to_be_focused()


def test_what_was_chosen_holds_for_the_next_layer(visitor: Visitor) -> None:
    first, second = "stage2.block1.conv1.norm", "stage2.block2.conv1.norm"
    visitor.open("visualization", {"backbone": "tiny_resnet", **UNTRAINED, "layer": first, "channel": 33})
    visitor.wait_for_channel(first, 33)
    visitor.pick("Sort by", "Maximum")
    visitor.wait_for_parameters(order="maximum")
    visitor.pick("Colour range", "Fixed")
    limit = visitor.page.get_by_role("spinbutton", name="Up to")
    limit.fill("3.5")
    limit.press("Enter")
    visitor.wait_for_parameters(range="fixed", limit="3.5")
    expect(visitor.page.locator(".st-key-visualization-grid .range")).to_have_text("fixed range, −3.5 to 3.5")
    visitor.choose_layer(second)
    visitor.wait_for_parameters(order="maximum", range="fixed", limit="3.5", channel=33)
    visitor.wait_for_channel(second, 33)
    assert visitor.picked("Sort by") == "Maximum"
    visitor.pick("Colour range", "Per channel")
    visitor.wait_for_parameters(range="channel", limit=None)


def test_a_channel_that_the_next_layer_lacks_gives_way_to_its_strongest(visitor: Visitor) -> None:
    wide, narrow = "stage4.block2.relu", "stage1.block2.relu"
    visitor.open("visualization", {"backbone": "tiny_resnet", **UNTRAINED, "layer": wide, "channel": 170})
    visitor.wait_for_channel(wide, 170)
    visitor.stage("stage 1").click()
    visitor.wait_for_grid(narrow)
    strongest = int(activations("tiny_resnet").maps(narrow).mean(axis=(1, 2)).argmax())
    visitor.wait_for_channel(narrow, strongest)
    visitor.wait_for_parameters(channel=strongest)


def test_a_backbone_is_chosen_and_its_own_layers_appear(visitor: Visitor) -> None:
    visitor.open("visualization", {"backbone": "tiny_resnet", **UNTRAINED, "layer": "stage3.block2.relu"})
    visitor.choose_backbone("Tiny VGG")
    visitor.wait_for_parameters(backbone="tiny_vgg")
    ends = [layers[-1] for layers in stages("tiny_vgg").values()]
    shown = visitor.wait_for(
        lambda: visitor.parameters["layer"] in ends and visitor.parameters["layer"], "a layer of it"
    )
    visitor.wait_for_grid(shown)
    expect(visitor.sidebar).to_contain_text("1.16 M parameters")
    seed = visitor.page.get_by_role("spinbutton", name="Seed")
    if visitor.parameters["weights"] == "untrained":
        before = visitor.pixels(visitor.grid)
        seed.fill("5")
        seed.press("Enter")
        visitor.wait_for_parameters(seed=5)
        visitor.wait_for(lambda: (visitor.pixels(visitor.grid) != before).any(), "other maps with another seed")


def test_untrained_weights_say_so_and_the_top_classes_are_the_softmax(visitor: Visitor) -> None:
    from core.visualization.predictions import top_classes
    from tests.browser.expected import backbone

    visitor.open("visualization", {"backbone": "tiny_resnet", **UNTRAINED})
    expect(visitor.main).to_contain_text("Untrained weights: these classes mean nothing.")
    expect(visitor.sidebar).to_contain_text("untrained: random weights, it has learned nothing")
    shown = visitor.page.locator("ol.top-classes li")
    expect(shown).to_have_count(5)
    best = top_classes(activations("tiny_resnet").logits, backbone("tiny_resnet").class_names)
    assert [text.split("\n") for text in shown.all_inner_texts()] == [
        [prediction.label, f"{prediction.probability:.1%}"] for prediction in best
    ]
