"""Read an Excel workbook that a stranger sent: values only, exactly as written; macros, formulas and bombs refused.

Why not openpyxl's reader: it unpacks and builds everything before any limit can be held against it, stops on broken
files with errors of its own, and changes texts that look like escapes. Its tables of date formats are used.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from forms.cells import (
    MOST_COLUMNS,
    CellValue,
    Row,
    Sheet,
    Workbook,
    cell_address,
    cell_place,
    column_letters,
    day_or_moment,
    moment_of,
    plain_text,
    read_number_cell,
)
from forms.file_words import refuse_file
from forms.packages import Limits, Package, attribute, local, open_package

LIMITS = Limits()
_SPREAD = 20  # a rectangle may be so many times larger than the filled cells allow


def open_workbook(file: bytes | Path, limits: Limits = LIMITS) -> Workbook:
    """Read an .xlsx workbook: every sheet with the values of its cells.

    Numbers are exact decimals of the 15 digits that Excel keeps (whole ones are int), cells formatted as days are
    dates, texts are as written. Cells without a value are None; rows without values are left out.
    file: its bytes or where it lies. Does not follow links, run macros or compute formulas.
    Raises InputError with a sentence in every language: not a workbook, too large, a bomb, macros, formulas, links to
    other files, DTDs or entities, damage.
    """
    content = file if isinstance(file, bytes) else read_content(file, limits)
    reader = _Reader(open_package(content, limits), limits)
    return reader.workbook()


def read_content(path: Path, limits: Limits = LIMITS) -> bytes:
    """Return the bytes of a file, but not many more than are read; InputError where it cannot be opened."""
    try:
        with path.open("rb") as stream:
            return stream.read(limits.size + 1)
    except OSError:
        raise refuse_file("missing", name=path.name) from None


@dataclass(slots=True)
class _Reader:
    """One workbook on its way from its parts to values; counts filled cells over all sheets."""

    package: Package
    limits: Limits
    filled: int = 0
    dates: frozenset[str] = frozenset()  # the styles that show a number as a day
    texts: list[str] = dataclasses.field(default_factory=list)
    epoch_1904: bool = False

    def workbook(self) -> Workbook:
        home = self._home()
        targets = self._targets(home)
        listed = self._listed(home)
        self.dates = self._date_styles(_part(targets, "styles"))
        self.texts = self._shared_texts(_part(targets, "sharedStrings"))
        by_id = {link: part for link, (_, part) in targets.items()}
        sheets = []
        for name, link, hidden in listed:
            part = by_id.pop(link, "")  # a part that many sheets named would be read as often
            if not self.package.has(part):
                raise refuse_file("broken", part=part or name)
            sheets.append(self._sheet(name, part, hidden))
        return Workbook(tuple(sheets), self.epoch_1904)

    def _home(self) -> str:
        """Return the part that lists the sheets; refuse what the content types call a macro or no workbook."""
        home = ""
        for element, _ in self.package.elements("[Content_Types].xml"):
            kind = attribute(element, "ContentType").lower()
            part = attribute(element, "PartName").lstrip("/")
            if "macroenabled" in kind or "vbaproject" in kind:
                raise refuse_file("macros", part=part or kind)
            if kind.endswith(("spreadsheetml.sheet.main+xml", "spreadsheetml.template.main+xml")):
                home = part or "xl/workbook.xml"
        if not self.package.has(home):
            raise refuse_file("not_workbook")
        return home

    def _targets(self, home: str) -> dict[str, tuple[str, str]]:
        """Return what the workbook part links to: by id, the kind of link and the part."""
        folder, _, name = home.rpartition("/")
        links = f"{folder}/_rels/{name}.rels".lstrip("/")
        made = {}
        for element, _ in self.package.elements(links) if self.package.has(links) else ():
            if local(element) != "Relationship":
                continue
            kind = attribute(element, "Type").rpartition("/")[2]
            target = attribute(element, "Target")
            if attribute(element, "TargetMode") == "External":
                raise refuse_file("external", part=target)
            part = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
            made[attribute(element, "Id")] = (kind, part)
        return made

    def _listed(self, home: str) -> list[tuple[str, str, bool]]:
        made = []
        for element, depth in self.package.elements(home):
            if local(element) == "workbookPr":
                self.epoch_1904 = attribute(element, "date1904") in ("1", "true")
            if local(element) == "sheet" and depth == 3:
                state = attribute(element, "state")
                made.append((attribute(element, "name"), attribute(element, "id"), state.endswith("idden")))
        return made

    def _date_styles(self, part: str) -> frozenset[str]:
        from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

        formats = {str(number): text for number, text in BUILTIN_FORMATS.items()}
        # The formats that Excel and WPS have for Chinese and Japanese days; the list of the standard leaves them out.
        formats |= dict.fromkeys(map(str, (*range(27, 37), *range(50, 59))), "yyyy-mm-dd")
        styles: list[str] = []
        for element, depth in self.package.elements(part) if self.package.has(part) else ():
            if local(element) == "numFmt":
                formats[attribute(element, "numFmtId")] = attribute(element, "formatCode")
            if local(element) == "cellXfs" and depth == 2:
                styles = [attribute(style, "numFmtId") for style in element if local(style) == "xf"]
        days = {key for key, text in formats.items() if is_date_format(text) and not is_timedelta_format(text)}
        return frozenset(str(at) for at, style in enumerate(styles) if style in days)

    def _shared_texts(self, part: str) -> list[str]:
        made = []
        for element, depth in self.package.elements(part) if self.package.has(part) else ():
            if local(element) == "si" and depth == 2:
                made.append(_words(element))
                element.clear()
        return made

    def _sheet(self, name: str, part: str, hidden: bool) -> Sheet:
        cells = _Cells(self, name)
        for element, _ in self.package.elements(part):
            cells.take(element)
        if cells.formulas:
            raise refuse_file("formula", sheet=name, cell=cells.formulas[0], count=len(cells.formulas))
        return Sheet(name, cells.made(), tuple(cells.merged), hidden, tuple(cells.hidden_columns))

    def value(self, cell: Element, part: str) -> CellValue:
        """Return what a cell holds."""
        kind = cell.get("t") or "n"
        if kind == "inlineStr":
            return "".join(_words(child) for child in cell if local(child) == "is") or None
        text = next((child.text for child in cell if local(child) == "v"), None)
        if text is None or (not text and kind != "str"):
            return None
        try:
            return self._typed(kind, text, cell.get("s") or "0")
        except (ValueError, LookupError, ArithmeticError):
            raise refuse_file("broken", part=part) from None

    def _typed(self, kind: str, text: str, style: str) -> CellValue:
        if kind == "s":
            return self.texts[_index(text)] or None
        if kind in ("str", "e"):
            return plain_text(text) or None
        if kind == "b":
            return {"1": True, "true": True, "0": False, "false": False}[text.strip()] if text.strip() else None
        if kind == "d":
            return day_or_moment(datetime.datetime.fromisoformat(text.strip()))
        if kind != "n":
            raise ValueError(kind)
        number = read_number_cell(text.strip())
        moment = moment_of(number, self.epoch_1904) if style in self.dates else None
        return number if moment is None else moment


@dataclass(slots=True)
class _Cells:
    """The cells of one sheet while it is read."""

    reader: _Reader
    name: str
    rows: dict[int, dict[int, CellValue]] = dataclasses.field(default_factory=dict)
    hidden_rows: set[int] = dataclasses.field(default_factory=set)
    hidden_columns: list[str] = dataclasses.field(default_factory=list)
    merged: list[str] = dataclasses.field(default_factory=list)
    formulas: list[str] = dataclasses.field(default_factory=list)
    last_row: int = 0

    def take(self, element: Element) -> None:
        word = local(element)
        if word == "row":
            self._row(element)
            element.clear()
        elif word == "mergeCell":
            self._merged(attribute(element, "ref"))
        elif word == "col" and attribute(element, "hidden") in ("1", "true"):
            low, high = (min(_index(attribute(element, end)), MOST_COLUMNS) for end in ("min", "max"))
            self.hidden_columns += [column_letters(at - 1) for at in range(low, high + 1)]
            if len(self.hidden_columns) > MOST_COLUMNS:
                raise refuse_file("broken", part=f"{self.name}: cols")

    def _merged(self, ref: str) -> None:
        try:
            for end in ref.split(":", 1):
                cell_place(end)
        except ValueError:
            raise refuse_file("broken", part=f"{self.name}: {ref}") from None
        self.merged.append(ref)

    def _row(self, row: Element) -> None:
        number = _index(row.get("r") or str(self.last_row + 1))
        self.last_row = number
        if attribute(row, "hidden") in ("1", "true"):
            self.hidden_rows.add(number)
        column = -1
        for cell in row:
            if local(cell) == "c":
                number, column = self._at(cell, number, column + 1)
                self._cell(cell, number, column)

    def _at(self, cell: Element, row: int, column: int) -> tuple[int, int]:
        """Return row and column of a cell; where it does not say, it follows the one before."""
        written = cell.get("r")
        if written is None:
            return row, column
        try:
            return cell_place(written)
        except ValueError:
            raise refuse_file("broken", part=f"{self.name}: {written}") from None

    def _cell(self, cell: Element, row: int, column: int) -> None:
        address = cell_address(row, column)
        if any(local(child) == "f" for child in cell):
            self.formulas.append(address)
            return
        value = self.reader.value(cell, f"{self.name}: {address}")
        if value is None:
            return
        self.reader.filled += 1
        if self.reader.filled > self.reader.limits.cells:
            raise refuse_file("many_cells", most=f"{self.reader.limits.cells:,}")
        if column in self.rows.setdefault(row, {}):
            raise refuse_file("cell_twice", sheet=self.name, cell=address)
        self.rows[row][column] = value

    def made(self) -> tuple[Row, ...]:
        """Return the rows as rectangles end at their last value; a lonely cell far away is refused."""
        room = _SPREAD * self.reader.limits.cells
        rows = []
        for number, cells in sorted(self.rows.items()):
            width = max(cells) + 1
            room -= width
            if room < 0:
                raise refuse_file("far_cell", sheet=self.name, cell=cell_address(number, width - 1))
            rows.append(Row(number, tuple(cells.get(at) for at in range(width)), number in self.hidden_rows))
        return tuple(rows)


def _part(targets: dict[str, tuple[str, str]], kind: str) -> str:
    return next((part for found, part in targets.values() if found == kind), "")


def _words(element: Element) -> str:
    """Return the text of a string item: its runs, without the reading aids that stand beside Chinese or Japanese."""
    return plain_text("".join(_runs(element)))


def _runs(element: Element) -> Iterator[str]:
    for child in element:
        if local(child) == "t":
            yield child.text or ""
        elif local(child) == "r":
            yield from _runs(child)


def _index(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise refuse_file("broken", part=text)
    return int(text)
