"""Open an XLSForm that a stranger sent: every sheet as rows of text, what is ambiguous refused with its cell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from forms.cells import CellValue, column_letters
from forms.cells import Sheet as RawSheet
from forms.cells import cell_text as written
from forms.words import safe_to_show
from forms.workbooks import open_workbook
from forms.xlsform.sheets import Book, Row, Sheet
from uptake.contract.errors import Fault, InputError

MOST_CHARACTERS = 32_767  # what a cell of Excel holds; pyxform and Excel cut what is longer
_READ = ("survey", "choices", "settings", "uptake_definitions")
_OLDER = {
    ("", "caption"): "label", ("", "relevance"): "relevant", ("", "calculate"): "calculation", ("", "command"): "type",
    ("", "constraining_message"): "constraint_message", ("", "read_only"): "readonly", ("", "count"): "repeat_count",
    ("", "requiredmsg"): "required_message", ("survey", "value"): "name", ("survey", "tag"): "name",
    ("choices", "value"): "name", ("choices", "list name"): "list_name", ("settings", "set_form_title"): "form_title",
    ("settings", "set_form_id"): "form_id",
}  # fmt: skip
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"\s+")


def open_xlsform(path: Path, faults: list[Fault]) -> Book | None:
    """Read the sheets of an XLSForm; None where the file as a whole cannot be read.

    path: an .xlsx file. faults: receives what is wrong, with sheet, row and column.
    """
    if path.suffix.lower() != ".xlsx":
        faults.append(Fault(path.name, "only .xlsx is read: other endings are other formats, or may hold"
                            " macros. Open the file in a spreadsheet program and save it as .xlsx."))  # fmt: skip
        return None
    try:
        raw = open_workbook(path)
    except InputError as error:
        faults.append(Fault(path.name, error.text["en"]))
        return None
    sheets = {}
    for sheet in raw.sheets:
        name = sheet.name.strip().lower()
        if name in _READ:
            if name in sheets:
                faults.append(
                    Fault(
                        f"{path.name}: sheet {sheet.name}",
                        "a sheet of this name stands in the file already, and one would be lost. Rename one.",
                    )
                )
            sheets[name] = _read(path.name, name, sheet, faults)
    return Book(path.name, sheets, tuple(sheet.name for sheet in raw.sheets))


def _read(book: str, name: str, raw: RawSheet, faults: list[Fault]) -> Sheet:
    where = f"{book}: sheet {name}"
    if raw.hidden or raw.hidden_columns or any(row.hidden for row in raw.rows):
        faults.append(Fault(where, "it has hidden parts (sheet, rows or columns), so nobody who looks at it sees all"
                            " that would be imported. Show them, or delete them."))  # fmt: skip
    if raw.merged:
        faults.append(Fault(where, f"the cells {safe_to_show(raw.merged[0])} are merged, so it cannot be told which row"
                            " their content belongs to. Split merged cells."))  # fmt: skip
    if not raw.rows:
        return Sheet(name, (), ())
    headers = [_header(name, written(value)) for value in raw.rows[0].values]
    _refuse_headers(where, headers, faults)
    rows = tuple(
        Row(book, name, row.number, _cells(f"{where}, row {row.number}", headers, row.values, faults))
        for row in raw.rows[1:]
    )
    return Sheet(name, tuple(header for header in headers if header), tuple(row for row in rows if row.cells))


def _header(sheet: str, text: str) -> str:
    """Return a header as the specification writes it: standard words in lower case, older words by their new name."""
    header = _SPACES.sub(" ", text).strip()
    if header.startswith(("bind::", "uptake")):
        return header
    base, colon, rest = header.partition(":")
    base = base.strip().lower()
    return f"{_OLDER.get((sheet, base), _OLDER.get(('', base), base))}{colon}{rest}"


def _refuse_headers(where: str, headers: list[str], faults: list[Fault]) -> None:
    seen: dict[str, int] = {}
    for at, header in enumerate(headers):
        plain = header.lower()
        if header and plain in seen:
            columns = f"{column_letters(seen[plain])} and {column_letters(at)}"
            faults.append(Fault(f"{where}, row 1", f"the columns {columns} have the same header"
                                                   f' "{safe_to_show(header)}", and one would be lost. Rename or'
                                                   " delete one."))  # fmt: skip
        seen.setdefault(plain, at)


def _cells(where: str, headers: list[str], values: Iterable[CellValue], faults: list[Fault]) -> dict[str, str]:
    made = {}
    for at, value in enumerate(values):
        text = written(value)
        if not text.strip():
            continue
        header = headers[at] if at < len(headers) else ""
        place = f"{where}, column {header or column_letters(at)}"
        if not header:
            faults.append(Fault(place, "there is no header above this cell, so its meaning is not known. Add the header"
                                " or clear the cell."))  # fmt: skip
        elif problem := _unfit(text):
            faults.append(Fault(place, problem))
        else:
            made[header] = text
    return made


def _unfit(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        return f"the text has {len(text)} characters, and a cell holds {MOST_CHARACTERS}. Shorten it."
    if found := _UNFIT.search(text):
        return f"the text holds the sign U+{ord(found[0]):04X}, which can neither be seen nor stored. Delete it."
    return ""
