"""Inline components: a folder each, with its Python wrapper, its ES modules and its style."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.encoding import jpeg_bytes, png_bytes
from pages.components.canvas.bundle import bundle
from pages.components.i18n import decimal_sign

if TYPE_CHECKING:
    from PIL import Image

FOLDER = Path(__file__).parent
EXACT_SIDE = 128  # px up to which every pixel of a picture is to be seen as it is


def define(name: str, html: str) -> Callable[..., Any]:
    """Return the component whose module is `name`/`name`.js and whose style `name`/`name`.css; define each once."""
    styles = (FOLDER / "shared" / "common.css", FOLDER / name / f"{name}.css")
    style = "".join(path.read_text(encoding="utf-8") for path in styles)
    script = bundle(FOLDER / name / f"{name}.js")
    # A string without a line break would be taken for the path of a file.
    return st.components.v2.component(f"convscope.{name}", html=f"\n{html}\n\n<!-- -->\n", js=script, css=style)


def encoded(picture: Image.Image) -> bytes:
    """Return a picture as a PNG where every pixel is to be seen as it is, else as a JPEG."""
    return png_bytes(picture) if picture.width <= EXACT_SIDE else jpeg_bytes(picture, quality=92)


def pack(head: dict[str, Any], *blocks: bytes) -> bytes:
    """Return one payload: length of the head (u32, little-endian), the head as JSON, the blocks, each 4-byte aligned.

    The head gains the language's `decimal` sign, and `blocks`: the [offset, length] of each, from the head's end on.
    """
    places, at = [], 0
    for block in blocks:
        places.append([at, len(block)])
        at += -(-len(block) // 4) * 4
    text = json.dumps({**head, "decimal": decimal_sign(), "blocks": places}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    body = b"".join(block + b"\0" * (-len(block) % 4) for block in blocks)
    return struct.pack("<I", len(text)) + text + body
