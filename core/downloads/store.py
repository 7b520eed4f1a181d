"""The store of fetched files: one folder, each file checked and fetched once.

Written on requests and filelock, because no library found does all of it: pooch neither resumes nor locks nor takes the
beginning of a hash, robust-downloader does not lock, huggingface_hub checks no hash.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from core.downloads import errors as faults
from core.downloads.connection import Timeouts
from core.downloads.errors import DownloadError, weights_problem
from core.downloads.partial_file import Partial, sweep
from core.downloads.remote_file import RemoteFile
from core.downloads.transfer import DownloadEvent, RetryPolicy, Transfer
from core.i18n import N_

HASHED_AT_ONCE = 16 << 20
DEFAULT_TIMEOUTS = Timeouts()

Checked = Generator[DownloadEvent, None, bool]
_known: dict[tuple[str, str, int, int, int], bool] = {}  # (path, published hash, size, time of change, inode) -> right?


def weights_folder() -> Path:
    """Return the folder where fetched weights are kept, made if it was not there.

    It is $CONVSCOPE_WEIGHTS, else $XDG_CACHE_HOME/convscope/weights, else ~/.cache/convscope/weights. Raises
    `DownloadError` where nothing can be written there.
    """
    folder = _own_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writable, why = os.access(folder, os.W_OK | os.X_OK), N_("it is not writable")
    except OSError as error:
        writable, why = False, error.strerror or str(error)
    if not writable:
        raise DownloadError(*faults.NO_FOLDER, folder=str(folder), why=why)
    return folder


def places(file: RemoteFile, folder: Path | None = None) -> list[Path]:
    """Return where `file` may be on this computer: among torch.hub's own downloads, then in `folder` or ours."""
    hub = Path(os.environ.get("TORCH_HOME") or _cache_home() / "torch").expanduser() / "hub" / "checkpoints"
    return [hub / file.file_name, (folder or _own_folder()) / file.file_name]


def cached(file: RemoteFile, folder: Path | None = None) -> Path | None:
    """Return where `file` is kept with the published hash, or None; hashes it only when it is new or has changed."""
    for path in places(file, folder):
        if _finish(_check(path, file)):
            return path
    return None


def fetch(
    file: RemoteFile, folder: Path | None = None, *, timeouts: Timeouts = DEFAULT_TIMEOUTS
) -> Iterator[DownloadEvent]:
    """Yield the progress of bringing `file` into `folder` (ours by default), a "ready" event with its path last.

    What is at hand is not fetched again; one download serves all who ask, in threads and processes alike. Raises
    `DownloadError`. Closing the iterator stops within a tick and keeps what has arrived, to go on from there.
    """
    for path in places(file, folder):
        if (yield from _check(path, file)):
            yield _ready(path)
            return
    target = (folder or weights_folder()) / file.file_name
    lock = FileLock(f"{target}.lock", thread_local=False)
    try:
        yield from _take(lock, file, Partial(file, target.parent), timeouts)
        if not (yield from _check(target, file)):
            yield from _fetch(file, target, timeouts)
    finally:
        lock.release()
    yield _ready(target)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits. Raises `OSError`."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _own_folder() -> Path:
    return Path(os.environ.get("CONVSCOPE_WEIGHTS") or _cache_home() / "convscope" / "weights").expanduser().absolute()


def _cache_home() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~") / ".cache")


def _ready(path: Path) -> DownloadEvent:
    size = path.stat().st_size
    return DownloadEvent(phase="ready", step=size, total_steps=size, path=path)


def _finish(events: Checked) -> bool:
    """Return what a generator returns, its events ignored."""
    while True:
        try:
            next(events)
        except StopIteration as end:
            return bool(end.value)


def _check(path: Path, file: RemoteFile) -> Checked:
    """Yield the progress of hashing and return whether the file is there and right; remembered until it changes."""
    try:
        status = path.stat()
        key = (str(path), file.published_hash, status.st_size, status.st_mtime_ns, status.st_ino)
        if key not in _known:
            found = file.hasher()
            with path.open("rb") as source:
                while block := source.read(HASHED_AT_ONCE):
                    found.update(block)
                    yield DownloadEvent(phase="checking", step=source.tell(), total_steps=status.st_size)
            if len(_known) >= 1000:
                _known.clear()
            _known[key] = file.matches(found.hexdigest())
        return _known[key]
    except OSError:
        return False


def _take(lock: FileLock, file: RemoteFile, partial: Partial, timeouts: Timeouts) -> Iterator[DownloadEvent]:
    """Yield the progress of whoever fetches `file` already until the lock is ours, which a killed holder gives up."""
    patience, size = RetryPolicy(timeouts), partial.size
    while True:
        try:
            lock.acquire(timeout=timeouts.tick, poll_interval=timeouts.tick / 4)
            return
        except Timeout:
            grown, size = partial.size - size, partial.size
            if not patience.note(timeouts.tick, abs(grown)):
                raise weights_problem(faults.OTHER_STALLED, file) from None
            yield DownloadEvent(phase="waiting", step=size, total_steps=partial.total or file.size)
        except OSError as error:
            raise _not_writable(file, partial.path.parent, error) from error


def _fetch(file: RemoteFile, target: Path, timeouts: Timeouts) -> Iterator[DownloadEvent]:
    """Bring the file to `target`, the lock being held: the second time cleanly, should the first bring a wrong one."""
    partial = Partial(file, target.parent)
    sweep(target.parent, file, keep=partial)
    for _ in range(2):
        yield from Transfer(file, partial, timeouts).run()
        right = yield from _check(partial.path, file)
        try:
            if right:
                _publish(partial, target, file)
                return
            partial.discard()
        except OSError as error:
            raise _not_writable(file, target.parent, error) from error
    raise weights_problem(faults.WRONG_HASH, file)


def _publish(partial: Partial, target: Path, file: RemoteFile) -> None:
    """Give the checked bytes their name, in one step that also survives a power cut."""
    _flush(partial.path)
    partial.path.replace(target)
    partial.forget_notes()
    with suppress(OSError):  # not every system lets a folder be opened
        _flush(target.parent)
    status = target.stat()
    _known[(str(target), file.published_hash, status.st_size, status.st_mtime_ns, status.st_ino)] = True


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _not_writable(file: RemoteFile, folder: Path, error: OSError) -> DownloadError:
    return weights_problem(faults.NOT_WRITABLE, file, folder=str(folder), why=error.strerror or str(error))
