"""The language of the page: which one is spoken, and the translation of each visible string."""

from __future__ import annotations

import functools
import gettext
import io
import threading
from typing import Any

import streamlit as st
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import get_decimal_symbol
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.errors import UserError
from core.paths import ASSETS

LANGUAGES = {"en": "English", "es": "Español"}
LOCALES = ASSETS / "locale"
COOKIE = "convscope_language"
STATE = "language"
_this_run = threading.local()  # the language is asked for with each word, and the session's state answers slowly
NAMED_IN_WORDS = frozenset({"noun", "why"})  # the values of problems that are words of core, marked there

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
"""The characters of an exponent."""


def language() -> str:
    """Return the language spoken with this visitor: chosen before, else the browser's own, else English."""
    run = get_script_run_ctx()
    if run is None or getattr(_this_run, "run", None) is not run:
        if STATE not in st.session_state:
            candidates = (st.query_params.get("lang"), st.context.cookies.get(COOKIE), (st.context.locale or "")[:2])
            st.session_state[STATE] = next((code for code in candidates if code in LANGUAGES), "en")
        _this_run.run, _this_run.language = run, str(st.session_state[STATE])
    code: str = _this_run.language
    return code


def _(message: str, **values: Any) -> str:
    """Return `message` in the visitor's language, with `values` filled in as by `str.format`."""
    text = translation(language()).gettext(message) if message else ""
    return text.format(**{name: _local(value) for name, value in values.items()}) if values else text


def explain(problem: UserError) -> str:
    """Return what went wrong and what to do, in the visitor's language."""
    values = {name: _(value) if name in NAMED_IN_WORDS else value for name, value in problem.values.items()}
    return " ".join(_(text, **values) for text in (problem.reason, problem.remedy) if text)


def number(value: float, form: str) -> str:
    """Return `value` as `format` writes it, with the decimal sign of the visitor's language and a true minus."""
    return format(value, form).replace(".", decimal_sign()).replace("-", "−")


def power_of_ten(value: float, form: str) -> str:
    """Return `value` as `number` does, an exponent as a power of ten: 4.5·10⁻⁵."""
    mantissa, _e, exponent = number(value, form).partition("e")
    return f"{mantissa}·10{str(int(exponent.replace('−', '-'))).translate(RAISED)}" if exponent else mantissa


def decimal_sign() -> str:
    """Return the decimal sign of the visitor's language."""
    return get_decimal_symbol(language())


class _LocalFloat(float):
    """A number that `str.format` writes with the decimal sign of the visitor's language."""

    def __format__(self, form: str) -> str:
        return number(float(self), form)


def _local(value: Any) -> Any:
    return _LocalFloat(value) if isinstance(value, float) else value


@functools.cache
def translation(code: str) -> gettext.NullTranslations:
    """Return the catalogue of a language, compiled in memory; English is the messages themselves."""
    catalogue = LOCALES / code / "convscope.po"
    if not catalogue.exists():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with catalogue.open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
