"""Tables in Markdown as real workbooks: the first cell of a header row names the sheet, rows follow."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from openpyxl import Workbook

Table = list[list[str]]


def tables(text: str) -> dict[str, Table]:
    """Return the sheets of a text; `\\n` in a cell is a line break, `\\|` a bar."""
    found: dict[str, Table] = {}
    sheet = ""
    for line in text.splitlines():
        if not line.startswith("|"):
            continue
        cells = [_cell(part) for part in line.replace("\\|", "\0").strip().strip("|").split("|")]
        if cells[0]:
            sheet = cells[0]
            found[sheet] = [cells[1:]]
        else:
            found[sheet].append(cells[1:])
    return found


def _cell(part: str) -> str:
    return part.strip().replace("\0", "|").replace("\\n", "\n")


def save(sheets: dict[str, Table], path: Path, *, leave_out: Iterable[str] = ("expect",)) -> Path:
    """Write the sheets as an .xlsx; every cell is a text."""
    workbook = Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        if name in leave_out:
            continue
        page = workbook.create_sheet(name)
        for down, row in enumerate(rows, start=1):
            for across, text in enumerate(row, start=1):
                if text:
                    cell = page.cell(down, across)
                    cell.value = text
                    cell.data_type = "s"
    workbook.save(path)
    return path
