"""What a run of the page has drawn reaches the browser, also where a part of the page runs again at the same time.

In Streamlit 1.67 the thread of a run hands what it has drawn to the server's event loop, piece by piece. When the run
has ended and a fragment asks for its next turn before the loop has got to the last pieces, `AppSession` makes a new
runner for the fragment, and drops all that still comes from the old one: the rest of the page, not to be drawn again.
A fragment that asks several times a second, on a busy computer, meets that moment: findings/run_lost_to_a_fragment.sh.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from streamlit.runtime.app_session import AppSession, AppSessionState

if TYPE_CHECKING:
    from streamlit.runtime.scriptrunner import RerunData

_create = AppSession._create_scriptrunner


def keep_order() -> None:
    """Let a fragment that asks for a turn when a run has just ended wait until what that has drawn is on its way."""
    AppSession._create_scriptrunner = _create_in_order  # type: ignore[assignment, method-assign]


def _create_in_order(session: AppSession, wish: RerunData) -> None:
    """Make a runner for `wish`; for a fragment's, only once the loop has got to all that the last runner has said.

    A runner that is still there when a new one is to be made has ended by itself, and has said all that it will.
    """
    ended = session._scriptrunner
    if ended is None or not wish.fragment_id:
        _create(session, wish)
        return

    def then() -> None:
        if session._state == AppSessionState.SHUTDOWN_REQUESTED:
            return
        runner = session._scriptrunner
        if runner is None or runner is ended:
            _create(session, wish)
        elif not runner.request_rerun(wish):
            _create_in_order(session, wish)

    asyncio.get_running_loop().call_soon(then)  # after what the ended run has asked the loop to do
