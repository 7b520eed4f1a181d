"""The Transfer advisor: data, diagnosis and advice, proof and cases, as a visitor goes through them."""

from __future__ import annotations

import time

from streamlit.testing.v1 import AppTest

from core.transfer.advice.case_studies import CASES
from core.transfer.advice.rules import RULES
from core.transfer.data.catalogue import DATASETS
from core.transfer.data.uploaded import UploadedDataset
from core.uploads.files import UploadedFile
from pages.components.caches import runners
from tests.core.transfer.test_transfer_data import photograph, zipped
from tests.pages.opened import Open, address, texts

PAGE = "transfer_advisor"
QUICK = {"backbone": "tiny_squeezenet", "weights": "embedded", "data": "tissue", "each": "5"}


def press(app: AppTest, key: str) -> None:
    next(button for button in app.button if button.key == f"{PAGE}.{key}").click().run()
    assert not app.exception


def said(app: AppTest) -> str:
    """Return all that a page says, verdicts too."""
    return "\n".join([texts(app), *(str(one.value) for kind in (app.success, app.warning) for one in kind)])


def wait(app: AppTest, part: str, seconds: float = 90.0) -> None:
    """Run the page until its computation has ended."""
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        app.run()
        assert not app.exception
        start = [button for button in app.button if button.key == f"{PAGE}.{part}_player.start"]
        if start or not [button for button in app.button if button.key == f"{PAGE}.{part}_player.stop"]:
            app.run()  # the run in which the end was noticed may have been cut short
            return
        time.sleep(0.3)
    raise AssertionError("it did not end")


def test_every_set_is_looked_at_before_anything_is_computed(open_page: Open) -> None:
    for name, entry in DATASETS.items():
        app = open_page(PAGE, data=name)
        assert not app.exception
        assert entry.idea in texts(app)
        strips = app.main.get("image")
        if entry.public is not None:
            assert "has to be fetched once" in texts(app)
            assert f"{entry.public.bytes / 1e6:.0f} MB" in texts(app)
        elif name != "mine":
            assert len(strips) >= 4
        else:
            assert not app.get("plotly_chart")


def test_what_was_not_fetched_cannot_be_diagnosed_and_the_page_says_so(open_page: Open) -> None:
    app = open_page(PAGE, data="eurosat", part="diagnosis")
    press(app, "diagnosis_player.start")
    wait(app, "diagnosis")
    assert "not on this computer yet" in "\n".join(str(one.value) for one in app.error)
    assert not runners.downloads().running


def test_the_way_leads_from_the_data_to_the_cases(open_page: Open) -> None:
    app = open_page(PAGE, **QUICK)
    assert address(app)["data"] == "tissue"
    press(app, "to_diagnosis")
    assert address(app)["part"] == "diagnosis"
    assert "Nothing is trained" in texts(app)


def test_a_diagnosis_ends_in_advice_that_others_see_at_once(open_page: Open) -> None:
    link = {**QUICK, "part": "diagnosis"}
    app = open_page(PAGE, **link)
    press(app, "diagnosis_player.start")
    wait(app, "diagnosis")
    assert RULES["small_different"].advice in said(app)
    assert RULES["small_different"].reason in said(app)
    assert "20 pictures" in said(app)
    assert len(app.get("plotly_chart")) == 1 + 3  # the map, and what each of three measures says
    again = open_page(PAGE, **link)
    assert RULES["small_different"].advice in said(again)
    spanish = open_page(PAGE, locale="es-ES", **link)
    assert "Entrena un clasificador lineal" in said(spanish)
    other = open_page(PAGE, **{**link, "data_seed": "1"})
    assert RULES["small_different"].advice not in said(other)
    proof = open_page(PAGE, **{**link, "part": "proof"})
    assert "Advised here: Linear probe" in said(proof)


def test_the_proof_compares_and_says_whether_the_rule_held(open_page: Open) -> None:
    app = open_page(PAGE, **{**QUICK, "part": "proof", "data_seed": "2", "folds": "2", "trained": "1"})
    assert not app.exception
    assert "After the diagnosis" in texts(app)
    press(app, "proof_player.start")
    stop = time.monotonic() + 120
    while time.monotonic() < stop and len(app.get("plotly_chart")) < 2:  # the first one shows what is trained
        app.run()
        assert not app.exception
        time.sleep(0.3)
    assert len(app.get("plotly_chart")) == 2
    press(app, "proof_player.stop")
    wait(app, "proof")
    assert "what there is so far is kept" in "\n".join(str(one.proto.text) for one in app.get("progress"))
    assert "Linear probe" in texts(app)


def test_own_pictures_make_a_set_and_a_class_can_be_taken_out_and_back(open_page: Open) -> None:
    app = open_page(PAGE, data="mine")
    assert not app.main.get("image")
    data = UploadedDataset().with_archive(zipped(cat=3, dog=4))
    app.session_state[f"{PAGE}.own_data"] = data.with_pictures(
        "bird", [UploadedFile(f"{number}.png", photograph(900 + number)) for number in range(3)]
    )
    app.run()
    assert not app.exception
    for name in ("bird", "cat", "dog"):
        assert name in [caption.value for caption in app.caption]
    press(app, "out.bird")
    assert "bird" not in [caption.value for caption in app.caption]
    press(app, "own_undo")
    assert "bird" in [caption.value for caption in app.caption]
    press(app, "own_remove")
    assert not app.main.get("image")


def test_a_single_class_is_explained(open_page: Open) -> None:
    app = open_page(PAGE, data="mine", part="diagnosis", backbone="tiny_vgg", weights="untrained")
    app.session_state[f"{PAGE}.own_data"] = UploadedDataset().with_archive(zipped(cat=3))
    app.run()
    press(app, "diagnosis_player.start")
    wait(app, "diagnosis")
    assert "only one class" in app.error[0].value


def test_cases_are_decided_before_they_are_revealed(open_page: Open) -> None:
    app = open_page(PAGE, part="cases")
    for case in CASES.values():
        assert case.text in texts(app)
        assert case.argument not in said(app)
    reveals = [button for button in app.button if (button.key or "").startswith(f"{PAGE}.reveal.")]
    assert len(reveals) == len(CASES)
    assert all(button.disabled for button in reveals)
    first = next(iter(CASES.values()))
    next(radio for radio in app.radio if radio.key == f"{PAGE}.case.{first.name}").set_value(first.rule).run()
    press(app, f"reveal.{first.name}")
    assert first.argument in said(app)
    assert "**1 of 1**" in texts(app)


def test_one_strategy_learns_from_all_and_is_tried_and_taken_along(open_page: Open) -> None:
    app = open_page(PAGE, **QUICK, part="model", picture="retina")
    assert "One strategy learns from all" in texts(app)
    assert not app.get("download_button")
    press(app, "model_player.start")
    wait(app, "model")
    assert "Learned from 20 pictures of 4 classes" in texts(app)
    assert len(app.main.get("imgs") or app.main.get("image")) >= 10
    labels = [one.proto.label for one in app.get("download_button")]
    assert labels == ["All in one ZIP", "Weights", "Python program", "Notebook", "Report, one page"]
    evidence = next(one for one in app.selectbox if str(one.key).startswith(f"{PAGE}.trial_class"))
    evidence.select_index(2).run()
    assert not app.exception
    chosen = next(one for one in app.selectbox if one.key == f"{PAGE}.model_plan")
    chosen.select_index(1).run()
    assert not app.get("download_button"), "another strategy has not been trained yet"
    chosen.select_index(0).run()
    assert app.get("download_button"), "what has been trained is kept"
