"""Files of a return as records: CSV in UTF-8 or GB18030, and JSON; what cannot be read is refused in a sentence."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from forms.csvfiles import looks_misread
from forms.returns.model import Return
from forms.returns.rows import COLUMNS, NEEDED, Problem, column_problem
from forms.returns.words import LABELS, sentence
from uptake.contract.errors import InputError
from uptake.contract.text import Text

MOST_BYTES = 100_000_000
MOST_BROKEN = 1_000  # a file with more of them is another file
Record = Mapping[str, object]


class ReturnFileError(InputError):
    """A file of a return cannot be read at all: its encoding, its first line, its size."""


def _refused(key: str, **slots: object) -> ReturnFileError:
    return ReturnFileError(sentence(key, **slots))


@dataclass(frozen=True, slots=True)
class Records:
    """What a file holds: its encoding, its records by line, and the rows that are no records with what is wrong."""

    encoding: str
    records: tuple[tuple[int, Record], ...]
    broken: tuple[tuple[int, Problem], ...] = ()


def read_file(definition: Return, path: Path) -> Records:
    """Read a CSV or JSON file of a return.

    The first line of a CSV names the columns: unit, period, metric, dimension, revision, flag, reason, reporter (or
    their Chinese names) and the measures. Cells are texts, never formulas. A JSON file is a list of records, or
    `{"rows": [...]}`. Does not look into the cells: `receive` does.
    path: the file. Returns its records. Raises ReturnFileError with what to change.
    """
    try:
        size, content = path.stat().st_size, b""
        if size <= MOST_BYTES:
            content = path.read_bytes()
    except OSError as error:
        raise _refused("file_open", why=error.strerror, path=path) from error
    if size > MOST_BYTES:
        raise _refused("file_size", size=f"{size:,}", most=f"{MOST_BYTES:,}", path=path)
    try:
        return read_bytes(definition, content, is_json=path.suffix.lower() == ".json")
    except ReturnFileError as error:
        raise ReturnFileError(Text(tuple((lang, f"{path}: {error.text[lang]}") for lang in error.text))) from error


def read_bytes(definition: Return, content: bytes, *, is_json: bool = False) -> Records:
    """Read the content of a CSV or JSON file, as `read_file` does."""
    text, encoding = _decoded(content)
    if "\x00" in text:
        raise _refused("file_nul")
    records, broken = _json(definition, text) if is_json else _csv(definition, text)
    return Records(encoding, tuple(records), tuple(broken))


def _decoded(content: bytes) -> tuple[str, str]:
    if content[:4] == b"PK\x03\x04":
        raise _refused("file_workbook")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _refused("file_utf16")
    found = [(text, name) for name, codec in _ENCODINGS if (text := _text(content, codec)) is not None]
    if not found:
        raise _refused("file_encoding")
    if len(found) == 2 and not content.startswith(codecs.BOM_UTF8) and looks_misread(found[0][0]):
        return found[1]
    return found[0]


_ENCODINGS = (("UTF-8", "utf-8-sig"), ("GB18030", "gb18030"))


def _text(content: bytes, codec: str) -> str | None:
    try:
        return content.decode(codec)
    except UnicodeDecodeError:
        return None


Read = tuple[list[tuple[int, Record]], list[tuple[int, Problem]]]


def _csv(definition: Return, text: str) -> Read:
    if not text.strip():
        raise _refused("file_empty")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = _columns(definition, next(reader))
        return _rows(reader, columns)
    except csv.Error as error:
        raise _refused("file_csv", line=reader.line_num, why=error) from error


def _columns(definition: Return, header: list[str]) -> list[str]:
    by_label = {LABELS[name]["zh"]: name for name in LABELS}
    names = [by_label.get(cell.strip(), cell.strip().lower()) for cell in header]
    if len(names) == 1 and any(sign in names[0] for sign in ";\t"):
        raise _refused("file_commas")
    known = {*COLUMNS, *definition.measures}
    while names and not names[-1]:
        names.pop()  # spreadsheets leave empty columns at the end
    for at, name in enumerate(names):
        if name not in known:
            raise ReturnFileError(column_problem(definition, name).message)
        if name in names[:at]:
            raise _refused("column_twice", column=name)
    for name in NEEDED:
        if name not in names:
            raise _refused("column_missing", column=name)
    return names


def _rows(reader: Any, columns: list[str]) -> Read:
    records: list[tuple[int, Record]] = []
    broken: list[tuple[int, Problem]] = []
    line = reader.line_num + 1
    for cells in reader:
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
            message = sentence("cells", count=len(cells), most=len(columns))
            _add_broken(broken, line, Problem("", message))
        elif any(cell.strip() for cell in cells):
            records.append((line, dict(zip(columns, cells, strict=False))))
        line = reader.line_num + 1
    return records, broken


def _json(definition: Return, text: str) -> Read:
    try:
        found = json.loads(
            text, parse_float=_decimal, parse_int=_whole, parse_constant=_refuse_constant, object_pairs_hook=_pairs
        )
    except (json.JSONDecodeError, RecursionError) as error:
        raise _refused("file_json", why=error) from error
    rows = found.get("rows") if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise _refused("file_list")
    records: list[tuple[int, Record]] = []
    broken: list[tuple[int, Problem]] = []
    for number, row in enumerate(rows, start=1):
        before = len(broken)
        for problem in _record_problems(definition, row):
            _add_broken(broken, number, problem)
        if len(broken) == before:
            records.append((number, row))
    return records, broken


def _add_broken(broken: list[tuple[int, Problem]], line: int, problem: Problem) -> None:
    if len(broken) == MOST_BROKEN:
        raise _refused("file_broken", most=f"{MOST_BROKEN:,}")
    broken.append((line, problem))


def _decimal(digits: str) -> Decimal | str:
    """Keep a number with an exponent beyond measure as text: it is refused as a number."""
    try:
        return Decimal(digits)
    except InvalidOperation:
        return digits


def _whole(digits: str) -> int | str:
    """Keep a number of thousands of digits as text: it is refused as a number, not a burden."""
    return int(digits) if len(digits) < 30 else digits


def _refuse_constant(word: str) -> Any:
    raise _refused("file_constant", word=word)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            raise _refused("column_twice", column=name)
        made[name] = value
    return made


def _record_problems(definition: Return, row: object) -> Iterator[Problem]:
    if not isinstance(row, dict) or any(isinstance(value, dict | list) for value in row.values()):
        yield Problem("", sentence("record"))
        return
    known = {*COLUMNS, *definition.measures}
    yield from (column_problem(definition, name) for name in row if name not in known)
