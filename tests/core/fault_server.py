"""A real HTTP server on this computer that misbehaves on demand and counts what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


@dataclass(frozen=True, kw_only=True)
class Reply:
    """How one GET is answered; the byte positions count from the start of the body that this GET receives."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = '"one"'
    ranges: bool = True  # honours Range, and If-Range
    if_range: bool = True  # False: answers a Range with 206 even when If-Range names another version
    length: bool = True  # announces Content-Length
    silent: bool = False  # takes the request and never answers
    stall_at: int | None = None  # sends so much, then nothing more
    cut_at: int | None = None  # sends so much of what it announced, then closes
    chunk: int = 64 << 10
    seconds_a_chunk: float = 0.0


@dataclass(frozen=True)
class Request:
    """A GET as it came in."""

    path: str
    headers: Mapping[str, str]


class FaultServer:
    """Serves each path by its replies in turn, the last one over and over. Use as a context manager."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._replies: dict[str, list[Reply]] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.fault_server = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def serve(self, path: str, *replies: Reply) -> str:
        """Return the address of `path`, answered from now on by `replies`."""
        with self._lock:
            self._replies[path] = list(replies)
        return self.url(path)

    def url(self, path: str) -> str:
        """Return the address of a path."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def gets(self, path: str) -> list[Request]:
        """Return the GETs of `path` so far, in order."""
        with self._lock:
            return [request for request in self.requests if request.path == path]

    def take(self, request: Request) -> Reply:
        """Return the next reply to a request, which is counted."""
        with self._lock:
            self.requests.append(request)
            replies = self._replies.get(request.path, [Reply(status=404)])
            return replies.pop(0) if len(replies) > 1 else replies[0]

    def pause(self, seconds: float) -> None:
        """Wait, or less when the server closes."""
        self._closing.wait(seconds)

    def __enter__(self) -> FaultServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    fault_server: FaultServer

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that go away in the middle are what is tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        ours = self.server.fault_server
        reply = ours.take(Request(self.path, dict(self.headers)))
        self.close_connection = True
        if reply.silent:
            ours.pause(60)
            return
        start = self._range_start(reply)
        if start is not None and start >= len(reply.body):
            self._head(reply, 416, {"Content-Range": f"bytes */{len(reply.body)}", "Content-Length": "0"})
            return
        body = reply.body[start or 0 :]
        headers = {"Content-Length": str(len(body))} if reply.length else {}
        if start is not None:
            headers["Content-Range"] = f"bytes {start}-{len(reply.body) - 1}/{len(reply.body)}"
        self._head(reply, 206 if start is not None else reply.status, headers)
        self._send(reply, body)

    def _range_start(self, reply: Reply) -> int | None:
        wanted = self.headers.get("Range", "")
        if reply.status != 200 or not reply.ranges or not wanted.startswith("bytes="):
            return None
        if reply.if_range and self.headers.get("If-Range", reply.etag) != reply.etag:
            return None
        return int(wanted.removeprefix("bytes=").rstrip("-"))

    def _head(self, reply: Reply, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        etag = {"ETag": reply.etag} if reply.etag else {}
        for name, value in {**headers, **etag, **reply.headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, reply: Reply, body: bytes) -> None:
        ends = [end for end in (reply.stall_at, reply.cut_at, len(body)) if end is not None]
        with suppress(OSError):
            for start in range(0, min(ends), reply.chunk):
                self.wfile.write(body[start : min(start + reply.chunk, *ends)])
                self.wfile.flush()
                if reply.seconds_a_chunk:
                    self.server.fault_server.pause(reply.seconds_a_chunk)
            if reply.stall_at is not None:
                self.server.fault_server.pause(60)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
