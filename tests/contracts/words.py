"""Brings the catalogues of translations up to date with the code: `python -m tests.contracts.words`."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from core.architectures.zoo.class_names import everyday_synsets
from core.paths import ROOT

LOCALES = ROOT / "assets" / "locale"
KEYWORDS = {"_": None, "N_": None}
HEADER = """\
# ConvScope, {name}. Entries are added and removed by `python -m tests.contracts.words`.
msgid ""
msgstr ""
"Language: {code}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""


def sources() -> list[Path]:
    """Return the files whose strings a person may see."""
    return [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py")), *sorted((ROOT / "core").rglob("*.py"))]


@cache
def marked() -> frozenset[str]:
    """Return all messages that are marked in the code, as Babel finds them."""
    return frozenset(
        message
        for path in sources()
        for _line, message, _comments, _context in extract_from_file("python", path, KEYWORDS)
    )


def messages() -> frozenset[str]:
    """Return all messages: what is marked in the code, and the classes of the embedded networks."""
    return marked() | frozenset(everyday_synsets())


def catalogues() -> dict[str, Path]:
    """Return the file of each language that is translated to, by the language's code."""
    return {path.parent.name: path for path in sorted(LOCALES.glob("*/convscope.po"))}


def read(code: str) -> Catalog:
    """Return the catalogue of a language as it is."""
    with catalogues()[code].open("rb") as file:
        return read_po(file, locale=code)


def renewed(code: str) -> str:
    """Return the text of a catalogue as it has to be today; new messages have an empty translation."""
    template = Catalog(locale=code)
    for message in messages():
        template.add(message)
    catalogue = read(code)
    catalogue.update(template, no_fuzzy_matching=True)
    entries = io.BytesIO()
    write_po(entries, catalogue, width=0, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    name = catalogue.locale.english_name
    return HEADER.format(name=name, code=code, plural_forms=catalogue.plural_forms) + entries.getvalue().decode()


if __name__ == "__main__":
    for code, path in catalogues().items():
        path.write_text(renewed(code), encoding="utf-8")
        empty = [message.id for message in read(code) if message.id and not message.string]
        print(f"{code}: {len(messages())} messages, {len(empty)} to translate", *empty, sep="\n  ")
