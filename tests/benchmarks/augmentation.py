"""Augmentation: a grid of samples beside bare torchvision, a redrawn grid on the screen, answers in one batch."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from urllib.parse import urlencode

from playwright.sync_api import Page

from core.augmentation.presets import PRESETS
from tests.benchmarks.harness import Row, in_fresh_process, paired, timed
from tests.benchmarks.parts.layer_change import Counter
from tests.benchmarks.rigs.browser import click_to_pixels, launch, open_page, settle
from tests.benchmarks.rigs.servers import convscope, empty_app

TOPIC = "augmentation"
SAMPLES = 16
BACKBONES = ("tiny_resnet", "tiny_inception", "resnet18")


def measure_grid() -> Iterable[Row]:
    """Return how much longer a grid of samples takes than the bare calls of torchvision."""
    for preset in ("imagenet", "light", "strong"):
        yield in_fresh_process(_grid, preset)


def measure_round_trip() -> Iterable[Row]:
    """Return the ratio of a redrawn grid on the screen to an empty app's answer to a click."""
    with launch() as browser, empty_app() as empty, convscope() as server:
        counter = Counter(open_page(browser, empty.address, "bench.visible('[data-testid=stText]')"))
        for preset in ("imagenet", "light"):
            link = urlencode({"pipeline": PRESETS[preset].text, "weights": "untrained"})
            shown = "document.querySelectorAll('.tiles img').length === 16"
            page = open_page(browser, f"{server.address}/augmentation?{link}", shown)
            pairs = paired(counter.click, functools.partial(_redraw, page), 12, 3)
            page.context.close()
            yield Row(
                topic=TOPIC,
                name=f"round_trip_{preset}",
                value=pairs.ratio,
                unit="ratio",
                versus="a click in an empty app",
                note=f"{SAMPLES} fresh samples drawn, sent and painted; {pairs.describe('ms')}",
            )


def _redraw(page: Page) -> float:
    """Return the milliseconds from asking for other samples until they are painted."""
    page.evaluate("window.before = document.querySelector('.tiles img').src")
    done = "document.querySelector('.tiles img')?.src !== window.before"
    button = "document.querySelector('.st-key-augmentation-redraw button')"
    milliseconds = click_to_pixels(page, button, done)
    settle(page)
    return milliseconds


def measure_stability() -> Iterable[Row]:
    """Return how much longer 41 single passes take than one batched pass over them."""
    for name in BACKBONES:
        yield in_fresh_process(_stability, name)


def _grid(preset: str) -> Row:
    import torch

    from core import torchvision_compat

    torchvision_compat.declare()

    from core.augmentation.sampling import WORKING_SIDE, draw_samples, seed_of, tensor_of, working_size
    from core.augmentation.transforms.arguments import build
    from core.compute import prepare
    from core.datasets.sample_images import sample

    prepare()
    image = working_size(sample("chelsea").image, WORKING_SIDE)
    pipeline = PRESETS[preset].pipeline
    transforms = [
        (step.key, step.chance, build(step.entry.builds, step.entry.arguments(step.value))) for step in pipeline.steps
    ]

    def bare() -> None:
        start = tensor_of(image)
        for number in range(SAMPLES):
            picture = start
            for key, chance, transform in transforms:
                torch.manual_seed(seed_of(0, number, key))
                if float(torch.rand(())) < chance:
                    picture = transform(picture)

    def ours() -> None:
        draw_samples(image, pipeline, 0, range(SAMPLES))

    pairs = paired(timed(bare), timed(ours), 7, 1)
    return Row(
        topic=TOPIC,
        name=f"grid_{preset}",
        value=pairs.ratio,
        unit="ratio",
        versus="the bare torchvision calls with the same random numbers",
        bound="<= 1.2",
        note=f"{SAMPLES} samples of {image.width} × {image.height} pixels; {pairs.describe('CPU ms')}",
    )


def _stability(name: str) -> Row:
    import torch
    from PIL import Image

    from core.architectures.loading import load
    from core.architectures.zoo.backbones import BACKBONES as ALL
    from core.augmentation.invariance import SWEEPS, answers, sweep_images
    from core.augmentation.sampling import WORKING_SIDE, array_of, working_size
    from core.compute import prepare
    from core.datasets.sample_images import sample
    from core.images.picture import Picture
    from core.images.preprocessing import fit_to_input, to_array

    prepare()
    backbone = load(name, "embedded" if "embedded" in ALL[name].weights else "untrained")
    image = working_size(sample("chelsea").image, WORKING_SIDE)
    pictures = [array_of(one) for one in sweep_images(image, SWEEPS["angle"])]

    def single() -> None:
        with torch.inference_mode():
            for pixels in pictures:
                picture = Picture("", "sample", pixels.shape[1], pixels.shape[0], "PNG", Image.fromarray(pixels))
                seen = fit_to_input(picture, backbone.preprocessing).image
                backbone.model(torch.from_numpy(to_array(seen, backbone.preprocessing)))

    def batched() -> None:
        answers(backbone, pictures)

    pairs = paired(timed(single), timed(batched), 5, 1)
    return Row(
        topic=TOPIC,
        name=f"stability_{name}",
        value=pairs.ratio,
        unit="ratio",
        versus="41 single passes of the bare model",
        bound="<= 1",
        note=f"41 angles, turning them left out on both sides; {pairs.describe('CPU ms')}",
    )


PARTS = {"grid": measure_grid, "round_trip": measure_round_trip, "stability": measure_stability}
