"""One HTTP request in a thread of its own, so that its reader never blocks on a silent network."""

from __future__ import annotations

import ipaddress
import queue
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions

from core import limits
from core.downloads import errors as faults
from core.downloads.errors import DownloadError, weights_problem
from core.downloads.remote_file import RemoteFile

CHUNK = 256 << 10
CHUNKS_AHEAD = 8


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """How long a download waits for what, in seconds, and how often it tries in a row without getting anywhere."""

    connect: float = limits.WEIGHTS_CONNECT_SECONDS
    read: float = limits.WEIGHTS_READ_SECONDS
    stall: float = limits.WEIGHTS_STALL_SECONDS
    pause: float = 0.5  # before the second try; it doubles
    tick: float = 0.2  # between two reports
    tries: int = limits.WEIGHTS_TRIES


@dataclass(frozen=True, kw_only=True)
class Response:
    """The head of a server's answer, after all redirects; the names of `headers` are in lower case."""

    host: str
    status: int
    headers: Mapping[str, str]


class TransferInterruptedError(Exception):
    """A try has failed and another may succeed; `problem` is what to say when there is none."""

    def __init__(self, problem: DownloadError) -> None:
        super().__init__(str(problem))
        self.problem = problem


class ServerUnreachableError(TransferInterruptedError):
    """The server was not reached at all: another try helps only where an earlier one did reach it."""


class Connection(threading.Thread):
    """A GET of `file.url`: an `Response`, then its body in chunks, read by another thread through `receive`."""

    def __init__(self, file: RemoteFile, headers: Mapping[str, str], timeouts: Timeouts) -> None:
        super().__init__(daemon=True, name=f"fetch {file.file_name}")
        self._file = file
        self._headers = {"Accept-Encoding": "identity", "User-Agent": "ConvScope", **headers}
        self._timeouts = timeouts
        self._host = file.host
        self._items: queue.Queue[Response | bytes | Exception] = queue.Queue(maxsize=CHUNKS_AHEAD)
        self._unwanted = threading.Event()
        self._response: requests.Response | None = None

    def receive(self) -> Response | bytes | None:
        """Return the answer, then chunks, then `b""` at the end; None when a tick has passed with nothing new.

        Raises `TransferInterruptedError` when the connection failed, `DownloadError` when no further try can help.
        """
        try:
            item = self._items.get(timeout=self._timeouts.tick)
        except queue.Empty:
            return None
        if isinstance(item, Exception):
            raise item
        return item

    def abandon(self) -> None:
        """Return at once and let the thread end by itself, woken from a read if it is in one."""
        self._unwanted.set()
        if self._response is not None:
            with suppress(Exception):  # it may be ending, or ended, in this moment
                self._response.raw.shutdown()

    def run(self) -> None:
        """Put everything that comes into the queue, an exception last where there was one."""
        try:
            with requests.Session() as session:
                # A server on this computer is not asked through a proxy; and nobody's ~/.netrc is anybody's business.
                session.trust_env = not _is_loopback(self._host)
                session.auth = _no_login
                self._response = self._open(session)
                headers = {name.lower(): value for name, value in self._response.headers.items()}
                self._put(Response(host=self._host, status=self._response.status_code, headers=headers))
                for chunk in self._body(self._response):
                    self._put(chunk)
                self._put(b"")
        except Exception as error:
            self._put(self._understood(error))

    def _open(self, session: requests.Session) -> requests.Response:
        url = self._file.url
        for _ in range(limits.WEIGHTS_REDIRECTS + 1):
            self._host = urlsplit(url).hostname or ""
            self._refuse(url)
            response = session.get(
                url,
                headers=self._headers,
                stream=True,
                allow_redirects=False,
                timeout=(self._timeouts.connect, self._timeouts.read),
            )
            if not response.is_redirect:
                return response
            url = urljoin(url, response.headers["location"])
            response.close()
        raise self._problem(faults.REFUSED, status=response.status_code)

    def _refuse(self, url: str) -> None:
        """Raise unless `url` is https and a trusted publisher's, or local like the address that was asked for."""
        if _is_loopback(self._file.host) and _is_loopback(self._host):
            return
        if urlsplit(url).scheme != "https":
            raise self._problem(faults.NOT_HTTPS)
        trusted = limits.WEIGHTS_HOSTS if url == self._file.url else limits.WEIGHTS_REDIRECT_HOSTS
        if not any(self._host == name or (name[0] == "." and self._host.endswith(name)) for name in trusted):
            raise self._problem(faults.FOREIGN_HOST)

    def _body(self, response: requests.Response) -> Iterator[bytes]:
        while not self._unwanted.is_set():
            # read1 hands over what has come; read would wait for a whole chunk and lose it when the line drops.
            chunk: bytes = response.raw.read1(CHUNK, decode_content=False)
            if not chunk:
                return
            yield chunk

    def _put(self, item: Response | bytes | Exception) -> None:
        while not self._unwanted.is_set():
            with suppress(queue.Full):
                self._items.put(item, timeout=self._timeouts.tick)
                return

    def _problem(self, fault: faults.Fault, **values: object) -> DownloadError:
        return weights_problem(fault, self._file, **{"host": self._host, **values})

    def _understood(self, error: Exception) -> Exception:
        """Return what an exception of the network means for the download."""
        reason = _innermost(error)
        if not isinstance(error, (OSError, urllib3.exceptions.HTTPError)):  # requests' own are OSErrors
            return error  # a problem already, or a mistake of ours
        if isinstance(reason, ssl.SSLCertVerificationError):
            return self._problem(faults.UNTRUSTED)
        if isinstance(error, requests.exceptions.ProxyError):
            return self._problem(faults.PROXY)
        if isinstance(reason, urllib3.exceptions.NameResolutionError):
            return ServerUnreachableError(self._problem(faults.OFFLINE))
        if isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)):
            return ServerUnreachableError(self._problem(faults.UNREACHABLE))
        if isinstance(error, (requests.Timeout, urllib3.exceptions.TimeoutError)):
            return TransferInterruptedError(self._problem(faults.STALLED))
        return TransferInterruptedError(self._problem(faults.CUT))


def _innermost(error: Exception) -> object:
    """Return the reason inside the layers that requests and urllib3 wrap around it."""
    inner: object = error
    while isinstance(inner, (requests.RequestException, urllib3.exceptions.MaxRetryError, urllib3.exceptions.SSLError)):
        deeper = getattr(inner, "reason", None) or next(iter(inner.args), None)
        if not isinstance(deeper, Exception):
            break
        inner = deeper
    return inner


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
