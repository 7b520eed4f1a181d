"""Transfer advisor: data, what they are like, which strategy suits them, and whether that was right."""

from __future__ import annotations

from core.errors import UserError
from pages.components.header import header
from pages.components.i18n import _
from pages.components.inputs.model_select import chosen
from pages.components.layout import error_message
from pages.components.state import url_state
from pages.transfer_advisor import case_studies, comparison, dataset, diagnosis, final_model
from pages.transfer_advisor.sections import PAGE, choose_section

header(
    PAGE,
    _("Transfer advisor"),
    _("Which is better for your own pictures: features of a trained network, fine-tuning, or training from scratch?"),
)
picture, backbone = chosen()
section = choose_section()
try:
    if section == "cases":
        case_studies.draw()
    else:
        setup = dataset.draw_setup(backbone)
        if section == "data":
            dataset.draw(setup)
        elif section == "diagnosis":
            diagnosis.draw(setup)
        elif section == "proof":
            comparison.draw(setup)
        else:
            final_model.draw(setup, picture, backbone)
except UserError as problem:
    error_message.show(problem)
url_state.publish()
