"""The CSS that the theme cannot express."""

from __future__ import annotations

from pathlib import Path

from pages.components.server.asgi import Application, Message, Receive, Send

STYLE = Path(__file__).with_name("style.css")
END = b"</head>"


class StyledPage:
    """Puts the style into the page that the server sends, so that nothing is ever drawn without it.

    Drawn by the app itself it would come later than what it moves.
    """

    def __init__(self, app: Application) -> None:
        self._app = app
        # Nested, so that each rule outranks the one that Streamlit will add for the same element.
        self._style = b"<style>html body {\n" + STYLE.read_bytes() + b"}</style>\n"

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on; of the answers only web pages are held back until they are complete."""
        held: list[Message] = []

        async def send_styled(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                held.append(message)
            elif not held:
                await send(message)
            else:
                held.append(message)
                if not message.get("more_body"):
                    for each in self._styled(held):
                        await send(each)

        if scope["type"] == "http" and _asks_for_a_page(scope):
            # Uncompressed, so that something can be put in; a page has 8 kB.
            plain = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
            await self._app({**scope, "headers": plain}, receive, send_styled)
        else:
            await self._app(scope, receive, send)

    def _styled(self, held: list[Message]) -> tuple[Message, Message]:
        body = b"".join(message.get("body", b"") for message in held[1:])
        place = body.find(END)
        if place < 0:  # an answer without the page, as to HEAD
            return held[0], {"type": "http.response.body", "body": body}
        body = body[:place] + self._style + body[place:]
        # Streamlit's own marks of the version would let a browser keep a page with an older style.
        kept = [pair for pair in held[0]["headers"] if pair[0] not in (b"content-length", b"etag", b"last-modified")]
        start = {**held[0], "headers": [*kept, (b"content-length", str(len(body)).encode())]}
        return start, {"type": "http.response.body", "body": body}


def _asks_for_a_page(scope: Message) -> bool:
    return b"text/html" in dict(scope["headers"]).get(b"accept", b"")


def _is_page(start: Message) -> bool:
    kind: bytes = dict(start["headers"]).get(b"content-type", b"")
    return start["status"] == 200 and kind.startswith(b"text/html")
