"""English and Spanish: every visible text, nothing lost by the switch, and the choice remembered."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.components.test_image_select import mark, png
from tests.browser.conftest import Visits
from tests.browser.expected import UNTRAINED
from tests.browser.visitor import Visitor
from tests.contracts.words import read

SPANISH = {
    "architectures": "Arquitecturas",
    "optimizer_race": "Carrera de optimizadores",
    "visualization": "Visualización",
    "transfer_advisor": "Asesor de transferencia",
    "augmentation": "Aumento de datos",
}
TEXTS = """
() => {
  const found = new Set();
  const visit = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const element = node.parentElement;
      if (!element?.closest('script, style, code, pre')) found.add(node.textContent);
      return;
    }
    if (node.nodeType === Node.ELEMENT_NODE) {
      for (const name of ['aria-label', 'title', 'alt', 'placeholder']) found.add(node.getAttribute(name) ?? '');
      if (node.shadowRoot) node.shadowRoot.childNodes.forEach(visit);
    }
    node.childNodes.forEach(visit);
  };
  visit(document.body);
  return [...found].map((text) => text.replace(/\\s+/g, ' ').trim()).filter((text) => text);
}
"""


def english() -> re.Pattern[str]:
    """Return what matches an English text that has a Spanish one, as long as it has two words or six letters."""
    patterns = []
    for message in read("es"):
        fixed = re.sub(r"\{.*?\}|[^A-Za-z]", "", str(message.id))
        if message.id and message.string != message.id and len(fixed) >= 5:
            plain = str(message.id).replace("**", "")
            patterns.append(re.sub(r"\\\{.*?\\\}", ".+?", re.escape(plain)))
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def assert_spanish(visitor: Visitor) -> None:
    pattern = english()
    left = [text for text in visitor.page.evaluate(TEXTS) if pattern.fullmatch(text)]
    assert not left, f"still English: {left}"


def test_everything_on_every_page_is_spanish(visits: Visits) -> None:
    visitor = visits.visitor()
    visitor.open("visualization", {"backbone": "tiny_resnet", **UNTRAINED})
    assert len([text for text in visitor.page.evaluate(TEXTS) if english().fullmatch(text)]) > 30  # it finds English
    visitor.pick("Language", "Español")
    for name, title in SPANISH.items():
        visitor.go_to(title)
        if name == "visualization":
            expect(visitor.grid).to_be_visible()
        elif name == "optimizer_race":
            expect(visitor.page.locator("canvas.map")).to_be_visible()
        elif name in ("architectures", "transfer_advisor"):
            expect(visitor.page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
        else:
            expect(visitor.page.locator(".tiles figure")).to_have_count(16)
        assert_spanish(visitor)


def test_what_opens_on_a_click_and_what_goes_wrong_is_spanish(visits: Visits) -> None:
    visitor = visits.visitor(locale="es-MX").open("visualization", {"backbone": "tiny_resnet", **UNTRAINED})
    visitor.page.get_by_role("button", name="Lección").click()
    expect(visitor.page.get_by_role("heading", name="Mapas de activación")).to_be_visible()
    assert_spanish(visitor)
    visitor.page.keyboard.press("Escape")
    visitor.page.get_by_role("button", name="Elegir una imagen").click()
    visitor.page.locator("input[type=file]").wait_for(state="attached")
    assert_spanish(visitor)
    visitor.page.keyboard.press("Escape")
    visitor.drop("roto.png", b"this is no picture")
    expect(visitor.page.get_by_role("alert")).to_contain_text("roto.png")
    assert_spanish(visitor)
    visitor.drop("rojo.png", png((200, 0, 0)))
    visitor.wait_for_parameters(picture=mark(png((200, 0, 0))))
    visitor.page.locator("button", has_text="Descargar").first.click()
    expect(visitor.page.get_by_test_id("stDownloadButton").first).to_be_visible()
    assert_spanish(visitor)
    visitor.open("visualization", {"backbone": "resnet18", "weights": "imagenet", "lang": "es"})
    expect(visitor.main.get_by_role("alert")).to_contain_text("resnet18")
    assert_spanish(visitor)
    visitor.open("visualization", {"backbone": "tiny_resnet", **UNTRAINED, "mode": "compare", "with": "tiny_vgg"})
    expect(visitor.main.locator("img[alt*='×']").first).to_be_visible()
    assert_spanish(visitor)


def test_the_switch_loses_nothing(visitor: Visitor) -> None:
    data = png((90, 160, 40))
    visitor.open("visualization", {"backbone": "tiny_vgg", **UNTRAINED, "layer": "stage3.conv2.relu", "order": "mean"})
    visitor.drop("green.png", data)
    visitor.wait_for_parameters(picture=mark(data), layer="stage3.conv2.relu")
    visitor.wait_for_grid("stage3.conv2.relu")
    visitor.click_channel(11)
    visitor.wait_for_parameters(channel=11)
    visitor.pick("Colour range", "Fixed")
    visitor.wait_for_parameters(range="fixed", limit=1)
    visitor.page.get_by_role("heading", level=1).hover()
    before = visitor.state()
    visitor.pick("Language", "Español")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Visualización")
    expect(visitor.page.locator("html")).to_have_attribute("lang", "es")
    visitor.settle()
    after = visitor.state()
    assert after["address"] == before["address"]
    assert after["grid"] == before["grid"]
    assert after["channel"] == before["channel"]
    assert after["text"] != before["text"]
    expect(visitor.sidebar).to_contain_text("green.png")
    visitor.pick("Idioma", "English")
    expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
    visitor.wait_for(lambda: visitor.state() == before, "everything as it was")


def test_the_language_is_remembered_for_the_next_visit(visits: Visits) -> None:
    context = visits.context()
    first = visits.visitor(context).open("augmentation")
    expect(first.page.locator("html")).to_have_attribute("lang", "en")
    first.pick("Language", "Español")
    expect(first.page.locator("html")).to_have_attribute("lang", "es")
    first.wait_for(lambda: any(cookie["value"] == "es" for cookie in context.cookies()), "a cookie that says es")
    first.page.close()
    second = visits.visitor(context).open("architectures")
    expect(second.page.get_by_role("heading", level=1)).to_have_text("Arquitecturas")
    expect(second.page.locator("html")).to_have_attribute("lang", "es")


@pytest.mark.parametrize(("locale", "lang"), [("es-MX", "es"), ("fr-FR", "en")])
def test_the_browser_says_which_language_comes_first(visits: Visits, locale: str, lang: str) -> None:
    visitor = visits.visitor(locale=locale).open("augmentation")
    expect(visitor.page.locator("html")).to_have_attribute("lang", lang)
    title = SPANISH["augmentation"] if lang == "es" else "Augmentation"
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(title)
