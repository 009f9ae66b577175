"""What stands in a sheet: rows of values, their addresses, and what Excel means by a number, a day or an escape."""

from __future__ import annotations

import datetime
import math
import re
from dataclasses import dataclass
from decimal import Decimal

CellValue = str | int | Decimal | bool | datetime.date | datetime.datetime | None
MOST_COLUMNS, MOST_ROWS = 16_384, 1_048_576
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,20}\.?[0-9]{0,30}|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True, slots=True)
class Row:
    """A row that has something in it: its number as Excel shows it, and its values from column A on."""

    number: int
    values: tuple[CellValue, ...]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: the rows that have something in them, merged ranges (`B2:C4`), and what is hidden."""

    name: str
    rows: tuple[Row, ...]
    merged: tuple[str, ...] = ()
    hidden: bool = False
    hidden_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Workbook:
    """The sheets of a file, in order; `epoch_1904` says how a number that is a day counts."""

    sheets: tuple[Sheet, ...]
    epoch_1904: bool = False

    def sheet(self, name: str) -> Sheet | None:
        """Return a sheet by its name, or None."""
        return next((sheet for sheet in self.sheets if sheet.name == name), None)


def column_letters(index: int) -> str:
    """Return the letters of a column counted from 0.

    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters, rest = "", index + 1
    while rest:
        rest, at = divmod(rest - 1, 26)
        letters = chr(65 + at) + letters
    return letters


def cell_address(row: int, index: int) -> str:
    """Return a cell's address from its row number and its column counted from 0.

    >>> cell_address(3, 1)
    'B3'
    """
    return f"{column_letters(index)}{row}"


def cell_place(address: str) -> tuple[int, int]:
    """Return the row number and the column, counted from 0, of an address; ValueError where Excel has no such cell.

    >>> cell_place("B3")
    (3, 1)
    """
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ValueError(address)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    if column > MOST_COLUMNS or int(match[2]) > MOST_ROWS:
        raise ValueError(address)
    return int(match[2]), column - 1


def cell_text(value: CellValue) -> str:
    """Write a value as a person would type it: 12.50 is 12.5, a day is 2026-12-31, an empty cell an empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    return value.isoformat(sep=" ") if isinstance(value, datetime.datetime) else str(value)


def day_of(serial: int | Decimal, *, epoch_1904: bool = False) -> datetime.date | None:
    """Return the day that a number stands for in Excel, or None where it stands for none.

    >>> day_of(46387)
    datetime.date(2026, 12, 31)
    """
    try:
        moment = moment_of(serial, epoch_1904)
    except OverflowError:
        return None
    return moment.date() if isinstance(moment, datetime.datetime) else moment


def plain_text(text: str) -> str:
    """Undo the escapes with which a workbook writes control signs."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def read_number_cell(text: str) -> int | Decimal:
    """Return the number that a cell holds, to the 15 digits that Excel keeps; ValueError where it is none."""
    if _WHOLE.fullmatch(text):
        return int(text)
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise ValueError(text)
    value = Decimal(f"{float(text):.15g}")  # Excel keeps 15 digits; what lies behind them is noise of binary fractions
    return int(value) if value == value.to_integral_value() and abs(value) < 10**18 else value


def moment_of(serial: int | Decimal, epoch_1904: bool) -> datetime.date | datetime.datetime | None:
    """Return what a number means as a day, with its time where it has one; None where it means none."""
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

    if not 1 <= serial < 2_958_466:  # 9999-12-31; below one it is a time of day
        return None
    moment = from_excel(float(serial), MAC_EPOCH if epoch_1904 else WINDOWS_EPOCH)
    return day_or_moment(moment) if isinstance(moment, datetime.datetime) else None


def day_or_moment(moment: datetime.datetime) -> datetime.date | datetime.datetime:
    """Return a plain date where no time of day is given."""
    return moment if moment.time() != datetime.time() else moment.date()
