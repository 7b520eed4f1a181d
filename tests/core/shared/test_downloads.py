"""Fetching and reading weights, against a real server that misbehaves in every way that is known of."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import resource
import shutil
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fault_server import FaultServer, Reply
from filelock import FileLock

from core import limits
from core.architectures.weights.sources import published_file, timm_file
from core.architectures.weights.state_dicts import load_weights, read_state_dict
from core.downloads import errors as faults
from core.downloads.errors import DownloadError, Fault, NotDownloadedError
from core.downloads.partial_file import Partial
from core.downloads.remote_file import RemoteFile
from core.downloads.store import DEFAULT_TIMEOUTS, cached, fetch, weights_folder
from core.jobs.runner import JobRunner
from core.paths import ROOT

QUICK = replace(DEFAULT_TIMEOUTS, connect=1.0, read=0.3, stall=1.0, pause=0.01, tick=0.02)
BODY = hashlib.shake_256(b"weights").digest(1 << 20)
OTHER = hashlib.shake_256(b"other weights").digest(1 << 20)
HALF = len(BODY) // 2 - 12_345  # no multiple of anything


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that weights go to in a test; torch.hub's own is kept out of the way."""
    monkeypatch.setenv("CONVSCOPE_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return weights_folder()


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def published(server: FaultServer, *replies: Reply, body: bytes = BODY, digits: int = 8) -> RemoteFile:
    digest = hashlib.sha256(body).hexdigest()[:digits]
    name = f"net-{digest[:8]}.pth"
    return RemoteFile(url=server.serve(f"/{name}", *replies), file_name=name, sha256=digest)


def ranges(server: FaultServer, file: RemoteFile) -> list[str | None]:
    return [request.headers.get("Range") for request in server.gets(f"/{file.file_name}")]


def problem_of(file: RemoteFile) -> DownloadError:
    with pytest.raises(DownloadError) as caught:
        list(fetch(file, timeouts=QUICK))
    return caught.value


def assert_says(problem: DownloadError, fault: Fault, file: RemoteFile) -> None:
    assert (problem.reason, problem.remedy) == fault
    text = str(pickle.loads(pickle.dumps(problem)))
    assert file.file_name in text
    assert "Traceback" not in text
    assert text.endswith("go on with what works offline.")


# A download that goes well


def test_a_download_reports_its_progress_and_is_kept(server: FaultServer, folder: Path) -> None:
    file = published(server, Reply(body=BODY, seconds_a_chunk=0.02), digits=64)
    events = list(fetch(file, timeouts=QUICK))
    phases = [event.phase for event in events]
    assert list(dict.fromkeys(phases)) == ["connecting", "downloading", "checking", "ready"]
    steps = [event.step for event in events if event.phase == "downloading"]
    assert steps == sorted(steps)
    assert {event.total_steps for event in events if event.phase == "downloading"} == {len(BODY)}
    assert any(event.seconds_left is not None for event in events)
    assert events[-1].path == folder / file.file_name == cached(file)
    assert events[-1].path.read_bytes() == BODY
    assert sorted(path.suffix for path in folder.iterdir()) == [".lock", ".pth"]
    assert server.requests[0].headers["Accept-Encoding"] == "identity"


def test_what_is_at_hand_is_not_fetched_again(server: FaultServer) -> None:
    file = published(server, Reply(body=BODY))
    list(fetch(file, timeouts=QUICK))
    again = list(fetch(file, timeouts=QUICK))
    assert again[-1].phase == "ready"
    assert len(server.requests) == 1


def test_a_body_of_unknown_length_is_kept(server: FaultServer) -> None:
    file = published(server, Reply(body=BODY, length=False))
    assert list(fetch(file, timeouts=QUICK))[-1].path is not None


def test_redirects_on_this_computer_are_followed(server: FaultServer) -> None:
    real = server.serve("/real", Reply(body=BODY))
    file = published(server, Reply(status=302, headers={"Location": real}))
    assert list(fetch(file, timeouts=QUICK))[-1].phase == "ready"


# Faults that pass


@pytest.mark.parametrize(
    ("replies", "asked"),
    [
        pytest.param([Reply(body=BODY, cut_at=HALF), Reply(body=BODY)], [None, f"bytes={HALF}-"], id="cut-once"),
        pytest.param([Reply(body=BODY, stall_at=HALF), Reply(body=BODY)], [None, f"bytes={HALF}-"], id="stalled-once"),
        pytest.param(
            [Reply(body=BODY, cut_at=HALF), Reply(body=BODY, ranges=False)], [None, f"bytes={HALF}-"], id="no-ranges"
        ),
        pytest.param(
            [Reply(body=BODY, cut_at=HALF, etag=""), Reply(body=BODY, etag="")], [None, f"bytes={HALF}-"], id="no-etag"
        ),
        pytest.param(
            [Reply(body=OTHER, cut_at=HALF), Reply(body=BODY, etag='"two"')], [None, f"bytes={HALF}-"], id="new-version"
        ),
        pytest.param(
            [
                Reply(body=OTHER, cut_at=HALF),
                Reply(body=BODY, etag='"two"', if_range=False),
                Reply(body=OTHER),
                Reply(body=BODY),
            ],
            [None, f"bytes={HALF}-", None, None],
            id="new-version-in-part-then-wrong-hash",
        ),
        pytest.param(
            [Reply(body=BODY, cut_at=HALF), Reply(body=BODY[: HALF - 5], if_range=False), Reply(body=BODY)],
            [None, f"bytes={HALF}-", None],
            id="shorter-now-416",
        ),
        pytest.param([Reply(body=OTHER), Reply(body=BODY)], [None, None], id="wrong-hash-once"),
        pytest.param([Reply(status=503), Reply(body=BODY)], [None, None], id="busy-once"),
        pytest.param([Reply(silent=True), Reply(body=BODY)], [None, None], id="silent-once"),
    ],
)
def test_passing_faults_are_overcome(
    server: FaultServer, folder: Path, replies: list[Reply], asked: list[str | None]
) -> None:
    file = published(server, *replies)
    events = list(fetch(file, timeouts=QUICK))
    assert events[-1].path.read_bytes() == BODY
    assert ranges(server, file) == asked
    assert not list(folder.glob("*.partial*"))


def test_a_server_that_cuts_again_and_again_but_gets_on_is_borne(server: FaultServer) -> None:
    step = 2 * limits.WEIGHTS_STALL_BYTES
    file = published(server, *[Reply(body=BODY, cut_at=step)] * 7, Reply(body=BODY))
    assert list(fetch(file, timeouts=QUICK))[-1].phase == "ready"
    assert len(server.requests) == 8 > QUICK.tries


def test_a_partial_that_was_complete_costs_no_request(server: FaultServer) -> None:
    file = published(server, Reply(body=BODY))
    partial = Partial(file, weights_folder())
    partial.path.write_bytes(BODY)
    partial.note({"etag": '"one"'}, len(BODY))
    assert list(fetch(file, timeouts=QUICK))[-1].phase == "ready"
    assert not server.requests


def test_a_complete_partial_of_unknown_length_is_recognised(server: FaultServer) -> None:
    file = published(server, Reply(body=BODY))
    Partial(file, weights_folder()).path.write_bytes(BODY)
    assert list(fetch(file, timeouts=QUICK))[-1].phase == "ready"
    assert ranges(server, file) == [f"bytes={len(BODY)}-"]


# Faults that stay: each with its own message


@pytest.mark.parametrize(
    ("reply", "fault", "asked"),
    [
        pytest.param(Reply(status=404), faults.NOT_FOUND, 1, id="404"),
        pytest.param(Reply(status=403), faults.REFUSED, 1, id="403"),
        pytest.param(Reply(status=500), faults.SERVER, 3, id="500"),
        pytest.param(Reply(silent=True), faults.STALLED, 3, id="silent"),
        pytest.param(Reply(body=BODY, stall_at=1000), faults.STALLED, 3, id="stalls"),
        pytest.param(Reply(body=BODY, cut_at=0), faults.CUT, 3, id="cut-at-once"),
        pytest.param(Reply(body=BODY, cut_at=HALF, ranges=False), faults.CUT, 3, id="cut-at-the-same-byte"),
        pytest.param(Reply(body=OTHER), faults.WRONG_HASH, 2, id="wrong-hash"),
        pytest.param(
            Reply(body=BODY, chunk=100, seconds_a_chunk=0.1), faults.STALLED, 1, id="a-few-bytes-now-and-then"
        ),
        pytest.param(
            Reply(status=302, headers={"Location": "http://example.org/x"}), faults.NOT_HTTPS, 1, id="to-http"
        ),
        pytest.param(
            Reply(status=302, headers={"Location": "https://example.org/x"}), faults.FOREIGN_HOST, 1, id="to-a-stranger"
        ),
        pytest.param(Reply(status=302, headers={"Location": "?"}), faults.REFUSED, 6, id="in-circles"),
        pytest.param(Reply(headers={"Content-Length": str(1 << 40)}), faults.TOO_LARGE, 1, id="too-large"),
    ],
)
def test_lasting_faults_are_explained(
    server: FaultServer, folder: Path, reply: Reply, fault: Fault, asked: int
) -> None:
    file = published(server, reply)
    problem = problem_of(file)
    assert_says(problem, fault, file)
    assert ("example.org" if "example.org" in str(reply.headers) else "127.0.0.1") in str(problem)
    assert len(server.requests) == asked
    assert cached(file) is None
    assert not (folder / file.file_name).exists()


def test_a_redirect_from_afar_never_leads_to_this_computer() -> None:
    from core.downloads.connection import Connection

    file = RemoteFile(url="https://download.pytorch.org/x-01234567.pth", file_name="x.pth", sha256="01234567")
    connection = Connection(file, {}, QUICK)
    connection._host = "127.0.0.1"
    with pytest.raises(DownloadError) as caught:
        connection._refuse("http://127.0.0.1/x")
    assert_says(caught.value, faults.NOT_HTTPS, file)


def test_a_closed_port_is_explained_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        file = RemoteFile(url=f"http://127.0.0.1:{taken.getsockname()[1]}/x", file_name="x.pth", sha256="01234567")
        assert_says(problem_of(file), faults.UNREACHABLE, file)


def test_no_network_is_explained_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_name(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    file = RemoteFile(url="https://download.pytorch.org/models/x.pth", file_name="x.pth", sha256="01234567")
    assert_says(problem_of(file), faults.OFFLINE, file)


@pytest.mark.parametrize(
    ("url", "fault"),
    [("http://download.pytorch.org/x", faults.NOT_HTTPS), ("https://example.org/x", faults.FOREIGN_HOST)],
)
def test_only_trusted_publishers_are_asked_and_only_over_https(url: str, fault: Fault) -> None:
    file = RemoteFile(url=url, file_name="x.pth", sha256="01234567")
    assert_says(problem_of(file), fault, file)


@pytest.mark.parametrize("name", ["", "../x.pth", "a/b.pth", ".hidden"])
def test_a_file_name_is_only_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="plain file name"):
        RemoteFile(url="https://download.pytorch.org/x", file_name=name, sha256="01234567")


@pytest.mark.parametrize("sha256", ["", "0123456", "0123456G", "0" * 65])
def test_nothing_goes_without_a_hash(sha256: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        RemoteFile(url="https://download.pytorch.org/x", file_name="x.pth", sha256=sha256)


# The disk


def test_too_little_room_is_said_before_anything_is_fetched(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = published(server, Reply(body=BODY))
    usage = shutil.disk_usage("/")._replace(free=2 * len(BODY) - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert_says(problem_of(file), faults.NO_ROOM, file)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=2 * len(BODY)))
    assert list(fetch(file, timeouts=QUICK))[-1].phase == "ready"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder in which no more than 256 KiB can be written: a small disk where one can be mounted, else a limit."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small], capture_output=True, check=False
    )
    if mounted.returncode == 0:
        yield small
        subprocess.run(["umount", small], check=True)
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 10, hard))
    yield small
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_cleaned_up(server: FaultServer, small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = published(server, Reply(body=BODY))
    monkeypatch.setenv("CONVSCOPE_WEIGHTS", str(small_disk))
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert_says(problem_of(file), faults.DISK_FULL, file)
    assert [path.suffix for path in small_disk.iterdir()] == [".lock"]


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CONVSCOPE_WEIGHTS", str(tmp_path / "file" / "weights"))
    with pytest.raises(DownloadError) as caught:
        weights_folder()
    assert str(tmp_path / "file") in str(caught.value)
    assert (caught.value.reason, caught.value.remedy) == faults.NO_FOLDER


def test_where_weights_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert weights_folder() == tmp_path / "weights"
    monkeypatch.delenv("CONVSCOPE_WEIGHTS")
    assert weights_folder() == tmp_path / "cache" / "convscope" / "weights"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert weights_folder() == tmp_path / "home" / ".cache" / "convscope" / "weights"


def test_old_partials_are_swept_and_young_ones_kept(server: FaultServer, folder: Path) -> None:
    old, young = folder / "old-1.pth.aa.partial", folder / "young-2.pth.bb.partial"
    for path in (old, young):
        path.touch()
    long_ago = time.time() - (limits.WEIGHTS_PARTIAL_DAYS + 1) * 86400
    os.utime(old, (long_ago, long_ago))
    file = published(server, Reply(body=BODY))
    other_version = folder / f"{file.file_name}.0123.partial"
    other_version.touch()
    list(fetch(file, timeouts=QUICK))
    assert (old.exists(), young.exists(), other_version.exists()) == (False, True, False)


# Many who ask, and some who die

FETCH = """
import sys
from core.downloads.store import fetch
from core.downloads.remote_file import RemoteFile
for event in fetch(RemoteFile(url=sys.argv[1], file_name=sys.argv[2], sha256=sys.argv[3])):
    pass
print(event.phase)
"""


def fetch_in_a_process(file: RemoteFile) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", FETCH, file.url, file.file_name, file.sha256]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def wait_until(condition: object, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "what was waited for did not happen"
        time.sleep(0.01)


def test_one_download_serves_eight_threads_and_two_processes(server: FaultServer) -> None:
    file = published(server, Reply(body=BODY, seconds_a_chunk=0.1))
    processes = [fetch_in_a_process(file) for _ in range(2)]
    wait_until(lambda: server.requests)
    streams: list[list[str]] = []

    def follow() -> None:
        streams.append([event.phase for event in fetch(file, timeouts=replace(QUICK, stall=10))])

    threads = [threading.Thread(target=follow) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [process.communicate(timeout=30)[0].strip() for process in processes] == ["ready", "ready"]
    assert [phases[-1] for phases in streams] == ["ready"] * 8
    assert all("waiting" in phases for phases in streams)
    assert len(server.requests) == 1


def test_waiting_shows_the_progress_of_the_other_download(server: FaultServer, folder: Path) -> None:
    file = published(server, Reply(body=BODY))
    partial = Partial(file, folder)
    partial.path.write_bytes(BODY[:HALF])
    partial.note({}, len(BODY))
    with FileLock(folder / f"{file.file_name}.lock"):
        events = []
        with pytest.raises(DownloadError) as caught:
            events.extend(fetch(file, timeouts=QUICK))
        stream = fetch(file, timeouts=QUICK)
        event = next(stream)
        stream.close()
    assert (event.phase, event.step, event.total_steps) == ("waiting", HALF, len(BODY))
    assert_says(caught.value, faults.OTHER_STALLED, file)
    assert list(fetch(file, timeouts=QUICK))[-1].phase == "ready"


def test_a_killed_download_is_resumed_by_another_process(server: FaultServer, folder: Path) -> None:
    file = published(server, Reply(body=BODY, stall_at=HALF), Reply(body=BODY))
    process = fetch_in_a_process(file)
    wait_until(lambda: Partial(file, folder).size == HALF)
    process.kill()
    process.communicate()
    assert list(fetch(file, timeouts=QUICK))[-1].path.read_bytes() == BODY
    assert ranges(server, file) == [None, f"bytes={HALF}-"]


def test_closing_stops_at_once_and_keeps_what_arrived(server: FaultServer, folder: Path) -> None:
    file = published(server, Reply(body=BODY, stall_at=HALF), Reply(body=BODY))
    stream = fetch(file, timeouts=replace(QUICK, read=30, stall=30))
    wait_until(lambda: next(stream).step == HALF)
    started = time.monotonic()
    stream.close()
    assert time.monotonic() - started < 1
    assert Partial(file, folder).size == HALF
    assert list(fetch(file, timeouts=QUICK))[-1].path.read_bytes() == BODY
    assert ranges(server, file) == [None, f"bytes={HALF}-"]
    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("fetch ")])


def test_a_stalled_download_reports_all_the_time(server: FaultServer) -> None:
    file = published(server, Reply(silent=True))
    stream = fetch(file, timeouts=replace(QUICK, read=30, stall=30))
    assert {next(stream).phase for _ in range(5)} == {"connecting"}
    stream.close()


def test_a_job_that_fetches_is_cancelled_within_a_second_of_a_stall(server: FaultServer, folder: Path) -> None:
    file = published(server, Reply(body=BODY, stall_at=HALF))
    runner = JobRunner(slots=1)
    try:
        job = runner.submit("somebody", fetch, file, deadline_seconds=60)
        wait_until(lambda: job.latest is not None and job.latest.step == HALF)
        asked = time.monotonic()
        job.cancel()
        wait_until(lambda: not runner.running)
        assert time.monotonic() - asked < 1
        assert job.state == "cancelled"
        with FileLock(folder / f"{file.file_name}.lock", timeout=5):
            assert Partial(file, folder).size == HALF
    finally:
        runner.close()


# What is kept: checked, healed, never trusted


def state_dict() -> dict[str, object]:
    import torch

    generator = torch.Generator().manual_seed(0)
    return {
        "conv.weight": torch.randn(8, 3, 3, 3, generator=generator),
        "bn.num_batches_tracked": torch.tensor(7),
        "fc.weight": torch.randn(10, 8, generator=generator).half(),
    }


def saved(content: object, **how: object) -> bytes:
    import torch

    sink = io.BytesIO()
    torch.save(content, sink, **how)
    return sink.getvalue()


def kept(folder: Path, body: bytes) -> RemoteFile:
    """A file that lies in the folder with the right hash, and that nobody serves."""
    sha256 = hashlib.sha256(body).hexdigest()
    (folder / "net.pth").write_bytes(body)
    return RemoteFile(url="https://download.pytorch.org/net.pth", file_name="net.pth", sha256=sha256)


def as_safetensors() -> bytes:
    from safetensors.torch import save

    return save(state_dict())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda: saved(state_dict()), id="zip"),
        pytest.param(lambda: saved(state_dict(), _use_new_zipfile_serialization=False), id="old"),
        pytest.param(as_safetensors, id="safetensors"),
    ],
)
def test_tensors_are_read_whatever_the_format(folder: Path, written: object) -> None:
    import torch

    read = read_state_dict(kept(folder, written()))  # type: ignore[operator]
    assert read.keys() == state_dict().keys()
    for name, tensor in state_dict().items():
        assert read[name].dtype == tensor.dtype
        assert torch.equal(read[name], tensor)


class Canary:
    """Says so when it is unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path(os.environ["CONVSCOPE_WEIGHTS"]) / "canary",)


def compressed(body: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as source, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            target.writestr(part.filename, source.read(part))
    return sink.getvalue()


def bomb() -> dict[str, object]:
    import torch

    return {"weight": torch.zeros(1).expand(1 << 28)}


def sparse() -> dict[str, object]:
    import torch

    return {"weight": torch.eye(3).to_sparse()}


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda: saved(Canary()), id="object"),
        pytest.param(lambda: saved({**state_dict(), "x": Canary()}), id="object-among-tensors"),
        pytest.param(lambda: saved(Canary(), _use_new_zipfile_serialization=False), id="object-old-format"),
        pytest.param(lambda: pickle.dumps(Canary()), id="bare-pickle"),
        pytest.param(lambda: saved({"state_dict": state_dict()}), id="nested"),
        pytest.param(lambda: saved({"epoch": 3}), id="number"),
        pytest.param(lambda: saved({}), id="empty"),
        pytest.param(lambda: saved([1, 2]), id="list"),
        pytest.param(lambda: saved(bomb()), id="stride-0-bomb"),
        pytest.param(lambda: saved(bomb(), _use_new_zipfile_serialization=False), id="stride-0-bomb-old-format"),
        pytest.param(lambda: saved(sparse()), id="sparse"),
        pytest.param(lambda: compressed(saved(state_dict())), id="compressed"),
        pytest.param(lambda: saved(state_dict())[:-100], id="short"),
        pytest.param(lambda: as_safetensors()[:-10], id="short-safetensors"),
        pytest.param(lambda: b"", id="nothing"),
        pytest.param(lambda: BODY, id="noise"),
    ],
)
@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_anything_but_plain_tensors_is_refused(folder: Path, written: object) -> None:
    file = kept(folder, written())  # type: ignore[operator]
    with pytest.raises(DownloadError) as caught:
        read_state_dict(file)
    assert_says(caught.value, faults.UNREADABLE, file)
    assert not isinstance(caught.value, NotDownloadedError)
    assert not (folder / "canary").exists()


def test_a_damaged_file_is_deleted_reported_and_healed(server: FaultServer, folder: Path) -> None:
    body = saved(state_dict())
    file = published(server, Reply(body=body), body=body)
    with pytest.raises(NotDownloadedError) as caught:
        read_state_dict(file)
    assert_says(caught.value, faults.MISSING, file)
    assert load_weights(file, timeouts=QUICK).keys() == state_dict().keys()
    path = folder / file.file_name
    assert cached(file) == path
    path.write_bytes(body[:-1] + b"!")
    with pytest.raises(NotDownloadedError) as caught:
        read_state_dict(file)
    assert_says(caught.value, faults.DAMAGED, file)
    assert not path.exists()
    path.write_bytes(b"poison")
    assert load_weights(file, timeouts=QUICK).keys() == state_dict().keys()
    path.write_bytes(b"poison")
    assert cached(file) is None
    assert list(fetch(file, timeouts=QUICK))[-1].path.read_bytes() == body
    assert len(server.requests) == 3


def test_torch_hubs_downloads_count_but_are_never_touched(server: FaultServer, tmp_path: Path, folder: Path) -> None:
    body = saved(state_dict())
    file = published(server, Reply(body=body), body=body)
    hub = tmp_path / "torch" / "hub" / "checkpoints"
    hub.mkdir(parents=True)
    (hub / file.file_name).write_bytes(body)
    assert list(fetch(file, timeouts=QUICK))[-1].path == cached(file) == hub / file.file_name
    assert read_state_dict(file).keys() == state_dict().keys()
    assert not server.requests
    (hub / file.file_name).write_bytes(b"cut short")
    assert load_weights(file, timeouts=QUICK).keys() == state_dict().keys()
    assert cached(file) == folder / file.file_name
    assert (hub / file.file_name).read_bytes() == b"cut short"


def test_a_file_is_hashed_once_until_it_changes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = kept(folder, BODY)
    path = folder / file.file_name
    hashed: list[int] = []
    real = hashlib.sha256
    monkeypatch.setattr(hashlib, "sha256", lambda *args: hashed.append(1) or real(*args))
    assert [cached(file) for _ in range(5)] == [path] * 5
    assert len(hashed) == 1
    path.write_bytes(OTHER)
    assert [cached(file) for _ in range(5)] == [None] * 5
    assert len(hashed) == 2


# What torchvision and timm publish


def test_published_files_carry_their_hashes() -> None:
    resnet = published_file("torchvision", "resnet18", "IMAGENET1K_V1")
    assert (resnet.file_name, resnet.sha256, resnet.host) == (
        "resnet18-f37072fd.pth",
        "f37072fd",
        "download.pytorch.org",
    )
    assert resnet.size == pytest.approx(11_689_512 * 4, rel=0.01)
    xception = published_file("timm", "legacy_xception", "tf_in1k")
    assert (xception.file_name, xception.sha256, xception.host) == (
        "xception-43020ad28.pth",
        "43020ad28",
        "github.com",
    )


def test_a_model_of_the_hub_needs_the_hash_that_the_hub_shows() -> None:
    with pytest.raises(ValueError, match="hash"):
        timm_file("convnext_nano.in12k")
    file = timm_file("convnext_nano.in12k", sha256="0123456789abcdef")
    assert file.url == "https://huggingface.co/timm/convnext_nano.in12k/resolve/main/model.safetensors"
    assert file.file_name == "convnext_nano.in12k-01234567.safetensors"


def test_importing_is_light() -> None:
    names = "{'torch', 'torchvision', 'timm'}"
    code = f"import sys, core.architectures.weights.state_dicts; print(sorted({names} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(found.stdout.replace("'", '"')) == []
