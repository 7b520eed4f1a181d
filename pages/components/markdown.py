"""Text that a person or a file wrote, shown as it is."""

from __future__ import annotations

import string


def plain(text: str) -> str:
    """Return `text` with its punctuation as character references, in which neither Markdown nor Streamlit sees signs.

    A backslash would not do: Streamlit turns `:material/warning:` and `->` into symbols before Markdown is read.
    """
    return "".join(f"&#{ord(sign)};" if sign in string.punctuation else sign for sign in text)
