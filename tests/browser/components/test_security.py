"""What an attacker or an accident may try: nothing leaks, nothing foreign gets in, nothing goes out."""

from __future__ import annotations

import http.client
import secrets
from urllib.parse import urlsplit

import psutil
import pytest
import requests
from playwright.sync_api import expect

from core import limits
from tests.browser.components.test_image_select import png
from tests.browser.components.test_navigation import PAGES
from tests.browser.conftest import Observed, Visits
from tests.browser.double import SECRET
from tests.browser.visitor import Visitor
from tests.servers import Server

HEADERS = {"x-content-type-options": "nosniff", "x-frame-options": "SAMEORIGIN", "referrer-policy": "same-origin"}


def test_a_page_that_fails_shows_no_traceback(visits: Visits, double: Server, observed: Observed) -> None:
    observed.expected.append("error in the console")
    visitor = visits.visitor(address=double.address)
    for name in PAGES:
        before = double.said.count(SECRET)
        visitor.page.goto(f"{double.address}/{name}?fail=1")
        expect(visitor.main.get_by_role("alert")).to_contain_text("Something failed here")
        expect(visitor.page.get_by_test_id("stException")).to_have_count(0)
        content = visitor.page.content() + visitor.page.locator("body").inner_text()
        for leak in (SECRET, "/srv/secret", "Traceback", "double.py", "site-packages", "streamlit/runtime"):
            assert leak not in content
        visitor.wait_for(lambda before=before: double.said.count(SECRET) > before, "the exception in the server's log")


def handshake(server: Server, origin: str | None) -> int:
    """Return how the server answers whoever wants to open a websocket from a page of `origin`."""
    parts = urlsplit(server.address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **({"Origin": origin} if origin else {}),
    }
    connection.request("GET", "/_stcore/stream", headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_page_of_another_site_gets_no_connection(server: Server) -> None:
    assert handshake(server, server.address) == 101
    for origin in (
        "http://evil.example",
        "https://evil.example:8501",
        server.address.replace("127.0.0.1", "evil.example"),
        "null",
    ):
        assert handshake(server, origin) == 403, origin


@pytest.fixture
def upload(visitor: Visitor) -> tuple[str, dict[str, str]]:
    """Where and with which headers the browser of a visitor uploads files."""
    visitor.open("augmentation")
    with visitor.page.expect_request(lambda request: request.method == "PUT") as made:
        visitor.upload("ok.png", png((1, 2, 3)))
    expect(visitor.sidebar).to_contain_text("ok.png")
    headers = made.value.all_headers()
    kept = {name: value for name, value in headers.items() if name in ("cookie", "x-xsrftoken", "origin")}
    return made.value.url.rpartition("/")[0], kept


def put(where: str, headers: dict[str, str], content: bytes) -> requests.Response:
    files = {"file": ("x.png", content, "image/png")}
    return requests.put(f"{where}/{secrets.token_hex(8)}", headers=headers, files=files, timeout=30)


def test_an_upload_needs_its_token_its_session_and_a_fitting_size(upload: tuple[str, dict[str, str]]) -> None:
    where, headers = upload
    assert "x-xsrftoken" in headers
    picture = png((4, 5, 6))
    assert put(where, headers, picture).status_code in (200, 204)
    without = {name: value for name, value in headers.items() if name != "x-xsrftoken"}
    assert put(where, without, picture).status_code == 403
    assert put(where, {**headers, "x-xsrftoken": "2|12345678|forged|1"}, picture).status_code == 403
    assert put(where, {"x-xsrftoken": headers["x-xsrftoken"]}, picture).status_code == 403
    stranger = f"{where.rpartition('/')[0]}/{secrets.token_hex(16)}"
    assert put(stranger, headers, picture).status_code in (400, 403)
    assert put(where, headers, bytes(limits.PICTURE_BYTES + 1_000_000)).status_code == 413
    assert put(where, headers, picture).status_code in (200, 204)


def test_every_answer_carries_the_headers(server: Server) -> None:
    script = requests.get(server.address, timeout=20).text.split('src="./')[1].split('"')[0]
    for path in (
        "",
        "visualization",
        "_stcore/health",
        "_stcore/host-config",
        script,
        "no/such/file.js",
        "media/none.png",
    ):
        answer = requests.get(f"{server.address}/{path}", timeout=20)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, f"{path}: {answer.status_code}"


def test_nobody_outside_this_computer_can_connect(server: Server) -> None:
    process = psutil.Process(server.process.pid)
    listening = [
        connection.laddr.ip
        for one in (process, *process.children(recursive=True))
        for connection in one.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]


def test_no_file_of_the_server_is_handed_out(server: Server) -> None:
    for path in (
        "app.py",
        "../app.py",
        "%2e%2e/app.py",
        "static/../../app.py",
        "app/static/..%2fapp.py",
        "component/../app.py",
        ".streamlit/config.toml",
        "media/..%2f..%2fapp.py",
    ):
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(server.address).port, timeout=20)
        connection.request("GET", f"/{path}")
        text = connection.getresponse().read()
        assert b"st.set_page_config" not in text
        assert b"enableXsrfProtection" not in text


def test_too_large_a_file_is_refused_on_the_page(visitor: Visitor) -> None:
    visitor.open("augmentation")
    visitor.upload("huge.png", bytes(limits.PICTURE_BYTES + 1_000_000))
    expect(
        visitor.page.get_by_text("File must be 20.0MB or smaller.")
        .or_(visitor.page.get_by_text("20MB or smaller"))
        .first
    ).to_be_visible()
    visitor.wait_for_parameters(picture="chelsea")
    visitor.drop("huge.png", b"no picture " * 800_000)
    expect(visitor.page.get_by_role("alert").filter(has_text="huge.png")).to_be_visible()
    visitor.wait_for_parameters(picture="chelsea")
