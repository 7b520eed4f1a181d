#!/usr/bin/env bash
# Streamlit 1.67.0: what a choice sends is the label on the screen, and the widgets differ in what they make of an old one.
#
# What one would expect: with a key and options that stay the same, a choice survives a change of `format_func` (another
# language, a count in the label), in all widgets alike.
# What happens: the browser's message holds the label (`string_value`, `string_array_value`), and goes on holding the old
# one until the server sends `set_value`. In the first run with other labels the value is still right. st.segmented_control
# and st.pills send the new label then. st.selectbox, st.radio and st.multiselect do not, so that with the next message
# `st.session_state[key]` is the old label, a string that is no option, before the widget is drawn; then the choice is
# reset to the default, or dropped, without a word. st.select_slider falls back to its first option at once, and there
# `on_change` cannot tell that from a choice.
#
# Each widget offers rock, sand and soil, and sand is chosen as "Sand"; then the labels turn Spanish. For each run: the
# state before the widget is drawn, what the widget returns, and what the browser is told.
# Seen on 2026-11-30, Python 3.11.7: the table `expected` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check streamlit==1.67.0 websockets==17.4
cd "$folder"

cat > page.py <<'PAGE'
import json

import streamlit as st

TITLES = {
    "en": {"rock": "Rock", "sand": "Sand", "soil": "Soil"},
    "es": {"rock": "Roca", "sand": "Arena", "soil": "Suelo"},
}
title = TITLES[st.query_params["lang"]].__getitem__
for name in ("selectbox", "radio", "segmented_control", "select_slider", "multiselect", "pills"):
    before = st.session_state.get(name)
    more = {"selection_mode": "multi"} if name == "pills" else {}
    value = getattr(st, name)(name, ["rock", "sand", "soil"], format_func=title, key=name, **more)
    st.text(json.dumps([name, before, value]))
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


def run(language, labels):
    """Send the labels that the browser has, by widget, and return what comes back: states, values, what is told."""
    message = BackMsg()
    message.rerun_script.query_string = f"lang={language}"
    message.rerun_script.context_info.url = f"http://127.0.0.1:{port}/"
    for name, label in labels.items():
        state = message.rerun_script.widget_states.widgets.add(id=ids[name])
        if name in ("selectbox", "radio"):
            state.string_value = label
        else:
            state.string_array_value.data.append(label)
    connection.send(message.SerializeToString())
    found, told = {}, {}
    while True:
        message = ForwardMsg.FromString(connection.recv(timeout=60))
        if message.WhichOneof("type") == "script_finished":
            return {name: (*found[name], told[name]) for name in found}
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "text":
            name, before, value = json.loads(element.text.body)
            found[name] = before, value
        elif kind in ("selectbox", "radio", "multiselect", "button_group", "slider"):
            proto = getattr(element, kind)
            ids[proto.label] = proto.id
            texts = [proto.raw_value] if kind in ("selectbox", "radio") else list(getattr(proto, "raw_values", ()))
            told[proto.label] = "/".join(texts) if proto.set_value else None


try:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health").read()
            break
        except OSError:
            time.sleep(0.1)
    ids = {}
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    with connect(address, subprotocols=["streamlit"], max_size=None) as connection:
        run("en", {})
        old = dict.fromkeys(ids, "Sand")
        runs = [run("en", old), run("es", old), run("es", old)]
finally:
    server.terminate()
    server.wait()
lost = [("sand", "sand", None), ("sand", "sand", None), ("Sand", "rock", "Roca")]
kept = [("sand", "sand", None), ("sand", "sand", "Arena"), ("sand", "sand", None)]
first = [("sand", "sand", None), ("sand", "sand", None), ("rock", "rock", None)]
dropped = [(["sand"], ["sand"], None), (["sand"], ["sand"], None), (["Sand"], [], "")]
several = [(["sand"], ["sand"], None), (["sand"], ["sand"], "Arena"), (["sand"], ["sand"], None)]
expected = {
    "selectbox": lost,
    "radio": lost,
    "segmented_control": kept,
    "select_slider": first,
    "multiselect": dropped,
    "pills": several,
}
print("(state before, value, what the browser is told) in English, in Spanish, and with the next message:")
for name in expected:
    print(f"{name:18}", *(f"{one[name]!s:34}" for one in runs))
for name in expected:
    assert [one[name] for one in runs] == expected[name], f"{name} does otherwise now"
print("As described.")
BROWSER
"$folder/venv/bin/python" browser.py
