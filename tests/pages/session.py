"""One visitor's session as Streamlit's server keeps it, with its event loop in our hands, and the screen before it.

AppTest runs pages in order: a run ends before the next one begins, and fragments never run again by themselves. Here a
run, a turn of a fragment and a click can meet in any order, since what the loop does is done when a test says so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.caching.storage.dummy_cache_storage import MemoryCacheStorageManager
from streamlit.runtime.dataframe_source_manager import DataframeSourceManager
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType
from streamlit.util import calc_hash

PATIENCE_SECONDS = 60.0


@dataclass
class Screen:
    """What a browser shows after the messages so far, and which fragments it lets run again and again."""

    elements: dict[tuple[int, ...], tuple[Any, str, int]] = field(default_factory=dict)
    ticking: dict[str, float] = field(default_factory=dict)
    query: str = ""
    run: int = 0
    fragments: tuple[str, ...] = ()

    def take(self, message: ForwardMsg) -> None:
        """Show what a message brings, and, once a run has ended, no longer what it has not drawn."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.run += 1
            self.fragments = tuple(message.metadata.run.fragment_ids)
            if not self.fragments:
                self.ticking.clear()
        elif kind == "delta":
            path = tuple(message.metadata.delta_path)
            self.elements[path] = message.delta, message.delta.fragment_id, self.run
        elif kind == "auto_rerun":
            self.ticking[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            whole = message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
            for path, (_delta, fragment, run) in list(self.elements.items()):
                if run != self.run and (whole or fragment in self.fragments):
                    del self.elements[path]

    @property
    def protos(self) -> Iterator[tuple[str, Any]]:
        """Yield all elements: their kinds and what they are."""
        for delta, _fragment, _run in self.elements.values():
            if delta.WhichOneof("type") == "new_element":
                kind = delta.new_element.WhichOneof("type")
                yield kind, getattr(delta.new_element, kind)

    @property
    def texts(self) -> list[str]:
        """Return all that is said in headings, texts and bars of progress."""
        said = (getattr(proto, "body", "") or getattr(proto, "text", "") for _kind, proto in self.protos)
        return [text for text in said if isinstance(text, str) and text]

    @property
    def buttons(self) -> dict[str, bool]:
        """Return which buttons there are, and whether they can be pressed."""
        return {proto.label: not proto.disabled for kind, proto in self.protos if kind == "button"}

    @property
    def exceptions(self) -> list[str]:
        """Return what went wrong."""
        return [f"{proto.type}: {proto.message}" for kind, proto in self.protos if kind == "exception"]


class Session:
    """A session at a script, whose messages reach the screen when the loop gets to them."""

    def __init__(
        self,
        script: Path,
        page: str = "",
        query: str = "",
        on_script_error: Callable[[Exception], bool | None] | None = None,
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = ThreadPoolExecutor(1)  # a thread of its own: in a test's, the loop of a browser may be running
        self.screen = Screen(query=query)
        self._page_hash = calc_hash(page) if page else ""
        self.do(self._make, script, on_script_error)

    def _make(self, script: Path, on_script_error: Any) -> None:
        self.session = AppSession(
            ScriptData(str(script), is_hello=False),
            MemoryUploadedFileManager("/mock/upload"),
            ScriptCache(),
            None,
            {},
            on_script_error=on_script_error,
        )

    def do(self, act: Callable[..., object], *args: Any) -> None:
        """Let the loop do this, and what it had to do before."""

        async def once() -> None:
            act(*args)

        self._run(once())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._thread.submit(self._loop.run_until_complete, work).result()

    # What the browser sends

    def open(self) -> Session:
        """Ask for the page, and wait until all of it is there."""
        self.ask()
        self.settle()
        return self

    def ask(self, fragment: str = "", pressed: str = "") -> None:
        """Ask for a run of the page or of a fragment, a button being pressed or not; the answer is on its way."""
        self.do(self.hand_over, fragment, pressed)

    def hand_over(self, fragment: str = "", pressed: str = "") -> None:
        """Do the same from within the loop."""
        message = BackMsg()
        message.rerun_script.query_string = self.screen.query
        message.rerun_script.page_script_hash = self._page_hash
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = bool(fragment and not pressed)
        message.rerun_script.context_info.locale = "en-US"
        if pressed:
            states = WidgetStates()
            states.widgets.add(id=self._button(pressed), trigger_value=True)
            message.rerun_script.widget_states.CopyFrom(states)
        self.session.handle_backmsg(message)

    def press(self, label: str) -> None:
        """Press a button; where a fragment holds it, that alone is asked for."""
        self.ask(self._fragment_of(label), label)

    def tick(self) -> None:
        """Let each fragment that runs again and again ask for its turn."""
        for fragment in list(self.screen.ticking):
            self.ask(fragment)

    def _button(self, label: str) -> str:
        return next(proto.id for kind, proto in self.screen.protos if kind == "button" and proto.label == label)

    def _fragment_of(self, label: str) -> str:
        for delta, fragment, _run in self.screen.elements.values():
            if delta.new_element.button.label == label:
                return str(fragment)
        raise LookupError(label)

    # What the server does

    def settle(self) -> None:
        """Let the loop do all there is to do, until nothing runs and everything is on the screen."""
        self._run(self._settle())

    async def _settle(self) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        is_still = False
        while not is_still:
            await asyncio.sleep(0.001)
            for message in self.session.flush_browser_queue():
                self.screen.take(message)
            is_still = self.session._scriptrunner is None
            assert time.monotonic() < end, "the page has no end"
        await asyncio.sleep(0)
        for message in self.session.flush_browser_queue():
            self.screen.take(message)

    def let_it_end(self) -> None:
        """Wait until the run that is under way has ended, while the loop is busy with something else."""
        runner = self.session._scriptrunner
        end = time.monotonic() + PATIENCE_SECONDS
        while runner is not None and runner._requests._state is not ScriptRequestType.STOP:
            assert time.monotonic() < end, "the run has no end"
            time.sleep(0.001)

    def come_to_rest(self, turns: int = 6) -> None:
        """Let the fragments have their turns until none asks for more."""
        self.settle()
        for _turn in range(turns):
            if not self.screen.ticking:
                return
            self.tick()
            self.settle()
        raise AssertionError(f"something is still waited for: {self.screen.texts}")

    def close(self) -> None:
        """End it."""
        self.do(self.session.shutdown)
        self.let_it_end()
        self._run(asyncio.sleep(0.01))
        self._loop.close()
        self._thread.shutdown()


@contextmanager
def sessions() -> Iterator[None]:
    """Let there be what a session needs of a server."""
    runtime = MagicMock(spec=Runtime)
    runtime.media_file_mgr = MediaFileManager(MemoryMediaFileStorage("/mock/media"))
    runtime.dataframe_source_mgr = DataframeSourceManager()
    runtime.cache_storage_manager = MemoryCacheStorageManager()
    runtime.bidi_component_registry = BidiComponentManager()
    before, pages = Runtime._instance, PagesManager.uses_pages_directory
    Runtime._instance, PagesManager.uses_pages_directory = runtime, False
    try:
        yield
    finally:
        Runtime._instance, PagesManager.uses_pages_directory = before, pages
