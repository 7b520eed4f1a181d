"""Every visible string is marked where it stands in the code, and translated into each language.

A rule reads one parsed module and yields its breaches. Each carries planted breaches, so that it is known to bite.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from string import Formatter

import pytest

from core.architectures.zoo.backbones import BACKBONES
from pages.components.i18n import LANGUAGES
from tests.contracts.marking import (
    CODE,
    FIELDS,
    SAME_EVERYWHERE,
    calls_of,
    is_literal,
    is_marked,
    is_on_screen,
    literals,
    unmarked,
)
from tests.contracts.source import name_of
from tests.contracts.words import catalogues, marked, messages, read, renewed

Breaches = Iterator[tuple[int, str]]
Rule = Callable[[str, ast.Module], Breaches]

ENGLISH_DOCUMENTS = {"core.architectures.zoo.papers", "core.architectures.training.model_card"}
UPDATE = "run `python -m tests.contracts.words` and translate what is new"

# What `_` translates besides literals and fields: the labels of a choice, of a problem, of a layer's stage.
KNOWN = {
    ("pages.augmentation.several_images", "MIXES[name].harm"),
    ("pages.augmentation.label_safety", "backbone.class_names[kept.label]"),
    ("pages.augmentation.label_safety", "DEPENDS[name]"),
    ("pages.augmentation.label_safety", "DEPENDS[warning.rule.depends]"),
    ("pages.augmentation.invariance", "name"),
    ("pages.augmentation.sample_text", "WORDS[name]"),
    ("pages.augmentation.pipeline_editor", "title"),
    ("pages.augmentation.pipeline_editor", "entry.harm"),
    ("pages.architectures.families", "text"),
    ("pages.architectures.layer_table", "cost.layer.stage"),
    ("pages.architectures.network", "stage"),
    ("pages.architectures.builder", "label"),
    ("pages.architectures.design_ideas", "idea.text"),
    ("pages.architectures.design_ideas", "idea.lesson"),
    ("pages.architectures.quiz", "option"),
    ("pages.architectures.quiz", "question.text"),
    ("pages.architectures.quiz", "question.why"),
    ("pages.components.inputs.setting_widgets", "labels[value]"),
    ("pages.components.i18n", "text"),
    ("pages.components.i18n", "value"),
    ("pages.components.inputs.model_select", "label"),
    ("pages.components.inputs.model_select", "dict(WEIGHT_SET.options)[weights]"),
    ("pages.optimizer_race.formulas", "title"),
    ("pages.visualization.cell.receptive_field", "point.stage"),
    ("pages.visualization.filters.details", "COLOURS[place]"),
    ("pages.visualization.filters.convolution_select", "why_none(selection.backbone, selection.layer.name)"),
    ("pages.visualization.filters.convolution_select", "why_none(selection.backbone, layer)"),
    ("pages.visualization.dataset_examples.section", "selection.backbone.class_names[owner]"),
    ("pages.visualization.ablation.section", "selection.backbone.class_names[chosen_class]"),
    ("pages.visualization.feature_visualization.options", "selection.backbone.class_names[owner]"),
    ("pages.visualization.feature_visualization.text", "selection.backbone.class_names[request.owner]"),
    ("pages.optimizer_race.formulas", "idea"),
    ("pages.transfer_advisor.case_studies", "case.text"),
    ("pages.transfer_advisor.case_studies", "case.argument"),
    ("pages.transfer_advisor.case_studies", "rule.advice"),
    ("pages.transfer_advisor.case_studies", "RULES[name].advice"),
    ("pages.transfer_advisor.diagnosis", "title"),
    ("pages.transfer_advisor.diagnosis", "reading.stage"),
    ("pages.transfer_advisor.diagnosis", "rule.advice"),
    ("pages.transfer_advisor.diagnosis", "rule.change"),
    ("pages.transfer_advisor.diagnosis", "rule.exception"),
    ("pages.transfer_advisor.diagnosis", "advice.second.advice"),
    ("pages.transfer_advisor.diagnosis", "step"),
    ("pages.transfer_advisor.labels", "name"),
    ("pages.transfer_advisor.plan_titles", "plan.stage"),
    ("pages.transfer_advisor.comparison", "stage"),
    ("pages.transfer_advisor.report", "rule.advice"),
    ("pages.transfer_advisor.report", "rule.exception"),
    ("pages.transfer_advisor.report", "title"),
}
TEXTS = {  # what draws its first argument as text
    *("title", "header", "subheader", "caption", "markdown", "write", "text", "latex", "html", "badge", "toast"),
    *(
        "info",
        "warning",
        "error",
        "success",
        "spinner",
        "status",
        "progress",
        "metric",
        "dialog",
        "expander",
        "popover",
    ),
    *("tabs", "button", "download_button", "link_button", "page_link", "form_submit_button", "checkbox", "toggle"),
    *("radio", "selectbox", "multiselect", "pills", "segmented_control", "slider", "select_slider", "text_input"),
    *("text_area", "number_input", "date_input", "color_picker", "file_uploader", "camera_input", "audio_input"),
}
KEYWORDS = {"label", "title", "page_title", "help", "caption", "alt", "placeholder", "text", "body", "hint"}
LOGS = {"log", "logger", "logging"}
WORD = re.compile(r"[^\W\d_]{2,}")
PROSE = re.compile(r"[A-Za-z]{2,},? [a-z]{2,}")
SENTENCE = re.compile(r"\W*[A-Z][^\n]* [^\n]*[.?!…]")
NOT_TEXT = re.compile(r"<[^<>]*>?|:material/\w+:|&\w+;")

RULES: dict[str, Rule] = {}
PLANTED: list[tuple[str, str, str]] = []

each_language = pytest.mark.parametrize("code", catalogues())


# --- The catalogues --------------------------------------------------------------------------------------------------


def test_there_is_a_catalogue_for_each_language_but_english() -> None:
    assert catalogues().keys() == LANGUAGES.keys() - {"en"}


def test_babel_sees_every_message() -> None:
    """On Python 3.11 it does not look into f-strings."""
    assert {call.args[0].value for tree in CODE.values() for call in calls_of(tree, "_", "N_") if is_literal(call)} == (
        marked()
    )


@each_language
def test_no_entry_is_missing_or_stale(code: str) -> None:
    there = {message.id for message in read(code) if message.id}
    assert sorted(messages() - there) == [], UPDATE
    assert sorted(there - messages()) == [], UPDATE
    assert catalogues()[code].read_text(encoding="utf-8") == renewed(code), UPDATE


@each_language
def test_every_entry_is_translated(code: str) -> None:
    assert [message.id for message in read(code) if message.id and not message.string] == []
    assert [message.id for message in read(code) if message.id and message.fuzzy] == []


@each_language
@pytest.mark.parametrize("signs", ["fields", "bold", "code", "ends"])
def test_translations_keep(code: str, signs: str) -> None:
    reading = {"fields": fields, "bold": bold, "code": lambda text: text.count("`"), "ends": ends}[signs]
    pairs = [(message.id, message.string) for message in read(code) if message.id and message.string]
    assert [(one, other) for one, other in pairs if reading(one) != reading(other)] == []


def fields(text: str) -> Counter[tuple[str, str | None, str | None]]:
    """Return the fields of a `str.format` text with their format and conversion."""
    return Counter((name, form, sign) for _, name, form, sign in Formatter().parse(text) if name is not None)


def bold(text: str) -> list[bool]:
    """Return, for each `**`, whether it stands at an end of the text."""
    return [mark.start() == 0 or mark.end() == len(text) for mark in re.finditer(r"\*\*", text)]


def ends(text: str) -> tuple[str, str, str]:
    """Return the white space around the text, and the sign that ends it."""
    last = text.rstrip()[-1:]
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :], last if last in ".:;?!…" else ""


def test_stages_of_backbones_are_messages() -> None:
    labels = {stage.label for entry in BACKBONES.values() for stage in entry.stages}
    assert {label for label in labels if WORD.search(label)} <= messages()


# --- The rules of the code -------------------------------------------------------------------------------------------


def breach(module: str, source: str) -> Callable[[Rule], Rule]:
    """Register a rule, with a source that breaks it if it stood in `module`."""

    def register(rule: Rule) -> Rule:
        RULES[rule.__name__] = rule
        PLANTED.append((rule.__name__, module, source))
        return rule

    return register


@breach("pages.augmentation.page", 'st.title(_("Augmen" + "tation"))')
@breach("pages.augmentation.page", 'st.title(_(f"Augmentation {name}"))')
@breach("pages.augmentation.page", 'st.title(_("Flip" if flip else "Crop"))')
@breach("pages.augmentation.page", "st.title(_(name))")
@breach("pages.augmentation.page", 'NAMES = {"flip": "Flip"}\nst.title(_(NAMES[name]))')
@breach("core.augmentation.effects", "NAME = N_(name)")
def messages_are_literals(module: str, tree: ast.Module) -> Breaches:
    for call in calls_of(tree, "_", "N_"):
        if not is_literal(call) and not (name_of(call.func) == "_" and call.args and is_declared(call, module, tree)):
            yield call.lineno, f"{ast.unparse(call)}: not a literal, nor marked where it is declared"


def is_declared(call: ast.Call, module: str, tree: ast.Module) -> bool:
    """Return whether what is translated is marked in another place."""
    match call.args[0]:
        case ast.Attribute(attr=field) if field in FIELDS:
            return True
        case ast.Subscript() as part if is_marked(part, tree):
            return True
    return (module, ast.unparse(call.args[0])) in KNOWN


@breach("pages.augmentation.page", "st.caption(f\"{_('Crop')} · {size}\")")
def messages_stand_outside_f_strings(module: str, tree: ast.Module) -> Breaches:
    for node in ast.walk(tree):
        for call in calls_of(node, "_", "N_") if isinstance(node, ast.JoinedStr) else ():
            if is_literal(call):
                yield call.lineno, "Babel does not look into f-strings"


@breach("pages.components.figures.optimizers", 'WORDS = {"year": _("Year")}')
@breach("pages.components.figures.optimizers", 'class Figure:\n    title = _("Year")')
def translation_waits_for_the_visitor(module: str, tree: ast.Module) -> Breaches:
    """What is translated while a module is imported is in the language of whoever came first."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    waiting = {id(call) for function in functions for call in calls_of(function, "_")}
    for call in calls_of(tree, "_"):
        if id(call) not in waiting and not re.fullmatch(r"app|pages\.\w+\.page", module):
            yield call.lineno, "N_ marks, _ translates in a function"


@breach("pages.components.figures.optimizers", '@functools.cache\ndef axis():\n    return _("Year")')
@breach("pages.components.caches.shared", '@st.cache_data(max_entries=9)\ndef axis():\n    return _("Year")')
def no_cache_keeps_a_translation(module: str, tree: ast.Module) -> Breaches:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any("cache" in ast.unparse(each) for each in node.decorator_list):
            for call in calls_of(node, "_", "language"):
                yield call.lineno, "the next visitor may speak another language"


@breach("pages.components.figures.optimizers", "from pages.components.i18n import _\nfor _ in range(3): ...")
def nothing_else_is_called_like_the_translation(module: str, tree: ast.Module) -> Breaches:
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    for node in ast.walk(tree):
        if "_" in imported and isinstance(node, ast.Name) and node.id == "_" and isinstance(node.ctx, ast.Store):
            yield node.lineno, "from here on _ no longer translates"


@breach("core.images.picture", 'raise PictureError("It is empty.", N_("Choose another."), name=name)')
@breach("core.images.picture", 'raise UserError(N_("It is empty."), f"Choose {name}.")')
@breach("core.images.picture", 'reason = "It is empty."\nraise UserError(reason, remedy="")')
@breach("core.images.picture", "raise UserError(reason)")
@breach("core.downloads.errors", 'LOST = Fault(N_("It is lost."), "Fetch it again.")')
@breach("core.visualization.activations.grid", 'SIZE = Number(name="size", label="Size", default=1)')
@breach("core.visualization.activations.grid", 'ORDER = Choice(label=N_("Order"), options=(("index", "Index"),))')
@breach("core.datasets.sample_images", 'Sample("tower", "A tower", "skimage")')
@breach("core.visualization.grid", 'ExportFile("Grid", "grid.png", "image/png", make)')
def messages_of_records_are_marked(module: str, tree: ast.Module) -> Breaches:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from ((node.lineno, what) for what in unmarked(node, tree, module))


@breach(
    "core.architectures.loading", "class Backbone:\n    @property\n    def description(self):\n        return 'trained'"
)
def messages_of_properties_are_marked(module: str, tree: ast.Module) -> Breaches:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name in FIELDS]
    for node in (node for function in functions for node in ast.walk(function)):
        if isinstance(node, ast.Return) and node.value and not is_marked(node.value, tree):
            yield node.lineno, f"{ast.unparse(node.value)} is not marked with N_"


@breach("core.images.picture", 'def why():\n    return 1, "It is empty."')
def sentences_of_core_are_marked(module: str, tree: ast.Module) -> Breaches:
    for line, text in literals(tree) if module.startswith("core.") else ():
        if SENTENCE.fullmatch(text) and module not in ENGLISH_DOCUMENTS:
            yield line, f"{text!r} is not marked with N_"


@breach("pages.augmentation.page", 'st.title("Augmentation")')
@breach("pages.augmentation.page", 'column.caption(f"{count} pictures")')
@breach("pages.augmentation.page", 'st.markdown("**Crops** " + size)')
@breach("pages.augmentation.page", 'st.toggle(_("Flip"), help="Left to right.")')
@breach("pages.augmentation.page", 'st.tabs(["Flip", _("Crop")])')
@breach("pages.augmentation.page", 'st.image(picture, alt="flipped")')
@breach("pages.augmentation.page", 'st.html(f"<b>Crop</b> {size}")')
@breach("pages.augmentation.page", 'words = {"hint": "Hover"}')
@breach("pages.augmentation.page", 'gallery(KEY, "Pictures to choose from", items)')
@breach("app", 'st.Page("pages/race/page.py", title="Race")')
def visible_strings_are_translated(module: str, tree: ast.Module) -> Breaches:
    if is_on_screen(module):
        drawn = [each for node in ast.walk(tree) for value in shown(node) for each in literals(value)]
        drawn = [(line, text) for line, text in drawn if WORD.search(NOT_TEXT.sub(" ", text))]
        prose = [(line, text) for line, text in literals(tree) if PROSE.search(NOT_TEXT.sub(" ", text))]
        for line, text in drawn + prose:
            if text not in SAME_EVERYWHERE:
                yield line, f"{text!r} is not translated"


def shown(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions in `node` that a person will see."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name, value=owner)) if name_of(owner) not in LOGS:
            yield from node.args[:1] if name in TEXTS else ()
            yield from (each.value for each in node.keywords if each.arg in KEYWORDS)
        case ast.Assign(targets=[ast.Name(id="words")], value=ast.Dict(values=values)):
            yield from values


@pytest.mark.parametrize("name", RULES)
def test_rule_holds(name: str) -> None:
    found = [(module, *each) for module, tree in CODE.items() for each in RULES[name](module, tree)]
    assert not found, "\n".join(f"{module}, line {line}: {what}" for module, line, what in found)


@pytest.mark.parametrize(("name", "module", "source"), PLANTED)
def test_rule_bites(name: str, module: str, source: str) -> None:
    assert list(RULES[name](module, ast.parse(source)))
