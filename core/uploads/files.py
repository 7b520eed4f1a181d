"""Uploaded files, and how many bytes of them are accepted."""

from __future__ import annotations

from dataclasses import dataclass

from core import limits
from core.errors import UserError
from core.i18n import N_

_FEWER = N_("Remove some, or add smaller ones.")


@dataclass(frozen=True)
class UploadedFile:
    """A file that a person has added: a picture or a ZIP archive of pictures. `name` is only a label."""

    name: str
    data: bytes


def check_bytes(count: int) -> None:
    """Raise `UserError` where files have more bytes together than are kept of one person."""
    if count > limits.COLLECTION_BYTES:
        raise UserError(
            N_("Together these files have {megabytes} MB; at most {most} MB are kept."),
            _FEWER,
            megabytes=f"{count / limits.MEBIBYTE:.1f}",
            most=limits.COLLECTION_BYTES // limits.MEBIBYTE,
        )


def check_pictures(count: int) -> None:
    """Raise `UserError` where they are more pictures than are taken of one person."""
    if count > limits.COLLECTION_PICTURES:
        raise UserError(
            N_("Together these are {count} pictures; at most {most} are taken."),
            _FEWER,
            count=count,
            most=limits.COLLECTION_PICTURES,
        )
