#!/usr/bin/env bash
# Streamlit 1.67.0: the end of a run of the page is lost when a fragment asks for its turn while the server is busy.
#
# What one would expect: `st.fragment(run_every=...)` asks again and again; a run of the whole page that happens at the
# same time is drawn to its end, since a fragment's turn does not interrupt it.
# What happens: the thread of the run hands its pieces to the event loop. If the run has ended, and the loop gets to the
# fragment's request before it gets to the last pieces, AppSession makes a new runner for the fragment and ignores all
# that still comes from the old one. The script has run to its end, but its last elements never reach the browser, nor
# does the message that the run has finished; nothing draws them again.
#
# A busy server is played by a piece of middleware that keeps the event loop for 0.6 s when the request arrives.
# Seen on 2026-11-30, Python 3.11.7:
#   run 1 alone:          top 1, bottom 1, FINISHED_SUCCESSFULLY
#   run 2 and a fragment: top 2, FINISHED_FRAGMENT_RUN_SUCCESSFULLY, though the script says that it ran to its end
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check streamlit==1.67.0 starlette==1.10.0 websockets==17.4
cd "$folder"

cat > page.py <<'PAGE'
import time

import streamlit as st
from starlette.middleware import Middleware


class Busy:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def late():
            message = await receive()
            if b"fragment-asks" in (message.get("bytes") or b""):
                time.sleep(0.6)
            return message

        await self.app(scope, late if scope["type"] == "websocket" else receive, send)


@st.fragment(run_every=60)
def again():
    st.text("fragment")


if __name__ == "__main__":
    number = st.session_state["number"] = st.session_state.get("number", 0) + 1
    st.text(f"top {number}")
    again()
    time.sleep(0.3)
    st.text(f"bottom {number}")
    print(f"ran to its end: {number}", flush=True)
else:
    app = st.App(__file__, middleware=[Middleware(Busy)])
PAGE

cat > browser.py <<'BROWSER'
import socket
import subprocess
import sys
import time
import urllib.request

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
options = [f"--server.port={port}", "--server.headless=true", "--browser.gatherUsageStats=false"]
options += ["--browser.serverAddress=127.0.0.1"]
with open("log", "wb") as log:
    server = subprocess.Popen([sys.executable, "-m", "streamlit", "run", "page.py", *options], stdout=log, stderr=log)


def ask(fragment="", query=""):
    message = BackMsg()
    message.rerun_script.fragment_id = fragment
    message.rerun_script.query_string = query
    message.rerun_script.context_info.url = f"http://127.0.0.1:{port}/"
    connection.send(message.SerializeToString())


def hear(until, seconds):
    """Return the texts and the ends of runs that come, up to `until`, and the fragment's name."""
    heard, fragment, end = [], "", time.monotonic() + seconds
    while until not in heard and time.monotonic() < end:
        try:
            message = ForwardMsg.FromString(connection.recv(timeout=end - time.monotonic()))
        except TimeoutError:
            break
        if message.WhichOneof("type") == "script_finished":
            heard.append(ForwardMsg.ScriptFinishedStatus.Name(message.script_finished))
        elif message.delta.fragment_id:
            fragment = message.delta.fragment_id
        elif message.delta.new_element.text.body:
            heard.append(message.delta.new_element.text.body)
    return heard, fragment


try:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health").read()
            break
        except OSError:
            time.sleep(0.1)
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    with connect(address, subprotocols=["streamlit"], max_size=None) as connection:
        ask()
        alone, fragment = hear("FINISHED_SUCCESSFULLY", 30)
        ask()
        beginning, _ = hear("top 2", 30)
        ask(fragment, "fragment-asks")
        rest, _ = hear("FINISHED_FRAGMENT_RUN_SUCCESSFULLY", 30)
        later, _ = hear("nothing", 3)
finally:
    server.terminate()
    server.wait()
print("run 1 alone:         ", alone)
print("run 2 and a fragment:", beginning + rest + later)
assert "ran to its end: 2" in open("log").read()
assert alone == ["top 1", "bottom 1", "FINISHED_SUCCESSFULLY"], alone
assert beginning + rest + later == ["top 2", "FINISHED_FRAGMENT_RUN_SUCCESSFULLY"], "it is no longer lost"
print("As described: run 2 ran to its end, and its end was never sent.")
BROWSER
"$folder/venv/bin/python" browser.py
