"""The sheets of an XLSForm as rows of text, each cell with the place where a person finds it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from uptake.contract.errors import Fault

NAMESPACE = "urn:uptake:xlsform:1"
OURS = "bind::uptake:"  # custom bind columns: standard tools copy them into the XForm and do nothing else with them
LANGUAGE_NAMES = {"zh": "中文 (zh)", "en": "English (en)"}
_KNOWN_LANGUAGES = {
    "中文": "zh", "汉语": "zh", "简体中文": "zh", "chinese": "zh", "zh-cn": "zh", "zh-hans": "zh", "zh_cn": "zh",
    "english": "en", "英文": "en", "英语": "en", "french": "fr", "français": "fr",
}  # fmt: skip
_TRANSLATED = re.compile(r"(?P<base>[^:]+?)\s*::?\s*(?P<language>[^:].*)")
_TRANSLATABLE = frozenset({
    "label", "hint", "guidance_hint", "constraint_message", "required_message", "title", "text", "image", "audio",
    "video", "big-image",
})  # fmt: skip


def text_column(base: str, language: str) -> str:
    """Return the header of a text column in one language.

    >>> text_column("label", "en")
    'label::English (en)'
    """
    return f"{base}::{LANGUAGE_NAMES.get(language, f'{language} ({language})')}"


def language_of(header: str) -> tuple[str, str] | None:
    """Return (column, language code) of the header of a text column; an empty code where it names no language.

    >>> language_of("label::中文 (zh)"), language_of("hint"), language_of("relevant")
    (('label', 'zh'), ('hint', ''), None)
    """
    if header in _TRANSLATABLE:
        return header, ""
    found = _TRANSLATED.fullmatch(header)
    if not found or found["base"] not in _TRANSLATABLE:
        return None
    language = found["language"].strip()
    if bracketed := re.fullmatch(r".*\(([A-Za-z][A-Za-z0-9_-]*)\)", language):
        language = bracketed[1]
    lowered = language.lower()
    return found["base"], _KNOWN_LANGUAGES.get(lowered, lowered)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet: what stands under which header, and where."""

    book: str
    sheet: str
    number: int
    cells: Mapping[str, str]

    def __getitem__(self, header: str) -> str:
        return self.cells.get(header, "")

    def where(self, header: str = "") -> str:
        """Return the place as a person reads it: file, sheet, row and column."""
        column = f", column {header}" if header else ""
        return f"{self.book}: sheet {self.sheet}, row {self.number}{column}"

    def fault(self, message: str, header: str = "") -> Fault:
        """Return a fault at this row."""
        return Fault(self.where(header), message)

    def ours(self, key: str) -> str:
        """Return the cell of a custom column of ours; empty where there is none."""
        return self.cells.get(f"{OURS}{key}", "")

    def texts(self, base: str) -> dict[str, str]:
        """Return a text by language, as far as it is written; the code is empty for a column that names no language."""
        found = {}
        for header, value in self.cells.items():
            named = language_of(header)
            if named and named[0] == base and value.strip():
                found[named[1]] = value
        return found


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its headers from left to right and its rows that are not empty."""

    name: str
    headers: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook by the names of its sheets."""

    name: str
    sheets: Mapping[str, Sheet] = field(default_factory=dict)
    names: tuple[str, ...] = ()  # of all sheets of the file, those that are not read too

    def rows(self, sheet: str) -> tuple[Row, ...]:
        """Return the rows of a sheet; none where there is no such sheet."""
        return self.sheets[sheet].rows if sheet in self.sheets else ()

    def headers(self, sheet: str) -> tuple[str, ...]:
        """Return the headers of a sheet; none where there is no such sheet."""
        return self.sheets[sheet].headers if sheet in self.sheets else ()

    def __iter__(self) -> Iterator[Sheet]:
        return iter(self.sheets.values())

    def for_pyxform(self) -> dict[str, object]:
        """Return the workbook as pyxform takes it, so that pyxform never opens a file."""
        made: dict[str, object] = {"sheet_names": list(self.names or self.sheets), "fallback_form_name": "form"}
        for name in ("survey", "choices", "settings"):
            if name in self.sheets:
                rows = ({key: text for key, text in row.cells.items() if text.strip()} for row in self.rows(name))
                made[name] = [row for row in rows if row]
                made[f"{name}_header"] = [dict.fromkeys(self.headers(name))]
        return made
