"""What happens once per server: PyTorch is prepared, pages are found, and each answer carries security headers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from streamlit.runtime.pages_manager import PagesManager

from core.compute import prepare_in_background
from pages.components.inputs.image_select import prepare_samples
from pages.components.server.asgi import Application, Message, Receive, Send
from pages.components.server.run_order import keep_order

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"same-origin"),
)

QUIET_SECONDS = 3.0  # left to the first visitor's page, which would otherwise share the processor with the import


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Prepare the server while it starts; no page waits for it unless it needs PyTorch."""
    # Until st.navigation first runs, Streamlit takes every folder `pages/` for its older kind of app, does not find
    # the page of a deep link there and tells the first visitor so.
    PagesManager.uses_pages_directory = False
    keep_order()
    _prepare_first_page()
    prepare_in_background(QUIET_SECONDS)
    yield


def _prepare_first_page() -> None:
    """Do before the server says that it is ready what its first visitor would otherwise wait for; not PyTorch."""
    import pandas  # noqa: F401 - Streamlit imports it with the first component

    prepare_samples()


class SecurityHeaders:
    """Adds headers that keep browsers from guessing types, framing the app elsewhere and telling where one was."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on; only answers to HTTP requests have headers to add to."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *HEADERS]}
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
