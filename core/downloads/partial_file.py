"""An unfinished download on disk, with what is needed to resume it, also in another process."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping
from pathlib import Path

from core import limits
from core.downloads.remote_file import RemoteFile

CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")


class Partial:
    """The first bytes of a file, beside its destination; named after address and hash, so that versions never mix."""

    def __init__(self, file: RemoteFile, folder: Path) -> None:
        version = hashlib.sha256(f"{file.url}\n{file.published_hash}".encode()).hexdigest()[:12]
        self.path = folder / f"{file.file_name}.{version}.partial"
        self._notes = folder / f"{file.file_name}.{version}.partial.json"
        self.files = (self.path, self._notes)

    @property
    def size(self) -> int:
        """Return how many bytes have arrived."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    @property
    def total(self) -> int | None:
        """Return how many bytes the whole file has, as the server said, or None where it did not."""
        total = self._read().get("total")
        return total if isinstance(total, int) else None

    @property
    def is_complete(self) -> bool:
        """Return whether all bytes that the server announced are there."""
        return self.total is not None and self.size == self.total

    def request_headers(self) -> dict[str, str]:
        """Return the headers that ask for the rest, and only if the server still has the same version."""
        size = self.size
        if not size or (self.total is not None and size > self.total):
            return {}
        validator = self._read().get("validator")
        condition = {"If-Range": validator} if isinstance(validator, str) else {}
        return {"Range": f"bytes={size}-", **condition}

    def continues(self, headers: Mapping[str, str]) -> bool:
        """Return whether an answer with status 206 starts where this ends and belongs to the same version."""
        start, total = content_range(headers)
        notes = self._read()
        theirs = [headers[name] for name in ("etag", "last-modified") if name in headers]
        validator = notes.get("validator")
        same = validator is None or not theirs or validator in theirs
        return start == self.size and same and notes.get("total") in (None, total)

    def note(self, headers: Mapping[str, str], total: int | None) -> None:
        """Write down which version the bytes belong to. Raises `OSError`."""
        self._notes.write_text(json.dumps({"validator": _validator(headers), "total": total}), encoding="utf-8")

    def discard(self) -> None:
        """Delete the bytes and the notes. Raises `OSError` where that is forbidden."""
        self.path.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)

    def forget_notes(self) -> None:
        """Delete the notes, once the bytes have become the file."""
        self._notes.unlink(missing_ok=True)

    def _read(self) -> dict[str, object]:
        try:
            notes = json.loads(self._notes.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return notes if isinstance(notes, dict) else {}


def content_range(headers: Mapping[str, str]) -> tuple[int | None, int | None]:
    """Return the first byte and the total that a Content-Range header states, None for what it does not."""
    found = CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
    if found is None:
        return None, None
    start, total = found.groups()
    return int(start) if start else None, int(total) if total != "*" else None


def sweep(folder: Path, file: RemoteFile, keep: Partial) -> None:
    """Delete other versions' partials of `file`, and partials that nobody has gone on with for days."""
    oldest = time.time() - limits.WEIGHTS_PARTIAL_DAYS * 86400
    for path in folder.glob("*.partial*"):
        if path in keep.files:
            continue
        try:
            if path.name.startswith(f"{file.file_name}.") or path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
        except OSError:
            continue  # somebody else's, or already gone


def _validator(headers: Mapping[str, str]) -> str | None:
    """Return what If-Range may quote: a strong ETag, else the date of change."""
    etag = headers.get("etag", "")
    if etag and not etag.startswith("W/"):
        return etag
    return headers.get("last-modified")
