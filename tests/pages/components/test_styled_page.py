"""The style is part of the page that the server sends; every other answer passes as it is."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from pages.components.server.styled_page import STYLE, StyledPage

PAGE = "<!DOCTYPE html><html><head><title>Ñandú</title></head><body>" + "<p>text</p>" * 200 + "</body></html>"
BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9", "accept-encoding": "gzip, br"}


async def page(_request: Request) -> Response:
    return HTMLResponse(PAGE, headers={"etag": '"1"', "last-modified": "Tue, 24 Nov 2026 00:00:00 GMT"})


async def parts(_request: Request) -> Response:
    return StreamingResponse((PAGE[i : i + 7] for i in range(0, len(PAGE), 7)), media_type="text/html")


async def other(_request: Request) -> Response:
    return PlainTextResponse(PAGE, headers={"etag": '"1"'})


async def lost(_request: Request) -> Response:
    return HTMLResponse(PAGE, status_code=404)


@pytest.fixture
def client() -> TestClient:
    routes = [Route(f"/{each.__name__}", each) for each in (page, parts, other, lost)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(StyledPage), Middleware(GZipMiddleware)]))


@pytest.mark.parametrize("path", ["/page", "/parts"])
def test_a_page_has_the_style_in_its_head(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=BROWSER)
    head, rest = answer.text.split("</head>")
    assert STYLE.read_text(encoding="utf-8") in head
    assert head.startswith("<!DOCTYPE html><html><head><title>Ñandú</title>")
    assert rest == PAGE.split("</head>")[1]
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_no_browser_keeps_a_page_with_an_older_style(client: TestClient) -> None:
    headers = client.get("/page", headers=BROWSER).headers
    assert "etag" not in headers
    assert "last-modified" not in headers


@pytest.mark.parametrize("path", ["/other", "/lost"])
def test_what_is_no_page_passes(client: TestClient, path: str) -> None:
    assert client.get(path, headers=BROWSER).text == PAGE


def test_who_asks_for_no_page_gets_the_answer_as_it_is(client: TestClient) -> None:
    answer = client.get("/page", headers={"accept": "application/json", "accept-encoding": "gzip"})
    assert answer.text == PAGE
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["etag"] == '"1"'


def test_an_answer_without_a_body_is_answered(client: TestClient) -> None:
    answer = client.head("/page", headers=BROWSER)
    assert answer.status_code == 200
    assert answer.content == b""
