"""The command `convscope`: what it hands on, and what it says where the app cannot be served."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Sequence

import pytest

from convscope import cli
from convscope import serve as serving
from core.paths import ROOT


def told(host: str, port: str) -> str:
    with pytest.raises(SystemExit) as ended:
        serving.serve(host, port)
    assert isinstance(ended.value.code, str)
    return ended.value.code


@pytest.mark.parametrize("port", ["", "0", "65536", "-1", "8501x", "８５０１"])
def test_a_port_that_is_none(port: str) -> None:
    assert told("127.0.0.1", port).startswith("PORT is a number from 1 to 65535")


def test_a_port_that_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = told("127.0.0.1", str(port))
    assert f"open http://127.0.0.1:{port}" in said
    assert f"--port {port % 65535 + 1}, or make run PORT={port % 65535 + 1}" in said


@pytest.mark.parametrize("host", ["999.1.1.1", "192.0.2.7", "no such host"])
def test_an_address_that_is_not_here(host: str) -> None:
    assert (
        told(host, "18501")
        == f"HOST={host} is no address of this computer. Try: --host 127.0.0.1, or make run HOST=127.0.0.1"
    )


@pytest.mark.parametrize(
    ("host", "name", "is_open"), [("127.0.0.1", "127.0.0.1", False), ("0.0.0.0", "10.1.2.3", True)]
)
def test_what_streamlit_is_told(
    host: str, name: str, is_open: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Sequence[str]] = []
    monkeypatch.setattr("streamlit.web.cli.main", lambda words, **_: asked.append(words))
    monkeypatch.setattr(serving, "_name_for_others", lambda: "10.1.2.3")
    monkeypatch.setattr(serving, "_check_free", lambda *_: None)
    assert serving.serve(host, "8501") == 0
    ((run, script, *options),) = asked
    assert (run, script) == ("run", str(ROOT / "app.py"))
    assert options == ["--server.address", host, "--server.port", "8501", "--browser.serverAddress", name]
    assert ("open to every computer" in capsys.readouterr().out) is is_open


@pytest.mark.parametrize("command", cli.HANDED_ON)
def test_commands_hand_their_words_on(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    assert "usage:" in capsys.readouterr().out


def test_without_a_command_it_tells_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in ("serve", *cli.HANDED_ON))


def test_unknown_words_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["serve", "--prot", "8501"])
    assert ended.value.code == 2
    assert "--prot" in capsys.readouterr().err


def test_starting_is_light() -> None:
    code = "import sys, convscope.cli, convscope.serve; print({'torch', 'streamlit', 'core'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
