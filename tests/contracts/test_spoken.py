"""A page speaks one language: drawn for a visitor of each, it shows no message in English that is translated."""

from __future__ import annotations

import functools
import json
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from string import Formatter
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets.sample_images import SAMPLES
from core.downloads.errors import OFFLINE
from core.downloads.transfer import DownloadEvent
from core.errors import UserError
from core.paths import ROOT
from pages.components.caches import runners
from tests.contracts.words import catalogues, read

LESSON_PAGES = [path.parent.name for path in (ROOT / "pages").glob("*/page.py") if path.parent.name != "visualization"]
VISUALIZATIONS = (
    "",
    "mode=compare&with=tiny_vgg",
    f"picture=upload-{'0' * 12}&range=fixed&fit=letterbox&layer=stage4.block2.relu&page=2",
    *(f"section={section}" for section in ("channel", "cell", "filters", "images", "evidence", "knockout")),
    "section=images&origin=made",
)
NEEDS_DOWNLOAD = "backbone=resnet18&weights=imagenet"
BYTES = {"step": 9_000_000, "total_steps": 46_000_000}
DOWNLOADS: dict[str, dict[str, Any]] = {
    "queued": {"position": 2},
    "starting": {},
    "connecting": {"latest": DownloadEvent(phase="connecting", step=0)},
    "begun": {"latest": DownloadEvent(phase="downloading", step=1)},
    "arriving": {"latest": DownloadEvent(phase="downloading", seconds_left=41, **BYTES)},
    "shared": {"latest": DownloadEvent(phase="waiting", **BYTES)},
    "checking": {"latest": DownloadEvent(phase="checking", **BYTES)},
    "failed": {"problem": UserError(*OFFLINE, name="resnet18.pth", host="download.pytorch.org"), "has_ended": True},
    "stopped": {"has_ended": True},
}
NOT_SHOWN = {"id", "js_content", "css_content", "html_content", "code_text", "url"}
HOLD_JSON = {"json", "spec"}

each_language = pytest.mark.parametrize("code", catalogues())


def visit(code: str, link: str = "") -> AppTest:
    """Return the visualization as a visitor sees it who speaks that language and opens that link."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.session_state["language"] = code
    for name, value in parse_qsl(link):
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def said(node: Any) -> Iterator[str]:
    """Yield every string that a page hands to the browser, those inside components included."""
    yield from _strings(node.proto) if hasattr(node, "proto") else ()
    for child in getattr(node, "children", {}).values():
        yield from said(child)


def _strings(value: Any) -> Iterator[str]:
    match value:
        case _ if hasattr(value, "ListFields"):  # a message to the browser
            for field, part in value.ListFields():
                if field.name not in NOT_SHOWN:
                    yield from _strings(json.loads(part) if field.name in HOLD_JSON else part)
        case bytes():  # a payload of canvas.pack
            (length,) = struct.unpack_from("<I", value)
            yield from _strings(json.loads(value[4 : 4 + length]))
        case str():
            yield from () if value.startswith("data:") else (value, *value.splitlines())
        case Mapping():
            yield from (text for part in value.values() for text in _strings(part))
        case Iterable():
            yield from (text for part in value for text in _strings(part))


@functools.cache
def patterns(code: str) -> dict[str, tuple[str, re.Pattern[str]]]:
    """Return, for each English message with another text in `code`, its longest part and what finds it in a text.

    A word without a field beside it is found only where it stands alone.
    """
    found = {}
    translated = (entry.id for entry in read(code) if entry.id and entry.string != entry.id)
    for message in (each for each in translated if each not in SAMPLES):  # a sample's name is told to the gallery
        parts = [text for text, *_field in Formatter().parse(message)]
        alone = len(parts) == 1 and " " not in message
        pattern = ".+?".join(map(re.escape, parts))
        found[message] = (max(parts, key=len), re.compile(rf"\A{pattern}\Z" if alone else rf"(?<!\w){pattern}(?!\w)"))
    return found


def english(app: AppTest, code: str) -> dict[str, str]:
    """Return the messages that stand on a page in English though `code` has words for them, with where."""
    texts = set(said(app._tree))
    return {
        message: text
        for message, (part, pattern) in patterns(code).items()
        for text in texts
        if part in text and pattern.search(text)
    }


def test_the_search_finds_english_where_it_is_spoken() -> None:
    code = next(iter(catalogues()))
    found = english(visit("en", "weights=untrained"), code)
    assert {
        "Visualization",  # a title
        "See what each layer of a network makes of a picture: choose a picture, a layer, a channel, a position.",
        "Colour range",  # a widget's label
        "Per layer",  # an option
        "Mean, maximum and sparsity (the share of zeros) put the largest first.",  # a help
        "Choose a picture",  # a popover
        "The chosen picture",  # an alternative text
        "Chelsea the cat",  # inside a component
        "Stages",
        "Hover to read exact values; click to look into a cell.",  # inside a component's payload
        "{count} parameters",
        "untrained: random weights, it has learned nothing",  # one part of a line
    } <= found.keys()


@each_language
def test_pages_of_lessons_speak_the_language(code: str) -> None:
    app = visit(code)
    titles = {message.string for message in read(code)}
    for page in LESSON_PAGES:
        app.switch_page(f"pages/{page}/page.py").run()
        assert not app.exception
        assert english(app, code) == {}, page
        assert app.title[0].value in titles


@each_language
@pytest.mark.parametrize("link", VISUALIZATIONS)
def test_visualization_speaks_the_language(code: str, link: str) -> None:
    assert english(visit(code, link), code) == {}


@each_language
@pytest.mark.parametrize("state", DOWNLOADS)
def test_download_speaks_the_language(code: str, state: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("TORCH_HOME", "CONVSCOPE_WEIGHTS"):
        monkeypatch.setenv(variable, str(tmp_path))
    nothing = {"id": "job", "latest": None, "position": None, "problem": None, "has_ended": False, "state": "running"}
    job = SimpleNamespace(**{**nothing, **DOWNLOADS[state]}, heartbeat=lambda: None, cancel=lambda: None)
    monkeypatch.setattr(runners, "downloads", lambda: SimpleNamespace(submit=lambda *_given, **_named: job))
    app = visit(code, NEEDS_DOWNLOAD)
    assert english(app, code) == {}
    assert "ResNet-18" in " ".join(said(app._tree))
