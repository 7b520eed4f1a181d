"""Starts the app on an address that is free, and says which that is."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys

from convscope.layout import app_folder

EVERYONE = ("0.0.0.0", "::")
ELSEWHERE = ("192.0.2.1", 9)  # nothing is sent to it


def serve(host: str, port: str) -> int:
    """Serve the app on `host` and `port` until it is interrupted, and return the exit code.

    Raises `SystemExit` with a message for a port or an address that cannot be had.
    """
    if not (port.isascii() and port.isdecimal()) or not 0 < int(port) < 65536:
        sys.exit(f"PORT is a number from 1 to 65535, not {port!r}. Try: --port 8501, or make run PORT=8501")
    name = "127.0.0.1" if host in EVERYONE else host
    _check_free(host, int(port), name)
    if host in EVERYONE:
        name = _name_for_others()
        print("ConvScope is open to every computer of this network.", flush=True)
    _run_streamlit(host, port, name)
    return 0


def _check_free(host: str, port: int, name: str) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            free = port % 65535 + 1
            sys.exit(
                f"Port {port} is taken. If ConvScope already runs there, open http://{name}:{port}\n"
                f"If not, take another port: --port {free}, or make run PORT={free}"
            )
        if error.errno == errno.EACCES:
            sys.exit(f"Port {port} is for the administrator. Take one above 1023: --port 8501, or make run PORT=8501")
        sys.exit(f"HOST={host} is no address of this computer. Try: --host 127.0.0.1, or make run HOST=127.0.0.1")


def _name_for_others() -> str:
    """Return the address under which other computers see this one, else its name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
            return str(probe.getsockname()[0])
        except OSError:
            return socket.gethostname()


def _run_streamlit(host: str, port: str, name: str) -> None:
    import click
    from streamlit.web import cli

    # Without the address to show, Streamlit would ask a server on the internet for it where the host is 0.0.0.0.
    options = ["--server.address", host, "--server.port", port, "--browser.serverAddress", name]
    with contextlib.suppress(click.Abort):  # Ctrl+C
        cli.main(["run", str(app_folder() / "app.py"), *options], prog_name="streamlit", standalone_mode=False)
