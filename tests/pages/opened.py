"""An opened page, and what it says."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

PAGES = ("architectures", "optimizer_race", "visualization", "transfer_advisor", "augmentation")

Open = Callable[..., AppTest]


def texts(app: AppTest) -> str:
    """Return all that a page says in headings, captions, text and messages."""
    kinds = (app.title, app.subheader, app.markdown, app.caption, app.info, app.error, app.code)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def address(app: AppTest) -> dict[str, str]:
    """Return the parameters that a page has put into the address."""
    return {name: value if isinstance(value, str) else value[-1] for name, value in app.query_params.items()}
