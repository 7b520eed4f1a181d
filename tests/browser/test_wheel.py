"""The wheel carries all of the app: installed beside the pinned packages, it serves from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.paths import ROOT
from tests.browser.visits import Visits
from tests.servers import run_server

CARRIED = ("app.py", "core", "pages", "assets", ".streamlit")
INK = "rgb(31, 42, 51)"  # of the light theme in .streamlit/config.toml


def run(*command: object) -> None:
    subprocess.run([str(word) for word in command], cwd=ROOT, check=True, capture_output=True, text=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-index", "--no-deps")
    run(*pip, "--no-build-isolation", "--wheel-dir", folder, ROOT)
    (found,) = folder.glob("convscope-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing but the wheel; the pinned packages stand beside it."""
    environment = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", environment)
    python = environment / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps", "--quiet", wheel)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "pinned.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return environment


def test_it_carries_every_tracked_file_of_the_app(wheel: Path) -> None:
    listed = subprocess.run(["git", "ls-files", *CARRIED], cwd=ROOT, check=True, capture_output=True, text=True)
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"convscope/_app/{name}" for name in listed.stdout.splitlines()} <= names
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_it_serves_from_another_folder(installed: Path, visits: Visits, tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "STREAMLIT_"))}
    command = (str(installed / "bin" / "convscope"), "serve")
    log = tmp_path / "log.txt"
    with run_server(command, folder=tmp_path, log=log, environment=clean, port_option="--port") as server:
        visitor = visits.visitor(address=server.address).open("visualization", {"backbone": "tiny_resnet"})
        visitor.wait_for_grid(visitor.parameters["layer"])
        colour = "getComputedStyle(document.querySelector('[data-testid=stApp]')).getPropertyValue('color')"
        assert visitor.page.evaluate(colour) == INK
        visitor.open("optimizer_race", {"on": "network", "updates": "60"})
        visitor.main.get_by_role("button", name="Start", exact=True).click()
        expect(visitor.main.get_by_role("button", name="Reset", exact=True)).to_be_enabled(timeout=240_000)
        visits.close()


@pytest.mark.parametrize("words", [("train", "--help"), ("evaluate", "--help"), ("atlas", "--help"), ("--version",)])
def test_its_other_commands_start_from_another_folder(installed: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = subprocess.run(
        [installed / "bin" / "convscope", *words], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ran.stdout
