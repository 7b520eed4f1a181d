#!/usr/bin/env bash
# Streamlit 1.67.0: a choice with persist_state="session" shows its default after Back, where the page is another one.
#
# What one would expect: with the same key on two pages and persist_state="session", the value is there on the other page.
# What happens: it is, where one follows a link of the navigation. On the browser's way back (or forward) to another page
# the message still holds the widgets of the page that is left, so that these do not count as gone and their values are
# not kept for their successors: in that run the widget returns its default (st.segmented_control: None, also with
# required=True; st.selectbox: the first option), though `st.session_state[key]` was right just before, and the browser
# is not told: it shows nothing chosen, or the first option. The next run has the value again, unless the browser sends
# what it shows by then.
#
# Seen on 2026-11-30, Python 3.11.7: (state before, segmented control, select box) on the second page
#   by a link: sand, sand, sand     by the way back: sand, None, rock
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check streamlit==1.67.0 websockets==17.4
cd "$folder"

cat > page.py <<'PAGE'
import json

import streamlit as st


def draw():
    before = [st.session_state.setdefault(key, "sand") for key in ("row", "box")][0]
    row = st.segmented_control("row", ["rock", "sand"], key="row", required=True, persist_state="session")
    box = st.selectbox("box", ["rock", "sand"], key="box", persist_state="session")
    st.text(json.dumps([before, row, box]))


first = st.Page(lambda: draw(), title="first", url_path="first", default=True)
second = st.Page(lambda: draw(), title="second", url_path="second")
st.navigation([first, second]).run()
PAGE

cat > browser.py <<'BROWSER'
import json
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


def run(page, known=None, is_back=False):
    """Ask for a page, as a browser that knows these widgets, and return what the page says, and its widgets."""
    message = BackMsg()
    message.rerun_script.page_name = page
    message.rerun_script.is_history_navigation = is_back
    message.rerun_script.context_info.url = f"http://127.0.0.1:{port}/{page}"
    for label, name in (known or {}).items():
        state = message.rerun_script.widget_states.widgets.add(id=name)
        if label == "row":
            state.string_array_value.data.append("sand")
        else:
            state.string_value = "sand"
    connection.send(message.SerializeToString())
    said, widgets = None, {}
    while True:
        message = ForwardMsg.FromString(connection.recv(timeout=60))
        if message.WhichOneof("type") == "script_finished":
            return said, widgets
        element = message.delta.new_element
        if element.text.body:
            said = json.loads(element.text.body)
        for proto in (element.button_group, element.selectbox):
            if proto.id:
                widgets[proto.label] = proto.id


found = {}
try:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health").read()
            break
        except OSError:
            time.sleep(0.1)
    for way, is_back in (("link", False), ("back", True)):
        address = f"ws://127.0.0.1:{port}/_stcore/stream"
        with connect(address, subprotocols=["streamlit"], max_size=None) as connection:
            _, widgets = run("first")
            run("first", widgets)
            found[way], _ = run("second", widgets if is_back else {}, is_back)
finally:
    server.terminate()
    server.wait()
print("by a link:      ", found["link"])
print("by the way back:", found["back"])
assert found == {"link": ["sand", "sand", "sand"], "back": ["sand", None, "rock"]}, "it does otherwise now"
print("As described.")
BROWSER
"$folder/venv/bin/python" browser.py
