"""What stands in one cell of a spreadsheet, read as the answer to a field by the readers of a page."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from decimal import Decimal

from forms.cells import CellValue, cell_text, day_of
from forms.leaves import BLANK, DONT_KNOW, Answer, Field
from forms.reading import UNSURE, Refused, read_field
from forms.sheet_words import cell_refusal
from forms.words import word

_ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!"})
_YES, _NO = frozenset({"true", "1", "yes", "是", "我确认", "✓", "√", "x"}), frozenset({"false", "0", "no", "否"})
_SEPARATORS = re.compile(r"[\s,，;；、|]+")
_MOST_DIGITS = Decimal(10) ** 15
_NUMBERS = frozenset({"int", "dec", "money", "pct"})


@dataclass(frozen=True, slots=True)
class CellReader:
    """Reads cells: the language of refusals, and how a number that is a day counts."""

    lang: str
    epoch_1904: bool = False

    def read(self, leaf: Field, value: CellValue) -> Answer:
        """Return the answer that a cell gives, blank for an empty one; raises Refused with a sentence."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return BLANK
        if isinstance(value, str) and value.strip() in _ERRORS:
            raise self._refuse("error_value", value.strip())
        if leaf.kind == "tick":
            return self._tick(value)
        if leaf.dont_know and isinstance(value, str) and _says_dont_know(leaf, value):
            return UNSURE
        return read_field(leaf, self._texts(leaf, value), self.lang)

    def _refuse(self, key: str, typed: str) -> Refused:
        return Refused(cell_refusal(key, self.lang, typed=typed))

    def _tick(self, value: CellValue) -> Answer:
        text = cell_text(value).strip()
        code = text.split(" ")[0].lower()
        if code not in _YES | _NO:
            raise self._refuse("tick", text)
        return Answer(True, "answered") if code in _YES else BLANK

    def _texts(self, leaf: Field, value: CellValue) -> list[str]:
        """Return what would have been typed on a page for what stands in the cell."""
        if leaf.kind == "selN":
            return [_code(leaf, part) for part in _chosen(leaf, cell_text(value))]
        if leaf.choices:
            return [_code(leaf, cell_text(value))]
        if leaf.kind == "date":
            return [self._day(value)]
        if leaf.kind not in _NUMBERS and isinstance(value, int | Decimal) and abs(Decimal(value)) >= _MOST_DIGITS:
            raise self._refuse("digits_lost", cell_text(value))
        return [cell_text(value)]

    def _day(self, value: CellValue) -> str:
        """A bare whole number is a day as Excel counts them, unless its eight digits are one."""
        if isinstance(value, int) and not isinstance(value, bool) and len(str(value)) != 8:
            day = day_of(value, epoch_1904=self.epoch_1904)
            return cell_text(value) if day is None else day.isoformat()
        if isinstance(value, datetime.datetime) and value.time() == datetime.time():
            return value.date().isoformat()
        return cell_text(value)


def _says_dont_know(leaf: Field, text: str) -> bool:
    said = text.strip().casefold().replace("'", "’")
    labels = {
        label.casefold() for choice in leaf.choices if choice.code == DONT_KNOW for _, label in choice.label.by_lang
    }
    words = {word("dont_know", lang).casefold() for lang in ("zh", "en")} | labels
    return said.split(" ")[0] == DONT_KNOW or said in words


def _chosen(leaf: Field, text: str) -> list[str]:
    """Split a cell with several choices: by spaces and the usual separators, unless the whole is one label."""
    whole = text.strip()
    if _code(leaf, whole) != whole:
        return [whole]
    return [part for part in _SEPARATORS.split(whole) if part]


def _code(leaf: Field, text: str) -> str:
    """Return the code that a cell means: the code, `code label` as the list offers it, or a label alone."""
    said = text.strip()
    for choice in leaf.choices:
        labels = [label for _, label in choice.label.by_lang]
        if said == choice.code or said in labels or said in (f"{choice.code} {label}" for label in labels):
            return choice.code
    return said
