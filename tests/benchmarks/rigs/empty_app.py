"""The smallest Streamlit app that answers a click: what Streamlit itself costs, whatever an app does."""

import streamlit as st

st.title("Empty")
clicks = st.session_state.get("clicks", 0)
if st.button("Click"):
    clicks += 1
    st.session_state["clicks"] = clicks
st.text(f"clicks: {clicks}")
