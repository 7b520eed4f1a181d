"""ConvScope: page configuration, language, what is chosen on every page, and the way to the pages; nothing else."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from pages.components.canvas.page_language import set_language
from pages.components.i18n import COOKIE, _, language
from pages.components.inputs.model_select import choose_picture_and_backbone
from pages.components.jobs.background_jobs import running_elsewhere
from pages.components.layout.error_message import show_unexpected
from pages.components.server.lifespan import SecurityHeaders, lifespan
from pages.components.server.styled_page import StyledPage
from pages.components.state import url_state
from pages.components.state.fair_rendering import taking_turns

ASSETS = Path(__file__).parent / "assets"


def main() -> None:
    """Draw the frame around the page that was asked for, then the page."""
    st.set_page_config(page_title="ConvScope", page_icon=str(ASSETS / "icon.png"), layout="wide")
    st.logo(str(ASSETS / "logo.svg"), size="large")
    pages = {
        name: st.Page(f"pages/{name}/page.py", title=title, icon=icon, url_path=name)
        for name, (title, icon) in _titles().items()
    }
    # Streamlit's default page has no address of its own, so an unseen one stands at "/" and leads to the main job.
    home = st.Page(
        lambda: st.switch_page(pages["visualization"], query_params=st.query_params.to_dict()),
        title="ConvScope",
        url_path="home",
        default=True,
        visibility="hidden",
    )
    page = st.navigation([home, *pages.values()])
    url_state.follow(page.url_path)
    if page is not home:
        with st.sidebar, taking_turns():
            choose_picture_and_backbone()
        set_language(language(), COOKIE)
    with running_elsewhere(pages):
        page.run()


def _titles() -> dict[str, tuple[str, str]]:
    """Return title and icon of each page, in the order of the navigation."""
    return {
        "architectures": (_("Architectures"), ":material/account_tree:"),
        "optimizer_race": (_("Optimizer race"), ":material/trending_down:"),
        "visualization": (_("Visualization"), ":material/grid_view:"),
        "transfer_advisor": (_("Transfer advisor"), ":material/alt_route:"),
        "augmentation": (_("Augmentation"), ":material/auto_fix_high:"),
    }


if __name__ == "__main__":  # run by Streamlit, for each visitor and each change
    main()
else:  # imported by the server, once; with what the first visitor would otherwise wait for
    from pages.visualization import compare, explore  # noqa: F401

    app = st.App(
        __file__,
        lifespan=lifespan,
        middleware=[Middleware(SecurityHeaders), Middleware(StyledPage)],
        on_script_error=show_unexpected,
    )
