"""The record of a published file: address, name, hash, size."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

SHA256 = re.compile(r"[0-9a-f]{8,64}")
MD5 = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """A published file of weights, or of a data set.

    `sha256` is the whole digest or as much of its beginning as is published (at least eight digits, lower case); `md5`
    the whole one, where nothing better is published. `size` is in bytes, as published and so often rounded: good for an
    estimate, never for a check. Raises `ValueError` on a name that is not a plain file name and on a hash that is none.
    """

    url: str
    file_name: str
    sha256: str = ""
    size: int | None = None
    md5: str = ""

    def __post_init__(self) -> None:
        if PurePosixPath(self.file_name).name != self.file_name or self.file_name.startswith(".") or not self.file_name:
            raise ValueError(f"{self.file_name!r} is not a plain file name")
        is_md5 = not self.sha256 and MD5.fullmatch(self.md5)
        if not is_md5 and not SHA256.fullmatch(self.sha256):
            raise ValueError(f"{self.sha256!r} is not (the beginning of) a SHA-256 digest")

    @property
    def host(self) -> str:
        """Return the name of the computer that publishes the file."""
        return urlsplit(self.url).hostname or ""

    @property
    def published_hash(self) -> str:
        """Return the hexadecimal digits that are published."""
        return self.sha256 or self.md5

    def hasher(self) -> Any:
        """Return a new object of `hashlib` for the hash that is published."""
        return hashlib.sha256() if self.sha256 else hashlib.md5(usedforsecurity=False)

    def matches(self, digest: str) -> bool:
        """Return whether `digest`, the hexadecimal digits of the whole file, is the published one."""
        return digest.startswith(self.published_hash)
