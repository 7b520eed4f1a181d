"""All of ConvScope's computing, usable without the app: no Streamlit, no Plotly, no printing."""

from core.former_names import install

install()
