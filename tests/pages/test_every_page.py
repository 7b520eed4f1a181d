"""Every page runs, again and again, in both languages, and says what it is about."""

from __future__ import annotations

import pytest

from core.paths import ASSETS
from pages.components.i18n import LANGUAGES, translation
from tests.pages.opened import PAGES, Open, address, texts

LESSONS = ASSETS / "lessons"
TITLES = {
    "architectures": "Architectures",
    "optimizer_race": "Optimizer race",
    "visualization": "Visualization",
    "transfer_advisor": "Transfer advisor",
    "augmentation": "Augmentation",
}
LOCALES = {"en": "en-GB", "es": "es-AR"}


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_twice_and_shows_its_title_its_sentence_and_its_lesson(
    open_page: Open, page: str, code: str
) -> None:
    app = open_page(page, locale=LOCALES[code], backbone="tiny_resnet", weights="untrained")
    for _ in range(2):
        assert not app.exception
        assert not app.error
        assert [title.value for title in app.title] == [translation(code).gettext(TITLES[page])]
        sentence = next(caption.value for caption in app.main.caption)
        assert len(sentence) > 40
        assert sentence[-1] in ".?"
        body = (LESSONS / code / f"{page}.md").read_text(encoding="utf-8").partition("\n")[2].strip()
        assert body in texts(app)
        app.run()


def test_the_languages_differ_in_every_sentence(open_page: Open) -> None:
    for page in PAGES:
        said = {code: next(c.value for c in open_page(page, locale=LOCALES[code]).main.caption) for code in LANGUAGES}
        assert len(set(said.values())) == len(LANGUAGES)


def test_the_language_switch_keeps_everything_else(open_page: Open) -> None:
    app = open_page(backbone="tiny_vgg", weights="untrained", layer="stage2.conv1.relu", order="mean", picture="coffee")
    before = address(app)
    app.get("button_group")[[group.key for group in app.get("button_group")].index("language")].set_value("es").run()
    assert not app.exception
    assert app.title[0].value == "Visualización"
    assert address(app) == before


@pytest.mark.parametrize(
    ("asked", "locale", "spoken"),
    [("es", "en-US", "es"), ("en", "es-ES", "en"), ("xx", "es-ES", "es"), ("<b>", "fr-FR", "en"), ("", "", "en")],
)
def test_the_link_may_name_the_language(open_page: Open, asked: str, locale: str, spoken: str) -> None:
    app = open_page("augmentation", locale=locale, lang=asked)
    assert app.title[0].value == translation(spoken).gettext("Augmentation")
    assert "lang" not in address(app)
