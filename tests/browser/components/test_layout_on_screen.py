"""Light and dark, projector and phone: nothing is cut off, nothing overlaps, everything can be read."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Route, expect

from tests.browser.conftest import Visits
from tests.browser.expected import UNTRAINED
from tests.browser.visitor import Visitor

LAYER = "stage2.inception2.cat"
PROJECTOR, PHONE = {"width": 1280, "height": 720}, {"width": 390, "height": 844}
MEASURE = """
(region) => {
  const controls = [], texts = [];
  const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const scrolls = (element) => {
    for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
      const mayScroll = ['auto', 'scroll'].includes(getComputedStyle(at).overflowX);
      if (mayScroll && at.scrollWidth > at.clientWidth + 1) return true;
    }
    return false;
  };
  const roles = '[role=radio], [role=option], [role=combobox]';
  const kinds = `button, input:not([type=file], [type=hidden]), ${roles}, a[href], canvas`;
  const visit = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) visit(element.shadowRoot);
      if (element.matches(kinds) && shown(element)) {
        const box = element.getBoundingClientRect();
        if (box.width < 2 || box.height < 2 || scrolls(element)) continue;
        const name = element.getAttribute('aria-label') || element.textContent.trim() || element.tagName;
        controls.push({ name: name.slice(0, 60), left: box.left, top: box.top, right: box.right, bottom: box.bottom,
                        cut: element.tagName === 'BUTTON' && element.scrollWidth > element.clientWidth + 1 });
      }
    }
  };
  visit(region);
  return controls;
}
"""
WATCH = """
window.places = [];
(function look() {
  const hosts = Array.from(document.querySelectorAll('[data-testid^=stBidiComponent]'), (host) => host.shadowRoot);
  const find = (selector) => [document, ...hosts].map((root) => root?.querySelector(selector)).find(Boolean);
  const [title, toolbar, maps] = ['h1', '.st-key-toolbar', 'canvas.maps'].map(find);
  if (maps?.dataset.shown) {
    const place = (element) => {
      const { left, top, width } = element.getBoundingClientRect();
      return [left, top, width].map(Math.round);
    };
    const found = { title: place(title), toolbar: place(toolbar), maps: place(maps) };
    if (JSON.stringify(found) !== JSON.stringify(window.places.at(-1))) window.places.push(found);
  }
  requestAnimationFrame(look);
})();
"""
CONTRAST = """
(region) => {
  const parse = (text) => {
    const context = new OffscreenCanvas(1, 1).getContext('2d');
    context.fillStyle = text;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
  const up = (element) => element.parentElement ?? element.getRootNode().host;
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = up(at)) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
  };
  const opacity = (element) => {
    let product = 1;
    for (let at = element; at; at = up(at)) product *= Number(getComputedStyle(at).opacity);
    return product;
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  const visit = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === Node.ELEMENT_NODE) {
        if (node.shadowRoot) visit(node.shadowRoot);
        continue;
      }
      const element = node.parentElement;
      const text = node.textContent.trim().slice(0, 50);
      if (!text || !element || element.closest('[disabled], [aria-hidden=true], style, script')) continue;
      const box = element.getBoundingClientRect();
      if (box.width < 2 || !element.checkVisibility({ visibilityProperty: true })) continue;
      const background = ground(element);
      const ink = parse(getComputedStyle(element).color);
      ink[3] *= opacity(element);
      const [a, b] = [light(over(ink, background)), light(background)];
      const size = parseFloat(getComputedStyle(element).fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(getComputedStyle(element).fontWeight) >= 700);
      found.push({ text, large, ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) });
    }
  };
  visit(region);
  return found;
}
"""
SETTLED_SECONDS = 4.0
RELAYOUT_MS = 400
DEEP = "stage3.block1.conv1.relu"
PAGES_OF_NETWORKS = ("visualization", "optimizer_race", "architectures")
SECTIONS = ("channel", "cell", "filters", "images", "evidence", "knockout")
TRANSFER = ("data", "own", "diagnosis", "proof", "model", "cases")
AUGMENTATION = ("samples", "steps", "several", "along", "receives", "mind", "labels", "helps")
ARCHITECTURES = ("map", "network", "families", "beside", "idea", "gradients", "sliding", "build", "quiz")
VIEWS: dict[str, tuple[str, dict[str, Any]]] = {
    "explore": ("visualization", {"backbone": "tiny_inception", **UNTRAINED, "layer": LAYER, "range": "fixed"}),
    "pages": ("visualization", {"backbone": "shufflenet_v2_x0_5", **UNTRAINED, "layer": "conv5.2"}),
    "compare": ("visualization", {"backbone": "tiny_resnet", **UNTRAINED, "mode": "compare", "with": "tiny_vgg"}),
    "failed": ("visualization", {"backbone": "resnet18", "weights": "imagenet"}),
    **{
        section: ("visualization", {"backbone": "tiny_resnet", **UNTRAINED, "layer": DEEP, "section": section})
        for section in SECTIONS
    },
    "made": (
        "visualization",
        {"backbone": "tiny_resnet", **UNTRAINED, "layer": DEEP, "section": "images", "origin": "made"},
    ),
    "race": ("optimizer_race", {"surface": "bowl", "rates": "same", "rate": "0.1", "noise": "1"}),
    "map": ("architectures", {"backbone": "resnet18", **UNTRAINED}),
    "network": ("architectures", {"part": "network", "backbone": "tiny_inception", "of_layer": "stem.conv1.conv"}),
    "families": ("architectures", {"part": "families"}),
    "beside": ("architectures", {"part": "beside", "backbone": "tiny_resnet", "with": "tiny_vgg,tiny_inception"}),
    "idea": ("architectures", {"part": "ideas", "idea": "separable"}),
    "gradients": ("architectures", {"part": "ideas", "idea": "gradients"}),
    "sliding": ("architectures", {"part": "ideas", "idea": "sliding"}),
    "build": ("architectures", {"part": "build", "stack": "conv-16-1,residual-32-2,pool-32-2,fire-64-1"}),
    "quiz": ("architectures", {"part": "quiz", "backbone": "tiny_resnet"}),
    "data": ("transfer_advisor", {"data": "tissue"}),
    "own": ("transfer_advisor", {"data": "mine"}),
    "diagnosis": ("transfer_advisor", {"part": "diagnosis"}),
    "proof": ("transfer_advisor", {"part": "proof"}),
    "model": ("transfer_advisor", {"part": "model"}),
    "cases": ("transfer_advisor", {"part": "cases"}),
    **{part: ("augmentation", {"part": part}) for part in AUGMENTATION},
}
WIDE_VIEWS = (
    "explore",
    "pages",
    "compare",
    "race",
    "map",
    "network",
    "diagnosis",
)  # beside those in Spanish
SPANISH_VIEWS = (
    "explore",
    *SECTIONS,
    "made",
    "failed",
    "race",
    *ARCHITECTURES,
    *TRANSFER,
    *AUGMENTATION,
)  # the longer words


def wait_for_view(visitor: Visitor, view: str) -> None:
    """Wait for what is drawn last."""
    if view in ("explore", "pages"):
        expect(visitor.grid).to_have_attribute("data-shown", f"{LAYER}/1" if view == "explore" else "conv5.2/1")
    elif view in SECTIONS:
        visitor.main.get_by_role("button", name=re.compile("Download and share|Descargar y compartir")).last.wait_for()
    elif view == "race":
        visitor.main.locator("table.scoreboard").wait_for()
    elif view == "compare":
        visitor.main.locator("img[alt*='×']").last.wait_for()
    elif view == "failed":
        expect(visitor.main.get_by_role("alert")).to_be_visible()
    elif view == "sliding":
        visitor.page.locator(".output button").first.wait_for()
    elif view == "build":
        visitor.main.get_by_role("button", name=re.compile("Start|Iniciar|Empezar|Comenzar")).last.wait_for()
    elif view == "quiz":
        visitor.main.get_by_role("button", name=re.compile("Reveal|Descubrir")).last.wait_for()
    elif view == "own":
        visitor.page.locator("input[type=file]").first.wait_for(state="attached")
    elif view in TRANSFER:
        last = visitor.main.get_by_role("button", name=re.compile("Start|Empezar|Reveal|Descubrir|How|Cuánto"))
        last.last.wait_for()
    elif view in AUGMENTATION:
        last = {
            "receives": ".js-plotly-plot .main-svg",
            "mind": ".js-plotly-plot .main-svg",
            "along": ".katex",
            "helps": "[data-testid=stSlider]",
        }.get(view, ".tiles figure")
        visitor.page.locator(last).last.wait_for()
    elif view in ARCHITECTURES:
        visitor.page.locator(".js-plotly-plot .main-svg").last.wait_for()
        if view == "network":
            visitor.main.get_by_test_id("stDataFrame").wait_for()


def overlapping(controls: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the pairs of controls that cover one another in part; one inside another is a part of it."""
    pairs = []
    for index, one in enumerate(controls):
        for other in controls[index + 1 :]:
            width = min(one["right"], other["right"]) - max(one["left"], other["left"])
            height = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
            inside = any(
                a["left"] >= b["left"] - 1
                and a["right"] <= b["right"] + 1
                and a["top"] >= b["top"] - 1
                and a["bottom"] <= b["bottom"] + 1
                for a, b in ((one, other), (other, one))
            )
            if width > 2 and height > 2 and not inside:
                pairs.append((one["name"], other["name"]))
    return pairs


@pytest.mark.parametrize(
    ("lang", "views"),
    [
        ("en", [view for view in VIEWS if view not in SPANISH_VIEWS or view in WIDE_VIEWS]),
        ("es", [view for view in SPANISH_VIEWS if VIEWS[view][0] in PAGES_OF_NETWORKS]),
        ("es", [view for view in SPANISH_VIEWS if VIEWS[view][0] not in PAGES_OF_NETWORKS]),
    ],
    ids=["English", "Spanish, networks", "Spanish, pictures"],
)
def test_everything_has_its_place(visits: Visits, lang: str, views: Iterable[str]) -> None:
    """Each view is gone to once and seen on a projector, then on a phone's width."""
    visitor = visits.visitor(viewport=PROJECTOR, **({"locale": "es-ES"} if lang == "es" else {}))
    visitor.open()
    wrong = []
    for view in views:
        visitor.page.set_viewport_size(PROJECTOR)
        visitor.travel(*VIEWS[view])
        wait_for_view(visitor, view)
        wrong += [f"projector, {view}: {what}" for what in out_of_place(visitor, PROJECTOR)]
        visitor.page.set_viewport_size(PHONE)
        visitor.page.wait_for_timeout(RELAYOUT_MS)
        wrong += [f"phone, {view}: {what}" for what in out_of_place(visitor, PHONE)]
    assert not wrong, "\n".join(wrong)


def out_of_place(visitor: Visitor, size: dict[str, int]) -> list[str]:
    """Return what scrolls sideways, overlaps, is cut off or stands outside the screen."""
    wrong = []
    for region in ("html", "[data-testid=stMain]"):
        wide = visitor.page.locator(region).evaluate("(one) => one.scrollWidth - one.clientWidth")
        if wide > 0:
            wrong.append(f"{region} scrolls {wide} px sideways")
    controls = visitor.main.evaluate(MEASURE)
    assert controls
    wrong += [f"{one} and {other} overlap" for one, other in overlapping(controls)]
    wrong += [f"{control['name']} is cut off" for control in controls if control["cut"]]
    wrong += [
        f"{control['name']} stands outside the screen ({control['left']:.0f} to {control['right']:.0f})"
        for control in controls
        if control["left"] < -1 or control["right"] > size["width"] + 1
    ]
    return wrong


def test_on_a_phone_the_sidebar_opens_and_closes_and_the_picture_can_be_chosen(visits: Visits) -> None:
    visitor = visits.visitor(viewport=PHONE, has_touch=True).open(
        "visualization", {"backbone": "tiny_resnet", **UNTRAINED}
    )
    expect(visitor.grid).to_be_visible()
    expect(visitor.backbone).not_to_be_in_viewport()
    visitor.page.get_by_test_id("stExpandSidebarButton").tap()
    expect(visitor.backbone).to_be_in_viewport()
    visitor.open_picture_choice()
    gallery = visitor.page.get_by_role("group", name="Sample pictures")
    controls = gallery.evaluate(MEASURE)
    assert all(control["left"] >= -1 and control["right"] <= PHONE["width"] + 1 for control in controls)
    gallery.get_by_role("button", name="A dahlia").tap()
    visitor.wait_for_parameters(picture="flower")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read(visits: Visits, theme: str) -> None:
    visitor = visits.visitor(color_scheme=theme)
    wrong = []
    for view in ("explore", "failed"):
        page, parameters = VIEWS[view]
        visitor.open(page, parameters)
        wait_for_view(visitor, view)
        end = time.monotonic() + SETTLED_SECONDS
        while (faint := faint_texts(visitor)) and time.monotonic() < end:  # what was drawn before fades out and in
            visitor.page.wait_for_timeout(200)
        wrong += [f"{view}: {text}" for text in faint]
    assert not wrong, "contrast below AA: " + "; ".join(dict.fromkeys(wrong))


def faint_texts(visitor: Visitor) -> list[str]:
    """Return the texts on the screen whose contrast is below AA, each with its ratio."""
    texts = visitor.page.locator("body").evaluate(CONTRAST)
    assert len(texts) > 20
    return [f"{text['text']!r} {text['ratio']:.2f}" for text in texts if text["ratio"] < (3 if text["large"] else 4.5)]


def test_light_and_dark_are_both_designed(visits: Visits) -> None:
    seen: dict[str, Any] = {}
    for theme in ("light", "dark"):
        visitor = visits.visitor(color_scheme=theme).open(*VIEWS["explore"])
        wait_for_view(visitor, "explore")
        screen = np.asarray(Image.open(io.BytesIO(visitor.page.screenshot())).convert("L")).astype(int)
        pixels = visitor.pixels(visitor.grid)
        seen[theme] = (screen, pixels)
        lit = np.median(screen)
        assert (lit > 200) if theme == "light" else (lit < 60), f"the {theme} theme is not {theme}"
    (light, light_maps), (dark, dark_maps) = seen["light"], seen["dark"]
    assert light.shape == dark.shape
    assert np.abs(light - dark).mean() > 60
    assert (light_maps[..., 3] == dark_maps[..., 3]).mean() > 0.9
    # The maps themselves say the same in both: where both have the palette's colours, these agree.
    assert (light_maps == dark_maps).all(axis=2).mean() > 0.6


def test_nothing_moves_once_the_maps_are_there(visits: Visits) -> None:
    """A page that is opened for the first time, with nothing of it in the browser yet."""
    visitor = visits.visitor(visits.context())
    visitor.page.add_init_script(WATCH)
    visitor.open(*VIEWS["explore"])
    wait_for_view(visitor, "explore")
    visitor.page.wait_for_timeout(1500)
    places = visitor.page.evaluate("() => window.places")
    assert places[0]["maps"][2] > 300
    for name, found in places[0].items():
        assert [each[name] for each in places] == [found] * len(places), f"{name} moved"


def test_the_title_does_not_wait_below_a_component_that_nobody_sees(visits: Visits) -> None:
    """Streamlit holds a place for each component while it fetches what draws components."""
    visitor = visits.visitor(visits.context())
    held: list[Route] = []
    visitor.page.route("**/BidiComponent*.js", lambda route: held.append(route))
    visitor.page.goto(f"{visitor.address}/visualization?weights=untrained", wait_until="commit")
    title = visitor.page.get_by_role("heading", level=1)
    expect(title).to_be_visible()
    expect(visitor.page.get_by_test_id("stSkeleton").first).to_be_attached()
    early = title.bounding_box()
    assert held, "the file that draws components has another name now"
    held[0].continue_()
    expect(visitor.grid).to_be_visible()
    assert title.bounding_box() == early


def test_the_focus_is_visible(visitor: Visitor) -> None:
    visitor.open(*VIEWS["explore"])
    wait_for_view(visitor, "explore")
    for locator in (visitor.grid, visitor.page.locator("[role=listbox] [aria-selected=true]").last):
        locator.focus()
        visitor.page.keyboard.press("Shift")  # from now on the keyboard is in use
        style = locator.evaluate("(one) => [getComputedStyle(one).outlineStyle, getComputedStyle(one).outlineWidth]")
        assert style[0] != "none"
        assert float(style[1].removesuffix("px")) >= 1
