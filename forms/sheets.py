"""The spreadsheet door: the answers of many units from a workbook or CSV file, read and judged as on a page."""

from __future__ import annotations

import dataclasses
import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from forms.answer_workbook import CODES, DEFINITION, HELP
from forms.cell_values import CellReader
from forms.cells import CellValue, Row, Sheet, Workbook, cell_address, cell_text, column_letters
from forms.checks import Finding, run_checks
from forms.csvfiles import open_csv
from forms.file_words import refuse_file
from forms.leaves import NOTHING_GIVEN, Answer, Field, Given, cell_name
from forms.model import Questionnaire, Roster
from forms.reading import Refused
from forms.rosters import rows_of, says_nothing
from forms.sheet_words import MARK, NOTES, ROW, UNIT, cell_refusal, note
from forms.workbooks import LIMITS, open_workbook, read_content
from uptake.contract.errors import did_you_mean

_MOST_NEAR = 100


@dataclass(frozen=True, slots=True)
class SheetError:
    """What could not be read: sheet and cell (`C5`; a whole column `C`), the unit and answer where known, why."""

    sheet: str
    cell: str
    unit: str
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    """The answers of one unit, blank ones too, and what the rules find in them."""

    answers: dict[str, Answer]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """What a file says: by unit its answers and findings, what could not be read, and what the sender should know."""

    rows: dict[str, UnitRow]
    errors: tuple[SheetError, ...]
    notes: tuple[str, ...]


def read_workbook(
    questionnaire: Questionnaire,
    file: bytes | Path,
    given: Mapping[str, Given] | None = None,
    *,
    lang: str = "zh",
    today: datetime.date | None = None,
) -> ReadSheet:
    """Read the answers of many units from the workbook that `answer_workbook` made, or from a CSV file.

    A column stands under the name of its field; `unit_id` says whose row it is. Cells are read as on a page: numbers
    with 万, 亿 and separators, days as days or texts, codes as `code`, `code label` or label, several with spaces
    between, `dont_know` or 不清楚. Hidden rows are read, and told. A CSV file (UTF-8 or GB18030) has one such table.
    given: what is known of each unit, and thereby which units there are; None takes any. lang: language of the
    sentences. A cell that cannot be read is an error and gives no answer; raises InputError where the whole file cannot
    be read, is unsafe, or was made from another definition.
    """
    content = file if isinstance(file, bytes) else read_content(file)
    reader = _Reader(questionnaire, given, lang, CellReader(lang))
    if content.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        book = open_workbook(content)
        reader.cells = CellReader(lang, book.epoch_1904)
        _check_definition(questionnaire, book)
        reader.sheets([sheet for sheet in book.sheets if sheet.name not in (DEFINITION, CODES, HELP)])
    else:
        sheet, encoding = open_csv(content, LIMITS)
        if encoding == "gb18030":
            reader.notes.append(note("gb18030", lang))
        if not reader.sheets([sheet]):
            raise refuse_file("no_header")
    return reader.made(today)


def _check_definition(questionnaire: Questionnaire, book: Workbook) -> None:
    sheet = book.sheet(DEFINITION)
    facts = {} if sheet is None else {row.values[0]: row.values[1] for row in sheet.rows if len(row.values) > 1}
    found = facts.get("definition_sha256")
    if not isinstance(found, str):
        raise refuse_file("no_definition")
    if found != questionnaire.sha256:
        raise refuse_file("other_definition", found=found[:12], known=questionnaire.sha256[:12])


@dataclass(frozen=True, slots=True)
class _Table:
    """A sheet with a header: that of the units, or of a roster's rows; what is merged in it belongs to no cell."""

    sheet: Sheet
    header: Row
    roster: Roster | None
    merged: frozenset[str]

    @property
    def called(self) -> str:
        """Which table of the questionnaire it is: a roster's id, "" for that of the units."""
        return "" if self.roster is None else self.roster.id

    @property
    def rows(self) -> list[Row]:
        """The rows below the header, but for the words that stand there."""
        return [row for row in self.sheet.rows if row.number > self.header.number and _text(row, 0) != MARK]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a sheet that is read: where it stands, and the field it answers."""

    at: int
    leaf: Field


@dataclass(slots=True)
class _Reader:
    questionnaire: Questionnaire
    given: Mapping[str, Given] | None
    lang: str
    cells: CellReader
    answers: dict[str, dict[str, Answer]] = dataclasses.field(default_factory=dict)
    errors: list[SheetError] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)

    def refuse(self, sheet: str, cell: str, key: str, *, unit: str = "", **slots: object) -> None:
        self.errors.append(SheetError(sheet, cell, unit, "", cell_refusal(key, self.lang, unit=unit, **slots)))

    def made(self, today: datetime.date | None) -> ReadSheet:
        """Return everything, with each unit judged by the questionnaire's rules."""
        rows = {}
        for unit, answers in self.answers.items():
            self._settle_rows(unit, answers)
            given = self._given(unit)
            fixed = {name: answer for name, answer in given.prefilled.items()
                     if "." not in name and self.questionnaire.fields[name].fixed}  # fmt: skip
            found = answers | fixed
            rows[unit] = UnitRow(found, run_checks(self.questionnaire, found, given=given, today=today))
        return ReadSheet(rows, tuple(self.errors), tuple(self.notes))

    def _settle_rows(self, unit: str, answers: dict[str, Answer]) -> None:
        """Keep of the numbers of rows what says that there is nothing to report; refuse it where there are rows."""
        for roster in self.questionnaire.rosters.values():
            said = says_nothing(roster, answers)
            if said and rows_of(roster, answers):
                self.refuse(roster.id, "", "rows_and_none", unit=unit, typed=roster.rows_name)
            if not said or rows_of(roster, answers):
                answers.pop(roster.rows_name, None)

    def _given(self, unit: str) -> Given:
        return (self.given or {}).get(unit, NOTHING_GIVEN)

    def sheets(self, sheets: list[Sheet]) -> bool:
        """Read the sheets that have a header; of one table that stands on two sheets, such as a copy, read neither."""
        tables = [(sheet, self._table(sheet)) for sheet in sheets]
        of_table = Counter(table.called for _, table in tables if table is not None)
        for sheet, table in tables:
            if table is not None and of_table[table.called] == 1:
                self._read(table)
            elif table is not None:
                self.refuse(sheet.name, f"A{table.header.number}", "sheet_twice", typed=sheet.name)
            elif sheet.rows:
                self.notes.append(note("other_sheet", self.lang, sheet=sheet.name))
        return bool(of_table)

    def _table(self, sheet: Sheet) -> _Table | None:
        header = next((row for row in sheet.rows if _text(row, 0) == UNIT), None)
        if header is None:
            return None
        merged = frozenset(at.partition(":")[0] for at in sheet.merged)
        return _Table(sheet, header, self._roster(sheet, header), merged)

    def _read(self, table: _Table) -> None:
        sheet, columns = table.sheet, list(self._columns(table))
        self._tell_hidden(sheet, table.header, [column.at for column in columns])
        for merged in sheet.merged:
            self.refuse(sheet.name, merged.partition(":")[0], "merged", typed=merged)
        if table.roster is None:
            self._units(table, columns)
        else:
            self._rows(table, columns, table.roster)

    def _roster(self, sheet: Sheet, header: Row) -> Roster | None:
        """Return the roster whose rows a sheet holds: by its name, else by its columns."""
        named = self.questionnaire.rosters.get(sheet.name)
        if named is not None or sheet.name == self.questionnaire.id:
            return named
        fields = self.questionnaire.fields
        ids = {fields[name].roster for name in map(cell_text, header.values) if name in fields} - {""}
        return self.questionnaire.rosters[min(ids)] if ids else None

    def _columns(self, table: _Table) -> Iterator[_Column]:
        """Give the columns that are read; those that are not are errors."""
        sheet, roster = table.sheet, table.roster
        belongs = "" if roster is None else roster.id
        known = {name: leaf for name, leaf in self.questionnaire.fields.items() if leaf.roster == belongs}
        if roster is None:
            rosters = self.questionnaire.rosters.values()
            known |= {one.rows_name: one.nothing for one in rosters if one.nothing is not None}
        names = [cell_text(value).strip() for value in table.header.values]
        count = Counter(names)
        for at, name in enumerate(names):
            if name in ("", UNIT) or (name == ROW and roster is not None):
                continue
            where = column_letters(at)
            if count[name] > 1:
                self.refuse(sheet.name, where, "column_twice", typed=name)
            elif name not in known:
                self.refuse(sheet.name, where, "unknown_column", typed=name, near=self._near(name, known))
            elif known[name].value is not None:
                self.refuse(sheet.name, where, "computed_column", typed=name)
            else:
                yield _Column(at, known[name])

    def _near(self, typed: str, known: Iterable[str]) -> str:
        """Return what was probably meant; where errors are many, those after the first hundred are left alone."""
        near = did_you_mean(typed, known) if len(self.errors) < _MOST_NEAR else ""
        return NOTES["near"][self.lang].format(name=near.partition('"')[2].rpartition('"')[0]) if near else ""

    def _tell_hidden(self, sheet: Sheet, header: Row, columns: Iterable[int]) -> None:
        rows = [str(row.number) for row in sheet.rows if row.hidden and row.number > header.number]
        letters = {column_letters(at) for at in columns}
        hidden = [column for column in sheet.hidden_columns if column in letters]
        for key, found in (("hidden_rows", rows), ("hidden_columns", hidden)):
            if found:
                self.notes.append(note(key, self.lang, sheet=sheet.name, rows=", ".join(found)))
        if sheet.hidden:
            self.notes.append(note("hidden_sheet", self.lang, sheet=sheet.name))

    def _units(self, table: _Table, columns: list[_Column]) -> None:
        sheet, places = table.sheet, dict[str, list[Row]]()
        for row in table.rows:
            unit = self._unit(table, row)
            if unit:
                places.setdefault(unit, []).append(row)
        for unit, rows in places.items():
            if len(rows) > 1:
                numbers = ", ".join(str(row.number) for row in rows)
                self.refuse(sheet.name, f"A{rows[1].number}", "unit_twice", unit=unit, typed=unit, rows=numbers)
                continue
            self.answers.setdefault(unit, {})
            for column in columns:
                self._cell(table, rows[0], column, unit, column.leaf.name)

    def _unit(self, table: _Table, row: Row) -> str:
        """Return the unit of a row, "" where there is none, which is an error."""
        unit, sheet = _text(row, 0), table.sheet
        where = f"A{row.number}"
        if where in table.merged:
            return ""  # told already
        if not unit:
            self.refuse(sheet.name, where, "unit_missing")
        elif self.given is not None and unit not in self.given:
            self.refuse(sheet.name, where, "unit_unknown", typed=unit, near=self._near(unit, self.given))
            return ""
        return unit

    def _rows(self, table: _Table, columns: list[_Column], roster: Roster) -> None:
        at = next((at for at, value in enumerate(table.header.values) if cell_text(value).strip() == ROW), None)
        taken: dict[str, set[int]] = {}
        for row in table.rows:
            unit = self._unit(table, row)
            number = self._number(table.sheet, row, at, unit, (roster, taken.setdefault(unit, set()))) if unit else 0
            if number:
                taken[unit].add(number)
                self.answers.setdefault(unit, {})
                for column in columns:
                    self._cell(table, row, column, unit, cell_name(column.leaf.name, number))

    def _number(self, sheet: Sheet, row: Row, at: int | None, unit: str, room: tuple[Roster, set[int]]) -> int:
        """Return the number of a roster's row, the next free one where none is written; 0 where it is refused."""
        roster, taken = room
        where = cell_address(row.number, at or 0)
        said = row.values[at] if at is not None and at < len(row.values) else None
        if said is None:
            number = max(taken, default=0) + 1
            if number > roster.max_rows:
                self.refuse(sheet.name, where, "row_beyond", unit=unit, most=roster.max_rows)
                return 0
            return number
        text = cell_text(said).strip()
        if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= roster.max_rows):
            self.refuse(sheet.name, where, "row_wrong", unit=unit, typed=text, most=roster.max_rows)
            return 0
        if int(text) in taken:
            self.refuse(sheet.name, where, "row_twice", unit=unit, typed=text)
            return 0
        return int(text)

    def _cell(self, table: _Table, row: Row, column: _Column, unit: str, name: str) -> None:
        value: CellValue = row.values[column.at] if column.at < len(row.values) else None
        sheet, where = table.sheet, cell_address(row.number, column.at)
        if where in table.merged:
            return  # told already
        try:
            answer = self.cells.read(column.leaf, value)
        except Refused as refused:
            self.errors.append(SheetError(sheet.name, where, unit, name, str(refused)))
            return
        if column.leaf.fixed and self.given is not None:
            known = self._given(unit).prefilled.get(name)
            if value is not None and answer != known:
                message = cell_refusal("fixed", self.lang, typed=cell_text(value))
                self.errors.append(SheetError(sheet.name, where, unit, name, message))
            return
        self.answers[unit][name] = answer


def _text(row: Row, at: int) -> str:
    return cell_text(row.values[at]).strip() if at < len(row.values) else ""
