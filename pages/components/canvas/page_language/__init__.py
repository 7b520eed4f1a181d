"""An unseen component that tells the browser the page's language and lets a cookie remember it."""

from __future__ import annotations

from pages.components.canvas import define

_document = define("page_language", "<span></span>")


def set_language(code: str, cookie: str) -> None:
    """Set the document's language to `code` and remember it in the cookie of that name, for a year."""
    _document(key="shared.document", data={"language": code, "cookie": cookie})
