"""The errors of downloads, each with its message and remedy."""

from __future__ import annotations

from typing import Any, NamedTuple

from core.downloads.remote_file import RemoteFile
from core.errors import UserError
from core.i18n import N_


class DownloadError(UserError):
    """Weights could not be fetched, kept or read; the page then offers the embedded and the untrained ones."""


class NotDownloadedError(DownloadError):
    """The weights are not at hand, or were damaged and have been deleted: fetching them is what helps."""


class Fault(NamedTuple):
    """A reason and a remedy, both with the fields `name` (of the file) and `host`, some with more."""

    reason: str
    remedy: str


def weights_problem(fault: Fault, file: RemoteFile, **values: Any) -> DownloadError:
    """Return the problem to raise for a fault with a file, with `values` for the fields of its messages."""
    kind = NotDownloadedError if fault in (MISSING, DAMAGED) else DownloadError
    return kind(fault.reason, fault.remedy, **{"name": file.file_name, "host": file.host, **values})


OFFLINE = Fault(
    N_("{name} could not be fetched: the name {host} is not known here, most likely because this computer is offline."),
    N_("Check the network connection and try again, or go on with what works offline."),
)
UNREACHABLE = Fault(
    N_("{name} could not be fetched: {host} cannot be reached or refuses the connection."),
    N_("Check whether a firewall lets {host} through and try again, or go on with what works offline."),
)
UNTRUSTED = Fault(
    N_("{name} was not fetched: {host} could not prove who it is (its TLS certificate was not accepted)."),
    N_(
        "Check the clock of the server and whether its network asks for a log-in, then try again, or go on with what "
        "works offline."
    ),
)
PROXY = Fault(
    N_("{name} could not be fetched: the proxy on the way to {host} does not let it through."),
    N_("Check the proxy settings (HTTPS_PROXY) and try again, or go on with what works offline."),
)
NOT_FOUND = Fault(
    N_("{name} is no longer where it was published: {host} does not have it."),
    N_("Choose something else, or go on with what works offline."),
)
REFUSED = Fault(
    N_("{name} was not handed out: {host} answered with status {status}."),
    N_("Try again later, or go on with what works offline."),
)
SERVER = Fault(
    N_("{name} could not be fetched: {host} has a fault of its own (status {status})."),
    N_("Try again in a few minutes, or go on with what works offline."),
)
STALLED = Fault(
    N_("{name} could not be fetched: {host} does not answer or has stopped sending."),
    N_("What has arrived is kept: try again to resume, or go on with what works offline."),
)
CUT = Fault(
    N_("{name} could not be fetched: the connection to {host} was cut before the end, several times."),
    N_("What has arrived is kept: try again to resume, or go on with what works offline."),
)
OTHER_STALLED = Fault(
    N_("{name} is being fetched from {host} for somebody else, and that makes no progress."),
    N_("Try again in a minute, or go on with what works offline."),
)
NOT_HTTPS = Fault(
    N_("{name} was not fetched: {host} would send it over a connection that is not encrypted (no https)."),
    N_("Choose something else, or go on with what works offline."),
)
FOREIGN_HOST = Fault(
    N_("{name} was not fetched: {host} is not among the publishers that ConvScope trusts."),
    N_("Choose something else, or go on with what works offline."),
)
TOO_LARGE = Fault(
    N_("{name} was not fetched: {host} would send {mebibytes:.0f} MiB, and at most {most:.0f} MiB are accepted."),
    N_("Choose something else, or go on with what works offline."),
)
WRONG_HASH = Fault(
    N_("{name} arrived from {host} twice with a content that is not the published one (its checksum differs)."),
    N_(
        "It was deleted. Something on the way may be changing downloads: try again on another network, or go on with "
        "what works offline."
    ),
)
NO_ROOM = Fault(
    N_("{name} was not fetched from {host}: {mebibytes:.0f} MiB should be free on the disk that holds {folder}."),
    N_("Free some space or set CONVSCOPE_WEIGHTS to another folder and try again, or go on with what works offline."),
)
DISK_FULL = Fault(
    N_("{name} could not be kept: the disk that holds {folder} is full. What had arrived from {host} was deleted."),
    N_("Free some space or set CONVSCOPE_WEIGHTS to another folder and try again, or go on with what works offline."),
)
NOT_WRITABLE = Fault(
    N_("{name} from {host} cannot be kept in {folder} ({why})."),
    N_(
        "Set CONVSCOPE_WEIGHTS to a folder that ConvScope may write to and start it again, or go on with what works "
        "offline."
    ),
)
NO_FOLDER = Fault(  # known before any file is asked for, so it has neither `name` nor `host`
    N_("Downloads cannot be kept in {folder} ({why})."),
    N_(
        "Set CONVSCOPE_WEIGHTS to a folder that ConvScope may write to and start it again, or go on with what works "
        "offline."
    ),
)
MISSING = Fault(
    N_("{name} has not been fetched from {host} yet."),
    N_("Fetch it, or go on with what works offline."),
)
DAMAGED = Fault(
    N_("The copy of {name} that was kept here is damaged (its checksum is not the published one); it is not used."),
    N_("Fetch it from {host} again, or go on with what works offline."),
)
UNREADABLE = Fault(
    N_("{name} from {host} is not used: it holds something other than plain tensors, or claims more than it holds."),
    N_("Choose something else, or go on with what works offline."),
)
