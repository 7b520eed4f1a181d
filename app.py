"""ConvScope: page configuration, language, what is chosen on every page, and the way to the pages; nothing else."""

from __future__ import annotations

import streamlit as st

from core.compute import prepare_in_background
from pages.components import link
from pages.components.canvas.document import set_language
from pages.components.choosers import choose_picture_and_backbone
from pages.components.style import apply_style
from pages.components.words import COOKIE, _, language

st.set_page_config(page_title="ConvScope", page_icon=":material/grid_view:", layout="wide")
link.follow()
apply_style()
st.logo("assets/logo.svg", size="large")

PAGES = {
    "architectures": (_("Architectures"), ":material/account_tree:"),
    "optimizer_race": (_("Optimizer race"), ":material/trending_down:"),
    "visualization": (_("Visualization"), ":material/grid_view:"),
    "transfer_advisor": (_("Transfer advisor"), ":material/alt_route:"),
    "augmentation": (_("Augmentation"), ":material/auto_fix_high:"),
}
pages = {
    name: st.Page(f"pages/{name}/page.py", title=title, icon=icon, url_path=name)
    for name, (title, icon) in PAGES.items()
}
# The default page has no address of its own in Streamlit, so an unseen one stands at "/" and leads to the main job.
home = st.Page(
    lambda: st.switch_page(pages["visualization"], query_params=st.query_params.to_dict()),
    title="ConvScope",
    url_path="home",
    default=True,
    visibility="hidden",
)
page = st.navigation([home, *pages.values()])

if page is not home:
    with st.sidebar:
        choose_picture_and_backbone()
    set_language(language(), COOKIE)
page.run()
prepare_in_background()
