"""The messages that a person gets when a job does not finish; details go to the server's log."""

from __future__ import annotations

import logging
import secrets

from core import limits
from core.errors import UserError
from core.i18n import N_
from core.jobs.worker import Order

AGAIN = N_("Start it again. If it happens again, tell whoever looks after this server the number {error_id}.")
KILLED = -9

log = logging.getLogger(__name__)


def too_many_waiting(count: int) -> UserError:
    """Return the problem of a queue that is full."""
    return UserError(
        N_("{count} computations are waiting for their turn already."), N_("Try again in a minute."), count=count
    )


def too_long(deadline_seconds: float) -> UserError:
    """Return the problem of a job that has passed its deadline."""
    return UserError(
        N_("This took longer than {minutes:.0f} min and was stopped."),
        N_("Choose less work, such as fewer steps, fewer pictures or a smaller network, and start again."),
        minutes=max(1.0, deadline_seconds / 60),
    )


def paused_too_long() -> UserError:
    """Return the problem of a job that was paused while others needed its place, or for very long."""
    return UserError(
        N_("This was paused for too long and has been stopped; what it had reported is kept."),
        N_("Start it again. The same seed gives the same result."),
    )


def too_much_memory(job_id: str, order: Order, details: str) -> UserError:
    """Return the problem of a job that hit its memory limit."""
    log.warning("job %s (%s) ran out of memory\n%s", job_id, order.qualname, details)
    return UserError(
        N_("This needed more memory than the {mebibytes:.0f} MiB that one computation may use, and was stopped."),
        N_("Choose less work, such as smaller batches, fewer pictures or a smaller network, and start again."),
        mebibytes=order.memory_bytes / limits.MEBIBYTE,
    )


def unexpected(job_id: str, order: Order, details: str) -> UserError:
    """Return a problem that shows only a number, under which `details` are found in the log."""
    error_id = secrets.token_hex(4)
    log.error("job %s (%s) failed, error %s\n%s", job_id, order.qualname, error_id, details)
    return UserError(N_("Something went wrong inside this computation."), AGAIN, error_id=error_id)


def died(job_id: str, order: Order, status: int) -> UserError:
    """Return the problem of a process that ended without saying why, with this exit status."""
    error_id = secrets.token_hex(4)
    log.error("job %s (%s) died with status %s, error %s", job_id, order.qualname, status, error_id)
    if status == KILLED:
        reason = N_("The process of this computation was ended from outside, most likely because memory ran out.")
    else:
        reason = N_("The process of this computation ended without a word.")
    return UserError(reason, AGAIN, error_id=error_id)
