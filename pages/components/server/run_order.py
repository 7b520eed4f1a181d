"""Keeps the last messages of a script run when a fragment reruns at the same time.

In Streamlit 1.67 the thread of a run hands what it has drawn to the server's event loop, piece by piece. When the run
has ended and a fragment asks for its next turn before the loop has got to the last pieces, `AppSession` makes a new
runner for the fragment, and drops all that still comes from the old one: the rest of the page, not to be drawn again.
A fragment that asks several times a second, on a busy computer, meets that moment: findings/run_lost_to_a_fragment.sh.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from weakref import WeakKeyDictionary

from streamlit.runtime.app_session import AppSession, AppSessionState
from streamlit.runtime.scriptrunner import RerunData
from streamlit.runtime.scriptrunner_utils.script_requests import _coalesce_widget_states

_create = AppSession._create_scriptrunner
_held: WeakKeyDictionary[AppSession, list[RerunData]] = WeakKeyDictionary()
"""What fragments have asked for and have to wait for, by session."""


def keep_order() -> None:
    """Let a fragment that asks for a turn when a run has just ended wait until what that has drawn is on its way."""
    AppSession._create_scriptrunner = _create_in_order  # type: ignore[assignment, method-assign]


def _create_in_order(session: AppSession, request: RerunData) -> None:
    """Make a runner for `request`; for a fragment's, only once the loop has got to all that the last run has drawn.

    A runner that is still there when one is to be made for a fragment has stopped: all its pieces wait in the loop. A
    wish for the whole page that comes meanwhile is newer, and draws the fragments too: of what they wanted only buttons
    that were pressed count.
    """
    ended = session._scriptrunner
    if ended is not None and request.fragment_id:
        _held.setdefault(session, []).append(request)
        asyncio.get_running_loop().call_soon(
            _go_on, session, ended, request
        )  # after what the run has asked the loop to do
        return
    for older in _held.pop(session, []) if not request.fragment_id else []:
        states = _coalesce_widget_states(older.widget_states, request.widget_states)
        request = replace(request, widget_states=states)
    _create(session, request)


def _go_on(session: AppSession, ended: object, request: RerunData) -> None:
    """Give the fragment its turn, unless the whole page has been drawn instead."""
    held = _held.get(session, [])
    if not any(waiting is request for waiting in held) or session._state == AppSessionState.SHUTDOWN_REQUESTED:
        return
    held[:] = [waiting for waiting in held if waiting is not request]
    runner = session._scriptrunner
    if runner is None or runner is ended:
        _create(session, request)
    elif not runner.request_rerun(request):
        _create_in_order(session, request)
