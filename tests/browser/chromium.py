"""A Chromium for the browser tests: found on the machine, or installed.

`python -m tests.browser.chromium` does either and says which; it fails, and says why, where none can be had. The tests
take it from `chromium()`; they never skip for want of one.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PROBE = "<title>ConvScope</title>"
LAUNCH_SECONDS = 60
INSTALL_SECONDS = 900

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
FLAGS = (  # for whoever launches it: nothing but the page itself goes over the network
    *(("--no-sandbox",) if AS_ROOT else ()),
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

Command = Sequence[str]
Step = tuple[str, Sequence[Command]]


class NoChromiumError(RuntimeError):
    """No Chromium is there, or none that starts."""


@functools.cache
def chromium() -> str:
    """Return the path of a Chromium that starts here. Raises `NoChromiumError`, which says what to do."""
    named = os.environ.get("CHROMIUM")
    candidates = iter((named,)) if named else _on_this_machine()
    found = next((path for path in candidates if starts(path)), None)
    if found is None:
        what = f"CHROMIUM={named} does not start" if named else "No Chromium that starts was found on this computer"
        raise NoChromiumError(
            f"{what}. Install the package chromium, or name a browser: make test CHROMIUM=/path/to/chromium"
        )
    return found


def starts(path: str) -> bool:
    """Return whether the browser at `path` renders a page without a window; that it is there proves little."""
    with tempfile.TemporaryDirectory(prefix="convscope-chromium-", ignore_cleanup_errors=True) as profile:
        options = ("--headless", *FLAGS, f"--user-data-dir={profile}", "--dump-dom", f"data:text/html,{PROBE}")
        try:
            shown = subprocess.run([path, *options], capture_output=True, text=True, timeout=LAUNCH_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            return False
    return shown.returncode == 0 and PROBE in shown.stdout


def install() -> str:
    """Return the path of a Chromium, installed the first way that works.

    Raises `NoChromiumError` with the error of each way.
    """
    failures = []
    for title, commands in _ways():
        print(f"No Chromium found. Installing {title}, some minutes ...", flush=True)
        failure = "; ".join(filter(None, map(_failure, commands)))
        chromium.cache_clear()
        try:
            return chromium()
        except NoChromiumError:
            failures.append(f"{title}: {failure or 'installed, but it does not start'}")
    raise NoChromiumError(
        "The browser tests need a Chromium, and none could be installed.\n  "
        + "\n  ".join(failures)
        + "\nInstall one (Debian: sudo apt-get install chromium) or name it: make test CHROMIUM=/path/to/chromium"
    )


def _on_this_machine() -> Iterator[str]:
    yield from filter(None, map(shutil.which, NAMES))
    # Asked in a process of its own: Playwright starts once in a process, and that start belongs to the tests.
    code = "from playwright.sync_api import sync_playwright as p\nwith p() as own: print(own.chromium.executable_path)"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if Path(asked.stdout.strip()).is_file():
        yield asked.stdout.strip()


def _ways() -> Iterator[Step]:
    apt = AS_ROOT and shutil.which("apt-get")
    if apt:
        packages = ("chromium", "fonts-liberation")
        wait = ("-o", "DPkg::Lock::Timeout=300")
        yield "Debian's package", ((apt, "update"), (apt, *wait, "install", "-y", "--no-install-recommends", *packages))
    playwright = (sys.executable, "-m", "playwright", "install", *(("--with-deps",) if apt else ()), "chromium")
    yield "Playwright's own", (playwright,)


def _failure(command: Command) -> str:
    """Return what `command` said last of its error where it failed, or an empty string."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=INSTALL_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    said = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    errors = [line for line in said if line.startswith("E: ") or "error" in line.lower()]
    return (errors or said or [f"exit status {done.returncode}"])[-1]


def main() -> None:
    """Say which Chromium the tests use, installing one where there is none."""
    try:
        print("Browser:", chromium())
    except NoChromiumError as missing:
        if os.environ.get("CHROMIUM"):
            sys.exit(str(missing))
        try:
            print("Browser:", install())
        except NoChromiumError as refused:
            sys.exit(str(refused))


if __name__ == "__main__":
    main()
