"""All of ConvScope's computing, usable without the app: no Streamlit, no Plotly, no printing."""
