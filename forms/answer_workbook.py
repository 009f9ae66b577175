"""The workbook that groups fill in: one sheet with a row a unit, one sheet a roster, lists to choose from."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forms.given import boxed
from forms.leaves import DONT_KNOW, NOTHING_GIVEN, Answer, Field, Given, cell_name
from forms.model import Questionnaire, Roster
from forms.rosters import rows_of
from forms.sheet_words import HOW_TO, MARK, NOTHING, ROW, UNIT
from uptake.contract.text import Text

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

DEFINITION, CODES, HELP = "_definition", "_codes", "说明 help"
_MOST_ROWS = 10_000  # lists to choose from are offered so far down
_WHOLE = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False, "in_memory": True}


def answer_workbook(
    questionnaire: Questionnaire, units: Sequence[str], given: Mapping[str, Given] | None = None
) -> bytes:
    """Return an .xlsx workbook in which a group answers for its units.

    Row 1 has the names of the fields, row 2 their words, then a row a unit with what is known of it; a roster has a
    sheet of its own, one row an item. Headers, identifiers and what the sample fixes are locked (without a password);
    codes have lists to choose from; every text is written as text, never as a formula or link. A hidden sheet names the
    definition, so that a workbook of another one is refused.
    units: identifiers, in the order of the rows; given: what is known of each, by identifier.
    """
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, _WHOLE)
    writer = _Writer(book, questionnaire, given or {})
    writer.help()
    writer.units(units)
    for roster in questionnaire.rosters.values():
        writer.roster(roster, units)
    writer.definition()
    book.close()
    return stream.getvalue()


class _Writer:
    """One workbook being written, with its formats and the lists that cells refer to."""

    def __init__(self, book: Workbook, questionnaire: Questionnaire, given: Mapping[str, Given]) -> None:
        self.book, self.questionnaire, self.given = book, questionnaire, given
        shared = {"text_wrap": True, "valign": "top"}
        self.head = book.add_format({**shared, "bold": True, "bg_color": "#DDE6EF", "locked": True})
        self.words = book.add_format({**shared, "bg_color": "#F3F6F9", "locked": True})
        self.locked = book.add_format({"num_format": "@", "bg_color": "#EEEEEE", "locked": True})
        self.text = book.add_format({"num_format": "@", "locked": False})
        self.number = book.add_format({"num_format": "General", "locked": False})
        self.day = book.add_format({"num_format": "yyyy-mm-dd", "locked": False})
        self.sources: dict[tuple[str, ...], str] = {}
        self.lists: Worksheet | None = None

    def help(self) -> None:
        sheet = self.book.add_worksheet(HELP)
        sheet.set_column(0, 0, 110)
        title = self.questionnaire.title
        for row, text in enumerate((title, *HOW_TO)):
            sheet.write_string(row, 0, f"{text['zh']}\n{text['en']}", self.words if row else self.head)
        sheet.protect()

    def units(self, units: Sequence[str]) -> None:
        leaves = [leaf for leaf in self.questionnaire.fields.values() if leaf.value is None and not leaf.roster]
        leaves += [one.nothing for one in self.questionnaire.rosters.values() if one.nothing is not None]
        sheet = self._sheet(self.questionnaire.id, [UNIT], leaves)
        for row, unit in enumerate(units, start=2):
            sheet.write_string(row, 0, unit, self.locked)
            known = boxed(self.questionnaire, self.given.get(unit, NOTHING_GIVEN))
            self._answers(sheet, row, ((at, leaf, known.get(leaf.name)) for at, leaf in enumerate(leaves, start=1)))

    def roster(self, roster: Roster, units: Sequence[str]) -> None:
        leaves = [leaf for leaf in roster.columns if leaf.value is None]
        sheet = self._sheet(roster.id, [UNIT, ROW], leaves)
        sheet.set_column(0, 0, 22, self.text)
        row = 2
        for unit in units:
            known = boxed(self.questionnaire, self.given.get(unit, NOTHING_GIVEN))
            for number in rows_of(roster, known):
                sheet.write_string(row, 0, unit, self.text)
                sheet.write_number(row, 1, number, self.number)
                cells = ((at, leaf, known.get(cell_name(leaf.name, number))) for at, leaf in enumerate(leaves, start=2))
                self._answers(sheet, row, cells)
                row += 1

    def definition(self) -> None:
        sheet = self.book.add_worksheet(DEFINITION)
        for row, (key, value) in enumerate(
            (("questionnaire", self.questionnaire.id), ("definition_sha256", self.questionnaire.sha256))
        ):
            sheet.write_string(row, 0, key)
            sheet.write_string(row, 1, value)
        sheet.very_hidden()

    def _sheet(self, name: str, keys: list[str], leaves: list[Field]) -> Worksheet:
        sheet = self.book.add_worksheet(name)
        sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True, "sort": True})
        sheet.freeze_panes(2, len(keys))
        for at, key in enumerate(keys):
            sheet.write_string(0, at, key, self.head)
            sheet.write_string(1, at, MARK if at == 0 else "", self.words)
        sheet.set_column(0, 0, 22)
        for at, leaf in enumerate(leaves, start=len(keys)):
            sheet.set_column(at, at, 18, self._format(leaf))
            sheet.write_string(0, at, leaf.name, self.head)
            sheet.write_string(1, at, self._label(leaf), self.words)
            self._offer(sheet, at, leaf)
        return sheet

    def _label(self, leaf: Field) -> str:
        question = self.questionnaire.question(leaf.question)
        texts: list[Text] = [question.text] + ([leaf.label] if leaf.label != question.text else [])
        made = []
        for lang in ("zh", "en"):
            unit = "" if leaf.unit is None else f" ({leaf.unit[lang]})"
            if leaf.name not in self.questionnaire.fields:  # the box "nothing to report" of a roster
                unit = f" ({NOTHING[lang]})"
            made.append(f"{' – '.join(text[lang] for text in texts)}{unit}")
        if leaf.kind == "selN":
            made.append(" ".join(choice.code for choice in leaf.choices))
        return f"{leaf.question}\n" + "\n".join(made)

    def _format(self, leaf: Field) -> Any:
        if leaf.fixed:
            return self.locked
        if leaf.kind == "date":
            return self.day
        return self.number if leaf.type in ("int", "dec") else self.text

    def _offer(self, sheet: Worksheet, at: int, leaf: Field) -> None:
        """Offer the codes of a field as a list below its header; what is not in it can still be typed, and is read."""
        if not leaf.choices or leaf.kind == "selN" or leaf.fixed:
            return
        offered = tuple(f"{choice.code} {choice.label['zh']}" for choice in leaf.choices)
        sheet.data_validation(2, at, _MOST_ROWS, at, {"validate": "list", "source": self._source(offered),
                                                       "error_type": "warning"})  # fmt: skip

    def _source(self, offered: tuple[str, ...]) -> str:
        """Return the range of a hidden sheet with these lines; equal lists stand there once."""
        if self.lists is None:
            self.lists = self.book.add_worksheet(CODES)
            self.lists.very_hidden()
        if offered not in self.sources:
            at = len(self.sources)
            for row, line in enumerate(offered):
                self.lists.write_string(row, at, line)
            from forms.cells import column_letters

            letters = column_letters(at)
            self.sources[offered] = f"='{CODES}'!${letters}$1:${letters}${len(offered)}"
        return self.sources[offered]

    def _answers(self, sheet: Worksheet, row: int, cells: Iterable[tuple[int, Field, Answer | None]]) -> None:
        for at, leaf, answer in cells:
            form = self._format(leaf)
            if answer is None or answer.value is None:
                unsure = answer is not None and answer.state == "dont_know"
                sheet.write_string(row, at, DONT_KNOW, form) if unsure else sheet.write_blank(row, at, None, form)
            elif leaf.type in ("int", "dec"):
                sheet.write_number(row, at, float(str(answer.value)), form)
            elif leaf.kind == "date":
                sheet.write_datetime(row, at, answer.value, form)
            else:
                sheet.write_string(row, at, _shown(leaf, answer), form)


def _shown(leaf: Field, answer: Answer) -> str:
    if leaf.kind == "tick":
        return "yes"
    label = next((f" {choice.label['zh']}" for choice in leaf.choices if choice.code == answer.value), "")
    return f"{answer.value}{label if leaf.kind != 'selN' else ''}"
