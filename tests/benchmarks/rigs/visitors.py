"""Visitors without a browser: they speak Streamlit's websocket protocol, so that twenty of them cost little."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

PATIENCE_SECONDS = 120.0
GRID = "convscope.map_grid"


@dataclass(frozen=True)
class Visit:
    """What a visit to a page brought: the seconds it took, its bytes, and the layer whose maps were sent."""

    seconds: float
    bytes: int
    layer: str


class Visitor:
    """One session at a running ConvScope."""

    def __init__(self, address: str, connection: ClientConnection) -> None:
        self._address = address
        self._connection = connection

    def visit(self, parameters: Mapping[str, str], page: str = "visualization") -> Visit:
        """Open a deep link and return what came until the script ended. Raises `RuntimeError` unless it ended well."""
        start, size, layer = time.perf_counter(), 0, ""
        self._connection.send(_rerun(self._address, page, urlencode(parameters)))
        while True:
            data = self._connection.recv(timeout=PATIENCE_SECONDS)
            size += len(data)
            message = ForwardMsg.FromString(data)
            layer = _layer(message) or layer
            if message.WhichOneof("type") == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    return Visit(time.perf_counter() - start, size, layer)
                if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                    raise RuntimeError(f"the page {page} does not compile")


@contextmanager
def visitors(address: str, count: int) -> Iterator[list[Visitor]]:
    """Keep `count` sessions connected until the block ends."""
    url = address.replace("http", "ws", 1) + "/_stcore/stream"
    with ExitStack() as stack:
        connections = [
            stack.enter_context(connect(url, subprotocols=["streamlit"], max_size=None, open_timeout=30))
            for _ in range(count)
        ]
        yield [Visitor(address, connection) for connection in connections]


@contextmanager
def at_once(sessions: Sequence[Visitor], links: Sequence[Mapping[str, str]]) -> Iterator[list[Future[Visit]]]:
    """Let each session open its link, all at the same time; the block ends when all have been answered."""
    with ThreadPoolExecutor(len(sessions)) as pool:
        yield [pool.submit(session.visit, link) for session, link in zip(sessions, links, strict=True)]


def _rerun(address: str, page: str, query: str) -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = query
    message.rerun_script.page_name = page
    message.rerun_script.context_info.locale = "en-US"
    message.rerun_script.context_info.timezone = "UTC"
    message.rerun_script.context_info.url = f"{address}/{page}"
    return message.SerializeToString()


def _layer(message: ForwardMsg) -> str:
    """Return the layer whose maps a message brings; empty for every other message."""
    component: Any = message.delta.new_element.bidi_component
    if component.component_name != GRID:
        return ""
    length = struct.unpack_from("<I", component.bytes)[0]
    return str(json.loads(component.bytes[4 : 4 + length])["layer"])
