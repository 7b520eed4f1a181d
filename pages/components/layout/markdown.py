"""Text that a person or a file wrote, shown as it is."""

from __future__ import annotations

import re
import string

JOINER = "\u2060"  # takes no room and shows nothing
ARROWS = re.compile(r"(?<=[-<>=~])(?=[-<>=~])")


def plain(text: str) -> str:
    """Return `text` with its punctuation as character references, in which neither Markdown nor Streamlit sees signs.

    A backslash would not do: Streamlit turns `:material/warning:` into a symbol before Markdown is read. It makes
    arrows of `->` and dashes of `--` after that, unless something stands between their signs.
    """
    apart = ARROWS.sub(JOINER, text)
    return "".join(f"&#{ord(sign)};" if sign in string.punctuation else sign for sign in apart)
